//! Loss is worked out from sequence numbers: where a filter leaves flows out there
//! is none to be told.

use serde_json::json;

use super::{FLOW, Flow, Flows, practice};

/// One exporter: a packet of two flows at 10:00, one at 10:10 before which 3 flows are
/// missing, one at 10:20 before which 4 are.
fn with_gaps() -> Flows {
    let packet = |exported, sequence| Flow { exported, sequence, ..FLOW };
    Flows::new(&[
        Flow { records: 2, ..FLOW },
        Flow { records: 2, ports: (51_000, 53), protocol: 17, ..FLOW },
        packet("10:10:00.000", 5),
        packet("10:20:00.000", 10),
    ])
}

/// Lost flows and missing documents of the only engine, as csv prints them.
fn loss(flows: &Flows, arguments: &[&str]) -> String {
    let columns = ["exporters", "--columns", "lost_flows,missing_documents", "--format", "csv"];
    let csv = flows.out(&[&columns[..], arguments].concat());
    let row = csv.lines().nth(1).unwrap();
    row.strip_prefix("192.0.2.1,0,0,").unwrap().to_owned()
}

#[test]
fn a_filter_on_more_than_exporter_and_engine_leaves_loss_untold() {
    let flows = with_gaps();
    for (filter, expected) in [
        ("any", "7,0"),
        ("exporter 192.0.2.1", "7,0"),
        ("engine_id = 0 and not exporter 192.0.2.9", "7,0"),
        ("dst port 443", ","),
        ("exporter 192.0.2.1 and bytes > 0", ","),
        ("not dst port 443", ","),
    ] {
        assert_eq!(loss(&flows, &["flows.ndjson", "-f", filter]), expected, "{filter}");
        let told = flows.told(&["protocols", "flows.ndjson", "-f", filter]);
        assert_eq!(told.contains("missing"), expected != ",", "{filter}: {told}");
        let check = flows.out(&["check", "flows.ndjson", "-f", filter, "--format", "csv"]);
        assert_eq!(check.contains("lost_flows"), expected != ",", "{filter}: {check}");
    }
    let filtered = ["exporters", "flows.ndjson", "-f", "dst port 443"];
    let table = flows.out(&filtered);
    assert_eq!(table.matches("n/a: filtered").count(), 2, "{table}");
    let json = flows.out(&[&filtered[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["rows"][0]["lost_flows"].is_null() && json["rows"][0]["flows"] == 3, "{json}");
    let check = flows.out(&["check", "flows.ndjson", "-f", "dst port 443"]);
    assert!(check.contains("lost flows, missing documents and gaps n/a: filtered"), "{check}");
}

/// The gap of 3 flows lies across the begin of the window, the one of 4 in it.
#[test]
fn a_window_tells_the_gaps_inside_of_it() {
    let flows = with_gaps();
    let window = ["flows.ndjson", "--from", "2018-09-21T10:05", "--to", "2018-09-21T10:30"];
    assert_eq!(loss(&flows, &window), "4,0");
    let told = flows.told(&[&["protocols"][..], &window].concat());
    assert!(told.contains("sequence numbers, in the window or outside of it"), "{told}");
    let all = ["flows.ndjson", "--day", "2018-09-21"];
    let told = flows.told(&[&["protocols"][..], &all].concat());
    assert!(told.contains("according to the sequence numbers; see"), "{told}");
}

#[test]
fn a_dump_remembers_the_filter_and_the_query_that_it_was_fetched_with() {
    let flows = with_gaps();
    for (members, expected) in [
        ([("filter_means", json!("dst_port = 443")), ("asked_query", json!(null))], ","),
        ([("filter_means", json!("exporter = 192.0.2.1")), ("asked_query", json!(null))], "7,0"),
        ([("filter_means", json!(null)), ("asked_query", json!({"match_all": {}}))], "7,0"),
        (
            [("filter_means", json!(null)), ("asked_query", json!({"exists": {"field": "tags"}}))],
            ",",
        ),
    ] {
        flows.dump(&members);
        assert_eq!(loss(&flows, &["dump"]), expected, "{members:?}");
        let told = flows.told(&["protocols", "dump"]);
        assert_eq!(told.contains("missing"), expected != ",", "{members:?}: {told}");
    }
}

#[test]
fn an_export_of_some_flows_is_known_to_be_one() {
    let flows = with_gaps();
    let export = |filter: &str, name: &str| {
        let to = ["export", "flows.ndjson", "--format", "parquet", "-q", "-o", name, "-f", filter];
        flows.out(&to);
    };
    export("dst port 443", "some.parquet");
    export("exporter 192.0.2.1", "all.parquet");
    assert_eq!(loss(&flows, &["some.parquet"]), ",");
    assert_eq!(loss(&flows, &["all.parquet"]), "7,0");
    let part = ["--from", "2018-09-21T10:15", "--format", "parquet", "-q", "-o", "part.parquet"];
    flows.out(&[&["export", "flows.ndjson"], &part[..]].concat());
    let told = flows.told(&["protocols", "part.parquet"]);
    assert!(!told.contains("missing"), "what is missing is not in the file: {told}");
}

/// Of flows that state no sequence number nothing is known, not that none is lost.
#[test]
fn without_sequence_numbers_loss_is_unknown() {
    let flows = Flows::new(&[]);
    let document = FLOW.document().replace(r#""flow_seq_num":0,"#, "");
    std::fs::write(flows.path("flows.ndjson"), document).unwrap();
    assert_eq!(loss(&flows, &["flows.ndjson"]), ",");
    let stated = FLOW.document().replace(r#""flow_records":1,"#, "");
    std::fs::write(flows.path("flows.ndjson"), stated).unwrap();
    assert_eq!(loss(&flows, &["flows.ndjson"]), "0,");
}

/// 18 flows of the practice day are lost; those of other ports than 443 are not.
#[test]
fn the_practice_day_lost_18_flows_and_no_more_by_a_filter() {
    let day = practice();
    let lost = |filter: &str| -> Vec<String> {
        let csv = day.out(&[
            "exporters",
            "flowkit-demo",
            "-f",
            filter,
            "--columns",
            "lost_flows",
            "--format",
            "csv",
        ]);
        csv.lines().skip(1).map(|row| row.rsplit(',').next().unwrap().to_owned()).collect()
    };
    assert_eq!(lost("any"), ["18", "0"]);
    assert_eq!(lost("dst port 443"), ["", ""]);
    assert_eq!(lost("exporter 192.168.10.254"), ["18"]);
}

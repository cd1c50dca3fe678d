//! What is not known is not told as a value, and what has a name is told by it.

use std::fs;

use super::{FLOW, Flow, Flows};

/// r1 states that it does not sample, r2 1:100 in one flow and nothing in another, r3
/// nothing at all.
#[test]
fn an_interval_that_nobody_states_is_unknown_in_a_summary() {
    let flows = Flows::new(&[]);
    let of = |exporter, interval: Option<u8>| {
        let stated = interval.map_or(String::new(), |n| format!("\"sampling_interval\":{n},"));
        Flow { exporter, ..FLOW }.document().replace("\"sampling_interval\":0,", &stated)
    };
    let lines = [of("r1", Some(0)), of("r2", Some(100)), of("r2", None), of("r3", None)];
    fs::write(flows.path("flows.ndjson"), lines.join("\n")).unwrap();
    flows.dump(&[]);
    let columns = "exporter,sampling_interval_min,sampling_interval_max";
    for source in ["flows.ndjson", "dump"] {
        let csv = flows.out(&["summary", "--columns", columns, "--format", "csv", source]);
        assert_eq!(csv, format!("{columns}\nr2,100,100\nr1,0,0\nr3,,\n"));
        let table = flows.out(&["summary", source]);
        let r3 = table.lines().find(|line| line.starts_with("r3")).unwrap();
        assert_eq!(r3.matches("unknown").count(), 2, "{table}");
    }
}

/// `ElastiFlow` multiplies counters by the interval that it leaves beside them.
#[test]
fn what_a_pipeline_changed_is_named_in_tables() {
    let flows = Flows::new(&[]);
    let document = fs::read_to_string("../testdata/dialects/elastiflow-3.json").unwrap();
    fs::write(flows.path("flows.ndjson"), document).unwrap();
    let by = ["top", "--by", "adapted", "--columns", "flows", "flows.ndjson"];
    let table = flows.out(&by);
    assert!(table.contains("  2 ElastiFlow scaled "), "{table}");
    let csv = flows.out(&[&by[..], &["--format", "csv"]].concat());
    assert!(csv.lines().any(|line| line.starts_with("2,")), "{csv}");
}

/// `start` is no field, and the first and last of exporters are times of their export.
#[test]
fn times_of_a_report_are_explained_by_their_fields() {
    let flows = Flows::new(&[FLOW]);
    let fields = |line: &str| {
        let line: Vec<&str> = line.split(' ').chain(["--explain", "flows.ndjson"]).collect();
        let told = flows.run(&line).stderr;
        let told = String::from_utf8(told).unwrap();
        let (_, fields) = told.split_once("\n  fields").unwrap();
        let (fields, _) = fields.split_once("\n  window").unwrap();
        let names = ["timestamp (", "first_switched (", "last_switched ("];
        names.map(|name| fields.contains(name))
    };
    for (line, expected) in [
        ("timeline", [true, true, true]),
        ("timeline --load export", [true, false, false]),
        ("timeline --by first_switched", [true, true, true]),
        ("exporters", [true, false, false]),
        ("summary", [true, true, true]),
        ("beacons", [true, true, false]),
        ("scans", [false, true, true]),
    ] {
        assert_eq!(fields(line), expected, "{line}");
    }
}

//! Type and code of ICMP: stated by flows of v9 and IPFIX, in the destination port of
//! version 5, and the same in every form of a flow.

use super::{FLOW, Flow, Flows};

/// Echo requests, an unreachable port, TCP to 2048, and flows whose protocol has no ports.
fn of_many_messages() -> Flows {
    let flow = |protocol, dst_port, bytes| Flow {
        protocol,
        ports: (0, dst_port),
        bytes,
        sequence: u32::from(dst_port) + u32::from(protocol),
        ..FLOW
    };
    Flows::new(&[
        flow(1, 2048, 100),
        flow(1, 2048, 50),
        flow(1, 771, 2000),
        flow(6, 2048, 3000),
        flow(58, 0x8000, 7),
        flow(50, 0, 1000),
    ])
}

/// Formats of an export, and files of them.
const FORMS: [(&str, &str); 5] = [
    ("csv", "flows.csv"),
    ("parquet", "flows.parquet"),
    ("documents", "documents.ndjson"),
    ("hits", "hits.ndjson"),
    ("pcap", "flows.pcap"),
];

/// A flow of IPFIX that states its type, beside another port.
const STATED: &str = r#"{"@timestamp":"2018-09-21T10:00:00.000Z","host":"192.0.2.9","netflow":{"version":10,"sourceIPv4Address":"192.0.2.10","destinationIPv4Address":"198.51.100.20","octetDeltaCount":30,"packetDeltaCount":1,"protocolIdentifier":1,"destinationTransportPort":0,"icmpTypeIPv4":8,"icmpCodeIPv4":0}}"#;

fn by_type(flows: &Flows, source: &str, more: &[&str]) -> Vec<String> {
    let by = ["top", "--by", "icmp_type,icmp_code", "--columns", "bytes,flows", "--format", "csv"];
    let text = flows.out(&[&by[..], more, &[source]].concat());
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn type_and_code_are_keys_in_every_form() {
    let flows = of_many_messages();
    flows.dump(&[]);
    let text = std::fs::read_to_string(flows.path("flows.ndjson")).unwrap();
    std::fs::write(flows.path("mixed.ndjson"), format!("{text}{STATED}\n")).unwrap();
    let of_version_5 = |kind: &str, bytes: u64, n: u64| format!("{kind},{bytes},{n}");
    let expected = [
        of_version_5(",", 4000, 2),
        of_version_5("3,3", 2000, 1),
        of_version_5("8,0", 150, 2),
        of_version_5("128,0", 7, 1),
    ];
    for (form, file) in FORMS {
        flows.out(&["export", "--format", form, "-o", file, "flows.ndjson"]);
    }
    for form in FORMS.map(|(_, file)| file).into_iter().chain(["flows.ndjson", "dump"]) {
        assert_eq!(by_type(&flows, form, &[]), expected, "{form}");
        let filter = ["-f", "icmp_type = 8"];
        assert_eq!(by_type(&flows, form, &filter), ["8,0,150,2"], "{form}");
        // The port is a key, and read for the filter, too.
        let by = ["top", "--by", "dst_port", "--format", "csv", "--columns", "bytes,port_kind"];
        let of_ports = flows.out(&[&by[..], &["-f", "icmp-code 3 or icmp-type 8", form]].concat());
        let rows: Vec<&str> = of_ports.lines().skip(1).collect();
        assert_eq!(rows, ["771,2000,icmp", "2048,150,icmp"], "{form}");
        let others = ["-f", "not icmp-type 8 and not icmp_type = 3"];
        assert_eq!(by_type(&flows, form, &others), [",,4000,2", "128,0,7,1"], "{form}");
    }
    flows.out(&["import", "-q", "mixed.ndjson", "-o", "mixed"]);
    for form in ["mixed.ndjson", "mixed"] {
        assert_eq!(by_type(&flows, form, &["-f", "icmp-type 8"]), ["8,0,180,3"], "{form}");
    }
}

/// What stands in the port is no member of a document of version 5, and no difference
/// between two files of one flow.
#[test]
fn what_stands_in_the_port_is_not_said_twice() {
    let flows = of_many_messages();
    flows.out(&["export", "--format", "parquet", "-o", "flows.parquet", "flows.ndjson"]);
    let documents = flows.out(&["export", "--format", "documents", "flows.parquet"]);
    assert!(documents.contains(r#""dst_port":2048"#) && !documents.contains("icmp"), "{documents}");
    let csv = flows.out(&["export", "--format", "csv", "flows.ndjson"]);
    let names: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let place = names.iter().position(|name| *name == "icmp_type").unwrap();
    let kinds: Vec<&str> =
        csv.lines().skip(1).map(|line| line.split(',').nth(place).unwrap()).collect();
    assert_eq!(kinds, ["8", "8", "3", "", "128", ""]);

    // The columns of one part have no type and code, those of the other have.
    let text = std::fs::read_to_string(flows.path("flows.ndjson")).unwrap();
    std::fs::write(flows.path("mixed.ndjson"), format!("{text}{STATED}\n")).unwrap();
    flows.out(&["import", "-q", "flows.ndjson", "mixed.ndjson", "-o", "both"]);
    let checked = flows.out(&["check", "--format", "json", "both"]);
    let checked: serde_json::Value = serde_json::from_str(&checked).unwrap();
    let equal = checked["rows"]
        .as_array()
        .and_then(|all| all.iter().find(|finding| finding["finding"] == "equal_flows"))
        .unwrap_or_else(|| panic!("{checked}"));
    assert_eq!(equal["count"], 6, "{checked}");
}

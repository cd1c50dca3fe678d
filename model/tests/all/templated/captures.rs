//! Small captures of devices in `testdata/templated`, which are always read.

use flowkit_model::wire::templated::split;
use serde_json::json;

use super::{Taken, values};

/// Datagrams, flows, options, packets, bytes, and packets of the other direction
/// of each file of `testdata/templated`.
const CAPTURES: &[(&str, [u128; 6])] = &[
    ("ipfix-softflowd-openbsd-2015", [3, 12, 1, 54, 13_279, 0]),
    ("ipfix-yaf", [5, 2, 1, 6, 304, 4]),
    ("v9-cisco-nbar-262", [2, 5, 0, 40, 3064, 0]),
    ("v9-h3c-varstring", [2, 1, 0, 9, 702, 0]),
    ("v9-juniper-srx-options", [1, 0, 1, 0, 0, 0]),
    ("v9-softflowd", [1, 7, 0, 13, 1128, 0]),
];

#[test]
fn captures_of_devices() {
    for (name, expected) in CAPTURES {
        let bytes = std::fs::read(format!("../testdata/templated/{name}.bin")).unwrap();
        let datagrams: Vec<&[u8]> = split(&bytes).collect();
        let taken = Taken::of(&datagrams);
        let n_flows = taken.flows().count();
        let own = [
            datagrams.len() as u128,
            n_flows as u128,
            (taken.records.len() - n_flows) as u128,
            taken.sum(|flow| flow.packets),
            taken.sum(|flow| flow.bytes),
            taken.sum(|flow| flow.rev_packets),
        ];
        assert_eq!(&own, expected, "{name}");
        assert_eq!(taken.faults, [], "{name}");
        assert!(taken.records.iter().all(|record| record.impossible.is_empty()), "{name}");
    }
}

/// The first flow of three: times by a start that options tell, both directions
/// in one record, and fields of variable length before others.
#[test]
fn flows_of_devices() {
    for (name, expected) in [
        (
            "ipfix-softflowd-openbsd-2015",
            json!({
                "src_addr": "192.168.253.1", "src_port": 60_560,
                "dst_addr": "192.168.253.128", "dst_port": 22,
                "first": "2015-05-13T11:20:13.506Z", "last": "2015-05-13T11:20:26.232Z",
                "bytes": 260, "packets": 5, "protocol": 6, "tcp_flags": 16,
            }),
        ),
        (
            "ipfix-yaf",
            json!({
                "src_addr": "172.16.32.201", "dst_addr": "172.16.32.100", "dst_port": 53,
                "first": "2016-12-25T12:58:35.818Z", "last": "2016-12-25T12:58:35.819Z",
                "bytes": 132, "packets": 2, "rev_bytes": 200, "rev_packets": 2,
            }),
        ),
        (
            "v9-h3c-varstring",
            json!({
                "dst_addr": "20.20.255.255", "direction": "ingress", "src_mask": 32,
                "first": "2018-07-18T01:34:33.274Z", "last": "2018-07-18T01:35:02.969Z",
                "bytes": 702, "packets": 9, "input_snmp": 17, "output_snmp": 0,
            }),
        ),
    ] {
        let bytes = std::fs::read(format!("../testdata/templated/{name}.bin")).unwrap();
        let taken = Taken::of(&split(&bytes).collect::<Vec<_>>());
        let flow = taken.flows().next().map(values).unwrap();
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(flow.get(field), Some(value), "{name}: {field}");
        }
    }
}

//! Which documents are flows, and what becomes of their values.

use super::dialect::{DIALECTS, sample};
use super::*;
use crate::field::Access;

fn flow(json: &str) -> Result<FlowRecord, NotAFlow> {
    Document::parse(json.as_bytes()).map_err(|_| NotAFlow::NotJson)?.into_flow()
}

/// The flow of a document with one value under `netflow`.
fn member(key: &str, value: &str) -> FlowRecord {
    flow(&format!(r#"{{"netflow":{{"version":5,"{key}":{value}}}}}"#)).unwrap()
}

#[test]
fn what_is_a_flow() {
    for (json, expected) in [
        (r#"{"netflow":{"bytes":1}}"#, Ok(())),
        (r#"{"netflow":{"bytes":1,"version":5}}"#, Ok(())),
        (r#"{"netflow":{"bytes":1,"version":"5"}}"#, Ok(())),
        (r#"{"netflow":{"bytes":1,"version":"Netflow v5"}}"#, Ok(())),
        (r#"{"netflow":{"bytes":1,"version":null}}"#, Ok(())),
        (r#"{"netflow":{"bytes":1,"version":7}}"#, Err(NotAFlow::OtherVersion)),
        (r#"{"netflow":{"bytes":1,"version":9}}"#, Err(NotAFlow::Options)),
        (r#"{"netflow":{"bytes":1,"version":"Netflow v9"}}"#, Err(NotAFlow::Options)),
        (r#"{"netflow":{"src_addr":"::1","version":"Netflow v9"}}"#, Ok(())),
        (r#"{"ipfix":{"sourceIPv6Address":"::1","version":10}}"#, Ok(())),
        (r#"{"netflow":{"sourceIPv6Address":"::1"}}"#, Ok(())),
        (r#"{"netflow":{"bytes":1,"version":"IPFIX"}}"#, Err(NotAFlow::OtherVersion)),
        (r#"{"netflow":{}}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"netflow":{"colour":1}}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"netflow":[{"bytes":1}]}"#, Ok(())),
        (r#"{"netflow":[]}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"netflow.bytes":1}"#, Ok(())),
        (r#"{"netflow.bytes":1,"netflow":{"version":9,"vlan":4}}"#, Ok(())),
        (r#"{"netflow.version":["Netflow v8"],"netflow.bytes":[1]}"#, Err(NotAFlow::OtherVersion)),
        (r#"{"netflow":{"bytes":1,"version":1e999}}"#, Ok(())),
        (r#"{"netflow.x.bytes":1,"bytes.netflow":1}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"netflow":"bytes"}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"netflow":null}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"bytes":1,"packets":1}"#, Err(NotAFlow::NoNetflow)),
        (r"{}", Err(NotAFlow::NoNetflow)),
        (r"[]", Err(NotAFlow::NotJson)),
        (r#"{"netflow":{"bytes":1}"#, Err(NotAFlow::NotJson)),
        (r#"{"netflow":{"bytes":1}} x"#, Err(NotAFlow::NotJson)),
    ] {
        assert_eq!(flow(json).map(drop), expected, "{json}");
    }
}

#[test]
fn numbers_in_every_form() {
    for (value, expected) in [
        ("443", Some(443)),
        ("\"443\"", Some(443)),
        ("\" 443 \"", Some(443)),
        ("443.0", Some(443)),
        ("\"1.5e3\"", Some(1500)),
        ("1.5e3", Some(1500)),
        ("-0", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("9007199254740993", Some(9_007_199_254_740_993)),
        ("-1", None),
        ("0.5", None),
        ("\"1,234\"", None),
        ("\"\"", None),
        ("\"nan\"", None),
        ("\"0x10\"", None),
        ("true", None),
        ("null", None),
        ("[443]", Some(443)),
        ("[ \"443\" ]", Some(443)),
        ("[443,443]", None),
        ("[null,443]", Some(443)),
        ("[[443]]", None),
        ("[]", None),
        ("[null]", None),
        ("[1e999]", None),
        ("1e3", Some(1000)),
        ("1.0", Some(1)),
        ("1e999", None),
        ("-1e999", None),
        (r#""\ud800""#, None),
        (r#"{"a":443}"#, None),
    ] {
        assert_eq!(member("bytes", value).bytes, expected, "{value}");
    }
    assert_eq!(member("dst_port", "65536").dst_port, None);
    assert_eq!(member("protocol", "256").protocol, None);
}

#[test]
fn addresses_are_of_either_family() {
    for (text, expected) in [
        ("192.0.2.7", Some("192.0.2.7")),
        (" 192.0.2.7 ", Some("192.0.2.7")),
        ("::ffff:192.0.2.1", Some("192.0.2.1")),
        ("0.0.0.0", Some("0.0.0.0")),
        ("2001:0DB8::1", Some("2001:db8::1")),
        ("2001:db8::1/64", None),
        ("010.0.0.1", None),
        ("256.1.1.1", None),
        ("192.0.2", None),
        ("example.org", None),
    ] {
        let found = member("src_addr", &format!("\"{text}\"")).src_addr;
        assert_eq!(found.map(|found| found.to_string()).as_deref(), expected, "{text}");
    }
    assert_eq!(member("src_addr", "3221225985").src_addr, None);
}

#[test]
fn the_exporter_has_many_forms() {
    for (host, expected) in [
        (r#""192.0.2.1""#, Some("192.0.2.1")),
        (r#"{"ip":"192.0.2.1","name":"r1"}"#, Some("192.0.2.1")),
        (r#"{"name":"r1","ip":["192.0.2.1","192.0.2.2"]}"#, Some("192.0.2.1")),
        (r#"{"name":"r1"}"#, Some("r1")),
        (r#"["192.0.2.1","192.0.2.2"]"#, Some("192.0.2.1")),
        (r#"{"os":{"name":"x"}}"#, None),
        (r#""\udc00r1""#, None),
        (r#"["r1"]"#, Some("r1")),
        ("7", None),
        ("\"\"", None),
        ("null", None),
    ] {
        let found = flow(&format!(r#"{{"host":{host},"netflow":{{"bytes":1}}}}"#)).unwrap();
        assert_eq!(found.exporter.as_deref(), expected, "{host}");
    }
}

#[test]
fn what_flowkit_does_not_know_is_read_over() {
    let deep = "[".repeat(100) + &"]".repeat(100);
    let json = format!(
        r#"{{"x":{deep},"a\"b":"{{\"netflow\":{{}}}}","netflow":{{"é":{deep},"bytes":7}},"netflow_like":{{"bytes":9}}}}"#
    );
    assert_eq!(flow(&json).unwrap(), FlowRecord { bytes: Some(7), ..FlowRecord::default() });
}

/// A document made by the rows of a dialect reads as those rows say: the reader
/// follows every form of value and every nesting that a row can name.
#[test]
fn every_dialect_reads_its_fields() {
    for dialect in DIALECTS {
        let text = sample::document(dialect);
        let flow = flow(&text).unwrap();
        for place in (dialect.places)() {
            let expected = sample::number(place.field);
            match place.field.field().access {
                Access::Text { read, .. } => {
                    assert_eq!(read(&flow), Some(&*format!("r{expected}")), "{text}");
                }
                Access::Worked { .. } => unreachable!("no place has such a value"),
                Access::Number { .. } | Access::Address { .. } => {
                    assert_eq!(
                        place.field.field().number(&flow),
                        Some(expected.into()),
                        "{place:?} in {}: {text}",
                        dialect.name
                    );
                }
            }
        }
    }
}

/// Each line is one flow: the places of a field in any order, level and form.
#[test]
fn the_order_of_members_makes_no_difference() {
    let expected = FlowRecord { bytes: Some(1), tos: Some(8), ..FlowRecord::default() };
    for members in [
        [r#""netflow.bytes":1"#, r#""netflow":{"in_bytes":2,"tos":8}"#],
        [r#""netflow":{"bytes":1}"#, r#""netflow.tos":[8]"#],
        [r#""netflow":[{"bytes":[1]}]"#, r#""netflow.src_tos.keyword":"8""#],
        [r#""netflow":{"bytes":1,"tos":8}"#, r#""netflow.tos.keyword":["8"]"#],
    ] {
        for members in [members, [members[1], members[0]]] {
            let json = format!("{{{}}}", members.join(","));
            assert_eq!(flow(&json).unwrap(), expected, "{json}");
        }
    }
    // Two values in one place are none, as in a list of two.
    for json in [
        r#"{"netflow.bytes":1,"netflow":{"bytes":2}}"#,
        r#"{"netflow":[{"bytes":1},{"bytes":2}]}"#,
        r#"{"netflow":{"bytes":[1,2],"in_bytes":[]}}"#,
    ] {
        assert_eq!(flow(json).unwrap(), FlowRecord::default(), "{json}");
    }
}

#[test]
fn flags_are_numbers_letters_or_names() {
    for (value, expected) in [
        ("27", Some(27)),
        ("\"27\"", Some(27)),
        ("\"ACK-PSH-SYN-FIN\"", Some(27)),
        (r#"["FIN","SYN", "PSH","ACK"]"#, Some(27)),
        (r#"["SYN"]"#, Some(2)),
        (r#""none""#, Some(0)),
        (r#"["none"]"#, Some(0)),
        (r#"".A..S.""#, Some(18)),
        (r#"["SYN",2]"#, None),
        ("[2,16]", None),
        ("[]", None),
        ("256", None),
    ] {
        assert_eq!(member("tcp_flags", value).tcp_flags, expected, "{value}");
    }
}

/// `ElastiFlow` 3: `flow.bytes` was multiplied by 100, which is said and leaves the
/// interval; of 4 `source.bytes` was not. An AS of 32 bits is unknown, not the
/// exporter's 0.
#[test]
fn what_a_pipeline_changed_is_known() {
    let read = |json: &str| {
        let flow = flow(json).unwrap();
        let adapted = flow.adapted.and_then(|n| crate::names::Adaptation::from_number(n.into()));
        (flow.bytes, flow.dst_as, adapted.map(|adapted| (adapted.pipeline(), adapted.is_scaled())))
    };
    let v3 = |interval: u16| {
        format!(
            r#"{{"netflow":{{"dst_as":0}},"flow":{{"src_addr":"192.0.2.1","bytes":1500,"sampling_interval":{interval},"dst_asn":396982}}}}"#
        )
    };
    assert_eq!(read(&v3(100)), (Some(1500), None, Some(("ElastiFlow", true))));
    assert_eq!(read(&v3(1)), (Some(1500), None, Some(("ElastiFlow", false))));
    let v4 = |counters: &str| {
        format!(
            r#"{{{counters},"source.ip":"192.0.2.1","flow":{{"tos":0,"sampling_interval":100}},"destination.as.number":64501}}"#
        )
    };
    assert_eq!(
        read(&v4(r#""network.bytes":150000,"source.bytes":1500"#)),
        (Some(1500), Some(64501), Some(("ElastiFlow", false)))
    );
    assert_eq!(
        read(&v4(r#""network.bytes":150000"#)),
        (Some(150_000), Some(64501), Some(("ElastiFlow", true)))
    );
    let nfdump = |sampled: u8| {
        format!(r#"{{"in_packets":1,"src4_addr":"192.0.2.1","in_bytes":9,"sampled":{sampled}}}"#)
    };
    assert_eq!(read(&nfdump(1)), (Some(9), None, Some(("nfcapd", true))));
    assert_eq!(read(&nfdump(0)), (Some(9), None, None));
}

/// goflow2: 0 is no time, and the finer member wins wherever it stands.
#[test]
fn the_finer_time_wins() {
    let first = |json: &str| flow(json).unwrap().first_switched_ms;
    for json in [
        r#"{"TimeFlowStart":1537523990,"TimeFlowStartMs":1537523990123,"SrcAddr":"192.0.2.1"}"#,
        r#"{"TimeFlowStartMs":"1537523990123","SrcAddr":"192.0.2.1","TimeFlowStart":1537523990}"#,
        r#"{"time_flow_start_ns":1537523990123456789,"src_addr":"192.0.2.1"}"#,
        r#"{"time_flow_start_ns":1.5375239901234568e18,"src_addr":"192.0.2.1"}"#,
    ] {
        assert_eq!(first(json), Some(1_537_523_990_123), "{json}");
    }
    let json = r#"{"TimeFlowStart":1537523990,"TimeFlowStartMs":0,"TimeReceived":0,"Bytes":1}"#;
    assert_eq!(first(json), Some(1_537_523_990_000));
    assert_eq!(flow(json).unwrap().timestamp_ms, None);
}

/// Times that Logstash works out from uptimes are late, whichever of the two it is and in
/// whatever order the members stand; a time that cannot be is none.
#[test]
fn late_times_of_version_9_do_not_depend_on_the_order() {
    let late = |members: &str| {
        let document = format!(
            r#"{{"@timestamp":"2019-05-14T12:00:00.000Z","netflow":{{"version":9,"ipv4_src_addr":"10.0.0.1",{members}}}}}"#
        );
        flow(&document).unwrap().adapted == Some(crate::names::Adaptation::LogstashUptimes as u8)
    };
    let text = r#""first_switched":"2019-05-14T11:59:00.000Z""#;
    let stated = r#""flowEndMilliseconds":1557835150000"#;
    let far = r#""first_switched":"2001-05-14T11:59:00.000Z""#;
    assert!(late(text));
    assert!(late(&format!("{text},{stated}")));
    assert!(late(&format!("{stated},{text}")));
    assert!(!late(stated));
    assert!(!late(&format!("{far},{stated}")));
}

/// Exporters fill the members of the other family with 0: those count where there are no
/// others, in whatever order.
#[test]
fn members_of_the_other_family_leave_room() {
    let read = |members: &str| {
        let document = format!(
            r#"{{"netflow":{{"version":10,"sourceIPv4Address":"0.0.0.0","destinationIPv6Address":"ff02::1",{members}}}}}"#
        );
        let flow = flow(&document).unwrap();
        let icmp = (flow.icmp_type, flow.icmp_code);
        (flow.src_addr.unwrap().to_string(), flow.src_mask_len, icmp)
    };
    let masks = r#""sourceIPv4PrefixLength":0,"sourceIPv6PrefixLength":48"#;
    let icmp = r#""protocolIdentifier":58,"icmpTypeCodeIPv4":0,"icmpTypeCodeIPv6":34561"#;
    let other = r#""icmpTypeCodeIPv6":34561,"protocolIdentifier":58,"icmpTypeCodeIPv4":0"#;
    let apart = r#""protocolIdentifier":58,"icmp_type_ipv6":135,"icmp_code_ipv6":1"#;
    assert_eq!(read(masks), ("::".into(), Some(48), (None, None)));
    assert_eq!(read(r#""sourceIPv4PrefixLength":0"#).1, Some(0));
    for icmp in [icmp, other, apart] {
        assert_eq!(read(icmp).2, (Some(135), Some(1)), "{icmp}");
    }
}

/// Sampler 0 chose no packets; which rate another has, options say.
#[test]
fn flows_of_no_sampler_are_not_sampled() {
    let of = |members: &str| {
        let start = r#"{"netflow":{"version":9,"ipv4_src_addr":"192.0.2.1","#;
        flow(&format!("{start}{members}}}}}")).unwrap().sampling_interval
    };
    assert_eq!(of(r#""flow_sampler_id":0"#), Some(0));
    assert_eq!(of(r#""flow_sampler_id":1"#), None);
    assert_eq!(of(r#""flow_sampler_id":0,"sampling_interval":100"#), Some(100));
    assert_eq!(of(r#""samplerId":"0""#), Some(0));
    let filebeat = r#"{"source":{"ip":"192.0.2.1"},"netflow":{"exporter":{"version":9,"address":"192.0.2.1:9"},"sampler_id":0}}"#;
    assert_eq!(flow(filebeat).unwrap().sampling_interval, Some(0));
}

/// Traffic of layer 2 is known by what is no field, too, whoever wrote the document.
#[test]
fn traffic_of_layer_2_is_known_by_any_of_its_signs() {
    let of = |members: &str| flow(&format!(r#"{{"netflow":{{"version":10,{members}}}}}"#));
    assert_eq!(of(r#""octetDeltaCount":500"#), Err(NotAFlow::Options));
    for sign in ["staMacAddress", "dot1qCustomerVlanId"] {
        assert_eq!(of(&format!(r#""octetDeltaCount":500,"{sign}":7"#)).unwrap().bytes, Some(500));
    }
    let filebeat = r#"{"netflow":{"exporter":{"version":9,"address":"192.0.2.1:9"},"octet_delta_count":500,"sta_mac_address":"02-00-00-00-00-01"}}"#;
    assert_eq!(flow(filebeat).unwrap().bytes, Some(500));
}

//! Documents of v9 and IPFIX, whose values depend on each other.

use super::*;

/// A document of the module with addresses of both families, of which one is none.
const BOTH: &str = r#"{"@timestamp":"2019-05-14T12:00:00.000Z","host":"192.0.2.2","netflow":{"version":9,"ipv4_src_addr":"0.0.0.0","ipv6_src_addr":"2001:db8::1","ipv4_dst_addr":"10.0.0.1","protocol":17,"l4_src_port":53,"l4_dst_port":2048,"in_bytes":100,"in_pkts":1,"direction":0,"flowset_id":256,"first_switched":"2019-05-14T11:59:00.000Z","flowStartSysUpTime":77}}"#;

fn learnt(text: &str) -> Shape {
    Shape::learn(text.as_bytes(), false).unwrap()
}

fn reads(shape: &Shape, text: &str) -> Option<FlowRecord> {
    let read = quickly(shape, text.as_bytes(), false);
    if let Some(read) = &read {
        assert_eq!(Some(read), slowly(text.as_bytes()).map(|read| read.0).as_ref(), "{text}");
    }
    read.map(|read| read.1)
}

/// Which of two addresses counts follows from which is unspecified; where there is one,
/// it counts.
#[test]
fn the_address_that_counts_is_the_specified_one() {
    let shape = learnt(BOTH);
    let source = |text: &str| reads(&shape, text).map(|flow| flow.src_addr.unwrap().to_string());
    assert_eq!(source(BOTH).as_deref(), Some("2001:db8::1"));
    let other = BOTH.replace("db8::1", "db8::2").replace(r#""10.0.0.1""#, r#""0.0.0.0""#);
    assert_eq!(source(&other).as_deref(), Some("2001:db8::2"));
    assert_eq!(source(&BOTH.replace("0.0.0.0", "10.9.9.9")), None);
    assert_eq!(source(&BOTH.replace("2001:db8::1", "::")), None);
    let only = BOTH.replace(r#""ipv6_src_addr":"2001:db8::1","#, "");
    assert!(reads(&learnt(&only), &only.replace("0.0.0.0", "10.9.9.9")).is_some());
}

/// What cannot be is told by the reader of JSON, by values of the document at hand: also
/// where the values that it depends on are part of the shape.
#[test]
fn what_cannot_be_is_left_to_the_json_reader() {
    let shape = learnt(BOTH);
    let read = |text: String| reads(&shape, &text).unwrap();
    assert_eq!(reads(&shape, &BOTH.replace(r#""direction":0"#, r#""direction":8"#)), None);
    assert!(read(BOTH.replace("T11:59", "T23:59")).first_switched_ms.is_some());
    assert_eq!(reads(&shape, &BOTH.replace("05-14T11:59", "05-19T11:59")), None);
    assert_eq!(read(BOTH.into()).icmp_type, None);
    assert_eq!(read(BOTH.replace(":17,", ":1,")).icmp_type, Some(8));
    // The sample of the narrowed shape has a time that cannot be.
    let far = BOTH.replace("05-14T11:59", "05-19T11:59");
    let mut narrowing = Narrowing::new(&shape, far.as_bytes()).unwrap();
    let exported = |day: u8| far.replace("05-14T12", &format!("05-{day}T12"));
    (0..40).for_each(|n| narrowing.look(&shape, exported(10 + n % 9).as_bytes()));
    let narrowed = narrowing.narrowed(&shape).unwrap();
    assert!(narrowing.n_same() > 8, "{}", narrowing.n_same());
    assert_eq!(reads(&narrowed, &exported(14)), None);
    assert!(reads(&narrowed, &exported(20)).unwrap().first_switched_ms.is_some());
}

/// Which version of IP a flow is of is no field, and counts if it cannot be.
#[test]
fn a_version_of_ip_that_cannot_be_is_not_read_over() {
    let with = |version: &str| BOTH.replace("\"direction\"", &format!("{version},\"direction\""));
    for (fit, other) in [(r#""ip_protocol_version":4"#, "9"), (r#""ip_version":"IPv4""#, "IPv9")] {
        let text = with(fit);
        let shape = learnt(&text);
        assert!(reads(&shape, &text).is_some());
        let wrong = with(&fit.replace("IPv4", other).replace(":4", &format!(":{other}")));
        assert_eq!(reads(&shape, &wrong), None);
        assert!(Shape::learn(wrong.as_bytes(), false).is_none(), "{wrong}");
    }
}

/// An options record looks like the flows beside it, but for what is unknown in it.
#[test]
fn what_is_no_flow_is_left_to_the_json_reader() {
    let text = |vlan: u32| format!(r#"{{"netflow":{{"version":9,"in_bytes":7,"vlan":{vlan}}}}}"#);
    let shape = learnt(&text(7));
    assert!(reads(&shape, &text(8)).is_some());
    assert_eq!(reads(&shape, &text(5000)), None);
    assert_eq!(slowly(text(5000).as_bytes()), None);
}

/// A value that stands for two fields, or for one of them; and numbers where only texts
/// are read, whichever they are.
#[test]
fn values_of_two_fields_are_told_apart() {
    let icmp = BOTH.replace(":17,", ":1,").replace(r#""l4_dst_port":2048"#, r#""icmp_type":8"#);
    let shape = learnt(&icmp);
    let codes = |text: &str| reads(&shape, text).map(|flow| (flow.icmp_type, flow.icmp_code));
    assert_eq!(codes(&icmp.replace(":8,", ":3,")), Some((Some(3), Some(0))));
    assert_eq!(codes(&icmp.replace(":8,", ":771,")), None, "type and code");
    let uptime = BOTH.replace(r#""2019-05-14T11:59:00.000Z""#, "123456");
    let shape = learnt(&uptime);
    assert_eq!(reads(&shape, &uptime.replace("123456", "98")).unwrap().first_switched_ms, None);
}

/// As for documents of version 5: with all places of each field, in every form.
#[test]
fn documents_of_templates_of_every_dialect_have_a_shape() {
    let mut n_dialects = 0;
    for dialect in DIALECTS {
        let Some(text) = sample::document_of_templates(dialect) else { continue };
        n_dialects += 1;
        for text in sample::forms(&text) {
            let (expected, is_hit) = slowly(text.as_bytes()).expect(dialect.name);
            assert_eq!(expected.1.version, Some(9), "{}", dialect.name);
            let shape = Shape::learn(text.as_bytes(), is_hit).expect(&text);
            assert_eq!(quickly(&shape, text.as_bytes(), is_hit), Some(expected), "{text}");
        }
    }
    assert_eq!(n_dialects, 8);
}

/// Whether a document is of v9 or IPFIX says its version, which is part of a shape: where
/// documents of version 5 have it, those of templates have it, too.
#[test]
fn versions_stand_in_the_same_places() {
    let of_version = |places: Vec<Place>| -> Vec<&str> {
        let places = places.into_iter().filter(|place| place.field == FieldId::Version);
        places.map(|place| place.path).collect()
    };
    for dialect in DIALECTS.iter().filter(|dialect| !(dialect.templates)().is_empty()) {
        let templates = of_version((dialect.templates)());
        let missing = |path: &&str| !templates.contains(path);
        let missing: Vec<&str> =
            of_version((dialect.places)()).into_iter().filter(missing).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", dialect.name);
    }
}

/// Values of templates: those of version 5, addresses of both families and none, times in
/// every form, words.
fn value() -> impl Strategy<Value = String> {
    let texts = prop::sample::select(vec![
        "\"0.0.0.0\"",
        "\"::\"",
        "\"2001:db8::1\"",
        "\"::ffff:192.0.2.1\"",
        "\"192.0.2.9\"",
        "\" 192.0.2.1\"",
        "\"2019-05-14T12:00:00.000Z\"",
        "\"2019-05-14T12:00:01.123456Z\"",
        "\"2019-05-14T14:00:00.000+0200\"",
        "\"1970-01-01T00:00:00.000Z\"",
        "\"2019-05-14\"",
        "\"2019-01-14T12:00:00.000Z\"",
        "\"20190514120000000000:000\"",
        "1557835200",
        "1557835200000",
        "1557835200000000",
        "\"1557835200000\"",
        "0",
        "1",
        "8",
        "58",
        "\"ICMP\"",
        "\"ingress\"",
        "\"egress\"",
        "\"0\"",
        "\"112233445566\"",
        "\"00:00:5e:00:53:01\"",
        "\"AA-BB-CC-00-11-22\"",
        "769",
        "256",
        "255",
        "4095",
        "4096",
        "65535",
        "4294967295",
        "4294967296",
        "9",
        "10",
        "\"Netflow v9\"",
        "\"Netflow v10\"",
        "128",
        "129",
        "33",
        "\"NETFLOW_V9\"",
        "[\"::\"]",
        "[\"SYN\",\"ACK\"]",
        "[9]",
    ]);
    prop_oneof![4 => texts.prop_map(str::to_owned), 1 => super::value()]
}

fn members(keys: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let member = (prop::sample::select(keys), value());
    proptest::collection::vec(member, 1..most).prop_map(|members| {
        let members = members.iter().map(|(key, value)| format!("\"{key}\":{value}"));
        members.collect::<Vec<_>>().join(",")
    })
}

/// Keys of fields that have several places, or several forms, or depend on others.
const KEYS: &[&str] = &[
    "src_addr",
    "ipv4_src_addr",
    "ipv6_src_addr",
    "sourceIPv6Address",
    "ipv4_dst_addr",
    "ipv6_dst_addr",
    "next_hop",
    "ipv6_next_hop",
    "in_bytes",
    "out_bytes",
    "bytes",
    "first_switched",
    "flow_start_msec",
    "flowStartMilliseconds",
    "flowStartMicroseconds",
    "last_switched",
    "flowEndSeconds",
    "l4_dst_port",
    "dst_port",
    "protocol",
    "icmp_type",
    "icmpTypeCodeIPv4",
    "icmp_code",
    "icmpTypeIPv4",
    "tcp_flags",
    "tcpControlBits",
    "input_snmp",
    "direction",
    "vlan",
    "in_src_mac",
    "src_mask",
    "ipv6_src_mask",
    "firewallEvent",
    "staMacAddress",
    "flowset_id",
    "octetDeltaCount",
    "x",
];

fn document() -> impl Strategy<Value = String> {
    let netflow = members(KEYS, 12);
    let beside = members(
        &[
            "@timestamp",
            "host",
            "geoip_src",
            "ipfix.src_addr",
            "netflow.ipv6_src_addr",
            "tags",
            "ipfix",
        ],
        3,
    );
    let version = prop::sample::select(vec![
        "\"version\":9,",
        "\"version\":10,",
        "\"version\":\"Netflow v9\",",
        "",
        "\"version\":[10],",
    ]);
    let protocol = prop::sample::select(vec!["", "\"protocol\":1,", "\"protocol\":6,"]);
    (version, protocol, netflow, beside, 0..4_u8).prop_map(|(version, protocol, netflow, beside, form)| {
        let netflow = format!("{{{version}{protocol}{netflow}}}");
        match form {
            0 => format!("{{\"netflow\":{netflow},{beside}}}"),
            1 => format!("{{{beside},\"ipfix\":{netflow}}}"),
            2 => format!("{{\"_id\":\"7\",\"_source\":{{\"netflow\":{netflow},{beside}}}}}"),
            _ => format!("{{\"_id\":\"7\",\"_source\":{{{beside}}},\"fields\":{{\"netflow\":{netflow}}}}}"),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_shape_of_templates_reads_what_the_json_reader_reads(learnt in document(), texts in proptest::collection::vec(document(), 1..3), swaps in proptest::collection::vec(value(), 1..6)) {
        check(&learnt, texts, &swaps, "\n")?;
    }
}

//! The query of each filter on each mapping, and what is refused.

use super::*;

fn translate(properties: &Value, text: &str) -> Result<Value, String> {
    let mapping = Mapping { properties: vec![properties] };
    Translator { mapping: &mapping }.query(&Expression::parse(text).unwrap(), false)
}

/// The mapping of Logstash's netflow module.
fn module() -> Value {
    json!({
        "@timestamp": {"type": "date"},
        "host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
        "netflow": {"properties": {
            "dst_port": {"type": "keyword"}, "src_port": {"type": "keyword"},
            "protocol": {"type": "keyword"}, "src_addr": {"type": "ip"},
            "dst_addr": {"type": "ip"}, "bytes": {"type": "long"},
            "tcp_flags": {"type": "integer"}, "packets": {"type": "short"},
            "tos": {"type": "text"}, "src_as": {"type": "integer", "index": false},
        }},
    })
}

/// The last address of IPv6.
const LAST: &str = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

#[test]
fn each_mapping_is_asked_in_its_own_way() {
    let cases = [
        ("dst port 443", json!({"terms": {"netflow.dst_port": ["443"]}})),
        ("bytes > 10", json!({"range": {"netflow.bytes": {"gte": 11}}})),
        ("bytes <= 10", json!({"range": {"netflow.bytes": {"gte": 0, "lte": 10}}})),
        // The server would reject a value outside the range of the type.
        ("packets > 5", json!({"range": {"netflow.packets": {"gte": 6}}})),
        ("packets > 70000", match_none()),
        (
            "src ip 10.0.0.0/8",
            json!({"range": {"netflow.src_addr": {"gte": "10.0.0.0", "lte": "10.255.255.255"}}}),
        ),
        ("proto tcp", json!({"terms": {"netflow.protocol": ["6", "tcp", "TCP"]}})),
        (
            "dst_port != 443",
            json!({"bool": {"filter": [{"exists": {"field": "netflow.dst_port"}}],
                "must_not": [{"terms": {"netflow.dst_port": ["443"]}}]}}),
        ),
        (
            "not dst port 443",
            json!({"bool": {"must_not": [{"terms": {"netflow.dst_port": ["443"]}}]}}),
        ),
        (
            "timestamp < 1970-01-01T00:00:01Z",
            json!({"range": {"@timestamp": {"gte": 0, "lt": 1000, "format": "epoch_millis"}}}),
        ),
        // After a sign, flags are the whole byte: S is 2, SA is 18.
        ("flags = SA", json!({"range": {"netflow.tcp_flags": {"gte": 18, "lte": 18}}})),
        (
            "flags in [S SA]",
            json!({"bool": {"should": [
                {"range": {"netflow.tcp_flags": {"gte": 2, "lte": 2}}},
                {"range": {"netflow.tcp_flags": {"gte": 18, "lte": 18}}}]}}),
        ),
        (
            "flags != S",
            json!({"bool": {"filter": [{"exists": {"field": "netflow.tcp_flags"}}],
                "must_not": [{"range": {"netflow.tcp_flags": {"gte": 2, "lte": 2}}}]}}),
        ),
        (
            "exporter ip 10.0.0.1",
            json!({"terms": {"host.keyword": ["10.0.0.1", "::ffff:10.0.0.1"]}}),
        ),
        (
            "exporter ip 2001:db8::1",
            json!({"terms": {"host.keyword": [
                "2001:db8::1", "2001:DB8::1", "2001:db8:0:0:0:0:0:1",
                "2001:0db8:0000:0000:0000:0000:0000:0001"]}}),
        ),
    ];
    for (text, expected) in cases {
        let found = translate(&module(), text);
        assert_eq!(found, Ok(expected), "{text}");
    }
}

/// An index that holds documents of v9 and IPFIX too: a name more for most fields.
fn mixed() -> Value {
    let ip = json!({"type": "ip"});
    let number = json!({"type": "long"});
    json!({"netflow": {"properties": {
        "src_addr": ip, "dst_addr": ip, "sourceIPv6Address": ip, "destinationIPv6Address": ip,
        "bytes": number, "octetDeltaCount": number, "tcp_flags": number, "tcpControlBits": number,
        "direction": {"type": "keyword"}, "vlan": number,
    }}})
}

#[test]
fn every_name_of_a_field_is_asked_where_that_only_widens() {
    let ip = |path: &str, from: &str, to: &str| json!({"range": {path: {"gte": from, "lte": to}}});
    let (low, high) = ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
    let either = |name: &str, wide: &str| {
        let names = [name, wide].map(|name| ip(&format!("netflow.{name}"), low, high));
        json!({"bool": {"should": names}})
    };
    let found = translate(&mixed(), "src net 2001:db8::/32");
    assert_eq!(found, Ok(either("src_addr", "sourceIPv6Address")));
    let found = translate(&mixed(), "direction egress");
    assert_eq!(found, Ok(json!({"terms": {"netflow.direction": ["1", "egress"]}})));
    assert!(translate(&mixed(), "ipv6").unwrap().to_string().contains("destinationIPv6Address"));
    for (text, why) in [
        ("not bytes > 5", "bytes stands under several names there"),
        ("src ip != ::1", "src_addr stands under several names there"),
        ("not flags S", "tcp_flags stands in netflow.tcpControlBits in another form"),
        ("not ipv6", "family is computed, not stored"),
        ("src_mac 00:00:5e:00:53:01", "src_mac is not mapped there"),
    ] {
        assert_eq!(translate(&mixed(), text), Err(why.to_owned()), "{text}");
    }
}

/// Version 5 has type and code of ICMP in the destination port.
#[test]
fn type_and_code_of_icmp_are_asked_of_the_port_too() {
    let number = json!({"type": "long"});
    let of_ports = json!({"netflow": {"properties": {"dst_port": number, "protocol": number}}});
    let range =
        |path: &str, first: u16, last: u16| json!({"range": {path: {"gte": first, "lte": last}}});
    let protocols = json!({"bool": {"should": [
        range("netflow.protocol", 1, 1), range("netflow.protocol", 58, 58)]}});
    let pings = json!({"bool": {"filter": [protocols, range("netflow.dst_port", 2048, 2303)]}});
    assert_eq!(translate(&of_ports, "icmp-type 8"), Ok(pings.clone()));
    let none = json!({"bool": {"must_not": [pings.clone()]}});
    assert_eq!(translate(&of_ports, "not icmp_type = 8"), Ok(none));
    let codes = translate(&of_ports, "icmp-code 3").unwrap();
    assert!(codes.to_string().contains(r#"{"gte":65283,"lte":65283}"#), "{codes}");

    let with = |name: &str, mapping: Value| {
        let mut both = of_ports.clone();
        both["netflow"]["properties"][name] = mapping;
        both
    };
    let both = with("icmp_type_ipv6", number.clone());
    let stated = range("netflow.icmp_type_ipv6", 8, 8);
    assert_eq!(
        translate(&both, "icmp-type 8"),
        Ok(json!({"bool": {"should": [stated, pings]}})),
        "a stated type that cannot be leaves that of the port"
    );
    // Where the query may match no more than the filter, a stated type hides the port's.
    let mut only_of_port = pings;
    only_of_port["bool"]["must_not"] = json!([{"exists": {"field": "netflow.icmp_type_ipv6"}}]);
    let none = json!({"bool": {"must_not": [{"bool": {"should": [stated, only_of_port]}}]}});
    assert_eq!(translate(&both, "not icmp-type 8"), Ok(none));
    // Type and code in two bytes are not compared by a server.
    let wide = translate(&with("icmp_type", number.clone()), "icmp-type 8").unwrap();
    assert_eq!(
        wide["bool"]["should"][0],
        json!({"exists": {"field": "netflow.icmp_type"}}),
        "{wide}"
    );
    assert_eq!(
        translate(&with("icmp_type", number.clone()), "not icmp-type 8"),
        Err("icmp_type stands in netflow.icmp_type in another form".to_owned())
    );
    assert_eq!(
        translate(&with("icmp_type", json!({"type": "long", "index": false})), "icmp-type 8"),
        Err("netflow.icmp_type is not indexed there".to_owned())
    );
    let without = json!({"netflow": {"properties": {"protocol": number}}});
    assert_eq!(translate(&without, "icmp-type 8"), Err("dst_port is not mapped there".to_owned()));
}

/// In pieces: the server orders mapped IPv4 addresses where they are in IPv6.
#[test]
fn addresses_of_both_families_are_asked() {
    let cases = [
        (
            "src ip in [240.0.0.0/4 ::..::1]",
            json!({"bool": {"should": [
                {"range": {"netflow.src_addr": {"gte": "240.0.0.0", "lte": "255.255.255.255"}}},
                {"range": {"netflow.src_addr": {"gte": "::", "lte": "::1"}}}]}}),
        ),
        (
            "family != ipv4",
            json!({"bool": {"should": [
                {"bool": {"should": [
                    {"range": {"netflow.src_addr": {"gte": "::", "lte": "::fffe:ffff:ffff"}}},
                    {"range": {"netflow.src_addr": {"gte": "::1:0:0:0", "lte": LAST}}}]}},
                {"bool": {"should": [
                    {"range": {"netflow.dst_addr": {"gte": "::", "lte": "::fffe:ffff:ffff"}}},
                    {"range": {"netflow.dst_addr": {"gte": "::1:0:0:0", "lte": LAST}}}]}}]}}),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(translate(&module(), text), Ok(expected), "{text}");
    }
}

#[test]
fn a_range_over_keywords_lists_its_values() {
    let query = translate(&module(), "dst port >= 65530").unwrap();
    let terms = query["terms"]["netflow.dst_port"].as_array().unwrap();
    assert_eq!(terms.len(), 6);
    assert_eq!(terms[0], "65530");
    let all = translate(&module(), "dst port >= 0").unwrap();
    assert_eq!(all["terms"]["netflow.dst_port"].as_array().unwrap().len(), 65_536);
    // An address has two spellings, and no query more values than a server takes.
    let keyword = json!({"netflow": {"properties": {"src_addr": {"type": "keyword"}}}});
    let network = translate(&keyword, "src net 10.1.0.0/16").unwrap();
    let parts = network["bool"]["should"].as_array().unwrap();
    let count = |part: &Value| part["terms"]["netflow.src_addr"].as_array().unwrap().len();
    assert_eq!(parts.iter().map(count).collect::<Vec<_>>(), [65_536, 65_536]);
    let flags = translate(&module(), "flags S").unwrap();
    let terms = flags["terms"]["netflow.tcp_flags"].as_array().unwrap();
    assert_eq!(terms.len(), 128, "each byte with that bit");
}

#[test]
fn what_cannot_be_asked_is_left_out_where_that_only_widens() {
    let asked = json!({"terms": {"netflow.dst_port": ["443"]}});
    let wider = translate(&module(), "dst port 443 and bps > 1000").unwrap();
    assert_eq!(wider, json!({"bool": {"filter": [asked]}}));
    for (text, why) in [
        ("bps > 1000", "computed"),
        ("dst port 443 or bps > 1000", "computed"),
        ("not (dst port 443 and bps > 1000)", "computed"),
        ("not ipv6", "computed"),
        ("src tos 4", "mapped as text"),
        ("src as 5", "not indexed"),
        ("dst as 5", "not mapped"),
    ] {
        let found = translate(&module(), text).unwrap_err();
        assert!(found.contains(why), "{text}: {found}");
    }
    let keyword = json!({"netflow": {"properties": {"src_addr": {"type": "keyword"}, "bytes": {"type": "keyword"}}}});
    for text in ["src ip 10.0.0.0/8", "bytes > 5"] {
        let found = translate(&keyword, text).unwrap_err();
        assert!(found.contains("too many values"), "{found}");
    }
}

#[test]
fn both_spellings_are_asked_where_both_are_mapped() {
    let both = json!({"netflow": {"properties": {
        "dst_port": {"type": "integer"}, "l4_dst_port": {"type": "keyword"}}}});
    assert_eq!(
        translate(&both, "dst port 53").unwrap(),
        json!({"bool": {"should": [
            {"range": {"netflow.dst_port": {"gte": 53, "lte": 53}}},
            {"terms": {"netflow.l4_dst_port": ["53"]}}]}})
    );
}

#[test]
fn a_mapping_is_found_with_and_without_a_type() {
    let new = json!({"mappings": {"properties": {"a": {}}}});
    let old = json!({"mappings": {"doc": {"properties": {"a": {}}}}});
    assert_eq!(properties(&new), properties(&old));
    assert_eq!(properties(&json!({"mappings": {}})), None);
}

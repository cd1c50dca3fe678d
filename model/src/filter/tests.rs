//! What filters mean, and what is said of those that mean nothing.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;
use crate::field::{Access, Kind};
use crate::record::FlowRecord;

fn flow() -> FlowRecord {
    FlowRecord {
        timestamp_ms: Some(1_537_514_269_230),
        exporter: Some("192.0.2.77".into()),
        engine_id: Some(7),
        src_addr: Some(Ipv4Addr::new(10, 1, 2, 3)),
        dst_addr: Some(Ipv4Addr::new(192, 0, 2, 1)),
        next_hop: Some(Ipv4Addr::new(198, 51, 100, 2)),
        input_snmp: Some(3),
        output_snmp: Some(0),
        packets: Some(10),
        bytes: Some(12_345),
        first_switched_ms: Some(1_537_514_268_000),
        last_switched_ms: Some(1_537_514_269_500),
        src_port: Some(47_228),
        dst_port: Some(443),
        tcp_flags: Some(0x1b),
        protocol: Some(6),
        tos: Some(192),
        src_as: Some(64_500),
        dst_as: Some(0),
        src_mask_len: Some(24),
        dst_mask_len: Some(0),
        ..FlowRecord::default()
    }
}

fn means(text: &str) -> bool {
    Expression::parse(text).unwrap_or_else(|error| panic!("{error}")).matches(&flow())
}

#[test]
fn words_mean_what_they_say() {
    for text in [
        "",
        "any",
        "ipv4",
        "proto tcp and dst port 443",
        "tcp and port https",
        "proto 6",
        "src net 10.0.0.0/8",
        "net 10.0.0.0 255.0.0.0",
        "net 10.1/16",
        "src ip 10.1.2.3",
        "host 192.0.2.1",
        "ip in [1.1.1.1 192.0.2.0/24]",
        "src or dst port 443",
        "src and dst ip in [10.0.0.0/8 192.0.2.0/24]",
        "port in [80, 443, 8000-8100]",
        "port in (443)",
        "dst port [442..444]",
        "bytes > 10k and bytes < 12.346k",
        "packets 10",
        "duration = 1500",
        "bps = 65840",
        "pps 6",
        "bpp 1234",
        "service = 443",
        "flags S and not flags U",
        "flags SAFP and flags any UA and not flags UR",
        "flags 0x1b",
        "tcp_flags = 27",
        "tos 0xc0 and src tos 192",
        "src as AS64500 and as 64500",
        "in if 3 and out if 0 and if 3",
        "next ip 198.51.100.2",
        "router ip 192.0.2.77 and exporter in 192.0.2.0/24 and exporter != r1",
        "engine id 7 and engine-id 7",
        "src mask 24 and mask 0",
        "first >= 2018-09-21T07:17:48 and last seen < 2018-09-21 07:17:50",
        "timestamp = 1537514269230",
        "dst_port = 443 # with a comment\n and dst_port != 80",
        "src_addr in 10.0.0.0/8 && ! dst_addr in 10.0.0.0/8",
        "port not in [80 8080]",
        "not icmp-type 8",
        "not (proto udp or dst port 80)",
        "proto udp or proto tcp and dst port 443",
        "PROTO TCP AND DST PORT EQ 443",
        "netflow.l4_dst_port 443",
        "flow_records 3 or any",
    ] {
        assert!(means(text), "{text}");
        assert!(
            text.is_empty() || !means(&format!("not ({text}\n)")) || text.contains("flags"),
            "not {text}"
        );
    }
}

/// A comparison with an unknown is false, its `not` true.
#[test]
fn what_is_unknown_is_in_no_comparison() {
    let nothing = FlowRecord::default();
    for text in [
        "dst_port = 443",
        "dst_port != 443",
        "dst_port >= 0",
        "port = 443",
        "port != 443",
        "bytes < 5",
        "duration >= 0",
        "bps = 0",
        "service = 53",
        "flags S",
        "exporter = r1",
        "exporter != r1",
        "src_addr in 0.0.0.0/0",
        "first >= 1970-01-01",
        "flags any SA",
    ] {
        let filter = Expression::parse(text).unwrap();
        assert!(!filter.matches(&nothing), "{text}");
        let filter = Expression::parse(&format!("not {text}")).unwrap();
        assert!(filter.matches(&nothing), "not {text}");
    }
    let one_end = FlowRecord { dst_port: Some(443), ..nothing };
    for (text, expected) in [("port = 443", true), ("port != 80", false), ("not port 80", true)] {
        assert_eq!(Expression::parse(text).unwrap().matches(&one_end), expected, "{text}");
    }
    let inverted = FlowRecord {
        first_switched_ms: Some(2),
        last_switched_ms: Some(1),
        ..FlowRecord::default()
    };
    assert!(!Expression::parse("duration < 5").unwrap().matches(&inverted));
}

/// Counted with nfdump 1.7.1: `not` reaches the flags through parentheses.
#[test]
fn flags_under_not_mean_none_of_them() {
    let with = |flags| FlowRecord { protocol: Some(6), tcp_flags: Some(flags), ..flow() };
    for (text, flags, expected) in [
        ("not flags SA", 2, false),
        ("not flags SA", 0x12, false),
        ("not flags SA", 1, true),
        ("not (flags SA)", 2, false),
        ("not (proto tcp and flags SA)", 2, false),
        ("not not flags SA", 2, false),
        ("not (proto tcp and not flags SA)", 0x12, true),
        ("not (proto tcp and not flags SA)", 2, false),
        ("not flags all SA", 2, true),
        ("flags X", 0x3f, true),
        ("flags X", 0x1f, false),
    ] {
        assert_eq!(
            Expression::parse(text).unwrap().matches(&with(flags)),
            expected,
            "{text} {flags}"
        );
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    for (text, message, line) in [
        ("dts port 80", "did you mean dst?", "^^^"),
        ("dst_prt 80", "did you mean dst_port?", "^^^^^^^"),
        ("dst prot 80", "did you mean dst port?", "    ^^^^"),
        ("src port 70000", "src_port is at most 65535", "         ^^^^^"),
        ("src port", "src_port is compared with a port", "        ^"),
        ("proto tcp dst port 80", "`and` or `or` is missing before dst", "          ^^^"),
        ("(proto tcp", "a parenthesis is not closed", "          ^"),
        ("proto tcp)", "this parenthesis closes none", "         ^"),
        ("proto tcp and", "a comparison is missing", "             ^"),
        ("ip 10.0.0.0/33", "addr is compared with an IPv4 address", "   ^^^^^^^^^^^"),
        ("ip example.org", "names of hosts are not looked up", "   ^^^^^^^^^^^"),
        ("ip 2001:db8::1", "NetFlow v5 has no others", "   ^^^^^^^^^^^"),
        ("port in [80 443", "the list is not closed", "               ^"),
        ("port 90-80", "ends before it begins", "     ^^^^^"),
        ("exporter > r1", "a text has no order", "           ^^"),
        ("exporter = 'r1", "this quote is not closed", "           ^"),
        ("src ip in @none", "cannot read the list none", "          ^^^^^"),
        ("first > yesterday", "a time such as", "        ^^^^^^^^^"),
        ("é > 1", "no field is called é", "^"),
        ("bytes > 10q", "bytes is compared with a number", "        ^^^"),
        ("flags any 3", "flags such as SA", "          ^"),
        ("icmp-type 300", "icmp is at most 255", "          ^^^"),
        ("destination port 443", "did you mean dst?", "^^^^^^^^^^^"),
        ("src 10.0.0.1", "did you mean src ip 10.0.0.1?", "    ^^^^^^^^"),
        ("dst 443", "did you mean dst port 443?", "    ^^^"),
        ("src or port 80", "src is followed by ip, net, port, as or mask", "^^^"),
        ("src if 3", "did you mean in if or out if?", "    ^^"),
        ("src country DE", "did you mean src_country?", "    ^^^^^^^"),
        ("src-port 80", "did you mean src_port?", "^^^^^^^^"),
        ("country = DE", "did you mean src_country or dst_country?", "^^^^^^^"),
        ("dscp 46", "DSCP 46 is tos 184", "^^^^"),
        ("vlan 10", "NetFlow v5 does not carry it", "^^^^"),
        ("port 443 80", "several are a list, `port in [443 80]`", "         ^^"),
        ("port 80 or 443", "several are a list, `port in [80 443]`", "           ^^^"),
        ("port in 80 443", "several are a list, `port in [80 443]`", "           ^^^"),
        ("ip 10.0.0.1 or 10.0.0.2", "`addr in [10.0.0.1 10.0.0.2]`", "               ^^^^^^^^"),
        ("port 443,80", "commas are for lists, `port in [443 …]`", "        ^"),
        ("port in {80,443}", "a list is written in brackets", "        ^^^"),
        ("bytes > 1,000", "numbers have none", "         ^"),
        ("bytes > 10kB", "did you mean 10k?", "        ^^^^"),
        ("bytes > 10 MiB", "did you mean 10m?", "           ^^^"),
        ("bps > 1.5Gbit", "did you mean 1.5g?", "      ^^^^^^^"),
        ("pps > 1.5", "it is a whole number", "      ^^^"),
        ("duration > 5s", "did you mean 5000?", "           ^^"),
        ("duration > 2h", "an hour 3.6M", "           ^^"),
        ("bytes => 10", "did you mean >=?", "      ^^"),
        ("bytes =< 10", "did you mean <=?", "      ^^"),
        ("bytes 10 > 5", "a field is missing before >", "         ^"),
        ("proto tpc", "did you mean tcp?", "      ^^^"),
        ("port = htps", "did you mean https?", "       ^^^^"),
        ("flags syn", "did you mean S?", "      ^^^"),
        ("tos EF", "EF is tos 184", "    ^^"),
        ("ip 10.0.0", "did you mean 10.0.0/24?", "   ^^^^^^"),
        ("ip 10.0.0.*", "did you mean 10.0.0/24?", "   ^^^^^^^^"),
        ("ip 10.0.0.0/33", "at most 32 bits", "   ^^^^^^^^^^^"),
        ("proto tcp & port 80", "did you mean `and`?", "          ^"),
        ("proto tcp | port 80", "did you mean `or`?", "          ^"),
        ("last 5m", "a time such as", "     ^^"),
        ("first > 1537488000", "milliseconds since 1970", "        ^^^^^^^^^^"),
        ("flows > x", "flows is compared with a number", "        ^"),
    ] {
        let error = Expression::parse(text).unwrap_err().to_string();
        let carets = error.lines().nth(2).unwrap();
        assert!(error.contains(message), "{text}: {error}");
        assert_eq!(carets, format!("  {line}"), "{error}");
    }
    let error = Expression::parse("any and\nfoo 1 and any").unwrap_err().to_string();
    assert!(error.ends_with("\n  foo 1 and any\n  ^^^"), "{error}");
}

#[test]
fn lists_come_from_files() {
    let read = |name: &str| match name {
        "bad.txt" => Ok("# bad\n10.0.0.0/8, 192.0.2.9\n".to_owned()),
        "odd.txt" => Ok("\n10.0.0.1\n10.0.0.x".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let context = Context { zone: TimeZone::UTC, read: &read };
    let filter = Expression::parse_in("src ip in @bad.txt", &context).unwrap();
    assert!(filter.matches(&flow()));
    assert_eq!(filter.to_string(), "src_addr in [10.0.0.0/8 192.0.2.9]");
    let error = Expression::parse_in("ip in [@odd.txt]", &context).unwrap_err();
    assert!(error.message.starts_with("odd.txt:3: 10.0.0.x: "), "{error}");
}

/// As nfdump: the words of the file are taken in as they are.
#[test]
fn filters_come_from_files() {
    let read = |name: &str| match name {
        "web.nf" => Ok("# the web\ndst port 80 or\ndst port 443 # both".to_owned()),
        "a file" => Ok("proto tcp and (@include web.nf)".to_owned()),
        "odd.nf" => Ok("proto tcp and\n\n  dts port 80".to_owned()),
        "itself.nf" => Ok("any or @include itself.nf".to_owned()),
        "outer.nf" => Ok("any and\n@include odd.nf or any".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let context = Context { zone: TimeZone::UTC, read: &read };
    for (text, expected) in [
        ("@include web.nf", "dst_port = 80 or dst_port = 443"),
        ("proto udp and @include web.nf", "(protocol = udp and dst_port = 80) or dst_port = 443"),
        ("bytes > 5 and (@include web.nf)", "bytes >= 6 and (dst_port = 80 or dst_port = 443)"),
        ("@include web.nf and any", "dst_port = 80 or (dst_port = 443 and any)"),
        ("@include 'a file'", "protocol = tcp and (dst_port = 80 or dst_port = 443)"),
        ("proto tcp # @include none", "protocol = tcp"),
        ("exporter = ' @include none'", "exporter = \" @include none\""),
    ] {
        let filter = Expression::parse_in(text, &context).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(filter.to_string(), expected, "{text}");
    }
    for (text, message) in [
        (
            "@include none.nf",
            "cannot read none.nf: no such file\n  @include none.nf\n  ^^^^^^^^^^^^^^^^",
        ),
        ("any and @include", "@include is followed by the name of a file"),
        (
            "@include odd.nf",
            "odd.nf:3: no field is called dts; did you mean dst?\n    dts port 80\n    ^^^",
        ),
        ("any or @include odd.nf", "odd.nf:3: no field is called dts"),
        ("@include outer.nf", "odd.nf:3: no field is called dts"),
        ("@include web.nf foo 1", "`and` or `or` is missing before foo"),
        ("@include itself.nf", "itself.nf:1: itself.nf is included more than 10 deep"),
    ] {
        let error = Expression::parse_in(text, &context).unwrap_err().to_string();
        assert!(error.starts_with(&format!("filter: {message}")), "{text}: {error}");
    }
}

/// Counted with nfdump 1.7.1: a record of version 5 is one flow.
#[test]
fn a_record_is_one_flow() {
    for (text, expected) in [
        ("flows > 0", true),
        ("flows 1", true),
        ("flows < 2", true),
        ("flows 0", false),
        ("flows > 1", false),
        ("flows != 1", false),
        ("flows != 2", true),
        ("flows in [0 1]", true),
    ] {
        assert_eq!(Expression::parse(text).unwrap().matches(&flow()), expected, "{text}");
    }
}

#[test]
fn of_a_long_line_the_part_with_the_mistake_is_shown() {
    let hosts: Vec<String> = (0..500).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let text = format!("ip in [{} 10.0.0.x {}]", hosts.join(" "), hosts.join(" "));
    let error = Expression::parse(&text).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[1].len() <= 122, "{error}");
    let caret = lines[2].find('^').unwrap();
    assert_eq!(&lines[1][caret..caret + 8], "10.0.0.x");
    assert_eq!(lines[2].trim(), "^^^^^^^^");
}

#[test]
fn times_are_in_the_zone() {
    let zone = crate::window::zone("Asia/Tokyo").unwrap();
    let read = |_: &str| Err(String::new());
    let context = Context { zone, read: &read };
    let filter = Expression::parse_in("first >= 2018-09-21T16:00", &context).unwrap();
    assert_eq!(filter.to_string(), "first_switched >= 2018-09-21T07:00:00.000Z");
}

#[test]
fn depth_is_bounded() {
    for deep in ["(".repeat(5000), "not ".repeat(5000)] {
        assert!(Expression::parse(&deep).unwrap_err().message.contains("too deep"));
    }
    let nested = format!("{}any{}", "(".repeat(90), ")".repeat(90));
    assert_eq!(Expression::parse(&nested), Ok(Expression::Any));
}

/// Every field and every word can be compared, and says what it wants.
#[test]
fn every_word_is_understood() {
    for field in crate::FIELDS {
        for name in [field.name].iter().chain(field.aliases) {
            let error = Expression::parse(name);
            // `flags` and the like ask for a value; none is taken for another word.
            assert!(error.is_err(), "{name}");
        }
    }
    for word in WORDS {
        let error = Expression::parse(word.typed).unwrap_err();
        assert!(error.message.starts_with(word.subject.name()), "{}: {error}", word.typed);
    }
}

/// Flows of few values, so that filters often match, and some unknowns.
fn any_flow() -> impl Strategy<Value = FlowRecord> {
    let largest = |field: FieldId| -> u64 {
        match field {
            FieldId::Bytes => 70_000,
            FieldId::SrcPort | FieldId::DstPort => 600,
            FieldId::Protocol => 20,
            FieldId::TcpFlags => 255,
            _ => 9,
        }
    };
    let values: Vec<_> = crate::FIELDS
        .iter()
        .map(|field| proptest::option::weighted(0.8, 0..=largest(field.id)))
        .collect();
    values.prop_map(|values| {
        let mut flow = FlowRecord::default();
        for (field, value) in crate::FIELDS.iter().zip(values) {
            match field.access {
                Access::Number { write, .. } if field.kind == Kind::Address => {
                    write(&mut flow, value.map(|value| 0x0a00_0000 + value));
                }
                Access::Number { write, .. } => write(&mut flow, value),
                Access::Text { write, .. } => {
                    let texts = ["r1", "10.0.0.1", "R2"];
                    write(
                        &mut flow,
                        value.map(|n| texts[usize::try_from(n).unwrap() % 3].to_owned()),
                    );
                }
            }
        }
        flow
    })
}

fn any_filter() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("any".to_owned()),
        (0..10_u8, prop_oneof![Just("ip"), Just("src ip"), Just("dst ip !="), Just("addr not in")])
            .prop_map(|(n, word)| format!("{word} 10.0.0.{n}")),
        (0..32_u8).prop_map(|n| format!("net 10.0.0.0/{n}")),
        (0..600_u16, 0..600_u16, prop_oneof![Just("port"), Just("dst port"), Just("service")])
            .prop_map(|(a, b, word)| format!("{word} in [{a} {}-{}]", a.min(b), a.max(b))),
        (0..70_000_u32, prop_oneof![Just(">"), Just("<="), Just("="), Just("!="), Just("<")])
            .prop_map(|(n, sign)| format!("bytes {sign} {n}")),
        (
            0..9_u8,
            prop_oneof![Just("duration"), Just("pps"), Just("bps"), Just("bpp"), Just("flows")]
        )
            .prop_map(|(n, word)| format!("{word} >= {n}")),
        (0..9_u8).prop_map(|n| format!("first >= 1970-01-01T00:00:00.00{n}Z")),
        "[SAFRPU]{1,3}".prop_map(|flags| format!("flags {flags}")),
        "[SAFRPU]{1,3}".prop_map(|flags| format!("flags any {flags}")),
        (0..20_u8).prop_map(|n| format!("proto {n}")),
        prop_oneof![
            Just("exporter in [r1 10.0.0.0/8]"),
            Just("exporter != r2"),
            Just("as 2"),
            Just("if != 1")
        ]
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("not {one}")),
            proptest::collection::vec(inner.clone(), 2..3)
                .prop_map(|all| format!("({})", all.join(" and "))),
            proptest::collection::vec(inner, 2..3)
                .prop_map(|any| format!("({})", any.join(" or "))),
        ]
    })
}

proptest! {
    /// Canonical text is read as what it was made from, and stays as it is.
    #[test]
    fn canonical_text_means_the_same(text in any_filter(), flow in any_flow()) {
        let filter = Expression::parse(&text).unwrap();
        let shown = filter.to_string();
        let again = Expression::parse(&shown).unwrap_or_else(|error| panic!("{text}: {error}"));
        prop_assert_eq!(again.matches(&flow), filter.matches(&flow), "{} -> {}", text, shown);
        prop_assert_eq!(again.to_string(), shown);
    }

    /// What bounds rule out does not happen.
    #[test]
    fn outcomes_are_never_too_sure(text in any_filter(), flows in proptest::collection::vec(any_flow(), 1..4)) {
        let filter = Expression::parse(&text).unwrap();
        let bounds = |field: FieldId| {
            let Access::Number { read, .. } = field.field().access else { return None };
            let values: Vec<_> = flows.iter().map(read).collect();
            let known = values.iter().flatten();
            Some(Bounds {
                known: known.clone().min().copied().zip(known.max().copied()),
                unknown: values.contains(&None),
            })
        };
        let outcomes = filter.outcomes(&bounds);
        for flow in &flows {
            let matches = filter.matches(flow);
            prop_assert!(if matches { outcomes.may_match } else { outcomes.may_fail }, "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z@#()\\[\\],=<>!&|\"' 0-9./:-]{0,40}|\\PC{0,30}") {
        if let Err(error) = Expression::parse(&text) {
            let _ = error.to_string();
        }
    }

    /// Words in any order are read or refused, never a panic.
    #[test]
    fn no_words_make_it_panic(words in proptest::collection::vec(
        proptest::sample::select(vec!["src", "dst", "or", "and", "not", "port", "in", "[", "]", "(", ")", "flags", "any",
            "all", "SA", "10.0.0.1", "255.0.0.0", "@x", "icmp-type", "first", "2018-09-21", "10:00", ">", "80", "é"]), 0..9)) {
        if let Err(error) = Expression::parse(&words.join(" ")) {
            let _ = error.to_string();
        }
    }
}

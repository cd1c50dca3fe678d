//! Words of the language: which flows they match.

use jiff::tz::{Offset, TimeZone};

use super::*;

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

/// nfdump 1.7.8 takes each of these (`nfdump -Z`), but for the lists.
#[test]
fn words_of_ethernet_and_translation_mean_what_they_say() {
    let translated = FlowRecord {
        src_mac: Some(0x5e00_5301),
        dst_mac: Some(0x5e00_5302),
        nat_src_addr: Some(Address::from([198, 51, 100, 7])),
        nat_dst_addr: "2001:db8::7".parse().ok(),
        nat_src_port: Some(4000),
        nat_dst_port: Some(53),
        vlan: Some(12),
        direction: Some(1),
        domain: Some(3),
        ..flow()
    };
    for (text, expected) in [
        ("mac 00:00:5e:00:53:01", true),
        ("mac 00:00:5e:00:53:02", true),
        ("mac 00:00:5e:00:53:03", false),
        ("src mac 00:00:5e:00:53:01", true),
        ("src mac 00:00:5e:00:53:02", false),
        ("dst mac 00:00:5e:00:53:02", true),
        ("mac in [00:00:5e:00:53:09 00:00:5e:00:53:02]", true),
        ("src and dst mac in [00:00:5e:00:53:01 00:00:5e:00:53:02]", true),
        ("nip 198.51.100.7", true),
        ("src nip 198.51.100.7 and dst nip 2001:db8::7", true),
        ("src nip 10.1.2.3", false),
        ("dst xip 2001:db8::/32", true),
        ("src xnet 198.51.100.0/24", true),
        ("dst xnet 198.51.100.0/24", false),
        ("nport 53 and src nport 4000 and xport > 3999", true),
        ("dst nport 4000", false),
        ("dst xport domain", true),
        ("vlan 12 and flowdir egress and observation domain id 3", true),
        ("flowdir 0", false),
    ] {
        let filter = Expression::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(filter.matches(&translated), expected, "{text}");
        assert!(!filter.matches(&flow()), "{text}");
        assert_eq!(Expression::parse(&filter.to_string()), Ok(filter), "{text}");
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

/// After `=`, flags are the whole byte, in letters as in numbers: S is 2, A is 16,
/// so SA is 18.
#[test]
fn flags_after_a_sign_are_exactly_these() {
    let matching = |text: &str| -> Vec<u8> {
        let filter = Expression::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let shown = Expression::parse(&filter.to_string()).unwrap();
        assert_eq!(shown, filter, "{text} is shown as {filter}");
        let bytes = [0, 2, 16, 18, 26, 0x3f, 0x52];
        let with = |flags| FlowRecord { tcp_flags: Some(flags), ..flow() };
        bytes.into_iter().filter(|flags| filter.matches(&with(*flags))).collect()
    };
    for (text, expected) in [
        ("flags = S", vec![2]),
        ("tcp_flags = SA", vec![18]),
        ("flags == as", vec![18]),
        ("flags eq 'SA'", vec![18]),
        ("flags = 18", vec![18]),
        ("flags = 0x12", vec![18]),
        ("flags = .", vec![0]),
        ("flags = X", vec![0x3f]),
        ("flags != S", vec![0, 16, 18, 26, 0x3f, 0x52]),
        ("flags <> 2", vec![0, 16, 18, 26, 0x3f, 0x52]),
        ("not flags = SA", vec![0, 2, 16, 26, 0x3f, 0x52]),
        ("not (proto tcp and flags != SA)", vec![18]),
        ("flags in [S SA]", vec![2, 18]),
        ("flags in [S, 0x3f]", vec![2, 0x3f]),
        ("flags in [S X]", vec![2, 0x3f]),
        ("flags not in [S SA]", vec![0, 16, 26, 0x3f, 0x52]),
        ("flags [S SA]", vec![2, 18]),
        // Without a sign: all of these set, whatever else is.
        ("flags SA", vec![18, 26, 0x3f, 0x52]),
        ("flags any SA", vec![2, 16, 18, 26, 0x3f, 0x52]),
        ("flags != any SA", vec![0]),
        ("not flags != any SA", vec![2, 16, 18, 26, 0x3f, 0x52]),
        ("flags = all SA", vec![18, 26, 0x3f, 0x52]),
        ("not flags SA", vec![0]),
        ("not flags all SA", vec![0, 2, 16]),
        ("not flags AFRPU", vec![0, 2]),
        ("not flags != all SA", vec![18, 26, 0x3f, 0x52]),
    ] {
        assert_eq!(matching(text), expected, "{text}");
    }
    let unknown = FlowRecord { tcp_flags: None, ..flow() };
    assert!(!Expression::parse("flags != S").unwrap().matches(&unknown));
}

/// A bare number of `duration` is in ms, as nfdump's; a time is the same number.
#[test]
fn durations_are_compared_with_lengths_of_time() {
    for (text, shown) in [
        ("duration > 10m", "duration >= 600001"),
        ("duration >= 10s", "duration >= 10000"),
        ("duration < 1h30m", "duration <= 5399999"),
        ("duration = 500ms", "duration = 500"),
        ("duration 1.5s", "duration = 1500"),
        ("duration > 10", "duration >= 11"),
        ("duration in [1s-1m 1h]", "duration in [1000..60000 3600000]"),
        ("duration = 1.5s..2s", "duration = 1500..2000"),
        ("duration != 1d", "duration != 86400000"),
        ("bytes > 10k and packets > 5M", "bytes >= 10001 and packets >= 5000001"),
    ] {
        assert_eq!(Expression::parse(text).unwrap().to_string(), shown, "{text}");
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
fn times_are_in_the_zone() {
    let zone = TimeZone::fixed(Offset::constant(9));
    let read = |_: &str| Err(String::new());
    let context = Context { zone, read: &read };
    let filter = Expression::parse_in("first >= 2018-09-21T16:00", &context).unwrap();
    assert_eq!(filter.to_string(), "first_switched >= 2018-09-21T07:00:00.000Z");
}

/// Networks are aggregated, and a range that is a network is shown as one.
#[test]
fn networks_are_aggregated_and_shown() {
    for (text, shown) in [
        ("net 10/8", "addr = 10.0.0.0/8"),
        ("net 172.16/12", "addr = 172.16.0.0/12"),
        ("net 10.1.2.3/0", "addr = 0.0.0.0/0"),
        ("net 10.1.2.3 255.255.0.0", "addr = 10.1.0.0/16"),
        ("ip 10.0.0.7/32", "addr = 10.0.0.7"),
        ("ip 10.0.0.0-10.0.0.255", "addr = 10.0.0.0/24"),
        ("ip 10.0.0.1-10.0.0.2", "addr = 10.0.0.1..10.0.0.2"),
        ("ip 0.0.0.0-10.0.0.2", "addr <= 10.0.0.2"),
        ("ip > 10.0.0.0/8", "addr >= 11.0.0.0"),
        ("ip in [10.0.0.128/25 10.0.0.0/25]", "addr = 10.0.0.0/24"),
        ("ip in [10.0.0.0/8 10.1.0.0/16 192.0.2.1]", "addr in [10.0.0.0/8 192.0.2.1]"),
        ("ip in [10.0.0.1 10.0.0.2]", "addr = 10.0.0.1..10.0.0.2"),
        ("exporter in [r1 192.0.2.0/24]", "exporter = 192.0.2.0/24 or exporter = \"r1\""),
        ("port 256-511", "port = 256..511"),
    ] {
        assert_eq!(Expression::parse(text).unwrap().to_string(), shown, "{text}");
    }
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

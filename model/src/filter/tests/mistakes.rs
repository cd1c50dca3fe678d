//! Texts that are no filter: the message, and the place that it shows.

use super::*;

/// A text, a part of the message, and where the carets are.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &str)] = &[
    ("dts port 80", "did you mean dst?", "^^^"),
    ("dst_prt 80", "did you mean dst_port?", "^^^^^^^"),
    ("dst prot 80", "did you mean dst port?", "    ^^^^"),
    ("src port 70000", "src_port is at most 65535", "         ^^^^^"),
    ("src port", "src_port is compared with a port", "        ^"),
    ("proto tcp dst port 80", "`and` or `or` is missing before dst", "          ^^^"),
    ("(proto tcp", "a parenthesis is not closed", "          ^"),
    ("proto tcp)", "this parenthesis closes none", "         ^"),
    ("proto tcp and", "a comparison is missing", "             ^"),
    ("ip 10.0.0.0/33", "addr is compared with an address such as 10.0.0.1", "   ^^^^^^^^^^^"),
    ("ip example.org", "names of hosts are not looked up", "   ^^^^^^^^^^^"),
    ("ip 2001:db8::g", "an address such as", "   ^^^^^^^^^^^"),
    ("port in [80 443", "the list is not closed", "               ^"),
    ("port 90-80", "ends before it begins", "     ^^^^^"),
    ("exporter > r1", "a text has no order", "           ^^"),
    ("exporter = 'r1", "this quote is not closed", "           ^"),
    ("src ip in @none", "cannot read the list none", "          ^^^^^"),
    ("first > yesterday", "a time such as", "        ^^^^^^^^^"),
    ("é > 1", "no field is called é", "^"),
    ("bytes > 10q", "bytes is compared with a number", "        ^^^"),
    ("flags any 3", "flags such as SA", "          ^"),
    ("icmp-type 300", "icmp_type is at most 255", "          ^^^"),
    ("destination port 443", "did you mean dst?", "^^^^^^^^^^^"),
    ("src 10.0.0.1", "did you mean src ip 10.0.0.1?", "    ^^^^^^^^"),
    ("dst 443", "did you mean dst port 443?", "    ^^^"),
    ("src or port 80", "src is followed by ip, net, port, as, mask, mac, nip or nport", "^^^"),
    ("dst vlan 12", "a flow has one VLAN", "    ^^^^"),
    ("nat ip 10.0.0.1", "did you mean nip or nport", "^^^"),
    ("src nipp 10.0.0.1", "did you mean src nip?", "    ^^^^"),
    ("src if 3", "did you mean in if or out if?", "    ^^"),
    ("src country DE", "did you mean src_country?", "    ^^^^^^^"),
    ("src-port 80", "did you mean src_port?", "^^^^^^^^"),
    ("country = DE", "did you mean src_country or dst_country?", "^^^^^^^"),
    ("dscp 46", "DSCP 46 is tos 184", "^^^^"),
    ("vrf 10", "flows that flowkit reads do not have it", "^^^"),
    ("mac 00:00:5e:00:53", "mac is compared with an Ethernet address", "    ^^^^^^^^^^^^^^"),
    ("src mac", "src_mac is compared with an Ethernet address", "       ^"),
    ("dst nport 70000", "nat_dst_port is at most 65535", "          ^^^^^"),
    ("port 443 80", "several are a list, `port in [443 80]`", "         ^^"),
    ("port 80 or 443", "several are a list, `port in [80 443]`", "           ^^^"),
    ("port in 80 443", "several are a list, `port in [80 443]`", "           ^^^"),
    ("ip 10.0.0.1 or 10.0.0.2", "`addr in [10.0.0.1 10.0.0.2]`", "               ^^^^^^^^"),
    ("port 443,80", "commas are for lists, `port in [443 …]`", "        ^"),
    ("port in {80,443}", "a list is written in brackets", "        ^^^"),
    ("bytes > 1,000", "numbers have none", "         ^"),
    ("bytes > 10kB", "did you mean 10k?", "        ^^^^"),
    ("bytes > 10 MiB", "did you mean 10M?", "           ^^^"),
    ("bps > 1.5Gbit", "did you mean 1.5G?", "      ^^^^^^^"),
    ("pps > 1.5", "it is a whole number", "      ^^^"),
    ("bytes > 10MB", "did you mean 10M?", "        ^^^^"),
    ("packets > 5min", "only duration is compared with a length of time", "          ^^^^"),
    ("bytes > 10s", "only duration is compared with a length of time", "        ^^^"),
    ("duration > 10k", "did you mean 10000 (milliseconds)?", "           ^^^"),
    ("duration > 10M", "did you mean 10m (minutes), or 10000000 (milliseconds)?", "           ^^^"),
    ("duration > 10kB", "units are d, h, m, s and ms", "           ^^^^"),
    ("duration > 1H30M", "did you mean 1h30m?", "           ^^^^^"),
    ("duration > 10 m", "did you mean 10m?", "              ^"),
    ("duration > 1h 30m", "did you mean 1h30m?", "              ^^^"),
    ("bytes > 10 s", "only duration is compared with a length of time", "           ^"),
    ("duration > 10 30m", "several are a list, `duration in [10 30m]`", "              ^^^"),
    ("duration > 1.5", "a whole number of milliseconds", "           ^^^"),
    ("duration > 0.5ms", "a whole number of milliseconds", "           ^^^^^"),
    ("duration > 30m1h", "such as 500ms, 10s, 10m or 1h30m", "           ^^^^^"),
    ("port > 1k", "it has no unit: did you mean 1000?", "       ^^"),
    ("src as > 1k", "it has no unit: did you mean 1000?", "         ^^"),
    ("tos 1k", "it has no unit: did you mean 1000?", "    ^^"),
    ("flow_seq_num > 1M", "it has no unit: did you mean 1000000?", "               ^^"),
    ("flags = 1k", "flags such as SA", "        ^^"),
    ("flags = syn", "did you mean S?", "        ^^^"),
    ("flags in [S syn]", "did you mean S?", "            ^^^"),
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
    ("ip 2001:db8::/129", "at most 128 bits", "   ^^^^^^^^^^^^^^"),
    ("proto tcp & port 80", "did you mean `and`?", "          ^"),
    ("proto tcp | port 80", "did you mean `or`?", "          ^"),
    ("last 5m", "a time such as", "     ^^"),
    ("first > 15374880001", "milliseconds since 1970", "        ^^^^^^^^^^^"),
    ("flows > x", "flows is compared with a number", "        ^"),
];

#[test]
fn mistakes_are_shown_where_they_are() {
    for (text, message, line) in MISTAKES {
        let error = Expression::parse(text).unwrap_err().to_string();
        let carets = error.lines().nth(2).unwrap();
        assert!(error.contains(message), "{text}: {error}");
        assert_eq!(carets, format!("  {line}"), "{error}");
    }
    let error = Expression::parse("any and\nfoo 1 and any").unwrap_err().to_string();
    assert!(error.ends_with("\n  foo 1 and any\n  ^^^"), "{error}");
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
fn depth_is_bounded() {
    for deep in ["(".repeat(5000), "not ".repeat(5000)] {
        assert!(Expression::parse(&deep).unwrap_err().message.contains("too deep"));
    }
    let nested = format!("{}any{}", "(".repeat(90), ")".repeat(90));
    assert_eq!(Expression::parse(&nested), Ok(Expression::Any));
}

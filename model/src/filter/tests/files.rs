//! Lists and filters that are read from files.

use jiff::tz::TimeZone;

use super::*;

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

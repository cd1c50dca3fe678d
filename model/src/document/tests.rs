//! Which documents are flows, and what becomes of their values.

use super::dialect::{DIALECTS, sample};
use super::*;
use crate::address::Address;
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
        (r#"{"netflow":{"bytes":1,"version":9}}"#, Err(NotAFlow::OtherVersion)),
        (r#"{"netflow":{"bytes":1,"version":"Netflow v9"}}"#, Err(NotAFlow::OtherVersion)),
        (r#"{"netflow":{"bytes":1,"version":"IPFIX"}}"#, Err(NotAFlow::OtherVersion)),
        (r#"{"netflow":{}}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"netflow":{"colour":1}}"#, Err(NotAFlow::NoNetflow)),
        (r#"{"netflow":[{"bytes":1}]}"#, Err(NotAFlow::NoNetflow)),
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
        ("[443]", None),
        (r#"{"a":443}"#, None),
    ] {
        assert_eq!(member("bytes", value).bytes, expected, "{value}");
    }
    assert_eq!(member("dst_port", "65536").dst_port, None);
    assert_eq!(member("protocol", "256").protocol, None);
}

#[test]
fn addresses_are_dotted_ipv4() {
    for (text, expected) in [
        ("192.0.2.7", Some([192, 0, 2, 7])),
        (" 192.0.2.7 ", Some([192, 0, 2, 7])),
        ("::ffff:192.0.2.1", Some([192, 0, 2, 1])),
        ("0.0.0.0", Some([0; 4])),
        ("2001:db8::1", None),
        ("010.0.0.1", None),
        ("256.1.1.1", None),
        ("192.0.2", None),
        ("example.org", None),
    ] {
        let found = member("src_addr", &format!("\"{text}\"")).src_addr;
        assert_eq!(found, expected.map(Address::from), "{text}");
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
                Access::Number { read, .. } => {
                    assert_eq!(
                        read(&flow),
                        Some(expected),
                        "{place:?} in {}: {text}",
                        dialect.name
                    );
                }
            }
        }
    }
}

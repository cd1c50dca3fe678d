//! What a shape accepts, the JSON reader reads as an equal flow.

use proptest::prelude::*;

use super::*;
use crate::Entry;
use crate::FlowRecord;
use crate::document::dialect::{DIALECTS, sample};

mod templates;

/// Index, id and routing of a document that has an id, and its flow.
type Read = (Option<[String; 3]>, FlowRecord);

fn texts(id: DocumentId<'_>) -> [String; 3] {
    [id.index, id.id, id.routing].map(|text| String::from_utf8(text.to_vec()).unwrap())
}

/// A flow with all that its row has: type and code of ICMP, which stand in the port.
fn as_a_row(flow: &FlowRecord) -> FlowRecord {
    Row::of(flow).record()
}

/// What the JSON reader makes of a text, if it is a flow.
fn slowly(text: &[u8]) -> Option<(Read, bool)> {
    match Entry::parse(text).ok()? {
        Entry::Hit(mut hit) => {
            let (index, id, routing) = (hit.index.take(), hit.id.take(), hit.routing.take());
            let [index, id, routing] =
                [&index, &id, &routing].map(|text| text.as_ref().map(|text| text.as_bytes()));
            let id = DocumentId::new(index, id, routing).map(texts);
            Some(((id, as_a_row(&hit.into_flow().ok()?)), true))
        }
        Entry::Bare(document) => Some(((None, as_a_row(&document.into_flow().ok()?)), false)),
        _ => None,
    }
}

fn quickly(shape: &Shape, text: &[u8], is_hit: bool) -> Option<Read> {
    let mut row = Row::default();
    let shaped = shape.read(text, &mut row, &mut DayCache::default())?;
    Some((shaped.id.filter(|_| is_hit).map(texts), row.record()))
}

const HIT: &str = r#"{"_index":"netflow-2018.09.21","_type":"doc","_id":"a1","_score":null,"_source":{"type":"netflow","@timestamp":"2018-09-21T00:00:00.008Z","host":"192.168.10.254","geoip_src":{"autonomous_system":"PRIVATE"},"geoip":{"location":{"lat":1.5,"lon":-7}},"netflow":{"tcp_flags":24,"protocol":6,"version":"Netflow v5","packets":7,"last_switched":"2018-09-21T00:00:00.001Z","src_addr":"192.168.0.1","src_port":"443","dst_port":51000,"tcp_flag_tags":["PSH","ACK"],"bytes":4007,"src_port_name":"TCP/443 (https)","dst_addr":"10.0.0.255"},"@version":"1"},"sort":[1537488000008,"x"]}"#;

#[test]
fn a_document_of_the_shape_it_was_learnt_from_is_read() {
    let (expected, is_hit) = slowly(HIT.as_bytes()).unwrap();
    let shape = Shape::learn(HIT.as_bytes(), is_hit).unwrap();
    assert_eq!(quickly(&shape, HIT.as_bytes(), is_hit), Some(expected));
    let other = HIT.replace("51000", "7").replace("4007", "18446744073709551615");
    // 20 digits are left to the JSON reader.
    assert_eq!(quickly(&shape, other.as_bytes(), is_hit), None);
    let other = HIT.replace("[\"PSH\",\"ACK\"]", "[]").replace(":24,", ":0,");
    assert_eq!(
        quickly(&shape, other.as_bytes(), is_hit),
        slowly(other.as_bytes()).map(|read| read.0)
    );
}

/// A hit whose members stand beside `fields` is read without those.
#[test]
fn fields_beside_members_of_a_document_are_not_learnt() {
    for hit in [
        r#"{"_id":"1","netflow":{"bytes":3},"fields":{"netflow.bytes":[5]}}"#,
        r#"{"netflow":{},"flow.src_addr":5,"fields":{},"_id":"a"}"#,
    ] {
        assert!(slowly(hit.as_bytes()).is_some_and(|(_, is_hit)| is_hit));
        assert!(Shape::learn(hit.as_bytes(), true).is_none(), "{hit}");
    }
    let of_fields = r#"{"_id":"1","fields":{"netflow.bytes":[5]}}"#;
    let shape = Shape::learn(of_fields.as_bytes(), true).unwrap();
    let (expected, _) = slowly(of_fields.as_bytes()).unwrap();
    assert_eq!(quickly(&shape, of_fields.as_bytes(), true), Some(expected));
}

/// However deep a document is, it is read or not learnt, on the stack of a thread.
#[test]
fn deep_objects_are_not_learnt() {
    let nested = |depth: usize| {
        let (open, close) = (r#"{"a":"#.repeat(depth), "}".repeat(depth));
        format!(r#"{{"netflow":{{"version":5,"bytes":1}},"x":{open}1{close}}}"#)
    };
    assert!(Shape::learn(nested(64).as_bytes(), false).is_some());
    for (depth, is_read) in [(65, true), (511, true), (512, false), (100_000, false)] {
        let deep = nested(depth);
        assert!(Shape::learn(deep.as_bytes(), false).is_none(), "{depth}");
        assert_eq!(slowly(deep.as_bytes()).is_some(), is_read, "{depth}");
    }
}

/// Values that never changed are part of the shape, others are read, and those
/// that are texts are lent by the document at hand.
#[test]
fn a_narrowed_shape_reads_what_changes() {
    let text = |bytes: &str, port: &str| HIT.replace("4007", bytes).replace("51000", port);
    let shape = Shape::learn(HIT.as_bytes(), true).unwrap();
    let mut narrowing = Narrowing::new(&shape, HIT.as_bytes()).unwrap();
    // Elsewhere the bytes change, and the port is another one.
    let mut other = Narrowing::new(&shape, text("4007", "443").as_bytes()).unwrap();
    for n in 0..15 {
        narrowing.look(&shape, HIT.as_bytes());
        other.look(&shape, text(&n.to_string(), "443").as_bytes());
    }
    assert_eq!((narrowing.n_same(), other.n_same()), (0, 0), "too few documents");
    narrowing.merge(&other);
    // But for these two, and what a row lends from the text.
    assert_eq!(narrowing.n_same(), shape.steps.len() - 7);
    let narrowed = narrowing.narrowed(&shape).unwrap();
    let slots: Vec<_> = narrowed.steps.iter().map(|(_, slot)| *slot).collect();
    assert_eq!(
        slots,
        [
            Slot::Index,
            Slot::Id,
            Slot::Text(FieldId::Exporter),
            Slot::Text(FieldId::SrcAsName),
            Slot::Number(FieldId::DstPort, 65_535),
            Slot::Number(FieldId::Bytes, u64::MAX),
            Slot::End
        ]
    );
    let changed = text("77", "51000").replace("PRIVATE", "OTHER");
    let read = quickly(&narrowed, changed.as_bytes(), true);
    assert!(read.is_some() && read == slowly(changed.as_bytes()).map(|read| read.0));
    for (known, other) in [(":24,", ":25,"), (":24,", ":2,"), (":24,", ":240,"), ("ACK", "RST")] {
        let changed = HIT.replacen(known, other, 1);
        assert_eq!(quickly(&narrowed, changed.as_bytes(), true), None, "{other}");
        assert!(quickly(&shape, changed.as_bytes(), true).is_some(), "{other}");
    }
}

/// Documents of every dialect are read by their shape as by the JSON reader: with
/// all places of each field, as hits, dotted, as `fields`, and with lists of one.
#[test]
fn documents_of_every_dialect_have_a_shape() {
    for dialect in DIALECTS {
        let text = sample::document(dialect);
        for text in sample::forms(&text) {
            let (expected, is_hit) = slowly(text.as_bytes()).unwrap();
            // ICMP's type and code are halves of a port: left to the JSON reader.
            let shape = Shape::learn(text.as_bytes(), is_hit);
            let has_halves = dialect.name.starts_with("nfdump");
            assert_eq!(shape.is_some(), !has_halves, "{}: {text}", dialect.name);
            let Some(shape) = shape else { continue };
            assert_eq!(quickly(&shape, text.as_bytes(), is_hit), Some(expected), "{text}");
        }
    }
}

/// Pieces that documents are put together from: every form of value, good
/// and odd, as keys that matter and keys that do not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u64>().prop_map(|n| n.to_string()),
        (0_u32..70_000).prop_map(|n| n.to_string()),
        (0_u32..70_000).prop_map(|n| format!("\"{n}\"")),
        (-9_i32..9).prop_map(|n| n.to_string()),
        Just("1.0".into()),
        Just("1e3".into()),
        Just("01".into()),
        Just("-0".into()),
        Just("1.".into()),
        Just("5".into()),
        Just("\"Netflow v5\"".into()),
        Just("\"5\"".into()),
        Just("9".into()),
        Just("5.0".into()),
        Just("null".into()),
        Just("true".into()),
        Just("[]".into()),
        Just("{}".into()),
        Just("[\"a\",\"b\"]".into()),
        Just("[\"a\" ,\"b\"]".into()),
        Just("[1,2]".into()),
        Just("[443]".into()),
        Just("[ \"443\" ]".into()),
        Just("[\"192.0.2.1\"]".into()),
        Just("[null]".into()),
        Just("[\"SYN\",\"ACK\"]".into()),
        Just("\"SYN-ACK\"".into()),
        Just("[{\"bytes\":[7]}]".into()),
        Just("{\"tcp_flags\":2,\"src_asn\":70000}".into()),
        Just("1e999".into()),
        Just("\"\\ud800\"".into()),
        Just("[\"a\",]".into()),
        Just("{\"ip\":\"192.0.2.1\"}".into()),
        Just("{\"ip\":[\"192.0.2.1\"]}".into()),
        Just("{\"name\":\"r1\"}".into()),
        Just("\"2018-09-21T07:17:49.230Z\"".into()),
        Just("\"2018-09-21T07:17:49.230328Z\"".into()),
        Just("\"2018-09-31T07:17:49.230Z\"".into()),
        Just("\"2018-09-21T27:17:49.230Z\"".into()),
        any::<[u8; 4]>().prop_map(|a| format!("\"{}.{}.{}.{}\"", a[0], a[1], a[2], a[3])),
        Just("\"010.0.0.1\"".into()),
        Just("\" 10.0.0.1 \"".into()),
        Just("\"256.0.0.1\"".into()),
        Just("\"\\u0031\"".into()),
        Just("\"a\\\"b\"".into()),
        Just("\"\"".into()),
        Just("\"é\"".into()),
        Just("\"\t\"".into()),
    ]
}

fn object(keys: &'static [&'static str]) -> impl Strategy<Value = String> {
    let member = (prop::sample::select(keys), value(), prop_oneof![8 => Just(""), 1 => Just(" ")]);
    proptest::collection::vec(member, 0..8).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(key, value, blank)| format!("\"{key}\":{blank}{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

fn document() -> impl Strategy<Value = String> {
    let netflow = object(&[
        "version",
        "bytes",
        "packets",
        "src_addr",
        "dst_port",
        "in_bytes",
        "first_switched",
        "x",
        "protocol",
        "tcp_flags",
    ]);
    let rest = object(&[
        "@timestamp",
        "host",
        "host.ip",
        "geoip_src",
        "tags",
        "type",
        "_id",
        "netflow",
        "netflow.bytes",
        "netflow.tcp_flags",
        "netflow.dst_port.keyword",
        "fields",
        "flow",
        "flow.src_addr",
        "flow.bytes",
        "flow.src_asn",
        "flow.sampling_interval",
        "netflow.exporter.sampling_interval",
        "hits",
        "source",
    ]);
    (netflow, rest, 0..4_u8, value()).prop_map(|(netflow, rest, form, value)| {
        let rest = &rest[1..rest.len() - 1];
        let comma = if rest.is_empty() { "" } else { "," };
        match form {
            0 => format!("{{\"netflow\":{netflow}{comma}{rest}}}"),
            1 => format!("{{{rest}{comma}\"netflow\":{netflow}}}"),
            2 => format!("{{\"_index\":\"i\",\"_id\":\"7\",\"_source\":{{\"netflow\":{netflow}{comma}{rest}}},\"sort\":{value}}}"),
            _ => format!("{{\"_id\":{value},\"_source\":{{\"netflow\":{netflow}}}{comma}{rest}}}"),
        }
    })
}

/// Holds the shape of a document against the JSON reader, over that document, over it
/// with each of its values replaced by others, and over other documents.
fn check(
    learnt: &str,
    texts: Vec<String>,
    swaps: &[String],
    after: &str,
) -> Result<(), TestCaseError> {
    let Some((_, is_hit)) = slowly(learnt.as_bytes()) else { return Ok(()) };
    let Some(shape) = Shape::learn(learnt.as_bytes(), is_hit) else { return Ok(()) };
    // A shape need not read the document itself: a number may be too long.
    let mut narrowing = Narrowing::new(&shape, learnt.as_bytes());
    let mut narrowed = vec![narrowing.as_ref().and_then(|narrowing| narrowing.narrowed(&shape))];
    let mut cases = texts;
    for (cut, swap) in learnt.match_indices("\":").map(|(at, _)| at + 2).zip(swaps.iter().cycle()) {
        let end = learnt[cut..].find([',', '}']).map_or(learnt.len(), |end| cut + end);
        cases.push(format!("{}{swap}{}", &learnt[..cut], &learnt[end..]));
    }
    for text in &cases {
        if let Some(narrowing) = &mut narrowing {
            narrowing.look(&shape, text.as_bytes());
            narrowed.push(narrowing.narrowed(&shape));
        }
    }
    cases.push(learnt.to_owned());
    for text in cases {
        let read = quickly(&shape, text.as_bytes(), is_hit);
        // Values that are those of the document before, or are not.
        for narrowed in narrowed.iter().flatten() {
            let narrowly = quickly(narrowed, text.as_bytes(), is_hit);
            prop_assert!(narrowly.is_none() || narrowly == read, "{} after {}", text, learnt);
        }
        let is_read = |narrowed: &Shape| quickly(narrowed, text.as_bytes(), is_hit).is_some();
        prop_assert!(
            text != learnt || read.is_none() || narrowed.iter().flatten().all(is_read),
            "{}",
            learnt
        );
        if let Some(read) = read {
            let slowly = slowly(text.as_bytes());
            prop_assert_eq!(Some((read.clone(), is_hit)), slowly, "{} after {}", text, learnt);
            // What comes after a document changes nothing.
            let more = format!("{text}{after}");
            let (mut row, mut days) = (Row::default(), DayCache::default());
            let start = shape.read_start(more.as_bytes(), &mut row, &mut days);
            prop_assert_eq!(start.map(|start| start.length), Some(text.len()));
            prop_assert_eq!(row.record(), read.1);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever a shape accepts, the JSON reader reads as an equal flow.
    #[test]
    fn a_shape_reads_what_the_json_reader_reads(learnt in document(), texts in proptest::collection::vec(document(), 1..4), swap in value(), after in "\n[{}0-9\"]{0,20}") {
        check(&learnt, texts, &[swap], &after)?;
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), cut in 0..HIT.len()) {
        let shape = Shape::learn(HIT.as_bytes(), true).unwrap();
        let mut text = HIT.as_bytes()[..cut].to_vec();
        let _ = quickly(&shape, &text, true);
        text.extend_from_slice(&bytes);
        let _ = quickly(&shape, &text, true);
        let _ = Shape::learn(&text, true);
        let _ = Shape::learn(&bytes, false);
    }
}

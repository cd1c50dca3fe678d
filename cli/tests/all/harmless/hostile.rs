//! What a stranger hands over: files, a dump and a server whose every string acts on a
//! terminal.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;

use flowkit_testdata::Document;
use serde_json::{Value, json};

/// What a terminal obeys: a title, a colour, a bell, a return, C1, overrides and marks of
/// direction, a blank without width, a tag. Behind the line end is a line that forges one
/// of flowkit's own.
pub(super) const TEXT: &str = "evil\u{1b}]0;title\u{7}\u{1b}[31mRED\r\u{9b}2J\u{202e}\u{2066}\u{200f}\u{200b}\u{e0041}\u{7f}\nforged: complete";

/// A name of a file with it, and with bytes that are no UTF-8.
pub(super) fn file_name(ending: &str) -> OsString {
    let mut name = TEXT.replace('/', "").into_bytes();
    name.extend_from_slice(b"\xff\x9b");
    name.extend_from_slice(ending.as_bytes());
    OsStr::from_bytes(&name).to_owned()
}

/// A document, all of whose texts are hostile. Its exporter is one of two, and it comes
/// one second after the other of the same number.
pub(super) fn document(number: u32) -> Document {
    let second = number % 60;
    let timestamp = format!("2018-09-21T00:00:{second:02}.000Z");
    let exporter = if number.is_multiple_of(2) { TEXT.to_owned() } else { format!("b{TEXT}") };
    let source = json!({
        "@timestamp": timestamp,
        "host": exporter,
        "tags": [TEXT],
        TEXT: {TEXT: TEXT},
        "netflow": {
            "version": 5, "src_addr": "10.0.0.1", "dst_addr": format!("10.0.0.{}", number % 200),
            "src_port": 40_000 + number, "dst_port": 80, "protocol": 6, "packets": 1,
            "bytes": 100 + number, "note": TEXT, "first_switched": timestamp,
            "last_switched": TEXT, "flow_seq_num": 7 * number,
        }
    });
    Document {
        index: "netflow-2018.09.21".into(),
        id: format!("{number}{TEXT}"),
        timestamp_ms: 1_537_488_000_000 + 1_000 * i64::from(second),
        source: source.to_string(),
    }
}

/// A hit of a document, in an index that is hostile, too.
fn hit(number: u32) -> String {
    let document = document(number);
    let source: Value = serde_json::from_str(&document.source).unwrap();
    json!({"_index": TEXT, "_id": document.id, "_routing": TEXT, "_source": source}).to_string()
}

/// Flows, and between them documents and text that are no flows.
pub(super) fn flows() -> String {
    let mut lines: Vec<String> = (0..40).map(hit).collect();
    lines.push(hit(1)); // a duplicate, whose id is told
    lines.push(json!({TEXT: TEXT, "message": TEXT}).to_string());
    lines.push(json!({"_index": TEXT, "_id": TEXT, "_source": {TEXT: TEXT}}).to_string());
    lines.push(error(TEXT));
    lines.push(json!({"netflow": {"version": TEXT}, "host": TEXT}).to_string());
    lines.push(TEXT.replace('\n', " "));
    lines.push(format!("{{\"a\": \"{TEXT}"));
    lines.join("\n") + "\n"
}

/// The refusal of a server.
pub(super) fn error(reason: &str) -> String {
    let cause = json!({"type": TEXT, "reason": reason, "index": TEXT, "resource.id": TEXT});
    json!({"error": {"root_cause": [cause], "type": TEXT, "reason": reason}, "status": 404})
        .to_string()
}

/// Files of other forms, each with its content.
pub(super) fn others() -> Vec<(&'static str, Vec<u8>)> {
    let quoted = TEXT.replace('\n', " ");
    let all_errors = error(TEXT) + "\n";
    let answer = json!({"hits": {"hits": [{"_index": TEXT, "_id": TEXT, "_source": TEXT}]},
        "_shards": {"total": 2, "failed": 1, "failures": [{"index": TEXT, "reason": {"reason": TEXT}}]}});
    vec![
        (".csv", format!("ts,te,{quoted},sa,da\n1,2,{quoted},4,5\n").into_bytes()),
        (".error.ndjson", all_errors.into_bytes()),
        (".answer.json", answer.to_string().into_bytes()),
        (".txt", TEXT.as_bytes().to_vec()),
        (".cut.json", format!("{{\n\"{quoted}\": [").into_bytes()),
        (".bytes", [TEXT.as_bytes(), b"\x9b\xff\x85"].concat()),
        (".gz", b"\x1f\x8b\x08\x00\x1b]0;\x07".to_vec()),
        (".parquet", b"PAR1\x1b]0;\x07\x9bPAR1".to_vec()),
        (".pcap", b"\xd4\xc3\xb2\xa1\x1b]0;\x07\x9b".to_vec()),
        (".empty", Vec::new()),
    ]
}

/// Every manifest with one of its texts made hostile.
pub(super) fn manifests(manifest: &Path) -> Vec<String> {
    let whole: Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    let mut pointers = Vec::new();
    texts(&whole, String::new(), &mut pointers);
    let changed = |pointer: &String| {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).unwrap() = TEXT.into();
        changed.to_string()
    };
    let mut all: Vec<String> = pointers.iter().map(changed).collect();
    for (name, value) in [
        ("notes", json!([format!("incomplete: {TEXT}"), TEXT])),
        ("filter", json!(TEXT)),
        ("query", json!(TEXT)),
        (TEXT, json!(TEXT)),
        ("state", json!("incomplete")),
        ("indices", json!([TEXT])),
    ] {
        let mut changed = whole.clone();
        changed[name] = value;
        all.push(changed.to_string());
    }
    all
}

/// The places of all texts in a value, as JSON pointers.
fn texts(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at),
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(n, value)| texts(value, format!("{at}/{n}"), found));
        }
        Value::Object(all) => {
            all.iter().for_each(|(name, value)| texts(value, format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

/// A server that gives one answer to whatever it is asked; gives where it listens.
pub(super) fn server(head: String, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 8192]);
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {head}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

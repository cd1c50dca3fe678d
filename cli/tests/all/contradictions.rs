//! A dump whose manifest, parts and documents say different things: `verify` tells each,
//! and an answer tells what names and sizes show.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dump::{Demo, PART};

/// What `verify` says of a demo whose manifest was changed; it ends with 3.
fn verified(change: impl FnOnce(&mut Value)) -> (Demo, String) {
    let demo = Demo::new();
    let path = demo.path("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(&path, manifest.to_string()).unwrap();
    let said = told_by_verify(&demo);
    (demo, said)
}

fn told_by_verify(demo: &Demo) -> String {
    let output = demo.flowkit(&["verify", "flowkit-demo"]);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    said
}

/// Sets a value in a manifest.
type Change = fn(&mut Value, Value);

#[test]
fn numbers_and_times_of_the_manifest_that_were_changed_are_told() {
    let window = |from: &str, to: &str| json!({"from": from, "to": to, "typed": {}, "tz": ""});
    let cases: [(Change, Value, &str); 6] = [
        (
            |manifest, value| manifest["counts"][0]["counted"] = value,
            json!(99_999),
            "netflow-2018.09.21: the server counted 99999 documents, and 5492 came",
        ),
        (
            |manifest, value| manifest["window"] = value,
            window("2018-09-21T10:00:00.000Z", "2018-09-21T11:00:00.000Z"),
            "documents are outside of the dump's window",
        ),
        (
            |manifest, value| manifest["parts"][0]["first"] = value,
            json!("2018-09-21T00:00:00.000Z"),
            "its first document is of 2018-09-21T",
        ),
        (
            |manifest, value| manifest["parts"][0]["last"] = value,
            json!("2018-09-22T00:00:00.000Z"),
            "not of 2018-09-22T00:00:00.000Z",
        ),
        (
            |manifest, value| manifest["parts"][0]["undated"] = value,
            json!(7),
            "0 documents have no @timestamp by its query, not 7",
        ),
        (
            |manifest, value| manifest["parts"][0]["without_source"] = value,
            json!(1),
            "0 documents are here without _source, 1 came so",
        ),
    ];
    for (change, value, expected) in cases {
        let (_, said) = verified(|manifest| change(manifest, value));
        assert!(said.contains(expected), "{said}\nlacks {expected}");
    }
}

#[test]
fn a_server_that_counted_others_than_came_makes_answers_incomplete() {
    let (demo, _) = verified(|manifest| manifest["counts"][0]["counted"] = json!(99_999));
    let (code, _, said) = demo.summary(&[]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the server counted 99999 documents, and 5492 came"), "{said}");
}

/// With its columns the answer would be that of the part before, without them that of
/// other documents.
#[test]
fn a_part_of_another_size_is_told_by_every_answer() {
    for has_columns in [true, false] {
        let demo = Demo::new();
        let lines = zstd::decode_all(&fs::read(demo.path(PART)).unwrap()[..]).unwrap();
        let text = String::from_utf8(lines).unwrap().replace("\"bytes\":", "\"bytes\":1");
        fs::write(demo.path(PART), zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
        if !has_columns {
            fs::remove_dir_all(demo.path("columns")).unwrap();
        }
        let (code, flows, said) = demo.summary(&[]);
        assert_eq!(code, Some(3), "{said}");
        assert!(flows > 0, "{said}");
        let told = "incomplete: flowkit-demo is not what its manifest says: 0001-netflow-2018.09.21: the file has ";
        assert!(said.contains(told), "{said}");
        assert_eq!(demo.summary(&["--allow-incomplete"]).0, Some(0));
        told_by_verify(&demo);
    }
}

/// The system tells the size; the rest of the file is not read for it.
#[test]
fn a_part_that_is_larger_than_it_can_be_is_not_read() {
    let demo = Demo::new();
    fs::OpenOptions::new().write(true).open(demo.path(PART)).unwrap().set_len(1 << 38).unwrap();
    let begun = Instant::now();
    let said = told_by_verify(&demo);
    assert!(said.contains("the file has 274877906944 bytes, not"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

/// A line ends somewhere, and a part where the manifest says.
#[test]
fn more_lines_than_the_manifest_says_are_damage() {
    let demo = Demo::new();
    let path = demo.path(PART);
    let mut part = fs::read(&path).unwrap();
    let more = zstd::encode_all(&vec![b'x'; 50 << 20][..], 1).unwrap();
    part.extend(&more);
    fs::write(&path, &part).unwrap();
    let manifest = fs::read_to_string(demo.path("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_str(&manifest).unwrap();
    manifest["parts"][0]["file_bytes"] = json!(part.len());
    fs::write(demo.path("manifest.json"), manifest.to_string()).unwrap();
    let said = told_by_verify(&demo);
    assert!(said.contains("cannot be read to its end: it holds more than the "), "{said}");
}

#[test]
fn a_manifest_of_other_types_is_told_in_a_few_words() {
    let demo = Demo::new();
    let long = "x".repeat(100_000);
    for text in [
        json!({"flowkit_dump": 1, "parts": long}),
        json!({"flowkit_dump": 1, "parts": [{"name": long}]}),
    ] {
        fs::write(demo.path("manifest.json"), text.to_string()).unwrap();
        let (code, _, said) = demo.summary(&[]);
        assert_eq!(code, Some(1));
        assert!(said.contains("xxx") && said.len() < 1_000, "{} bytes", said.len());
    }
}

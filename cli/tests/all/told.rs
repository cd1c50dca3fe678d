//! What a run says of sources and options that hold almost nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Exit code and standard error.
fn told(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn sources_without_a_flow_are_named() {
    let place = tempfile::tempdir().unwrap();
    let flow = include_str!("../../../testdata/bare.ndjson").lines().next().unwrap();
    for (name, text) in
        [("head.csv", "src_addr,dst_addr,bytes\n"), ("list.json", "[]\n"), ("one.ndjson", flow)]
    {
        fs::write(place.path().join(name), text).unwrap();
    }
    for name in ["head.csv", "list.json"] {
        for report in [&["top", "--by", "dst_port"][..], &["summary"], &["timeline"]] {
            let (code, said) = told(place.path(), &[report, &[name]].concat());
            assert_eq!((code, &*said), (Some(0), &*format!("note: {name} holds no flow\n")));
            assert_eq!(told(place.path(), &[report, &["-q", name]].concat()).1, "");
        }
    }
    let (_, both) = told(place.path(), &["summary", "head.csv", "list.json"]);
    assert_eq!(both, "note: none of the 2 sources holds a flow\n");
    let (_, one) = told(place.path(), &["summary", "head.csv", "one.ndjson"]);
    assert!(!one.contains("holds"), "{one}");
}

/// A csv with three columns lacks 25 fields: eight are named, in the order of fields.
#[test]
fn many_unknown_fields_are_counted() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("few.csv"), "src_addr,dst_addr,bytes\n10.0.0.1,10.0.0.2,5\n")
        .unwrap();
    let (_, said) = told(place.path(), &["check", "few.csv"]);
    let note = said.lines().find(|line| line.starts_with("note: unknown in some")).unwrap();
    assert_eq!(
        note,
        "note: unknown in some flows: timestamp 1, exporter 1, version 1, flow_records 1, \
         flow_seq_num 1, engine_type 1, engine_id 1, sampling_algorithm 1 and 16 more fields; \
         `flowkit check` lists them"
    );
    let (_, few) = told(place.path(), &["top", "--by", "src_addr", "few.csv"]);
    assert!(few.contains("timestamp 1, exporter 1, sampling_interval 1, packets 1\n"), "{few}");
}

#[test]
fn an_empty_filter_and_a_second_60_are_wrong_usage() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("x.ndjson"), include_str!("../../../testdata/bare.ndjson"))
        .unwrap();
    for filter in ["", "  "] {
        for command in [&["summary"][..], &["export", "--format", "csv"], &["fetch", "--dry-run"]] {
            let source: &[&str] = if command[0] == "fetch" { &[] } else { &["x.ndjson"] };
            let (code, said) = told(place.path(), &[command, &["-f", filter], source].concat());
            assert_eq!(code, Some(2), "{command:?} {said}");
            assert!(said.contains("-f is empty; leave it out to select all flows"), "{said}");
        }
    }
    assert_eq!(told(place.path(), &["summary", "-f", "any", "x.ndjson"]).0, Some(0));
    for time in ["2018-09-21 07:60", "2018-09-21T07:00:60Z", "2018-09-21T23:59:60"] {
        let (code, said) = told(place.path(), &["summary", "--from", time, "x.ndjson"]);
        assert_eq!(code, Some(2), "{time} {said}");
        assert!(said.contains("minutes and seconds go from 00 to 59"), "{said}");
    }
}

//! A day of versions 5, 9 and IPFIX over both families, in every form it has: rankings by
//! every key and filters of every kind against values that were computed from the
//! datagrams.
//!
//! Runs where `FLOWKIT_CORPORA` names the corpora, and says so where not.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what was compared is said")]

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

/// The forms, and the answers that they have: to Logstash 6 there is no IPFIX.
const FORMS: [(&str, &str); 8] = [
    ("export.pcap", "all"),
    ("es6.elasticdump.ndjson.gz", "v5_v9_only"),
    ("es6.pages.jsonl.gz", "v5_v9_only"),
    ("es7-plain.elasticdump.ndjson.gz", "all"),
    ("es7-v10filter.elasticdump.ndjson.gz", "all"),
    ("es7.elasticdump.ndjson.gz", "all"),
    ("es8.pages.jsonl.gz", "all"),
    ("filebeat8.elasticdump.ndjson.gz", "all"),
];

/// Logstash's module says "ingress" of every flow of version 5, whose packets have no
/// direction: there it is unknown. So many flows, packets and bytes are of version 5.
const OF_VERSION_5: [u64; 3] = [984, 4097, 650_218];

/// `not flags AFR` is none of them, as in nfdump; the answers have not all of them.
const NOT_ALL_FLAGS: (&str, &str) =
    ("proto tcp and flags S and not flags AFR", "proto tcp and flags S and not flags all AFR");

/// What the program prints.
fn flowkit(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    let output = command.args(arguments).env_remove("FLOWKIT_DUMP").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// A row of a ranking: its key as in csv, flows, packets, bytes.
type Row = (String, [u64; 3]);

fn sums(of: &Map<String, Value>) -> [u64; 3] {
    ["flows", "packets", "bytes"].map(|name| of[name].as_u64().unwrap())
}

/// A key as csv has it: what is unknown is empty.
fn key(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(keys) => keys.iter().map(key).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// All keys that are asked for, those with most first.
fn ranked(dump: &str, by: &str, sort: &str) -> Vec<Row> {
    let asked = ["top", "--by", by, "--sort", sort, "-n", "0", "--columns", "flows,packets,bytes"];
    let csv = flowkit(&[&asked[..], &["--format", "csv", "--quiet", dump]].concat());
    let rows = csv.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let (key, sums) = cells.split_at(by.split(',').count());
        let number = |place: usize| sums[place].parse().unwrap_or(0);
        (key.join(","), [0, 1, 2].map(number))
    });
    // Of a prefix the other family is unknown, and in no answer.
    let is_counted = |row: &Row| !(row.0.is_empty() && (by.contains('/') || by == "addr"));
    rows.filter(is_counted).collect()
}

/// The rows of the answers, with flows of version 5 where they are counted here.
fn expected(by: &str, rows: &[Value]) -> Vec<Row> {
    let row = |row: &Value| (key(&row["key"]), sums(row.as_object().unwrap()));
    let mut rows: Vec<Row> = rows.iter().map(row).collect();
    if by == "direction" {
        for (key, sums) in &mut rows {
            for (sum, of_version_5) in sums.iter_mut().zip(OF_VERSION_5) {
                match key.as_str() {
                    "" => *sum += of_version_5,
                    "ingress" => *sum -= of_version_5,
                    _ => {}
                }
            }
        }
    }
    rows
}

#[test]
fn rankings_and_filters_are_right_in_every_form() {
    let Some(corpora) = std::env::var_os("FLOWKIT_CORPORA") else {
        eprintln!("skipped: FLOWKIT_CORPORA does not name the corpora");
        return;
    };
    let mixed = Path::new(&corpora).join("v9/mixed");
    let answers: Value =
        serde_json::from_slice(&std::fs::read(mixed.join("expected.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut n_rankings, mut n_filters) = (0, 0);
    for (form, set) in FORMS {
        let dump = folder.path().join(form);
        let dump = dump.to_str().unwrap();
        flowkit(&["import", "-q", mixed.join(form).to_str().unwrap(), "-o", dump]);
        for (by, of) in answers[set]["top"].as_object().unwrap() {
            let by = if by == "addr_either_end" { "addr" } else { by };
            for sort in ["bytes", "packets", "flows"] {
                let Some(rows) = of[format!("by_{sort}")].as_array() else { continue };
                let (mut found, mut expected) = (ranked(dump, by, sort), expected(by, rows));
                assert_eq!(found.len() as u64, of["distinct"].as_u64().unwrap(), "{form}: {by}");
                if by == "direction" {
                    found.sort();
                    expected.sort();
                }
                found.truncate(expected.len());
                assert_eq!(found, expected, "{form}: {by} by {sort}");
                n_rankings += 1;
            }
        }
        for of in answers["filters"].as_array().unwrap() {
            let filter = of["filter"].as_str().unwrap();
            let of = if set == "all" { of } else { &of[set] };
            let filter = if filter == NOT_ALL_FLAGS.0 { NOT_ALL_FLAGS.1 } else { filter };
            let summary = flowkit(&["summary", "-f", filter, "--format", "json", "--quiet", dump]);
            let summary: Value = serde_json::from_str(&summary).unwrap();
            let found = sums(summary.as_object().unwrap());
            assert_eq!(found, sums(of.as_object().unwrap()), "{form}: {filter}");
            n_filters += 1;
        }
    }
    println!("{n_rankings} rankings and {n_filters} filters of {} forms", FORMS.len());
    assert!(n_rankings >= 500 && n_filters >= 250);
}

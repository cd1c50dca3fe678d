//! `--explain` on every report: how its numbers were computed, in 80 columns.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

/// Every report, with what it needs besides a source.
const REPORTS: &[(&[&str], &str)] = &[
    (&["top", "--by", "dst_port,src_addr/24"], "grouped by their keys"),
    (&["talkers"], "at its source address and at its destination address"),
    (&["ports"], "the lower of the two ports"),
    (&["protocols"], "by IP protocol"),
    (&["pairs"], "the lower address first"),
    (&["summary"], "All flows are summed"),
    (&["timeline"], "in whole bytes that add up exactly"),
    (&["scans"], "distinct targets are counted exactly"),
    (&["beacons"], "the median of these times"),
    (&["exporters"], "must say the sum, modulo 2^32"),
    (&["check"], "known faults of exporters"),
    (&["diff", "--by", "protocol", "SOURCE"], "their sums subtracted"),
];

fn run(arguments: &[&str]) -> (String, String) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/odd.ndjson");
    let source = source.to_str().unwrap();
    let arguments: Vec<&str> =
        arguments.iter().map(|word| if *word == "SOURCE" { source } else { word }).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_flowkit")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn every_report_says_how_its_numbers_were_computed() {
    for (report, rule) in REPORTS {
        let (plain, _) = run(&[report, &["--format", "csv", "SOURCE"][..]].concat());
        let (answer, told) =
            run(&[report, &["--format", "csv", "--explain", "SOURCE"][..]].concat());
        assert_eq!(answer, plain, "{report:?}: the answer is the same");
        let (_, method) = told.split_once("How these numbers were computed\n").unwrap();
        for line in method.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let words = method.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [rule, "@timestamp", "record bytes 20-23", "filter none", "skipped"] {
            assert!(words.contains(part), "{report:?}: {part}\n{method}");
        }
    }
}

/// `flowkit explain` knows every column that a report prints.
#[test]
fn every_column_of_every_report_is_explained() {
    for (report, _) in REPORTS {
        let (table, _) = run(&[report, &["--format", "csv", "-q", "SOURCE"][..]].concat());
        let head = table.lines().next().unwrap();
        for column in head.split(',') {
            let name = column.split('/').next().unwrap();
            let (page, told) = run(&["explain", name]);
            assert!(page.to_ascii_lowercase().contains(name), "{report:?} {column}: {told}");
        }
    }
}

#[test]
fn what_was_typed_is_told() {
    let typed = ["-f", "proto tcp", "--day", "2018-09-21", "--repair-times", "--scale-sampling"];
    let (_, told) =
        run(&[&["top", "--by", "src_addr/24", "--explain", "SOURCE"], &typed[..]].concat());
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "src_addr (record bytes 0-3, netflow.src_addr)",
        "filter proto tcp.",
        "from 2018-09-21T00:00:00.000Z up to but not including 2018-09-22T00:00:00.000Z",
        "were repaired",
        "ties are ordered by key",
    ] {
        assert!(words.contains(part), "{part}\n{told}");
    }
}

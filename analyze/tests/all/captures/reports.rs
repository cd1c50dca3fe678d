//! The captures of `testdata/captures`, each after a public report: what is right
//! of each stands here, worked out by hand, and every file has a row.

use std::path::Path;

use flowkit_analyze::{Source, ask};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::Report;

use crate::asking::{question, summary};

/// File, flows, bytes, what `check` finds (name and count), and a word of each
/// sentence that is said.
type Row = (&'static str, u64, u128, &'static [(&'static str, u64)], &'static [&'static str]);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("any-interface.pcap", 16, 24_000, &[("repeated_flows", 8), ("equal_flows", 8)],
        &["4 frames have a datagram that came before"]),
    ("behind-a-translator.pcap", 18, 27_000, &[("several_exporters", 2)], &["2 exporters send as 192.0.2.1"]),
    ("cut-to-96.pcap", 0, 0, &[("incomplete", 1)], &["0 of 1 records are whole", "1 of ARP, 1 of tcp"]),
    ("erspan-and-plain.pcap", 3, 4500, &[], &["2 frames hold in a tunnel"]),
    ("flow-seen-on-vlans.pcap", 3, 4500, &[], &[]),
    ("last-before-first.pcap", 2, 3000, &[("inverted", 1)], &[]),
    ("nflog.pcap", 2, 4500, &[], &[]),
    ("padded-to-1408.pcap", 2, 4500, &[], &["1288 bytes follow"]),
    ("sampling-mode.pcap", 1, 1500, &[("sampled", 1)], &[]),
    ("sysuptime-0.pcap", 1, 1500, &[("ahead", 1)], &[]),
    ("two-probes-one-host.pcap", 37, 55_500, &[("several_exporters", 2), ("lost_flows", 3)],
        &["UDP port 40001 (started 2018-09-21T09:58:20.123Z) and UDP port 40002"]),
    ("uptime-begins-before-its-wrap.pcap", 1, 1500, &[], &[]),
];

/// Name and count of each finding.
fn findings(answer: &Answer) -> Vec<(String, String)> {
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    answer.table.rows.iter().map(|row| (text(&row[0]), text(&row[2]))).collect()
}

#[test]
fn captures_after_public_reports_are_right() {
    let folder = Path::new("../testdata/captures");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), ROWS.len(), "every file has a row");
    for (file, flows, bytes, found, said) in ROWS {
        let sources = [Source::open(&folder.join(file)).unwrap()];
        let tally = ask(&sources, &summary()).unwrap().tally;
        assert_eq!((tally.total.flows, tally.total.bytes), (*flows, *bytes), "{file}");
        let all: Vec<&String> = tally.incomplete.iter().chain(&tally.notes).collect();
        assert_eq!(all.len(), said.len(), "{file}: {all:?}");
        for word in *said {
            assert!(all.iter().any(|sentence| sentence.contains(word)), "{file}: {all:?}");
        }
        let answer = ask(&sources, &question(Report::Check)).unwrap();
        let expected: Vec<_> =
            found.iter().map(|(name, n)| ((*name).to_owned(), n.to_string())).collect();
        assert_eq!(findings(&answer), expected, "{file}");
        // The note that every answer may have agrees with the findings.
        let lost = found.iter().find(|(name, _)| *name == "lost_flows").map_or(0, |(_, n)| *n);
        assert_eq!(tally.sequences.missing(), lost, "{file}");
        let text = format!("{answer:?}");
        assert!(!text.contains("Logstash"), "{file}: no Logstash was there");
    }
}

//! Documents as people reported them in public trackers: each file of
//! `testdata/reports` gives the flows that were worked out by hand.
//!
//! Origin and oddity of each stand in `testdata/README.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use flowkit_analyze::export::Addresses;
use flowkit_analyze::{Selection, Source};
use flowkit_model::time::format_ms;
use flowkit_model::{FlowRecord, NotAFlow};

use crate::exporting::{export_of, flows_and_tally};

const FOLDER: &str = "../testdata/reports";

/// A file, its flows, and what of it is no flow.
type Report = (&'static str, &'static [&'static str], &'static [(NotAFlow, u64)]);

/// A flow: ends, protocol, flags, packets and
/// bytes; then export, first and last of 2018-09-21, exporter, and what else is odd.
const REPORTS: &[Report] = &[
    ("beats-11473.ndjson", &[UNSAMPLED, UNSAMPLED], &[]),
    ("docvalue-keyword.json", &[USUAL], &[]),
    (
        "elastiflow-277.ndjson",
        &[
            "192.0.2.10:51000 198.51.100.20:443 6 18 1000 150000 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1 as 64500 - 1:100 adapted 2",
            "192.0.2.10:51000 198.51.100.20:443 6 0 10 1500 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1 as 64500 - 1:0 adapted 1",
        ],
        &[],
    ),
    (
        "goflow2-209.ndjson",
        &[
            "192.0.2.10:51000 198.51.100.20:443 6 27 10 1500 at - 09:59:50.123 09:59:55.123 by 192.0.2.1 1:0",
        ],
        &[],
    ),
    ("goflow2-81.ndjson", &[MILLISECONDS, MILLISECONDS], &[]),
    ("logstash-1789.ndjson", &[USUAL], &[]),
    (
        "nfdump-624.json",
        &[
            "192.0.2.10:51000 198.51.100.20:443 6 0 10 1500 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1 adapted 3",
        ],
        &[],
    ),
    ("opennms-dotted.ndjson", &[UNSAMPLED], &[]),
    ("pmacct-205.ndjson", &[WITHOUT_END, WITHOUT_END], &[]),
    (
        "pmacct-795.ndjson",
        &[
            "192.0.2.10:51000 198.51.100.20:443 6 27 10 1500 at - - - by 192.0.2.1 1:0",
            "192.0.2.10:53000 198.51.100.20:53 17 0 1 70 at - - - by 192.0.2.1 1:0",
            "192.0.2.10:53000 198.51.100.20:53 17 - 1 71 at - - - by 192.0.2.1",
        ],
        &[],
    ),
    ("sof-elk-80.ndjson", &[USUAL], &[]),
    (
        "vflow-5.json",
        &[
            "192.0.2.10:51000 198.51.100.20:443 6 27 10 1500 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1 as 0 0 1:0",
            "192.0.2.10:51000 198.51.100.20:443 6 27 10 3000 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1 as 0 0 1:0",
            "192.0.2.10:51000 198.51.100.20:443 6 27 10 4500 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1 as 0 0 1:0",
        ],
        &[],
    ),
];

/// Files without a flow, and the error that names what was met instead.
const REFUSED: &[(&str, &str)] = &[
    (
        "nprobe-364.ndjson",
        "1 document (no netflow object: keys INPUT_SNMP, OUTPUT_SNMP, IPV4_SRC_ADDR, IPV4_DST_ADDR",
    ),
    ("vflow-9.json", "what vFlow prints of version 9 or IPFIX"),
];

const USUAL: &str = "192.0.2.10:51000 198.51.100.20:443 6 27 10 1500 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1";
const UNSAMPLED: &str = "192.0.2.10:51000 198.51.100.20:443 6 27 10 1500 at 10:00:00.123 09:59:50.123 09:59:55.123 by 192.0.2.1 1:0";
const MILLISECONDS: &str = "192.0.2.10:51000 198.51.100.20:443 6 27 10 1500 at 10:00:00.000 09:59:50.123 09:59:55.123 by 192.0.2.1 1:0";
const WITHOUT_END: &str =
    "192.0.2.10:51000 198.51.100.20:443 6 - 10 1500 at - 09:59:50.123 - by 192.0.2.1 1:0";

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".into(), |value| value.to_string())
}

fn time(ms: Option<u64>) -> String {
    let Some(ms) = ms else { return "-".into() };
    let text = format_ms(ms);
    text.strip_prefix("2018-09-21T").unwrap_or(&text).trim_end_matches('Z').to_owned()
}

fn line(flow: &FlowRecord) -> String {
    let mut line = format!(
        "{}:{} {}:{} {} {} {} {} at {} {} {} by {}",
        or_dash(flow.src_addr),
        or_dash(flow.src_port),
        or_dash(flow.dst_addr),
        or_dash(flow.dst_port),
        or_dash(flow.protocol),
        or_dash(flow.tcp_flags),
        or_dash(flow.packets),
        or_dash(flow.bytes),
        time(flow.timestamp_ms),
        time(flow.first_switched_ms),
        time(flow.last_switched_ms),
        or_dash(flow.exporter.as_ref()),
    );
    if flow.src_as.is_some() || flow.dst_as.is_some() {
        write!(line, " as {} {}", or_dash(flow.src_as), or_dash(flow.dst_as)).unwrap();
    }
    if let Some(interval) = flow.sampling_interval {
        write!(line, " 1:{interval}").unwrap();
    }
    if let Some(adapted) = flow.adapted {
        write!(line, " adapted {adapted}").unwrap();
    }
    line
}

#[test]
fn each_report_gives_its_flows() {
    for (file, flows, skipped) in REPORTS {
        let (found, tally) = flows_and_tally(Source::open(&Path::new(FOLDER).join(file)).unwrap());
        let found: Vec<String> = found.iter().map(line).collect();
        assert_eq!(found, *flows, "{file}");
        let causes: Vec<_> = tally.skipped.iter().map(|skip| (skip.cause, skip.n)).collect();
        assert_eq!(causes, *skipped, "{file}");
    }
}

#[test]
fn each_report_without_a_flow_is_refused_by_what_it_holds() {
    for (file, expected) in REFUSED {
        let sources = [Source::open(&Path::new(FOLDER).join(file)).unwrap()];
        let everything = Selection::default();
        let read = export_of(&sources, &everything, Addresses::Text).flows(|_| Ok(()));
        let error = read.unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
}

/// Each file has a row and each row a file, and each stands in the list of files
/// with its origin.
#[test]
fn every_report_is_listed() {
    let files: BTreeSet<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let read = REPORTS.iter().map(|(file, ..)| *file);
    let refused = REFUSED.iter().map(|(file, _)| *file);
    let rows: BTreeSet<String> = read.chain(refused).map(str::to_owned).collect();
    assert_eq!(files, rows);
    let list = fs::read_to_string("../testdata/README.md").unwrap();
    for file in rows {
        assert!(list.contains(&file), "{file} is not in testdata/README.md");
    }
}

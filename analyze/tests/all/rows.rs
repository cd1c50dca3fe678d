//! Each file of `testdata/csv`: after a public report or a manual, read as what
//! it is, or refused with what helps.

use std::fs;
use std::path::Path;

use flowkit_analyze::export::Addresses;
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source};
use flowkit_model::FlowRecord;
use flowkit_model::time::parse_ms;

use crate::exporting::{export_of, flows_and_tally};

const FOLDER: &str = "../testdata/csv";

/// What is right of a file.
enum Right {
    /// The bytes of its flows in order, and a pattern of what is said to be
    /// missing or of a note.
    Flows(&'static [Option<u64>], &'static str),
    /// An error that says this.
    Refused(&'static str),
}

use Right::{Flows, Refused};

const CASES: &[(&str, Right)] = &[
    ("answer.csv", Refused("an answer of flowkit")),
    ("both-directions.csv", Flows(&[Some(1500), Some(28_000), Some(420)], "both directions")),
    ("es2csv-lists.csv", Flows(&[Some(1500), Some(3000)], "")),
    ("flow-export.csv", Flows(&[Some(1500)], "")),
    ("flow-print.txt", Refused("flow-export -f2")),
    ("kibana-formatted.csv", Flows(&[Some(1_234_567), None], "")),
    ("nfdump-1.6-json-milliseconds.json", Flows(&[Some(1500)], "")),
    ("nfdump-1.7.0-no-line-ends.csv", Refused("115 cells under 48 names; nfdump 1.7.0")),
    (
        "nfdump-1.7.1-by-port.csv",
        Flows(&[Some(84), Some(9000)], "counts 4 flows, its rows stand for 2"),
    ),
    ("nfdump-1.7.4-by-protocol.txt", Refused("nfdump -r FILE -o csv")),
    (
        "nfdump-aggregated-without-addresses.json",
        Flows(&[Some(1500), Some(3000)], "no address: it is an aggregated row"),
    ),
    ("nfdump-aggregated-without-values.json", Refused("nfdump -r FILE -o csv")),
    (
        "nfdump-aggregated.csv",
        Flows(&[Some(4500), Some(70)], "counts 4 flows, its rows stand for 2"),
    ),
    ("nfdump-aggregated.json", Flows(&[Some(4500), Some(28_000)], "stands for 5 aggregated flows")),
    ("nfdump-fmt-with-commas.txt", Refused("nfdump -r FILE -o csv")),
    ("nfdump-no-times.csv", Flows(&[Some(1500)], "")),
    ("nfdump-organisation.csv", Flows(&[Some(1500), Some(4500)], "12 cells under 11 names")),
    ("nfdump-quiet.csv", Refused("nfdump without -q")),
    ("nfsen-statistics.csv", Refused("statistics")),
    ("pandas-floats.csv", Flows(&[Some(1500), Some(3000), Some(4500)], "")),
    ("pandas-lists.csv", Flows(&[Some(1500), Some(3000), Some(4500)], "")),
    ("rwcut-epoch.csv", Flows(&[Some(1500), Some(420)], "")),
    ("rwcut-no-titles.txt", Refused("rwcut without --no-titles")),
    ("rwcut.txt", Flows(&[Some(1500), Some(420)], "")),
    ("semicolons.csv", Flows(&[None, Some(3000)], "3 cells under 8 names")),
    ("two-headers.csv", Flows(&[Some(1500), Some(3000), Some(4500)], "")),
    ("unknown.csv", Refused("not understood: Source, Destination, Protocol, Length; nearest is")),
];

fn open(file: &str) -> Source {
    Source::open(&Path::new(FOLDER).join(file)).unwrap()
}

fn flows(file: &str) -> Vec<FlowRecord> {
    flows_and_tally(open(file)).0
}

#[test]
fn every_file_is_read_whole_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (file, right) in CASES {
        match right {
            Flows(bytes, said) => {
                let (flows, tally) = flows_and_tally(open(file));
                let found: Vec<Option<u64>> = flows.iter().map(|flow| flow.bytes).collect();
                assert_eq!(found, *bytes, "{file}");
                let text = [tally.incomplete.join("\n"), tally.notes.join("\n")].join("\n");
                assert!(text.contains(said), "{file}: {text}");
                let is_whole = said.is_empty() || *said == "both directions";
                assert_eq!(tally.incomplete.is_empty(), is_whole, "{file}: {text}");
                // A dump of it says the same.
                let dump = folder.path().join(file);
                import(&[open(file)], &dump, String::new(), true, ReadOptions::default()).unwrap();
                let (kept, tally) = flows_and_tally(Source::open(&dump).unwrap());
                assert_eq!(kept, flows, "{file}");
                assert_eq!(tally.incomplete.is_empty(), is_whole, "{file}: {tally:?}");
            }
            Refused(why) => {
                let sources = [open(file)];
                let selection = Selection::default();
                let export = export_of(&sources, &selection, Addresses::Text);
                let error = match export.flows(|_| Ok(())) {
                    Err(error) => error,
                    Ok(tally) => panic!("{file}: {tally:?}"),
                };
                assert!(error.to_string().contains(why), "{file}: {error}");
            }
        }
    }
}

/// The list above, the folder and its description name the same files.
#[test]
fn every_file_is_listed() {
    let mut there: Vec<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let listed: Vec<&str> = CASES.iter().map(|(file, _)| *file).collect();
    assert_eq!(there, listed);
    let readme = fs::read_to_string("../testdata/README.md").unwrap();
    for file in listed {
        assert!(readme.contains(&format!("| csv/{file} |")), "{file}");
    }
}

/// 192.0.2.10:51000 > 198.51.100.20:443, as each program writes it.
#[test]
fn the_fields_are_those_of_the_flow() {
    for file in ["flow-export.csv", "rwcut.txt", "rwcut-epoch.csv", "both-directions.csv"] {
        let flow = &flows(file)[0];
        let FlowRecord { src_addr, dst_addr, src_port, dst_port, protocol, packets, .. } = flow;
        assert_eq!(src_addr.unwrap().to_string(), "192.0.2.10", "{file}");
        assert_eq!(dst_addr.unwrap().to_string(), "198.51.100.20", "{file}");
        let numbers = (*src_port, *dst_port, *protocol, *packets);
        assert_eq!(numbers, (Some(51_000), Some(443), Some(6), Some(10)), "{file}");
        assert_eq!(flow.first_switched_ms, parse_ms("2018-09-21T09:59:50.123Z"), "{file}");
        assert_eq!(flow.last_switched_ms, parse_ms("2018-09-21T09:59:55.123Z"), "{file}");
    }
    // The uptime wrapped between the first packet and the last.
    let flow = &flows("flow-export.csv")[0];
    assert_eq!(flow.timestamp_ms, parse_ms("2018-09-21T10:00:00.123Z"));
    assert_eq!(
        (flow.src_mask_len, flow.dst_as, flow.tcp_flags),
        (Some(24), Some(64_501), Some(27))
    );
}

/// An echo request is type 8, code 0: the port 8 × 256 of version 5.
#[test]
fn type_and_code_of_icmp_are_the_port() {
    for (file, row) in [("both-directions.csv", 2), ("rwcut.txt", 1), ("rwcut-epoch.csv", 1)] {
        let flow = &flows(file)[row];
        assert_eq!((flow.protocol, flow.dst_port), (Some(1), Some(2048)), "{file}");
    }
}

/// The other direction has what the row knows of it, and no flags.
#[test]
fn the_way_back_is_a_flow_of_its_own() {
    let flows = flows("both-directions.csv");
    let (there, back) = (&flows[0], &flows[1]);
    assert_eq!((back.src_addr, back.dst_addr), (there.dst_addr, there.src_addr));
    assert_eq!((back.src_port, back.dst_port), (Some(443), Some(51_000)));
    assert_eq!((back.packets, back.tcp_flags), (Some(20), None));
    assert_eq!(back.first_switched_ms, there.first_switched_ms);
}

/// Decimals of nfdump's json are a number of milliseconds up to 1.6.23: 7, 23
/// and 5 ms. What is no time is unknown.
#[test]
fn times_are_exact_or_unknown() {
    let flow = &flows("nfdump-1.6-json-milliseconds.json")[0];
    let times = [flow.first_switched_ms, flow.last_switched_ms, flow.timestamp_ms];
    let expected =
        ["2018-09-21T09:59:50.007Z", "2018-09-21T09:59:55.023Z", "2018-09-21T10:00:00.005Z"];
    assert_eq!(times, expected.map(parse_ms));
    let flow = &flows("nfdump-no-times.csv")[0];
    assert_eq!((flow.first_switched_ms, flow.last_switched_ms), (None, None));
    // A row without a time has the first moment of 1970 for when it was received.
    let flow = &flows("nfdump-1.7.1-by-port.csv")[1];
    assert_eq!(flow.timestamp_ms, None);
    assert_eq!(flow.first_switched_ms, parse_ms("2018-09-21T09:59:50.000Z"));
    let flow = &flows("kibana-formatted.csv")[0];
    assert_eq!(flow.timestamp_ms, parse_ms("2018-09-21T10:00:00.123Z"));
    assert_eq!(flow.first_switched_ms, parse_ms("2018-09-21T09:59:50.123Z"));
}

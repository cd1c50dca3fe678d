//! Inputs after public reports of how documents come: each is read whole, refused
//! by name, or known to be incomplete.

use std::collections::BTreeSet;
use std::path::Path;

use flowkit_analyze::export::Addresses;
use flowkit_analyze::{Selection, Source};

use crate::exporting::export_of;

/// What is right of an input.
enum Right {
    /// Flows, their bytes, and a word of what is missing.
    Read(u64, u64, Option<&'static str>),
    /// A word of the error.
    Refused(&'static str),
}

use Right::{Read, Refused};

/// The values are worked out by hand: document n has n × 1500 bytes.
const INPUTS: &[(&str, Right)] = &[
    ("async-partial.json", Read(3, 9000, Some("partial"))),
    ("bulk-bom.json", Read(3, 9000, None)),
    ("curl-i-broken.txt", Read(2, 6000, Some("breaks off"))),
    ("curl-i.txt", Read(3, 9000, None)),
    ("elasticdump-commas.json", Read(3, 9000, None)),
    ("elasticdump-status.json.gz", Read(3, 9000, None)),
    ("elasticdump-stdout.txt", Read(3, 9000, None)),
    ("esql.json", Read(3, 9000, None)),
    ("fluentd-out-file.log", Read(3, 9000, None)),
    ("fluentd-stdout.log", Read(3, 9000, None)),
    ("powershell-out-file.json", Read(3, 9000, None)),
    ("rubydebug.txt", Refused("json_lines")),
    ("scroll-script.txt", Read(3, 9000, None)),
    ("v9-only.ndjson", Refused("version 9: 12 documents")),
];

#[test]
fn every_input_after_a_report_is_right() {
    let folder = Path::new("../testdata/text");
    for (name, right) in INPUTS {
        let sources = [Source::open(&folder.join(name)).unwrap()];
        let (mut flows, mut bytes) = (0, 0);
        let read = export_of(&sources, &Selection::default(), Addresses::Text).flows(|flow| {
            flows += 1;
            bytes += flow.bytes.unwrap_or(0);
            Ok(())
        });
        match (read, right) {
            (Ok(tally), Read(n, sum, missing)) => {
                assert_eq!((flows, bytes), (*n, *sum), "{name}");
                let said = tally.incomplete.join("; ");
                match missing {
                    None => assert_eq!(said, "", "{name}"),
                    Some(word) => assert!(said.contains(word), "{name}: {said}"),
                }
            }
            (Err(error), Refused(word)) => {
                assert!(error.to_string().contains(word), "{name}: {error}")
            }
            (read, _) => panic!("{name}: {read:?}"),
        }
    }
    let listed: BTreeSet<String> = INPUTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let there = std::fs::read_dir(folder).unwrap();
    let there: BTreeSet<String> =
        there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, listed);
}

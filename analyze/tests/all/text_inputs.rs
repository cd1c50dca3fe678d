//! Inputs after public reports of how documents come: each is read whole, refused
//! by name, or known to be incomplete.

use std::collections::BTreeSet;
use std::path::Path;

use flowkit_analyze::export::Addresses;
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source};

use crate::exporting::{export_of, flows_and_tally};

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
    ("aggregations.json", Refused("aggregations")),
    ("async-partial.json", Read(3, 9000, Some("partial"))),
    ("body-of-response.json", Read(3, 9000, None)),
    ("bulk-bom.json", Read(3, 9000, None)),
    ("bulk-update.ndjson", Read(3, 9000, None)),
    ("csv-behind-documents.txt", Read(3, 9000, Some("62 bytes of csv among documents"))),
    ("curl-i-broken.txt", Read(2, 6000, Some("breaks off"))),
    ("curl-i.txt", Read(3, 9000, None)),
    ("docker.log", Read(3, 9000, None)),
    ("elasticdump-commas.json", Read(3, 9000, None)),
    ("elasticdump-status.json.gz", Read(3, 9000, None)),
    ("elasticdump-stdout.txt", Read(3, 9000, None)),
    ("eql.json", Read(3, 9000, None)),
    ("esql-grouped.json", Refused("without grouping")),
    ("esql.json", Read(3, 9000, None)),
    ("fluentd-out-file.log", Read(3, 9000, None)),
    ("fluentd-stdout.log", Read(3, 9000, None)),
    ("journald.json", Read(3, 9000, None)),
    (
        "more-than-10000.json",
        Read(2, 4500, Some("at least 10000 documents, of which 9998 or more")),
    ),
    ("powershell-out-file.json", Read(3, 9000, None)),
    ("rubydebug.txt", Refused("json_lines")),
    ("scroll-aggregations.ndjson", Read(3, 9000, None)),
    ("scroll-script.txt", Read(3, 9000, None)),
    ("strings.ndjson", Refused("jq -r .")),
    ("utf8-and-utf16.json", Read(3, 9000, None)),
    ("v9-only.ndjson", Refused("12 documents (options records of NetFlow v9 and IPFIX)")),
];

#[test]
fn every_input_after_a_report_is_right() {
    let folder = Path::new("../testdata/text");
    for (name, right) in INPUTS {
        let sources = [Source::open(&folder.join(name)).unwrap()];
        imported_is_as_read(&sources, right, name);
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
                assert!(error.to_string().contains(word), "{name}: {error}");
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

/// The last answer of a scroll has no hits; the sums in it are those of the others.
#[test]
fn the_end_of_a_scroll_with_sums_is_no_answer_of_sums() {
    let source = Path::new("../testdata/text/scroll-aggregations.ndjson");
    let (flows, tally) = flows_and_tally(Source::open(source).unwrap());
    assert_eq!((flows.len(), tally.skipped.len()), (3, 0), "{tally:?}");
}

/// A dump of the input has its flows, and lacks what it lacks; what is refused is not
/// imported.
fn imported_is_as_read(sources: &[Source], right: &Right, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let imported = import(sources, &dump, String::new(), true, ReadOptions::default());
    match right {
        Read(n, sum, missing) => {
            assert!(imported.is_ok(), "{name}: {imported:?}");
            let (flows, tally) = flows_and_tally(Source::open(&dump).unwrap());
            let bytes: u64 = flows.iter().filter_map(|flow| flow.bytes).sum();
            assert_eq!((flows.len() as u64, bytes), (*n, *sum), "{name}");
            assert_eq!(tally.incomplete.is_empty(), missing.is_none(), "{name}: {tally:?}");
        }
        Refused(word) => {
            let error = imported.unwrap_err().to_string();
            assert!(error.contains(word), "{name}: {error}");
            assert!(!dump.exists(), "{name}");
        }
    }
}

/// The words for what is missing of a file with this text.
fn missing(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.json");
    std::fs::write(&path, text).unwrap();
    let sources = [Source::open(&path).unwrap()];
    let everything = Selection::default();
    let export = export_of(&sources, &everything, Addresses::Text);
    export.flows(|_| Ok(())).unwrap().incomplete.join("; ")
}

/// A total that is a lower bound is reached or passed by all pages together, or hits are
/// surely missing; as many as it says may be all.
#[test]
fn fewer_hits_than_a_lower_bound_are_not_all() {
    let page = |scroll: &str, bound: u64, ids: &[u32]| {
        let hit = |id| {
            format!(
                r#"{{"_index":"i","_id":"{id}","_source":{{"netflow":{{"version":5,"bytes":1}}}}}}"#
            )
        };
        let hits: Vec<String> = ids.iter().map(hit).collect();
        format!(
            r#"{{{scroll}"hits":{{"total":{{"value":{bound},"relation":"gte"}},"hits":[{}]}}}}"#,
            hits.join(",")
        ) + "\n"
    };
    let of_scroll =
        |scroll: &str, ids: &[u32]| page(&format!(r#""_scroll_id":"{scroll}","#), 3, ids);
    let found = "found at least 3 documents, of which";
    for (text, words) in [
        (page("", 3, &[1]), Some(format!("{found} 2 or more are not here"))),
        (page("", 3, &[1, 2]), Some(format!("{found} 1 or more is not here"))),
        (page("", 3, &[1, 2, 3]), None),
        (page("", 3, &[1, 2, 3, 4]), None),
        (page("", 0, &[1]), None),
        (page("", 3, &[1, 2]) + &page("", 3, &[3]), None),
        (of_scroll("a", &[1, 2]) + &of_scroll("a", &[3, 4]) + &of_scroll("a", &[]), None),
        (
            of_scroll("a", &[1, 2]) + &of_scroll("b", &[3, 4]) + &of_scroll("a", &[5]),
            Some(format!("{found} 1 or more is not here")),
        ),
    ] {
        let said = missing(&text);
        match words {
            None => assert_eq!(said, "", "{text}"),
            Some(words) => assert!(said.ends_with(&words), "{said}: {text}"),
        }
    }
}

/// Zeros between documents are a hole, in which others may have been; before and behind
/// them they are what a device or a rotation leaves.
#[test]
fn zeros_between_documents_may_have_been_others() {
    let document = "{\"netflow\":{\"version\":5,\"in_bytes\":1}}\n";
    let many = &*document.repeat(50_000);
    assert_eq!(missing(&[document, "\0", document, "\0", document].concat()), "");
    for n in [2, 16, 4096, 3_000_000] {
        let zeros = &*"\0".repeat(n);
        for whole in [[zeros, document, many, ""], ["", document, many, zeros]] {
            assert_eq!(missing(&whole.concat()), "", "{n}");
        }
        for hole in [
            [document, zeros, document, ""],
            [many, zeros, "\n", many],
            [zeros, document, zeros, document],
        ] {
            let said = missing(&hole.concat());
            assert!(
                said.ends_with("zeros between documents, where others may not have been written"),
                "{n}: {said}"
            );
        }
    }
}

/// Of long text only the start is kept, which tells that it was rows.
#[test]
fn rows_behind_documents_are_missing_however_long_they_are() {
    let document = "{\n\"netflow\":{\"version\":5,\"in_bytes\":1}\n}\n";
    for n_rows in [1, 100_000] {
        let rows = "192.0.2.1,192.0.2.2,10,1500\n".repeat(n_rows);
        let said = missing(&format!("{document}\nsa,da,ipkt,ibyt\n{rows}"));
        let told = format!("json:5: {} bytes of csv among documents", 15 + 28 * n_rows);
        assert!(said.contains(&told), "{said}");
    }
}

/// Elasticsearch up to 7 says `terminated_early` on each page of a scroll in the
/// order of storage but the first, and servers say it of aggregations (`size: 0`).
#[test]
fn an_answer_that_ended_early_is_told_where_that_is_a_loss() {
    let answer = |cursor: &str, ended: bool, total: u32, hits: std::ops::Range<u32>| {
        let hits: Vec<String> = hits
            .map(|n| format!(r#"{{"_index":"a","_id":"{n}","_source":{{"netflow":{{"version":5,"in_bytes":{n}}}}}}}"#))
            .collect();
        let hits = hits.join(",");
        format!(
            r#"{{{cursor}"timed_out":false,"terminated_early":{ended},"hits":{{"total":{{"value":{total},"relation":"eq"}},"hits":[{hits}]}}}}"#
        ) + "\n"
    };
    let (scroll, point) = (r#""_scroll_id":"s","#, r#""pit_id":"p","#);
    let first = answer(scroll, false, 4, 0..2);
    let later = answer(scroll, true, 4, 2..4);
    let last = answer(scroll, true, 4, 0..0);
    let counted = answer("", true, 0, 0..0);
    for whole in [
        [&*first, &later, &last].concat(),
        [&*later, &last, &first].concat(),
        [&*counted, &first, &later].concat(),
    ] {
        assert_eq!(missing(&whole), "", "{whole}");
    }
    for (text, word) in [
        (answer("", true, 2, 0..2), "that ended early"),
        (answer(point, true, 2, 0..2), "that ended early"),
        // A scroll whose first page says so was given a number of documents.
        (answer(scroll, true, 2, 0..2), "each page ended early"),
        (later, "each page ended early"),
        (first, "of which 2 are not here"),
    ] {
        let said = missing(&text);
        assert!(said.contains(word), "{said}: {text}");
    }
}

//! Broken and odd inputs: what is counted, what is skipped and said, and what
//! is an error.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder, and says so where not. Sums
//! are compared with the corpus's own; what is said of each file stands here.

use std::fs::File;
use std::path::Path;

use flowkit_analyze::import::import;
use flowkit_analyze::{AskError, ReadOptions, Source, ask};
use flowkit_model::answer::Answer;
use serde_json::Value;

use crate::asking::{summary, tally};
use crate::oracle;

/// What is said of a file besides its sums.
enum Said {
    /// It is read: skipped by cause, unknown by field, copies dropped, and how
    /// many sentences say that something is missing.
    Read { skipped: &'static str, unknown: &'static str, duplicates: u64, incomplete: usize },
    /// It is refused in these words.
    Refused(&'static str),
}

const fn read(skipped: &'static str, unknown: &'static str) -> Said {
    Said::Read { skipped, unknown, duplicates: 0, incomplete: 0 }
}

const WHOLE: Said = read("", "");

#[rustfmt::skip]
const FILES: &[(&str, Said)] = &[
    // Those of IPv6 are addresses; 256.1.1.1, 010.0.0.1, 192.0.2 and a name are not.
    ("addresses.ndjson", read("", "src_addr 4")),
    ("array.json", WHOLE),
    ("bad-line.ndjson", Said::Read { skipped: "not_json 1 at 5", unknown: "", duplicates: 0, incomplete: 1 }),
    ("bad-utf8.ndjson", WHOLE),
    ("bare-sources.ndjson", WHOLE),
    ("blank-lines.ndjson", WHOLE),
    ("bom.ndjson", WHOLE),
    ("bulk.ndjson", WHOLE),
    ("crlf.ndjson", WHOLE),
    ("duplicates.ndjson", Said::Read { skipped: "", unknown: "", duplicates: 2, incomplete: 0 }),
    ("empty.ndjson", WHOLE),
    ("error-404.json", Said::Refused(":1: a server's error instead of flows: index_not_found_exception: no such index [netflow-*]")),
    ("error-scroll-gone.json", Said::Refused("search_context_missing_exception")),
    ("extra-fields.ndjson", WHOLE),
    ("extremes.ndjson", read("", "bytes 1, src_port 1, protocol 1")),
    ("hosts.ndjson", read("", "exporter 1")),
    ("inverted-times.ndjson", WHOLE),
    ("missing-fields.ndjson", read("", "timestamp 1, src_addr 1, dst_addr 1, next_hop 1, packets 1, bytes 1, first_switched 1, last_switched 1, src_port 1, dst_port 1, protocol 1, tos 1")),
    ("mixed-index.ndjson", read("no_netflow 3 at 2", "next_hop 1, input_snmp 1, output_snmp 1, tos 1, src_as 1, dst_as 1, src_mask_len 1, dst_mask_len 1")),
    ("names-only.ndjson", read("", "src_port 4, dst_port 4, protocol 2")),
    ("newlines.ndjson", WHOLE),
    ("no-final-newline.ndjson", WHOLE),
    ("no-netflow.ndjson", read("no_netflow 5 at 1", "")),
    ("no-source.ndjson", read("no_source 2 at 2", "timestamp 1, exporter 1, version 1, flow_records 1, flow_seq_num 1, engine_type 1, engine_id 1, sampling_algorithm 1, sampling_interval 1, dst_addr 1, next_hop 1, input_snmp 1, output_snmp 1, packets 1, first_switched 1, last_switched 1, src_port 1, dst_port 1, tcp_flags 1, protocol 1, tos 1, src_as 1, dst_as 1, src_mask_len 1, dst_mask_len 1")),
    ("nulls.ndjson", read("no_source 1 at 6, no_netflow 1 at 5", "exporter 1, src_addr 1, bytes 1, first_switched 1, src_port 1")),
    ("seed-failed.txt", Said::Refused(":1: not JSON")),
    ("seed-mixed.txt", WHOLE),
    ("shards-failed.json", Said::Read { skipped: "", unknown: "", duplicates: 0, incomplete: 2 }),
    ("short-page.json", Said::Read { skipped: "", unknown: "", duplicates: 0, incomplete: 1 }),
    ("strings.ndjson", read("", "bytes 1")),
    ("times.ndjson", read("", "first_switched 4")),
    ("total-gte.json", Said::Read { skipped: "", unknown: "", duplicates: 0, incomplete: 1 }),
    ("truncated-page.json", Said::Read { skipped: "", unknown: "", duplicates: 0, incomplete: 1 }),
    ("truncated.ndjson", Said::Read { skipped: "not_json 1 at 10", unknown: "", duplicates: 0, incomplete: 1 }),
    ("truncated.ndjson.gz", Said::Read { skipped: "not_json 1 at 4", unknown: "", duplicates: 0, incomplete: 2 }),
    ("two-members.ndjson.gz", WHOLE),
    ("utf16.ndjson", WHOLE),
];

/// Of the datagrams the corpus says flows only; what is kept of a doubtful one
/// is this project's choice.
#[rustfmt::skip]
const WIRE: &[(&str, u64, &str, usize, usize)] = &[
    // File, flows, skipped or why it is refused, sentences on what is missing, notes.
    ("codec-invalid01.bin", 0, "refused: ", 0, 0),
    ("codec-invalid02.bin", 0, "refused: ", 0, 0),
    ("count-0-with-records.bin", 0, "refused: 1 of version 5 with a count of 0", 0, 0),
    ("count-2-has-5.bin", 2, "other_version 1 at 2", 1, 0),
    ("count-31-has-30.bin", 0, "refused: 1 of version 5 with a count of 31", 0, 0),
    ("count-31-whole.bin", 0, "refused: 1 of version 5 with a count of 31", 0, 0),
    ("cut-in-header.bin", 0, "refused: 1 of datagrams without a header", 0, 0),
    ("cut-in-record.bin", 3, "", 1, 0),
    ("good-5.bin", 5, "", 0, 0),
    ("header-only-count-0.bin", 0, "refused: 1 of version 5 with a count of 0", 0, 0),
    ("header-only-count-5.bin", 0, "", 1, 0),
    ("mixed-truncated.pcap", 39, "options 1 at 2", 2, 2),
    ("mixed.pcap", 44, "options 1 at 2", 1, 2),
    ("odd-values.bin", 5, "", 0, 0),
    ("one-byte.bin", 0, "refused: 1 of datagrams without a header", 0, 0),
    ("sampled-1000.bin", 5, "", 0, 0),
    ("trailing-3-bytes.bin", 5, "other_version 1 at 2", 0, 0),
    ("uptime-wrap.bin", 1, "", 0, 0),
    ("version-10.bin", 12, "options 1 at 1", 0, 0),
    ("version-9.bin", 7, "", 0, 0),
    ("version-swapped.bin", 0, "refused: 1 of version 5 in the wrong byte order", 0, 0),
    ("zero-bytes.bin", 0, "", 0, 1),
];

#[test]
fn broken_datagrams_are_read_as_far_as_they_go() {
    let Some(corpora) = oracle::corpora() else { return };
    let folder = corpora.join("robust/wire");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), WIRE.len(), "every file has a row");
    for (file, flows, skipped, incomplete, notes) in WIRE {
        if let Some(words) = skipped.strip_prefix("refused: ") {
            let refused = summed_up(&folder.join(file)).unwrap_err().to_string();
            assert!(refused.contains(words) && refused.contains(file), "{file}: {refused}");
            is_the_same_imported(&folder.join(file));
            continue;
        }
        let tally = tally(&folder.join(file));
        let found: Vec<String> = tally
            .skipped
            .iter()
            .map(|skipped| {
                format!("{} {} at {}", skipped.cause.name(), skipped.n, skipped.first.line)
            })
            .collect();
        assert_eq!(
            (
                tally.total.flows,
                found.join(", ").as_str(),
                tally.incomplete.len(),
                tally.notes.len()
            ),
            (*flows, *skipped, *incomplete, *notes),
            "{file}: {:?} {:?}",
            tally.incomplete,
            tally.notes
        );
        is_the_same_imported(&folder.join(file));
    }
}

#[test]
fn broken_input_is_read_as_far_as_it_goes() {
    let Some(corpora) = oracle::corpora() else { return };
    let folder = corpora.join("robust");
    let cases: Value =
        serde_json::from_reader(File::open(folder.join("expected.json")).unwrap()).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    let documents: Vec<&Value> =
        cases.iter().filter(|case| case["file"].as_str().unwrap().starts_with("json/")).collect();
    assert_eq!(documents.len(), FILES.len(), "every file has a row");
    for case in documents {
        let file = case["file"].as_str().unwrap().strip_prefix("json/").unwrap();
        let said =
            &FILES.iter().find(|row| row.0 == file).unwrap_or_else(|| panic!("a row for {file}")).1;
        let path = folder.join("json").join(file);
        check(&path, said, case);
        is_the_same_imported(&path);
    }
}

fn summed_up(path: &Path) -> Result<Answer, AskError> {
    ask(&[Source::open(path).unwrap()], &summary())
}

fn check(path: &Path, said: &Said, case: &Value) {
    let answer = summed_up(path);
    let place = path.display();
    match (said, answer) {
        (Said::Refused(words), Err(error)) => {
            let text = error.to_string();
            assert!(
                text.contains(words) && text.contains(&*path.to_string_lossy()),
                "{place}: {text}"
            );
        }
        (Said::Read { skipped, unknown, duplicates, incomplete }, Ok(answer)) => {
            let tally = &answer.tally;
            let sums = [u128::from(tally.total.flows), tally.total.packets, tally.total.bytes];
            assert!(is_right(sums, case), "{place}: {sums:?}");
            let found: Vec<String> = tally
                .skipped
                .iter()
                .map(|skipped| {
                    format!("{} {} at {}", skipped.cause.name(), skipped.n, skipped.first.line)
                })
                .collect();
            assert_eq!(found.join(", "), *skipped, "{place}");
            let found: Vec<String> = tally
                .unknown
                .iter()
                .map(|(field, n)| format!("{} {n}", field.field().name))
                .collect();
            assert_eq!(found.join(", "), *unknown, "{place}");
            assert_eq!(tally.duplicates.n, *duplicates, "{place}");
            assert_eq!(tally.incomplete.len(), *incomplete, "{place}: {:?}", tally.incomplete);
        }
        (_, answer) => panic!("{place}: {:?}", answer.map(|answer| answer.tally)),
    }
}

/// A dump of a file holds its flows, lacks what it lacks, and is not made of what
/// is refused.
fn is_the_same_imported(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let place = path.display();
    for columns in [true, false] {
        let dump = folder.path().join(columns.to_string());
        let sources = [Source::open(path).unwrap()];
        let imported = import(&sources, &dump, String::new(), columns, ReadOptions::default());
        match (summed_up(path), imported) {
            (Ok(answer), Ok(imported)) => {
                let [of_file, of_dump] = [answer.tally, tally(&dump)];
                assert_eq!(of_dump.total, of_file.total, "{place} {columns}");
                assert_eq!(imported.tally.incomplete, of_file.incomplete, "{place} {columns}");
                let is_whole = of_file.incomplete.is_empty();
                assert_eq!(of_dump.incomplete.is_empty(), is_whole, "{place} {columns}");
            }
            (Err(of_file), Err(of_import)) => {
                assert_eq!(of_import.to_string(), of_file.to_string(), "{place} {columns}");
            }
            (of_file, imported) => panic!("{place}: {of_file:?}, {imported:?}"),
        }
    }
}

/// Whether the sums are those that the corpus states, where it states them.
fn is_right(sums: [u128; 3], case: &Value) -> bool {
    let names = [&["flows", "documents"][..], &["packets"], &["bytes", "bytes_with_line_4"]];
    let equals = |wanted: &Value| {
        let stated: Vec<_> = sums
            .iter()
            .zip(names)
            .filter_map(|(sum, names)| {
                let stated = names.iter().find_map(|name| wanted.get(*name))?;
                // Beyond 64 bits a JSON number is a float; its digits are exact.
                let (digits, float) = (stated.to_string(), stated.as_f64());
                Some(digits == sum.to_string() || float == Some(*sum as f64))
            })
            .collect();
        stated.len() >= 2 && stated.iter().all(|right| *right)
    };
    equals(&case["expected"]) || equals(&case["also_right"])
}

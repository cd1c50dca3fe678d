//! A dump answers the same from its columns as its documents do from a file:
//! sums, keys, notes and all.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use flowkit_analyze::columns::verify;
use flowkit_analyze::export::{Addresses, Form};
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source, ask};
use flowkit_model::Answer;

use crate::asking::{self, all_rows, answer, filtered, top};
use crate::exporting::export_of;

/// Hits of every kind: whole, without some fields, twice, in conflict, and some
/// that are no flows.
fn hits() -> String {
    let mut text = String::new();
    for n in 0..3000_u64 {
        let id = if n % 500 == 499 { n - 3 } else { n };
        let port = if n % 7 == 0 { String::new() } else { format!(r#","dst_port":{}"#, n % 90) };
        let version = if n % 400 == 1 { 9 } else { 5 };
        let host = format!("192.0.2.{}", n % 3);
        let _ = writeln!(
            text,
            r#"{{"_index":"netflow-2018.09.21","_id":"{id}","_source":{{"@timestamp":"2018-09-21T00:{:02}:00.{:03}Z","host":"{host}","geoip_src":{{"city_name":"C{}"}},"netflow":{{"version":{version},"bytes":{},"packets":{},"src_addr":"10.0.{}.{}","sampling_interval":{},"protocol":6{port}}}}}}}"#,
            n / 60 % 60,
            n % 1000,
            n % 5,
            n * 1000,
            n % 11,
            n % 4,
            n % 251,
            n % 2 * 100,
        );
        if n % 1000 == 5 {
            text += "{\"_index\":\"x\",\"_id\":\"none\"}\n{}\n";
        }
    }
    text
}

fn summary(path: &Path) -> Answer {
    answer(&[Source::open(path).unwrap()], &asking::summary())
}

/// All of an answer, without the names of files.
fn all(answer: &Answer, file: &str) -> String {
    let tally = &answer.tally;
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        answer.facts,
        answer.table,
        tally.total,
        tally.unknown,
        tally.seen,
        tally.sampling,
        tally.skipped,
        tally.duplicates,
        tally.incomplete
    )
    .replace(file, "FILE")
}

#[test]
fn columns_and_documents_give_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (file, dump) = (folder.path().join("hits.ndjson"), folder.path().join("dump"));
    fs::write(&file, hits()).unwrap();
    let sources = [Source::open(&file).unwrap()];
    let imported = import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let part = dump.join(imported.manifest.parts[0].path());
    let columns = dump.join(imported.manifest.parts[0].columns_path());
    assert!(columns.is_file());

    let from_file = summary(&file);
    assert!(from_file.tally.duplicates.n > 3 && from_file.tally.skipped.len() > 1);
    // The import left out what is no document; positions moved up by those.
    let from_columns = summary(&dump);
    assert_eq!(from_columns.tally.total, from_file.tally.total);
    assert_eq!(from_columns.facts, from_file.facts);

    // Without the columns they are made again; a folder in their place keeps
    // them from being made, and the documents answer.
    let expected = all(&from_columns, &part.display().to_string());
    fs::remove_dir_all(dump.join("columns")).unwrap();
    assert_eq!(all(&summary(&dump), &part.display().to_string()), expected);
    assert!(columns.is_file());
    fs::remove_dir_all(dump.join("columns")).unwrap();
    fs::write(dump.join("columns"), "in the way").unwrap();
    let from_documents = summary(&dump);
    assert_eq!(all(&from_documents, &part.display().to_string()), expected);
    assert_eq!(from_documents.tally.notes.len(), from_columns.tally.notes.len() + 1);
}

#[test]
fn damaged_columns_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, dump) = (folder.path().join("hits.ndjson"), folder.path().join("dump"));
    fs::write(&file, hits()).unwrap();
    let sources = [Source::open(&file).unwrap()];
    let imported = import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let columns = dump.join(imported.manifest.parts[0].columns_path());
    let whole = fs::read(&columns).unwrap();
    let expected = summary(&dump).tally.total;
    for at in (0..whole.len()).step_by(whole.len() / 60 + 1) {
        let mut damaged = whole.clone();
        damaged[at..].iter_mut().take(40).for_each(|byte| *byte ^= 0xff);
        fs::write(&columns, damaged).unwrap();
        assert_eq!(summary(&dump).tally.total, expected, "damaged at {at}");
    }
}

/// A bit that flips anywhere in the columns is found; what is behind them is
/// checked when the file is opened.
#[test]
fn a_flipped_bit_in_the_columns_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (file, dump) = (folder.path().join("hits.ndjson"), folder.path().join("dump"));
    fs::write(&file, hits()).unwrap();
    let sources = [Source::open(&file).unwrap()];
    let imported = import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let part = &imported.manifest.parts[0];
    let columns = dump.join(part.columns_path());
    let whole = fs::read(&columns).unwrap();
    assert_eq!(verify(&dump).unwrap(), []);
    let (_, footer) = whole.split_at(whole.len() - 8);
    let footer = u32::from_le_bytes(footer[..4].try_into().unwrap());
    let end = whole.len() - 8 - usize::try_from(footer).unwrap();
    for at in (4..end).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&columns, damaged).unwrap();
        let found = verify(&dump).unwrap();
        assert_eq!(found.len(), 1, "bit flipped at {at}");
        assert_eq!(found[0].0, part.columns_path());
        assert!(found[0].1.contains("not those that were written"), "{found:?}");
    }
    fs::write(&columns, &whole[..end]).unwrap();
    assert_eq!(verify(&dump).unwrap(), [], "a file without an end is made again");
    assert_eq!(summary(&dump).tally.total, summary(&file).tally.total);
    assert_eq!(fs::read(&columns).unwrap(), whole);
}

/// What flowkit wrote for other programs is not called foreign or damaged.
#[test]
fn columns_with_addresses_as_text_are_refused_as_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (file, exported) = (folder.path().join("hits.ndjson"), folder.path().join("t.parquet"));
    fs::write(&file, hits()).unwrap();
    let sources = [Source::open(&file).unwrap()];
    let selection = Selection::default();
    let export = export_of(&sources, &selection, Addresses::Text);
    export.write(Form::Parquet, fs::File::create(&exported).unwrap()).unwrap();
    let refused = |path: &Path| {
        let sources = [Source::open(path).unwrap()];
        ask(&sources, &asking::summary()).unwrap_err().to_string()
    };
    let error = refused(&exported);
    assert!(error.contains("addresses as text, which is for other tools"), "{error}");
    assert!(error.contains("export it again without --addresses text"), "{error}");
    let whole = fs::read(&exported).unwrap();
    fs::write(&exported, &whole[..whole.len() - 1]).unwrap();
    assert!(refused(&exported).contains("or a damaged one"));
}

/// Bits that are flipped: all of them in an optimised build, which CI runs too.
const ROUNDS: u64 = if cfg!(debug_assertions) { 200 } else { 400 };

/// Whatever bit of the columns flips, no answer is another: the documents are
/// asked where a page is damaged, and the columns are made again.
#[test]
fn a_flipped_bit_in_the_columns_changes_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (file, dump) = (folder.path().join("hits.ndjson"), folder.path().join("dump"));
    fs::write(&file, hits()).unwrap();
    let sources = [Source::open(&file).unwrap()];
    let imported = import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let columns = dump.join(imported.manifest.parts[0].columns_path());
    let whole = fs::read(&columns).unwrap();
    let footer = whole.last_chunk::<8>().unwrap();
    let footer = u32::from_le_bytes(footer[..4].try_into().unwrap());
    let end = whole.len() as u64 - 8 - u64::from(footer);
    let top_by = |field, filter| {
        let question = filtered(top(&[field], all_rows()), filter);
        let answer = answer(&[Source::open(&dump).unwrap()], &question);
        all(&answer, &file.display().to_string())
    };
    let questions: [&dyn Fn() -> String; 4] = [
        &|| all(&summary(&dump), &file.display().to_string()),
        &|| top_by("dst_port", "any"),
        &|| top_by("src_addr", "dst port < 9 and packets > 3"),
        &|| top_by("exporter", "proto tcp and bpp > 99"),
    ];
    let expected = questions.map(|ask| ask());
    let mut n_noticed = 0;
    for round in 0..ROUNDS {
        let mixed = (round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let at = 4 + (mixed >> 3) % (end - 4);
        let mut damaged = whole.clone();
        damaged[usize::try_from(at).unwrap()] ^= 1 << (mixed & 7);
        fs::write(&columns, &damaged).unwrap();
        let which = usize::try_from(mixed >> 62).unwrap();
        assert_eq!(questions[which](), expected[which], "question {which}, bit flipped at {at}");
        n_noticed += usize::from(fs::read(&columns).ok().as_ref() != Some(&damaged));
    }
    // Of the columns that a question reads.
    assert!(n_noticed as u64 > ROUNDS / 10, "{n_noticed}");
}

/// Exported in any form and read again, the flows are the same.
#[test]
fn every_export_that_is_read_holds_the_same_flows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hits.ndjson");
    fs::write(&file, hits()).unwrap();
    let sources = [Source::open(&file).unwrap()];
    let expected = summary(&file).tally.total;
    for (form, name) in [
        (Form::Parquet, "flows.parquet"),
        (Form::Ndjson, "documents.ndjson"),
        (Form::Hits, "hits.ndjson"),
        (Form::V5Pcap, "flows.pcap"),
    ] {
        let path = folder.path().join(format!("again-{name}"));
        let selection = Selection::default();
        let export = export_of(&sources, &selection, Addresses::default());
        let exported = export.write(form, fs::File::create(&path).unwrap()).unwrap();
        assert_eq!(exported.flows, expected.flows, "{name}");
        assert_eq!(summary(&path).tally.total, expected, "{name}");
    }
}

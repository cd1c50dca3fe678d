//! Columns of a dump, made with it or later, and columns that are imported.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use flowkit_analyze::columns::make_missing;
use flowkit_analyze::export::{Addresses, Export, Form};
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source, documents};
use flowkit_model::answer::Tally;

use super::{hit, hits, saved};
use crate::asking::tally;
use crate::exporting::export_of;

/// What a dump's columns are, by name.
fn columns(dump: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(files) = fs::read_dir(dump.join("columns")) else { return Vec::new() };
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into(), fs::read(&path).unwrap()))
        .collect();
    files.sort_unstable();
    files
}

/// A source of each text; their names have one length.
fn files(folder: &Path, texts: impl Iterator<Item = String>) -> Vec<Source> {
    let one = |(n, text): (usize, String)| {
        let path = folder.join(format!("{n:04}.ndjson"));
        fs::write(&path, text).unwrap();
        Source::open(&path).unwrap()
    };
    texts.enumerate().map(one).collect()
}

/// A file of columns is listed and imported as the documents of its flows, with
/// what is known of those it was made of.
#[test]
fn columns_become_documents() {
    let folder = tempfile::tempdir().unwrap();
    let text = hits(0..3000) + "{\"a\":" + "\n" + &hits(3000..3002);
    let path = folder.path().join("cut.ndjson");
    fs::write(&path, &text[..text.len() - 40]).unwrap();
    let (dump, imported) = saved(&path, true);
    let exported = folder.path().join("flows.parquet");
    let sources = [Source::open(&path).unwrap()];
    let selection = Selection::default();
    let options = ReadOptions::default();
    let (anonymiser, addresses) = (None, Addresses::Number);
    let export =
        Export { sources: &sources, selection: &selection, anonymiser, addresses, options };
    export.write(Form::Parquet, File::create(&exported).unwrap()).unwrap();
    for columns in [exported, dump.join(imported.manifest.parts[0].columns_path())] {
        let of_columns = tally(&columns);
        assert_eq!(of_columns.total.flows, 3001);
        let sources = [Source::open(&columns).unwrap()];
        let mut listed = Vec::new();
        let met = documents::each(&sources, options, |found| {
            listed.push(found.flow().unwrap());
            true
        });
        assert_eq!(met.unwrap().incomplete, of_columns.incomplete);
        let mut flows = Vec::new();
        let export =
            Export { sources: &sources, selection: &selection, anonymiser, addresses, options };
        let kept = export.flows(|flow| {
            flows.push(flow.clone());
            Ok(())
        });
        assert!(kept.is_ok() && listed == flows);
        let again = folder.path().join("again");
        let imported = import(&sources, &again, String::new(), true, options).unwrap();
        assert_eq!(imported.tally.incomplete, of_columns.incomplete);
        assert_eq!(tally(&again).total, of_columns.total);
        assert_eq!(tally(&again).incomplete.is_empty(), of_columns.incomplete.is_empty());
        fs::remove_dir_all(&again).unwrap();
        // Damage is told as damage, and leaves nothing behind.
        let mut bytes = fs::read(&columns).unwrap();
        let half = bytes.len() / 2;
        bytes[4..half].fill(0xaa);
        fs::write(&columns, bytes).unwrap();
        let sources = [Source::open(&columns).unwrap()];
        let deep = folder.path().join("deep");
        let place = deep.join("er/again");
        let refused = import(&sources, &place, String::new(), true, options).unwrap_err();
        assert!(refused.to_string().contains("damaged"), "{refused}");
        assert!(!deep.exists());
        let listed = documents::each(&sources, options, |_| true);
        assert_eq!(listed.unwrap_err().to_string(), refused.to_string());
    }
}

/// Columns that an import makes while it writes are, byte for byte, those that
/// are made of the parts later; none are made in either way of damaged ones.
#[test]
fn columns_made_on_the_way_are_those_made_later() {
    let many = hits(0..9000);
    let page = format!(
        r#"{{"took":1,"timed_out":false,"hits":{{"total":2,"hits":[{},{}]}}}}"#,
        hit(1, 1),
        hit(2, 2)
    );
    let error = r#"{"error":{"type":"x","reason":"y"},"status":500}"#;
    let action = r#"{"index":{"_index":"a","_id":"1"}}"#;
    let bare = r#"{"@timestamp":"2018-09-21T00:00:00.008Z","netflow":{"version":5,"bytes":7}}"#;
    for (name, sources, n_files) in [
        ("lines", vec![many.clone()], 1),
        ("no line end", vec![hits(0..20).trim_end().to_owned()], 1),
        ("line ends of DOS", vec![many.replace('\n', "\r\n")], 1),
        ("blanks", vec![hits(0..20) + "\n \n  " + &hits(20..40) + "\t" + &hits(40..9000)], 1),
        ("no JSON", vec![hits(0..20) + "{\"a\n" + &hits(20..40) + "7\n" + &hits(40..60)], 1),
        (
            "other versions",
            vec![many.replace("\"version\":5,\"bytes\":77", "\"version\":9,\"bytes\":77")],
            1,
        ),
        (
            "a number beyond all",
            vec![hits(0..5) + &hit(5, 77).replace(":77,", ":1e400,") + "\n"],
            1,
        ),
        ("escapes", vec![many.replace("\"r1\"", "\"r\\u0031\"")], 1),
        ("bare", vec![format!("{bare}\n").repeat(3000)], 1),
        ("pages", vec![format!("{page}\n{page}\n") + &hits(2..9)], 1),
        ("an array", vec![format!("[{},\n {}]", hit(1, 1), hit(2, 2).replace(',', ",\n"))], 1),
        ("bulk", vec![format!("{action}\n{bare}\n").repeat(3)], 1),
        ("copies", vec![hits(0..50) + &hits(20..30) + &hit(7, 8) + "\n" + &many], 1),
        ("a late copy", vec![many.clone() + &hit(7, 8) + "\n"], 1),
        ("two of the same", vec![many.clone(), hits(8990..9010)], 2),
        ("an error among hits", vec![hits(0..5) + error + "\n" + &hits(5..9)], 1),
        ("an error in the first of two", vec![hits(0..5) + error + "\n", hits(0..9)], 2),
        ("several in a line", vec![hits(0..5) + &page + &page + &hit(8, 9) + &hits(9..12)], 1),
    ] {
        are_made_alike(name, &sources, n_files);
    }
}

/// Documents that stand in several parts, changed ones among them: each counts in the
/// first, whichever columns are there when the others are made.
#[test]
fn columns_that_are_missing_are_made_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let texts = (0..6).map(|n| hits(n * 10..n * 10 + 25) + &hit(3, n) + "\n");
    let sources = files(folder.path(), texts);
    let dump = folder.path().join("dump");
    let imported = import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let made = columns(&dump);
    for missing in [&[0, 1, 2, 3, 4, 5][..], &[5], &[1, 2, 5], &[0, 3, 4]] {
        for part in missing {
            fs::remove_file(dump.join(imported.manifest.parts[*part].columns_path())).unwrap();
        }
        assert_eq!(make_missing(&dump).unwrap().made, missing.len());
        assert!(columns(&dump) == made, "{missing:?}");
    }
}

/// The columns of a part are not longer for the parts before it.
#[test]
fn columns_take_the_same_room_however_many_parts_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let sources = files(folder.path(), (1000..1060).map(|n| hit(n, 1) + "\n"));
    let dump = folder.path().join("dump");
    import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let lengths: Vec<usize> = columns(&dump).iter().map(|(_, bytes)| bytes.len()).collect();
    let (least, most) = (lengths.iter().min().unwrap(), lengths.iter().max().unwrap());
    assert!(most - least < 200, "{least} to {most}");
}

/// The columns of some sources are so many files, made with the dump or later.
fn are_made_alike(name: &str, sources: &[String], n_files: usize) {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> =
        (0..sources.len()).map(|n| folder.path().join(format!("{name}-{n}.ndjson"))).collect();
    for (path, text) in paths.iter().zip(sources) {
        fs::write(path, text).unwrap();
    }
    let saved = |columns: bool| {
        let dump = folder.path().join(format!("{name}-{columns}"));
        let sources: Vec<_> = paths.iter().map(|path| Source::open(path).unwrap()).collect();
        import(&sources, &dump, String::new(), columns, ReadOptions::default()).unwrap();
        dump
    };
    let (on_the_way, later) = (saved(true), saved(false));
    assert!(columns(&later).is_empty(), "{name}");
    let _ = make_missing(&later);
    assert_eq!(columns(&later).len(), n_files, "{name}");
    assert!(columns(&on_the_way) == columns(&later), "{name}");
}

/// Bytes that this thread has read so far, as Linux counts them.
#[cfg(target_os = "linux")]
fn bytes_read() -> Option<u64> {
    let counts = fs::read_to_string("/proc/thread-self/io").ok()?;
    counts.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

/// Packets need two looks at the flows, and one whether their columns are as they were
/// written.
#[cfg(target_os = "linux")]
#[test]
fn columns_are_looked_at_once_for_packets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.ndjson");
    fs::write(&path, hits(0..60_000)).unwrap();
    let (dump, _) = saved(&path, true);
    let sources = [Source::open(&dump).unwrap()];
    let selection = Selection::default();
    let export = export_of(&sources, &selection, Addresses::Text);
    let read = |form| {
        let before = bytes_read()?;
        export.write(form, std::io::sink()).unwrap();
        Some(bytes_read()? - before)
    };
    // Where the system does not count, there is nothing to compare.
    let Some(once) = read(Form::Csv { safe: false }) else { return };
    let twice = read(Form::V5Pcap).unwrap();
    assert!(twice * 10 < once * 19, "{once} and {twice} bytes");
}

/// The footer of columns names each exporter, some of them three times: where it would be
/// longer than it is read, a dump is made and answered without them, and an export says so.
#[test]
fn names_too_long_for_columns_are_read_from_documents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.ndjson");
    let name = format!("\"{}\"", "A".repeat(22 << 20));
    let long = hit(2, 2).replace("\"r2\"", &name).replace(":5,", ":5,\"flow_seq_num\":1,");
    fs::write(&path, hit(1, 1) + "\n" + &long + "\n").unwrap();
    let footer = "its footer, which names each exporter, would have more than 64 MiB";
    let (dump, imported) = saved(&path, true);
    assert!(columns(&dump).is_empty());
    let Tally { notes, incomplete, .. } = imported.tally;
    assert!(incomplete.is_empty(), "{incomplete:?}");
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert!(note.starts_with("columns cannot hold all of these flows"), "{note}");
    assert!(note.ends_with(footer), "{note}");
    let answer = tally(&dump);
    assert_eq!((answer.total.flows, answer.incomplete.len()), (2, 0));
    let sources = [Source::open(&path).unwrap()];
    let selection = Selection::default();
    let export = export_of(&sources, &selection, Addresses::Number);
    let error = export.write(Form::Parquet, io::sink()).unwrap_err().to_string();
    let expected =
        format!("Parquet cannot hold these flows: {footer}; export them as csv, documents or hits");
    assert_eq!(error, expected);
}

//! What is imported can be had again: documents with their identities, and what
//! holds no documents byte for byte.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use flowkit_analyze::ask::{ReadOptions, ask};
use flowkit_analyze::export::{Addresses, Export, Form};
use flowkit_analyze::import::{Imported, import};
use flowkit_analyze::stats::summary::Summary;
use flowkit_analyze::tally::Tally;
use flowkit_analyze::{Selection, Source, cache, documents, store};
use flowkit_model::answer::Tally;
use flowkit_model::dump::PartForm;

fn tally(path: &Path) -> Tally {
    let sources = [Source::open(path).unwrap()];
    ask(&sources, &Summary::default(), &Selection::default(), ReadOptions::default()).unwrap().tally
}

fn saved(path: &Path, columns: bool) -> (PathBuf, Imported) {
    let dump = PathBuf::from(format!("{}.dump-{columns}", path.display()));
    let sources = [Source::open(path).unwrap()];
    let imported = import(&sources, &dump, String::new(), columns, ReadOptions::default()).unwrap();
    (dump, imported)
}

fn part(dump: &Path, imported: &Imported, n: usize) -> Vec<u8> {
    let file = File::open(dump.join(imported.manifest.parts[n].path())).unwrap();
    zstd::stream::decode_all(file).unwrap()
}

/// A capture of the three flows, with a frame behind them that is no UDP.
fn capture() -> Vec<u8> {
    let sources = [Source::open(Path::new("../testdata/three-flows.ndjson")).unwrap()];
    let selection = Selection::default();
    let mut bytes = Vec::new();
    let export = Export {
        sources: &sources,
        selection: &selection,
        anonymiser: None,
        addresses: Addresses::Number,
        options: ReadOptions::default(),
    };
    export.write(Form::V5Pcap, &mut bytes).unwrap();
    for number in [1_u32, 0, 4, 4] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([0x45, 0, 0, 4]);
    bytes
}

fn csv() -> Vec<u8> {
    b"ts,td,sa,da,sp,dp,pr,ipkt,ibyt\n\
      2018-09-21 00:00:01,1.500,10.0.0.1,10.0.0.2,1,2,TCP,3,4\n\
      Summary\n"
        .to_vec()
}

#[test]
fn what_holds_no_documents_is_kept_byte_for_byte_and_answers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let datagram = fs::read("../testdata/wrap.bin").unwrap();
    let half = &datagram[..datagram.len() - 10];
    let capture = capture();
    for (name, bytes, form, n_values, n_flows) in [
        ("whole.pcap", capture.clone(), PartForm::Capture, 1, 3),
        ("cut.pcap", capture[..capture.len() - 3].to_vec(), PartForm::Capture, 1, 3),
        ("damaged.pcap", [&capture[..], &[7; 50]].concat(), PartForm::Capture, 1, 3),
        ("whole.bin", datagram.repeat(10_000), PartForm::Datagrams, 10_000, 20_000),
        ("cut.bin", [&datagram[..], half].concat(), PartForm::Datagrams, 2, 3),
        ("other.bin", [&datagram[..], &[0, 9, 0, 1]].concat(), PartForm::Datagrams, 1, 2),
        ("flows.csv", csv(), PartForm::Rows, 1, 1),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let before = tally(&path);
        for columns in [true, false] {
            let (dump, imported) = saved(&path, columns);
            assert_eq!(part(&dump, &imported, 0), bytes, "{name}");
            let known = &imported.manifest.parts[0];
            assert_eq!((known.form, known.received), (form, n_values), "{name}");
            assert_eq!(known.bytes, bytes.len() as u64, "{name}");
            // Once from the columns if they are there, once from the part.
            for _ in 0..2 {
                let after = tally(&dump);
                assert_eq!(after.total, before.total, "{name}");
                assert_eq!(after.total.flows, n_flows, "{name}");
                assert_eq!(after.skipped.len(), before.skipped.len(), "{name}");
                assert_eq!(after.incomplete.len(), before.incomplete.len(), "{name}: {after:?}");
            }
            let mut shown = 0;
            let source = [Source::open(&dump).unwrap()];
            let told = documents::each(&source, ReadOptions::default(), |found| {
                shown += u64::from(found.flow().is_some());
                true
            });
            assert_eq!((shown, told.unwrap().skipped.len()), (n_flows, before.skipped.len()));
        }
    }
}

/// Packed captures are unpacked first, and a damaged pack is kept as far as it
/// goes.
#[test]
fn a_packed_capture_is_kept_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    packed.write_all(&capture).unwrap();
    let packed = packed.finish().unwrap();
    for (name, bytes, kept) in [
        ("whole.gz", &packed[..], capture.len()),
        ("cut.gz", &packed[..packed.len() - 100], capture.len() - 92),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (dump, imported) = saved(&path, false);
        assert_eq!(part(&dump, &imported, 0), capture[..kept], "{name}");
        assert_eq!(imported.tally.incomplete.is_empty(), name == "whole.gz", "{name}");
    }
}

#[test]
fn documents_of_a_bulk_request_keep_their_identity() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bulk.ndjson");
    let document = r#"{"netflow":{"bytes":7}}"#;
    let actions = [
        (r#"{"index":{"_index":"a","_id":"1"}}"#, r#"{"_index":"a","_id":"1","_source":"#),
        (
            r#"{"create":{"_index":"a","_id":"2","routing":"r"}}"#,
            r#"{"_index":"a","_id":"2","_routing":"r","_source":"#,
        ),
        (r#"{"index":{}}"#, r#"{"_source":"#),
        (r#"{"index":{"_index":"a","_id":"1"}}"#, r#"{"_index":"a","_id":"1","_source":"#),
    ];
    let text: String = actions.map(|(action, _)| format!("{action}\n{document}\n")).concat();
    fs::write(&path, text).unwrap();
    let before = tally(&path);
    assert_eq!((before.total.flows, before.duplicates.n), (3, 1));
    let (dump, imported) = saved(&path, true);
    let expected: String = actions.map(|(_, hit)| format!("{hit}{document}}}\n")).concat();
    assert_eq!(String::from_utf8(part(&dump, &imported, 0)).unwrap(), expected);
    let after = tally(&dump);
    assert_eq!((after.total.flows, after.duplicates.n), (3, 1));
}

/// A hit that only its id and bytes tell from others.
fn hit(id: u32, bytes: u32) -> String {
    format!(
        r#"{{"_index":"a","_id":"{id}","_source":{{"@timestamp":"2018-09-21T00:00:00.008Z","host":"r{}","netflow":{{"version":5,"bytes":{bytes},"src_addr":"10.0.0.{}"}}}}}}"#,
        id % 3,
        id % 200
    )
}

fn hits(ids: std::ops::Range<u32>) -> String {
    ids.map(|id| hit(id, id) + "\n").collect()
}

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

/// What can be read of a file can be read of its dump: bytes that are no text, and
/// a key that is there twice, lose no flow.
#[test]
fn what_is_read_of_a_file_is_in_its_dump() {
    let folder = tempfile::tempdir().unwrap();
    let twice = hit(3, 3).replacen('{', r#"{"_id":"9","#, 1);
    let mut text = (hits(0..3) + &twice + "\n").into_bytes();
    text.extend(hit(4, 4).replace("r1", "r?").bytes().map(|b| if b == b'?' { 0xff } else { b }));
    for (name, lines) in [
        ("hits", text.clone()),
        ("with a page", {
            let page = format!(r#"{{"hits":{{"hits":[{}]}}}}"#, hit(7, 7)) + "\n";
            [page.as_bytes(), &text].concat()
        }),
    ] {
        let path = folder.path().join(format!("{name}.ndjson"));
        fs::write(&path, &lines).unwrap();
        let of_file = tally(&path);
        assert!(of_file.total.flows >= 5 && of_file.skipped.is_empty());
        for columns in [true, false] {
            let (dump, imported) = saved(&path, columns);
            assert!(imported.tally.skipped.is_empty(), "{name}: {:?}", imported.tally.skipped);
            assert_eq!(tally(&dump).total, of_file.total, "{name} {columns}");
        }
    }
}

#[test]
fn a_source_without_documents_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.ndjson");
    let no_hits = r#"{"hits":{"total":0,"hits":[]}}"#;
    for (text, words) in [("\n", "is empty"), ("", "is empty"), (no_hits, "holds no documents")] {
        fs::write(&path, text).unwrap();
        let (dump, imported) = saved(&path, true);
        assert_eq!(imported.tally.notes, [format!("{} {words}", path.display())]);
        fs::remove_dir_all(dump).unwrap();
    }
}

/// A dump remembers that what it was made of was not all there.
#[test]
fn a_dump_of_a_damaged_file_is_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.ndjson.zst");
    let packed = zstd::encode_all(hits(0..9000).as_bytes(), 1).unwrap();
    fs::write(&path, &packed[..packed.len() - 9]).unwrap();
    let (dump, imported) = saved(&path, true);
    let missing = &imported.tally.incomplete;
    assert!(missing.iter().any(|missing| missing.contains("is damaged")), "{missing:?}");
    assert_eq!(*missing, tally(&path).incomplete);
    let told = tally(&dump).incomplete;
    assert!(told.len() == 1 && told[0].contains(&missing[0]), "{told:?}");
}

/// What a file is known to lack, whoever reads it says: an answer to a question,
/// the listing of its documents, its import, and the dump.
#[test]
fn what_a_file_lacks_its_dump_lacks() {
    let page = |head: &str, ids: std::ops::Range<u32>| {
        let hits: Vec<_> = ids.map(|id| hit(id, id)).collect();
        format!(r#"{{{head}"hits":{{"total":9,"hits":[{}]}}}}"#, hits.join(","))
    };
    let cut = |text: &str| text[..text.len() - 40].to_owned();
    let failed = r#""_shards":{"total":2,"successful":1,"failed":1},"#;
    let error = r#"{"error":{"type":"x_exception","reason":"gone"},"status":404}"#;
    for (name, text, flows, words) in [
        ("a line", cut(&hits(0..5)), 4, &["breaks off in this line"][..]),
        ("an answer", cut(&page("", 0..9)), 8, &["breaks off: 8 whole hits of 9"]),
        ("time", page(r#""timed_out":true,"#, 0..9), 9, &["timed out"]),
        ("shards", page(failed, 0..9), 9, &["some shards failed"]),
        ("pages", page("", 0..4) + &page("", 4..7), 7, &["of which 2 are not here"]),
        (
            "an array",
            format!("[{}\n", hits(0..5).trim().replace('\n', ",\n")),
            5,
            &["breaks off in"],
        ),
        (
            "a second array",
            format!("[{}]\n[{},{}", hit(1, 1), hit(2, 2), hit(3, 3)),
            3,
            &["breaks"],
        ),
        ("an array in a line", hits(0..2) + "[" + &hit(3, 3), 3, &["breaks off in this line"]),
        ("arrays", format!("[{}]\n[{},{}]\n", hit(1, 1), hit(2, 2), hit(3, 3)), 3, &[]),
        ("an array and lines", format!("[{}]\n{}", hit(1, 1), hits(2..4)), 3, &[]),
        ("an array and an answer", format!("[{}]\n{}", hit(9, 9), page("", 0..9)), 10, &[]),
        ("arrays of lines", format!("{}[{},{}]\n", hits(0..1), hit(2, 2), hit(3, 3)), 3, &[]),
        ("an error", page("", 0..9) + error, 9, &["a server's error instead of an answer"]),
        ("both", page(failed, 0..9) + "\n" + &cut(&hits(9..11)), 10, &["shards", "breaks off"]),
        ("nothing", page("", 0..9), 9, &[]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, &text).unwrap();
        let says = |incomplete: &[String]| {
            assert_eq!(incomplete.len(), words.len(), "{name}: {incomplete:?}");
            let all_there = words.iter().zip(incomplete).all(|(words, said)| said.contains(words));
            assert!(all_there, "{name}: {incomplete:?}");
        };
        let of_file = tally(&path);
        assert_eq!(of_file.total.flows, flows, "{name}");
        says(&of_file.incomplete);
        let sources = [Source::open(&path).unwrap()];
        let mut n_documents = 0;
        let listed = documents::each(&sources, ReadOptions::default(), |_| {
            n_documents += 1;
            true
        });
        assert_eq!(n_documents, flows, "{name}");
        says(&listed.unwrap().incomplete);
        for columns in [true, false] {
            let (dump, imported) = saved(&path, columns);
            says(&imported.tally.incomplete);
            let of_dump = tally(&dump);
            assert_eq!(of_dump.total, of_file.total, "{name}");
            assert_eq!(of_dump.incomplete.is_empty(), words.is_empty(), "{name}");
            if let Some(first) = words.first() {
                let told = &of_dump.incomplete[0];
                assert!(told.contains(first), "{name}: {told}");
                assert_eq!(told.contains("; and 1 more"), words.len() == 2, "{name}: {told}");
            }
            says(&imported.manifest.missing().map(str::to_owned).collect::<Vec<_>>());
        }
    }
    // Who wants a few documents is not told of those that were not looked at.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut");
    fs::write(&path, cut(&hits(0..5))).unwrap();
    let one = documents::each(&[Source::open(&path).unwrap()], ReadOptions::default(), |_| false);
    assert!(one.unwrap().incomplete.is_empty());
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
        let refused = import(&sources, &again, String::new(), true, options).unwrap_err();
        assert!(refused.to_string().contains("damaged"), "{refused}");
        assert!(!again.exists());
        let listed = documents::each(&sources, options, |_| true);
        assert_eq!(listed.unwrap_err().to_string(), refused.to_string());
    }
}

/// The answers of a search may be in several sources.
#[test]
fn answers_of_one_search_are_counted_together() {
    let folder = tempfile::tempdir().unwrap();
    let pages = ["page-1.json", "page-2.json"].map(|name| Path::new("../testdata").join(name));
    let open = |pages: &[PathBuf]| -> Vec<Source> {
        pages.iter().map(|page| Source::open(page).unwrap()).collect()
    };
    for (n, columns) in [(2, true), (2, false), (1, true)] {
        let sources = open(&pages[..n]);
        let dump = folder.path().join(format!("{n} {columns}"));
        let options = ReadOptions::default();
        let imported = import(&sources, &dump, String::new(), columns, options).unwrap();
        let missing = &imported.tally.incomplete;
        assert_eq!(missing.is_empty(), n == 2, "{missing:?}");
        assert_eq!(tally(&dump).incomplete.is_empty(), n == 2);
        assert_eq!(documents::each(&sources, options, |_| true).unwrap().incomplete, *missing);
    }
}

/// Indented text that breaks off is one document less, not the rest of the file.
#[test]
fn a_broken_document_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resumed.json");
    let indented = |id: u32| {
        let value: serde_json::Value = serde_json::from_str(&hit(id, id)).unwrap();
        serde_json::to_string_pretty(&value).unwrap() + "\n"
    };
    let mut documents: Vec<String> = (0..3000).map(indented).collect();
    for (id, words) in [(10, "addr"), (20, "\"bytes"), (2990, "\n  }")] {
        let cut = documents[id].find(words).unwrap();
        documents[id].truncate(cut);
        documents[id].push('\n');
    }
    fs::write(&path, documents.concat()).unwrap();
    for path in [path.clone(), saved(&path, true).0] {
        let of_file = tally(&path);
        assert_eq!(of_file.total.flows, 2997, "{:?}", of_file.skipped);
    }
    assert_eq!(tally(&path).skipped[0].n, 3);
    let notes = saved(&path, false).1.manifest.notes;
    assert!(notes.iter().any(|note| note.starts_with("left out 3 (not JSON), the first at ")));
}

/// A `_bulk` request may begin with a deletion, and have more of them.
#[test]
fn a_deletion_is_an_action() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bulk");
    let delete = r#"{"delete":{"_index":"a","_id":"9"}}"#;
    let index = "{\"index\":{\"_index\":\"a\",\"_id\":\"1\"}}\n{\"netflow\":{\"bytes\":5}}";
    fs::write(&path, format!("{delete}\n{index}\n{delete}\n{delete}\n{index}\n")).unwrap();
    for path in [path.clone(), saved(&path, true).0] {
        let of_file = tally(&path);
        let found = (of_file.total.flows, of_file.total.bytes, of_file.duplicates.n);
        assert_eq!(found, (1, 5, 1));
        assert!(of_file.skipped.is_empty(), "{:?}", of_file.skipped);
    }
}

/// What holds nothing but what shows why becomes no dump.
#[test]
fn a_source_that_is_no_source_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, words) in [("error.json", "index_not_found"), ("not-json.txt", "not JSON")] {
        let path = Path::new("../testdata").join(name);
        let dump = folder.path().join(name);
        let sources = [Source::open(&path).unwrap()];
        let refused = import(&sources, &dump, String::new(), true, ReadOptions::default());
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(words) && error.contains(name), "{error}");
        assert!(!dump.exists());
        let listed = documents::each(&sources, ReadOptions::default(), |_| true);
        assert_eq!(listed.unwrap_err().to_string(), error);
    }
}

/// Columns that an import makes while it writes are, byte for byte, those that
/// are made of the parts later; none are made in either way of damaged ones.
#[test]
fn columns_made_on_the_way_are_those_made_later() {
    let folder = tempfile::tempdir().unwrap();
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
            0,
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
        let paths: Vec<_> =
            (0..sources.len()).map(|n| folder.path().join(format!("{name}-{n}.ndjson"))).collect();
        for (path, text) in paths.iter().zip(&sources) {
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
        let _ = cache::make_missing(&later);
        assert_eq!(columns(&later).len(), n_files, "{name}");
        assert!(columns(&on_the_way) == columns(&later), "{name}");
    }
}

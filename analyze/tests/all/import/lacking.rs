//! What a file is known to lack, and what in it is broken, its dump says too.

use std::fs;
use std::path::{Path, PathBuf};

use flowkit_analyze::export::Addresses;
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source, documents};

use super::{hit, hits, saved};
use crate::asking::tally;
use crate::exporting::export_of;

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

/// Of a source that holds something, and no flow, no dump is made; the error is that
/// of a question.
#[test]
fn a_source_without_a_flow_is_not_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (path, dump) = (folder.path().join("in"), folder.path().join("dump"));
    let flow = hit(1, 1) + "\n";
    let version_9 = r#"{"netflow":{"version":9,"bytes":1}}"#;
    for text in [
        "{\"message\":\"a\"}\n{\"message\":\"b\"}\n",
        "[\n{\"message\":\"a\"}\n]\n",
        version_9,
        r#"{"hits":{"total":1,"hits":[{"_id":"1"}]}}"#,
        "a log line\n",
    ] {
        fs::write(&path, text).unwrap();
        let sources = || [Source::open(&path).unwrap()];
        let asked = export_of(&sources(), &Selection::default(), Addresses::Text).flows(|_| Ok(()));
        let asked = asked.unwrap_err().to_string();
        let import = |sources: &[Source]| {
            import(sources, &dump, String::new(), true, ReadOptions::default())
        };
        assert_eq!(import(&sources()).unwrap_err().to_string(), asked, "{text}");
        assert!(!dump.exists(), "{text}");
        // With others it is judged alone.
        let whole = folder.path().join("whole");
        fs::write(&whole, &flow).unwrap();
        let both = [Source::open(&whole).unwrap(), Source::open(&path).unwrap()];
        assert_eq!(import(&both).unwrap_err().to_string(), asked, "{text}");
        // One flow is enough.
        fs::write(&path, format!("{flow}{text}")).unwrap();
        import(&sources()).unwrap();
        fs::remove_dir_all(&dump).unwrap();
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
        ("an array that begins", hits(0..2) + "[\n", 2, &["breaks off in this line"]),
        ("an array in a line", hits(0..2) + "[" + &hit(3, 3), 3, &["breaks off in this line"]),
        ("arrays", format!("[{}]\n[{},{}]\n", hit(1, 1), hit(2, 2), hit(3, 3)), 3, &[]),
        ("an array and lines", format!("[{}]\n{}", hit(1, 1), hits(2..4)), 3, &[]),
        ("an array and an answer", format!("[{}]\n{}", hit(9, 9), page("", 0..9)), 10, &[]),
        ("arrays of lines", format!("{}[{},{}]\n", hits(0..1), hit(2, 2), hit(3, 3)), 3, &[]),
        ("an error", page("", 0..9) + error, 9, &["a server's error instead of an answer"]),
        ("both", page(failed, 0..9) + "\n" + &cut(&hits(9..11)), 10, &["shards", "breaks off"]),
        ("nothing", page("", 0..9), 9, &[]),
    ] {
        is_lacking_everywhere(name, &text, flows, words);
    }
    // Who wants a few documents is not told of those that were not looked at.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut");
    fs::write(&path, cut(&hits(0..5))).unwrap();
    let one = documents::each(&[Source::open(&path).unwrap()], ReadOptions::default(), |_| false);
    assert!(one.unwrap().incomplete.is_empty());
}

/// A file of some text has so many flows, and whoever reads it says what it lacks, a
/// sentence for each of the words.
fn is_lacking_everywhere(name: &str, text: &str, flows: u64, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
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

/// What was passed over of one kind does not hide the other.
#[test]
fn csv_and_broken_text_among_documents_are_both_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.txt");
    let csv = "sa,da,ibyt\n10.0.0.1,10.0.0.2,3\n10.0.0.1,10.0.0.2,4\n";
    let text = [&hits(0..3), "{\"a\": b{\n", &hits(3..5), csv, &hits(5..7)].concat();
    fs::write(&path, text).unwrap();
    let incomplete = tally(&path).incomplete.join("\n");
    for told in ["may have held a document", "of csv among documents were passed over"] {
        assert!(incomplete.contains(told), "{told}: {incomplete}");
    }
}

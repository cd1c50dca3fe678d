//! Every form of the list of inputs: recognised, and read as it is when named.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use flowkit_analyze::export::{Addresses, Form};
use flowkit_analyze::import::import;
use flowkit_analyze::input::{INPUTS, InputForm};
use flowkit_analyze::{ReadOptions, Selection, Source};
use flowkit_model::FlowRecord;

use crate::exporting::{all_flows, export_of};

const HITS: &str = "../testdata/three-flows.ndjson";

fn export(form: Form, addresses: Addresses, path: &Path) {
    let sources = [Source::open(Path::new(HITS)).unwrap()];
    let selection = Selection::default();
    export_of(&sources, &selection, addresses).write(form, File::create(path).unwrap()).unwrap();
}

/// A hit as an action and a document.
fn bulk(hit: &str) -> String {
    let (action, document) = hit.split_once(",\"_source\":").unwrap();
    let action = action.split(",\"_score\"").next().unwrap();
    let document = document.strip_suffix('}').unwrap();
    format!("{{\"index\":{action}}}}}\n{document}\n")
}

/// The same three flows in a form.
fn sample(form: &InputForm, folder: &Path) -> PathBuf {
    let path = folder.join(form.name);
    let hits = fs::read_to_string(HITS).unwrap();
    let write = |text: String| fs::write(&path, text).unwrap();
    match form.name {
        "hits" => return HITS.into(),
        "documents" => return "../testdata/bare.ndjson".into(),
        "answers" => write(
            fs::read_to_string("../testdata/page-1.json").unwrap()
                + &fs::read_to_string("../testdata/page-2.json").unwrap(),
        ),
        "array" => write(format!("[{}]", hits.trim().replace('\n', ",\n"))),
        "objects" => write(hits.replace(",\"_source\":", ",\n  \"_source\":\n")),
        "bulk" => {
            let lines: Vec<String> = hits.lines().map(bulk).collect();
            write(lines.concat());
        }
        "nfdump-json" => return "../testdata/nfdump.json".into(),
        "csv" => export(Form::Csv { safe: false }, Addresses::Text, &path),
        "parquet" => export(Form::Parquet, Addresses::Number, &path),
        "pcap" => export(Form::V5Pcap, Addresses::Number, &path),
        "datagrams" => {
            let capture = folder.join("for-datagrams");
            export(Form::V5Pcap, Addresses::Number, &capture);
            let mut bytes = Vec::new();
            let source = Source::open(&capture).unwrap();
            flowkit_analyze::documents::packets::each(&source, |payload| {
                bytes.extend_from_slice(payload.bytes);
                true
            })
            .unwrap();
            fs::write(&path, bytes).unwrap();
        }
        "dump" => {
            let sources = [Source::open(Path::new(HITS)).unwrap()];
            import(&sources, &path, String::new(), true, ReadOptions::default()).unwrap();
        }
        name => panic!("no sample of {name}"),
    }
    path
}

/// What a form leaves of a flow: what every form has.
fn essence(flow: &FlowRecord) -> String {
    let FlowRecord { src_addr, dst_addr, dst_port, protocol, packets, bytes, .. } = flow;
    format!("{src_addr:?} {dst_addr:?} {dst_port:?} {protocol:?} {packets:?} {bytes:?}")
}

#[test]
fn every_form_is_recognised_and_read_the_same_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected: Vec<String> =
        all_flows(Source::open(Path::new(HITS)).unwrap()).iter().map(essence).collect();
    assert_eq!(expected.len(), 3);
    expected.sort();
    for form in INPUTS {
        let path = sample(form, folder.path());
        let told = all_flows(Source::open(&path).unwrap());
        let named = all_flows(Source::open_as(&path, Some(form)).unwrap());
        assert_eq!(told, named, "{}", form.name);
        let mut found: Vec<String> = told.iter().map(essence).collect();
        found.sort();
        assert_eq!(found, expected, "{}", form.name);
        assert_eq!(InputForm::by_name(form.name), Some(form));
    }
    assert_eq!(InputForm::by_name("xml"), None);
}

/// Addresses as numbers, and all that csv has, come back.
#[test]
fn csv_of_both_kinds_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.csv");
    let expected = all_flows(Source::open(Path::new(HITS)).unwrap());
    for addresses in [Addresses::Text, Addresses::Number] {
        export(Form::Csv { safe: false }, addresses, &path);
        assert_eq!(all_flows(Source::open(&path).unwrap()), expected, "{addresses:?}");
    }
}

/// The two things that nfdump prints of the same flows differ in what they
/// leave out, and in nothing else.
#[test]
fn csv_and_json_of_nfdump_agree() {
    let read = |name: &str| all_flows(Source::open(&Path::new("../testdata").join(name)).unwrap());
    let second = |ms: Option<u64>| ms.map(|ms| ms / 1000);
    for (csv, json) in read("nfdump.csv").into_iter().zip(read("nfdump.json")) {
        let duration =
            |flow: &FlowRecord| flow.last_switched_ms.unwrap() - flow.first_switched_ms.unwrap();
        assert_eq!(duration(&csv), duration(&json));
        assert_eq!(second(csv.first_switched_ms), second(json.first_switched_ms));
        let expected = FlowRecord {
            first_switched_ms: json.first_switched_ms,
            last_switched_ms: json.last_switched_ms,
            next_hop: None,
            engine_type: None,
            engine_id: None,
            ..csv
        };
        assert_eq!(json, expected);
    }
}

/// A form that a file does not have is no reason to panic or to hang.
#[test]
fn every_form_survives_every_other() {
    let folder = tempfile::tempdir().unwrap();
    for there in INPUTS.iter().filter(|form| form.name != "dump") {
        let path = sample(there, folder.path());
        for named in INPUTS {
            let Ok(source) = Source::open_as(&path, Some(named)) else { continue };
            let sources = [source];
            let _ = export_of(&sources, &Selection::default(), Addresses::Text).flows(|_| Ok(()));
        }
    }
}

/// A capture of which nothing can be read is no capture without flows.
#[test]
fn a_capture_that_is_not_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    export(Form::V5Pcap, Addresses::Number, &path);
    let whole = fs::read(&path).unwrap();
    // The last number of the header says what the frames are of.
    let of_link = |link: u32| [&whole[..20], &link.to_le_bytes(), &whole[24..]].concat();
    let selection = Selection::default();
    for (bytes, incomplete) in [
        (of_link(101), ""),
        (whole[..20].to_vec(), "breaks off in the header of the capture"),
        (whole[..24].to_vec(), ""),
    ] {
        fs::write(&path, bytes).unwrap();
        let sources = [Source::open(&path).unwrap()];
        let tally = export_of(&sources, &selection, Addresses::Text).flows(|_| Ok(())).unwrap();
        assert_eq!(tally.incomplete.len(), usize::from(!incomplete.is_empty()), "{tally:?}");
        assert!(tally.incomplete.iter().all(|said| said.contains(incomplete)), "{tally:?}");
        assert!(tally.notes.is_empty(), "{tally:?}");
        // It is kept with what is wrong with it.
        let dump = folder.path().join("dump");
        import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
        let sources = [Source::open(&dump).unwrap()];
        let kept = export_of(&sources, &selection, Addresses::Text).flows(|_| Ok(())).unwrap();
        assert_eq!(kept.incomplete.is_empty(), incomplete.is_empty(), "{kept:?}");
        fs::remove_dir_all(&dump).unwrap();
    }
    fs::write(&path, of_link(147)).unwrap();
    let sources = [Source::open(&path).unwrap()];
    let refused = export_of(&sources, &selection, Addresses::Text).flows(|_| Ok(())).unwrap_err();
    assert!(refused.to_string().contains("in link type 147"), "{refused}");
    let dump = folder.path().join("dump");
    let refused = import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap_err();
    assert!(format!("{refused:?}").contains("in link type 147"), "{refused:?}");
}

#[test]
fn a_folder_without_files_says_what_is_not_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("day")).unwrap();
    fs::copy(HITS, folder.path().join("day/hits.ndjson")).unwrap();
    fs::copy(HITS, folder.path().join(".hidden.ndjson")).unwrap();
    let refused = Source::open(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("holds no files") && refused.contains("subfolders"), "{refused}");
    fs::copy(HITS, folder.path().join("hits.ndjson")).unwrap();
    assert_eq!(all_flows(Source::open(folder.path()).unwrap()).len(), 3);
}

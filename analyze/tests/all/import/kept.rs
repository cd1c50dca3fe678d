//! What is in a dump of a file is what the file holds.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flowkit_analyze::export::{Addresses, Form};
use flowkit_analyze::import::Imported;
use flowkit_analyze::{ReadOptions, Selection, Source, documents};
use flowkit_model::dump::PartForm;

use super::{hit, hits, saved};
use crate::asking::tally;
use crate::exporting::export_of;

fn part(dump: &Path, imported: &Imported, n: usize) -> Vec<u8> {
    let file = File::open(dump.join(imported.manifest.parts[n].path())).unwrap();
    zstd::stream::decode_all(file).unwrap()
}

/// A capture of the three flows, with a frame behind them that is no UDP.
fn capture() -> Vec<u8> {
    let sources = [Source::open(Path::new("../testdata/three-flows.ndjson")).unwrap()];
    let selection = Selection::default();
    let mut bytes = Vec::new();
    let export = export_of(&sources, &selection, Addresses::Number);
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

//! Packed files, told by their content: gzip and zstd, one member or several.

use std::fs;
use std::io::Write;

use crate::asking::tally;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn zstd_frame(text: &[u8]) -> Vec<u8> {
    let mut packed = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    packed.include_checksum(true).unwrap();
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// Some 3 MB of hits, so that there are several blocks.
fn hits() -> Vec<u8> {
    let line = fs::read_to_string("../testdata/three-flows.ndjson").unwrap();
    (0..2000).flat_map(|n| line.replace("flow-", &format!("flow-{n}-")).into_bytes()).collect()
}

#[test]
fn packed_files_hold_the_same_flows() {
    let folder = tempfile::tempdir().unwrap();
    let hits = hits();
    let (first, second) = hits.split_at(hits.len() / 3);
    for (name, packed) in [
        ("plain.gz", hits.clone()),
        ("one.ndjson", gzip(&hits)),
        ("two.zst", [gzip(first), gzip(second)].concat()),
        ("one", zstd_frame(&hits)),
        ("two", [zstd_frame(first), zstd_frame(second)].concat()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, packed).unwrap();
        let tally = tally(&path);
        assert_eq!((tally.total.flows, tally.total.bytes), (6000, 2000 * 21_264), "{name}");
        assert!(tally.incomplete.is_empty() && tally.skipped.is_empty(), "{name}");
    }
}

#[test]
fn a_packed_file_that_was_cut_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let hits = hits();
    for (name, packed) in [("gzip", gzip(&hits)), ("zstd", zstd_frame(&hits))] {
        let path = folder.path().join(name);
        fs::write(&path, &packed[..packed.len() * 2 / 3]).unwrap();
        let tally = tally(&path);
        assert!(tally.total.flows < 6000, "{name}");
        assert!(tally.incomplete.iter().any(|said| said.contains("breaks off")), "{tally:?}");
    }
}

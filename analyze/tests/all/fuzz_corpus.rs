//! Replays the corpus of the fuzz targets: nothing may panic or disagree.

use std::path::Path;

/// Places at which each input is cut and changed; fuzzers do the rest.
const STEPS: usize = 200;

#[test]
fn the_corpus_is_read_without_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    std::thread::scope(|scope| {
        for (target, read) in [
            ("json", flowkit_analyze::fuzz::json as fn(&[u8])),
            ("text", flowkit_analyze::fuzz::text),
            ("wire", flowkit_analyze::fuzz::wire),
            ("columns", flowkit_analyze::fuzz::columns),
            ("manifest", flowkit_analyze::fuzz::manifest),
        ] {
            let inputs = corpus.join(target);
            scope.spawn(move || replay(&inputs, read));
        }
    });
}

fn replay(inputs: &Path, read: fn(&[u8])) {
    let mut n_files = 0;
    for entry in std::fs::read_dir(inputs).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        // The whole, and beginnings of it.
        let step = (bytes.len() / STEPS).max(1);
        for end in (0..=bytes.len()).step_by(step) {
            read(&bytes[..end]);
        }
        // One byte changed, at places all over it.
        for at in (0..bytes.len()).step_by(step) {
            let mut other = bytes.clone();
            other[at] ^= 1 << (at % 8);
            read(&other);
        }
        n_files += 1;
    }
    assert!(n_files > 0, "{} has inputs", inputs.display());
}

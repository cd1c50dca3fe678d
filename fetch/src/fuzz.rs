//! Entry point for fuzzers and for the test that replays their corpus: a page as a
//! server that nobody runs may send it.
//!
//! It must not panic, hang, or use memory beyond some times the page.

use flowkit_model::dump::{HitId, Span};

use crate::page::check::{CursorCheck, Snapshot};
use crate::page::head::Head;
use crate::page::hits::{hit_ms, into_lines, last_sort, split_hits};
use crate::page::sample::describe;
use crate::server::refusal::Refusal;

/// Passes a page through all that looks at one before it is written.
///
/// # Panics
/// If what would be written is not the hits that were found, one a line.
pub fn page(bytes: &[u8]) {
    let index = "netflow-2018.09.21";
    if let Ok(head) = Head::read(bytes) {
        let _ = Snapshot::new(index, &head).check(2, &head);
        let _ = Snapshot::before_page_1(index).check(1, &head);
    }
    for status in [200, 404, 429] {
        let refusal = Refusal::new(status, bytes);
        let _ = (refusal.words(), refusal.largest_page());
    }
    let _ = last_sort(bytes);
    let (mut body, mut hits) = (bytes.to_vec(), Vec::new());
    if split_hits(&body, &mut hits).is_err() {
        return;
    }
    let found: Vec<Vec<u8>> = hits.iter().map(|hit| one_line(&bytes[hit.clone()])).collect();
    let lines = into_lines(&mut body, &mut hits);
    let mut expected: Vec<u8> = Vec::new();
    for hit in &found {
        expected.extend(hit);
        expected.push(b'\n');
    }
    assert!(body[lines] == expected, "hits were not written as they came");
    let window = Span { from_ms: Some(1_537_488_000_000), to_ms: Some(1_537_574_400_000) };
    let mut check = CursorCheck::new(index, false, window, found.len() as u64);
    for hit in &found {
        let _ = (hit_ms(hit), describe(hit));
        if let Ok(id) = HitId::read(hit) {
            let _ = check.check_document(&id, hit);
        }
    }
    check.end_of_page();
}

/// A hit with blanks for its line ends.
fn one_line(hit: &[u8]) -> Vec<u8> {
    hit.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Each input of the corpus, cut and changed.
    #[test]
    fn the_corpus_is_read_without_panic() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/page");
        let mut n_files = 0;
        for entry in std::fs::read_dir(corpus).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let step = (bytes.len() / 200).max(1);
            for end in (0..=bytes.len()).step_by(step) {
                super::page(&bytes[..end]);
            }
            for at in (0..bytes.len()).step_by(step) {
                let mut other = bytes.clone();
                other[at] ^= 1 << (at % 8);
                super::page(&other);
            }
            n_files += 1;
        }
        assert!(n_files > 3, "the corpus has inputs");
    }
}

//! Documents that are a line each and have a known shape, as nearly all are: the
//! end of the line is not looked for, and columns are filled some rows at a time.

use flowkit_model::Row;
use memchr::memchr;

use super::blocks::Block;
use super::parse::Parsed;
use super::shape_cache::ShapeReader;
use crate::batch::Batch;
use crate::dedup::Identity;

impl Parsed {
    /// Reads documents that are a line each.
    pub(super) fn lines(&mut self, block: &Block, reader: &mut ShapeReader) {
        let text = &block.text[..];
        let mut ahead = Ahead::new();
        let (mut at, mut line) = (0, block.line);
        while at < text.len() {
            if let Some(shaped) = reader.read_line(&text[at..], ahead.next()) {
                let row = ahead.keep();
                self.note(row, Identity::of(shaped.id, row), line);
                self.n_values += 1;
                at += shaped.length;
                if ahead.is_full() {
                    ahead.hand_on(&mut self.batch);
                }
            } else {
                ahead.hand_on(&mut self.batch);
                self.odd_lines += 1;
                let end = memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
                let (whole, document) = (&text[at..end], text[at..end].trim_ascii());
                if document.len() < whole.len() {
                    self.document(document, line, block, reader);
                } else if !document.is_empty() {
                    self.value(document, line, block, reader);
                }
                at = end + 1;
            }
            line += 1;
        }
        ahead.hand_on(&mut self.batch);
    }
}

/// Rows at a time: 25 kB, which stay in the first-level cache until their
/// columns are filled.
const ROWS: usize = 32;

/// Some rows ahead of the columns.
struct Ahead<'t> {
    rows: Vec<Row<'t>>,
    kept: usize,
}

impl<'t> Ahead<'t> {
    fn new() -> Self {
        Self { rows: vec![Row::default(); ROWS], kept: 0 }
    }

    /// The row to read into; it is not full.
    fn next(&mut self) -> &mut Row<'t> {
        &mut self.rows[self.kept]
    }

    /// Keeps that row.
    fn keep(&mut self) -> &Row<'t> {
        self.kept += 1;
        &self.rows[self.kept - 1]
    }

    fn is_full(&self) -> bool {
        self.kept == ROWS
    }

    /// Fills columns, and is empty again.
    fn hand_on(&mut self, batch: &mut Batch) {
        batch.push_rows(&self.rows[..self.kept]);
        self.kept = 0;
    }
}

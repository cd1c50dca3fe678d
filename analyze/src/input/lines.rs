//! Newline-delimited documents of a known shape, as nearly all are: the line end
//! is not searched for, and columns are filled several rows at a time.

use flowkit_model::Row;
use memchr::memchr;

use super::block::Block;
use super::parse::Parsed;
use super::shape_cache::ShapeReader;
use crate::batch::Batch;
use crate::dedup::Identity;

impl Parsed {
    /// Reads newline-delimited documents.
    pub(super) fn lines(&mut self, block: &Block, reader: &mut ShapeReader) {
        let text = &block.text[..];
        let mut buffer = RowBuffer::new();
        let (mut at, mut line) = (0, block.line);
        while at < text.len() {
            if let Some(shaped) = reader.read_line(&text[at..], buffer.next()) {
                let row = buffer.keep();
                self.note(row, Identity::of(shaped.id, row), line);
                self.n_values += 1;
                at += shaped.length;
                if buffer.is_full() {
                    buffer.hand_on(&mut self.batch);
                }
            } else {
                buffer.hand_on(&mut self.batch);
                self.odd_lines += 1;
                let end = memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
                let (whole, document) = (&text[at..end], text[at..end].trim_ascii());
                if document.len() < whole.len() {
                    self.document(document, line, block, reader);
                } else if !document.is_empty() {
                    self.entry_or_stretches(document, line, block, reader);
                }
                at = end + 1;
            }
            line += 1;
        }
        buffer.hand_on(&mut self.batch);
    }
}

/// Rows per buffer: 25 kB, which stay in the L1 cache until their columns are
/// filled.
const ROWS: usize = 32;

/// Rows that are read and not yet appended to the columns.
struct RowBuffer<'t> {
    rows: Vec<Row<'t>>,
    n_rows: usize,
}

impl<'t> RowBuffer<'t> {
    fn new() -> Self {
        Self { rows: vec![Row::default(); ROWS], n_rows: 0 }
    }

    /// The row to read into; the buffer is not full.
    fn next(&mut self) -> &mut Row<'t> {
        &mut self.rows[self.n_rows]
    }

    /// Adds the row that was just read to the buffer.
    fn keep(&mut self) -> &Row<'t> {
        self.n_rows += 1;
        &self.rows[self.n_rows - 1]
    }

    fn is_full(&self) -> bool {
        self.n_rows == ROWS
    }

    /// Appends the rows to the columns and empties the buffer.
    fn hand_on(&mut self, batch: &mut Batch) {
        batch.push_rows(&self.rows[..self.n_rows]);
        self.n_rows = 0;
    }
}

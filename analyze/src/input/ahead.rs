//! Rows that were read and are not in columns yet.

use flowkit_model::Row;

use crate::columns::Batch;

/// Rows at a time: 25 kB, which stay in the first-level cache until their
/// columns are filled.
const ROWS: usize = 32;

/// Some rows ahead of the columns.
pub(super) struct Ahead<'t> {
    rows: Vec<Row<'t>>,
    kept: usize,
}

impl<'t> Ahead<'t> {
    pub(super) fn new() -> Self {
        Self { rows: vec![Row::default(); ROWS], kept: 0 }
    }

    /// The row to read into; it is not full.
    pub(super) fn next(&mut self) -> &mut Row<'t> {
        &mut self.rows[self.kept]
    }

    /// Keeps that row.
    pub(super) fn keep(&mut self) -> &Row<'t> {
        self.kept += 1;
        &self.rows[self.kept - 1]
    }

    pub(super) fn is_full(&self) -> bool {
        self.kept == ROWS
    }

    /// Fills columns, and is empty again.
    pub(super) fn hand_on(&mut self, batch: &mut Batch) {
        batch.push_rows(&self.rows[..self.kept]);
        self.kept = 0;
    }
}

//! What the engine requires of a report: it accumulates batches of columns, on
//! any thread, and makes an answer of the merged partial results.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Cell, Tally};
use flowkit_model::{FieldId, Kind};

use crate::batch::Batch;
use crate::batch::dictionary::Codebook;
use crate::spill::memory::Memory;

/// A question that is answered by accumulating batches.
///
/// Batches come in any order and on any thread, so `add` and `merge` must not
/// depend on it.
pub(crate) trait Statistic: Sync {
    /// The partial result of one thread.
    type Partial: Send;

    /// The fields it needs, beside those of the tally.
    fn fields(&self) -> Vec<FieldId>;

    /// Fields of NetFlow v9 and IPFIX that it needs where flows have them: batches of a
    /// file of version 5 come without ([`Batch::column_if_any`]), so that it pays nothing.
    fn fields_if_any(&self) -> Vec<FieldId> {
        Vec::new()
    }

    /// A field that it accepts dictionary-encoded ([`Batch::dictionary_column`]),
    /// where a file stores it so. Batches of other sources have the plain column.
    fn dictionary_key(&self) -> Option<FieldId> {
        None
    }

    /// Whether it is given flows in the order of the sources: each batch with its place,
    /// batches of an earlier wave before those of a later one.
    fn is_ordered(&self) -> bool {
        false
    }

    /// An empty partial result; beyond the budget of `memory` it is spilled.
    fn start(&self, memory: &Arc<Memory>) -> Self::Partial;

    /// Adds the flows of a batch.
    fn add(&self, partial: &mut Self::Partial, batch: &Batch);

    /// Adds the flows of a batch, which stands at a place in the sources.
    fn add_at(&self, partial: &mut Self::Partial, batch: &Batch, _: Place) {
        self.add(partial, batch);
    }

    /// Adds flows that were exported after the window and began before its end. They
    /// are in no sum; only a selection [with such flows](crate::selection::Selection::with_later)
    /// gives any.
    fn add_later(&self, _: &mut Self::Partial, _: &Batch) {}

    /// Called after the batches of a row group, on the thread that added them: its
    /// dictionary codes mean nothing in the next row group.
    fn finish_row_group(&self, _: &mut Self::Partial) {}

    /// Merges the partial result of another thread.
    fn merge(&self, partial: &mut Self::Partial, other: Self::Partial);

    /// The answer; `codes` are those of the dictionary.
    ///
    /// # Errors
    /// If temporary files cannot be used, or it would have too many rows.
    fn answer(
        &self,
        partial: Self::Partial,
        codes: &Codebook,
        tally: &Tally,
    ) -> Result<Answer, NoAnswer>;
}

/// Where a batch stands in the sources: the number of its block or row group, and its own
/// there. Only an [ordered](Statistic::is_ordered) statistic may use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) block: u64,
    pub(crate) batch: u32,
}

/// Why there is no answer once all flows are accumulated.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// Temporary files cannot be used.
    Spill(io::Error),
    /// A timeline would have more rows than are kept in memory.
    TooManyRows {
        /// The limit.
        most: usize,
        /// What there would be, if that was counted.
        what: String,
    },
}

impl From<io::Error> for NoAnswer {
    fn from(error: io::Error) -> Self {
        Self::Spill(error)
    }
}

pub(crate) fn key_cell(kind: Kind, value: Option<u64>, codes: &Codebook) -> Cell {
    match (kind, value) {
        (_, None) => Cell::Unknown,
        (Kind::Text, Some(code)) => {
            codes.text(code).map_or(Cell::Unknown, |text| Cell::Text(text.to_owned()))
        }
        (Kind::Address, Some(code)) => {
            codes.address(code).map_or(Cell::Unknown, |address| Cell::Number(address.number()))
        }
        (_, Some(value)) => Cell::from(value),
    }
}

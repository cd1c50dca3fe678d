//! What a report is, seen from the engine: something that adds up batches of
//! columns, on any thread, and makes an answer of the sums.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Cell, Tally};
use flowkit_model::{FieldId, Kind};

use crate::batch::Batch;
use crate::spill::memory::Memory;

/// A question that is answered by adding up batches.
///
/// Batches come in any order and on any thread, so `add` and `merge` must not
/// depend on it.
pub(crate) trait Statistic: Sync {
    /// What one thread has added up.
    type Partial: Send;

    /// The fields it reads, beside those that the tally reads.
    fn fields(&self) -> Vec<FieldId>;

    /// A field that it would rather have by places in a list of values
    /// ([`Batch::coded`]) than as a column, where a file has it so. Batches
    /// that come from elsewhere have the column.
    fn coded(&self) -> Option<FieldId> {
        None
    }

    /// Nothing yet; what is kept beyond `memory` goes to temporary files.
    fn start(&self, memory: &Arc<Memory>) -> Self::Partial;

    /// Adds the flows of a batch.
    fn add(&self, partial: &mut Self::Partial, batch: &Batch);

    /// Puts in order what was added of a row group, while other threads are at
    /// theirs: the places of its lists mean nothing in the next.
    fn settle(&self, _: &mut Self::Partial) {}

    /// Adds what another thread added up.
    fn merge(&self, partial: &mut Self::Partial, other: Self::Partial);

    /// The answer; `texts` are the dictionary's, by number.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    fn answer(&self, partial: Self::Partial, texts: &[String], tally: &Tally)
    -> io::Result<Answer>;
}

/// A key's value; text is looked up.
pub(super) fn key_cell(kind: Kind, value: Option<u64>, texts: &[String]) -> Cell {
    match (kind, value) {
        (_, None) => Cell::Unknown,
        (Kind::Text, Some(number)) => usize::try_from(number)
            .ok()
            .and_then(|number| texts.get(number))
            .map_or(Cell::Unknown, |text| Cell::Text(text.clone())),
        (_, Some(value)) => Cell::from(value),
    }
}

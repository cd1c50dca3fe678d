//! The questions: one file each.
//!
//! To add one, add a file with a type that is a [`Statistic`], and a command
//! that asks it.

pub mod fields;
pub mod pairs;
pub mod ports;
pub mod ranking;
pub mod summary;
pub mod talkers;
pub mod top;

use flowkit_model::FieldId;

use crate::answer::Answer;
use crate::columns::Batch;
use crate::tally::Tally;

/// A question that is answered by adding up batches.
///
/// Batches come in any order and on any thread, so `add` and `merge` must not
/// depend on it.
pub trait Statistic: Sync {
    /// What one thread has added up.
    type Partial: Send;

    /// The fields it reads, beside those that the tally reads.
    fn fields(&self) -> Vec<FieldId>;

    /// Nothing yet.
    fn start(&self) -> Self::Partial;

    /// Adds the flows of a batch.
    fn add(&self, partial: &mut Self::Partial, batch: &Batch);

    /// Adds what another thread added up.
    fn merge(&self, partial: &mut Self::Partial, other: Self::Partial);

    /// The answer; `texts` are the dictionary's, by number.
    fn answer(&self, partial: Self::Partial, texts: &[String], tally: &Tally) -> Answer;
}

/// Which rows of a ranking to give.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// What to rank by.
    pub sort: crate::answer::Metric,
    /// How many rows; 0 is all.
    pub limit: usize,
}

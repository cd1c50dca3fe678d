//! The questions: one file each.
//!
//! To add one, add a file with a type that is a [`Statistic`], and a command
//! that asks it.

pub mod beacons;
pub mod check;
pub mod diff;
pub mod exporters;
pub mod fields;
pub mod grouping;
mod key_cell;
pub mod pairs;
pub mod ports;
pub mod protocols;
pub mod scans;
pub mod summary;
pub mod talkers;
pub mod timeline;
pub mod top;

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Tally};
use flowkit_model::{FieldId, Metric, Sums};

use crate::batch::Batch;
use crate::question::measure::{Condition, Measure};
use crate::spill::memory::Memory;

/// A question that is answered by adding up batches.
///
/// Batches come in any order and on any thread, so `add` and `merge` must not
/// depend on it.
pub trait Statistic: Sync {
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

/// Which rows of a ranking to give.
#[derive(Clone, Debug)]
pub struct Order {
    /// What to rank by.
    pub sort: Measure,
    /// How many rows; 0 is all.
    pub limit: usize,
    /// The smallest first.
    pub bottom: bool,
    /// The share a row must have in the total, in millionths of a percent.
    pub least_share: u64,
    /// What else a row must fulfil.
    pub having: Vec<Condition>,
}

impl Default for Order {
    fn default() -> Self {
        let sort = Measure::Sum(Metric::Bytes);
        Self { sort, limit: 10, bottom: false, least_share: 0, having: Vec::new() }
    }
}

/// How many rows a limit leaves: 0 is all.
fn most_rows(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}

impl Order {
    /// The metric whose share is told: the one sorted by, else bytes.
    #[must_use]
    pub fn metric(&self) -> Metric {
        match self.sort {
            Measure::Sum(metric) | Measure::Share(metric) => metric,
            Measure::PacketsPerSecond => Metric::Packets,
            _ => Metric::Bytes,
        }
    }

    /// Whether a group has the share that a row must have.
    fn is_large_enough(&self, sums: &Sums, total: &Sums) -> bool {
        let (part, whole) = (self.metric().of(sums), self.metric().of(total));
        part.saturating_mul(100_000_000) >= whole.saturating_mul(self.least_share.into())
    }

    /// `bytes`, or `bytes, smallest first`.
    #[must_use]
    pub fn words(&self) -> String {
        let name = self.sort.name();
        if self.bottom { format!("{name}, smallest first") } else { name }
    }
}

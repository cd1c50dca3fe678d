//! What a ranking has besides its rows: the total, and the keys without a row.

use crate::{Metric, Sums};

/// What a ranking has besides its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// Sums of all flows.
    pub total: Sums,
    /// Sums of the keys without a row.
    pub other: Sums,
    /// Number of distinct keys, including those without a row.
    pub keys: u64,
    /// The metric of the shares.
    pub sort: Metric,
    /// Name of the column that the rows are sorted by, which need not be shown.
    pub sorted_by: String,
    /// A flow can be in two rows, so that shares sum to more than the whole.
    pub overlapping: bool,
}

//! What a ranking says besides its rows: the total, the keys without a row.

use crate::{Metric, Sums};

/// What a ranking says besides its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// All flows.
    pub total: Sums,
    /// The keys without a row.
    pub other: Sums,
    /// Distinct keys, those without a row too.
    pub keys: u64,
    /// The metric whose shares are told.
    pub sort: Metric,
    /// The column that the rows are sorted by; it may not be shown.
    pub sorted_by: String,
    /// A flow can stand in two rows, so shares add up to more than the whole.
    pub overlapping: bool,
}

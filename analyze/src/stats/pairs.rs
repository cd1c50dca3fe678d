//! `pairs`: two addresses, the lower first, and what went each way between
//! them.

use super::Order;
use super::grouping::{Forward, Grouping, around_usual};
use crate::question::dimension::Dimension;
use crate::question::measure::Measure;

/// Flows by pair of addresses.
#[must_use]
pub fn pairs(order: Order) -> Grouping {
    let title = format!("pairs by {}", order.words());
    let ends = [false, true].map(|higher| Dimension::Pair { higher });
    Grouping::new(title, ends.into(), order)
        .forward(Forward::Upward)
        .with_columns(around_usual(
            &[("a_to_b_bytes", Measure::Forward), ("b_to_a_bytes", Measure::Backward)],
            &[],
        ))
        .telling_sorted()
}

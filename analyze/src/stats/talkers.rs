//! `talkers`: addresses at either end, with what each sent and received, and
//! with how many others it talked.
//!
//! A flow with equal ends counts once in `bytes`, as sent and as received.

use flowkit_model::filter::End;

use super::Order;
use super::grouping::{Grouping, around_usual};
use crate::question::dimension::Dimension;
use crate::question::measure::{Counted, Measure};

/// Flows by address.
#[must_use]
pub fn talkers(order: Order) -> Grouping {
    let title = format!("talkers by {}", order.words());
    Grouping::new(title, vec![Dimension::Either(End::Address, None)], order)
        .with_columns(around_usual(
            &[("sent_bytes", Measure::Forward), ("received_bytes", Measure::Backward)],
            &[("peers", Measure::Distinct(Counted::Peer))],
        ))
        .telling_sorted()
}

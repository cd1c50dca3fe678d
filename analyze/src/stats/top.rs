//! `top`: the values of one or more keys that carry the most.

use super::Order;
use super::grouping::Grouping;
use crate::question::dimension::Dimension;
use crate::question::measure::Measure;

/// Flows by the values of some keys; `columns` instead of the usual ones.
#[must_use]
pub fn top(by: Vec<Dimension>, order: Order, columns: Option<Vec<Measure>>) -> Grouping {
    let names: Vec<String> = by.iter().map(Dimension::name).collect();
    let title = format!("top {} by {}", names.join(", "), order.words());
    let grouping = Grouping::new(title, by, order);
    match columns {
        None => grouping.telling_sorted(),
        Some(columns) => {
            let columns = columns.into_iter().map(|measure| (measure.name(), measure));
            grouping.with_columns(columns.collect())
        }
    }
}

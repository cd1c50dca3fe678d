//! Which flows are looked at, and what is done to them before.
//!
//! In this order: times are repaired, counters scaled, the filter asked; what
//! it leaves out is in no sum and no count.

use flowkit_model::{Expression, FieldId};

use crate::columns::{Batch, FieldSet};
use crate::mask::Filter;

/// The flows that a question is about.
#[derive(Debug)]
pub struct Selection {
    filter: Filter,
    /// The window in which they were exported, in ms, half open; `None` is
    /// all that there is.
    window: Option<(Option<u64>, Option<u64>)>,
}

impl Default for Selection {
    fn default() -> Self {
        Self::new(Expression::Any, None)
    }
}

impl Selection {
    /// Flows that a filter means, of a window.
    #[must_use]
    pub fn new(filter: Expression, window: Option<(Option<u64>, Option<u64>)>) -> Self {
        let both = match window.and_then(in_window) {
            None => filter,
            Some(window) if filter == Expression::Any => window,
            Some(window) => Expression::And(vec![window, filter]),
        };
        Self { filter: Filter::new(both), window }
    }

    /// The window that was asked for.
    #[must_use]
    pub fn window(&self) -> Option<(Option<u64>, Option<u64>)> {
        self.window
    }

    /// The filter, window and all.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The fields it reads.
    #[must_use]
    pub fn fields(&self) -> FieldSet {
        self.filter.fields()
    }

    /// Leaves the rows in a batch that are meant.
    pub fn apply(&self, batch: &mut Batch) {
        if self.filter.is_any() {
            return;
        }
        let mask = self.filter.mask(batch);
        if mask.contains(&false) {
            batch.retain(&mask);
        }
    }
}

/// `timestamp` in a half-open window, if it has an end.
fn in_window((from, to): (Option<u64>, Option<u64>)) -> Option<Expression> {
    use flowkit_model::filter::{Comparison, Ranges, Subject, Test};
    if (from, to) == (None, None) {
        return None;
    }
    let range = to.unwrap_or(u64::MAX).checked_sub(1).map(|last| (from.unwrap_or(0), last));
    Some(Expression::Compare(Comparison {
        subject: Subject::Field(FieldId::Timestamp),
        differs: false,
        test: Test::In(Ranges::new(range)),
    }))
}

//! Which flows are looked at, and what is done to them before.
//!
//! Equal flows are dropped, then times are repaired, counters scaled, the filter
//! applied; what it leaves out is in no sum and no count. A [`Selection`] is data;
//! what is seen while flows go through it is in the [`Run`] that it begins.

use std::io;

use flowkit_model::filter::Bounds;
use flowkit_model::logstash_times::{repaired, repaired_ms};
use flowkit_model::window::Span;
use flowkit_model::{Expression, FIELDS, FieldId, FlowRecord};

use crate::batch::{Batch, FieldSet};
use crate::dedup::equal_flows::EqualFlows;
use crate::filter::Filter;

/// The flows that a question is about, ready to be told from others.
#[derive(Debug)]
pub struct Selection {
    filter: Filter,
    /// The window in which they were exported; `None` is all that there is.
    window: Option<Span>,
    changes: Changes,
}

/// What is done to flows before they are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Take off the second that Logstash 7 and later do not borrow, and the
    /// wraps of the uptime that no version sees.
    pub repair_times: bool,
    /// Multiply bytes and packets by the sampling interval of their flow.
    pub scale_sampling: bool,
    /// Keep one of the flows that are equal in every field.
    pub deduplicate: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self::new(Expression::Any, None, Changes::default())
    }
}

impl Selection {
    /// Flows that match a filter, of a window.
    pub(crate) fn new(filter: Expression, window: Option<Span>, changes: Changes) -> Self {
        let both = match window.and_then(in_window) {
            None => filter,
            Some(window) if filter == Expression::Any => window,
            Some(window) => Expression::And(vec![window, filter]),
        };
        Self { filter: Filter::new(both), window, changes }
    }

    /// Whether a flow matches, with its times repaired first if that was asked for.
    /// Flows that are to be scaled or deduplicated cannot be told one by one.
    #[must_use]
    pub fn matches(&self, flow: &FlowRecord) -> bool {
        if self.changes.repair_times {
            self.filter.matches(&repaired(flow))
        } else {
            self.filter.matches(flow)
        }
    }

    /// Whether every flow matches.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.filter.is_any()
    }

    /// Begins to look at flows: none was seen.
    pub(crate) fn begin(&self) -> Run<'_> {
        Run { selection: self, equal: EqualFlows::default() }
    }

    /// What is done to flows before.
    pub(crate) fn changes(&self) -> Changes {
        self.changes
    }

    /// Whether every flow is looked at, as it is.
    pub(crate) fn is_whole(&self) -> bool {
        self.filter.is_any() && self.changes == Changes::default()
    }

    /// The window that was asked for.
    pub(crate) fn window(&self) -> Option<Span> {
        self.window
    }

    /// The filter, if it can be asked before the rest of a flow is read: it tests
    /// some field, and flows are not changed before it sees them.
    pub(crate) fn early_filter(&self) -> Option<&Filter> {
        let tests = !self.filter.fields().is_empty();
        (tests && self.changes == Changes::default()).then_some(&self.filter)
    }

    /// The fields it reads.
    pub(crate) fn fields(&self) -> FieldSet {
        let mut fields = self.filter.fields();
        if self.changes.deduplicate {
            fields = FIELDS.iter().map(|field| field.id).collect();
        }
        if self.changes.repair_times {
            let times = [FieldId::Timestamp, FieldId::FirstSwitched, FieldId::LastSwitched];
            fields = fields.union(times.into_iter().collect());
        }
        fields
    }

    /// Whether some flows may be meant, given the smallest and largest value of
    /// each field in them. Else they need not be read: what is left out is in
    /// no sum and no count.
    pub(crate) fn may_match(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> bool {
        // A copy that is dropped is counted, wherever it is.
        self.changes.deduplicate
            || self.filter.may_match(&|field| if self.alters(field) { None } else { bounds(field) })
    }

    /// Whether the values of a field are changed before the filter sees them.
    fn alters(&self, field: FieldId) -> bool {
        match field {
            FieldId::FirstSwitched | FieldId::LastSwitched => self.changes.repair_times,
            FieldId::Bytes | FieldId::Packets => self.changes.scale_sampling,
            _ => false,
        }
    }
}

/// A selection while flows go through it, on any thread.
#[derive(Debug)]
pub(crate) struct Run<'s> {
    selection: &'s Selection,
    equal: EqualFlows,
}

impl Run<'_> {
    /// The selection that was begun.
    pub(crate) fn selection(&self) -> &Selection {
        self.selection
    }

    /// Leaves the rows in a batch that match.
    pub(crate) fn apply(&self, batch: &mut Batch) {
        let Selection { filter, changes, .. } = self.selection;
        if changes.deduplicate {
            self.equal.drop_from(batch);
        }
        if changes.repair_times {
            for field in [FieldId::FirstSwitched, FieldId::LastSwitched] {
                batch.change(field, FieldId::Timestamp, |time, exported| {
                    exported.map_or(time, |exported| repaired_ms(time, exported))
                });
            }
        }
        if changes.scale_sampling {
            for field in [FieldId::Bytes, FieldId::Packets] {
                batch.change(field, FieldId::SamplingInterval, |count, interval| {
                    count.saturating_mul(interval.unwrap_or(1).max(1))
                });
            }
        }
        if filter.is_any() {
            return;
        }
        let mask = filter.mask(batch);
        if mask.contains(&false) {
            batch.retain(&mask);
        }
    }

    /// To be called when all flows were seen; gives how many were dropped because an
    /// equal one was kept.
    ///
    /// # Errors
    /// If temporary files could not be used, so that some were not found.
    pub(crate) fn finish(self) -> io::Result<u64> {
        self.equal.finish()
    }
}

/// `timestamp` in a window, if it has an end.
fn in_window(window: Span) -> Option<Expression> {
    use flowkit_model::filter::{Comparison, Ranges, Subject, Test};
    (!window.is_all()).then(|| {
        Expression::Compare(Comparison {
            subject: Subject::Field(FieldId::Timestamp),
            differs: false,
            test: Test::In(Ranges::new(window.first_and_last())),
        })
    })
}

//! Which flows a question is about, and what is done to them before.
//!
//! Equal flows are deduplicated, then times are repaired, counters scaled, the
//! filter applied; flows that do not match are in no sum and no count. A
//! [`Selection`] is data; the state while flows go through it is in the [`Run`]
//! that it begins.

use std::io;

use flowkit_model::filter::Bounds;
use flowkit_model::logstash_times::{repaired, repaired_ms};
use flowkit_model::window::Span;
use flowkit_model::{Expression, FIELDS, FieldId, FlowRecord};

use crate::batch::{Batch, FieldSet};
use crate::dedup::equal_flows::EqualFlows;
use crate::filter::Filter;

/// The flows that a question is about, as a compiled filter.
#[derive(Debug)]
pub struct Selection {
    filter: Filter,
    /// The window in which they were exported; `None` is all times.
    window: Option<Span>,
    changes: Changes,
}

/// What is done to flows before the filter sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Subtract the second that Logstash 7 and later do not borrow, and correct
    /// the wraps of the uptime that no version detects.
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
    /// The flows of a window that match a filter.
    pub(crate) fn new(filter: Expression, window: Option<Span>, changes: Changes) -> Self {
        let condition = match window.and_then(in_window) {
            None => filter,
            Some(window) if filter == Expression::Any => window,
            Some(window) => Expression::And(vec![window, filter]),
        };
        Self { filter: Filter::new(condition), window, changes }
    }

    /// Whether a flow matches, with its times repaired first if the selection
    /// does so. Scaling and deduplication are not applied to a single flow.
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

    /// Begins a run over flows.
    pub(crate) fn begin(&self) -> Run<'_> {
        Run { selection: self, equal: EqualFlows::default() }
    }

    /// What is done to flows before the filter sees them.
    pub(crate) fn changes(&self) -> Changes {
        self.changes
    }

    /// Whether every flow is selected and none is changed.
    pub(crate) fn is_whole(&self) -> bool {
        self.filter.is_any() && self.changes == Changes::default()
    }

    /// The window of the question.
    pub(crate) fn window(&self) -> Option<Span> {
        self.window
    }

    /// The filter, if it can be pushed down to the reader: it tests some field,
    /// and flows are not changed before it sees them.
    pub(crate) fn early_filter(&self) -> Option<&Filter> {
        let tests = !self.filter.fields().is_empty();
        (tests && self.changes == Changes::default()).then_some(&self.filter)
    }

    /// The fields that the selection needs.
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

    /// Whether some of a set of flows may match, given the minimum and maximum of
    /// each field; used for pruning.
    pub(crate) fn may_match(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> bool {
        // With deduplication every flow is read: the dropped ones are counted.
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

/// The state of a selection while batches go through it, on any thread.
#[derive(Debug)]
pub(crate) struct Run<'s> {
    selection: &'s Selection,
    equal: EqualFlows,
}

impl Run<'_> {
    /// The selection that this runs.
    pub(crate) fn selection(&self) -> &Selection {
        self.selection
    }

    /// Removes the rows of a batch that do not match.
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
            batch.scale_sampling();
        }
        if filter.is_any() {
            return;
        }
        let mask = filter.mask(batch);
        if mask.contains(&false) {
            batch.retain(&mask);
        }
    }

    /// Ends the run; returns how many flows were dropped as duplicates.
    ///
    /// # Errors
    /// If spilling failed, so that some duplicates were not found.
    pub(crate) fn finish(self) -> io::Result<u64> {
        self.equal.finish()
    }
}

/// The comparison of `timestamp` with a window, if that has an end.
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

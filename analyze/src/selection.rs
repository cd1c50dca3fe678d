//! Which flows a question is about, and what is done to them before.
//!
//! Equal flows are deduplicated, then times are repaired, counters scaled, the
//! filter applied; flows that do not match are in no sum and no count. A
//! [`Selection`] is data; the state while flows go through it is in the [`Run`]
//! that it begins.

use std::io;

use flowkit_model::answer::{Sequences, Tally};
use flowkit_model::filter::Bounds;
use flowkit_model::logstash_times::{repaired, repaired_of_version};
use flowkit_model::question::Clock;
use flowkit_model::window::Span;
use flowkit_model::{Expression, FIELDS, FieldId, FlowRecord};

use crate::batch::{Batch, DictionaryColumn, FieldSet, Rates};
use crate::dedup::equal_flows::EqualFlows;
use crate::filter::Filter;

/// The flows that a question is about, as a compiled filter.
#[derive(Debug)]
pub struct Selection {
    filter: Filter,
    /// The window that they are in; `None` is all times.
    window: Option<Span>,
    changes: Changes,
    /// The filter tests more than exporter and engine, so that flows of an engine may
    /// match while others of it do not: its sequence numbers cannot tell what is
    /// missing then.
    ///
    /// A window of export times is another matter. It cuts between packets, since all
    /// flows of one have its time, and a gap is told by the packets on both sides of it:
    /// what was lost inside of a window is told, a gap across its edge is not.
    splits_engines: bool,
    /// The flows of the window, if others that reach into it are selected too.
    inside: Option<Filter>,
}

/// What is done to flows before the filter sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Subtract the second that Logstash 7 and later do not borrow, and correct
    /// the wraps of the uptime that no version detects.
    pub repair_times: bool,
    /// Multiply bytes and packets by the sampling interval of their flow, unless
    /// its pipeline has done so.
    pub scale_sampling: bool,
    /// Keep one of the flows that are equal in every field.
    pub deduplicate: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self::new(Expression::Any, None, Clock::default(), Changes::default())
    }
}

impl Selection {
    /// The flows of a window, by a clock, that match a filter.
    pub(crate) fn new(
        filter: Expression,
        window: Option<Span>,
        clock: Clock,
        changes: Changes,
    ) -> Self {
        let times = window.filter(|window| !window.is_all()).map(|window| clock.in_window(window));
        Self::of(filter, times, window, clock, changes)
    }

    /// Like [`new`](Self::new), with the flows that reach into the window and are not in
    /// it, exported up to `ms` after it, which [`Run::take_later`] tells apart.
    pub(crate) fn with_later(
        filter: Expression,
        window: Option<Span>,
        clock: Clock,
        changes: Changes,
        ms: u64,
    ) -> Self {
        let later = window.and_then(|window| clock.reaching_into(window, ms));
        let (Some(window), Some(later)) = (window, later) else {
            return Self::new(filter, window, clock, changes);
        };
        let inside = clock.in_window(window);
        let times = Some(Expression::Or(vec![inside.clone(), later]));
        let selection = Self::of(filter, times, Some(window), clock, changes);
        Self { inside: Some(Filter::new(inside)), ..selection }
    }

    /// The flows of some times that match a filter.
    fn of(
        filter: Expression,
        times: Option<Expression>,
        window: Option<Span>,
        clock: Clock,
        changes: Changes,
    ) -> Self {
        // By another clock a window has some flows of a packet and not others.
        let cuts_packets = times.is_some() && !clock.is_export();
        let splits_engines = splits_engines(&filter) || cuts_packets;
        let condition = match times {
            None => filter,
            Some(times) if filter == Expression::Any => times,
            Some(times) => Expression::And(vec![times, filter]),
        };
        let filter = Filter::new(condition);
        Self { filter, window, changes, splits_engines, inside: None }
    }

    /// Restricts the sequence numbers of a tally to the engines whose flows all match.
    pub(crate) fn of_engines(&self, tally: &mut Tally) {
        tally.is_filtered |= self.splits_engines;
        if tally.is_filtered {
            tally.sequences = Sequences::default();
        } else if !self.is_any() {
            let from = self.window.and_then(|window| window.flow_times().0);
            tally.sequences.restrict(from.unwrap_or(0), |flow| self.filter.matches(flow));
        }
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
        self.begin_with(Rates::default())
    }

    /// Begins a run that scales flows by what exporters tell, where they state no
    /// interval of their own.
    pub(crate) fn begin_with(&self, told: Rates) -> Run<'_> {
        Run { selection: self, equal: EqualFlows::default(), told }
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

    /// The fields that filter and window test.
    pub(crate) fn tested(&self) -> FieldSet {
        self.filter.fields()
    }

    /// The fields that the selection needs.
    pub(crate) fn fields(&self) -> FieldSet {
        let mut fields = self.filter.fields();
        if self.changes.deduplicate {
            fields = FIELDS.iter().map(|field| field.id).collect();
        }
        if self.changes.repair_times {
            fields = fields.union(REPAIRED.into_iter().collect());
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
    told: Rates,
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
            repair_times(batch);
        }
        if changes.scale_sampling {
            batch.scale_sampling(&self.told);
        }
        if filter.is_any() {
            return;
        }
        let mask = filter.mask(batch);
        if mask.contains(&false) {
            batch.retain(&mask);
        }
    }

    /// Moves the flows that are not in the window out of a batch of flows that match.
    pub(crate) fn take_later(&self, batch: &mut Batch) -> Option<Batch> {
        let is_inside = self.selection.inside.as_ref()?.mask(batch);
        if !is_inside.contains(&false) {
            return None;
        }
        let mut later = batch.clone();
        later.retain(&is_inside.iter().map(|is_inside| !is_inside).collect::<Vec<_>>());
        batch.retain(&is_inside);
        Some(later)
    }

    /// Ends the run; returns how many flows were dropped as duplicates.
    ///
    /// # Errors
    /// If spilling failed, so that some duplicates were not found.
    pub(crate) fn finish(self) -> io::Result<u64> {
        self.equal.finish()
    }
}

/// The fields that a repair of times reads.
const REPAIRED: [FieldId; 5] = [
    FieldId::Timestamp,
    FieldId::Version,
    FieldId::Adapted,
    FieldId::FirstSwitched,
    FieldId::LastSwitched,
];

/// Repairs the times of a batch.
fn repair_times(batch: &mut Batch) {
    let known = |field| -> Vec<Option<u64>> {
        let dictionary = batch.dictionary_column(field).map(DictionaryColumn::to_column);
        let column = dictionary.as_ref().unwrap_or_else(|| batch.column(field));
        (0..batch.rows()).map(|row| column.get(row)).collect()
    };
    let [exported, versions, adapted] =
        [FieldId::Timestamp, FieldId::Version, FieldId::Adapted].map(known);
    for field in [FieldId::FirstSwitched, FieldId::LastSwitched] {
        batch.change_rows(field, |row, time| {
            repaired_of_version(time, exported[row], versions[row], adapted[row])
        });
    }
}

/// Whether a filter tests more than exporter and engine.
pub(crate) fn splits_engines(filter: &Expression) -> bool {
    filter.fields().iter().any(|field| !Sequences::OF_ENGINE.contains(field))
}

//! `timeline`: bytes, packets and flows over bins of time.
//!
//! Bins lie in the window over the export time. What flows carried outside of
//! it (they began before it, say) is in the rows `before` and `after`, so all
//! rows add up to the total.

mod all_bins;
mod distribution;
mod later;
mod placing;
mod rows;
mod slots;

use std::borrow::Cow;
use std::sync::Arc;

use flowkit_model::FieldId;
use flowkit_model::answer::{Answer, Protocols, RowOrder, RowOrderError, Tally};
use flowkit_model::question::{Choice, TimeDistribution, Timeline, bin_length_ms};
use flowkit_model::window::Span;
use jiff::tz::TimeZone;

use self::all_bins::MOST_ROWS;
use self::later::Later;
use self::placing::PlacedFlows;
use self::slots::{Amount, Part, Slot};
use super::grouping::accumulators::{Direction, Flow, FlowAccumulator};
use super::grouping::keys::KeyColumn;
use super::grouping::with_protocols::WithProtocols;
use crate::batch::dictionary::Codebook;
use crate::batch::{Batch, Column};
use crate::bins::{Bins, Days};
use crate::group::counters::{Accumulator, Counters};
use crate::group::key::KeyLayout;
use crate::group::table::{Extras, Table};
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::statistic::{NoAnswer, Statistic};

/// Flows by bins of time.
#[derive(Debug)]
pub(crate) struct Binned {
    bins: Bins,
    distribution: TimeDistribution,
    keys: Vec<KeyColumn>,
    layout: KeyLayout,
    /// Maximum number of series; 0 is all.
    series: usize,
    /// Where the bins begin and end; `None` is the first or last time of the flows.
    window: (Option<u64>, Option<u64>),
    /// Where the source ends: what was exported later is not known.
    fetched_to: Option<u64>,
    order: RowOrder,
}

/// A flow that began longer before its export has wrong times: active flows are
/// exported every 30 minutes or so.
const LONGEST_BEFORE_MS: u64 = 24 * 3_600_000;
/// No flow ends after its export; an hour is left for clocks that differ.
const LONGEST_AFTER_MS: u64 = 3_600_000;

/// How long after a window flows may be exported that reach into it; 0 if none can.
pub(crate) fn later_ms(distribution: TimeDistribution) -> u64 {
    match distribution {
        TimeDistribution::Export => 0,
        TimeDistribution::Proportional
        | TimeDistribution::Start
        | TimeDistribution::End
        | TimeDistribution::Uniform => LONGEST_BEFORE_MS,
    }
}

impl Binned {
    /// A timeline as the question says, over a window in ms; bins begin at midnight in a
    /// zone.
    ///
    /// `None` if the length of a bin cannot be parsed.
    pub(crate) fn new(
        question: &Timeline,
        zone: &TimeZone,
        window: Span,
        fetched_to: Option<u64>,
    ) -> Option<Self> {
        let bins = Bins::new(bin_length_ms(&question.bin)?, zone.clone());
        let keys = KeyColumn::of_all(&question.by, zone);
        let layout = KeyLayout::new(keys.iter().map(KeyColumn::part).collect());
        let (distribution, series) = (question.distribution, question.limit);
        let window = window.flow_times();
        let order = RowOrder::default();
        Some(Self { bins, distribution, keys, layout, series, window, fetched_to, order })
    }

    /// With the rows of a choice, whose times are in a zone.
    ///
    /// # Errors
    /// If a column is unknown or a condition invalid.
    pub(crate) fn with_rows(
        self,
        choice: Choice<'_>,
        zone: &TimeZone,
    ) -> Result<Self, RowOrderError> {
        Ok(Self { order: RowOrder::new(self.columns(), choice, None, zone)?, ..self })
    }

    /// The slot of a time, and a stretch of it around this time: before the window, a
    /// bin, cut where the window begins or ends, or after the window.
    fn slot(&self, ms: u64, days: &mut Days) -> (Slot, (u64, u64)) {
        let (from, to) = (self.window.0.unwrap_or(0), self.window.1.unwrap_or(u64::MAX));
        if ms < from {
            return (Slot::Before, (0, from));
        }
        if ms >= to {
            return (Slot::After, (to, u64::MAX));
        }
        let stretch = self.bins.stretch(ms, days);
        // A bin that the window cuts begins with the window.
        let is_cut = stretch.bin < from && self.bins.stretch(from, days).bin == stretch.bin;
        let start = if is_cut { from } else { stretch.bin };
        (Slot::Bin(start), (stretch.from.max(from), stretch.to.min(to)))
    }

    /// The keys of flows at each end that counts; without series there is none.
    fn ends<'b>(&self, batch: &'b Batch) -> Vec<End<'b>> {
        if self.keys.is_empty() {
            return Vec::new();
        }
        let at = |end| -> Vec<_> { self.keys.iter().map(|key| key.column(batch, end)).collect() };
        let mut ends = vec![End { columns: at(0), selected: None }];
        if self.keys.iter().any(|key| key.key().is_either()) {
            let (sources, destinations) = (&ends[0].columns, at(1));
            let differs = |row| {
                let mut both = sources.iter().zip(&destinations);
                both.any(|(source, destination)| source.get(row) != destination.get(row))
            };
            let selected = Some((0..batch.rows()).map(differs).collect());
            ends.push(End { columns: destinations, selected });
        }
        ends
    }

    /// The time span of a flow, or its export if its own times are impossible.
    fn span(&self, times: [Option<u64>; 3]) -> Placed {
        let [exported, first, last] = times;
        if self.distribution == TimeDistribution::Export {
            return exported.map_or(Placed::Nowhere, |at| Placed::AtExport(at, false));
        }
        let known = first.zip(last).filter(|(first, last)| {
            let is_near = |exported: u64| {
                first.saturating_add(LONGEST_BEFORE_MS) >= exported
                    && *last <= exported.saturating_add(LONGEST_AFTER_MS)
            };
            // Without an export a flow is at most as long as with one, or a single
            // document could fill bins without end.
            let is_short = || last - first <= LONGEST_BEFORE_MS + LONGEST_AFTER_MS;
            first <= last && exported.map_or_else(is_short, is_near)
        });
        match (known, exported) {
            (Some((first, last)), _) => Placed::Spanned(first, last),
            (None, Some(exported)) => Placed::AtExport(exported, true),
            (None, None) => Placed::Nowhere,
        }
    }
}

enum Placed {
    Spanned(u64, u64),
    /// At the export; true if because its own times are impossible.
    AtExport(u64, bool),
    Nowhere,
}

/// The sums of one thread.
#[derive(Debug)]
pub(crate) struct TimelinePartial {
    /// By slot, all series together.
    all: Map<u64, Amount>,
    /// By series, and by slot.
    series: Table<WithProtocols<Counters>, Amount>,
    /// There are more bins than there may be rows: nothing is accumulated any more.
    is_over: bool,
    /// Flows that were placed at their export.
    moved: u64,
    /// Flows that have no time at all, or none that can be.
    nowhere: u64,
    later: Later,
}

impl Statistic for Binned {
    type Partial = TimelinePartial;

    fn fields(&self) -> Vec<FieldId> {
        let mut times = vec![FieldId::Timestamp];
        if self.distribution != TimeDistribution::Export {
            times.extend([FieldId::FirstSwitched, FieldId::LastSwitched]);
        }
        times.extend(self.needs_protocols().then_some(FieldId::Protocol));
        times.into_iter().chain(self.keys.iter().flat_map(|key| key.key().fields())).collect()
    }

    fn start(&self, memory: &Arc<Memory>) -> TimelinePartial {
        let extras = Extras { distributions: 1, ..Extras::default() };
        let series = Table::new(&self.layout, &extras, memory);
        let (all, later) = (Map::new(), Later::default());
        TimelinePartial { all, series, is_over: false, moved: 0, nowhere: 0, later }
    }

    fn add(&self, times: &mut TimelinePartial, batch: &Batch) {
        let ends = self.ends(batch);
        let protocols = self.needs_protocols().then(|| batch.column(FieldId::Protocol));
        for end in &ends {
            times.add_sums(batch, protocols, end);
        }
        let mut from = 0;
        while from < batch.rows() && !times.is_over {
            let placed = self.place(times, batch, from);
            times.add_slots(&placed.parts);
            for end in &ends {
                times.add_series(batch, &placed, end);
            }
            from = placed.rows().end;
        }
    }

    fn merge(&self, times: &mut TimelinePartial, other: TimelinePartial) {
        for (slot, amount) in other.all.into_entries() {
            times.all.at(slot).merge(&amount);
        }
        times.series.merge(other.series);
        times.moved += other.moved;
        times.nowhere += other.nowhere;
        times.later.merge(other.later);
        times.is_over |= other.is_over;
        times.limit();
    }

    fn add_later(&self, times: &mut TimelinePartial, batch: &Batch) {
        if !times.is_over {
            self.find_reached(&mut times.later, batch);
            times.limit();
        }
    }

    fn answer(
        &self,
        times: TimelinePartial,
        codes: &Codebook,
        tally: &Tally,
    ) -> Result<Answer, NoAnswer> {
        self.rows(times, codes, tally)
    }
}

/// The keys of flows at one end.
struct End<'b> {
    columns: Vec<Cow<'b, Column>>,
    /// The flows that count there; `None` is all.
    selected: Option<Vec<bool>>,
}

impl TimelinePartial {
    /// Accumulates the sums of flows by their keys at one end.
    fn add_sums(&mut self, batch: &Batch, protocols: Option<&Column>, end: &End<'_>) {
        let columns: Vec<&Column> = end.columns.iter().map(AsRef::as_ref).collect();
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        self.series.add(&columns, end.selected.as_deref(), |row| {
            let protocols = protocols.map(|column| Protocols::of(column.get(row)));
            let flow = Flow::of(bytes[row], packets[row], protocols.unwrap_or_default());
            WithProtocols::row_with(flow, Direction::Forward, || batch.more(row))
        });
    }

    /// Accumulates the slots of the placed flows of a batch by their keys at one end.
    fn add_series(&mut self, batch: &Batch, placed: &PlacedFlows, end: &End<'_>) {
        let columns: Vec<&Column> = end.columns.iter().map(AsRef::as_ref).collect();
        let rows = placed.rows();
        let is_selected = |row| end.selected.as_ref().is_none_or(|selected| selected[row]);
        let some: Option<Vec<bool>> = (rows.len() < batch.rows()).then(|| {
            (0..batch.rows()).map(|row| rows.contains(&row) && is_selected(row)).collect()
        });
        let selected = some.as_deref().or(end.selected.as_deref());
        self.series.spread(0, &columns, selected, |row| {
            placed.of(row).iter().map(|part| (part.slot.code(), part.row()))
        });
    }

    /// Accumulates parts of flows by their slots.
    fn add_slots(&mut self, parts: &[Part]) {
        let mut known: Option<(Slot, Amount)> = None;
        for part in parts {
            match &mut known {
                Some((slot, amount)) if *slot == part.slot => {
                    amount.add(part.volume, part.flows.into());
                }
                _ => {
                    let next = (part.slot, Amount::of(part.volume, part.flows.into()));
                    self.put(known.replace(next));
                }
            }
        }
        self.put(known);
        self.limit();
    }

    /// Ends the accumulation if there are more bins than there may be rows.
    fn limit(&mut self) {
        if self.is_over || self.all.len().max(self.later.n_bins()) > MOST_ROWS {
            (self.is_over, self.all, self.later) = (true, Map::new(), Later::default());
        }
    }

    fn put(&mut self, run: Option<(Slot, Amount)>) {
        if let Some((slot, amount)) = run {
            self.all.at(slot.code()).merge(&amount);
        }
    }
}

#[cfg(test)]
mod tests;

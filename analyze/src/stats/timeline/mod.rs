//! `timeline`: bytes, packets and flows over bins of time.
//!
//! Bins lie in the window over the export time. What flows carried outside of
//! it (they began before it, say) is in the rows `before` and `after`, so all
//! rows add up to the total.

mod distribution;
mod later;
mod rows;
mod slots;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use flowkit_model::FieldId;
use flowkit_model::answer::{Answer, Protocols, RowOrder, RowOrderError, Tally};
use flowkit_model::question::{Choice, TimeDistribution, Timeline, bin_length_ms};
use flowkit_model::window::Span;
use jiff::tz::TimeZone;

use self::distribution::{Volume, spread};
use self::later::Later;
use self::slots::{Amount, Part, Slot};
use super::grouping::accumulators::{Direction, Flow, FlowAccumulator};
use super::grouping::keys::KeyColumn;
use super::grouping::with_protocols::WithProtocols;
use crate::batch::{Batch, Column};
use crate::bins::{Bins, Days, Stretch};
use crate::group::counters::{Accumulator, Counters};
use crate::group::key::KeyLayout;
use crate::group::table::{Extras, Table};
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::statistic::Statistic;

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
    /// By slot, if there are no series.
    all: Map<u64, Amount>,
    /// By series, and by slot.
    series: Table<WithProtocols<Counters>, Amount>,
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
        TimelinePartial { all: Map::new(), series, moved: 0, nowhere: 0, later: Later::default() }
    }

    fn add(&self, times: &mut TimelinePartial, batch: &Batch) {
        let placed = self.place(times, batch);
        if self.keys.is_empty() {
            let mut known: Option<(Slot, Amount)> = None;
            for part in &placed.parts {
                match &mut known {
                    Some((slot, amount)) if *slot == part.slot => {
                        amount.add(part.volume, part.flows.into());
                    }
                    _ => {
                        let next = (part.slot, Amount::of(part.volume, part.flows.into()));
                        times.put(known.replace(next));
                    }
                }
            }
            return times.put(known);
        }
        let at = |end| -> Vec<_> { self.keys.iter().map(|key| key.column(batch, end)).collect() };
        let sources = at(0);
        let protocols = self.needs_protocols().then(|| batch.column(FieldId::Protocol));
        times.add_end(batch, &placed, protocols, &sources, None);
        if self.keys.iter().any(|key| key.key().is_either()) {
            let destinations = at(1);
            let differs: Vec<bool> = (0..batch.rows())
                .map(|row| {
                    let mut ends = sources.iter().zip(&destinations);
                    ends.any(|(source, destination)| source.get(row) != destination.get(row))
                })
                .collect();
            times.add_end(batch, &placed, protocols, &destinations, Some(&differs));
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
    }

    fn add_later(&self, times: &mut TimelinePartial, batch: &Batch) {
        self.find_reached(&mut times.later, batch);
    }

    fn answer(
        &self,
        times: TimelinePartial,
        texts: &[String],
        tally: &Tally,
    ) -> io::Result<Answer> {
        self.rows(times, texts, tally)
    }
}

impl TimelinePartial {
    /// Accumulates the selected flows by their keys at one end.
    fn add_end(
        &mut self,
        batch: &Batch,
        placed: &PlacedFlows,
        protocols: Option<&Column>,
        columns: &[Cow<'_, Column>],
        selected: Option<&[bool]>,
    ) {
        let columns: Vec<&Column> = columns.iter().map(AsRef::as_ref).collect();
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        self.series.add(&columns, selected, |row| {
            let protocols = protocols.map(|column| Protocols::of(column.get(row)));
            let flow = Flow::of(bytes[row], packets[row], protocols.unwrap_or_default());
            WithProtocols::row_with(flow, Direction::Forward, || batch.more(row))
        });
        self.series.spread(0, &columns, selected, |row| {
            placed.of(row).iter().map(|part| (part.slot.code(), part.row()))
        });
    }

    fn put(&mut self, run: Option<(Slot, Amount)>) {
        if let Some((slot, amount)) = run {
            self.all.at(slot.code()).merge(&amount);
        }
    }
}

/// The parts of the flows of a batch.
#[derive(Default)]
struct PlacedFlows {
    parts: Vec<Part>,
    /// Where the parts of each flow begin, and the end.
    starts: Vec<usize>,
}

impl PlacedFlows {
    /// Gives a volume to a slot, in several parts if it does not fit in one.
    #[inline]
    fn put(&mut self, slot: Slot, mut volume: Volume, mut flows: u8) {
        loop {
            let fits = volume.map(|amount| u64::try_from(amount).unwrap_or(u64::MAX));
            self.parts.push(Part { slot, volume: fits, flows });
            volume = [0, 1].map(|place| volume[place] - u128::from(fits[place]));
            if volume == [0, 0] {
                return;
            }
            flows = 0;
        }
    }

    fn of(&self, row: usize) -> &[Part] {
        &self.parts[self.starts[row]..self.starts[row + 1]]
    }
}

impl Binned {
    /// Export, start and end; these two only where they are needed.
    fn time_columns<'b>(&self, batch: &'b Batch) -> [Option<&'b Column>; 3] {
        let spans = self.distribution != TimeDistribution::Export;
        let span = |field| spans.then(|| batch.column(field));
        let exported = Some(batch.column(FieldId::Timestamp));
        [exported, span(FieldId::FirstSwitched), span(FieldId::LastSwitched)]
    }

    /// The time over which the volume of a flow is spread, if it has a place at all.
    fn counted_span(
        &self,
        times: &mut TimelinePartial,
        stated: [Option<u64>; 3],
    ) -> Option<(u64, u64)> {
        match self.span(stated) {
            Placed::Spanned(first, last) => {
                self.measure(&mut times.later, stated[0], first, last);
                Some((first, last))
            }
            Placed::AtExport(at, is_moved) => {
                times.moved += u64::from(is_moved);
                Some((at, at))
            }
            Placed::Nowhere => {
                times.nowhere += 1;
                None
            }
        }
    }

    /// Gives the volume of each flow to its slots.
    fn place(&self, times: &mut TimelinePartial, batch: &Batch) -> PlacedFlows {
        let columns = self.time_columns(batch);
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let (mut days, mut whole_days) = (Days::default(), Days::default());
        let mut known = (Slot::Unknown, (0, 0));
        let mut placed = PlacedFlows::default();
        for row in 0..batch.rows() {
            placed.starts.push(placed.parts.len());
            let mut find = |ms: u64| {
                if !(known.1.0..known.1.1).contains(&ms) {
                    known = self.slot(ms, &mut days);
                }
                known
            };
            let volume = || whole(batch, row);
            let stated = columns.map(|column| column.and_then(|column| column.get(row)));
            let Some(span) = self.counted_span(times, stated) else {
                placed.put(Slot::Unknown, volume(), 1);
                continue;
            };
            // A flow counts once, in the bin of its first packet, or of its last packet
            // if the distribution gives all to that bin.
            let counted =
                find(if self.distribution == TimeDistribution::End { span.1 } else { span.0 }).0;
            // In one stretch of a bin: between two stretches of it another bin is touched.
            if find(span.1) == find(span.0) {
                match batch.more(row) {
                    None => {
                        let volume = [bytes[row], packets[row]];
                        placed.parts.push(Part { slot: counted, volume, flows: 1 });
                    }
                    Some(_) => placed.put(counted, volume(), 1),
                }
                continue;
            }
            placed.put(counted, [0, 0], 1);
            let mut parts = Vec::new();
            // The share of a bin in a uniform distribution does not depend on the window,
            // so the bins outside of the window count too.
            let bin = |ms| match self.distribution {
                TimeDistribution::Uniform => {
                    let Stretch { bin, to, .. } = self.bins.stretch(ms, &mut whole_days);
                    (bin, to)
                }
                _ => find(ms).1,
            };
            spread(self.distribution, span, volume(), bin, |ms, part| parts.push((ms, part)));
            for (ms, part) in parts {
                placed.put(find(ms).0, part, 0);
            }
        }
        placed.starts.push(placed.parts.len());
        placed
    }
}

/// Bytes and packets of a flow, which scaled ones may have more than 64 bits of.
fn whole(batch: &Batch, row: usize) -> Volume {
    let counters = [FieldId::Bytes, FieldId::Packets].map(|field| batch.counters(field)[row]);
    let more = batch.more(row).unwrap_or_default();
    [u128::from(counters[0]) + more[0], u128::from(counters[1]) + more[1]]
}

#[cfg(test)]
mod tests;

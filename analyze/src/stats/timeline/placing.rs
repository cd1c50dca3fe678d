//! Gives the volume of flows to the slots of a timeline, some flows at a time, so that
//! their parts take little memory however many bins a flow spans.

use std::ops::Range;

use flowkit_model::FieldId;
use flowkit_model::question::TimeDistribution;

use super::all_bins::MOST_ROWS;
use super::distribution::{Volume, spread};
use super::slots::{Part, Slot};
use super::{Binned, Placed, TimelinePartial};
use crate::batch::{Batch, Column};
use crate::bins::{Days, Stretch};

/// Parts of flows that are kept at a time, about.
const MOST_PARTS: usize = 1 << 16;

/// The parts of some flows of a batch.
#[derive(Default)]
pub(super) struct PlacedFlows {
    pub(super) parts: Vec<Part>,
    /// The first of the flows.
    first: usize,
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

    /// The flows, by their rows.
    pub(super) fn rows(&self) -> Range<usize> {
        self.first..self.first + self.starts.len() - 1
    }

    pub(super) fn of(&self, row: usize) -> &[Part] {
        let flow = row - self.first;
        &self.parts[self.starts[flow]..self.starts[flow + 1]]
    }
}

impl Binned {
    /// Export, start and end; these two only where they are needed.
    pub(super) fn time_columns<'b>(&self, batch: &'b Batch) -> [Option<&'b Column>; 3] {
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

    /// Whether the bins that a flow spans are more than there may be rows; of a uniform
    /// distribution, those outside of the window count too.
    fn spans_too_many(&self, (first, last): (u64, u64)) -> bool {
        let (from, to) = match self.distribution {
            TimeDistribution::Uniform => (0, u64::MAX),
            TimeDistribution::Proportional => {
                (self.window.0.unwrap_or(0), self.window.1.unwrap_or(u64::MAX))
            }
            TimeDistribution::Start | TimeDistribution::End | TimeDistribution::Export => {
                return false;
            }
        };
        self.bins.number(first.max(from), last.min(to)) > MOST_ROWS as u64
    }

    /// Gives the volume of each flow from a row on to its slots, as many flows as are
    /// kept at a time.
    pub(super) fn place(
        &self,
        times: &mut TimelinePartial,
        batch: &Batch,
        first: usize,
    ) -> PlacedFlows {
        let columns = self.time_columns(batch);
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let (mut days, mut whole_days) = (Days::default(), Days::default());
        let mut known = (Slot::Unknown, (0, 0));
        let mut placed = PlacedFlows { first, ..PlacedFlows::default() };
        for row in first..batch.rows() {
            placed.starts.push(placed.parts.len());
            if placed.parts.len() >= MOST_PARTS {
                return placed;
            }
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
            if self.spans_too_many(span) {
                times.is_over = true;
                break;
            }
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

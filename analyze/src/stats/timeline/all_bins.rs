//! The bins of a timeline: all of its window, or where these are many those alone that
//! hold something, so that a wrong clock or a short bin takes no memory.

use std::collections::BTreeMap;

use flowkit_model::answer::Tally;
use hashbrown::HashMap;

use super::Binned;
use super::slots::{Amount, Slot};
use crate::bins::Days;
use crate::group::counters::Accumulator;
use crate::statistic::NoAnswer;

/// Rows of a timeline, bins by series: each takes some 500 bytes until it is printed.
pub(super) const MOST_ROWS: usize = 1_000_000;

/// With more bins than this between two times that flows state, empty ones are left out:
/// a day of seconds has them all, and the years between a clock at 1970 and the others
/// do not. A window that is asked for has as many as there may be rows.
const MOST_WITH_EMPTY: usize = 100_000;

/// The error where there would be more rows.
pub(super) fn too_many(what: String) -> NoAnswer {
    NoAnswer::TooManyRows { most: MOST_ROWS, what }
}

/// Merges what is in slots outside of some bins into those before and after.
pub(super) fn move_outside(slots: &mut HashMap<Slot, Amount>, bins: &BTreeMap<u64, u64>) {
    let begin = bins.first_key_value().map_or(u64::MAX, |(start, _)| *start);
    let is_outside = |slot: &&Slot| matches!(slot, Slot::Bin(start) if !bins.contains_key(start));
    let outside: Vec<Slot> = slots.keys().filter(is_outside).copied().collect();
    for slot in outside {
        let amount = slots.remove(&slot).unwrap_or_default();
        let place = if slot < Slot::Bin(begin) { Slot::Before } else { Slot::After };
        slots.entry(place).or_default().merge(&amount);
    }
}

impl Binned {
    /// Start and length of every bin of the window. Where the window is open, it ends with
    /// the bin of the first or last export time.
    pub(super) fn all_bins(
        &self,
        touched: &HashMap<Slot, Amount>,
        tally: &Tally,
        notes: &mut Vec<String>,
    ) -> BTreeMap<u64, u64> {
        let mut days = Days::default();
        let first = self.window.0.or(tally.seen.map(|seen| seen.0));
        let last = self.window.1.map(|to| to.saturating_sub(1)).or(tally.seen.map(|seen| seen.1));
        let Some((first, last)) = first.zip(last) else { return BTreeMap::new() };
        let most = self.most_with_empty();
        if self.bins.number(first, last) <= most as u64 {
            return self.every_bin(first, last, &mut days);
        }
        let bins = self.touched_bins(touched, first, last, &mut days);
        let (n, are) = (bins.len(), if bins.len() == 1 { "is" } else { "are" });
        // In a window with both ends a wrong clock adds no bins.
        let shown_by = match self.window {
            (Some(_), Some(_)) => "a larger --bin or a shorter window shows them",
            _ => {
                "a larger --bin or a window shows them; `flowkit exporters` shows the first \
                 and last time of each exporter"
            }
        };
        notes.push(format!(
            "there are more than {most} bins from first to last, of which {n} {are} not empty: \
             the empty ones are left out, of the rates too ({shown_by})"
        ));
        bins
    }

    /// Bins beyond which empty ones are left out.
    fn most_with_empty(&self) -> usize {
        let rows_of_a_bin = match (self.keys.is_empty(), self.series) {
            (true, _) => 1,
            (false, 0) => usize::MAX,
            // Those that are shown, and the others.
            (false, series) => series.saturating_add(1),
        };
        match self.window {
            (Some(_), Some(_)) => MOST_WITH_EMPTY.max(MOST_ROWS / rows_of_a_bin),
            _ => MOST_WITH_EMPTY,
        }
    }

    /// Every bin from one time to another.
    fn every_bin(&self, first: u64, last: u64, days: &mut Days) -> BTreeMap<u64, u64> {
        let mut bins = BTreeMap::new();
        let mut at = first;
        while at <= last {
            let (slot, (from, end)) = self.slot(at, days);
            if let Slot::Bin(start) = slot {
                *bins.entry(start).or_default() += end - from;
            }
            at = end;
        }
        self.complete(&mut bins, first, at, days);
        bins
    }

    /// The bins from that of one time to that of another which hold something.
    fn touched_bins(
        &self,
        touched: &HashMap<Slot, Amount>,
        first: u64,
        last: u64,
        days: &mut Days,
    ) -> BTreeMap<u64, u64> {
        let begin = self.slot(first, days).0;
        let starts = touched.keys().filter_map(|slot| match slot {
            Slot::Bin(start) if *slot >= begin && *start <= last => Some(*start),
            _ => None,
        });
        starts.map(|start| (start, self.length(start, days))).collect()
    }

    /// The length of the bin that begins at a time, in all its stretches.
    fn length(&self, start: u64, days: &mut Days) -> u64 {
        let (mut at, mut length) = (start, 0);
        while at < self.bins.is_over_at(start) {
            let (slot, (from, end)) = self.slot(at, days);
            if slot == Slot::Bin(start) {
                length += end - from;
            }
            at = end;
        }
        length
    }

    /// Adds to the lengths of bins what lies before the stretch of a first moment, and from
    /// an end on, where the window is open: bins of several days are whole there too.
    fn complete(&self, bins: &mut BTreeMap<u64, u64>, first: u64, end: u64, days: &mut Days) {
        let ends = bins.first_key_value().zip(bins.last_key_value());
        let Some(((begin, _), (latest, _))) = ends else { return };
        let before = (*begin, self.slot(first, days).1.0, self.window.0);
        let after = (end, self.bins.is_over_at(*latest), self.window.1);
        for (mut at, until, edge) in [before, after] {
            while edge.is_none() && at < until {
                let (slot, (from, end)) = self.slot(at, days);
                if let Slot::Bin(start) = slot
                    && let Some(length) = bins.get_mut(&start)
                {
                    *length += end - from;
                }
                at = end;
            }
        }
    }
}

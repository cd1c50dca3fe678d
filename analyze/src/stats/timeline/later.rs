//! Which bins of a window are incomplete: flows that were exported after its end
//! reach into them.
//!
//! Where the source goes on after the window, those flows are looked at. Where it
//! was fetched up to a time, flows exported after that are taken to reach as far
//! back as the longest one that was.

use std::collections::BTreeMap;

use flowkit_model::question::TimeDistribution;
use hashbrown::HashMap;

use super::slots::Slot;
use super::{Binned, Placed};
use crate::batch::Batch;
use crate::bins::Days;

/// What one thread has seen of flows that reach across the end of the window.
#[derive(Debug, Default)]
pub(super) struct Later {
    /// The last ms that a later flow reaches, by the bin that it begins in.
    reached: HashMap<u64, u64>,
    /// The longest time from the volume of a flow to its export, in ms.
    longest: Option<u64>,
}

impl Later {
    pub(super) fn merge(&mut self, other: Self) {
        for (bin, last) in other.reached {
            self.reach(bin, last);
        }
        self.longest = self.longest.max(other.longest);
    }

    /// How many bins are reached.
    pub(super) fn n_bins(&self) -> usize {
        self.reached.len()
    }

    fn reach(&mut self, bin: u64, last: u64) {
        let known = self.reached.entry(bin).or_insert(last);
        *known = (*known).max(last);
    }
}

impl Binned {
    /// Notes how long a flow of the window waited for its export.
    #[inline]
    pub(super) fn measure(&self, later: &mut Later, exported: Option<u64>, first: u64, last: u64) {
        let begin = if self.distribution == TimeDistribution::End { last } else { first };
        let waited = exported.map(|exported| exported.saturating_sub(begin));
        later.longest = later.longest.max(waited);
    }

    /// Finds the bins into which flows exported after the window reach.
    pub(super) fn find_reached(&self, later: &mut Later, batch: &Batch) {
        let columns = self.time_columns(batch);
        let mut days = Days::default();
        for row in 0..batch.rows() {
            let times = columns.map(|column| column.and_then(|column| column.get(row)));
            let Placed::Spanned(first, last) = self.span(times) else { continue };
            let (first, last) = match self.distribution {
                TimeDistribution::Start => (first, first),
                TimeDistribution::End => (last, last),
                _ => (first.max(self.window.0.unwrap_or(0)), last),
            };
            if let (true, (Slot::Bin(bin), _)) = (first <= last, self.slot(first, &mut days)) {
                later.reach(bin, last);
            }
        }
    }

    /// Whether each bin, by start and length, is incomplete; in their order.
    pub(super) fn are_reached(&self, later: &Later, bins: &BTreeMap<u64, u64>) -> Vec<bool> {
        let unknown_from = self
            .fetched_to
            .zip(later.longest)
            .filter(|(_, longest)| *longest > 0)
            .map(|(end, longest)| end.saturating_sub(longest));
        // Flows may begin before the first bin, where the window has no beginning.
        let begin = bins.first_key_value().map_or(0, |(start, _)| *start);
        let before = later.reached.iter().filter(|(bin, _)| **bin < begin);
        let mut until = before.map(|(_, last)| *last).max();
        let is_reached = |(start, length): (&u64, &u64)| {
            let begins = later.reached.get(start).copied();
            until = until.max(begins);
            let touches = |until: u64| match self.distribution {
                TimeDistribution::Uniform => until >= *start,
                // The part of a bin whose first ms is the end of the flow is empty.
                _ => until > *start,
            };
            let may_be = unknown_from.is_some_and(|from| start.saturating_add(*length) > from);
            begins.is_some() || until.is_some_and(touches) || may_be
        };
        bins.iter().map(is_reached).collect()
    }
}

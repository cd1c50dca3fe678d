//! Counts flows with wrong times.
//!
//! The cause is Logstash's codec more often than a router: see
//! [`FlowRecord`](crate::FlowRecord).

use serde::{Deserialize, Serialize};

use crate::logstash_times::WRAP_MS;

const HOUR_MS: u64 = 3_600_000;

/// Counts of flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Flows whose three times are known.
    pub timed: u64,
    /// Flows that end before they start.
    pub inverted: u64,
    /// Of [`inverted`](Self::inverted), by less than a second, as Logstash 7 and
    /// later make them.
    pub inverted_within_second: u64,
    /// Flows whose start has the milliseconds of the export, as Logstash 5.6 to
    /// 6.8 write them.
    pub same_fraction: u64,
    /// Flows whose start has a larger fraction of a second than the export: there
    /// Logstash 7 and later do not borrow, so that the start is 1 s late.
    pub late_first: u64,
    /// Like [`late_first`](Self::late_first), for the end.
    pub late_last: u64,
    /// Flows with a time that would be right 49.7 days earlier: the uptime
    /// wrapped.
    pub wrapped: u64,
    /// Flows with a time over 1 h after or 24 h before the export for another
    /// reason.
    pub far_off: u64,
    /// Flows that end after their export, by over a second and up to an hour.
    pub ahead: u64,
    /// Flows of [`timed`](Self::timed) that no pipeline has changed: those of packets,
    /// and what nfdump printed. They show none of Logstash's faults.
    #[serde(default)]
    pub as_exported: u64,
    /// Flows of [`as_exported`](Self::as_exported) that start and end whole seconds
    /// before their export.
    #[serde(default)]
    pub whole_seconds: u64,
}

/// Which bug of Logstash the times show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Logstash 5.6 to 6.8: milliseconds are those of the export.
    LostMilliseconds,
    /// Logstash 7 and later: 1 s late where the fraction borrows.
    SecondLate,
}

impl Quality {
    /// Counts a flow that may have passed Logstash, by its export, start and end in
    /// ms.
    pub fn add(&mut self, exported: Option<u64>, first: Option<u64>, last: Option<u64>) {
        let (Some(exported), Some(first), Some(last)) = (exported, first, last) else { return };
        self.add_times(exported, first, last);
        let fraction = |ms: u64| ms % 1000;
        self.inverted_within_second += u64::from(last < first && first - last < 1000);
        self.same_fraction += u64::from(fraction(first) == fraction(exported));
        self.late_first += u64::from(fraction(first) > fraction(exported));
        self.late_last += u64::from(fraction(last) > fraction(exported));
    }

    /// Counts a flow whose times are as its exporter gave them.
    pub fn add_as_exported(
        &mut self,
        exported: Option<u64>,
        first: Option<u64>,
        last: Option<u64>,
    ) {
        let (Some(exported), Some(first), Some(last)) = (exported, first, last) else { return };
        self.add_times(exported, first, last);
        self.as_exported += 1;
        let fraction = exported % 1000;
        self.whole_seconds += u64::from(first % 1000 == fraction && last % 1000 == fraction);
    }

    fn add_times(&mut self, exported: u64, first: u64, last: u64) {
        self.timed += 1;
        self.inverted += u64::from(last < first);
        let is_far = |ms: u64| ms > exported + HOUR_MS || ms + 24 * HOUR_MS < exported;
        let is_wrapped = |ms: u64| {
            ms > exported + HOUR_MS && ms.checked_sub(WRAP_MS).is_some_and(|ms| !is_far(ms))
        };
        if is_wrapped(first) || is_wrapped(last) {
            self.wrapped += 1;
        } else if is_far(first) || is_far(last) {
            self.far_off += 1;
        } else if last > exported + 1000 {
            self.ahead += 1;
        }
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        self.timed += other.timed;
        self.inverted += other.inverted;
        self.inverted_within_second += other.inverted_within_second;
        self.same_fraction += other.same_fraction;
        self.late_first += other.late_first;
        self.late_last += other.late_last;
        self.wrapped += other.wrapped;
        self.far_off += other.far_off;
        self.ahead += other.ahead;
        self.as_exported += other.as_exported;
        self.whole_seconds += other.whole_seconds;
    }

    /// The sums of some counts.
    pub fn of_all<'q>(all: impl IntoIterator<Item = &'q Self>) -> Self {
        let mut sums = Self::default();
        all.into_iter().for_each(|one| sums.merge(one));
        sums
    }

    /// The bug that the counts show, if any: nearly all milliseconds equal those
    /// of the export, or flows end up to a second before they start. The former
    /// needs at least five flows.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let timed = self.of_pipelines();
        if timed >= 5 && self.same_fraction * 100 >= timed * 95 {
            return Some(Fault::LostMilliseconds);
        }
        (self.inverted_within_second > 0).then_some(Fault::SecondLate)
    }

    /// Flows with times that a pipeline may have changed.
    #[must_use]
    pub fn of_pipelines(&self) -> u64 {
        self.timed - self.as_exported.min(self.timed)
    }

    /// Whether there are flows with times, and no pipeline may have changed any.
    #[must_use]
    pub fn is_as_exported(&self) -> bool {
        self.as_exported > 0 && self.of_pipelines() == 0
    }

    /// Whether the exporters' uptimes count whole seconds: nearly all flows that no
    /// pipeline has changed, and at least five.
    #[must_use]
    pub fn counts_seconds(&self) -> bool {
        self.as_exported >= 5 && self.whole_seconds * 100 >= self.as_exported * 95
    }

    /// Whether there is nothing to report.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.inverted + self.wrapped + self.far_off == 0 && self.fault().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_apart() {
        let mut late = Quality::default();
        late.add(Some(10_230), Some(6_900), Some(6_100));
        assert_eq!(late.fault(), Some(Fault::SecondLate));
        assert_eq!((late.inverted, late.late_first, late.late_last), (1, 1, 0));
        let mut lost = Quality::default();
        for n in 0..20 {
            lost.add(Some(50_230 + n), Some(46_230 + n), Some(49_230 + n));
        }
        assert_eq!(lost.fault(), Some(Fault::LostMilliseconds));
        // Whole seconds of an exporter are no fault of Logstash, in packets.
        let mut whole = Quality::default();
        for n in 0..20 {
            whole.add_as_exported(Some(50_230 + n), Some(46_230 + n), Some(49_230 + n));
        }
        whole.add_as_exported(Some(50_230), Some(46_900), Some(46_100));
        assert_eq!((whole.fault(), whole.counts_seconds(), whole.inverted), (None, true, 1));
        whole.merge(&late);
        assert_eq!((whole.fault(), whole.of_pipelines()), (Some(Fault::SecondLate), 1));
        let mut fine = Quality::default();
        fine.add(Some(50_230), Some(46_100), Some(47_200));
        assert!(fine.is_fine());
    }
}

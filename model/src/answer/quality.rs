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
    /// Counts a flow, by its export, start and end in ms.
    pub fn add(&mut self, exported: Option<u64>, first: Option<u64>, last: Option<u64>) {
        let (Some(exported), Some(first), Some(last)) = (exported, first, last) else { return };
        self.timed += 1;
        if last < first {
            self.inverted += 1;
            self.inverted_within_second += u64::from(first - last < 1000);
        }
        let fraction = |ms: u64| ms % 1000;
        self.same_fraction += u64::from(fraction(first) == fraction(exported));
        self.late_first += u64::from(fraction(first) > fraction(exported));
        self.late_last += u64::from(fraction(last) > fraction(exported));
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
        if self.timed >= 5 && self.same_fraction * 100 >= self.timed * 95 {
            return Some(Fault::LostMilliseconds);
        }
        (self.inverted_within_second > 0).then_some(Fault::SecondLate)
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
        let mut fine = Quality::default();
        fine.add(Some(50_230), Some(46_100), Some(47_200));
        assert!(fine.is_fine());
    }
}

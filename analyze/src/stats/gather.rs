//! What is kept of a group, in four sizes: a ranking by bytes needs 40 bytes a
//! key, a p95 every value.

use super::measure::{Measure, Of, Point};
use crate::answer::Metric;
use crate::group::{Accumulator, Counters, Sum};
use crate::tally::Sums;

/// What of a flow can be gathered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    pub(super) bytes: u64,
    pub(super) packets: u64,
    pub(super) first: Option<u64>,
    pub(super) last: Option<u64>,
}

/// Which way a flow went, seen from its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Backward,
    /// Backward, and its other end, which is the same key, was counted.
    BackAgain,
}

/// Something that flows are gathered in.
pub(super) trait Gather: Accumulator {
    /// Takes in a flow.
    fn gather(&mut self, flow: Flow, way: Way);

    /// Bytes each way.
    fn ways(&self) -> Option<(u128, u128)> {
        None
    }

    /// First start and last end.
    fn span(&self) -> (Option<u64>, Option<u64>) {
        (None, None)
    }

    /// Values of every flow.
    fn samples(&mut self, _: Of) -> Option<&mut Vec<u64>> {
        None
    }

    /// Its measure, other than shares and distinct values.
    fn measure(&mut self, measure: Measure) -> Option<u128> {
        let sums = self.sums();
        let duration = || {
            let (Some(first), Some(last)) = self.span() else { return None };
            Some(u128::from(last.saturating_sub(first)))
        };
        match measure {
            Measure::Sum(metric) => Some(metric.of(&sums)),
            Measure::Forward => self.ways().map(|ways| ways.0),
            Measure::Backward => self.ways().map(|ways| ways.1),
            Measure::First => self.span().0.map(u128::from),
            Measure::Last => self.span().1.map(u128::from),
            Measure::Duration => duration(),
            Measure::BitsPerSecond => Some(sums.bytes * 8000 / duration()?.max(1)),
            Measure::PacketsPerSecond => Some(sums.packets * 1000 / duration()?.max(1)),
            Measure::BytesPerPacket => sums.bytes.checked_div(sums.packets),
            Measure::Spread(of, point) => self.samples(of).and_then(|values| at(values, point)),
            Measure::Share(_) | Measure::Distinct(_) => None,
        }
    }
}

/// A point of a distribution; none of no values.
pub(crate) fn at(values: &mut [u64], point: Point) -> Option<u128> {
    if values.is_empty() {
        return None;
    }
    let n = values.len();
    Some(u128::from(match point {
        Point::Min => *values.iter().min()?,
        Point::Max => *values.iter().max()?,
        Point::Mean => {
            let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
            return Some(sum / n as u128);
        }
        Point::Median => *values.select_nth_unstable(nearest_rank(n, 50)).1,
        Point::P95 => *values.select_nth_unstable(nearest_rank(n, 95)).1,
    }))
}

/// Place of the smallest value that so many percent of `n` are not above.
pub(crate) fn nearest_rank(n: usize, percent: usize) -> usize {
    (n * percent).div_ceil(100).max(1) - 1
}

impl Gather for Counters {
    fn gather(&mut self, flow: Flow, way: Way) {
        if way != Way::BackAgain {
            self.add(flow.bytes, flow.packets);
        }
    }
}

/// With the bytes each way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Directed {
    all: Counters,
    forward: Sum,
    backward: Sum,
}

impl Accumulator for Directed {
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.forward.merge(other.forward);
        self.backward.merge(other.backward);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}

impl Gather for Directed {
    fn gather(&mut self, flow: Flow, way: Way) {
        self.all.gather(flow, way);
        let sum = if way == Way::Forward { &mut self.forward } else { &mut self.backward };
        sum.add(flow.bytes);
    }

    fn ways(&self) -> Option<(u128, u128)> {
        Some((self.forward.total(), self.backward.total()))
    }
}

/// With the first start and the last end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spanned {
    directed: Directed,
    first: Option<u64>,
    last: Option<u64>,
}

impl Accumulator for Spanned {
    fn merge(&mut self, other: &Self) {
        self.directed.merge(&other.directed);
        self.first = earliest(self.first, other.first);
        self.last = self.last.max(other.last);
    }

    fn sums(&self) -> Sums {
        self.directed.sums()
    }
}

fn earliest(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Gather for Spanned {
    fn gather(&mut self, flow: Flow, way: Way) {
        self.directed.gather(flow, way);
        self.first = earliest(self.first, flow.first);
        self.last = self.last.max(flow.last);
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.directed.ways()
    }

    fn span(&self) -> (Option<u64>, Option<u64>) {
        (self.first, self.last)
    }
}

/// With the bytes and the duration of every flow.
#[derive(Clone, Debug, Default)]
pub(super) struct Full {
    spanned: Spanned,
    bytes: Vec<u64>,
    durations: Vec<u64>,
}

impl Accumulator for Full {
    fn merge(&mut self, other: &Self) {
        self.spanned.merge(&other.spanned);
        self.bytes.extend_from_slice(&other.bytes);
        self.durations.extend_from_slice(&other.durations);
    }

    fn sums(&self) -> Sums {
        self.spanned.sums()
    }
}

impl Gather for Full {
    fn gather(&mut self, flow: Flow, way: Way) {
        self.spanned.gather(flow, way);
        if way == Way::BackAgain {
            return;
        }
        self.bytes.push(flow.bytes);
        let duration = flow.first.zip(flow.last).and_then(|(first, last)| last.checked_sub(first));
        self.durations.extend(duration);
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.spanned.ways()
    }

    fn span(&self) -> (Option<u64>, Option<u64>) {
        self.spanned.span()
    }

    fn samples(&mut self, of: Of) -> Option<&mut Vec<u64>> {
        Some(match of {
            Of::Bytes => &mut self.bytes,
            Of::Duration => &mut self.durations,
        })
    }
}

/// How much must be kept for a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    Plain,
    Directed,
    Spanned,
    Full,
}

impl Size {
    pub(super) fn of(measure: Measure) -> Self {
        match measure {
            Measure::Sum(Metric::Bytes | Metric::Packets | Metric::Flows)
            | Measure::Share(_)
            | Measure::BytesPerPacket
            | Measure::Distinct(_) => Self::Plain,
            Measure::Forward | Measure::Backward => Self::Directed,
            Measure::First
            | Measure::Last
            | Measure::Duration
            | Measure::BitsPerSecond
            | Measure::PacketsPerSecond => Self::Spanned,
            Measure::Spread(..) => Self::Full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_by_nearest_rank() {
        let of = |n: u64, point| at(&mut (1..=n).rev().collect::<Vec<_>>(), point);
        for (n, median, p95, mean) in
            [(1, 1, 1, 1), (2, 1, 2, 1), (20, 10, 19, 10), (100, 50, 95, 50)]
        {
            assert_eq!(of(n, Point::Median), Some(median), "{n}");
            assert_eq!(of(n, Point::P95), Some(p95), "{n}");
            assert_eq!(of(n, Point::Mean), Some(mean), "{n}");
            assert_eq!((of(n, Point::Min), of(n, Point::Max)), (Some(1), Some(n.into())));
        }
        assert_eq!(at(&mut [], Point::P95), None);
    }
}

//! A group of flows as an engine hands it over: its key, its sums, and what else
//! was worked out of its flows.

use super::Cell;
use crate::Sums;
use crate::question::Point;

/// A group with its key. Only [`Ranker::finish`](super::Ranker::finish) needs to
/// see one; an engine may rank groups in a form of its own ([`Group`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupRow {
    /// One cell for each part of the key: a number, a text, or unknown.
    pub key: Vec<Cell>,
    /// Its bytes, packets and flows.
    pub sums: Sums,
    /// What else there is of it; `None` where nothing else was asked for.
    pub more: Option<Box<More>>,
}

/// What is known of a group beside its sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// Bytes forward and backward.
    pub ways: Option<(u128, u128)>,
    /// Start of its first flow and end of its last, in ms since 1970.
    pub span_ms: (Option<u64>, Option<u64>),
    /// Distinct values, in the order of
    /// [`Grouping::counted`](crate::question::Grouping::counted).
    pub distinct: Vec<u64>,
    /// Quantiles, in the order of
    /// [`Grouping::distributions`](crate::question::Grouping::distributions).
    pub quantiles: Vec<Quantiles>,
}

/// Smallest, largest and so on of the values of a group's flows; median and p95
/// by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// How many values.
    pub n: u64,
    /// Smallest.
    pub min: u64,
    /// Largest.
    pub max: u64,
    /// Sum of all.
    pub sum: u128,
    /// Half of the values are not larger.
    pub median: u64,
    /// 95 % of the values are not larger.
    pub p95: u64,
}

impl Quantiles {
    /// One of them; none of no values.
    #[must_use]
    pub fn at(&self, point: Point) -> Option<u128> {
        let value = match point {
            Point::Min => self.min.into(),
            Point::Max => self.max.into(),
            Point::Mean => self.sum / u128::from(self.n.max(1)),
            Point::Median => self.median.into(),
            Point::P95 => self.p95.into(),
        };
        (self.n > 0).then_some(value)
    }
}

/// What every form of a group can tell: measures are worked out from this alone.
pub trait Group {
    /// Its bytes, packets and flows.
    fn sums(&self) -> Sums;

    /// Bytes forward and backward.
    fn ways(&self) -> Option<(u128, u128)> {
        None
    }

    /// Start of its first flow and end of its last, in ms.
    fn span_ms(&self) -> (Option<u64>, Option<u64>) {
        (None, None)
    }

    /// Distinct values of what is counted at a place.
    fn distinct(&self, _place: usize) -> Option<u64> {
        None
    }

    /// Quantiles of the distribution at a place.
    fn quantiles(&self, _place: usize) -> Option<&Quantiles> {
        None
    }
}

impl Group for GroupRow {
    fn sums(&self) -> Sums {
        self.sums
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.more.as_ref()?.ways
    }

    fn span_ms(&self) -> (Option<u64>, Option<u64>) {
        self.more.as_ref().map_or((None, None), |more| more.span_ms)
    }

    fn distinct(&self, place: usize) -> Option<u64> {
        self.more.as_ref()?.distinct.get(place).copied()
    }

    fn quantiles(&self, place: usize) -> Option<&Quantiles> {
        self.more.as_ref()?.quantiles.get(place)
    }
}

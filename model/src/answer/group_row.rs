//! A group of flows as an engine returns it: key, sums, distinct counts and
//! quantiles.

use super::{Cell, Protocols};
use crate::Sums;
use crate::question::Point;

/// A group with its key. Only [`Ranker::finish`](super::Ranker::finish) needs
/// this type; an engine may rank groups of its own type ([`Group`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupRow {
    /// One cell for each part of the key: a number, a text, or unknown.
    pub key: Vec<Cell>,
    /// Its bytes, packets and flows.
    pub sums: Sums,
    /// The protocols of its flows, if the question
    /// [needs them](crate::question::Grouping::needs_protocols).
    pub protocols: Protocols,
    /// Further measures; `None` if the question needs only sums.
    pub more: Option<Box<More>>,
}

/// Measures of a group beside its sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// Bytes in the forward and in the backward direction.
    pub ways: Option<(u128, u128)>,
    /// Start of its first flow and end of its last, in ms since 1970.
    pub span_ms: (Option<u64>, Option<u64>),
    /// Length of its bin of time in ms, as far as the bin lies in the window; `None` if
    /// its key has none, or the time is unknown.
    pub bin_ms: Option<u64>,
    /// Distinct values, in the order of
    /// [`Grouping::counted`](crate::question::Grouping::counted).
    pub distinct: Vec<u64>,
    /// Quantiles, in the order of
    /// [`Grouping::distributions`](crate::question::Grouping::distributions).
    pub quantiles: Vec<Quantiles>,
}

/// Distribution of a value over the flows of a group; median and p95 by nearest
/// rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// Number of values.
    pub n: u64,
    /// Smallest.
    pub min: u64,
    /// Largest.
    pub max: u64,
    /// Sum of all.
    pub sum: u128,
    /// Median: half of the values are not larger.
    pub median: u64,
    /// 95th percentile: 95 % of the values are not larger.
    pub p95: u64,
}

impl Quantiles {
    /// The value at a point of the distribution; `None` if there are no values.
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

/// What every type of group provides; all measures are computed from it.
pub trait Group {
    /// Its bytes, packets and flows.
    fn sums(&self) -> Sums;

    /// The protocols of its flows.
    fn protocols(&self) -> Protocols {
        Protocols::default()
    }

    /// Bytes in the forward and in the backward direction.
    fn ways(&self) -> Option<(u128, u128)> {
        None
    }

    /// Start of its first flow and end of its last, in ms.
    fn span_ms(&self) -> (Option<u64>, Option<u64>) {
        (None, None)
    }

    /// Length of its bin of time in ms, as far as the bin lies in the window.
    fn bin_ms(&self) -> Option<u64> {
        None
    }

    /// A part of its key, by its place; only needed to rank by keys.
    fn key(&self, _place: usize) -> Cell {
        Cell::Unknown
    }

    /// The distinct count at an index of [`More::distinct`].
    fn distinct(&self, _index: usize) -> Option<u64> {
        None
    }

    /// The distribution at an index of [`More::quantiles`].
    fn quantiles(&self, _index: usize) -> Option<&Quantiles> {
        None
    }
}

impl Group for GroupRow {
    fn sums(&self) -> Sums {
        self.sums
    }

    fn protocols(&self) -> Protocols {
        self.protocols
    }

    fn key(&self, place: usize) -> Cell {
        self.key.get(place).cloned().unwrap_or(Cell::Unknown)
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.more.as_ref()?.ways
    }

    fn span_ms(&self) -> (Option<u64>, Option<u64>) {
        self.more.as_ref().map_or((None, None), |more| more.span_ms)
    }

    fn bin_ms(&self) -> Option<u64> {
        self.more.as_ref()?.bin_ms
    }

    fn distinct(&self, index: usize) -> Option<u64> {
        self.more.as_ref()?.distinct.get(index).copied()
    }

    fn quantiles(&self, index: usize) -> Option<&Quantiles> {
        self.more.as_ref()?.quantiles.get(index)
    }
}

//! Tests of numbers, compiled for columns.

use flowkit_model::Kind;
use flowkit_model::filter::{Ranges, Subject, Test};

use crate::batch::Values;
use crate::batch::dictionary::FIRST_CODED;

/// A test, in the form that is fastest for its field.
#[derive(Debug)]
pub(crate) enum Compiled {
    /// No value passes.
    None,
    /// One range: one comparison per row.
    Range(u64, u64),
    /// A field of at most 16 bits: one flag for each value it can have.
    Table(Vec<bool>),
    /// Many ranges of 32-bit values: an index by the upper 16 bits to the few ranges
    /// that can hold a value.
    Indexed(Index),
    /// Any other.
    Plain(Test),
}

/// Ranges of 32-bit values, and where those of each upper half begin.
#[derive(Debug)]
pub(crate) struct Index {
    ranges: Vec<(u32, u32)>,
    /// For each upper half, the number of ranges that begin before it.
    starts: Vec<u32>,
}

/// Up to this many ranges a search is as fast as the index.
const FEW_RANGES: usize = 4;

impl Compiled {
    pub(crate) fn new(subject: Subject, test: &Test) -> Self {
        // Of addresses only those that are their own number are compared as such.
        let largest = if subject.kind() == Kind::Address {
            u64::from(FIRST_CODED) - 1
        } else {
            u64::try_from(subject.largest()).unwrap_or(u64::MAX)
        };
        if let Ok(largest) = u16::try_from(largest) {
            return Self::Table((0..=largest).map(|value| test.passes(value)).collect());
        }
        let Test::In(ranges) = test else { return Self::Plain(test.clone()) };
        match &*up_to(largest, ranges) {
            [] => Self::None,
            [(first, last)] => Self::Range(*first, *last),
            list if u32::try_from(largest).is_ok() && list.len() > FEW_RANGES => {
                Self::Indexed(Index::new(list))
            }
            list => Self::Plain(Test::In(Ranges::new(list.iter().copied()))),
        }
    }

    /// One flag per value.
    pub(crate) fn mask(&self, values: &Values) -> Vec<bool> {
        match values {
            Values::U8(values) => self.of(values),
            Values::U16(values) => self.of(values),
            Values::U32(values) => self.of(values),
            Values::U64(values) => self.of(values),
        }
    }

    fn of<V: Copy + Into<u64>>(&self, values: &[V]) -> Vec<bool> {
        let wide = values.iter().map(|value| (*value).into());
        match self {
            Self::None => vec![false; values.len()],
            Self::Range(first, last) => {
                // One comparison: smaller values wrap around to large ones.
                let length = last - first;
                wide.map(|value: u64| value.wrapping_sub(*first) <= length).collect()
            }
            Self::Table(passes) => wide
                .map(|value: u64| {
                    usize::try_from(value).is_ok_and(|value| passes.get(value) == Some(&true))
                })
                .collect(),
            Self::Indexed(index) => wide.map(|value| index.contains(value)).collect(),
            Self::Plain(test) => wide.map(|value| test.passes(value)).collect(),
        }
    }
}

/// What some ranges have up to a largest value.
fn up_to(largest: u64, ranges: &Ranges) -> Vec<(u64, u64)> {
    let narrow = |value: u128| u64::try_from(value).unwrap_or(u64::MAX).min(largest);
    let ranges = ranges.as_slice().iter().take_while(|range| range.0 <= largest.into());
    ranges.map(|range| (narrow(range.0), narrow(range.1))).collect()
}

impl Index {
    fn new(ranges: &[(u64, u64)]) -> Self {
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let ranges: Vec<(u32, u32)> =
            ranges.iter().map(|range| (narrow(range.0), narrow(range.1))).collect();
        let starts = (0..=u32::from(u16::MAX) + 1)
            .map(|half| {
                let n = ranges.partition_point(|range| range.0 >> 16 < half);
                u32::try_from(n).expect("a list of 2^32 ranges fits in no memory")
            })
            .collect();
        Self { ranges, starts }
    }

    #[inline]
    fn contains(&self, value: u64) -> bool {
        let Ok(value) = u32::try_from(value) else { return false };
        let half = (value >> 16) as usize;
        let (from, to) = (self.starts[half] as usize, self.starts[half + 1] as usize);
        // The last range that begins at or before the value may begin in an
        // earlier half.
        let after = from + self.ranges[from..to].partition_point(|range| range.0 <= value);
        after > 0 && value <= self.ranges[after - 1].1
    }
}

//! Quantiles of the values of a key, by nearest rank.

use flowkit_model::Sums;
use flowkit_model::answer::Quantiles;

use super::counters::Accumulator;
use crate::spill::hash::Hashed;
use crate::spill::map::Map;
use crate::spill::record::Record;

/// How often a key occurs, or a value of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occurrences(pub u64);

impl Accumulator for Occurrences {
    type Row = ();

    #[inline]
    fn take(&mut self, (): ()) {
        self.0 += 1;
    }

    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }

    fn sums(&self) -> Sums {
        Sums { flows: self.0, ..Sums::default() }
    }
}

impl Record for Occurrences {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(Self)
    }
}

/// The nearest rank of a percentile among `n` values, counted from 1.
pub(crate) fn nearest_rank(n: u64, percent: u64) -> u64 {
    let rank = (u128::from(n) * u128::from(percent)).div_ceil(100).max(1);
    u64::try_from(rank).unwrap_or(n)
}

/// The quantiles of values in ascending order, each with how often it occurs.
pub(crate) fn quantiles(values: &[(u64, u64)]) -> Quantiles {
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return Quantiles::default();
    };
    let n = values.iter().map(|(_, times)| times).sum();
    let sum = values.iter().map(|(value, times)| u128::from(*value) * u128::from(*times)).sum();
    let at = |rank: u64| {
        let mut before = 0;
        let reaches = |(_, times): &&(u64, u64)| {
            before += times;
            before >= rank
        };
        values.iter().find(reaches).map_or(last.0, |(value, _)| *value)
    };
    let (median, p95) = (at(nearest_rank(n, 50)), at(nearest_rank(n, 95)));
    Quantiles { n, min: first.0, max: last.0, sum, median, p95 }
}

/// The quantiles of each key, of (key, value, how often it occurs) in any order.
pub(crate) fn quantiles_by_key<K: Hashed + Ord>(
    mut values: Vec<(K, u64, u64)>,
) -> Map<K, Quantiles> {
    values.sort_unstable();
    let mut found = Map::new();
    let mut of_key = Vec::new();
    for group in values.chunk_by(|a, b| a.0 == b.0) {
        of_key.clear();
        of_key.extend(group.iter().map(|(_, value, times)| (*value, *times)));
        *found.at(group[0].0.clone()) = quantiles(&of_key);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        for (n, median, p95) in [(1, 1, 1), (2, 1, 2), (20, 10, 19), (100, 50, 95)] {
            let once: Vec<_> = (1..=n).map(|value| (value, 1)).collect();
            let points = quantiles(&once);
            assert_eq!((points.median, points.p95), (median, p95), "{n}");
            assert_eq!((points.n, points.min, points.max), (n, 1, n));
            assert_eq!(points.sum, u128::from(n * (n + 1) / 2));
        }
        // 1, 1, 1, 5
        let points = quantiles(&[(1, 3), (5, 1)]);
        assert_eq!((points.n, points.median, points.p95, points.sum), (4, 1, 5, 8));
        assert_eq!(quantiles(&[]), Quantiles::default());
    }

    #[test]
    fn keys_have_their_own_quantiles() {
        let map = quantiles_by_key(vec![(7_u64, 5, 1), (9, 1, 1), (7, 3, 2)]);
        assert_eq!(
            map.get(&7).map(|points| (points.n, points.median, points.max)),
            Some((3, 3, 5))
        );
        assert_eq!(map.get(&9).map(|points| points.sum), Some(1));
        assert_eq!(map.len(), 2);
    }
}

//! Counters of single flows that do not fit in 64 bits, as a sampled one may have after
//! it was multiplied by its interval. Columns keep 64 bits, and few flows need more.

use std::collections::BTreeMap;

/// Bytes and packets beyond what the columns of a batch hold, by row. Where there are
/// more, the column has [`u64::MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wide(BTreeMap<u32, [u128; 2]>);

impl Wide {
    /// Counters times their intervals: the columns take what fits, and the rest is here.
    pub(super) fn scale(
        counters: [&mut [u64]; 2],
        intervals: impl Fn(usize) -> u64,
    ) -> Option<Self> {
        let mut wide = BTreeMap::new();
        for (place, values) in counters.into_iter().enumerate() {
            for (row, value) in values.iter_mut().enumerate() {
                let interval = intervals(row);
                let Some(product) = value.checked_mul(interval) else {
                    let more = u128::from(*value) * u128::from(interval) - u128::from(u64::MAX);
                    let row = u32::try_from(row).expect("batches have fewer rows");
                    wide.entry(row).or_insert([0; 2])[place] = more;
                    *value = u64::MAX;
                    continue;
                };
                *value = product;
            }
        }
        (!wide.is_empty()).then_some(Self(wide))
    }

    /// What a row has beyond its columns: bytes and packets.
    pub(crate) fn of(&self, row: usize) -> Option<[u128; 2]> {
        self.0.get(&u32::try_from(row).ok()?).copied()
    }

    /// What all rows have beyond the columns.
    pub(crate) fn sum(&self) -> [u128; 2] {
        self.0.values().fold([0; 2], |sum, more| [sum[0] + more[0], sum[1] + more[1]])
    }

    /// Number of such flows.
    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Those of these rows, which are in ascending order.
    pub(super) fn select(&self, rows: &[u32]) -> Option<Self> {
        let kept: BTreeMap<_, _> =
            (0..).zip(rows).filter_map(|(new, old)| Some((new, *self.0.get(old)?))).collect();
        (!kept.is_empty()).then_some(Self(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (2^64 − 1) · 3 is 2 · (2^64 − 1) more than a column holds.
    #[test]
    fn what_does_not_fit_is_kept_beside() {
        let (mut bytes, mut packets) = ([u64::MAX, 7, 1 << 63], [1, 2, 1 << 63]);
        let wide = Wide::scale([&mut bytes, &mut packets], |row| [3, 4, 2][row]).unwrap();
        assert_eq!((bytes, packets), ([u64::MAX, 28, u64::MAX], [3, 8, u64::MAX]));
        assert_eq!(wide.of(0), Some([2 * u128::from(u64::MAX), 0]));
        assert_eq!((wide.of(1), wide.of(2)), (None, Some([1, 1])));
        assert_eq!((wide.len(), wide.sum()), (2, [2 * u128::from(u64::MAX) + 1, 1]));
        assert_eq!(wide.select(&[1, 2]).unwrap().of(1), Some([1, 1]));
        assert_eq!(wide.select(&[1]), None);
        let mut small = [5, 0];
        assert_eq!(Wide::scale([&mut small, &mut [1, 1]], |_| 1000), None);
        assert_eq!(small, [5000, 0]);
    }
}

//! Many values as few ranges: a list of addresses, networks, ports or numbers
//! is one test, whose cost grows with the logarithm of its length.

/// Sorted ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u128, u128)>);

impl Ranges {
    /// Ranges from first to last, both in it; in any order, overlapping or
    /// not. One that ends before it begins holds nothing.
    pub fn new<N: Into<u128>>(ranges: impl IntoIterator<Item = (N, N)>) -> Self {
        let ranges = ranges.into_iter().map(|(first, last)| (first.into(), last.into()));
        let mut sorted: Vec<_> = ranges.filter(|(first, last)| first <= last).collect();
        sorted.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// One value.
    #[must_use]
    pub fn one(value: impl Into<u128>) -> Self {
        let value = value.into();
        Self(vec![(value, value)])
    }

    /// Whether a value is in one of them.
    #[inline]
    #[must_use]
    pub fn contains(&self, value: impl Into<u128>) -> bool {
        let value = value.into();
        let after = self.0.partition_point(|range| range.0 <= value);
        after > 0 && value <= self.0[after - 1].1
    }

    /// Whether one of them shares a value with `first..=last`.
    #[must_use]
    pub fn overlaps(&self, first: u128, last: u128) -> bool {
        let after = self.0.partition_point(|range| range.0 <= last);
        after > 0 && first <= self.0[after - 1].1
    }

    /// Whether every value of `first..=last` is in one of them.
    #[must_use]
    pub fn covers(&self, first: u128, last: u128) -> bool {
        let after = self.0.partition_point(|range| range.0 <= first);
        after > 0 && last <= self.0[after - 1].1
    }

    /// First and last value of each, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[(u128, u128)] {
        &self.0
    }

    /// Whether nothing is in them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_become_one() {
        let ranges =
            Ranges::new([(5, 9), (1, 2), (3, 3), (8, 12), (20, 19), (u128::MAX, u128::MAX)]);
        assert_eq!(ranges.as_slice(), [(1, 3), (5, 12), (u128::MAX, u128::MAX)]);
    }

    proptest! {
        #[test]
        fn equals_the_plain_loop(
            list in proptest::collection::vec((0_u128..60, 0_u128..60), 0..8),
            (first, last) in (0_u128..60, 0_u128..60),
        ) {
            let ranges = Ranges::new(list.clone());
            let holds = |value: u128| list.iter().any(|(from, to)| (*from..=*to).contains(&value));
            prop_assert_eq!(ranges.contains(first), holds(first));
            if first <= last {
                prop_assert_eq!(ranges.overlaps(first, last), (first..=last).any(holds));
                prop_assert_eq!(ranges.covers(first, last), (first..=last).all(holds));
            }
        }
    }
}

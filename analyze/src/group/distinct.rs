//! How many different values of one field each key has: every pair of key and
//! value is kept once, then the pairs of each key are counted. Exact.

use hashbrown::{HashMap, HashSet};

use super::key::{Key, KeyLayout, LongKey};
use crate::columns::Column;

/// Pairs of key and value.
#[derive(Debug)]
pub struct Distinct {
    /// The key's fields and the counted one last.
    layout: KeyLayout,
    pairs: Pairs,
}

#[derive(Debug)]
enum Pairs {
    Narrow(HashSet<u64>),
    Wide(HashSet<u128>),
    Long(HashSet<LongKey>),
}

/// Number of values of each key.
#[derive(Debug)]
pub struct DistinctCounts {
    layout: KeyLayout,
    counts: Counts,
}

#[derive(Debug)]
enum Counts {
    Narrow(HashMap<u64, u64>),
    Wide(HashMap<u128, u64>),
    Long(HashMap<LongKey, u64>),
}

impl Distinct {
    /// None yet; the last field of the layout is the counted one.
    #[must_use]
    pub fn new(layout: KeyLayout) -> Self {
        let pairs = match layout.bits() {
            0..=64 => Pairs::Narrow(HashSet::new()),
            65..=128 => Pairs::Wide(HashSet::new()),
            _ => Pairs::Long(HashSet::new()),
        };
        Self { layout, pairs }
    }

    /// Takes in the rows of a batch that are selected and whose value is known;
    /// the column of the values is the last.
    ///
    /// # Panics
    /// If the columns do not fit the layout.
    pub fn add(&mut self, columns: &[&Column], selected: Option<&[bool]>) {
        let values = *columns.last().expect("the values have a column");
        match &mut self.pairs {
            Pairs::Narrow(pairs) => insert(pairs, &self.layout, columns, values, selected),
            Pairs::Wide(pairs) => insert(pairs, &self.layout, columns, values, selected),
            Pairs::Long(pairs) => insert(pairs, &self.layout, columns, values, selected),
        }
    }

    /// Adds what another thread took in.
    ///
    /// # Panics
    /// If it has another layout.
    pub fn merge(&mut self, other: Self) {
        match (&mut self.pairs, other.pairs) {
            (Pairs::Narrow(pairs), Pairs::Narrow(other)) => merge(pairs, other),
            (Pairs::Wide(pairs), Pairs::Wide(other)) => merge(pairs, other),
            (Pairs::Long(pairs), Pairs::Long(other)) => merge(pairs, other),
            _ => panic!("pairs of one layout"),
        }
    }

    /// Counts the values of each key.
    ///
    /// # Panics
    /// Never: the layout has at least the counted field.
    #[must_use]
    pub fn counts(self) -> DistinctCounts {
        let mut parts = self.layout.parts().to_vec();
        let bits = parts.pop().expect("the counted field").bits;
        let counts = match self.pairs {
            Pairs::Narrow(pairs) => Counts::Narrow(count(pairs, bits)),
            Pairs::Wide(pairs) => Counts::Wide(count(pairs, bits)),
            Pairs::Long(pairs) => Counts::Long(count(pairs, bits)),
        };
        DistinctCounts { layout: KeyLayout::new(parts), counts }
    }
}

impl DistinctCounts {
    /// Values of a key, given the values of its fields.
    #[must_use]
    pub fn of(&self, key: &[Option<u64>]) -> u64 {
        let found = match &self.counts {
            Counts::Narrow(counts) => counts.get(&self.layout.of_values::<u64>(key)),
            Counts::Wide(counts) => counts.get(&self.layout.of_values::<u128>(key)),
            Counts::Long(counts) => counts.get(&self.layout.of_values::<LongKey>(key)),
        };
        found.copied().unwrap_or(0)
    }

    /// Every key that has a value, and how many; in no order.
    #[must_use]
    pub fn all(&self) -> Vec<(Vec<Option<u64>>, u64)> {
        fn all<K: Key>(
            layout: &KeyLayout,
            counts: &HashMap<K, u64>,
        ) -> Vec<(Vec<Option<u64>>, u64)> {
            counts.iter().map(|(key, n)| (layout.decode(key.clone()), *n)).collect()
        }
        match &self.counts {
            Counts::Narrow(counts) => all(&self.layout, counts),
            Counts::Wide(counts) => all(&self.layout, counts),
            Counts::Long(counts) => all(&self.layout, counts),
        }
    }
}

fn insert<K: Key + Eq>(
    pairs: &mut HashSet<K>,
    layout: &KeyLayout,
    columns: &[&Column],
    values: &Column,
    selected: Option<&[bool]>,
) {
    for (row, key) in layout.encode::<K>(columns).into_iter().enumerate() {
        let known = values.unknown.as_ref().is_none_or(|unknown| !unknown[row]);
        if known && selected.is_none_or(|selected| selected[row]) {
            pairs.insert(key);
        }
    }
}

fn merge<K: Key + Eq>(pairs: &mut HashSet<K>, mut other: HashSet<K>) {
    if other.len() > pairs.len() {
        std::mem::swap(pairs, &mut other);
    }
    pairs.extend(other);
}

/// The counted field stands lowest in the key; without it, the rest is the
/// key of its own layout.
fn count<K: Key + Eq>(pairs: HashSet<K>, bits: u32) -> HashMap<K, u64> {
    let mut counts = HashMap::new();
    for mut key in pairs {
        key.pop(bits);
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::columns::Values;
    use crate::group::key::KeyPart;
    use flowkit_model::Kind;

    #[test]
    fn equals_sets_by_key() {
        for fields in [vec![16], vec![32, 32], vec![48, 48, 48]] {
            let part = |bits| KeyPart { name: String::new(), kind: Kind::Code, bits };
            let layout =
                KeyLayout::new(fields.iter().chain(&[32]).map(|bits| part(*bits)).collect());
            let mut halves = [Distinct::new(layout.clone()), Distinct::new(layout)];
            let key = |row: u64| (row % 10 != 3).then_some(row % 7);
            let value = |row: u64| (row % 11 != 5).then_some(row * row % 23);
            let column = |value: &dyn Fn(u64) -> Option<u64>| Column {
                values: Values::U64((0..500).map(|row| value(row).unwrap_or(0)).collect()),
                unknown: Some((0..500).map(|row| value(row).is_none()).collect()),
            };
            let (keys, values) = (column(&key), column(&value));
            let mut columns = vec![&keys; fields.len()];
            columns.push(&values);
            for (half, distinct) in halves.iter_mut().enumerate() {
                let selected: Vec<bool> = (0..500).map(|row| row % 2 == half).collect();
                distinct.add(&columns, Some(&selected));
            }
            let [mut all, other] = halves;
            all.merge(other);
            let mut expected: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
            for row in 0..500 {
                expected.entry(vec![key(row); fields.len()]).or_default().extend(value(row));
            }
            let counts = all.counts();
            for (key, values) in &expected {
                assert_eq!(counts.of(key), values.len() as u64, "{key:?}");
            }
            assert_eq!(counts.all().len(), expected.len());
        }
    }
}

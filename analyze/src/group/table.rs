//! Where the sums of each key are kept: an array for narrow keys, a hash table
//! for wide ones.

use hashbrown::HashMap;

use super::Accumulator;
use super::key::{Key, KeyLayout, LongKey};
use super::rank::{Ranked, rank};
use crate::answer::Metric;
use crate::columns::Column;

/// Keys of at most so many bits are places in an array: a port and the bit for
/// unknown.
const DENSE_BITS: u32 = 17;

/// Sums by key.
#[derive(Clone, Debug)]
pub enum Table<A> {
    /// By place.
    Dense(Vec<A>),
    /// By a key of up to 64 bits.
    Narrow(HashMap<u64, A>),
    /// By a key of up to 128 bits.
    Wide(HashMap<u128, A>),
    /// By a key of any number of fields.
    Long(HashMap<LongKey, A>),
}

impl<A: Accumulator> Table<A> {
    /// An empty table for keys of a layout.
    #[must_use]
    pub fn new(layout: &KeyLayout) -> Self {
        match layout.bits() {
            bits @ 0..=DENSE_BITS => Self::Dense(vec![A::default(); 1 << bits]),
            18..=64 => Self::Narrow(HashMap::new()),
            65..=128 => Self::Wide(HashMap::new()),
            _ => Self::Long(HashMap::new()),
        }
    }

    /// Lets `add` add each selected row of a batch to the sums of its key.
    ///
    /// - Shapes: `columns` has one column per field of the layout; `selected`
    ///   one flag per row, or is `None` for all rows.
    ///
    /// # Panics
    /// If the columns do not fit the layout.
    pub fn add(
        &mut self,
        layout: &KeyLayout,
        columns: &[&Column],
        selected: Option<&[bool]>,
        mut add: impl FnMut(&mut A, usize),
    ) {
        match self {
            Self::Dense(sums) => each(layout, columns, selected, |key: u64, row| {
                add(&mut sums[usize::try_from(key).expect("a narrow key")], row);
            }),
            Self::Narrow(sums) => each(layout, columns, selected, |key, row| {
                add(sums.entry(key).or_default(), row);
            }),
            Self::Wide(sums) => each(layout, columns, selected, |key, row| {
                add(sums.entry(key).or_default(), row);
            }),
            Self::Long(sums) => each(layout, columns, selected, |key, row| {
                add(sums.entry(key).or_default(), row);
            }),
        }
    }

    /// Adds what another thread added up.
    ///
    /// # Panics
    /// If the tables are of different layouts.
    pub fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Dense(sums), Self::Dense(other)) => {
                for (sums, other) in sums.iter_mut().zip(&other) {
                    sums.merge(other);
                }
            }
            (Self::Narrow(sums), Self::Narrow(other)) => merge_maps(sums, other),
            (Self::Wide(sums), Self::Wide(other)) => merge_maps(sums, other),
            (Self::Long(sums), Self::Long(other)) => merge_maps(sums, other),
            _ => panic!("tables of one layout"),
        }
    }

    /// The sums of some keys, given the values of their fields; of a key that
    /// is not there, nothing.
    #[must_use]
    pub fn pick<'k>(
        &self,
        layout: &KeyLayout,
        keys: impl Iterator<Item = &'k [Option<u64>]>,
    ) -> Vec<A> {
        let sums = keys.map(|key| match self {
            Self::Dense(sums) => {
                usize::try_from(layout.of_values::<u64>(key)).ok().and_then(|key| sums.get(key))
            }
            Self::Narrow(sums) => sums.get(&layout.of_values::<u64>(key)),
            Self::Wide(sums) => sums.get(&layout.of_values::<u128>(key)),
            Self::Long(sums) => sums.get(&layout.of_values::<LongKey>(key)),
        });
        sums.map(|sums| sums.cloned().unwrap_or_default()).collect()
    }

    /// The first `limit` keys by a metric (0: all), ties by key, unknown last
    /// among them; `texts` are the dictionary's.
    #[must_use]
    pub fn rank(
        self,
        layout: &KeyLayout,
        metric: Metric,
        limit: usize,
        texts: &[String],
    ) -> Ranked<A> {
        match self {
            Self::Dense(sums) => {
                let groups = (0_u64..).zip(sums).filter(|(_, sums)| sums.sums().flows > 0);
                rank(groups.collect(), layout, metric, limit, texts)
            }
            Self::Narrow(sums) => rank(sums.into_iter().collect(), layout, metric, limit, texts),
            Self::Wide(sums) => rank(sums.into_iter().collect(), layout, metric, limit, texts),
            Self::Long(sums) => rank(sums.into_iter().collect(), layout, metric, limit, texts),
        }
    }
}

/// Calls `take` with the key of each selected row.
fn each<K: Key>(
    layout: &KeyLayout,
    columns: &[&Column],
    selected: Option<&[bool]>,
    mut take: impl FnMut(K, usize),
) {
    for (row, key) in layout.encode(columns).into_iter().enumerate() {
        if selected.is_none_or(|selected| selected[row]) {
            take(key, row);
        }
    }
}

/// Merges the smaller table into the larger.
fn merge_maps<K: Eq + std::hash::Hash, A: Accumulator>(
    sums: &mut HashMap<K, A>,
    mut other: HashMap<K, A>,
) {
    if other.len() > sums.len() {
        std::mem::swap(sums, &mut other);
    }
    for (key, other) in other {
        sums.entry(key).or_default().merge(&other);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::columns::Values;
    use crate::group::Counters;
    use crate::group::key::KeyPart;
    use flowkit_model::Kind;

    /// Each kind of table, split over two threads' tables, against the plain
    /// loop; one row is not selected.
    #[test]
    fn equals_the_plain_loop() {
        for fields in [vec![16], vec![32], vec![64], vec![48, 48, 48]] {
            let part = |bits| KeyPart { name: String::new(), kind: Kind::Code, bits };
            let layout = KeyLayout::new(fields.iter().map(|bits| part(*bits)).collect());
            let key = |row: u64| (row % 10 != 3).then_some(row * row % 77);
            let column = Column {
                values: Values::U64((0..1000).map(|row| key(row).unwrap_or(0)).collect()),
                unknown: Some((0..1000).map(|row| key(row).is_none()).collect()),
            };
            let columns = vec![&column; fields.len()];
            let mut tables = [Table::<Counters>::new(&layout), Table::new(&layout)];
            for (half, table) in tables.iter_mut().enumerate() {
                let half: Vec<bool> = (0..1000).map(|row| row != 7 && row % 2 == half).collect();
                table.add(&layout, &columns, Some(&half), |sums, row| sums.add(row as u64, 1));
            }
            let [mut table, other] = tables;
            table.merge(other);
            let mut expected: BTreeMap<_, (u128, u64)> = BTreeMap::new();
            for row in (0..1000).filter(|row| *row != 7) {
                let sums = expected.entry(vec![key(row); fields.len()]).or_default();
                *sums = (sums.0 + u128::from(row), sums.1 + 1);
            }
            let found: BTreeMap<_, _> = table
                .rank(&layout, Metric::Bytes, 0, &[])
                .rows
                .into_iter()
                .map(|(key, sums)| (key, (sums.sums().bytes, sums.sums().flows)))
                .collect();
            assert_eq!(found, expected, "{fields:?} bits");
        }
    }
}

//! Where the sums of each key are kept: an array for narrow keys, a hash table
//! for wide ones.

use hashbrown::HashMap;

use super::Accumulator;
use super::key::{Key, KeyLayout, LongKey};
use super::rank::{Ranked, rank};
use crate::answer::Metric;
use crate::columns::{Column, Values};

/// Keys of at most so many bits are places in an array: a port, or a protocol
/// and flags.
const DENSE_BITS: u32 = 16;

/// Sums by key.
///
/// Most batches have no unknown value in the columns of a key. Their keys need
/// no bit for it: a pair of addresses fits in 64 bits, and a port is a place in
/// an array of 2^16. Over 10 M flows that takes a third off the time of pairs.
#[derive(Clone, Debug)]
pub struct Table<A> {
    /// Keys of which all fields are known.
    known: Known<A>,
    /// Keys with unknown fields, and all keys that are too long for `known`.
    rest: Rest<A>,
}

#[derive(Clone, Debug)]
enum Known<A> {
    /// By place.
    Dense(Vec<A>),
    /// By a key of up to 64 bits.
    Packed(HashMap<Packed, A>),
    /// The key is longer.
    TooLong,
}

#[derive(Clone, Debug)]
enum Rest<A> {
    /// By a key of up to 64 bits.
    Narrow(HashMap<u64, A>),
    /// By a key of up to 128 bits.
    Wide(HashMap<u128, A>),
    /// By a key of any number of fields.
    Long(HashMap<LongKey, A>),
}

/// A key without unknown values: the values of its fields and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Packed(u64);

impl Key for Packed {
    #[inline]
    fn push(&mut self, bits: u32, value: Option<u64>) {
        let value = value.expect("keys with unknown fields are kept elsewhere");
        self.0 = self.0.checked_shl(bits).unwrap_or(0) | value;
    }

    fn pop(&mut self, bits: u32) -> Option<u64> {
        let value = self.0 & (u64::MAX >> (64 - bits));
        self.0 = self.0.checked_shr(bits).unwrap_or(0);
        Some(value)
    }
}

impl<A: Accumulator> Table<A> {
    /// An empty table for keys of a layout.
    #[must_use]
    pub fn new(layout: &KeyLayout) -> Self {
        let bits: u32 = layout.parts().iter().map(|part| part.bits).sum();
        let known = match bits {
            0..=DENSE_BITS => Known::Dense(Vec::new()),
            17..=64 => Known::Packed(HashMap::new()),
            _ => Known::TooLong,
        };
        let rest = match layout.bits() {
            0..=64 => Rest::Narrow(HashMap::new()),
            65..=128 => Rest::Wide(HashMap::new()),
            _ => Rest::Long(HashMap::new()),
        };
        Self { known, rest }
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
        if columns.iter().all(|column| column.unknown.is_none()) {
            match &mut self.known {
                Known::Dense(sums) => {
                    if sums.is_empty() {
                        let bits: u32 = layout.parts().iter().map(|part| part.bits).sum();
                        sums.resize(1 << bits, A::default());
                    }
                    return dense(sums, layout, columns, selected, add);
                }
                Known::Packed(sums) => {
                    return each(layout, columns, selected, |key, row| {
                        add(sums.entry(key).or_default(), row);
                    });
                }
                Known::TooLong => {}
            }
        }
        match &mut self.rest {
            Rest::Narrow(sums) => each(layout, columns, selected, |key, row| {
                add(sums.entry(key).or_default(), row);
            }),
            Rest::Wide(sums) => each(layout, columns, selected, |key, row| {
                add(sums.entry(key).or_default(), row);
            }),
            Rest::Long(sums) => each(layout, columns, selected, |key, row| {
                add(sums.entry(key).or_default(), row);
            }),
        }
    }

    /// Adds what another thread added up.
    ///
    /// # Panics
    /// If the tables are of different layouts.
    pub fn merge(&mut self, other: Self) {
        match (&mut self.known, other.known) {
            (Known::Dense(sums), Known::Dense(other)) if sums.is_empty() => *sums = other,
            (Known::Dense(sums), Known::Dense(other)) => {
                for (sums, other) in sums.iter_mut().zip(&other) {
                    sums.merge(other);
                }
            }
            (Known::Packed(sums), Known::Packed(other)) => merge_maps(sums, other),
            (Known::TooLong, Known::TooLong) => {}
            _ => panic!("tables of one layout"),
        }
        match (&mut self.rest, other.rest) {
            (Rest::Narrow(sums), Rest::Narrow(other)) => merge_maps(sums, other),
            (Rest::Wide(sums), Rest::Wide(other)) => merge_maps(sums, other),
            (Rest::Long(sums), Rest::Long(other)) => merge_maps(sums, other),
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
        let sums = keys.map(|key| {
            let mut sums = match &self.rest {
                Rest::Narrow(sums) => sums.get(&layout.of_values::<u64>(key)),
                Rest::Wide(sums) => sums.get(&layout.of_values::<u128>(key)),
                Rest::Long(sums) => sums.get(&layout.of_values::<LongKey>(key)),
            }
            .cloned()
            .unwrap_or_default();
            if key.iter().all(Option::is_some) {
                let known = match &self.known {
                    Known::Dense(sums) => usize::try_from(layout.of_values::<Packed>(key).0)
                        .ok()
                        .and_then(|place| sums.get(place)),
                    Known::Packed(sums) => sums.get(&layout.of_values::<Packed>(key)),
                    Known::TooLong => None,
                };
                if let Some(known) = known {
                    sums.merge(known);
                }
            }
            sums
        });
        sums.collect()
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
        let known: Vec<(Packed, A)> = match self.known {
            Known::Dense(sums) => {
                (0..).map(Packed).zip(sums).filter(|(_, sums)| sums.sums().flows > 0).collect()
            }
            Known::Packed(sums) => sums.into_iter().collect(),
            Known::TooLong => Vec::new(),
        };
        match self.rest {
            Rest::Narrow(sums) => together(known, sums, layout, metric, limit, texts),
            Rest::Wide(sums) => together(known, sums, layout, metric, limit, texts),
            Rest::Long(sums) => together(known, sums, layout, metric, limit, texts),
        }
    }
}

/// Ranks known keys and the others as one.
fn together<K: Key, A: Accumulator>(
    known: Vec<(Packed, A)>,
    rest: HashMap<K, A>,
    layout: &KeyLayout,
    metric: Metric,
    limit: usize,
    texts: &[String],
) -> Ranked<A> {
    if rest.is_empty() && !known.is_empty() {
        return rank(known, layout, metric, limit, texts);
    }
    // A key may stand in both: other batches had an unknown value somewhere.
    let mut all = rest;
    for (key, sums) in known {
        all.entry(layout.of_values(&layout.decode(key))).or_default().merge(&sums);
    }
    rank(all.into_iter().collect(), layout, metric, limit, texts)
}

/// Adds rows at the places of their keys; a single column is its own key.
fn dense<A>(
    sums: &mut [A],
    layout: &KeyLayout,
    columns: &[&Column],
    selected: Option<&[bool]>,
    mut add: impl FnMut(&mut A, usize),
) {
    match (columns, selected) {
        ([Column { values: Values::U16(keys), .. }], None) => {
            for (row, key) in keys.iter().enumerate() {
                add(&mut sums[usize::from(*key)], row);
            }
        }
        ([Column { values: Values::U8(keys), .. }], None) => {
            for (row, key) in keys.iter().enumerate() {
                add(&mut sums[usize::from(*key)], row);
            }
        }
        _ => each(layout, columns, selected, |key: Packed, row| {
            add(&mut sums[usize::try_from(key.0).expect("a narrow key")], row);
        }),
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
    use crate::group::Counters;
    use crate::group::key::KeyPart;
    use flowkit_model::Kind;

    /// Each kind of table, split over two threads' tables, against the plain
    /// loop; one row is not selected.
    #[test]
    fn equals_the_plain_loop() {
        for fields in [vec![8], vec![16], vec![8, 8], vec![32, 32], vec![64], vec![48, 48, 48]] {
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
            // The same keys again in a batch without unknown values.
            let whole = Column { unknown: None, ..column.clone() };
            let whole = vec![&whole; fields.len()];
            tables[0].add(&layout, &whole, None, |sums, _| sums.add(1, 1));
            let [mut table, other] = tables;
            table.merge(other);
            let mut expected: BTreeMap<_, (u128, u64)> = BTreeMap::new();
            for row in (0..1000).filter(|row| *row != 7) {
                let sums = expected.entry(vec![key(row); fields.len()]).or_default();
                *sums = (sums.0 + u128::from(row), sums.1 + 1);
            }
            for row in 0..1000 {
                let sums =
                    expected.entry(vec![Some(key(row).unwrap_or(0)); fields.len()]).or_default();
                *sums = (sums.0 + 1, sums.1 + 1);
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

//! What is accumulated under keys of one type: sums, distinct values, and values
//! whose distribution is wanted.

use std::sync::Arc;

use super::counters::Accumulator;
use super::distinct::{Counting, Distinct, GroupKey};
use super::key::KeyLayout;
use super::keyed_sums::KeyedSums;
use super::table::Extras;
use crate::spill::hash::Valued;
use crate::spill::memory::Memory;

/// What is accumulated under keys of one type.
#[derive(Debug)]
pub(super) struct KeyedGroups<K: GroupKey, A: Accumulator, V: Accumulator> {
    pub(super) sums: KeyedSums<K, A>,
    /// For each field whose distinct values are counted.
    pub(super) distinct: Vec<K::Distinct>,
    /// For each field whose distribution is wanted.
    pub(super) values: Vec<KeyedSums<Valued<K>, V>>,
}

impl<K: GroupKey, A: Accumulator, V: Accumulator> KeyedGroups<K, A, V> {
    pub(super) fn new(layout: &KeyLayout, extras: &Extras, memory: &Arc<Memory>) -> Self {
        let distinct = |counted: &Counting| K::Distinct::new(layout.known_bits(), *counted, memory);
        Self {
            sums: KeyedSums::new(memory),
            distinct: extras.distinct.iter().map(distinct).collect(),
            values: (0..extras.distributions).map(|_| KeyedSums::new(memory)).collect(),
        }
    }

    /// Counts a value of each row where `value` gives one, as the `n`th of the
    /// fields that are counted.
    pub(super) fn count(
        &mut self,
        n: usize,
        keys: impl Iterator<Item = (usize, K)>,
        value: impl Fn(usize) -> Option<u64>,
    ) {
        self.distinct[n].add(keys.filter_map(|(row, key)| Some((key, value(row)?))));
    }

    /// Adds what `values` gives for each row to the `n`th of the distributions.
    pub(super) fn spread<I: IntoIterator<Item = (u64, Result<V::Row, V>)>>(
        &mut self,
        n: usize,
        keys: impl Iterator<Item = (usize, K)>,
        values: impl Fn(usize) -> I,
    ) {
        self.values[n].add(keys.flat_map(|(row, key)| {
            values(row).into_iter().map(move |(value, of)| (Valued(key.clone(), value), of))
        }));
    }

    /// Adds what another thread accumulated.
    pub(super) fn merge(&mut self, other: Self) {
        self.sums.merge(other.sums);
        for (distinct, other) in self.distinct.iter_mut().zip(other.distinct) {
            distinct.merge(other);
        }
        for (values, other) in self.values.iter_mut().zip(other.values) {
            values.merge(other);
        }
    }
}

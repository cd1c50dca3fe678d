//! A hash map that uses the hashes of [`Hashed`].

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::hash::{Hashed, seed};

/// Values by key.
#[derive(Clone, Debug)]
pub(crate) struct Map<K, V> {
    table: HashTable<(K, V)>,
    seed: u64,
}

impl<K: Hashed, V: Default> Map<K, V> {
    pub(crate) fn new() -> Self {
        Self::with_capacity(0)
    }

    pub(crate) fn with_capacity(keys: usize) -> Self {
        Self { table: HashTable::with_capacity(keys), seed: seed() }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The value of a key, a new one if it has none.
    #[inline]
    pub(crate) fn at(&mut self, key: K) -> &mut V {
        let seed = self.seed;
        let hash = key.hash(seed);
        match self.table.entry(hash, |known| known.0 == key, |known| known.0.hash(seed)) {
            Entry::Occupied(known) => &mut known.into_mut().1,
            Entry::Vacant(place) => &mut place.insert((key, V::default())).into_mut().1,
        }
    }

    /// The value of a key, if it has one.
    #[inline]
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.table.find(key.hash(self.seed), |known| known.0 == *key).map(|known| &known.1)
    }

    /// The value of a key to be changed, if it has one.
    #[inline]
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.table.find_mut(key.hash(self.seed), |known| known.0 == *key).map(|known| &mut known.1)
    }

    /// All keys, in any order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.table.iter().map(|(key, _)| key)
    }

    /// All keys and values by reference, in any order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&K, &V)> {
        self.table.iter().map(|(key, value)| (key, value))
    }

    /// All keys and values, in any order.
    pub(crate) fn into_entries(self) -> impl ExactSizeIterator<Item = (K, V)> {
        self.table.into_iter()
    }
}

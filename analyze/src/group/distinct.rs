//! Pairs of a key and a value, each kept once, and how many values a key has.

use std::io;
use std::sync::Arc;

use rayon::prelude::*;

use super::key::Key;
use super::keyed_sums::Store;
use super::quantiles::Times;
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, each_part};

/// How a field's values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Bits of a value.
    pub bits: u32,
    /// Key and value are the two ends of a flow: as the one is a value of the
    /// other, so is the other of the one, and a pair is kept once.
    pub mirrored: bool,
}

/// Pairs of key and value.
#[derive(Debug)]
pub(super) struct Pairs<K> {
    kept: Kept<K>,
    memory: Arc<Memory>,
}

#[derive(Debug)]
enum Kept<K> {
    /// In a word, the value in its lowest bits: half the memory.
    Joined {
        how: Joined,
        pairs: Store<u64, ()>,
    },
    Apart(Store<(K, u64), ()>),
}

/// What the words of joined pairs mean.
#[derive(Clone, Copy, Debug)]
struct Joined {
    /// Bits of a value.
    bits: u32,
    /// Each is the value of the other's key too; the lower one stands first.
    mirrored: bool,
}

impl Joined {
    fn word<K: Key>(self, key: &K, value: u64) -> u64 {
        let own = key.join(0, 0);
        if self.mirrored && value < own {
            return K::of_word(value).join(self.bits, own);
        }
        key.join(self.bits, value)
    }

    /// The keys that a pair counts for.
    fn keys<K: Key>(self, pair: u64) -> impl Iterator<Item = K> {
        let (key, value) = K::part(pair, self.bits);
        let other = (self.mirrored && key.join(0, 0) != value).then(|| K::of_word(value));
        std::iter::once(key).chain(other)
    }
}

impl<K: Key> Pairs<K> {
    /// None yet; a key has `key_bits`.
    pub(super) fn new(key_bits: u32, counted: Counting, memory: &Arc<Memory>) -> Self {
        let kept = if K::JOINS && key_bits + counted.bits <= 64 {
            let how = Joined { bits: counted.bits, mirrored: counted.mirrored };
            Kept::Joined { how, pairs: Store::new(memory) }
        } else {
            Kept::Apart(Store::new(memory))
        };
        Self { kept, memory: Arc::clone(memory) }
    }

    pub(super) fn add(&mut self, pairs: impl Iterator<Item = (K, u64)>) {
        match &mut self.kept {
            Kept::Joined { how, pairs: kept } => {
                let how = *how;
                kept.add(pairs.map(|(key, value)| (how.word(&key, value), Ok(()))));
            }
            Kept::Apart(kept) => kept.add(pairs.map(|pair| (pair, Ok(())))),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (&mut self.kept, other.kept) {
            (Kept::Joined { pairs, .. }, Kept::Joined { pairs: other, .. }) => pairs.merge(other),
            (Kept::Apart(pairs), Kept::Apart(other)) => pairs.merge(other),
            _ => unreachable!("pairs of one key and value"),
        }
    }

    /// How many values each key has.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(super) fn counts(mut self) -> io::Result<Store<K, Times>> {
        let parts = self.finish();
        let add = |counts: &mut Store<K, Times>, part: usize| -> io::Result<()> {
            match &self.kept {
                Kept::Joined { how, pairs } => {
                    let pairs = pairs.part(part)?.into_entries();
                    counts
                        .add(pairs.flat_map(|(pair, ())| how.keys(pair)).map(|key| (key, Ok(()))));
                }
                Kept::Apart(pairs) => {
                    let pairs = pairs.part(part)?.into_entries();
                    counts.add(pairs.map(|((key, _), ())| (key, Ok(()))));
                }
            }
            Ok(())
        };
        let mut all = Store::new(&self.memory);
        if parts <= 1 {
            (0..parts).try_for_each(|part| add(&mut all, part))?;
            return Ok(all);
        }
        // A few tasks: each has chunks of its own open.
        let tasks = rayon::current_num_threads().clamp(1, 16);
        let counts: io::Result<Vec<Store<K, Times>>> = (0..tasks)
            .into_par_iter()
            .map(|task| {
                let mut counts = Store::new(&self.memory);
                (task..PARTITIONS).step_by(tasks).try_for_each(|part| add(&mut counts, part))?;
                Ok(counts)
            })
            .collect();
        for counts in counts? {
            all.merge(counts);
        }
        Ok(all)
    }

    /// How many values some keys have: the pairs of others are passed over.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(super) fn counts_of(mut self, wanted: &Map<K, usize>) -> io::Result<Map<K, Times>> {
        let parts = self.finish();
        let of_parts = each_part(parts, |part| {
            let mut counts: Map<K, Times> = Map::new();
            match &self.kept {
                Kept::Joined { how, pairs } => {
                    let mut once: Map<u64, ()> = Map::new();
                    pairs.each_key(part, |pair| {
                        if how.keys(pair).any(|key: K| wanted.get(&key).is_some()) {
                            once.at(pair);
                        }
                    })?;
                    let keys = once.into_entries().flat_map(|(pair, ())| how.keys(pair));
                    keys.for_each(|key| counts.at(key).0 += 1);
                }
                Kept::Apart(pairs) => {
                    let mut once: Map<(K, u64), ()> = Map::new();
                    pairs.each_key(part, |pair| {
                        if wanted.get(&pair.0).is_some() {
                            once.at(pair);
                        }
                    })?;
                    once.into_entries().for_each(|((key, _), ())| counts.at(key).0 += 1);
                }
            }
            Ok(counts)
        })?;
        let mut all: Map<K, Times> = Map::new();
        for (key, times) in of_parts.into_iter().flat_map(Map::into_entries) {
            all.at(key).0 += times.0;
        }
        Ok(all)
    }

    /// Makes ready to be read; how many parts there are.
    fn finish(&mut self) -> usize {
        match &mut self.kept {
            Kept::Joined { pairs, .. } => {
                pairs.finish(false);
                pairs.parts()
            }
            Kept::Apart(pairs) => {
                pairs.finish(false);
                pairs.parts()
            }
        }
    }
}

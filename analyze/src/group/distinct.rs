//! Distinct values of a key: each pair of key and value is kept once.

use std::fmt::Debug;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use super::key::{JoinedKey, Key, LongKey, Packed};
use super::keyed_sums::KeyedSums;
use super::quantiles::Occurrences;
use super::wide_key::WideKey;
use crate::spill::hash::Hashed;
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, each_part};
use crate::threads::{map, n_threads};

/// How a field's distinct values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counting {
    /// Bits of a value.
    pub bits: u32,
    /// Key and value are the two ends of a flow, so pairs are symmetric: each
    /// unordered pair is stored once.
    pub mirrored: bool,
}

/// A key of a grouping: it says how its distinct values are kept.
pub(super) trait GroupKey: Key {
    /// Pairs of such a key and a value.
    type Distinct: Distinct<Self>;
}

impl GroupKey for Packed {
    type Distinct = JoinedOrApart<Self>;
}

impl GroupKey for u128 {
    type Distinct = PairSet<Self, Apart>;
}

impl GroupKey for WideKey {
    type Distinct = PairSet<Self, Apart>;
}

impl GroupKey for LongKey {
    type Distinct = PairSet<Self, Apart>;
}

/// Pairs of key and value, each kept once.
pub(super) trait Distinct<K>: Sized + Debug + Send + Sync + 'static {
    /// None yet, within a memory budget; a key has `key_bits`.
    fn new(key_bits: u32, counting: Counting, memory: &Arc<Memory>) -> Self;

    /// Adds pairs.
    fn add(&mut self, pairs: impl Iterator<Item = (K, u64)>);

    /// Adds another thread's pairs.
    fn merge(&mut self, other: Self);

    /// How many values each key has.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    fn counts(self) -> io::Result<KeyedSums<K, Occurrences>>;

    /// How many values the keys of `wanted` have; pairs of other keys are skipped.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    fn counts_of(self, wanted: &Map<K, usize>) -> io::Result<Map<K, Occurrences>>;
}

/// How a pair of key and value is kept.
pub(super) trait Pairing<K>: Copy + Debug + Send + Sync + 'static {
    /// What it is kept in.
    type Pair: Hashed + Debug + 'static;

    /// A key and a value as a pair.
    fn pair(self, key: K, value: u64) -> Self::Pair;

    /// The keys for which a pair counts.
    fn keys(self, pair: Self::Pair) -> impl Iterator<Item = K>;

    /// Whether a pair counts for one of some keys.
    fn is_of(self, pair: &Self::Pair, wanted: &Map<K, usize>) -> bool;
}

/// Key and value side by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart;

impl<K: Key> Pairing<K> for Apart {
    type Pair = (K, u64);

    #[inline]
    fn pair(self, key: K, value: u64) -> (K, u64) {
        (key, value)
    }

    #[inline]
    fn keys(self, (key, _): (K, u64)) -> impl Iterator<Item = K> {
        std::iter::once(key)
    }

    #[inline]
    fn is_of(self, (key, _): &(K, u64), wanted: &Map<K, usize>) -> bool {
        wanted.get(key).is_some()
    }
}

/// Key and value in one word, the value in its lowest bits: half the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joined {
    /// Bits of a value.
    bits: u32,
    /// Each is the value of the other's key too; the lower one stands first.
    mirrored: bool,
}

impl<K: JoinedKey> Pairing<K> for Joined {
    type Pair = u64;

    #[inline]
    fn pair(self, key: K, value: u64) -> u64 {
        let own = key.join(0, 0);
        if self.mirrored && value < own {
            return K::of_word(value).join(self.bits, own);
        }
        key.join(self.bits, value)
    }

    #[inline]
    fn keys(self, pair: u64) -> impl Iterator<Item = K> {
        let (key, value) = K::part(pair, self.bits);
        let other = (self.mirrored && key.join(0, 0) != value).then(|| K::of_word(value));
        std::iter::once(key).chain(other)
    }

    #[inline]
    fn is_of(self, pair: &u64, wanted: &Map<K, usize>) -> bool {
        self.keys(*pair).any(|key: K| wanted.get(&key).is_some())
    }
}

/// Pairs that are kept in one way.
#[derive(Debug)]
pub(super) struct PairSet<K, P: Pairing<K>> {
    pairing: P,
    pairs: KeyedSums<P::Pair, ()>,
    memory: Arc<Memory>,
    keys: PhantomData<fn() -> K>,
}

impl<K: Key, P: Pairing<K>> PairSet<K, P> {
    fn with(pairing: P, memory: &Arc<Memory>) -> Self {
        let (pairs, memory) = (KeyedSums::new(memory), Arc::clone(memory));
        Self { pairing, pairs, memory, keys: PhantomData }
    }

    fn add(&mut self, pairs: impl Iterator<Item = (K, u64)>) {
        let pairing = self.pairing;
        self.pairs.add(pairs.map(|(key, value)| (pairing.pair(key, value), Ok(()))));
    }

    fn counts(mut self) -> io::Result<KeyedSums<K, Occurrences>> {
        self.pairs.finish(false);
        let parts = self.pairs.parts();
        let add = |counts: &mut KeyedSums<K, Occurrences>, part: usize| -> io::Result<()> {
            let pairs = self.pairs.part(part)?.into_entries();
            let keys = pairs.flat_map(|(pair, ())| self.pairing.keys(pair));
            counts.add(keys.map(|key| (key, Ok(()))));
            Ok(())
        };
        let mut all = KeyedSums::new(&self.memory);
        if parts <= 1 {
            (0..parts).try_for_each(|part| add(&mut all, part))?;
            return Ok(all);
        }
        // A few tasks: each has chunks of its own open.
        let tasks = n_threads().clamp(1, 16);
        let counts = map((0..tasks).collect(), |task: usize| -> io::Result<_> {
            let mut counts = KeyedSums::new(&self.memory);
            (task..PARTITIONS).step_by(tasks).try_for_each(|part| add(&mut counts, part))?;
            Ok(counts)
        });
        for counts in counts {
            all.merge(counts?);
        }
        Ok(all)
    }

    fn counts_of(mut self, wanted: &Map<K, usize>) -> io::Result<Map<K, Occurrences>> {
        self.pairs.finish(false);
        let of_parts = each_part(self.pairs.parts(), |part| {
            let mut once: Map<P::Pair, ()> = Map::new();
            self.pairs.each_key(part, |pair| {
                if self.pairing.is_of(&pair, wanted) {
                    once.at(pair);
                }
            })?;
            let mut counts: Map<K, Occurrences> = Map::new();
            let keys = once.into_entries().flat_map(|(pair, ())| self.pairing.keys(pair));
            keys.for_each(|key| counts.at(key).0 += 1);
            Ok(counts)
        })?;
        let mut all: Map<K, Occurrences> = Map::new();
        for (key, times) in of_parts.into_iter().flat_map(Map::into_entries) {
            all.at(key).0 += times.0;
        }
        Ok(all)
    }
}

impl<K: Key> Distinct<K> for PairSet<K, Apart> {
    fn new(_: u32, _: Counting, memory: &Arc<Memory>) -> Self {
        Self::with(Apart, memory)
    }

    fn add(&mut self, pairs: impl Iterator<Item = (K, u64)>) {
        Self::add(self, pairs);
    }

    fn merge(&mut self, other: Self) {
        self.pairs.merge(other.pairs);
    }

    fn counts(self) -> io::Result<KeyedSums<K, Occurrences>> {
        Self::counts(self)
    }

    fn counts_of(self, wanted: &Map<K, usize>) -> io::Result<Map<K, Occurrences>> {
        Self::counts_of(self, wanted)
    }
}

/// Pairs in one word where key and value fit in it.
#[derive(Debug)]
pub(super) enum JoinedOrApart<K: JoinedKey> {
    Joined(PairSet<K, Joined>),
    Apart(PairSet<K, Apart>),
}

impl<K: JoinedKey> Distinct<K> for JoinedOrApart<K> {
    fn new(key_bits: u32, counting: Counting, memory: &Arc<Memory>) -> Self {
        if key_bits + counting.bits <= 64 {
            let Counting { bits, mirrored } = counting;
            Self::Joined(PairSet::with(Joined { bits, mirrored }, memory))
        } else {
            Self::Apart(PairSet::with(Apart, memory))
        }
    }

    fn add(&mut self, pairs: impl Iterator<Item = (K, u64)>) {
        match self {
            Self::Joined(set) => set.add(pairs),
            Self::Apart(set) => set.add(pairs),
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Joined(set), Self::Joined(other)) => set.pairs.merge(other.pairs),
            (Self::Apart(set), Self::Apart(other)) => set.pairs.merge(other.pairs),
            _ => unreachable!("threads count the same field in the same way"),
        }
    }

    fn counts(self) -> io::Result<KeyedSums<K, Occurrences>> {
        match self {
            Self::Joined(set) => set.counts(),
            Self::Apart(set) => set.counts(),
        }
    }

    fn counts_of(self, wanted: &Map<K, usize>) -> io::Result<Map<K, Occurrences>> {
        match self {
            Self::Joined(set) => set.counts_of(wanted),
            Self::Apart(set) => set.counts_of(wanted),
        }
    }
}

//! The hashes of keys, for hash tables and for partitions.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use super::record::Record;

/// A key that can be hashed, and written to a temporary file.
pub(crate) trait Hashed: Clone + Eq + Record + Send + Sync {
    /// The hash; hash tables use its lowest and highest bits.
    fn hash(&self, seed: u64) -> u64;

    /// The hash whose middle bits tell the partition.
    fn partition_hash(&self, seed: u64) -> u64 {
        self.hash(seed)
    }
}

/// The random seed of all hashes of this process: whoever makes flows cannot foresee
/// which of them collide.
pub(crate) fn seed() -> u64 {
    static SEED: LazyLock<u64> =
        LazyLock::new(|| std::hash::RandomState::new().hash_one(0x666c_6f77_u32));
    *SEED
}

/// Multiplies and folds the halves of the product: one multiplication per word.
#[inline]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    u64::try_from(product >> 64).unwrap_or(0)
        ^ u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0)
}

/// An odd number without a pattern: the binary digits of the golden ratio.
pub(crate) const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes several words by multiplications that do not depend on each other.
#[inline]
pub(crate) fn fold_all<const N: usize>(words: [u64; N], seed: u64) -> u64 {
    (0_u32..).zip(words).fold(0, |hash, (n, word)| {
        hash ^ fold(word ^ seed.rotate_left(16 * n), MIX.rotate_left(21 * n))
    })
}

impl Hashed for u64 {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        fold(self ^ seed, MIX)
    }
}

impl Hashed for u128 {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        let low = u64::try_from(self & u128::from(u64::MAX)).unwrap_or(0);
        let high = u64::try_from(self >> 64).unwrap_or(0);
        fold(low ^ seed, MIX) ^ fold(high ^ seed.rotate_left(32), MIX.rotate_left(21))
    }
}

/// A key with a value. Its partition depends on both, so that the pairs of a frequent
/// key are distributed evenly.
impl<K: Hashed> Hashed for (K, u64) {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        fold(self.0.hash(seed) ^ self.1, MIX)
    }
}

/// A key with a value, in the partition of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Valued<K>(pub(crate) K, pub(crate) u64);

impl<K: Hashed> Hashed for Valued<K> {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        fold(self.0.hash(seed) ^ self.1, MIX)
    }

    #[inline]
    fn partition_hash(&self, seed: u64) -> u64 {
        self.0.partition_hash(seed)
    }
}

impl<K: Record> Record for Valued<K> {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self(K::read(bytes)?, u64::read(bytes)?))
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

//! Adds up flows by key.
//!
//! | to learn | read |
//! | --- | --- |
//! | how several fields become one key | [`key`] |
//! | where the sums of a key are kept | [`table`] |
//! | how many values each key has | [`distinct`] |
//! | which keys come first | [`rank`] |

pub mod distinct;
pub mod key;
pub mod rank;
pub mod table;

use crate::tally::Sums;

/// What is added up for a key.
pub trait Accumulator: Clone + Default + Send {
    /// Adds what another thread added up for the same key.
    fn merge(&mut self, other: &Self);

    /// Its bytes, packets and flows.
    fn sums(&self) -> Sums;
}

/// A sum of 64-bit values that does not wrap: it holds 2^64 of the largest.
///
/// Two words instead of a `u128`, which would double the size of a key's sums
/// by its alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    low: u64,
    high: u64,
}

impl Sum {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: u64) {
        let (low, carry) = self.low.overflowing_add(value);
        self.low = low;
        self.high += u64::from(carry);
    }

    /// Adds a sum.
    pub fn merge(&mut self, other: Self) {
        self.add(other.low);
        self.high += other.high;
    }

    /// The sum.
    #[must_use]
    pub fn total(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }
}

/// Bytes, packets and flows of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    bytes: Sum,
    packets: Sum,
    flows: u64,
}

impl Counters {
    /// Adds a flow.
    #[inline]
    pub fn add(&mut self, bytes: u64, packets: u64) {
        self.bytes.add(bytes);
        self.packets.add(packets);
        self.flows += 1;
    }
}

impl Accumulator for Counters {
    fn merge(&mut self, other: &Self) {
        self.bytes.merge(other.bytes);
        self.packets.merge(other.packets);
        self.flows += other.flows;
    }

    fn sums(&self) -> Sums {
        Sums { bytes: self.bytes.total(), packets: self.packets.total(), flows: self.flows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_wrap() {
        let mut sum = Sum::default();
        for _ in 0..3 {
            sum.add(u64::MAX);
        }
        let mut twice = sum;
        twice.merge(sum);
        assert_eq!(sum.total(), 3 * u128::from(u64::MAX));
        assert_eq!(twice.total(), 6 * u128::from(u64::MAX));
    }
}

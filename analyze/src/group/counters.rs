//! Accumulators of a key: bytes, packets and flows that never wrap.

use flowkit_model::Sums;

use super::packed_flow::PackedFlow;
use crate::spill::record::Record;

/// What is accumulated for a key.
pub(crate) trait Accumulator: Clone + Default + Send + Sync + Record {
    /// The record of one flow, as partitions keep it until it is aggregated.
    type Row: Copy + Record + Send + Sync + std::fmt::Debug;

    /// Adds a flow.
    fn take(&mut self, row: Self::Row);

    /// Adds the record of a flow, or its sums if it does not fit in a record.
    #[inline]
    fn take_or_merge(&mut self, row: Result<Self::Row, Self>) {
        match row {
            Ok(row) => self.take(row),
            Err(other) => self.merge(&other),
        }
    }

    /// Adds what another thread accumulated for this key.
    fn merge(&mut self, other: &Self);

    /// Its bytes, packets and flows.
    fn sums(&self) -> Sums;
}

/// For sets of keys: only that a key occurs is kept.
impl Accumulator for () {
    type Row = ();

    fn take(&mut self, (): ()) {}

    fn merge(&mut self, (): &Self) {}

    fn sums(&self) -> Sums {
        Sums::default()
    }
}

/// A sum of 64-bit values that does not wrap: it holds 2^64 of the largest.
///
/// Two words instead of a `u128`, which would double the size of a key's sums
/// by its alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    low: u64,
    high: u64,
}

impl Sum {
    /// Adds a value.
    #[inline]
    pub(crate) fn add(&mut self, value: u64) {
        let (low, carry) = self.low.overflowing_add(value);
        self.low = low;
        self.high += u64::from(carry);
    }

    /// A sum of one value.
    #[must_use]
    pub(crate) fn of(value: u64) -> Self {
        Self { low: value, high: 0 }
    }

    /// Adds a large value.
    pub(crate) fn raise(&mut self, more: u128) {
        self.add(u64::try_from(more & u128::from(u64::MAX)).unwrap_or(0));
        self.high += u64::try_from(more >> 64).unwrap_or(u64::MAX);
    }

    /// Adds a sum.
    pub(crate) fn merge(&mut self, other: Self) {
        self.add(other.low);
        self.high += other.high;
    }

    /// The sum.
    #[must_use]
    pub(crate) fn total(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }
}

impl Record for Sum {
    fn write(&self, out: &mut Vec<u8>) {
        (self.low, self.high).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let (low, high) = Record::read(from)?;
        Some(Self { low, high })
    }
}

/// Bytes, packets and flows of a key, in 32 bytes: two keys share a line of the
/// cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    bytes: u64,
    packets: u64,
    flows: u64,
    /// How often `bytes` and `packets` overflowed: each time takes at least one flow,
    /// and 2^32 such flows of one key are 10^10 gigabytes.
    bytes_high: u32,
    packets_high: u32,
}

impl Counters {
    /// The sums of several flows.
    #[must_use]
    pub(crate) fn of(bytes: u64, packets: u64, flows: u64) -> Self {
        Self { bytes, packets, flows, ..Self::default() }
    }

    /// Adds a flow.
    #[inline]
    pub(crate) fn add(&mut self, bytes: u64, packets: u64) {
        let (sum, carry) = self.bytes.overflowing_add(bytes);
        self.bytes = sum;
        self.bytes_high += u32::from(carry);
        let (sum, carry) = self.packets.overflowing_add(packets);
        self.packets = sum;
        self.packets_high += u32::from(carry);
        self.flows += 1;
    }
}

impl Counters {
    /// Of one flow.
    #[must_use]
    pub(crate) fn one(bytes: u64, packets: u64) -> Self {
        Self { bytes, packets, flows: 1, ..Self::default() }
    }

    /// With more bytes and packets, of flows that are counted already.
    #[must_use]
    pub(crate) fn raised(mut self, more: Option<[u128; 2]>) -> Self {
        let Some([bytes, packets]) = more else { return self };
        let raise = |low: &mut u64, high: &mut u32, more: u128| {
            let sum = (u128::from(*high) << 64 | u128::from(*low)) + more;
            *low = u64::try_from(sum & u128::from(u64::MAX)).unwrap_or(0);
            *high = u32::try_from(sum >> 64).unwrap_or(u32::MAX);
        };
        raise(&mut self.bytes, &mut self.bytes_high, bytes);
        raise(&mut self.packets, &mut self.packets_high, packets);
        self
    }

    /// One flow as a record, or as sums if it is too large for one.
    ///
    /// # Errors
    /// With the sums.
    #[inline]
    pub(crate) fn row(bytes: u64, packets: u64) -> Result<PackedFlow, Self> {
        PackedFlow::new(bytes, packets, 0).ok_or_else(|| Self::one(bytes, packets))
    }
}

impl Record for Counters {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.bytes, self.packets), self.flows).write(out);
        (self.bytes_high, self.packets_high).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let ((bytes, packets), flows) = Record::read(from)?;
        let (bytes_high, packets_high) = Record::read(from)?;
        Some(Self { bytes, packets, flows, bytes_high, packets_high })
    }
}

impl Accumulator for Counters {
    type Row = PackedFlow;

    #[inline]
    fn take(&mut self, row: PackedFlow) {
        self.add(row.bytes(), row.packets());
    }

    fn merge(&mut self, other: &Self) {
        let flows = self.flows + other.flows;
        self.add(other.bytes, other.packets);
        self.bytes_high += other.bytes_high;
        self.packets_high += other.packets_high;
        self.flows = flows;
    }

    fn sums(&self) -> Sums {
        let whole = |high: u32, low: u64| u128::from(high) << 64 | u128::from(low);
        Sums {
            bytes: whole(self.bytes_high, self.bytes),
            packets: whole(self.packets_high, self.packets),
            flows: self.flows,
        }
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
        let mut counters = Counters::default();
        for _ in 0..3 {
            counters.add(u64::MAX, u64::MAX - 1);
        }
        let half = counters;
        counters.merge(&half);
        let sums = counters.sums();
        assert_eq!((sums.bytes, sums.flows), (6 * u128::from(u64::MAX), 6));
        assert_eq!(sums.packets, 6 * u128::from(u64::MAX - 1));
        assert_eq!(sum.total(), 3 * u128::from(u64::MAX));
        assert_eq!(twice.total(), 6 * u128::from(u64::MAX));
        // 2^80 bytes are 2^16 times 2^64.
        let raised = Counters::one(u64::MAX, 1).raised(Some([(1 << 80) - u128::from(u64::MAX), 0]));
        assert_eq!((raised.sums().bytes, raised.sums().packets), (1 << 80, 1));
        sum.raise(1 << 80);
        assert_eq!(sum.total(), (1 << 80) + 3 * u128::from(u64::MAX));
    }
}

//! Time slots of a timeline, and the sums of a slot.

use flowkit_model::Sums;

use crate::group::counters::{Accumulator, Sum};
use crate::group::packed_flow::PackedFlow;
use crate::spill::record::Record;

/// A slot of time, in the order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Slot {
    /// Before the window.
    Before,
    /// The bin that begins at this millisecond.
    Bin(u64),
    /// After the window.
    After,
    /// No time is known.
    Unknown,
}

impl Slot {
    /// A code of the slot; times have 48 bits.
    pub(super) fn code(self) -> u64 {
        match self {
            Self::Before => 0,
            Self::Bin(start) => start.saturating_add(1).min(u64::MAX - 2),
            Self::After => u64::MAX - 1,
            Self::Unknown => u64::MAX,
        }
    }

    pub(super) fn of_code(code: u64) -> Self {
        match code {
            0 => Self::Before,
            u64::MAX => Self::Unknown,
            code if code == u64::MAX - 1 => Self::After,
            code => Self::Bin(code - 1),
        }
    }
}

/// Sums of parts of flows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount {
    bytes: Sum,
    packets: Sum,
    flows: u64,
}

impl Amount {
    pub(super) fn of([bytes, packets]: [u64; 2], flows: u64) -> Self {
        Self { bytes: Sum::of(bytes), packets: Sum::of(packets), flows }
    }

    pub(super) fn add(&mut self, [bytes, packets]: [u64; 2], flows: u64) {
        self.bytes.add(bytes);
        self.packets.add(packets);
        self.flows += flows;
    }
}

impl Record for Amount {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.bytes, self.packets), self.flows).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let ((bytes, packets), flows) = Record::read(from)?;
        Some(Self { bytes, packets, flows })
    }
}

impl Accumulator for Amount {
    /// Marked with 1 if the flow is counted there.
    type Row = PackedFlow;

    #[inline]
    fn take(&mut self, row: PackedFlow) {
        self.add([row.bytes(), row.packets()], row.mark().into());
    }

    fn merge(&mut self, other: &Self) {
        self.bytes.merge(other.bytes);
        self.packets.merge(other.packets);
        self.flows += other.flows;
    }

    fn sums(&self) -> Sums {
        Sums { bytes: self.bytes.total(), packets: self.packets.total(), flows: self.flows }
    }
}

/// The share of a flow in one slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) slot: Slot,
    pub(super) volume: [u64; 2],
    /// 1 where the flow is counted, else 0.
    pub(super) flows: u8,
}

impl Part {
    /// The record of the part, or its sums if it does not fit in one.
    pub(super) fn row(self) -> Result<PackedFlow, Amount> {
        let Self { volume, flows, .. } = self;
        PackedFlow::new(volume[0], volume[1], flows).ok_or_else(|| Amount::of(volume, flows.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_for_slots() {
        for slot in [Slot::Before, Slot::Bin(0), Slot::Bin(1 << 48), Slot::After, Slot::Unknown] {
            assert_eq!(Slot::of_code(slot.code()), slot);
        }
    }
}

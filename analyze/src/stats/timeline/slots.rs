//! What was carried in each stretch of time, for each series.

use hashbrown::HashMap;

use crate::group::Sum;
use crate::group::key::LongKey;
use crate::tally::Sums;

/// A stretch of time, in the order of rows.
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

/// A part of a flow, or a sum of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount {
    bytes: Sum,
    packets: Sum,
    flows: u64,
}

impl Amount {
    pub(super) fn of([bytes, packets]: [u64; 2], flows: u64) -> Self {
        let mut amount = Self { flows, ..Self::default() };
        amount.bytes.add(bytes);
        amount.packets.add(packets);
        amount
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.bytes.merge(other.bytes);
        self.packets.merge(other.packets);
        self.flows += other.flows;
    }

    pub(super) fn sums(&self) -> Sums {
        Sums { bytes: self.bytes.total(), packets: self.packets.total(), flows: self.flows }
    }
}

/// Sums by series and slot.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Without series.
    all: HashMap<Slot, Amount>,
    series: HashMap<LongKey, HashMap<Slot, Amount>>,
}

impl Slots {
    pub(super) fn add(&mut self, key: Option<&LongKey>, slot: Slot, amount: Amount) {
        let slots = match key {
            None => &mut self.all,
            Some(key) => match self.series.get_mut(key) {
                Some(slots) => slots,
                None => self.series.entry(key.clone()).or_default(),
            },
        };
        slots.entry(slot).or_default().merge(&amount);
    }

    pub(super) fn merge(&mut self, other: Self) {
        merge(&mut self.all, other.all);
        for (key, slots) in other.series {
            merge(self.series.entry(key).or_default(), slots);
        }
    }

    /// Without series, and by series.
    pub(super) fn into_parts(
        self,
    ) -> (HashMap<Slot, Amount>, HashMap<LongKey, HashMap<Slot, Amount>>) {
        (self.all, self.series)
    }
}

pub(super) fn merge(slots: &mut HashMap<Slot, Amount>, other: HashMap<Slot, Amount>) {
    for (slot, amount) in other {
        slots.entry(slot).or_default().merge(&amount);
    }
}

//! Adds up flows by the places that a row group's list of values gives their
//! keys: an addition into an array, and one look-up per value at the end.

use std::sync::Arc;

use super::counters::Counters;
use super::packed_flow::Volume;
use crate::batch::{Coded, Values};

/// Sums by place in the list of one row group.
///
/// A place takes 16 bytes, so that the places of a row group stay in the cache
/// of a core: 42,000 ports of half a million flows are 0.7 MB. The additions
/// cannot overflow, since nothing is added that might ([`CodedSums::add`]).
#[derive(Debug, Default)]
pub struct CodedSums {
    list: Option<Arc<Values>>,
    /// One for each value of the list, and one for unknown; those behind, and all
    /// while there is no list, are empty.
    places: Vec<Place>,
    added: Added,
    ports: Ports,
}

/// Sums by value of several row groups, of keys of 16 bits: 1 MB, which stays in
/// the cache where the same in a table would not.
#[derive(Debug, Default)]
struct Ports {
    places: Vec<Place>,
    unknown: Place,
    added: Added,
}

/// Sums of one value: bytes; and packets above flows, which are then added at
/// once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    bytes: u64,
    packets_and_flows: u64,
}

/// Bits of a place that count flows: more than a row group has.
const FLOW_BITS: u32 = 21;

/// No more than was added to all places together.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    bytes: u64,
    packets: u64,
    flows: u64,
}

impl Added {
    /// With the flows of a batch, if every place has room for all of it.
    fn and(self, bytes: &[u64], packets: &[u64]) -> Option<Self> {
        let flows = bytes.len() as u64;
        // All bits that are set in any of them: no value is larger.
        let most = |values: &[u64]| values.iter().fold(0, |most, value| most | value);
        let added = Self {
            bytes: self.bytes.checked_add(most(bytes).checked_mul(flows)?)?,
            packets: self.packets.checked_add(most(packets).checked_mul(flows)?)?,
            flows: self.flows + flows,
        };
        added.fits().then_some(added)
    }

    /// Both, if they do not overflow.
    fn plus(self, more: Self) -> Option<Self> {
        Some(Self {
            bytes: self.bytes.checked_add(more.bytes)?,
            packets: self.packets.checked_add(more.packets)?,
            flows: self.flows + more.flows,
        })
    }

    /// Whether a place has room for so much.
    fn fits(self) -> bool {
        self.packets >> (64 - FLOW_BITS) == 0 && self.flows >> FLOW_BITS == 0
    }
}

impl CodedSums {
    /// Adds the flows of a batch, if they are by the same list as those before
    /// and no sum can overflow. Otherwise nothing is added and the answer is
    /// false: [`CodedSums::take`] makes room.
    ///
    /// - Shapes: one code, bytes and packets per flow.
    pub fn add(&mut self, coded: &Coded, bytes: &[u64], packets: &[u64]) -> bool {
        let list = coded.list();
        if self.list.as_ref().is_some_and(|known| !Arc::ptr_eq(known, list)) {
            return false;
        }
        let Some(added) = self.added.and(bytes, packets) else { return false };
        if self.list.is_none() {
            self.list = Some(Arc::clone(list));
            if self.places.len() <= list.len() {
                self.places.resize(list.len() + 1, Place::default());
            }
        }
        self.added = added;
        for ((code, bytes), packets) in coded.codes().iter().zip(bytes).zip(packets) {
            let place = &mut self.places[*code as usize];
            place.bytes = place.bytes.wrapping_add(*bytes);
            place.packets_and_flows =
                place.packets_and_flows.wrapping_add((packets << FLOW_BITS) + 1);
        }
        true
    }

    /// Lets `settle` take out what was added up by the list at hand: for each
    /// value its sums, then those of the flows whose value is unknown. It is not
    /// called if nothing was added, or if sums of values of 16 bits have room to
    /// wait for those of the next list.
    pub fn take(&mut self, mut settle: impl FnMut(&Values, &[Place], Place)) {
        let Some(list) = self.list.take() else { return };
        let added = std::mem::take(&mut self.added);
        let places = self.places.get_mut(..=list.len()).unwrap_or_default();
        let Some((unknown, known)) = places.split_last_mut() else { return };
        let unknown = std::mem::take(unknown);
        match &*list {
            Values::U16(values) => {
                if !self.ports.has_room(added) {
                    self.ports.take(&mut settle);
                }
                self.ports.add(values, known, unknown, added);
            }
            list => {
                settle(list, known, unknown);
                known.fill(Place::default());
            }
        }
    }

    /// The same, and nothing waits.
    pub fn take_all(&mut self, mut settle: impl FnMut(&Values, &[Place], Place)) {
        self.take(&mut settle);
        self.ports.take(settle);
    }
}

impl Ports {
    fn has_room(&self, more: Added) -> bool {
        self.added.plus(more).is_some_and(Added::fits)
    }

    /// Takes the sums of values out of their places.
    fn add(&mut self, values: &[u16], known: &mut [Place], unknown: Place, added: Added) {
        self.places.resize(1 << 16, Place::default());
        for (value, place) in values.iter().zip(known).filter(|(_, place)| !place.is_empty()) {
            self.places[usize::from(*value)].add(std::mem::take(place));
        }
        self.unknown.add(unknown);
        self.added = self.added.plus(added).unwrap_or_default();
    }

    fn take(&mut self, mut settle: impl FnMut(&Values, &[Place], Place)) {
        if self.added.flows > 0 {
            let all = Values::U16((0..=u16::MAX).collect());
            settle(&all, &self.places, self.unknown);
            *self = Self::default();
        }
    }
}

impl Place {
    /// Adds another, for which there is room.
    fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.packets_and_flows += other.packets_and_flows;
    }

    /// Whether no flow was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packets_and_flows == 0
    }

    /// What was added: one flow as a record, which takes less memory than sums.
    ///
    /// # Errors
    /// With the sums, if they are of more flows or do not fit in a record.
    pub fn record(self) -> Result<Volume, Counters> {
        let sums = self.counters();
        if self.packets_and_flows & ((1 << FLOW_BITS) - 1) == 1 {
            Counters::row(self.bytes, self.packets_and_flows >> FLOW_BITS)
        } else {
            Err(sums)
        }
    }

    /// What was added.
    #[must_use]
    pub fn counters(self) -> Counters {
        let flows = self.packets_and_flows & ((1 << FLOW_BITS) - 1);
        Counters::of(self.bytes, self.packets_and_flows >> FLOW_BITS, flows)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::group::counters::Accumulator;

    fn coded(codes: &[u32], list: &Arc<Values>) -> Coded {
        Coded::new(codes.to_vec(), Arc::clone(list)).unwrap()
    }

    /// What was added, by value, and of the unknown value.
    fn taken(sums: &mut CodedSums) -> (BTreeMap<u32, Counters>, Counters) {
        let mut by_value = BTreeMap::new();
        let mut none = Counters::default();
        sums.take_all(|values, known, unknown| {
            for (at, place) in known.iter().enumerate().filter(|(_, place)| !place.is_empty()) {
                let value = match values {
                    Values::U16(values) => values[at].into(),
                    Values::U32(values) => values[at],
                    _ => panic!("no such list"),
                };
                by_value.entry(value).or_insert_with(Counters::default).merge(&place.counters());
            }
            none.merge(&unknown.counters());
        });
        (by_value, none)
    }

    fn of(bytes: u64, packets: u64, flows: u64) -> Counters {
        Counters::of(bytes, packets, flows)
    }

    #[test]
    fn places_add_up_and_the_last_is_unknown() {
        for list in [Values::U16(vec![443, 80, 22]), Values::U32(vec![443, 80, 22])] {
            let list = Arc::new(list);
            let mut sums = CodedSums::default();
            assert!(sums.add(&coded(&[1, 3, 1], &list), &[10, 20, 30], &[1, 2, 3]));
            assert!(sums.add(&coded(&[0, 3], &list), &[5, 6], &[u64::from(u32::MAX), 1]));
            let known = [(80, of(40, 4, 2)), (443, of(5, u64::from(u32::MAX), 1))];
            assert_eq!(taken(&mut sums), (known.into(), of(26, 3, 2)));
            assert_eq!(taken(&mut sums), (BTreeMap::new(), Counters::default()));
        }
    }

    /// Sums of ports wait for those of other row groups, until there is no room.
    #[test]
    fn ports_wait_and_nothing_is_lost() {
        let mut sums = CodedSums::default();
        let mut n_told = 0;
        for group in 0..10_u16 {
            let list = Arc::new(Values::U16(vec![443, 1000 + group]));
            let bytes = [1 << 61, 1, 2, u64::from(group)];
            assert!(sums.add(&coded(&[0, 1, 2, 1], &list), &bytes, &[1 << 38, 1, 1, 1]));
            sums.take(|_, known, unknown| {
                n_told += known.iter().map(|place| place.counters().sums().flows).sum::<u64>();
                n_told += unknown.counters().sums().flows;
            });
        }
        let (known, unknown) = taken(&mut sums);
        let n_left: u64 = known.values().chain([&unknown]).map(|sums| sums.sums().flows).sum();
        assert!(n_told > 0 && n_left > 0);
        assert_eq!(n_told + n_left, 40);
    }

    /// Nothing is added that might overflow, nor by another list; after `take`
    /// there is room again.
    #[test]
    fn what_has_no_room_is_refused() {
        let lists = [
            [443, 443].map(|port| Arc::new(Values::U16(vec![port]))),
            [443, 443].map(|port| Arc::new(Values::U32(vec![port]))),
        ];
        let (half, many) = (1 << 63, 1 << 42);
        for [first, other] in &lists {
            for (fits, list, bytes, packets) in [
                (true, first, half - 1, many - 1),
                (false, first, half, 0),
                (false, first, 0, many),
                (false, other, 0, 0),
            ] {
                let mut sums = CodedSums::default();
                assert!(sums.add(&coded(&[0], first), &[half], &[many]));
                assert_eq!(sums.add(&coded(&[0], list), &[bytes], &[packets]), fits);
                let expected = if fits { 2 } else { 1 };
                assert_eq!(taken(&mut sums).0[&443].sums().flows, expected);
                assert!(sums.add(&coded(&[0], list), &[bytes], &[packets]));
            }
        }
        let mut sums = CodedSums::default();
        let batch = coded(&[0, 0], &lists[0][0]);
        assert!(!sums.add(&batch, &[u64::MAX, 1], &[1, 1]), "one batch that is too large");
    }
}

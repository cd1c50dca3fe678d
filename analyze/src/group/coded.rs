//! Adds up flows by the places that a row group's list of values gives their
//! keys: an addition into an array, and one look-up per value at the end.

use std::sync::Arc;

use super::Counters;
use crate::columns::{Coded, Values};

/// Sums by place in the list of one row group.
///
/// A place takes 16 bytes, so that the places of a row group stay in the cache
/// of a core: 42,000 ports of half a million flows are 0.7 MB. The additions
/// cannot overflow, since nothing is added that might ([`CodedSums::add`]).
#[derive(Debug, Default)]
pub struct CodedSums {
    list: Option<Arc<Values>>,
    /// One for each value of the list, and one for unknown.
    places: Vec<Place>,
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
        let fits = added.packets >> (64 - FLOW_BITS) == 0 && added.flows >> FLOW_BITS == 0;
        fits.then_some(added)
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
            self.places.clear();
            self.places.resize(list.len() + 1, Place::default());
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

    /// Lets `settle` take out what was added up: for each value of the list its
    /// sums, then those of the flows whose value is unknown. Not called if
    /// nothing was added.
    pub fn take(&mut self, settle: impl FnOnce(&Values, &[Place], Place)) {
        let Some(list) = self.list.take() else { return };
        self.added = Added::default();
        if let Some((unknown, known)) = self.places.split_last() {
            settle(&list, known, *unknown);
        }
    }
}

impl Place {
    /// Whether no flow was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packets_and_flows == 0
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
    use super::*;
    use crate::group::Accumulator;

    fn coded(codes: &[u32], list: &Arc<Values>) -> Coded {
        Coded::new(codes.to_vec(), Arc::clone(list)).unwrap()
    }

    #[test]
    fn places_add_up_and_the_last_is_unknown() {
        let list = Arc::new(Values::U16(vec![443, 80, 22]));
        let mut sums = CodedSums::default();
        assert!(sums.add(&coded(&[1, 3, 1], &list), &[10, 20, 30], &[1, 2, 3]));
        assert!(sums.add(&coded(&[0, 3], &list), &[5, 6], &[u64::from(u32::MAX), 1]));
        let of = |bytes, packets, flows| Counters::of(bytes, packets, flows);
        sums.take(|values, known, unknown| {
            assert_eq!(values, &*list);
            let known: Vec<Counters> = known.iter().map(|place| place.counters()).collect();
            assert_eq!(known, [of(5, u64::from(u32::MAX), 1), of(40, 4, 2), of(0, 0, 0)]);
            assert_eq!(unknown.counters(), of(26, 3, 2));
        });
        sums.take(|_, _, _| panic!("there is nothing"));
    }

    /// Nothing is added that might overflow, nor by another list; after `take`
    /// there is room again.
    #[test]
    fn what_has_no_room_is_refused() {
        let [first, other] = [443, 443].map(|port| Arc::new(Values::U16(vec![port])));
        let (half, many) = (1 << 63, 1 << 42);
        for (fits, list, bytes, packets) in [
            (true, &first, half - 1, many - 1),
            (false, &first, half, 0),
            (false, &first, 0, many),
            (false, &other, 0, 0),
        ] {
            let mut sums = CodedSums::default();
            assert!(sums.add(&coded(&[0], &first), &[half], &[many]));
            assert_eq!(sums.add(&coded(&[0], list), &[bytes], &[packets]), fits);
            let expected = if fits { 2 } else { 1 };
            sums.take(|_, known, _| assert_eq!(known[0].counters().sums().flows, expected));
            assert!(sums.add(&coded(&[0], list), &[bytes], &[packets]));
        }
        let mut sums = CodedSums::default();
        let batch = coded(&[0, 0], &first);
        assert!(!sums.add(&batch, &[u64::MAX, 1], &[1, 1]), "one batch that is too large");
    }
}

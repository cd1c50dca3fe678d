//! Aggregates flows by the dictionary codes of their key: one addition into an
//! array per flow, and one hash look-up per dictionary value at the end of the
//! row group.

use std::sync::Arc;

use flowkit_model::answer::Protocols;

use super::code_protocols::CodeProtocols;
use super::counters::Counters;
use super::packed_flow::PackedFlow;
use crate::batch::{Column, DictionaryColumn, Values};

/// Sums by dictionary code, of one row group at a time.
///
/// The sums of a code take 16 bytes, so that those of a row group stay in the
/// cache of a core: 42,000 ports of half a million flows are 0.7 MB. The additions
/// cannot overflow, since nothing is added that might ([`DictionarySums::add`]).
#[derive(Debug, Default)]
pub(crate) struct DictionarySums {
    /// The dictionary of the row group; `None` before its first batch.
    dictionary: Option<Arc<Values>>,
    /// One for each code, and one for unknown; any that follow, and all of them
    /// while there is no dictionary, are empty.
    codes: Vec<CodeSums>,
    /// Those of each code, and of unknown, where they are wanted.
    protocols: CodeProtocols,
    bound: UpperBound,
    narrow: NarrowValues,
}

/// Flows by the dictionary codes of their key: one code, bytes, packets and
/// protocol each.
pub(crate) struct CodedFlows<'b> {
    pub(crate) keys: &'b DictionaryColumn,
    pub(crate) bytes: &'b [u64],
    pub(crate) packets: &'b [u64],
    /// Only where the protocols of each value are wanted.
    pub(crate) protocols: Option<&'b Column>,
}

/// The sums by code of a dictionary.
pub(crate) struct Codes<'c> {
    pub(crate) values: &'c Values,
    /// One for each value.
    pub(crate) known: &'c [CodeSums],
    /// Those of the flows whose value is unknown.
    pub(crate) unknown: CodeSums,
    protocols: &'c CodeProtocols,
}

impl Codes<'_> {
    /// The protocols of the flows of a value, if they were added.
    pub(crate) fn protocols(&self, code: usize) -> Protocols {
        self.protocols.of(code, self.known[code].flows())
    }

    /// Those of the flows whose value is unknown.
    pub(crate) fn unknown_protocols(&self) -> Protocols {
        self.protocols.of(self.known.len(), self.unknown.flows())
    }
}

/// Sums by value of several row groups, of keys of 16 bits: an array of 1 MB, which
/// stays in the cache where a hash table would not.
#[derive(Debug, Default)]
struct NarrowValues {
    values: Vec<CodeSums>,
    unknown: CodeSums,
    /// Those of each value, and of unknown, where they are wanted.
    protocols: CodeProtocols,
    bound: UpperBound,
}

/// Sums of one code: bytes; and packets and flows in one word, packets in the upper
/// bits, so that both are added at once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CodeSums {
    bytes: u64,
    packets_and_flows: u64,
}

/// Bits that count flows: a row group has fewer than 2^21.
const FLOW_BITS: u32 = 21;

/// An upper bound of what was added to all codes together.
#[derive(Clone, Copy, Debug, Default)]
struct UpperBound {
    bytes: u64,
    packets: u64,
    flows: u64,
}

impl UpperBound {
    /// With the flows of a batch; `None` if one code could not hold all of it.
    fn with_batch(self, bytes: &[u64], packets: &[u64]) -> Option<Self> {
        let flows = bytes.len() as u64;
        // The union of all bits: no value is larger.
        let most = |values: &[u64]| values.iter().fold(0, |most, value| most | value);
        let bound = Self {
            bytes: self.bytes.checked_add(most(bytes).checked_mul(flows)?)?,
            packets: self.packets.checked_add(most(packets).checked_mul(flows)?)?,
            flows: self.flows + flows,
        };
        bound.fits().then_some(bound)
    }

    /// The sum of both; `None` if it overflows.
    fn plus(self, more: Self) -> Option<Self> {
        Some(Self {
            bytes: self.bytes.checked_add(more.bytes)?,
            packets: self.packets.checked_add(more.packets)?,
            flows: self.flows + more.flows,
        })
    }

    /// Whether the sums of one code could hold all of it.
    fn fits(self) -> bool {
        self.packets >> (64 - FLOW_BITS) == 0 && self.flows >> FLOW_BITS == 0
    }
}

impl DictionarySums {
    /// Adds the flows of a batch, if they have the dictionary of the batches before
    /// and no sum can overflow. Otherwise nothing is added and the result is
    /// false: [`DictionarySums::finish_row_group`] makes room.
    ///
    /// - Shapes: one code, bytes and packets per flow.
    pub(crate) fn add(&mut self, flows: &CodedFlows<'_>) -> bool {
        let CodedFlows { keys, bytes, packets, protocols } = *flows;
        let dictionary = keys.values();
        if self.dictionary.as_ref().is_some_and(|known| !Arc::ptr_eq(known, dictionary)) {
            return false;
        }
        let Some(bound) = self.bound.with_batch(bytes, packets) else { return false };
        if self.dictionary.is_none() {
            self.dictionary = Some(Arc::clone(dictionary));
            if self.codes.len() <= dictionary.len() {
                self.codes.resize(dictionary.len() + 1, CodeSums::default());
            }
        }
        self.bound = bound;
        for ((code, bytes), packets) in keys.codes().iter().zip(bytes).zip(packets) {
            let sums = &mut self.codes[*code as usize];
            sums.bytes = sums.bytes.wrapping_add(*bytes);
            sums.packets_and_flows =
                sums.packets_and_flows.wrapping_add((packets << FLOW_BITS) + 1);
        }
        if let Some(protocols) = protocols {
            self.protocols.add(dictionary.len() + 1, keys.codes(), protocols);
        }
        true
    }

    /// Hands the sums of the row group to `emit`. It is not called if nothing was
    /// added, or if sums of 16-bit values have room to wait for those of the next row
    /// group.
    pub(crate) fn finish_row_group(&mut self, mut emit: impl FnMut(Codes<'_>)) {
        let Some(dictionary) = self.dictionary.take() else { return };
        let bound = std::mem::take(&mut self.bound);
        let codes = self.codes.get_mut(..=dictionary.len()).unwrap_or_default();
        let Some((unknown, known)) = codes.split_last_mut() else { return };
        let unknown = std::mem::take(unknown);
        if let Values::U16(values) = &*dictionary {
            if !self.narrow.has_room(bound) {
                self.narrow.finish(&mut emit);
            }
            self.narrow.add(values, known, unknown, bound);
            let value = |code: usize| values.get(code).map_or(NARROW, |v| (*v).into());
            self.protocols.move_to(&mut self.narrow.protocols, NARROW + 1, value);
        } else {
            emit(Codes { values: &dictionary, known, unknown, protocols: &self.protocols });
            known.fill(CodeSums::default());
            self.protocols.clear();
        }
    }

    /// Hands everything to `emit`, sums of earlier row groups too.
    pub(crate) fn finish(&mut self, mut emit: impl FnMut(Codes<'_>)) {
        self.finish_row_group(&mut emit);
        self.narrow.finish(emit);
    }
}

/// Number of values of 16 bits.
const NARROW: usize = 1 << 16;

impl NarrowValues {
    fn has_room(&self, more: UpperBound) -> bool {
        self.bound.plus(more).is_some_and(UpperBound::fits)
    }

    /// Moves the sums of codes to those of their values.
    fn add(
        &mut self,
        values: &[u16],
        codes: &mut [CodeSums],
        unknown: CodeSums,
        bound: UpperBound,
    ) {
        self.values.resize(NARROW, CodeSums::default());
        for (value, sums) in values.iter().zip(codes).filter(|(_, sums)| !sums.is_empty()) {
            self.values[usize::from(*value)].add(std::mem::take(sums));
        }
        self.unknown.add(unknown);
        self.bound = self.bound.plus(bound).unwrap_or_default();
    }

    fn finish(&mut self, mut emit: impl FnMut(Codes<'_>)) {
        if self.bound.flows > 0 {
            emit(Codes {
                values: &Values::U16((0..=u16::MAX).collect()),
                known: &self.values,
                unknown: self.unknown,
                protocols: &self.protocols,
            });
            *self = Self::default();
        }
    }
}

impl CodeSums {
    /// Adds the sums of another code, which must not overflow.
    fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.packets_and_flows += other.packets_and_flows;
    }

    /// Whether no flow was added.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.packets_and_flows == 0
    }

    /// The number of flows.
    fn flows(&self) -> u64 {
        self.packets_and_flows & ((1 << FLOW_BITS) - 1)
    }

    /// The sums as the record of a flow, which takes less memory.
    ///
    /// # Errors
    /// With the sums, if they are of several flows or do not fit in a record.
    pub(crate) fn record(self) -> Result<PackedFlow, Counters> {
        let sums = self.counters();
        if self.flows() == 1 {
            Counters::row(self.bytes, self.packets_and_flows >> FLOW_BITS)
        } else {
            Err(sums)
        }
    }

    /// The sums.
    #[must_use]
    pub(crate) fn counters(self) -> Counters {
        Counters::of(self.bytes, self.packets_and_flows >> FLOW_BITS, self.flows())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::group::counters::Accumulator;

    fn column(codes: &[u32], dictionary: &Arc<Values>) -> DictionaryColumn {
        DictionaryColumn::new(codes.to_vec(), Arc::clone(dictionary)).unwrap()
    }

    fn add(
        sums: &mut DictionarySums,
        keys: &DictionaryColumn,
        bytes: &[u64],
        packets: &[u64],
    ) -> bool {
        sums.add(&CodedFlows { keys, bytes, packets, protocols: None })
    }

    /// What was added, by value, and of the unknown value.
    fn taken(sums: &mut DictionarySums) -> (BTreeMap<u32, Counters>, Counters) {
        let mut by_value = BTreeMap::new();
        let mut none = Counters::default();
        sums.finish(|Codes { values, known, unknown, .. }| {
            for (code, sums) in known.iter().enumerate().filter(|(_, sums)| !sums.is_empty()) {
                let value = match values {
                    Values::U16(values) => values[code].into(),
                    Values::U32(values) => values[code],
                    _ => panic!("no such dictionary"),
                };
                by_value.entry(value).or_insert_with(Counters::default).merge(&sums.counters());
            }
            none.merge(&unknown.counters());
        });
        (by_value, none)
    }

    fn of(bytes: u64, packets: u64, flows: u64) -> Counters {
        Counters::of(bytes, packets, flows)
    }

    #[test]
    fn codes_add_up_and_the_last_is_unknown() {
        for dictionary in [Values::U16(vec![443, 80, 22]), Values::U32(vec![443, 80, 22])] {
            let dictionary = Arc::new(dictionary);
            let mut sums = DictionarySums::default();
            assert!(add(&mut sums, &column(&[1, 3, 1], &dictionary), &[10, 20, 30], &[1, 2, 3]));
            assert!(add(
                &mut sums,
                &column(&[0, 3], &dictionary),
                &[5, 6],
                &[u64::from(u32::MAX), 1]
            ));
            let known = [(80, of(40, 4, 2)), (443, of(5, u64::from(u32::MAX), 1))];
            assert_eq!(taken(&mut sums), (known.into(), of(26, 3, 2)));
            assert_eq!(taken(&mut sums), (BTreeMap::new(), Counters::default()));
        }
    }

    /// Sums of 16-bit values are kept over several row groups, until there is no room.
    #[test]
    fn narrow_values_wait_and_nothing_is_lost() {
        let mut sums = DictionarySums::default();
        let mut n_emitted = 0;
        for group in 0..10_u16 {
            let dictionary = Arc::new(Values::U16(vec![443, 1000 + group]));
            let bytes = [1 << 61, 1, 2, u64::from(group)];
            assert!(add(
                &mut sums,
                &column(&[0, 1, 2, 1], &dictionary),
                &bytes,
                &[1 << 38, 1, 1, 1]
            ));
            sums.finish_row_group(|Codes { known, unknown, .. }| {
                n_emitted += known.iter().map(|sums| sums.counters().sums().flows).sum::<u64>();
                n_emitted += unknown.counters().sums().flows;
            });
        }
        let (known, unknown) = taken(&mut sums);
        let n_left: u64 = known.values().chain([&unknown]).map(|sums| sums.sums().flows).sum();
        assert!(n_emitted > 0 && n_left > 0);
        assert_eq!(n_emitted + n_left, 40);
    }

    /// Nothing is added that might overflow or has another dictionary; once the row
    /// group is finished there is room again.
    #[test]
    fn what_has_no_room_is_refused() {
        let dictionaries = [
            [443, 443].map(|port| Arc::new(Values::U16(vec![port]))),
            [443, 443].map(|port| Arc::new(Values::U32(vec![port]))),
        ];
        let (half, many) = (1 << 63, 1 << 42);
        for [first, other] in &dictionaries {
            for (fits, dictionary, bytes, packets) in [
                (true, first, half - 1, many - 1),
                (false, first, half, 0),
                (false, first, 0, many),
                (false, other, 0, 0),
            ] {
                let mut sums = DictionarySums::default();
                assert!(add(&mut sums, &column(&[0], first), &[half], &[many]));
                assert_eq!(add(&mut sums, &column(&[0], dictionary), &[bytes], &[packets]), fits);
                let expected = if fits { 2 } else { 1 };
                assert_eq!(taken(&mut sums).0[&443].sums().flows, expected);
                assert!(add(&mut sums, &column(&[0], dictionary), &[bytes], &[packets]));
            }
        }
        let mut sums = DictionarySums::default();
        let batch = column(&[0, 0], &dictionaries[0][0]);
        assert!(!add(&mut sums, &batch, &[u64::MAX, 1], &[1, 1]), "one batch that is too large");
    }
}

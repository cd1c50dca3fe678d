//! Several fields as one key: a number that sorts as the fields do.
//!
//! Each field takes its width and, before it, one bit that is set where the
//! value is unknown, so unknown sorts last. The first field stands highest.

use crate::batch::{Column, Values};
use crate::group::key_part::KeyPart;
use crate::spill::hash::{Hashed, MIX, fold};
use crate::spill::record::Record;

/// The fields of a key, the most significant first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyLayout {
    parts: Vec<KeyPart>,
}

impl KeyLayout {
    /// A layout of these fields.
    #[must_use]
    pub(crate) fn new(parts: Vec<KeyPart>) -> Self {
        Self { parts }
    }

    /// The fields.
    #[must_use]
    pub(crate) fn parts(&self) -> &[KeyPart] {
        &self.parts
    }

    /// Bits of a key.
    #[must_use]
    pub(crate) fn bits(&self) -> u32 {
        self.parts.iter().map(|part| part.width()).sum()
    }

    /// Bits of a key whose fields are all known.
    #[must_use]
    pub(crate) fn known_bits(&self) -> u32 {
        self.parts.iter().map(|part| part.bits).sum()
    }

    /// The keys of the rows of a batch, from one column per field.
    ///
    /// # Panics
    /// If there is not one column per field, all of equal length.
    #[must_use]
    pub(crate) fn encode<K: Key>(&self, columns: &[&Column]) -> Vec<K> {
        assert_eq!(columns.len(), self.parts.len(), "one column per field");
        let mut keys = vec![K::default(); columns.first().map_or(0, |column| column.len())];
        for (part, column) in self.parts.iter().zip(columns) {
            let unknown = column.unknown.as_deref();
            match &column.values {
                Values::U8(values) => append(&mut keys, part.bits, values, unknown),
                Values::U16(values) => append(&mut keys, part.bits, values, unknown),
                Values::U32(values) => append(&mut keys, part.bits, values, unknown),
                Values::U64(values) => append(&mut keys, part.bits, values, unknown),
            }
        }
        keys
    }

    /// The values of a key, one per field; unknown is `None`.
    #[must_use]
    pub(crate) fn decode<K: Key>(&self, mut key: K) -> Vec<Option<u64>> {
        let mut values: Vec<_> = self.parts.iter().rev().map(|part| key.pop(part.bits)).collect();
        values.reverse();
        values
    }

    /// The key of some values.
    #[must_use]
    pub(crate) fn of_values<K: Key>(&self, values: &[Option<u64>]) -> K {
        let mut key = K::default();
        for (part, value) in self.parts.iter().zip(values) {
            key.push(part.bits, *value);
        }
        key
    }
}

fn append<K: Key, V: Copy + Into<u64>>(
    keys: &mut [K],
    bits: u32,
    values: &[V],
    unknown: Option<&[bool]>,
) {
    assert_eq!(keys.len(), values.len(), "columns of one batch");
    match unknown {
        None => {
            for (key, value) in keys.iter_mut().zip(values) {
                key.push(bits, Some((*value).into()));
            }
        }
        Some(unknown) => {
            for ((key, value), unknown) in keys.iter_mut().zip(values).zip(unknown) {
                key.push(bits, (!unknown).then_some((*value).into()));
            }
        }
    }
}

/// A number that a key is kept in.
pub(crate) trait Key: Hashed + Default + Ord + std::fmt::Debug + 'static {
    /// Whether keys of a layout are kept in this type: those whose fields are all
    /// known, or those that lack one. Each key is kept in one type.
    fn holds(layout: &KeyLayout, is_known: bool) -> bool;

    /// Whether the key of these values is kept in this type.
    fn is_of(layout: &KeyLayout, values: &[Option<u64>]) -> bool {
        Self::holds(layout, values.iter().all(Option::is_some))
    }

    /// Appends a value of `bits`.
    fn push(&mut self, bits: u32, value: Option<u64>);
    /// Removes the value that was appended last.
    fn pop(&mut self, bits: u32) -> Option<u64>;
}

impl Key for u128 {
    fn holds(layout: &KeyLayout, is_known: bool) -> bool {
        // 64 bits and one for each field, of at least one bit, make 128.
        layout.bits() <= 128 && !Packed::holds(layout, is_known)
    }

    #[inline]
    fn push(&mut self, bits: u32, value: Option<u64>) {
        *self = (*self << bits << 1) | value.map_or(1 << bits, u128::from);
    }

    fn pop(&mut self, bits: u32) -> Option<u64> {
        let (unknown, value) = (*self >> bits & 1 == 1, *self & ((1 << bits) - 1));
        *self = *self >> bits >> 1;
        (!unknown).then(|| u64::try_from(value).expect("a value has at most 64 bits"))
    }
}

/// A key without unknown values: the values of its fields and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Packed(pub(super) u64);

impl Key for Packed {
    fn holds(layout: &KeyLayout, is_known: bool) -> bool {
        layout.known_bits() <= 64 && is_known
    }

    /// An unknown value becomes 0: keys that have one are kept in another type.
    #[inline]
    fn push(&mut self, bits: u32, value: Option<u64>) {
        self.0 = self.0.checked_shl(bits).unwrap_or(0) | value.unwrap_or(0);
    }

    fn pop(&mut self, bits: u32) -> Option<u64> {
        let value = self.0 & (u64::MAX >> (64 - bits));
        self.0 = self.0.checked_shr(bits).unwrap_or(0);
        Some(value)
    }
}

/// A key of one word, behind which a value may stand in the same word.
pub(crate) trait JoinedKey: Key {
    /// The word of the key and a value of `bits` behind it; both fit in 64 bits.
    fn join(&self, bits: u32, value: u64) -> u64;

    /// The key that is this word.
    #[must_use]
    fn of_word(word: u64) -> Self;

    /// Takes a word of [`JoinedKey::join`] apart: the key, and the value of `bits`.
    #[must_use]
    fn part(joined: u64, bits: u32) -> (Self, u64);
}

impl JoinedKey for Packed {
    #[inline]
    fn join(&self, bits: u32, value: u64) -> u64 {
        self.0.checked_shl(bits).unwrap_or(0) | value
    }

    #[inline]
    fn of_word(word: u64) -> Self {
        Self(word)
    }

    #[inline]
    fn part(joined: u64, bits: u32) -> (Self, u64) {
        let value = joined & u64::MAX.checked_shr(64 - bits).unwrap_or(0);
        (Self(joined.checked_shr(bits).unwrap_or(0)), value)
    }
}

impl Hashed for Packed {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        self.0.hash(seed)
    }
}

impl Record for Packed {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(Self)
    }
}

/// A key of more fields than fit in 256 bits: two words each, whether unknown
/// and the value, in the order of the fields.
pub(crate) type LongKey = Vec<(bool, u64)>;

impl Key for LongKey {
    fn holds(layout: &KeyLayout, is_known: bool) -> bool {
        layout.bits() > WIDE_BITS && !Packed::holds(layout, is_known)
    }

    fn push(&mut self, _: u32, value: Option<u64>) {
        Self::push(self, (value.is_none(), value.unwrap_or(0)));
    }

    fn pop(&mut self, _: u32) -> Option<u64> {
        let (unknown, value) = Self::pop(self).unwrap_or((true, 0));
        (!unknown).then_some(value)
    }
}

impl Hashed for LongKey {
    fn hash(&self, seed: u64) -> u64 {
        self.iter().fold(seed, |hash, (unknown, value)| {
            fold(hash ^ value, MIX).wrapping_add(u64::from(*unknown)).rotate_left(17)
        })
    }
}

/// Bits of the widest key that is a number (`wide_key`).
pub(crate) const WIDE_BITS: u32 = 256;

#[cfg(test)]
mod tests {
    use flowkit_model::Kind;

    use super::*;

    fn part(bits: u32) -> KeyPart {
        KeyPart { kind: Kind::Code, bits }
    }

    fn layout(bits: &[u32]) -> KeyLayout {
        KeyLayout::new(bits.iter().map(|bits| part(*bits)).collect())
    }

    #[test]
    fn keys_give_their_values_back() {
        for (bits, values) in [
            (vec![16], vec![Some(443)]),
            (vec![16], vec![None]),
            (vec![63], vec![None]),
            (vec![8, 48, 4], vec![Some(255), None, Some(7)]),
            (vec![32, 16, 8], vec![None, Some(0), None]),
        ] {
            let layout = layout(&bits);
            assert_eq!(layout.decode(layout.of_values::<u128>(&values)), values);
            assert_eq!(layout.decode(layout.of_values::<LongKey>(&values)), values);
        }
        let (bits, values) = (vec![64, 62], vec![Some(u64::MAX), None]);
        assert_eq!(layout(&bits).decode(layout(&bits).of_values::<u128>(&values)), values);
    }

    #[test]
    fn keys_sort_as_their_values_and_unknown_last() {
        fn check<K: Key>() {
            let layout = layout(&[8, 16]);
            let ordered = [
                [Some(0), Some(9)],
                [Some(0), None],
                [Some(1), Some(0)],
                [None, Some(0)],
                [None, None],
            ];
            let keys = ordered.map(|values| layout.of_values::<K>(&values));
            assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        }
        check::<u128>();
        check::<LongKey>();
    }

    #[test]
    fn columns_become_the_keys_of_their_rows() {
        fn check<K: Key + std::fmt::Debug>() {
            let layout = layout(&[8, 32]);
            let columns = [
                Column {
                    values: Values::U8(vec![6, 17, 0]),
                    unknown: Some(vec![false, false, true]),
                },
                Column { values: Values::U32(vec![1, u32::MAX, 3]), unknown: None },
            ];
            let rows = [[Some(6), Some(1)], [Some(17), Some(u32::MAX.into())], [None, Some(3)]];
            let keys = rows.map(|row| layout.of_values::<K>(&row));
            assert_eq!(layout.encode::<K>(&[&columns[0], &columns[1]]), keys);
        }
        check::<u128>();
        check::<LongKey>();
    }
}

//! Keys of up to 256 bits, as of five-tuples with a time, without an allocation per
//! flow.

use super::key::{Key, KeyLayout, Packed, WIDE_BITS};
use crate::spill::hash::{Hashed, fold_all};
use crate::spill::record::Record;

/// A number of 256 bits, the most significant word first.
///
/// Not two `u128`, whose alignment would make a record of 40 bytes one of 48.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WideKey([u64; 4]);

impl WideKey {
    fn halves(self) -> (u128, u128) {
        let [a, b, c, d] = self.0.map(u128::from);
        (a << 64 | b, c << 64 | d)
    }

    fn of_halves(high: u128, low: u128) -> Self {
        let word = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
        Self([word(high >> 64), word(high), word(low >> 64), word(low)])
    }
}

impl Key for WideKey {
    fn holds(layout: &KeyLayout, is_known: bool) -> bool {
        let is_narrower = Packed::holds(layout, is_known) || u128::holds(layout, is_known);
        layout.bits() <= WIDE_BITS && !is_narrower
    }

    #[inline]
    fn push(&mut self, bits: u32, value: Option<u64>) {
        let (high, low) = self.halves();
        let width = bits + 1;
        let value = value.map_or(1 << bits, u128::from);
        *self = Self::of_halves(high << width | low >> (128 - width), low << width | value);
    }

    fn pop(&mut self, bits: u32) -> Option<u64> {
        let (high, low) = self.halves();
        let width = bits + 1;
        let (unknown, value) = (low >> bits & 1 == 1, low & ((1 << bits) - 1));
        *self = Self::of_halves(high >> width, high << (128 - width) | low >> width);
        (!unknown).then(|| u64::try_from(value).expect("a value has at most 64 bits"))
    }
}

impl Hashed for WideKey {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        fold_all(self.0, seed)
    }
}

impl Record for WideKey {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|word| word.write(out));
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut words = [0; 4];
        for word in &mut words {
            *word = u64::read(bytes)?;
        }
        Some(Self(words))
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::Kind;

    use super::*;
    use crate::group::key::LongKey;
    use crate::group::key_part::KeyPart;

    fn layout(bits: &[u32]) -> KeyLayout {
        let part = |bits: &u32| KeyPart { kind: Kind::Code, bits: *bits };
        KeyLayout::new(bits.iter().map(part).collect())
    }

    /// The largest, smallest and unknown value in every field of a key that is full
    /// to the last bit.
    fn values(bits: &[u32]) -> Vec<Vec<Option<u64>>> {
        let mut all = vec![Vec::new()];
        for bits in bits {
            let choice = [Some(0), Some(1), Some(u64::MAX >> (64 - bits)), None];
            all = choice
                .iter()
                .flat_map(|value| {
                    all.iter().map(|before| before.iter().copied().chain([*value]).collect())
                })
                .collect();
        }
        all
    }

    #[test]
    fn a_key_round_trips_and_sorts_as_its_values_do() {
        for bits in [vec![64, 64, 64, 60], vec![32, 32, 16, 16, 8, 64], vec![64, 63]] {
            let layout = layout(&bits);
            let all = values(&bits);
            let mut keys: Vec<(WideKey, LongKey)> = all
                .iter()
                .map(|values| (layout.of_values(values), layout.of_values(values)))
                .collect();
            for ((key, _), values) in keys.iter().zip(&all) {
                assert_eq!(layout.decode(*key), *values);
                let mut bytes = Vec::new();
                key.write(&mut bytes);
                assert_eq!(WideKey::read(&mut bytes.as_slice()), Some(*key));
                assert_eq!(WideKey::read(&mut &bytes[1..]), None);
            }
            keys.sort_unstable_by_key(|(key, _)| *key);
            assert!(keys.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{bits:?}");
            let mut hashes: Vec<u64> = keys.iter().map(|(key, _)| key.hash(7)).collect();
            hashes.sort_unstable();
            hashes.dedup();
            assert_eq!(hashes.len(), keys.len());
        }
    }

    /// Every key is kept in one type, by the bits of its fields.
    #[test]
    fn each_key_is_kept_in_one_type() {
        for (bits, known, unknown) in [
            (vec![16], 0, 1),
            (vec![32, 32], 0, 1),
            (vec![32, 32, 16], 1, 1),
            (vec![64, 62], 1, 1),
            (vec![64, 63], 2, 2),
            (vec![64, 64, 64, 60], 2, 2),
            (vec![64, 64, 64, 61], 3, 3),
        ] {
            let layout = layout(&bits);
            for (value, width) in [(Some(1), known), (None, unknown)] {
                let values = vec![value; bits.len()];
                let held = [
                    Packed::is_of(&layout, &values),
                    u128::is_of(&layout, &values),
                    WideKey::is_of(&layout, &values),
                    LongKey::is_of(&layout, &values),
                ];
                let expected: Vec<bool> = (0..4).map(|n| n == width).collect();
                assert_eq!(held.to_vec(), expected, "{bits:?} {value:?}");
            }
        }
    }
}

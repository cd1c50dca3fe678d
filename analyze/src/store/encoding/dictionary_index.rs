//! Maps the values of a dictionary to their codes, which number them in order of
//! first occurrence.

use crate::spill::hash::{Hashed, seed};

/// A value that can be in a dictionary.
pub(crate) trait Indexed: Copy + Eq + Into<u64> {
    /// The map from values of this type to codes.
    type Index: Index<Self>;
}

impl Indexed for u8 {
    type Index = Array<256>;
}
impl Indexed for u16 {
    type Index = Array<65_536>;
}
impl Indexed for u32 {
    type Index = Table<Self>;
}
impl Indexed for u64 {
    type Index = Table<Self>;
}

/// A map from values to codes.
pub(crate) trait Index<V>: Default {
    /// The code of a value, in a dictionary of `n` values; `n` if it is new.
    fn code(&mut self, value: V, n: u32) -> u32;
}

/// For each possible value its code plus one; 0 if it is not in the dictionary.
pub(crate) struct Array<const VALUES: usize>(Vec<u32>);

impl<const VALUES: usize> Default for Array<VALUES> {
    fn default() -> Self {
        Self(vec![0; VALUES])
    }
}

impl<V: Into<u64>, const VALUES: usize> Index<V> for Array<VALUES> {
    #[inline]
    fn code(&mut self, value: V, n: u32) -> u32 {
        let value: u64 = value.into();
        let Some(code) = usize::try_from(value).ok().and_then(|value| self.0.get_mut(value)) else {
            unreachable!("the array is as long as its type has values");
        };
        if *code == 0 {
            *code = n + 1;
        }
        *code - 1
    }
}

/// A hash table with linear probing, at most half full; each slot has a value and
/// its code plus one.
pub(crate) struct Table<V> {
    slots: Vec<(V, u32)>,
    shift: u32,
    seed: u64,
}

/// Slots of a new table, as an exponent of two.
const FIRST_BITS: u32 = 8;

impl<V: Copy + Default> Default for Table<V> {
    fn default() -> Self {
        let slots = vec![(V::default(), 0); 1 << FIRST_BITS];
        Self { slots, shift: u64::BITS - FIRST_BITS, seed: seed() }
    }
}

impl<V: Copy + Default + Eq + Into<u64>> Index<V> for Table<V> {
    #[inline]
    fn code(&mut self, value: V, n: u32) -> u32 {
        let at = self.slot(value);
        let slot = &mut self.slots[at];
        if slot.1 != 0 {
            return slot.1 - 1;
        }
        *slot = (value, n + 1);
        if n as usize + 1 > self.slots.len() / 2 {
            self.grow();
        }
        n
    }
}

impl<V: Copy + Default + Eq + Into<u64>> Table<V> {
    /// The slot of a value, or the free one where it is to be inserted.
    #[inline]
    fn slot(&self, value: V) -> usize {
        let hash = Hashed::hash(&value.into(), self.seed) >> self.shift;
        let last = self.slots.len() - 1;
        let mut at = usize::try_from(hash).unwrap_or(0) & last;
        loop {
            let (known, code) = self.slots[at];
            if code == 0 || known == value {
                return at;
            }
            at = (at + 1) & last;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![(V::default(), 0); self.slots.len() * 2];
        let before = std::mem::replace(&mut self.slots, larger);
        self.shift -= 1;
        for (value, code) in before.into_iter().filter(|(_, code)| *code != 0) {
            let at = self.slot(value);
            self.slots[at] = (value, code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<V: Indexed>(values: impl Iterator<Item = V>) -> usize {
        let (mut index, mut distinct) = (V::Index::default(), Vec::new());
        for value in values {
            let n = u32::try_from(distinct.len()).unwrap();
            let expected =
                distinct.iter().position(|known| *known == value).unwrap_or(distinct.len());
            assert_eq!(index.code(value, n) as usize, expected);
            if expected == distinct.len() {
                distinct.push(value);
            }
        }
        distinct.len()
    }

    #[test]
    fn a_code_is_the_order_of_the_first_coming() {
        let mixed = |n: u64| (n * n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let numbers = || (0..4000).map(mixed).chain((0..2000).map(mixed)).chain([0, u64::MAX]);
        assert_eq!(check(numbers().map(|n| n.to_be_bytes()[0])), 256);
        assert!(check(numbers().map(|n| u16::try_from(n >> 48).unwrap())) > 3000);
        assert!(check(numbers().map(|n| u32::try_from(n >> 32).unwrap())) > 3900);
        assert!(check(numbers()) > 3900);
        assert_eq!(check(std::iter::empty::<u32>()), 0);
    }
}

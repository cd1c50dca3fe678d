//! The dictionary of texts and addresses: each distinct one gets the next code.
//!
//! All threads of a scan share it, so a text has one code everywhere. Codes are
//! in the order of first occurrence, which varies; answers are ordered by what they
//! stand for.
//!
//! An address is a code of 32 bits, of whichever family it is. An IPv4 address below
//! 240.0.0.0 is its own number: columns of those are what they always were, and no
//! dictionary is asked. The codes from there on, where IPv4 has reserved addresses and
//! the broadcast, are those of the dictionary, for these and for all of IPv6.

use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use flowkit_model::Address;
use hashbrown::{Equivalent, HashMap};

/// The first code of an address that is not its own number.
pub(crate) const FIRST_CODED: u32 = 0xf000_0000;

/// Distinct texts and addresses, and their codes.
#[derive(Debug, Default)]
pub struct Dictionary {
    texts: Interned<String>,
    addresses: Interned<Address>,
}

/// What the codes of a dictionary stand for, the code as index.
#[derive(Clone, Debug, Default)]
pub struct Codebook {
    /// Texts.
    pub texts: Vec<String>,
    /// Addresses that are not their own number.
    pub addresses: Vec<Address>,
}

impl Codebook {
    /// The text of a code.
    #[must_use]
    pub fn text(&self, code: u64) -> Option<&str> {
        self.texts.get(usize::try_from(code).ok()?).map(String::as_str)
    }

    /// The address of a code.
    #[must_use]
    pub fn address(&self, code: u64) -> Option<Address> {
        address_of(u32::try_from(code).ok()?, &self.addresses)
    }
}

/// Whether some code is one of the dictionary. Without a branch per row: most batches
/// have none.
#[inline]
pub(crate) fn has_coded(codes: &[u32]) -> bool {
    codes.iter().fold(0, |most, code| most.max(*code)) >= FIRST_CODED
}

/// The address of a code; `addresses` are those that are not their own number.
#[inline]
pub(crate) fn address_of(code: u32, addresses: &[Address]) -> Option<Address> {
    match code.checked_sub(FIRST_CODED) {
        None => Some(Address::from_bits(code)),
        Some(place) => addresses.get(place as usize).copied(),
    }
}

impl Dictionary {
    /// The code of a text.
    ///
    /// # Panics
    /// If there are 2^32 distinct texts.
    pub(crate) fn code(&self, text: &str) -> u32 {
        self.texts.code(text)
    }

    /// The code of an address.
    ///
    /// # Panics
    /// If there are 2^28 distinct ones that are not their own number.
    #[inline]
    pub(crate) fn address_code(&self, address: Address) -> u32 {
        match address.ipv4_bits() {
            Some(bits) if bits < FIRST_CODED => bits,
            _ => self.coded_address(address),
        }
    }

    fn coded_address(&self, address: Address) -> u32 {
        let code = FIRST_CODED.checked_add(self.addresses.code(&address));
        code.expect("as many addresses fit in no memory")
    }

    /// Lends all texts, the code as index.
    pub fn with_texts<T>(&self, look: impl FnOnce(&[String]) -> T) -> T {
        self.texts.with(look)
    }

    /// Lends the addresses that are not their own number.
    pub(crate) fn with_addresses<T>(&self, look: impl FnOnce(&[Address]) -> T) -> T {
        self.addresses.with(look)
    }

    /// What some codes of addresses stand for; `None` for one that this dictionary does not
    /// have. For a batch that is less than a copy of all.
    pub(crate) fn addresses_of(&self, codes: impl Iterator<Item = u32>) -> Vec<Option<Address>> {
        self.with_addresses(|all| codes.map(|code| address_of(code, all)).collect())
    }

    /// What the codes stand for.
    #[must_use]
    pub fn codebook(&self) -> Codebook {
        let mut codes = Codebook::default();
        self.update(&mut codes);
        codes
    }

    /// Adds to a codebook of this dictionary what came since.
    pub(crate) fn update(&self, codes: &mut Codebook) {
        let Codebook { texts, addresses } = codes;
        self.texts.with(|all| texts.extend_from_slice(&all[texts.len()..]));
        self.addresses.with(|all| addresses.extend_from_slice(&all[addresses.len()..]));
    }
}

/// Distinct values and their codes, behind a lock.
#[derive(Debug)]
struct Interned<T> {
    inner: RwLock<(HashMap<T, u32>, Vec<T>)>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { inner: RwLock::new((HashMap::new(), Vec::new())) }
    }
}

impl<T: Clone + Eq + Hash> Interned<T> {
    fn code<Q: Hash + Equivalent<T> + ToOwned<Owned = T> + ?Sized>(&self, value: &Q) -> u32 {
        if let Some(code) = self.inner.read().unwrap_or_else(PoisonError::into_inner).0.get(value) {
            return *code;
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let (codes, values) = &mut *inner;
        if let Some(code) = codes.get(value) {
            return *code;
        }
        let code = u32::try_from(values.len()).expect("2^32 values fit in no memory");
        codes.insert(value.to_owned(), code);
        values.push(value.to_owned());
        code
    }

    fn with<R>(&self, look: impl FnOnce(&[T]) -> R) -> R {
        look(&self.inner.read().unwrap_or_else(PoisonError::into_inner).1)
    }
}

/// A cache of the latest texts and addresses of one thread, since those of flows repeat
/// themselves, and the dictionary must be locked to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeCache {
    /// By a hash of a few bytes of the text; empty before the first lookup.
    texts: Vec<Option<(Box<str>, u32)>>,
    /// By a few bits of the address, likewise.
    addresses: Vec<Option<(Address, u32)>>,
}

/// Slots of texts; a power of two.
const TEXT_SLOTS: usize = 256;

/// Slots of addresses; a power of two.
const ADDRESS_SLOTS: usize = 1024;

impl CodeCache {
    /// The code of a text in the dictionary.
    pub(crate) fn code(&mut self, text: &str, dictionary: &Dictionary) -> u32 {
        if self.texts.is_empty() {
            self.texts.resize(TEXT_SLOTS, None);
        }
        let bytes = text.as_bytes();
        let some = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
        let length = bytes.len();
        let mix = length * 5 + some(0) * 7 + some(length / 2) * 31 + some(length.max(1) - 1) * 67;
        let slot = &mut self.texts[mix % TEXT_SLOTS];
        match slot {
            Some((known, code)) if **known == *text => *code,
            _ => {
                let code = dictionary.code(text);
                *slot = Some((text.into(), code));
                code
            }
        }
    }

    /// The code of an address.
    #[inline]
    pub(crate) fn address_code(&mut self, address: Address, dictionary: &Dictionary) -> u32 {
        match address.ipv4_bits() {
            Some(bits) if bits < FIRST_CODED => bits,
            _ => self.coded_address(address, dictionary),
        }
    }

    fn coded_address(&mut self, address: Address, dictionary: &Dictionary) -> u32 {
        if self.addresses.is_empty() {
            self.addresses.resize(ADDRESS_SLOTS, None);
        }
        let number = address.number();
        let mix = (number ^ number >> 32 ^ number >> 64 ^ number >> 96).wrapping_mul(0x9e37_79b1);
        let slot = usize::try_from(mix >> 20 & (ADDRESS_SLOTS as u128 - 1)).unwrap_or(0);
        match &mut self.addresses[slot] {
            Some((known, code)) if *known == address => *code,
            slot => {
                let code = dictionary.address_code(address);
                *slot = Some((address, code));
                code
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_text_has_the_code_of_the_dictionary() {
        let (dictionary, mut cache) = (Dictionary::default(), CodeCache::default());
        let texts: Vec<String> = (0..2000).map(|n| "x".repeat(n % 7) + &n.to_string()).collect();
        for _ in 0..2 {
            for text in texts.iter().map(String::as_str).chain([""]) {
                assert_eq!(cache.code(text, &dictionary), dictionary.code(text), "{text}");
            }
        }
        assert_eq!(dictionary.codebook().texts.len(), 2001);
    }

    /// Both families, at the edge of the codes, each there and back.
    #[test]
    fn every_address_has_one_code() {
        let (dictionary, mut cache) = (Dictionary::default(), CodeCache::default());
        let ipv4 = [0, 1, FIRST_CODED - 1, FIRST_CODED, u32::MAX].map(Address::from_bits);
        let ipv6 = (0..3000_u128).map(|n| Address::from_number(((n + 1) << 33) | (n % 7)));
        let all: Vec<Address> = ipv4.into_iter().chain(ipv6).collect();
        let codes: Vec<u32> =
            all.iter().map(|address| cache.address_code(*address, &dictionary)).collect();
        assert_eq!(codes[..3], [0, 1, FIRST_CODED - 1]);
        let codebook = dictionary.codebook();
        assert_eq!(codebook.addresses.len(), all.len() - 3);
        let found = dictionary.addresses_of(codes.iter().copied().chain([u32::MAX]));
        assert!(found.iter().copied().eq(all.iter().copied().map(Some).chain([None])));
        for (address, code) in all.iter().zip(&codes) {
            assert_eq!(dictionary.address_code(*address), *code);
            assert_eq!(cache.address_code(*address, &dictionary), *code);
            assert_eq!(codebook.address((*code).into()), Some(*address));
        }
        assert_eq!(codebook.address(u64::from(FIRST_CODED) + 1 + all.len() as u64), None);
    }
}

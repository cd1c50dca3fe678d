//! The dictionary of texts: each distinct text gets the next code.
//!
//! All threads of a scan share it, so a text has one code everywhere. Codes are
//! in the order of first occurrence, which varies; answers are ordered by the text.

use std::sync::{PoisonError, RwLock};

use hashbrown::HashMap;

/// Distinct texts and their codes.
#[derive(Debug, Default)]
pub struct Dictionary {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    codes: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Dictionary {
    /// The code of a text.
    ///
    /// # Panics
    /// If there are 2^32 distinct texts.
    pub(crate) fn code(&self, text: &str) -> u32 {
        if let Some(code) =
            self.inner.read().unwrap_or_else(PoisonError::into_inner).codes.get(text)
        {
            return *code;
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = inner.codes.get(text) {
            return *code;
        }
        let code = u32::try_from(inner.texts.len()).expect("2^32 texts fit in no memory");
        inner.codes.insert(text.to_owned(), code);
        inner.texts.push(text.to_owned());
        code
    }

    /// Lends all texts, the code as index.
    pub fn with_texts<T>(&self, look: impl FnOnce(&[String]) -> T) -> T {
        look(&self.inner.read().unwrap_or_else(PoisonError::into_inner).texts)
    }

    /// All texts, the code as index.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).texts.clone()
    }
}

/// A cache of the latest texts of one thread, since the texts of flows repeat
/// themselves, and the dictionary must be locked to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextCache {
    /// By a hash of a few bytes of the text; empty before the first lookup.
    slots: Vec<Option<(Box<str>, u32)>>,
}

/// Slots of the cache; a power of two.
const CACHE_SLOTS: usize = 256;

impl TextCache {
    /// The code of a text in the dictionary.
    pub(crate) fn code(&mut self, text: &str, dictionary: &Dictionary) -> u32 {
        if self.slots.is_empty() {
            self.slots.resize(CACHE_SLOTS, None);
        }
        let bytes = text.as_bytes();
        let some = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
        let length = bytes.len();
        let mix = length * 5 + some(0) * 7 + some(length / 2) * 31 + some(length.max(1) - 1) * 67;
        let slot = &mut self.slots[mix % CACHE_SLOTS];
        match slot {
            Some((known, code)) if **known == *text => *code,
            _ => {
                let code = dictionary.code(text);
                *slot = Some((text.into(), code));
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
        let (dictionary, mut cache) = (Dictionary::default(), TextCache::default());
        let texts: Vec<String> = (0..2000).map(|n| "x".repeat(n % 7) + &n.to_string()).collect();
        for _ in 0..2 {
            for text in texts.iter().map(String::as_str).chain([""]) {
                assert_eq!(cache.code(text, &dictionary), dictionary.code(text), "{text}");
            }
        }
        assert_eq!(dictionary.texts().len(), 2001);
    }
}

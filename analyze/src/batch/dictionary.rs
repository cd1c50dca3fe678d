//! Text values as numbers: each distinct text gets the next number.
//!
//! Shared by all threads of a scan, so one text has one number everywhere. The
//! numbers depend on who came first; order answers by the text.

use std::sync::{PoisonError, RwLock};

use hashbrown::HashMap;

/// Distinct texts, by number.
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
    /// The number of a text.
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
        let code = u32::try_from(inner.texts.len()).expect("so many texts fit in no memory");
        inner.codes.insert(text.to_owned(), code);
        inner.texts.push(text.to_owned());
        code
    }

    /// Lends all texts, by number.
    pub fn with_texts<T>(&self, look: impl FnOnce(&[String]) -> T) -> T {
        look(&self.inner.read().unwrap_or_else(PoisonError::into_inner).texts)
    }

    /// All texts, by number.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).texts.clone()
    }
}

/// Texts that came last, for one thread: the texts of flows repeat themselves,
/// and the dictionary is locked to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent {
    /// By a few bits of the text; none until one is asked for.
    places: Vec<Option<(Box<str>, u32)>>,
}

/// Places; a power of two.
const RECENT: usize = 256;

impl Recent {
    /// The number of a text in the dictionary.
    pub(crate) fn code(&mut self, text: &str, dictionary: &Dictionary) -> u32 {
        if self.places.is_empty() {
            self.places.resize(RECENT, None);
        }
        let bytes = text.as_bytes();
        let some = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
        let length = bytes.len();
        let mix = length * 5 + some(0) * 7 + some(length / 2) * 31 + some(length.max(1) - 1) * 67;
        let place = &mut self.places[mix % RECENT];
        match place {
            Some((known, code)) if **known == *text => *code,
            _ => {
                let code = dictionary.code(text);
                *place = Some((text.into(), code));
                code
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_lately_has_the_number_of_the_dictionary() {
        let (dictionary, mut recent) = (Dictionary::default(), Recent::default());
        let texts: Vec<String> = (0..2000).map(|n| "x".repeat(n % 7) + &n.to_string()).collect();
        for _ in 0..2 {
            for text in texts.iter().map(String::as_str).chain([""]) {
                assert_eq!(recent.code(text, &dictionary), dictionary.code(text), "{text}");
            }
        }
        assert_eq!(dictionary.texts().len(), 2001);
    }
}

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

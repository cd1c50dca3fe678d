//! Documents in memory: one after the other in the order in which they came,
//! and a table of their numbers.
//!
//! A new document, as nearly all are, goes to the end of a list; only its
//! number goes to a place that the cache cannot foresee, and the table of 1.8 M
//! numbers is a fifth as long as one of documents would be.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::sorted_runs::{Document, Known};
use crate::spill::hash::{Hashed, seed};

/// Documents, and what they say.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    known: Vec<Known>,
    numbers: HashTable<u32>,
}

impl Recent {
    /// Room for so many at once.
    pub(crate) fn with_room(most: usize) -> Self {
        let mut recent = Self::default();
        recent.make_room(most);
        recent
    }

    /// The same, with what is there already.
    pub(crate) fn make_room(&mut self, most: usize) {
        let more = most.saturating_sub(self.known.len());
        self.known.reserve_exact(more);
        let Self { known, numbers } = self;
        numbers.reserve(more, |number| hash(known[*number as usize].0));
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// What a document said that came before; if none did, it goes in, unless
    /// `elsewhere` knows it.
    #[inline]
    pub(crate) fn take<E>(
        &mut self,
        document: &Document,
        content: u64,
        elsewhere: impl FnOnce() -> Result<Option<u64>, E>,
    ) -> Result<Option<u64>, E> {
        let Self { known, numbers } = self;
        let is_same = |number: &u32| known[*number as usize].0 == *document;
        let hash_of = |number: &u32| hash(known[*number as usize].0);
        match numbers.entry(hash(*document), is_same, hash_of) {
            Entry::Occupied(number) => return Ok(Some(known[*number.get() as usize].1)),
            Entry::Vacant(place) => {
                let found = elsewhere()?;
                if found.is_some() {
                    return Ok(found);
                }
                let number = u32::try_from(known.len()).expect("two million at most");
                place.insert(number);
            }
        }
        known.push((*document, content));
        Ok(None)
    }

    /// All of them.
    pub(crate) fn into_known(self) -> Vec<Known> {
        self.known
    }
}

/// One that who makes documents cannot know.
fn hash(document: Document) -> u64 {
    Hashed::hash(&document[1], seed())
}

//! Identities in memory: a vector in the order of arrival, and a hash table of
//! indices into it.
//!
//! A new identity, as nearly all are, is appended; only its index goes to a random
//! place in memory, and the hash table of 1.8 M indices has a fifth of the size
//! of one of identities.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::sorted_runs::{DocumentEntry, DocumentHash};
use crate::spill::hash::{Hashed, seed};

/// Identities with the hashes of their content.
#[derive(Debug, Default)]
pub(crate) struct RecentDocuments {
    entries: Vec<DocumentEntry>,
    indices: HashTable<u32>,
}

impl RecentDocuments {
    /// Room for `capacity` entries.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut recent = Self::default();
        recent.reserve_total(capacity);
        recent
    }

    /// Makes room for `capacity` entries in all.
    pub(crate) fn reserve_total(&mut self, capacity: usize) {
        let more = capacity.saturating_sub(self.entries.len());
        self.entries.reserve_exact(more);
        let Self { entries, indices } = self;
        indices.reserve(more, |index| hash(entries[*index as usize].0));
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The content of an earlier copy. If there is none, and `elsewhere` has none
    /// either, the document is added.
    #[inline]
    pub(crate) fn insert<E>(
        &mut self,
        document: &DocumentHash,
        content: u64,
        elsewhere: impl FnOnce() -> Result<Option<u64>, E>,
    ) -> Result<Option<u64>, E> {
        let Self { entries, indices } = self;
        let is_same = |index: &u32| entries[*index as usize].0 == *document;
        let hash_of = |index: &u32| hash(entries[*index as usize].0);
        match indices.entry(hash(*document), is_same, hash_of) {
            Entry::Occupied(index) => return Ok(Some(entries[*index.get() as usize].1)),
            Entry::Vacant(vacant) => {
                let found = elsewhere()?;
                if found.is_some() {
                    return Ok(found);
                }
                let index = u32::try_from(entries.len()).expect("two million at most");
                vacant.insert(index);
            }
        }
        entries.push((*document, content));
        Ok(None)
    }

    /// All entries, in the order of arrival.
    pub(crate) fn into_entries(self) -> Vec<DocumentEntry> {
        self.entries
    }
}

/// A seeded hash: whoever makes documents cannot foresee collisions.
fn hash(document: DocumentHash) -> u64 {
    Hashed::hash(&document[1], seed())
}

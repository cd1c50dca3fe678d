//! Sets of known documents: those of one cursor, or those of a dump.

use std::collections::HashSet;

use flowkit_dump::DocumentHasher;
use flowkit_model::dump::DocumentId;

/// Most hashes that are remembered: 8 bytes each, plus the hash table.
const REMEMBERED: usize = 1_000_000;

/// The last documents of one cursor, to detect duplicates: an answer may be
/// delivered a second time in place of the next one.
#[derive(Debug)]
pub(crate) struct RecentDocuments {
    hasher: DocumentHasher,
    seen: HashSet<u64>,
}

impl RecentDocuments {
    pub(crate) fn new() -> Self {
        Self { hasher: DocumentHasher::new(), seen: HashSet::new() }
    }

    /// Adds a document; returns whether it was new.
    pub(crate) fn is_new(&mut self, document: DocumentId<'_>) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "half of a good hash is one")]
        let hash = self.hasher.hash(document) as u64;
        self.seen.insert(hash)
    }

    /// Forgets all documents at the end of a page, if there are too many.
    pub(crate) fn end_of_page(&mut self) {
        if self.seen.len() > REMEMBERED {
            self.seen = HashSet::new();
        }
    }
}

/// Documents that are in the dump already.
#[derive(Debug)]
pub(crate) struct KnownDocuments {
    hasher: DocumentHasher,
    hashes: HashSet<u128>,
}

impl KnownDocuments {
    pub(crate) fn new() -> Self {
        Self { hasher: DocumentHasher::new(), hashes: HashSet::new() }
    }

    /// Adds a document; returns whether it was new.
    pub(crate) fn add(&mut self, document: DocumentId<'_>) -> bool {
        self.hashes.insert(self.hasher.hash(document))
    }

    pub(crate) fn holds(&self, document: DocumentId<'_>) -> bool {
        self.hashes.contains(&self.hasher.hash(document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowkit_model::dump::DOCUMENT_ID_CASES;

    #[test]
    fn documents_are_known_and_recent_by_their_identity() {
        for case in DOCUMENT_ID_CASES {
            let (mut known, mut recent) = (KnownDocuments::new(), RecentDocuments::new());
            assert!(known.add(case.a) && recent.is_new(case.a), "{case:?}");
            assert_eq!(known.holds(case.b), case.is_same, "{case:?}");
            assert_eq!(known.add(case.b), !case.is_same, "{case:?}");
            assert_eq!(recent.is_new(case.b), !case.is_same, "{case:?}");
        }
    }
}

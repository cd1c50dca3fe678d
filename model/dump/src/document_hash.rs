//! Documents told apart by a number each.

use std::hash::{BuildHasher, RandomState};

use flowkit_model::dump::DocumentId;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Hashes identities of documents, with a seed that nobody can foresee. Hashes
/// are never stored: another hasher gives others.
#[derive(Clone, Copy, Debug)]
pub struct DocumentHasher {
    seed: u64,
}

impl Default for DocumentHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl DocumentHasher {
    /// A hasher with a seed of its own.
    #[must_use]
    pub fn new() -> Self {
        Self { seed: RandomState::new().hash_one(0) }
    }

    /// A number for a document. Two documents share one with a chance of 2⁻¹²⁸,
    /// which nobody can better without the seed.
    #[must_use]
    pub fn hash(self, document: DocumentId<'_>) -> u128 {
        document.key_bytes(|key| xxh3_128_with_seed(key, self.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowkit_model::dump::{DOCUMENT_ID_CASES, DocumentIdCase};

    #[test]
    fn hashes_are_equal_where_documents_are() {
        let hasher = DocumentHasher::new();
        for DocumentIdCase { a, b, is_same } in DOCUMENT_ID_CASES {
            assert_eq!(hasher.hash(*a) == hasher.hash(*b), *is_same, "{a:?} {b:?}");
        }
        let document = DOCUMENT_ID_CASES[0].a;
        assert_ne!(hasher.hash(document), DocumentHasher::new().hash(document));
    }
}

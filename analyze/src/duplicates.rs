//! The same document twice: the first copy counts.
//!
//! A document is its index, id and routing. A later copy is dropped; if it
//! says something else (it was indexed again while it was fetched), that is
//! counted too. Identities are kept as 128-bit hashes: among 10^9 documents the
//! odds that two of them collide are below 10^-20.

use flowkit_model::FlowRecord;
use flowkit_model::document::entry::Hit;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use std::hash::Hasher;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Who a document is, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    document: u128,
    content: u64,
}

impl Identity {
    /// The identity of a hit; none if it has no id.
    pub(crate) fn of(hit: &Hit<'_>) -> Option<Self> {
        let id = hit.id.as_deref()?;
        let mut key = Vec::with_capacity(64);
        for part in [hit.index.as_deref(), hit.routing.as_deref()] {
            // The length keeps ("a", "bc") and ("ab", "c") apart.
            let part = part.unwrap_or_default();
            key.extend_from_slice(&(part.len() as u64).to_le_bytes());
            key.extend_from_slice(part.as_bytes());
        }
        key.extend_from_slice(id.as_bytes());
        Some(Self { document: xxh3_128(&key), content: 0 })
    }

    /// The identity with what the document says.
    pub(crate) fn saying(self, flow: &FlowRecord) -> Self {
        let mut content = Xxh3::new();
        std::hash::Hash::hash(flow, &mut content);
        Self { content: content.finish(), ..self }
    }
}

/// What a copy is to the documents before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copy {
    /// The first.
    First,
    /// The same again.
    Same,
    /// Another version of it.
    Conflicting,
}

/// The documents seen so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    contents: HashMap<u128, u64>,
}

impl Seen {
    /// Takes a document in; the first copy of each stays.
    pub(crate) fn take(&mut self, identity: Option<Identity>) -> Copy {
        let Some(Identity { document, content }) = identity else { return Copy::First };
        match self.contents.entry(document) {
            Entry::Vacant(place) => {
                place.insert(content);
                Copy::First
            }
            Entry::Occupied(first) if *first.get() == content => Copy::Same,
            Entry::Occupied(_) => Copy::Conflicting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(index: &str, id: &str, routing: Option<&str>, bytes: u64) -> Option<Identity> {
        let hit = Hit {
            index: Some(index.into()),
            id: Some(id.into()),
            routing: routing.map(Into::into),
            source: None,
        };
        let flow = FlowRecord { bytes: Some(bytes), ..FlowRecord::default() };
        Identity::of(&hit).map(|identity| identity.saying(&flow))
    }

    #[test]
    fn a_document_is_its_index_id_and_routing() {
        let mut seen = Seen::default();
        for (identity, expected) in [
            (identity("a", "1", None, 7), Copy::First),
            (identity("a", "1", None, 7), Copy::Same),
            (identity("a", "1", None, 8), Copy::Conflicting),
            (identity("a", "1", None, 7), Copy::Same),
            (identity("b", "1", None, 7), Copy::First),
            (identity("a", "1", Some("r"), 7), Copy::First),
            (identity("a1", "", None, 7), Copy::First),
            (None, Copy::First),
            (None, Copy::First),
        ] {
            assert_eq!(seen.take(identity), expected);
        }
    }
}

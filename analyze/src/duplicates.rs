//! The same document twice: the first copy counts.
//!
//! A document is its index, id and routing. A later copy is dropped; if it
//! says something else (it was indexed again while it was fetched), that is
//! counted too. Identities are kept as 128-bit hashes: among 10^9 documents the
//! odds that two of them collide are below 10^-20.

use flowkit_model::{FIELDS, Kind, Row};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Who a document is, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    document: u128,
    content: u64,
}

impl Identity {
    /// The identity of a document; none if it has no id.
    pub(crate) fn of(
        index: Option<&str>,
        id: Option<&str>,
        routing: Option<&str>,
        row: &Row<'_>,
    ) -> Option<Self> {
        let id = id?;
        let mut key = [0; KEY_BYTES];
        let mut end = 0;
        // The lengths keep ("a", "bc") and ("ab", "c") apart.
        let lengths =
            [index, routing].map(|part| (part.unwrap_or_default().len() as u64).to_le_bytes());
        let parts = [
            &lengths[0][..],
            index.unwrap_or_default().as_bytes(),
            &lengths[1],
            routing.unwrap_or_default().as_bytes(),
            id.as_bytes(),
        ];
        for part in parts {
            let Some(place) = key.get_mut(end..end + part.len()) else {
                return Some(Self { document: xxh3_128(&parts.concat()), content: content(row) });
            };
            place.copy_from_slice(part);
            end += part.len();
        }
        Some(Self { document: xxh3_128(&key[..end]), content: content(row) })
    }
}

/// Room for the index, id and routing of most documents.
const KEY_BYTES: usize = 256;

/// Stands for what a document says: a hash of all its fields.
fn content(row: &Row<'_>) -> u64 {
    let mut hash = 0_u64;
    for field in FIELDS {
        let value = if field.kind == Kind::Text {
            row.text(field.id).map(|text| xxh3_64(text.as_bytes()))
        } else {
            row.number(field.id)
        };
        // Unknown is another value than 0: the two go in at different places.
        let (high, low) = value.map_or((1, 0), |value| (0, value));
        let product = u128::from(hash ^ low ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(0xd6e8_feb8_6659_fd93 ^ hash ^ high);
        hash = u64::try_from(product >> 64).unwrap_or(0)
            ^ u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    }
    hash
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
    use flowkit_model::FlowRecord;

    use super::*;

    fn identity(index: &str, id: &str, routing: Option<&str>, bytes: u64) -> Option<Identity> {
        let flow = FlowRecord { bytes: Some(bytes), ..FlowRecord::default() };
        Identity::of(Some(index), Some(id), routing, &Row::of(&flow))
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
            (identity(&"long".repeat(100), "1", None, 7), Copy::First),
            (identity(&"long".repeat(100), "1", None, 7), Copy::Same),
            (None, Copy::First),
            (None, Copy::First),
        ] {
            assert_eq!(seen.take(identity), expected);
        }
    }
}

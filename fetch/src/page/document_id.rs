//! What tells a document from all others: `_index`, `_id`, `_routing`.
//!
//! The server writes them first in a hit, so they are read without the document
//! behind them. A hit of another form is parsed whole.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Ids that are remembered at once: 8 bytes each, and a table around them.
const REMEMBERED: usize = 1_000_000;

/// Of one hit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Identity<'a> {
    #[serde(borrow, rename = "_index")]
    pub(crate) index: Cow<'a, str>,
    #[serde(borrow, rename = "_id")]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default, rename = "_routing")]
    pub(crate) routing: Option<Cow<'a, str>>,
}

impl<'a> Identity<'a> {
    /// Reads it from the start of a hit, or else from all of it.
    pub(crate) fn read(hit: &'a [u8]) -> Result<Self, serde_json::Error> {
        Self::read_start(hit).map_or_else(|| serde_json::from_slice(hit), Ok)
    }

    /// Reads members of plain text, `null`s and numbers, up to the document.
    fn read_start(hit: &'a [u8]) -> Option<Self> {
        let mut rest = hit.strip_prefix(b"{")?;
        let (mut index, mut id, mut routing) = (None, None, None);
        loop {
            let (key, after) = text(rest)?;
            rest = after.strip_prefix(b":")?;
            if key == "_source" {
                break;
            }
            if rest.first() == Some(&b'"') {
                let (value, after) = text(rest)?;
                rest = after;
                match key {
                    "_index" => index = Some(value),
                    "_id" => id = Some(value),
                    "_routing" => routing = Some(value),
                    _ => {}
                }
            } else {
                let end = rest.iter().position(|byte| matches!(byte, b',' | b'}'))?;
                // An object or a list may hold such a sign itself.
                if rest[..end].iter().any(|byte| matches!(byte, b'{' | b'[' | b'"')) {
                    return None;
                }
                rest = &rest[end..];
            }
            rest = rest.strip_prefix(b",")?;
        }
        Some(Self { index: index?.into(), id: id?.into(), routing: routing.map(Cow::Borrowed) })
    }

    /// A number for it. Two documents share one with a chance of 2⁻¹²⁸, which
    /// nobody can better without the seed.
    pub(crate) fn hash(&self, seed: u64) -> u128 {
        let mut bytes = Vec::with_capacity(96);
        for part in [&self.index, &self.id] {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes.extend_from_slice(self.routing.as_deref().unwrap_or_default().as_bytes());
        xxh3_128_with_seed(&bytes, seed)
    }
}

/// A text without escapes, and what follows it.
fn text(json: &[u8]) -> Option<(&str, &[u8])> {
    let inside = json.strip_prefix(b"\"")?;
    let end = inside.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    if inside[end] == b'\\' {
        return None;
    }
    Some((std::str::from_utf8(&inside[..end]).ok()?, &inside[end + 1..]))
}

/// A seed that nobody can foresee.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// The documents that came last through one cursor, to see one that comes
/// twice: an answer may be delivered a second time in place of the next one.
#[derive(Debug)]
pub(crate) struct RecentDocuments {
    seed: u64,
    seen: HashSet<u64>,
}

impl RecentDocuments {
    pub(crate) fn new() -> Self {
        Self { seed: seed(), seen: HashSet::new() }
    }

    /// Takes note of a document; whether it was new.
    pub(crate) fn is_new(&mut self, identity: &Identity<'_>) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "half of a good hash is one")]
        let hash = identity.hash(self.seed) as u64;
        self.seen.insert(hash)
    }

    /// Makes room at the end of a page, of which `hits` are remembered at least.
    pub(crate) fn end_of_page(&mut self) {
        if self.seen.len() > REMEMBERED {
            self.seen = HashSet::new();
        }
    }
}

/// Documents that a dump has already.
#[derive(Debug)]
pub(crate) struct KnownDocuments {
    seed: u64,
    hashes: HashSet<u128>,
}

impl KnownDocuments {
    pub(crate) fn new() -> Self {
        Self { seed: seed(), hashes: HashSet::new() }
    }

    /// Adds a document; whether it was new.
    pub(crate) fn add(&mut self, identity: &Identity<'_>) -> bool {
        self.hashes.insert(identity.hash(self.seed))
    }

    pub(crate) fn holds(&self, identity: &Identity<'_>) -> bool {
        self.hashes.contains(&identity.hash(self.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_hit_says_the_same_as_all_of_it() {
        let hits = [
            r#"{"_index":"n","_type":"doc","_id":"a","_score":null,"_source":{"_id":"x"},"sort":[1]}"#,
            r#"{"_index":"n","_id":"a","_score":1.0,"_routing":"r","_source":{}}"#,
            r#"{"_index":"n","_id":"a","_ignored":["x,"],"_routing":"r","_source":{}}"#,
            r#"{"_index":"n","_id":"a\"b","_source":{}}"#,
            r#"{ "_index" : "n", "_id" : "é" , "_source":{}}"#,
            r#"{"_source":{"_id":"x"},"_id":"a","_index":"n"}"#,
            r#"{"_index":"n","_id":"a"}"#,
        ];
        for hit in hits {
            let whole: Identity<'_> = serde_json::from_str(hit).unwrap();
            assert_eq!(Identity::read(hit.as_bytes()).unwrap(), whole, "{hit}");
        }
        assert!(Identity::read_start(hits[0].as_bytes()).is_some());
        assert_eq!(Identity::read(hits[1].as_bytes()).unwrap().routing.as_deref(), Some("r"));
        for broken in ["", "{", "{}", r#"{"_id":"a","_source":{}}"#, r#"{"_index":5,"_id":"a"}"#] {
            assert!(Identity::read(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn each_member_tells_documents_apart() {
        let of = |index: &'static str, id: &'static str, routing: Option<&'static str>| Identity {
            index: index.into(),
            id: id.into(),
            routing: routing.map(Into::into),
        };
        let mut known = KnownDocuments::new();
        let all = [
            of("a", "b", None),
            of("ab", "", None),
            of("", "ab", None),
            of("a", "b", Some("c")),
            of("a", "bc", None),
        ];
        assert!(all.iter().all(|identity| known.add(identity)));
        assert!(!all.iter().any(|identity| known.add(identity)));
        assert!(!known.holds(&of("b", "a", None)));
    }
}

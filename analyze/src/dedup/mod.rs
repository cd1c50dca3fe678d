//! The same document twice: the first copy counts.
//!
//! A document is its index, id and routing. A later copy is dropped; if it
//! says something else (it was indexed again while it was fetched), that is
//! counted too. Identities are kept as 128-bit hashes: among 10^9 documents the
//! odds that two of them collide are below 10^-20. Two million are kept in
//! memory, more in temporary files.

use std::io;
use std::sync::LazyLock;

use flowkit_model::dump::DocumentId;
use flowkit_model::{FIELDS, FieldId, Kind, Row};

pub(crate) mod equal_flows;
pub(crate) mod recent;
pub(crate) mod row_hash;
pub(crate) mod sorted_runs;
use xxhash_rust::xxh3::xxh3_128;

use self::recent::Recent;
use self::sorted_runs::{Document, Spilled};
use crate::spill::hash::fold;

/// Who a document is, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    document: Document,
    content: u64,
}

impl Identity {
    /// The identity of a document, and what its row says; none if it has no id.
    pub(crate) fn of(id: Option<DocumentId<'_>>, row: &Row<'_>) -> Option<Self> {
        Some(Self { document: id?.key_bytes(hash), content: content(row) })
    }
}

fn hash(key: &[u8]) -> Document {
    let hash = xxh3_128(key);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
    [half(hash >> 64), half(hash)]
}

/// Stands for what a document says: a hash of all its fields.
fn content(row: &Row<'_>) -> u64 {
    let Shares { numbers, texts } = &*SHARES;
    // Four chains, each of which waits for its own multiplications alone. What
    // is unknown goes in as 0, and that it is unknown at the start.
    let mut chains = [row.known(), 1, 2, 3];
    for fields in numbers.chunks(chains.len()) {
        for (chain, field) in chains.iter_mut().zip(fields) {
            *chain = mixed(*chain ^ row.number(*field).unwrap_or(0), *chain);
        }
    }
    for text in texts.iter().filter_map(|field| row.text(*field)) {
        chains[0] = of_text(chains[0], text.as_bytes());
    }
    let [a, b, c, d] = chains;
    mixed(mixed(a, b), mixed(c, d))
}

/// A text, eight bytes at a time; most are no longer than two words.
#[inline]
fn of_text(before: u64, text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // The length keeps texts apart that differ in zeros at their end.
    let start = before ^ (text.len() as u64).rotate_left(32);
    words.iter().chain([&last]).fold(start, |hash, word| mixed(hash, u64::from_le_bytes(*word)))
}

/// The fields that are numbers, and those that are texts.
struct Shares {
    numbers: Vec<FieldId>,
    texts: Vec<FieldId>,
}

static SHARES: LazyLock<Shares> = LazyLock::new(|| {
    let (texts, numbers) =
        FIELDS.iter().map(|field| field.id).partition(|field| field.field().kind == Kind::Text);
    Shares { numbers, texts }
});

/// Both words, with odd numbers mixed in so that a zero does not swallow the
/// other.
#[inline]
fn mixed(a: u64, b: u64) -> u64 {
    fold(a ^ 0x9e37_79b9_7f4a_7c15, b ^ 0xd6e8_feb8_6659_fd93)
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
#[derive(Debug)]
pub(crate) struct Seen {
    recent: Recent,
    spilled: Option<Spilled>,
    /// Documents in memory; more go to disk.
    most: usize,
    /// How many there are of it that share the documents.
    share: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self::share(1)
    }
}

/// Identities in memory: with the table of their numbers some 50 MB. Once some are
/// on disk, a quarter as many, since the filter before those takes as much.
const MOST_RECENT: usize = 1_800_000;

/// So many documents announce more: the table gets its last size at once, since
/// growing step by step needs both the old one and the new.
const MANY: usize = 100_000;

impl Seen {
    /// One of so many that share the documents, and the memory for them.
    pub(crate) fn share(of: usize) -> Self {
        Self { share: of, ..Self::with_memory_for(MOST_RECENT / of) }
    }

    /// With so many documents in memory.
    fn with_memory_for(most: usize) -> Self {
        Self { recent: Recent::default(), spilled: None, most, share: 1 }
    }

    /// Takes a document in; the first copy of each stays.
    ///
    /// # Errors
    /// If there is no room for temporary files, or they cannot be read.
    pub(crate) fn take(&mut self, identity: Option<&Identity>) -> io::Result<Copy> {
        identity.map_or(Ok(Copy::First), |identity| self.take_known(identity))
    }

    /// Takes a hash in; whether it was not here before.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(crate) fn is_new(&mut self, hash: Document) -> io::Result<bool> {
        Ok(self.take_known(&Identity { document: hash, content: 0 })? == Copy::First)
    }

    /// By reference: to copy it would wait for what was stored before, and that
    /// for the memory of the table.
    fn take_known(&mut self, Identity { document, content }: &Identity) -> io::Result<Copy> {
        let spilled = &self.spilled;
        let on_disk =
            || spilled.as_ref().map_or(Ok(None), |spilled: &Spilled| spilled.find(*document));
        if let Some(first) = self.recent.take(document, *content, on_disk)? {
            return Ok(if first == *content { Copy::Same } else { Copy::Conflicting });
        }
        if self.recent.len() == MANY {
            self.recent.make_room(self.most);
        }
        if self.recent.len() >= self.most {
            self.spill()?;
        }
        Ok(Copy::First)
    }

    /// Moves what is in memory to disk.
    fn spill(&mut self) -> io::Result<()> {
        let known = std::mem::take(&mut self.recent).into_known();
        if self.spilled.is_none() {
            // The filter takes memory from now on.
            self.most = (self.most / 4).max(1);
        }
        let spilled = self.spilled.get_or_insert_with(|| Spilled::new(self.share));
        spilled.add(known)?;
        spilled.know()?;
        self.recent = Recent::with_room(self.most);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::FlowRecord;
    use flowkit_model::dump::{DOCUMENT_ID_CASES, DocumentIdCase};

    use super::*;

    fn identity(index: &str, id: &str, routing: Option<&str>, bytes: u64) -> Option<Identity> {
        let flow = FlowRecord { bytes: Some(bytes), ..FlowRecord::default() };
        let (index, id, routing) = (index.as_bytes(), id.as_bytes(), routing.map(str::as_bytes));
        Identity::of(DocumentId::new(Some(index), Some(id), routing), &Row::of(&flow))
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
            assert_eq!(seen.take(identity.as_ref()).unwrap(), expected);
        }
    }

    #[test]
    fn identities_are_equal_where_documents_are() {
        let of = |id| Identity::of(Some(id), &Row::default());
        for DocumentIdCase { a, b, is_same } in DOCUMENT_ID_CASES {
            assert_eq!(of(*a) == of(*b), *is_same, "{a:?} {b:?}");
        }
        assert_eq!(Identity::of(None, &Row::default()), None);
    }

    /// Any field that is another, unknown, or 0 instead of unknown makes another
    /// content.
    #[test]
    fn every_field_is_part_of_what_a_document_says() {
        let mut contents = vec![content(&Row::default())];
        for field in FIELDS {
            for value in [0, 1] {
                let mut row = Row::default();
                match field.kind {
                    Kind::Text => row.set_text(field.id, ["r0", "r1"][value]),
                    _ => row.set(field.id, value as u64),
                }
                contents.push(content(&row));
            }
        }
        let n = contents.len();
        contents.sort_unstable();
        contents.dedup();
        assert_eq!(contents.len(), n);
    }

    /// With memory for ten documents the answers are those of memory for all.
    #[test]
    fn spilling_does_not_show() {
        let (mut little, mut much) = (Seen::with_memory_for(10), Seen::default());
        for n in 0..3000_u64 {
            let id = (n * n % 1009).to_string();
            let identity = identity("a", &id, None, n % 3);
            assert_eq!(
                little.take(identity.as_ref()).unwrap(),
                much.take(identity.as_ref()).unwrap(),
                "{n}"
            );
        }
    }
}

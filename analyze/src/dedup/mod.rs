//! Deduplicates documents: the first copy of each counts.
//!
//! The identity of a document is its index, id and routing. Later copies are
//! dropped; if a copy has other content (it was indexed again while it was
//! fetched), that is counted. Identities are kept as 128-bit hashes: among 10^9
//! documents the odds that two of them collide are below 10^-20. Two million are
//! kept in memory, more are spilled to temporary files.

use std::io;
use std::sync::LazyLock;

use flowkit_model::dump::DocumentId;
use flowkit_model::{Address, FIELDS, FieldId, Kind, Row};

pub(crate) mod equal_flows;
pub(crate) mod recent;
pub(crate) mod row_hash;
pub(crate) mod sorted_runs;
use xxhash_rust::xxh3::xxh3_128;

use self::recent::RecentDocuments;
use self::sorted_runs::{DocumentHash, Spilled};
use crate::batch::FieldSet;
use crate::spill::hash::fold;

/// The identity of a document, and a hash of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    document: DocumentHash,
    content: u64,
}

impl Identity {
    /// The identity of a document, and what its row says; none if it has no id.
    pub(crate) fn of(id: Option<DocumentId<'_>>, row: &Row<'_>) -> Option<Self> {
        Some(Self { document: id?.key_bytes(hash), content: content(row) })
    }
}

fn hash(key: &[u8]) -> DocumentHash {
    let hash = xxh3_128(key);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
    [half(hash >> 64), half(hash)]
}

/// A hash of the content of a document: all its fields.
fn content(row: &Row<'_>) -> u64 {
    let FieldsByKind { numbers, addresses, texts, of_templates } = &*FIELDS_BY_KIND;
    // Four independent chains, so that multiplications overlap. An unknown field
    // goes in as 0; the first chain begins with which fields are known.
    let mut chains = [row.known(), 1, 2, 3];
    for fields in numbers.chunks(chains.len()) {
        for (chain, field) in chains.iter_mut().zip(fields) {
            *chain = mixed(*chain ^ row.number(*field).unwrap_or(0), *chain);
        }
    }
    for (chain, field) in chains.iter_mut().zip(addresses) {
        *chain = mixed(*chain ^ word_of(row.address(*field)), *chain);
    }
    // Of version 5 none is known, but type and code of ICMP.
    let known = row.known() & of_templates.0;
    for field in FieldSet(known).iter().take_while(|_| known != 0) {
        let address = field.is_address().then(|| row.address(field)).flatten();
        let word = row.number(field).unwrap_or(0) ^ word_of(address);
        chains[1] = mixed(chains[1] ^ word, field as u64);
    }
    for text in texts.iter().filter_map(|field| row.text(*field)) {
        chains[0] = mix_text(chains[0], text.as_bytes());
    }
    let [a, b, c, d] = chains;
    mixed(mixed(a, b), mixed(c, d))
}

/// Mixes a text in, eight bytes at a time; most are no longer than two words.
#[inline]
fn mix_text(before: u64, text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // The length tells texts apart that differ in zeros at their end.
    let start = before ^ (text.len() as u64).rotate_left(32);
    words.iter().chain([&last]).fold(start, |hash, word| mixed(hash, u64::from_le_bytes(*word)))
}

/// The 64 bits of an IPv4 address, or those that an IPv6 address is mixed to; 0 if it is
/// unknown.
#[inline]
fn word_of(address: Option<Address>) -> u64 {
    let number = address.map_or(0, Address::number);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
    match half(number >> 64) {
        0 => half(number),
        high => mixed(half(number), high),
    }
}

/// The fields of version 5 that are numbers, addresses and texts, and those that only
/// NetFlow v9 and IPFIX have.
struct FieldsByKind {
    numbers: Vec<FieldId>,
    addresses: Vec<FieldId>,
    texts: Vec<FieldId>,
    of_templates: FieldSet,
}

static FIELDS_BY_KIND: LazyLock<FieldsByKind> = LazyLock::new(|| {
    let of_kind = |is: fn(Kind) -> bool| {
        let fields = FIELDS.iter().filter(|field| !field.is_of_templates() && is(field.kind));
        fields.map(|field| field.id).collect()
    };
    // The family is worked out from the addresses.
    let of_templates = FIELDS.iter().filter(|field| field.is_of_templates());
    let of_templates = of_templates.map(|field| field.id).filter(|field| *field != FieldId::Family);
    FieldsByKind {
        numbers: of_kind(|kind| !matches!(kind, Kind::Text | Kind::Address)),
        addresses: of_kind(|kind| kind == Kind::Address),
        texts: of_kind(|kind| kind == Kind::Text),
        of_templates: of_templates.collect(),
    }
});

/// Mixes two words, with odd constants so that a zero does not absorb the other.
#[inline]
fn mixed(a: u64, b: u64) -> u64 {
    fold(a ^ 0x9e37_79b9_7f4a_7c15, b ^ 0xd6e8_feb8_6659_fd93)
}

/// How a document relates to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// The first with its identity.
    First,
    /// A copy with equal content.
    Duplicate,
    /// A copy with other content.
    Conflicting,
}

/// The identities of the documents so far, or of one share of them.
#[derive(Debug)]
pub(crate) struct IdentitySet {
    recent: RecentDocuments,
    spilled: Option<Spilled>,
    /// Identities to keep in memory; more are spilled.
    max_recent: usize,
    /// How many sets the identities are divided into.
    n_shares: usize,
}

impl Default for IdentitySet {
    fn default() -> Self {
        Self::share(1)
    }
}

/// Identities in memory: with their hash table some 50 MB. Once some are
/// spilled, a quarter as many, since the Bloom filter of those takes the rest.
const MAX_RECENT: usize = 1_800_000;

/// From this many identities on more are expected: the hash table gets its final
/// size at once, since growing step by step needs both the old one and the new.
const MANY: usize = 100_000;

impl IdentitySet {
    /// An empty set, one of `n_shares` that divide the identities and the memory for
    /// them.
    pub(crate) fn share(n_shares: usize) -> Self {
        Self { n_shares, ..Self::with_memory_for(MAX_RECENT / n_shares) }
    }

    /// An empty set that keeps up to `max_recent` identities in memory.
    fn with_memory_for(max_recent: usize) -> Self {
        Self { recent: RecentDocuments::default(), spilled: None, max_recent, n_shares: 1 }
    }

    /// Adds a document; one without an identity is always the first.
    ///
    /// # Errors
    /// If there is no room for temporary files, or they cannot be read.
    pub(crate) fn insert(&mut self, identity: Option<&Identity>) -> io::Result<Inserted> {
        identity.map_or(Ok(Inserted::First), |identity| self.insert_known(identity))
    }

    /// Adds a hash; whether it is new.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub(crate) fn is_new(&mut self, hash: DocumentHash) -> io::Result<bool> {
        Ok(self.insert_known(&Identity { document: hash, content: 0 })? == Inserted::First)
    }

    /// By reference: a copy would wait for the stores before it, and these for the
    /// memory of the hash table.
    fn insert_known(&mut self, Identity { document, content }: &Identity) -> io::Result<Inserted> {
        let spilled = &self.spilled;
        let on_disk =
            || spilled.as_ref().map_or(Ok(None), |spilled: &Spilled| spilled.find(*document));
        if let Some(first) = self.recent.insert(document, *content, on_disk)? {
            return Ok(if first == *content { Inserted::Duplicate } else { Inserted::Conflicting });
        }
        if self.recent.len() == MANY {
            self.recent.reserve_total(self.max_recent);
        }
        if self.recent.len() >= self.max_recent {
            self.spill()?;
        }
        Ok(Inserted::First)
    }

    /// Spills the identities in memory.
    fn spill(&mut self) -> io::Result<()> {
        let known = std::mem::take(&mut self.recent).into_entries();
        if self.spilled.is_none() {
            // The Bloom filter takes memory from now on.
            self.max_recent = (self.max_recent / 4).max(1);
        }
        let spilled = self.spilled.get_or_insert_with(|| Spilled::new(self.n_shares));
        spilled.add(known)?;
        spilled.index_last_run()?;
        self.recent = RecentDocuments::with_capacity(self.max_recent);
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
        let mut seen = IdentitySet::default();
        for (identity, expected) in [
            (identity("a", "1", None, 7), Inserted::First),
            (identity("a", "1", None, 7), Inserted::Duplicate),
            (identity("a", "1", None, 8), Inserted::Conflicting),
            (identity("a", "1", None, 7), Inserted::Duplicate),
            (identity("b", "1", None, 7), Inserted::First),
            (identity("a", "1", Some("r"), 7), Inserted::First),
            (identity("a1", "", None, 7), Inserted::First),
            (identity(&"long".repeat(100), "1", None, 7), Inserted::First),
            (identity(&"long".repeat(100), "1", None, 7), Inserted::Duplicate),
            (None, Inserted::First),
            (None, Inserted::First),
        ] {
            assert_eq!(seen.insert(identity.as_ref()).unwrap(), expected);
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
    fn every_field_is_part_of_the_content() {
        let mut contents = vec![content(&Row::default())];
        // The family is worked out from the addresses.
        for field in FIELDS.iter().filter(|field| field.id != FieldId::Family) {
            for value in [0, 1] {
                let mut row = Row::default();
                match field.kind {
                    Kind::Text => row.set_text(field.id, ["r0", "r1"][value]),
                    Kind::Address => row.set_address(field.id, Address::from_number(value as u128)),
                    _ => row.set(field.id, value as u64),
                }
                contents.push(content(&row));
            }
            if field.kind == Kind::Address {
                for text in ["::", "::1", "1::", "1::1", "0:1::", "250.0.0.1"] {
                    let mut row = Row::default();
                    row.set_address(field.id, text.parse().unwrap());
                    contents.push(content(&row));
                }
            }
        }
        let n = contents.len();
        contents.sort_unstable();
        contents.dedup();
        assert_eq!(contents.len(), n);
    }

    /// With memory for ten documents the results are those of memory for all.
    #[test]
    fn spilling_does_not_show() {
        let (mut little, mut much) = (IdentitySet::with_memory_for(10), IdentitySet::default());
        for n in 0..3000_u64 {
            let id = (n * n % 1009).to_string();
            let identity = identity("a", &id, None, n % 3);
            assert_eq!(
                little.insert(identity.as_ref()).unwrap(),
                much.insert(identity.as_ref()).unwrap(),
                "{n}"
            );
        }
    }
}

//! What one JSON value of a file can be: a hit, a bare document, a page of
//! hits, or the error that a server answered instead.
//!
//! It is recognised by its keys, so files of any of these forms, even mixed, are
//! read alike. The hits of a page are left as text, to be read one by one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::dialect::{Keys, Node};
use super::json::{FromJson, KeySeed, OrNothing, TextSeed, lenient};
use super::page::{HitsSeed, Page};
use super::server_error::{ErrorSeed, ServerError};
use super::{Document, DocumentSeed, NotAFlow};
use crate::record::FlowRecord;

/// One JSON value of a file.
#[derive(Debug)]
pub enum Entry<'a> {
    /// A hit of a search: a document with its identity.
    Hit(Hit<'a>),
    /// A document without identity.
    Bare(Document),
    /// An answer of a search: hits, and what the server says of their number.
    Page(Page<'a>),
    /// A server's error.
    Error(ServerError),
}

/// A document and what makes it unique.
#[derive(Debug, Default)]
pub struct Hit<'a> {
    /// Index it is stored in.
    pub index: Option<Cow<'a, str>>,
    /// Its id, unique in the index (and routing).
    pub id: Option<Cow<'a, str>>,
    /// Routing, where the index uses it.
    pub routing: Option<Cow<'a, str>>,
    /// What is stored; missing where the index or the request left it out.
    pub source: Option<Document>,
}

impl Hit<'_> {
    /// The flow, if the document is one.
    ///
    /// # Errors
    /// Says why it is none.
    pub fn into_flow(self) -> Result<FlowRecord, NotAFlow> {
        self.source.ok_or(NotAFlow::NoSource)?.into_flow()
    }
}

impl<'a> Entry<'a> {
    /// Reads one JSON value.
    ///
    /// # Errors
    /// If it is not JSON, or not an object.
    pub fn parse(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        let entry = Self::parse_in(0, json)?;
        let document = match &entry {
            Self::Hit(hit) => hit.source.as_ref(),
            Self::Bare(document) => Some(document),
            Self::Page(_) | Self::Error(_) => None,
        };
        match document.map_or(0, Document::proven) {
            0 => Ok(entry),
            dialect => Self::parse_in(dialect, json),
        }
    }

    fn parse_in(dialect: usize, json: &'a [u8]) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let entry = reader.deserialize_map(EntryVisitor { dialect })?;
        reader.end()?;
        Ok(entry)
    }
}

/// A key at the top of an entry.
#[derive(Clone, Copy)]
enum EntryKey {
    Index,
    Id,
    Routing,
    Source,
    ScrollId,
    Hits,
    Shards,
    TimedOut,
    Clusters,
    TerminatedEarly,
    Error,
    Document(Option<&'static Node>),
}

impl EntryKey {
    fn of(key: &str, root: &'static Node) -> Self {
        match key {
            "_index" => Self::Index,
            "_id" => Self::Id,
            "_routing" | "routing" => Self::Routing,
            "_source" => Self::Source,
            "_scroll_id" | "pit_id" => Self::ScrollId,
            "hits" => Self::Hits,
            "_shards" => Self::Shards,
            "timed_out" => Self::TimedOut,
            "_clusters" => Self::Clusters,
            "terminated_early" => Self::TerminatedEarly,
            "error" => Self::Error,
            _ => Self::Document(root.child(key)),
        }
    }
}

/// Reads an entry whose documents are in a dialect.
struct EntryVisitor {
    dialect: usize,
}

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry<'de>, A::Error> {
        let (mut hit, mut bare) = (Hit::default(), Document::in_dialect(self.dialect));
        let root = Keys::root(self.dialect);
        let (mut page, mut hits, mut error) = (Page::default(), None, None);
        while let Some(key) = map.next_key_seed(KeySeed(|key: &str| EntryKey::of(key, root)))? {
            match key {
                EntryKey::Index => hit.index = map.next_value_seed(TextSeed)?,
                EntryKey::Id => hit.id = map.next_value_seed(TextSeed)?,
                EntryKey::Routing => hit.routing = map.next_value_seed(TextSeed)?,
                EntryKey::Source => {
                    hit.source = map.next_value_seed(SourceSeed { dialect: self.dialect })?;
                }
                EntryKey::ScrollId => page.scroll_id = map.next_value_seed(TextSeed)?,
                EntryKey::Hits => hits = map.next_value_seed(HitsSeed(&mut page))?,
                EntryKey::Shards => page.shards = lenient(&mut map)?,
                EntryKey::TimedOut => page.timed_out = lenient(&mut map)?,
                EntryKey::Clusters => page.clusters = lenient(&mut map)?,
                EntryKey::TerminatedEarly => page.terminated_early = lenient(&mut map)?,
                EntryKey::Error => error = Some(map.next_value_seed(ErrorSeed)?),
                EntryKey::Document(node) => bare.member(node, &mut map)?,
            }
        }
        Ok(match (hits, error) {
            // A flow may have a member of that name, too.
            (Some(()), _) if !bare.has_netflow && bare.proven() == 0 => Entry::Page(page),
            (None, Some(error)) if !bare.has_netflow && hit.source.is_none() => Entry::Error(error),
            _ if hit.source.is_some() || hit.id.is_some() || hit.index.is_some() => Entry::Hit(hit),
            _ => Entry::Bare(bare),
        })
    }
}

/// The document under `_source`, if it is an object.
struct SourceSeed {
    dialect: usize,
}

impl<'de> DeserializeSeed<'de> for SourceSeed {
    type Value = Option<Document>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for SourceSeed {
    type Output = Option<Document>;

    fn map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Output, A::Error> {
        let mut document = Document::in_dialect(self.dialect);
        DocumentSeed(&mut document).visit_map(map)?;
        Ok(Some(document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(json: &str) -> String {
        match Entry::parse(json.as_bytes()) {
            Ok(Entry::Hit(hit)) => {
                let identity = [&hit.index, &hit.id, &hit.routing]
                    .map(|part| part.as_deref().unwrap_or("-").to_owned())
                    .join(" ");
                format!("hit {identity}: {:?}", hit.into_flow().map(|flow| flow.bytes))
            }
            Ok(Entry::Bare(document)) => {
                format!("bare: {:?}", document.into_flow().map(|flow| flow.bytes))
            }
            Ok(Entry::Page(page)) => format!(
                "page of {} of {:?}, shards {}, timed out {}{}{}",
                page.hits.len(),
                page.total,
                page.shards.complete(),
                page.timed_out,
                if page.clusters.complete() { "" } else { ", clusters missing" },
                if page.terminated_early { ", ended early" } else { "" }
            ),
            Ok(Entry::Error(error)) => format!("error {}: {}", error.kind, error.reason),
            Err(_) => "not JSON".into(),
        }
    }

    #[test]
    fn an_entry_is_told_by_its_members() {
        for (json, expected) in [
            (
                r#"{"_index":"a","_id":"1","_source":{"netflow":{"bytes":3}},"sort":[1]}"#,
                "hit a 1 -: Ok(Some(3))",
            ),
            (
                r#"{"_index":"a","_id":"\u0031","_routing":"r","_source":null}"#,
                "hit a 1 r: Err(NoSource)",
            ),
            (r#"{"_index":"a","_id":"1","fields":{"netflow":{}}}"#, "hit a 1 -: Err(NoSource)"),
            (r#"{"netflow":{"bytes":3},"hits":7,"timed_out":"x"}"#, "bare: Ok(Some(3))"),
            (r#"{"netflow":{"bytes":3},"hits":{"hits":[{}]}}"#, "bare: Ok(Some(3))"),
            (
                r#"{"hits":{"total":2},"source":{"bytes":3},"ecs":{"version":"1"},"netflow":{"bytes":3}}"#,
                "bare: Ok(Some(3))",
            ),
            (
                r#"{"timed_out":false,"_shards":{"total":2,"successful":2,"failed":0},"hits":{"total":7,"hits":[{},{}]}}"#,
                "page of 2 of Some(7), shards true, timed out false",
            ),
            (
                r#"{"timed_out":true,"_shards":{"total":2,"successful":1,"failed":1},"hits":{"total":{"value":7,"relation":"gte"},"hits":[]}}"#,
                "page of 0 of None, shards false, timed out true",
            ),
            (
                r#"{"terminated_early":true,"_clusters":{"total":2,"successful":1,"skipped":1},"hits":{"hits":[]}}"#,
                "page of 0 of None, shards true, timed out false, clusters missing, ended early",
            ),
            (
                r#"{"_clusters":{"total":2,"successful":1,"partial":1},"hits":{"hits":[]}}"#,
                "page of 0 of None, shards true, timed out false, clusters missing",
            ),
            (
                r#"{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [x]"}],"type":"t","reason":"r"},"status":404}"#,
                "error index_not_found_exception: no such index [x]",
            ),
            (r#"{"error":{"root_cause":[],"type":"t","reason":null},"status":503}"#, "error t: "),
            (r#"{"error":"no handler found"}"#, "error error: no handler found"),
            ("[1]", "not JSON"),
            ("POST Failed: 400", "not JSON"),
        ] {
            assert_eq!(kind(json), expected, "{json}");
        }
    }
}

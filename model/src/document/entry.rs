//! What one JSON value of a file can be: a hit, a bare document, a page of
//! hits, or the error that a server answered instead.
//!
//! It is recognised by its keys, so files of any of these forms, even mixed, are
//! read alike. The hits of a page are left as text, to be read one by one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{lenient, next_key, read_with, string};
use super::nesting::is_too_deep;
use super::page::{HitsSeed, Page};
use super::server_error::{ErrorSeed, ServerError};
use super::{Document, NotAFlow, Part};
use crate::record::FlowRecord;
use crate::wire::templated::Impossibles;

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
        self.into_read().0
    }

    /// The flow, or why it is none, and what the document holds that cannot be.
    pub fn into_read(self) -> (Result<FlowRecord, NotAFlow>, Impossibles) {
        match self.source {
            Some(document) => document.into_read(),
            None => (Err(NotAFlow::NoSource), Impossibles::default()),
        }
    }
}

impl<'a> Entry<'a> {
    /// Reads one JSON value.
    ///
    /// Of an answer each hit is judged alone: however deep one is, the others are
    /// read.
    ///
    /// # Errors
    /// If it is not JSON, or not an object.
    pub fn parse(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        // `hits` of a document may be anything, even what no program can hold.
        let top = match Top::read(json, true) {
            Ok(top) => top,
            Err(error) => Top::read(json, false).map_err(|_| error)?,
        };
        let mut entry = top.entry();
        if let Entry::Hit(Hit { source: Some(document), .. }) | Entry::Bare(document) = &mut entry {
            document.is_too_deep = is_too_deep(json);
        }
        Ok(entry)
    }
}

impl Entry<'_> {
    /// The document of a hit; none if it came without one.
    #[must_use]
    pub fn document(hit: &[u8]) -> Option<Document> {
        match Entry::parse(hit) {
            Ok(Entry::Hit(hit)) => hit.source,
            _ => None,
        }
    }
}

/// The members at the top of an entry, not looked into, but for `hits`.
#[derive(Default)]
struct Top<'a> {
    members: Vec<(Cow<'a, str>, &'a str)>,
    page: Page<'a>,
    has_hits: bool,
}

impl<'a> Top<'a> {
    fn read(json: &'a [u8], with_hits: bool) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let top = reader.deserialize_map(TopVisitor { with_hits })?;
        reader.end()?;
        Ok(top)
    }

    /// The text of a member's value; of the last one, if it stands there twice.
    fn get(&self, name: &str) -> Option<&'a str> {
        self.members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).filter(|value| value.starts_with('"')).and_then(string)
    }

    fn object(&self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|value| value.starts_with('{'))
    }

    fn entry(self) -> Entry<'a> {
        let source = self.object("_source").map(Part::Object);
        let fields = self.object("fields").map(Part::Fields);
        let hit = Hit {
            index: self.text("_index"),
            id: self.text("_id"),
            routing: self.text("_routing").or_else(|| self.text("routing")),
            source: None,
        };
        let is_hit = source.is_some() || hit.id.is_some() || hit.index.is_some();
        if source.is_some() {
            let parts: Vec<Part<'_>> = source.into_iter().chain(fields).collect();
            return Entry::Hit(Hit { source: Some(Document::of(&parts)), ..hit });
        }
        // Some programs put the identity beside the members of `_source`.
        let bare = Document::of(&[Part::Members(&self.members)]);
        // A document may have any key of an answer for itself.
        match (is_hit, bare.signs.flow) {
            (true, true) => return Entry::Hit(Hit { source: Some(bare), ..hit }),
            (false, true) => return Entry::Bare(bare),
            (false, false) if self.has_hits => return Entry::Page(self.into_page()),
            _ => {}
        }
        if let Some(error) = self.get("error") {
            return Entry::Error(read_with(ErrorSeed, error));
        }
        match fields.map(|fields| Document::of(&[fields])) {
            Some(document) if is_hit || document.signs.flow => {
                Entry::Hit(Hit { source: Some(document), ..hit })
            }
            _ if is_hit => Entry::Hit(hit),
            _ => Entry::Bare(bare),
        }
    }

    /// How the document is read that this is; `None` for `fields` beside a document whose
    /// members stand at the top, which is read without them.
    fn keys(&self) -> Option<KeysOf> {
        let source = self.object("_source").map(Part::Object);
        let fields = self.object("fields").map(Part::Fields);
        let at_top = || Document::of(&[Part::Members(&self.members)]);
        let document = match (source, fields) {
            (None, None) => at_top(),
            (None, Some(_)) if at_top().signs.flow => return None,
            _ => Document::of(&source.into_iter().chain(fields).collect::<Vec<_>>()),
        };
        Some(KeysOf {
            dialect: document.dialect,
            of_templates: document.of_templates,
            shows_layer_2: document.signs.layer_2,
        })
    }

    fn into_page(self) -> Page<'a> {
        let scroll_id = self.text("_scroll_id");
        let is_of_scroll = scroll_id.is_some();
        let scroll_id = scroll_id.or_else(|| self.text("pit_id"));
        let shards = self.get("_shards").map(lenient).unwrap_or_default();
        let timed_out = self.get("timed_out").is_some_and(lenient);
        let clusters = self.get("_clusters").map(lenient).unwrap_or_default();
        let terminated_early = self.get("terminated_early").is_some_and(lenient);
        Page { scroll_id, is_of_scroll, timed_out, shards, clusters, terminated_early, ..self.page }
    }
}

/// Whose keys a document has, which its keys and its version say alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeysOf {
    /// A row of the dialects.
    pub(super) dialect: usize,
    /// It is of v9 or IPFIX.
    pub(super) of_templates: bool,
    /// It shows traffic of layer 2.
    pub(super) shows_layer_2: bool,
}

/// How a hit, or a bare document, is read; `None` if it is not JSON, or is not read as a
/// whole.
pub(super) fn keys(json: &[u8], is_hit: bool) -> Option<KeysOf> {
    let mut top = Top::read(json, false).ok()?;
    if !is_hit {
        top.members.retain(|(key, _)| key != "fields");
    }
    top.keys()
}

/// Reads the members of an entry.
struct TopVisitor {
    /// `hits` is read as those of a search.
    with_hits: bool,
}

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
        let (mut top, mut has_hits) = (Top::default(), None);
        while let Some(key) = next_key(&mut map)? {
            if key == "hits" && self.with_hits {
                has_hits = map.next_value_seed(HitsSeed(&mut top.page))?.or(has_hits);
            } else {
                let value: &RawValue = map.next_value()?;
                top.members.push((key, value.get()));
            }
        }
        let is_answer = |top: &Top<'_>| {
            let marks = ["_scroll_id", "pit_id", "_shards", "timed_out", "took"];
            marks.iter().any(|mark| top.get(mark).is_some())
        };
        top.has_hits = has_hits.is_some_and(|is_of_a_search| is_of_a_search || is_answer(&top));
        Ok(top)
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

    /// Entries, and what they are.
    const ENTRIES: &[(&str, &str)] = &[
        (
            r#"{"_index":"a","_id":"1","_source":{"netflow":{"bytes":3}},"sort":[1]}"#,
            "hit a 1 -: Ok(Some(3))",
        ),
        (
            r#"{"_index":"a","_id":"\u0031","_routing":"r","_source":null}"#,
            "hit a 1 r: Err(NoSource)",
        ),
        (r#"{"_index":"a","_id":"1","fields":{"netflow":{}}}"#, "hit a 1 -: Err(NoNetflow)"),
        (
            r#"{"_index":"a","_id":"1","fields":{"netflow.bytes":["3"]},"_source":false}"#,
            "hit a 1 -: Ok(Some(3))",
        ),
        (r#"{"fields":{"netflow.bytes":[4]}}"#, "hit - - -: Ok(Some(4))"),
        (
            r#"{"fields":{"netflow.bytes":[4]},"_source":{"netflow":{"bytes":3}}}"#,
            "hit - - -: Ok(Some(3))",
        ),
        (
            r#"{"_id":"1","fields":{"netflow.bytes":[4]},"_source":{"netflow":{"tos":3}}}"#,
            "hit - 1 -: Ok(Some(4))",
        ),
        (r#"{"fields":{"a":"b"},"netflow":{"bytes":3}}"#, "bare: Ok(Some(3))"),
        (r#"{"_index":"a","_id":"1","netflow.bytes":3}"#, "hit a 1 -: Ok(Some(3))"),
        (r#"{"netflow":{"bytes":3},"hits":{"total":1,"hits":[]},"took":1}"#, "bare: Ok(Some(3))"),
        (r#"{"hits":{"a":1e999},"error":{"b":"\ud800"},"netflow.bytes":3}"#, "bare: Ok(Some(3))"),
        (r#"{"hits":{"blocked":1},"source":{"bytes":3}}"#, "bare: Err(NoNetflow)"),
        (r#"{"hits":{"hits":1e999},"netflow":{"bytes":3}}"#, "bare: Ok(Some(3))"),
        (r#"{"\ud800":"\udc00","netflow":{"bytes":3}}"#, "bare: Ok(Some(3))"),
        (
            r#"{"error":{"message":"x"},"flow":{"src_addr":"192.0.2.1","bytes":3}}"#,
            "bare: Ok(Some(3))",
        ),
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
            r#"{"timed_out":false,"_shards":{"total":2,"successful":2,"failed":0},"hits":{"total":{"value":7},"hits":[{}]}}"#,
            "page of 1 of Some(7), shards true, timed out false",
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
    ];

    #[test]
    fn an_entry_is_told_by_its_members() {
        for (json, expected) in ENTRIES {
            assert_eq!(kind(json), *expected, "{json}");
        }
    }
}

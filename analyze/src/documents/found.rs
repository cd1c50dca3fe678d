//! Finds the documents in a JSON value: one, those of a page, or those inside of
//! the answer of another API.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use flowkit_model::document::nesting::DEEPEST_ANSWER;
use flowkit_model::document::wrapped::Wrapped;
use flowkit_model::{Entry, FlowRecord, NotAFlow};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::input::{BulkAction, document_of, hits_before_the_end};

/// A document as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The hit, or the bare document.
    pub whole: &'a str,
    /// The document: what is under `_source`, or all of it.
    pub source: &'a str,
}

impl Found<'_> {
    /// Its flow, if it is one.
    #[must_use]
    pub fn flow(&self) -> Option<FlowRecord> {
        match Entry::parse(self.whole.as_bytes()) {
            Ok(Entry::Hit(hit)) => hit.into_flow().ok(),
            Ok(Entry::Bare(document)) => document.into_flow().ok(),
            _ => None,
        }
    }
}

/// A document of a `_bulk` request as a hit, with index, id and routing of its
/// action; the document's text is unchanged.
pub(super) fn hit(action: &[u8], document: &[u8]) -> Option<String> {
    let Ok(BulkAction::Index(target)) = serde_json::from_slice(action) else { return None };
    let document = String::from_utf8_lossy(document_of(action, document));
    let mut hit = String::from("{");
    for (key, value) in [("_index", target.index), ("_id", target.id), ("_routing", target.routing)]
    {
        if let Some(value) = value {
            // Writing to text cannot fail.
            let _ = write!(hit, "\"{key}\":{},", serde_json::Value::from(value));
        }
    }
    Some(hit + "\"_source\":" + &document + "}")
}

/// The top-level fields that classify a JSON value; of duplicate keys the last
/// counts.
#[derive(Default)]
struct Outline<'a> {
    source: Option<&'a RawValue>,
    index: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    fields: Option<&'a RawValue>,
    hits: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    /// It has a member that answers of other APIs have.
    may_wrap: bool,
}

impl<'de> Deserialize<'de> for Outline<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OutlineVisitor;
        impl<'de> Visitor<'de> for OutlineVisitor {
            type Value = Outline<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut outline = Outline::default();
                while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                    let value = match &*key {
                        "_source" => &mut outline.source,
                        "_index" => &mut outline.index,
                        "_id" => &mut outline.id,
                        "fields" => &mut outline.fields,
                        "hits" => &mut outline.hits,
                        "error" => &mut outline.error,
                        key => {
                            let is_wrapper = WRAPPERS.contains(&key);
                            let value = map.next_value::<&RawValue>()?;
                            outline.may_wrap |= is_wrapper || may_hold(key, value.get());
                            continue;
                        }
                    };
                    *value = map.next_value::<Option<&RawValue>>()?;
                    outline.may_wrap |= key == "hits";
                }
                Ok(outline)
            }
        }
        deserializer.deserialize_map(OutlineVisitor)
    }
}

/// Members that answers of other APIs, and vFlow's datagrams, have.
const WRAPPERS: [&str; 7] =
    ["responses", "docs", "response", "rawResponse", "result", "columns", "Flows"];

/// Whether a member of another name may hold documents: a list, an object with an
/// answer or a hit in it, or a text with a brace in it.
fn may_hold(key: &str, value: &str) -> bool {
    match value.as_bytes().first() {
        Some(b'[') => true,
        Some(b'{') => key == "doc" || value.contains("\"hits\"") || value.contains("\"_source\""),
        Some(b'"') => value.contains('{'),
        _ => false,
    }
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<&'a RawValue>,
}

/// Passes the documents in one value to `take` until that returns false: of a
/// truncated answer the complete ones, of answers of other APIs what is inside.
/// False if it is not JSON.
pub(super) fn each_in(
    text: &str,
    depth: u32,
    take: &mut impl FnMut(Result<Found<'_>, NotAFlow>) -> bool,
) -> bool {
    if let Some(inside) = Some(text).filter(|_| depth < DEEPEST_ANSWER).and_then(wrapped) {
        for value in inside.values {
            if !each_in(&value, depth + 1, take) && !take(Err(NotAFlow::NotJson)) {
                break;
            }
        }
        return true;
    }
    if let Some(hits) = hits_before_the_end(text.as_bytes()) {
        hits.into_iter().flat_map(|hit| documents(hit.get())).all(&mut *take);
        return true;
    }
    let found = documents(text);
    if found == [Err(NotAFlow::NotJson)] {
        return false;
    }
    found.into_iter().all(&mut *take);
    true
}

/// What is inside of the answer of another API than `_search`.
fn wrapped(text: &str) -> Option<Wrapped<'_>> {
    let outline: Outline<'_> = serde_json::from_str(text).ok()?;
    let is_no_flow = || match Entry::parse(text.as_bytes()) {
        Ok(Entry::Bare(document)) => document.into_flow() == Err(NotAFlow::NoNetflow),
        _ => false,
    };
    Some(text).filter(|_| outline.may_wrap && is_no_flow()).and_then(Wrapped::of)
}

/// The documents in one JSON value: one, those of a page, or none if it is a
/// server's error.
pub(super) fn documents(text: &str) -> Vec<Result<Found<'_>, NotAFlow>> {
    let Ok(outline) = serde_json::from_str::<Outline<'_>>(text) else {
        return vec![Err(NotAFlow::NotJson)];
    };
    let page = outline.hits.and_then(|hits| serde_json::from_str::<Hits<'_>>(hits.get()).ok());
    let is_page = || matches!(Entry::parse(text.as_bytes()), Ok(Entry::Page(_)));
    let page = page.filter(|_| is_page());
    let is_object = |value: &&RawValue| value.get().starts_with('{');
    let source = outline.source.filter(is_object);
    match (page, source, outline.id.or(outline.index)) {
        (Some(page), _, _) => page.hits.iter().flat_map(|hit| documents(hit.get())).collect(),
        (None, Some(source), _) => vec![Ok(Found { whole: text, source: source.get() })],
        (None, None, Some(_)) => {
            // `fields` stands for the document, or its members beside the identity.
            let source = outline.fields.filter(is_object).map_or(text, RawValue::get);
            let found = Ok(Found { whole: text, source });
            vec![if has_document(text) { found } else { Err(NotAFlow::NoSource) }]
        }
        (None, None, None) if outline.error.is_some() && is_error(text) => Vec::new(),
        (None, None, None) if outline.may_wrap && wrapped(text).is_some() => Vec::new(),
        (None, None, None) => vec![Ok(Found { whole: text, source: text })],
    }
}

fn has_document(text: &str) -> bool {
    matches!(Entry::parse(text.as_bytes()), Ok(Entry::Hit(hit)) if hit.source.is_some())
}

fn is_error(text: &str) -> bool {
    matches!(Entry::parse(text.as_bytes()), Ok(Entry::Error(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_a_bulk_request_is_the_hit_that_it_becomes() {
        for (action, expected) in [
            (
                r#"{"index":{"_index":"a","_id":"x\"y","routing":"r"}}"#,
                r#"{"_index":"a","_id":"x\"y","_routing":"r","_source":{"b":1}}"#,
            ),
            (r#"{"create":{}}"#, r#"{"_source":{"b":1}}"#),
        ] {
            assert_eq!(hit(action.as_bytes(), br#"{"b":1}"#).as_deref(), Some(expected));
        }
        let update = br#"{"doc":{"b": 1},"doc_as_upsert":true}"#;
        let hit_of_update = r#"{"_id":"1","_source":{"b": 1}}"#;
        assert_eq!(hit(br#"{ "update":{"_id":"1"}}"#, update).as_deref(), Some(hit_of_update));
        assert_eq!(hit(br#"{"delete":{}}"#, b"{}"), None);
    }

    #[test]
    fn hits_bare_documents_and_pages_are_found() {
        let sources = |text: &'static str| -> Vec<_> {
            documents(text).into_iter().map(|found| found.map(|found| found.source)).collect()
        };
        assert_eq!(sources(r#"{"_id":"1","_source":{"b": 1}}"#), [Ok(r#"{"b": 1}"#)]);
        assert_eq!(sources(r#"{"netflow":{}}"#), [Ok(r#"{"netflow":{}}"#)]);
        assert_eq!(
            sources(r#"{"hits":{"hits":[{"_id":"1","_source":{}},{"_id":"2"}]}}"#),
            [Ok("{}"), Err(NotAFlow::NoSource)]
        );
        assert_eq!(sources("[]"), [Err(NotAFlow::NotJson)]);
    }
}

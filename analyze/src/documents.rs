//! Documents as they stand in the sources, one by one and in order.
//!
//! Nothing is decoded and no copy is left out: this is for looking at what is
//! stored, and for keeping it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use flowkit_model::wire::{self, NotV5};
use flowkit_model::{Entry, FlowRecord, NotAFlow, Row};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::ReadError;
use crate::export::document_line;
use crate::input::datagrams::Datagrams;
use crate::input::parse::Parsed;
use crate::input::{self, Block, BulkAction, Framing, Piece, Source, TextRow, is_action};
use crate::scan::ReadOptions;
use crate::tally::{Position, Tally};

mod kept;
pub(crate) use kept::{AsItStands, Kept, each_kept};

/// A document as it stands.
#[derive(Clone, Copy, Debug)]
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

/// Hands every document to `take` until it says false. Packets and rows of csv
/// are no documents: of each of their flows one is made, as Logstash's netflow
/// module would write it.
///
/// What is no JSON or has no `_source` is counted in the tally.
///
/// # Errors
/// If a source cannot be read, or `strict` forbids what would be skipped.
pub fn each(
    sources: &[Source],
    options: ReadOptions,
    mut take: impl FnMut(Found<'_>) -> bool,
) -> Result<Tally, ReadError> {
    let streams = input::streams(sources);
    let mut walk = Walk::new(sources, options);
    input::read(
        sources,
        |_| false,
        |stream, piece| walk.piece(streams[stream].name, piece, &mut take),
    )?;
    walk.finish()
}

/// What was met while documents were looked for.
struct Walk {
    options: ReadOptions,
    tally: Tally,
    refused: Option<ReadError>,
}

impl Walk {
    fn new(sources: &[Source], options: ReadOptions) -> Self {
        Self { options, tally: Tally::of_sources(sources), refused: None }
    }

    fn finish(self) -> Result<Tally, ReadError> {
        self.refused.map_or(Ok(self.tally), Err)
    }

    /// Hands on the documents of a piece; false if no more are wanted.
    fn piece(
        &mut self,
        name: &str,
        piece: Piece,
        take: &mut impl FnMut(Found<'_>) -> bool,
    ) -> bool {
        match piece {
            Piece::Block(block) => self.block(name, &block, take),
            Piece::Datagrams(datagrams) => self.datagrams(name, &datagrams, take),
            Piece::End { damage } => {
                self.tally.incomplete.extend(damage.map(|damage| format!("{name} {damage}")));
                true
            }
            Piece::Stored | Piece::Bytes(..) => true,
        }
    }

    fn block(
        &mut self,
        name: &str,
        block: &Block,
        take: &mut impl FnMut(Found<'_>) -> bool,
    ) -> bool {
        let mut action: Option<&[u8]> = None;
        for (line, text) in block.values() {
            if let Some(header) = &block.header {
                let goes_on = match header.row(text) {
                    TextRow::Flow(flow) => made(&flow, take),
                    TextRow::Aside => true,
                    TextRow::Wrong(_) => self.skip(name, NotAFlow::NotARow, line),
                };
                if !goes_on {
                    return false;
                }
                continue;
            }
            if block.framing == Framing::Bulk && is_action(text) {
                action = Some(text);
                continue;
            }
            let whole = action.take().and_then(|action| hit(action, text));
            // Bytes that are no text are read as others read them, and not lost.
            let text = whole.map_or_else(|| String::from_utf8_lossy(text), Cow::Owned);
            for found in documents(&text) {
                let goes_on = match found {
                    Ok(found) => take(found),
                    Err(cause) => self.skip(name, cause, line),
                };
                if !goes_on {
                    return false;
                }
            }
        }
        true
    }

    fn datagrams(
        &mut self,
        name: &str,
        datagrams: &Datagrams,
        take: &mut impl FnMut(Found<'_>) -> bool,
    ) -> bool {
        datagrams.list.iter().all(|captured| {
            let exporter = captured.exporter.map(|address| address.to_string());
            match wire::decode(&captured.bytes) {
                Ok(datagram) => datagram.flows(exporter.as_deref()).all(|flow| made(&flow, take)),
                Err(NotV5::OtherVersion { .. }) => {
                    self.skip(name, NotAFlow::OtherVersion, captured.number)
                }
                Err(_) => self.skip(name, NotAFlow::NoRecord, captured.number),
            }
        })
    }

    /// Counts what was skipped in a block; false if that is forbidden.
    fn skipped(&mut self, name: &str, parsed: &Parsed) -> bool {
        for skipped in &parsed.skipped {
            if !self.skip(name, skipped.cause, skipped.line) {
                return false;
            }
            let position = Position { file: name.to_owned(), line: skipped.line };
            self.tally.skip(skipped.cause, skipped.n - 1, position, skipped.reason.clone());
        }
        true
    }

    /// Counts what is no flow; false if that is forbidden.
    fn skip(&mut self, name: &str, cause: NotAFlow, line: u64) -> bool {
        let position = Position { file: name.to_owned(), line };
        if self.options.strict {
            let (position, what) = (position.to_string(), cause.text().to_owned());
            self.refused = Some(ReadError::Strict { position, what });
            return false;
        }
        self.tally.skip(cause, 1, position, None);
        true
    }
}

/// Hands on the document that a flow without one would have.
fn made(flow: &FlowRecord, take: &mut impl FnMut(Found<'_>) -> bool) -> bool {
    let mut line = Vec::new();
    document_line(&Row::of(flow), 0, &mut line);
    let text = String::from_utf8_lossy(&line);
    let document = text.trim_end();
    take(Found { whole: document, source: document })
}

/// A document of a `_bulk` request as the hit that it becomes: the action says
/// its index, id and routing, in the words that stand there.
fn hit(action: &[u8], document: &[u8]) -> Option<String> {
    let BulkAction::Index(target) = serde_json::from_slice(action).ok()?;
    let document = String::from_utf8_lossy(document);
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

/// What matters of a JSON value here; of a key that is there twice, the last.
#[derive(Default)]
struct Outline<'a> {
    source: Option<&'a RawValue>,
    index: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    hits: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Outline<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Outline<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut outline = Outline::default();
                while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                    let member = match &*key {
                        "_source" => &mut outline.source,
                        "_index" => &mut outline.index,
                        "_id" => &mut outline.id,
                        "hits" => &mut outline.hits,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *member = map.next_value::<Option<&RawValue>>()?;
                }
                Ok(outline)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<&'a RawValue>,
}

/// The documents in one JSON value: one, or those of a page.
fn documents(text: &str) -> Vec<Result<Found<'_>, NotAFlow>> {
    let Ok(outline) = serde_json::from_str::<Outline<'_>>(text) else {
        return vec![Err(NotAFlow::NotJson)];
    };
    let page = outline.hits.and_then(|hits| serde_json::from_str::<Hits<'_>>(hits.get()).ok());
    match (page, outline.source, outline.id.or(outline.index)) {
        (Some(page), _, _) => page.hits.iter().flat_map(|hit| documents(hit.get())).collect(),
        (None, Some(source), _) => vec![Ok(Found { whole: text, source: source.get() })],
        (None, None, Some(_)) => vec![Err(NotAFlow::NoSource)],
        (None, None, None) => vec![Ok(Found { whole: text, source: text })],
    }
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

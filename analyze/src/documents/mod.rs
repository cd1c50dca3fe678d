//! Documents as they stand in the sources, one by one and in order.
//!
//! Nothing is decoded or deduplicated: this is for showing what is stored, and
//! for importing it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use flowkit_model::answer::{Position, Tally};
use flowkit_model::document::wrapped::Wrapped;
use flowkit_model::wire::{self, NotV5};
use flowkit_model::{Entry, FlowRecord, NotAFlow, Row};
use memchr::memchr_iter;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::error::ReadError;
use crate::export::document_line;
use crate::input::datagrams::Datagrams;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{
    self, Block, BulkAction, Piece, Source, Stretch, TextRow, hits_before_the_end, is_action, walk,
};
use crate::scan::completeness::Completeness;
use crate::scan::ingest::known_before;
use crate::scan::options::ReadOptions;
use crate::store::StoredPart;

mod from_columns;
mod keep;
pub mod packets;
pub(crate) use self::keep::{AsItStands, Keeping, Kept};

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

/// Passes every document to `take` until that returns false. Packets, csv rows
/// and Parquet files hold no documents: for each of their flows one is made, as
/// Logstash's netflow module would write it.
///
/// Values that are not JSON or have no `_source` are counted in the tally.
///
/// # Errors
/// If a source cannot be read, or `strict` forbids what would be skipped.
pub fn each(
    sources: &[Source],
    options: ReadOptions,
    mut take: impl FnMut(Found<'_>) -> bool,
) -> Result<Tally, ReadError> {
    let (dictionary, shapes) = (Arc::default(), Shapes::default());
    let mut walk = Walk::new(sources, options);
    let is_columns = walk.are_columns();
    input::read(
        sources,
        |stream| is_columns[stream],
        |stream, piece| {
            let parsed = parsed(&piece, FieldSet::default(), &dictionary, &shapes);
            walk.piece(stream, piece, parsed.as_ref(), &mut take)
        },
    )?;
    let mut tally = walk.met()?;
    if !walk.is_left {
        walk.completeness.finish(&mut tally);
    }
    Ok(tally)
}

/// Parses a piece; `fields` are the columns that are wanted.
fn parsed(
    piece: &Piece,
    fields: FieldSet,
    dictionary: &Arc<Dictionary>,
    shapes: &Shapes,
) -> Option<Parsed> {
    match piece {
        Piece::Block(block) => Some(Parsed::new(block, fields, dictionary, shapes)),
        Piece::Datagrams(datagrams) => Some(datagrams.parse(fields, dictionary)),
        Piece::End { .. }
        | Piece::Member(_)
        | Piece::Refused(_)
        | Piece::Stored
        | Piece::Bytes(..) => None,
    }
}

/// State of a walk over the documents of sources.
struct Walk<'s> {
    options: ReadOptions,
    completeness: Completeness<'s>,
    /// For each stream that is a Parquet file, the opened file, or why it cannot
    /// be read.
    columns: Vec<Option<Result<StoredPart, ReadError>>>,
    tally: Tally,
    refused: Option<ReadError>,
    /// `take` wanted no more.
    is_left: bool,
}

impl<'s> Walk<'s> {
    fn new(sources: &'s [Source], options: ReadOptions) -> Self {
        Self {
            options,
            completeness: Completeness::new(sources),
            columns: from_columns::of(sources),
            tally: known_before(sources),
            refused: None,
            is_left: false,
        }
    }

    /// For each stream, whether it is a Parquet file.
    fn are_columns(&self) -> Vec<bool> {
        self.columns.iter().map(Option::is_some).collect()
    }

    /// The tally since the last call.
    fn met(&mut self) -> Result<Tally, ReadError> {
        self.refused.take().map_or_else(|| Ok(std::mem::take(&mut self.tally)), Err)
    }

    /// Passes the documents of a piece to `take`; false if no more are wanted.
    fn piece(
        &mut self,
        stream: usize,
        piece: Piece,
        parsed: Option<&Parsed>,
        take: &mut impl FnMut(Found<'_>) -> bool,
    ) -> bool {
        let name = self.completeness.name(stream);
        let goes_on = match piece {
            Piece::Block(block) => self.block(&name, &block, take),
            Piece::Datagrams(datagrams) => self.datagrams(&name, &datagrams, take),
            Piece::Member(name) => {
                self.completeness.member(name);
                true
            }
            Piece::Refused(why) => {
                self.completeness.refused(stream, &why, &mut self.tally);
                true
            }
            Piece::End { damage } => self.end(stream, damage),
            Piece::Stored => self.columns(stream, take),
            Piece::Bytes(..) => true,
        };
        if let Some(parsed) = parsed.filter(|_| goes_on) {
            self.completeness.block(stream, parsed, &mut self.tally);
        }
        self.is_left |= !goes_on;
        goes_on
    }

    /// Closes a stream; false if it holds no document and the reason is known.
    fn end(&mut self, stream: usize, damage: Option<String>) -> bool {
        match self.completeness.end(stream, damage, &mut self.tally) {
            Ok(()) => true,
            Err(error) => {
                self.refused = Some(error);
                false
            }
        }
    }

    fn block(
        &mut self,
        name: &str,
        block: &Block,
        take: &mut impl FnMut(Found<'_>) -> bool,
    ) -> bool {
        if let Some(header) = &block.header {
            return block.lines_of_text().all(|(line, text)| match header.row(text) {
                TextRow::Flow(flow) => pass_document(&Row::of(&flow), take),
                TextRow::Aside => true,
                TextRow::Wrong(_) => self.skip(name, NotAFlow::NotARow, line),
            });
        }
        if let Some(dropped) = block.dropped
            && !self.skip(name, NotAFlow::NotJson, dropped.line)
        {
            return false;
        }
        let (mut action, mut goes_on): (Option<&[u8]>, bool) = (None, true);
        let (mut at, mut line) = (0, block.line);
        let mut goes_on_dropped = block.dropped.is_some();
        walk(&block.text, |start, stretch| {
            line += memchr_iter(b'\n', &block.text[at..start]).count() as u64;
            at = start;
            let goes_on_dropped = std::mem::take(&mut goes_on_dropped);
            let value = match stretch {
                Stretch::Value(value) if goes_on => value,
                Stretch::Value(_) => return true,
                // It goes on what was dropped, and is counted with it.
                Stretch::Text(_) if goes_on_dropped => return true,
                Stretch::Text(_) | Stretch::Broken(_) => {
                    goes_on = goes_on && self.skip(name, NotAFlow::NotJson, line);
                    return true;
                }
            };
            if is_action(value) {
                action = Some(value);
                return true;
            }
            let whole = action.take().and_then(|action| hit(action, value));
            // Invalid UTF-8 is replaced, not dropped.
            let text = whole.map_or_else(|| String::from_utf8_lossy(value), Cow::Owned);
            let is_json = each_in(&text, 0, &mut |found| {
                goes_on = match found {
                    Ok(found) => take(found),
                    Err(cause) => self.skip(name, cause, line),
                };
                goes_on
            });
            is_json
        });
        goes_on
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
                Ok(datagram) => datagram
                    .flows(exporter.as_deref())
                    .all(|flow| pass_document(&Row::of(&flow), take)),
                Err(NotV5::OtherVersion { .. }) => {
                    self.skip(name, NotAFlow::OtherVersion, captured.number)
                }
                Err(_) => self.skip(name, NotAFlow::NoRecord, captured.number),
            }
        })
    }

    /// Counts what was skipped in a block; false in strict mode if there is
    /// something.
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

    /// Counts a document that is no flow; false in strict mode.
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

/// Makes a document of a flow and passes it to `take`.
fn pass_document(flow: &Row<'_>, take: &mut impl FnMut(Found<'_>) -> bool) -> bool {
    let mut line = Vec::new();
    document_line(flow, 0, &mut line);
    let text = String::from_utf8_lossy(&line);
    let document = text.trim_end();
    take(Found { whole: document, source: document })
}

/// A document of a `_bulk` request as a hit, with index, id and routing of its
/// action; the document's text is unchanged.
fn hit(action: &[u8], document: &[u8]) -> Option<String> {
    let Ok(BulkAction::Index(target)) = serde_json::from_slice(action) else { return None };
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

/// The top-level fields that classify a JSON value; of duplicate keys the last
/// counts.
#[derive(Default)]
struct Outline<'a> {
    source: Option<&'a RawValue>,
    index: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
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
                        "hits" => &mut outline.hits,
                        "error" => &mut outline.error,
                        key => {
                            outline.may_wrap |= WRAPPERS.contains(&key);
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *value = map.next_value::<Option<&RawValue>>()?;
                }
                Ok(outline)
            }
        }
        deserializer.deserialize_map(OutlineVisitor)
    }
}

/// Members that answers of other APIs have.
const WRAPPERS: [&str; 6] = ["responses", "docs", "response", "rawResponse", "result", "columns"];

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<&'a RawValue>,
}

/// Passes the documents in one value to `take` until that returns false: of a
/// truncated answer the complete ones, of answers of other APIs what is inside.
/// False if it is not JSON.
fn each_in(
    text: &str,
    depth: u32,
    take: &mut impl FnMut(Result<Found<'_>, NotAFlow>) -> bool,
) -> bool {
    if let Some(inside) = Some(text).filter(|_| depth < DEEPEST).and_then(wrapped) {
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

/// Answers inside of answers are looked into this deep.
const DEEPEST: u32 = 4;

/// What is inside of the answer of another API than `_search`.
fn wrapped(text: &str) -> Option<Wrapped<'_>> {
    let outline: Outline<'_> = serde_json::from_str(text).ok()?;
    let is_no_flow = || match Entry::parse(text.as_bytes()) {
        Ok(Entry::Bare(document)) => document.into_flow() == Err(NotAFlow::NoNetflow),
        _ => false,
    };
    Wrapped::of(text).filter(|_| outline.may_wrap && is_no_flow())
}

/// The documents in one JSON value: one, those of a page, or none if it is a
/// server's error.
fn documents(text: &str) -> Vec<Result<Found<'_>, NotAFlow>> {
    let Ok(outline) = serde_json::from_str::<Outline<'_>>(text) else {
        return vec![Err(NotAFlow::NotJson)];
    };
    let page = outline.hits.and_then(|hits| serde_json::from_str::<Hits<'_>>(hits.get()).ok());
    let is_page = || matches!(Entry::parse(text.as_bytes()), Ok(Entry::Page(_)));
    let page = page.filter(|_| is_page());
    match (page, outline.source, outline.id.or(outline.index)) {
        (Some(page), _, _) => page.hits.iter().flat_map(|hit| documents(hit.get())).collect(),
        (None, Some(source), _) => vec![Ok(Found { whole: text, source: source.get() })],
        (None, None, Some(_)) => vec![Err(NotAFlow::NoSource)],
        (None, None, None) if outline.error.is_some() && is_error(text) => Vec::new(),
        (None, None, None) if outline.may_wrap && wrapped(text).is_some() => Vec::new(),
        (None, None, None) => vec![Ok(Found { whole: text, source: text })],
    }
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

//! Documents as they stand in the sources, one by one and in order.
//!
//! Nothing is decoded and no copy is left out: this is for looking at what is
//! stored.

use flowkit_model::{Entry, FlowRecord, NotAFlow};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::ReadError;
use crate::input::{self, Framing, Piece, Source, is_action};
use crate::scan::ReadOptions;
use crate::tally::{Position, Tally};

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

/// There is no document in a capture.
const PACKETS: &str = "holds NetFlow packets, not documents; see them with `flowkit explain --packet FILE`, \
     or make documents of them: `flowkit export FILE --format hits -o hits.ndjson`";

/// Hands every document to `take` until it says false.
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
    let mut tally = Tally::of_sources(sources);
    let mut refused = None;
    input::read(
        sources,
        |_| false,
        |stream, piece| {
            let name = streams[stream].name;
            let block = match piece {
                Piece::Block(block) => block,
                Piece::End { damage } => {
                    tally.incomplete.extend(damage.map(|damage| format!("{name} {damage}")));
                    return true;
                }
                Piece::Stored => return true,
                Piece::Datagrams(_) => {
                    refused = Some(ReadError::Form { name: name.to_owned(), what: PACKETS });
                    return false;
                }
            };
            for (line, text) in block.values() {
                if block.framing == Framing::Bulk && is_action(text) {
                    continue;
                }
                for found in documents(text) {
                    match found {
                        Ok(found) if take(found) => {}
                        Ok(_) => return false,
                        Err(cause) => {
                            let position = Position { file: name.to_owned(), line };
                            if options.strict {
                                let what = cause.text().to_owned();
                                refused = Some(ReadError::Strict {
                                    position: position.to_string(),
                                    what,
                                });
                                return false;
                            }
                            tally.skip(cause, 1, position, None);
                        }
                    }
                }
            }
            true
        },
    )?;
    refused.map_or(Ok(tally), Err)
}

/// What matters of a JSON value here.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow, rename = "_source")]
    source: Option<&'a RawValue>,
    #[serde(borrow, rename = "_index")]
    index: Option<&'a RawValue>,
    #[serde(borrow, rename = "_id")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    hits: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<&'a RawValue>,
}

/// The documents in one JSON value: one, or those of a page.
fn documents(text: &[u8]) -> Vec<Result<Found<'_>, NotAFlow>> {
    let Ok(text) = std::str::from_utf8(text) else { return vec![Err(NotAFlow::NotJson)] };
    let Ok(outline) = serde_json::from_str::<Outline<'_>>(text) else {
        return vec![Err(NotAFlow::NotJson)];
    };
    let page = outline.hits.and_then(|hits| serde_json::from_str::<Hits<'_>>(hits.get()).ok());
    match (page, outline.source, outline.id.or(outline.index)) {
        (Some(page), _, _) => {
            page.hits.iter().flat_map(|hit| documents(hit.get().as_bytes())).collect()
        }
        (None, Some(source), _) => vec![Ok(Found { whole: text, source: source.get() })],
        (None, None, Some(_)) => vec![Err(NotAFlow::NoSource)],
        (None, None, None) => vec![Ok(Found { whole: text, source: text })],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_bare_documents_and_pages_are_found() {
        let sources = |text: &'static str| -> Vec<_> {
            documents(text.as_bytes())
                .into_iter()
                .map(|found| found.map(|found| found.source))
                .collect()
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

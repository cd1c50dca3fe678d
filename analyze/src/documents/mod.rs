//! Documents as they stand in the sources, one by one and in order.
//!
//! Nothing is decoded or deduplicated: this is for showing what is stored, and
//! for importing it.

use std::borrow::Cow;
use std::sync::Arc;

use flowkit_model::answer::{Position, Tally};
use flowkit_model::document::csv::Row as TextRow;
use flowkit_model::exported_row::fill;
use flowkit_model::wire::{self, NotV5};
use flowkit_model::{FieldId, NotAFlow, Row};
use memchr::memchr_iter;

use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::error::ReadError;
use crate::export::document_line;
use crate::input::packets::{Captured, Datagrams, Walked};
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{self, Block, Piece, Source, Stretch, is_action, walk};
use crate::scan::completeness::Completeness;
use crate::scan::ingest::{is_refused, known_before};
use crate::scan::options::ReadOptions;
use crate::store::StoredPart;

mod found;
mod from_columns;
mod keep;
pub mod packets;
pub use self::found::Found;
use self::found::{each_in, hit};
pub(crate) use self::keep::{AsItStands, Keeping, Kept};

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
            return block.rows().all(|(line, text)| match header.row(text) {
                TextRow::Flows(flows) => {
                    flows.each().all(|flow| pass_document(&Row::of(flow), take))
                }
                row => row.cause().is_none_or(|cause| self.skip(name, cause, line)),
            });
        }
        if let Some(dropped) = &block.dropped
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
            each_in(&text, 0, &mut |found| {
                goes_on = match found {
                    Ok(found) => take(found),
                    Err(cause) => self.skip(name, cause, line),
                };
                goes_on
            })
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
            if let Some(walked) = &captured.walked {
                return self.templated(name, captured, walked, take);
            }
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

    /// The flows of a datagram of v9 or IPFIX.
    fn templated(
        &mut self,
        name: &str,
        captured: &Captured,
        walked: &Walked,
        take: &mut impl FnMut(Found<'_>) -> bool,
    ) -> bool {
        let exporter = captured.exporter.map(|address| address.to_string());
        walked.data.iter().all(|held| {
            held.over(&captured.bytes).records().all(|record| {
                let read = record.exported();
                if !read.class.is_flow() {
                    return self.skip(name, NotAFlow::Options, captured.number);
                }
                let mut row = Row::default();
                fill(&mut row, &read);
                if let Some(exporter) = &exporter {
                    row.set_text(FieldId::Exporter, exporter);
                }
                pass_document(&row, take)
            })
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

    /// Counts a document that is no flow; false in strict mode, unless it is options.
    fn skip(&mut self, name: &str, cause: NotAFlow, line: u64) -> bool {
        let position = Position { file: name.to_owned(), line };
        if self.options.strict && is_refused(cause) {
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

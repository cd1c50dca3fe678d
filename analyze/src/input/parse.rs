//! Parses a block of text into a batch of columns, and counts what is not a flow.
//!
//! Pure: text in, columns and counts out, so blocks can be parsed in parallel.

use std::borrow::Cow;
use std::sync::Arc;

use flowkit_model::answer::{Quality, Sequences};
use flowkit_model::document::entry::{Entry, Hit};
use flowkit_model::document::page::Page;
use flowkit_model::document::server_error::ServerError;
use flowkit_model::dump::DocumentId;
use flowkit_model::{FieldId, NotAFlow, Row};
use memchr::memchr_iter;

use super::blocks::Block;
use super::bulk::{BulkAction, Target, is_action};
use super::csv::Row as TextRow;
use super::frames::Frames;
use super::framing::Framing;
use super::json_values::several;
use super::senders::Senders;
use super::shape_cache::{ShapeReader, Shapes};
use super::truncated_page;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::dedup::Identity;

/// The content of a block.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// Its flows.
    pub(crate) batch: Batch,
    /// For each flow, the identity of its document, and the line.
    pub(crate) identities: Vec<(Option<Identity>, u64)>,
    /// Quality of the flows' times.
    pub(crate) quality: Quality,
    pub(crate) sequences: Sequences,
    /// Documents that are no flows, by cause.
    pub(crate) skipped: Vec<Skipped>,
    /// Answers of searches, one entry each.
    pub(crate) pages: Vec<PageFacts>,
    /// The first server's error, and its line.
    pub(crate) server_error: Option<(u64, ServerError)>,
    /// JSON values that could be read, without error answers.
    pub(crate) n_values: u64,
    /// The text is truncated in this line.
    pub(crate) breaks_off: Option<u64>,
    /// What is unusual but no reason to skip, by kind.
    pub(crate) odd: Vec<Odd>,
    /// What the frames of a capture, or the datagrams of a file, hold beside flows.
    pub(crate) frames: Frames,
    /// Who sent the packets.
    pub(crate) senders: Senders,
    /// The flows are those of packets.
    pub(super) is_of_packets: bool,
    /// Lines that are anything else than one document of a known shape without
    /// blanks around it.
    pub(crate) odd_lines: u64,
}

/// Something unusual that occurred `n` times.
#[derive(Clone, Debug)]
pub(crate) struct Odd {
    pub(crate) kind: &'static str,
    /// Description of the first one.
    pub(crate) what: String,
    pub(crate) n: u64,
    /// Line of the first one.
    pub(crate) line: u64,
    /// Flows are missing because of it.
    pub(crate) is_missing: bool,
}

/// Documents skipped for one reason.
#[derive(Clone, Debug)]
pub(crate) struct Skipped {
    pub(crate) cause: NotAFlow,
    pub(crate) n: u64,
    /// Line of the first.
    pub(crate) line: u64,
    /// What is wrong with the first one, if more is known than the cause.
    pub(crate) reason: Option<String>,
}

/// What a search answer says about itself.
#[derive(Clone, Debug)]
pub(crate) struct PageFacts {
    pub(crate) scroll_id: Option<String>,
    pub(crate) n_hits: u64,
    pub(crate) total: Option<u64>,
    pub(crate) timed_out: bool,
    pub(crate) shards_failed: bool,
    pub(crate) breaks_off: bool,
    pub(crate) line: u64,
}

impl Parsed {
    /// Empty, with room for about `rows` rows.
    pub(super) fn empty(fields: FieldSet, rows: usize, dictionary: &Arc<Dictionary>) -> Self {
        Self {
            batch: Batch::new(fields, rows, Arc::clone(dictionary)),
            identities: Vec::new(),
            quality: Quality::default(),
            sequences: Sequences::default(),
            skipped: Vec::new(),
            pages: Vec::new(),
            server_error: None,
            n_values: 0,
            breaks_off: None,
            odd: Vec::new(),
            frames: Frames::default(),
            senders: Senders::default(),
            is_of_packets: false,
            odd_lines: 0,
        }
    }

    /// Counts something unusual.
    pub(super) fn odd(&mut self, odd: Odd) {
        match self.odd.iter_mut().find(|known| known.kind == odd.kind) {
            Some(known) => known.n += odd.n,
            None => self.odd.push(odd),
        }
    }

    /// Moves all line numbers, from a text that begins in line `before` to one
    /// that begins in `line`.
    pub(crate) fn begin_at(&mut self, before: u64, line: u64) {
        let moved = |old: &mut u64| *old = *old - before + line;
        self.identities.iter_mut().for_each(|(_, line)| moved(line));
        self.skipped.iter_mut().for_each(|skipped| moved(&mut skipped.line));
        self.pages.iter_mut().for_each(|page| moved(&mut page.line));
        self.odd.iter_mut().for_each(|odd| moved(&mut odd.line));
        self.server_error.iter_mut().for_each(|(line, _)| moved(line));
        self.breaks_off.iter_mut().for_each(moved);
    }

    /// Parses a block.
    pub(crate) fn new(
        block: &Block,
        fields: FieldSet,
        dictionary: &Arc<Dictionary>,
        shapes: &Shapes,
    ) -> Self {
        // A hit is about 1 kB.
        let mut parsed = Self::empty(fields, block.text.len() / 1024 + 1, dictionary);
        let mut reader = shapes.reader();
        if block.framing == Framing::Lines {
            parsed.lines(block, &mut reader);
        } else {
            parsed.values(block, &mut reader);
        }
        shapes.learn_from(reader);
        parsed
    }

    /// Parses a block of any other framing.
    fn values(&mut self, block: &Block, reader: &mut ShapeReader) {
        let mut action: Option<&[u8]> = None;
        for (line, text) in block.values() {
            if block.framing == Framing::Bulk {
                if is_action(text) {
                    action = Some(text);
                    continue;
                }
                if let Some(action) = action.take()
                    && self.bulk_document(action, text, line, reader)
                {
                    continue;
                }
            }
            match &block.header {
                Some(header) => self.text_row(header.row(text), line),
                None => self.document(text, line, block, reader),
            }
        }
        if block.is_open {
            let lines = memchr_iter(b'\n', block.text.trim_ascii_end()).count() as u64;
            self.breaks_off.get_or_insert(block.line + lines);
        }
    }

    /// Reads a document, by its shape if that is known; `text` may be empty.
    pub(super) fn document(
        &mut self,
        text: &[u8],
        line: u64,
        block: &Block,
        reader: &mut ShapeReader,
    ) {
        let mut row = Row::default();
        if let Some(shaped) = reader.read(text, &mut row) {
            self.n_values += 1;
            self.row(&row, Identity::of(shaped.id, &row), line);
        } else if !text.is_empty() {
            self.value(text, line, block, reader);
        }
    }

    /// Adds a row of a csv file.
    fn text_row(&mut self, row: TextRow, line: u64) {
        match row {
            TextRow::Flow(flow) => {
                self.n_values += 1;
                self.row(&Row::of(&flow), None, line);
            }
            TextRow::Aside => {}
            TextRow::Wrong(why) => self.skip(NotAFlow::NotARow, line, Some(why)),
        }
    }

    /// Reads a document of a `_bulk` request, whose identity is in its action;
    /// false if it is not the bare document of a flow.
    fn bulk_document(
        &mut self,
        action: &[u8],
        text: &[u8],
        line: u64,
        reader: &mut ShapeReader,
    ) -> bool {
        let Ok(BulkAction::Index(target)) = serde_json::from_slice(action) else { return false };
        let Target { index, id, routing } = target;
        let id = document_id([&index, &id, &routing]);
        let mut row = Row::default();
        if reader.read(text, &mut row).is_some_and(|shaped| shaped.id.is_none()) {
            self.n_values += 1;
            self.row(&row, Identity::of(id, &row), line);
            return true;
        }
        let Ok(Entry::Bare(document)) = Entry::parse(text) else { return false };
        let Ok(flow) = document.into_flow() else { return false };
        reader.learn(text, false);
        let row = Row::of(&flow);
        self.n_values += 1;
        self.row(&row, Identity::of(id, &row), line);
        true
    }

    /// Reads one JSON value.
    pub(super) fn value(
        &mut self,
        text: &[u8],
        line: u64,
        block: &Block,
        reader: &mut ShapeReader,
    ) {
        match Entry::parse(text) {
            Ok(Entry::Error(error)) => {
                self.server_error.get_or_insert((line, error));
            }
            Ok(Entry::Page(page)) => {
                self.n_values += 1;
                self.page(page, line, false, reader);
            }
            Ok(Entry::Hit(hit)) => {
                self.n_values += 1;
                if self.hit(hit, line) {
                    reader.learn(text, true);
                }
            }
            Ok(Entry::Bare(document)) => {
                self.n_values += 1;
                match document.into_flow() {
                    Ok(flow) => {
                        self.row(&Row::of(&flow), None, line);
                        reader.learn(text, false);
                    }
                    Err(cause) => self.skip(cause, line, None),
                }
            }
            // A character in another encoding is replaced; the rest of the document
            // is read.
            Err(_) if std::str::from_utf8(text).is_err_and(|error| error.error_len().is_some()) => {
                self.value(String::from_utf8_lossy(text).as_bytes(), line, block, reader);
            }
            Err(error) => {
                if let Some(values) = several(text) {
                    if text.starts_with(b"[") && !text.ends_with(b"]") && block.ends_with(text) {
                        self.breaks_off = Some(line);
                    }
                    return values.for_each(|value| self.value(value, line, block, reader));
                }
                if error.is_eof() && block.ends_with(text) {
                    if let Some(page) = truncated_page::whole_hits(text) {
                        self.n_values += 1;
                        return self.page(page, line, true, reader);
                    }
                    self.breaks_off = Some(line);
                }
                self.skip(NotAFlow::NotJson, line, Some(reason(&error)));
            }
        }
    }

    fn page(&mut self, page: Page<'_>, line: u64, breaks_off: bool, reader: &mut ShapeReader) {
        self.pages.push(PageFacts {
            scroll_id: page.scroll_id.map(std::borrow::Cow::into_owned),
            n_hits: page.hits.len() as u64,
            total: page.total,
            timed_out: page.timed_out,
            shards_failed: !page.shards.complete(),
            breaks_off,
            line,
        });
        let mut row = Row::default();
        for hit in page.hits {
            let text = hit.get().as_bytes();
            if let Some(shaped) = reader.read(text, &mut row)
                && shaped.id.is_some()
            {
                self.row(&row, Identity::of(shaped.id, &row), line);
                continue;
            }
            match Entry::parse(text) {
                Ok(Entry::Hit(hit)) => {
                    if self.hit(hit, line) {
                        reader.learn(text, true);
                    }
                }
                Ok(_) => self.skip(NotAFlow::NoSource, line, None),
                Err(error) => self.skip(NotAFlow::NotJson, line, Some(reason(&error))),
            }
        }
    }

    /// Adds a hit; false if it is no flow.
    fn hit(&mut self, mut hit: Hit<'_>, line: u64) -> bool {
        let (index, id, routing) = (hit.index.take(), hit.id.take(), hit.routing.take());
        match hit.into_flow() {
            Ok(flow) => {
                let row = Row::of(&flow);
                let id = document_id([&index, &id, &routing]);
                self.row(&row, Identity::of(id, &row), line);
                true
            }
            Err(cause) => {
                self.skip(cause, line, None);
                false
            }
        }
    }

    pub(super) fn row(&mut self, row: &Row<'_>, identity: Option<Identity>, line: u64) {
        self.batch.push_row(row);
        self.note(row, identity, line);
    }

    /// Notes identity, quality and sequence of a row whose columns are filled by
    /// the caller.
    pub(super) fn note(&mut self, row: &Row<'_>, identity: Option<Identity>, line: u64) {
        let time = |field| row.number(field);
        let (first, last) = (time(FieldId::FirstSwitched), time(FieldId::LastSwitched));
        let exported = time(FieldId::Timestamp);
        // Packets never passed a pipeline, nor did what nfdump printed, which states
        // nothing of the packet's header.
        let header = [FieldId::Version, FieldId::FlowRecords, FieldId::FlowSeqNum];
        if self.is_of_packets || header.iter().all(|field| time(*field).is_none()) {
            self.quality.add_as_exported(exported, first, last);
        } else {
            self.quality.add(exported, first, last);
        }
        self.sequences.add(row);
        self.identities.push((identity, line));
    }

    pub(super) fn skip(&mut self, cause: NotAFlow, line: u64, reason: Option<String>) {
        match self.skipped.iter_mut().find(|skipped| skipped.cause == cause) {
            Some(skipped) => skipped.n += 1,
            None => self.skipped.push(Skipped { cause, n: 1, line, reason }),
        }
    }
}

/// The identity of a document, by index, id and routing.
fn document_id<'t>(parts: [&'t Option<Cow<'_, str>>; 3]) -> Option<DocumentId<'t>> {
    let [index, id, routing] = parts.map(|text| text.as_ref().map(|text| text.as_bytes()));
    DocumentId::new(index, id, routing)
}

/// The JSON parser's message, without its line number, which is always 1 here.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    format!("{text} at byte {}", error.column())
}

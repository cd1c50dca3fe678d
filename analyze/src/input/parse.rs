//! Parses a block of text into a batch of columns, and counts what is not a flow.
//!
//! Pure: text in, columns and counts out, so blocks can be parsed in parallel.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use flowkit_model::answer::{Exporters, Quality, Sequences};
use flowkit_model::document::entry::Entry;
use flowkit_model::document::server_error::ServerError;
use flowkit_model::dump::DocumentId;
use flowkit_model::{FieldId, NotAFlow, Row};
use memchr::memchr_iter;

use super::block::Block;
use super::bulk::{BulkAction, Target, document_of, is_action};
use super::framing::Framing;
use super::odd::Odd;
use super::packets::frames::Frames;
use super::packets::senders::Senders;
use super::rows::RowCounts;
use super::shape_cache::{ShapeReader, Shapes};
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
    /// What exporters tell in options records, and what of their records cannot be.
    pub(crate) exporters: Exporters,
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
    /// For each stretch of zeros, how many of the values come before it.
    pub(crate) zeros_behind: Vec<u64>,
    /// What the frames of a capture, or the datagrams of a file, hold beside flows.
    pub(crate) frames: Frames,
    /// Who sent the packets.
    pub(crate) senders: Senders,
    /// The flows are those of packets.
    pub(super) is_of_packets: bool,
    /// Lines that are anything else than one document of a known shape without
    /// blanks around it.
    pub(crate) odd_lines: u64,
    /// Flows by rows of csv.
    pub(crate) rows: RowCounts,
    /// Documents or datagrams of other versions of NetFlow, by version.
    pub(crate) versions: BTreeMap<u64, u64>,
    /// What printed the first text that was passed over, and what to do, if known.
    pub(crate) program: Option<(&'static str, &'static str)>,
}

/// Kind of text that was passed over and may have held a document.
pub(crate) const TEXT_WITH_A_BRACE: &str = "text with a brace";
/// Kind of rows of csv among documents, which are not read there.
pub(crate) const CSV_AMONG_DOCUMENTS: &str = "csv among documents";
/// Kind of documents that nest too deep to be looked into.
pub(crate) const TOO_DEEP: &str = "too deep";
/// Kind of bytes of zeros, which hold nothing.
pub(crate) const ZEROS: &str = "zeros";

/// What is said of the first of those; [`is_of_depth`] knows it again.
pub(crate) fn too_deep() -> String {
    format!("a document is {}, and may be a flow", NotAFlow::TooDeep.text())
}

/// Whether a sentence tells of documents that nest too deep.
pub(crate) fn is_of_depth(sentence: &str) -> bool {
    sentence.contains(&too_deep())
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
    /// There are more hits than this number.
    pub(crate) more_than: Option<u64>,
    /// Why flows are missing, one sentence each that goes on after "an answer".
    pub(crate) missing: Vec<&'static str>,
    /// It is a page of a scroll that says that it ended early, as later pages in the
    /// order of storage do up to Elasticsearch 7, which are whole.
    pub(crate) is_ended_scroll: bool,
    /// It is not a page of the search before, but an answer of its own.
    pub(crate) is_alone: bool,
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
            exporters: Exporters::default(),
            skipped: Vec::new(),
            pages: Vec::new(),
            server_error: None,
            n_values: 0,
            zeros_behind: Vec::new(),
            breaks_off: None,
            odd: Vec::new(),
            frames: Frames::default(),
            senders: Senders::default(),
            is_of_packets: false,
            odd_lines: 0,
            rows: RowCounts::default(),
            versions: BTreeMap::new(),
            program: None,
        }
    }

    /// Counts something unusual.
    pub(super) fn odd(&mut self, odd: Odd) {
        odd.join(&mut self.odd);
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
        let dropped = block.dropped.clone().filter(|_| block.framing != Framing::Values);
        if let Some(dropped) = dropped {
            parsed.dropped(dropped);
        }
        match block.framing {
            Framing::Lines => parsed.lines(block, &mut reader),
            Framing::Bulk => parsed.bulk(block, &mut reader),
            Framing::Rows => parsed.rows_of(block),
            Framing::Values => parsed.stretches(&block.text, block.line, block, &mut reader),
        }
        if block.is_open {
            let lines = memchr_iter(b'\n', block.text.trim_ascii_end()).count() as u64;
            parsed.breaks_off.get_or_insert(block.line + lines);
        }
        shapes.learn_from(reader);
        parsed
    }

    /// Parses a block of rows of csv.
    fn rows_of(&mut self, block: &Block) {
        let Some(header) = &block.header else { return };
        for (line, text) in block.rows() {
            self.text_row(header, header.row(text), line);
        }
    }

    /// Parses a block of a `_bulk` request.
    fn bulk(&mut self, block: &Block, reader: &mut ShapeReader) {
        let mut action: Option<&[u8]> = None;
        for (line, text) in block.lines_of_text() {
            if is_action(text) {
                action = Some(text);
                continue;
            }
            if let Some(action) = action.take()
                && self.bulk_document(action, text, line, reader)
            {
                continue;
            }
            self.document(text, line, block, reader);
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
            self.entry_or_stretches(text, line, block, reader);
        }
    }

    /// Reads a document of a `_bulk` request, whose identity is in its action;
    /// false if it is not the bare document of a flow.
    pub(super) fn bulk_document(
        &mut self,
        action: &[u8],
        text: &[u8],
        line: u64,
        reader: &mut ShapeReader,
    ) -> bool {
        let Ok(BulkAction::Index(target)) = serde_json::from_slice(action) else { return false };
        let text = document_of(action, text);
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
        // Nor is it known of times of v9 and IPFIX what a pipeline did to them.
        let has_templates = row.number(FieldId::Version).is_some_and(|version| version > 5);
        if self.is_of_packets || has_templates || header.iter().all(|field| time(*field).is_none())
        {
            self.quality.add_as_exported(exported, first, last);
        } else {
            self.quality.add(exported, first, last);
        }
        self.sequences.add(row);
        self.identities.push((identity, line));
    }

    pub(super) fn skip(&mut self, cause: NotAFlow, line: u64, reason: Option<String>) {
        self.skip_for(cause, line, || reason);
    }

    /// Counts a document that is no flow; `reason` is asked only of the first.
    pub(super) fn skip_for(
        &mut self,
        cause: NotAFlow,
        line: u64,
        reason: impl FnOnce() -> Option<String>,
    ) {
        match self.skipped.iter_mut().find(|skipped| skipped.cause == cause) {
            Some(skipped) => skipped.n += 1,
            None => self.skipped.push(Skipped { cause, n: 1, line, reason: reason() }),
        }
    }

    /// Counts a document of another version of NetFlow.
    pub(super) fn version(&mut self, version: u64) {
        *self.versions.entry(version).or_insert(0) += 1;
    }
}

/// The identity of a document, by index, id and routing.
pub(super) fn document_id<'t>(parts: [&'t Option<Cow<'_, str>>; 3]) -> Option<DocumentId<'t>> {
    let [index, id, routing] = parts.map(|text| text.as_ref().map(|text| text.as_bytes()));
    DocumentId::new(index, id, routing)
}

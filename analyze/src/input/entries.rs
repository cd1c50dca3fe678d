//! Reads the entries of a text into a batch: hits, documents, answers, what is
//! inside of answers of other APIs, and what is passed over between them.

use flowkit_model::document::entry::{Entry, Hit};
use flowkit_model::document::nesting::DEEPEST_ANSWER;
use flowkit_model::document::options;
use flowkit_model::document::page::Page;
use flowkit_model::document::wrapped::Wrapped;
use flowkit_model::wire::templated::Impossibles;
use flowkit_model::{Document, FlowRecord, NotAFlow, Row};
use memchr::memchr_iter;

use super::block::{Block, Dropped};
use super::bulk::is_action;
use super::csv;
use super::odd::Odd;
use super::parse::{
    CSV_AMONG_DOCUMENTS, PageFacts, Parsed, TEXT_WITH_A_BRACE, TOO_DEEP, ZEROS, document_id,
    too_deep,
};
use super::shape_cache::ShapeReader;
use super::stretches::{Stretch, is_zeros, may_hold_a_document, walk};
use super::truncated_page;
use super::{foreign, met, others};
use crate::dedup::Identity;

/// What is wrong with an answer that goes no further than it was told to.
const ENDED_EARLY: &str = "that ended early, at a number of documents that it was given";

/// What is met in an answer without hits.
const AGGREGATIONS: &str =
    "aggregations, which are sums and no documents; ask without `aggs`, and with a `size`";

impl Parsed {
    /// Reads a text that is one entry, or else its stretches.
    pub(super) fn entry_or_stretches(
        &mut self,
        text: &[u8],
        line: u64,
        block: &Block,
        reader: &mut ShapeReader,
    ) {
        if !self.entry(text, line, reader) {
            self.stretches(text, line, block, reader);
        }
    }

    /// Reads all entries of a text that begins in a line, and counts what is none.
    pub(super) fn stretches(
        &mut self,
        text: &[u8],
        line: u64,
        block: &Block,
        reader: &mut ShapeReader,
    ) {
        let (mut at, mut line) = (0, line);
        let mut action: Option<&[u8]> = None;
        let mut dropped = block.dropped.clone();
        walk(text, |start, stretch| {
            line += memchr_iter(b'\n', &text[at..start]).count() as u64;
            at = start;
            let before = dropped.take();
            match stretch {
                Stretch::Text(text) => {
                    // It goes on what was dropped, with all that stands between.
                    let bytes = |before: &Dropped| before.bytes + start as u64;
                    let before = before.map(|before| Dropped { bytes: bytes(&before), ..before });
                    self.passed_over(text, line, before);
                }
                Stretch::Broken(text) => {
                    if let Some(before) = before {
                        self.dropped(before);
                    }
                    self.broken(text, line, block);
                }
                Stretch::Value(value) => {
                    if let Some(before) = before {
                        self.dropped(before);
                    }
                    if is_action(value) {
                        action = Some(value);
                        return true;
                    }
                    if let Some(action) = action.take()
                        && self.bulk_document(action, value, line, reader)
                    {
                        return true;
                    }
                    let mut row = Row::default();
                    if let Some(shaped) = reader.read(value, &mut row) {
                        self.n_values += 1;
                        self.row(&row, Identity::of(shaped.id, &row), line);
                        return true;
                    }
                    return self.entry(value, line, reader);
                }
            }
            true
        });
        if let Some(dropped) = dropped {
            self.dropped(dropped);
        }
    }

    /// Reads one JSON value; false if it is none.
    fn entry(&mut self, text: &[u8], line: u64, reader: &mut ShapeReader) -> bool {
        self.entry_in(0, text, line, reader)
    }

    /// Reads one JSON value that is this deep inside of others.
    fn entry_in(&mut self, depth: u32, text: &[u8], line: u64, reader: &mut ShapeReader) -> bool {
        match Entry::parse(text) {
            Ok(Entry::Error(error)) => {
                self.server_error.get_or_insert((line, error));
            }
            Ok(Entry::Page(page)) => {
                self.n_values += 1;
                // Of a scroll or a point in time it is the end of its answers.
                let is_alone = page.scroll_id.is_none();
                if page.hits.is_empty() && is_alone && foreign::has_aggregations(text) {
                    self.skip_for(NotAFlow::NoNetflow, line, || Some(AGGREGATIONS.into()));
                }
                self.page(page, depth, line, false, reader);
            }
            Ok(Entry::Hit(hit)) => {
                self.n_values += 1;
                if self.hit(hit, text, line) {
                    reader.learn(text, true);
                }
            }
            Ok(Entry::Bare(document)) => {
                let version = document.other_version();
                let (flow, impossible) = document.into_read();
                match flow {
                    // Its shape is not learnt, so that none of its like is passed over.
                    Ok(flow) if self.flows_of_object(text, &flow, line) => self.n_values += 1,
                    Ok(flow) => {
                        self.n_values += 1;
                        self.row(&Row::of(&flow), None, line);
                        self.suspect(&flow, impossible);
                        reader.learn(text, false);
                    }
                    Err(NotAFlow::NoNetflow) if depth < DEEPEST_ANSWER => {
                        self.without_netflow(depth, version, text, line, reader);
                    }
                    Err(cause) => self.no_flow(cause, version, text, line),
                }
            }
            // A character in another encoding is replaced; the rest of the document
            // is read.
            Err(_) if std::str::from_utf8(text).is_err_and(|error| error.error_len().is_some()) => {
                return self.entry_in(
                    depth,
                    String::from_utf8_lossy(text).as_bytes(),
                    line,
                    reader,
                );
            }
            Err(_) => {
                let Some(page) = truncated_page::whole_hits(text) else { return false };
                self.n_values += 1;
                self.page(page, depth, line, true, reader);
            }
        }
        true
    }

    /// Reads a document without a netflow object, which may have others inside.
    fn without_netflow(
        &mut self,
        depth: u32,
        version: Option<u64>,
        text: &[u8],
        line: u64,
        reader: &mut ShapeReader,
    ) {
        let cause = NotAFlow::NoNetflow;
        match std::str::from_utf8(text).ok().and_then(Wrapped::of) {
            None => self.no_flow(cause, version, text, line),
            Some(wrapped) => {
                self.inside(depth, &wrapped, line, reader);
                if wrapped.is_cut() {
                    self.no_flow_in(cause, version, text, line);
                }
            }
        }
    }

    /// Counts a document that is no flow.
    fn no_flow(&mut self, cause: NotAFlow, version: Option<u64>, text: &[u8], line: u64) {
        self.n_values += 1;
        self.no_flow_in(cause, version, text, line);
    }

    fn no_flow_in(&mut self, cause: NotAFlow, version: Option<u64>, text: &[u8], line: u64) {
        if let (NotAFlow::OtherVersion, Some(version)) = (cause, version) {
            self.version(version);
        }
        if cause == NotAFlow::Options {
            let (exporter, found) = options::told(text);
            self.exporters.options(exporter.as_deref(), &found);
        }
        if cause == NotAFlow::TooDeep {
            let what = too_deep();
            self.odd(Odd::new(TOO_DEEP, what, line, true));
        }
        self.skip_for(cause, line, || match (cause, version) {
            (NotAFlow::OtherVersion, Some(version)) => Some(format!("version {version}")),
            (NotAFlow::NoNetflow, _) => met::keys(text),
            _ => None,
        });
    }

    /// Reads what is inside of an answer of another API.
    fn inside(&mut self, depth: u32, wrapped: &Wrapped<'_>, line: u64, reader: &mut ShapeReader) {
        if !wrapped.missing.is_empty() || wrapped.values.is_empty() {
            self.n_values += u64::from(wrapped.values.is_empty());
            self.pages.push(PageFacts {
                scroll_id: None,
                n_hits: 0,
                total: None,
                more_than: None,
                missing: wrapped.missing.clone(),
                is_ended_scroll: false,
                is_alone: true,
                breaks_off: false,
                line,
            });
        }
        for value in &wrapped.values {
            if !self.entry_in(depth + 1, value.as_bytes(), line, reader) {
                self.skip_for(NotAFlow::NotJson, line, || None);
            }
        }
    }

    fn page(
        &mut self,
        page: Page<'_>,
        depth: u32,
        line: u64,
        breaks_off: bool,
        reader: &mut ShapeReader,
    ) {
        // Without hits nothing was asked for but numbers, which aggregations end early.
        let ended_early = page.terminated_early && !page.hits.is_empty();
        let missing = [
            (page.timed_out, "that timed out: the server had not looked everywhere"),
            (!page.shards.complete(), "of which some shards failed: their documents are missing"),
            (
                !page.clusters.complete(),
                "from which some clusters were left out, or were only partly searched",
            ),
            (ended_early && !page.is_of_scroll, ENDED_EARLY),
        ];
        self.pages.push(PageFacts {
            scroll_id: page.scroll_id.map(std::borrow::Cow::into_owned),
            n_hits: page.hits.len() as u64,
            total: page.total,
            more_than: page.more_than,
            missing: missing
                .into_iter()
                .filter_map(|(is_so, text)| is_so.then_some(text))
                .collect(),
            is_ended_scroll: ended_early && page.is_of_scroll,
            is_alone: depth > 0,
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
                    if self.hit(hit, text, line) {
                        reader.learn(text, true);
                    }
                }
                // What follows an answer that breaks off may look like one more hit.
                Ok(_) if breaks_off && depth < DEEPEST_ANSWER => {
                    self.entry_in(depth + 1, text, line, reader);
                }
                Ok(_) => self.skip(NotAFlow::NoSource, line, None),
                Err(error) => self.skip(NotAFlow::NotJson, line, Some(met::reason(&error))),
            }
        }
    }

    /// Adds a hit; false if it is no flow.
    fn hit(&mut self, mut hit: Hit<'_>, text: &[u8], line: u64) -> bool {
        let (index, id, routing) = (hit.index.take(), hit.id.take(), hit.routing.take());
        let version = hit.source.as_ref().and_then(Document::other_version);
        let (flow, impossible) = hit.into_read();
        match flow {
            Ok(flow) => {
                self.suspect(&flow, impossible);
                let row = Row::of(&flow);
                let id = document_id([&index, &id, &routing]);
                self.row(&row, Identity::of(id, &row), line);
                true
            }
            Err(cause) => {
                self.no_flow_in(cause, version, text, line);
                false
            }
        }
    }

    /// Counts what a flow of v9 or IPFIX holds that cannot be.
    pub(super) fn suspect(&mut self, flow: &FlowRecord, impossible: Impossibles) {
        self.exporters.impossible(flow.exporter.as_deref(), flow.flowset, impossible);
    }

    /// Counts text that is no JSON.
    fn passed_over(&mut self, text: &[u8], line: u64, before: Option<Dropped>) {
        let (line, bytes) = (
            before.as_ref().map_or(line, |before| before.line),
            text.len() as u64 + before.as_ref().map_or(0, |before| before.bytes),
        );
        if is_zeros(text) && before.as_ref().is_none_or(|before| before.is_zeros) {
            let what = format!("{bytes} bytes of zeros");
            // One alone ends a document, as GELF has it.
            if before.is_some() || memchr::memchr_iter(0, text).nth(1).is_some() {
                self.zeros_behind.push(self.n_values);
            }
            return self.odd(Odd::new(ZEROS, what, line, false));
        }
        let start = before.as_ref().map_or(text, |before| &before.start);
        self.skip_for(NotAFlow::NotJson, line, || Some(met::text(start, bytes)));
        self.program = self.program.or_else(|| others::of_text(start));
        if let Some(what) = csv::between_documents(start) {
            let what = format!("{bytes} bytes {what}");
            self.odd(Odd::new(CSV_AMONG_DOCUMENTS, what, line, true));
        } else if may_hold_a_document(text) || before.is_some_and(|before| before.has_brace) {
            self.may_have_held(line, bytes);
        }
    }

    /// Counts long text that was dropped while it was read.
    pub(super) fn dropped(&mut self, dropped: Dropped) {
        self.passed_over(b"", dropped.line, Some(dropped));
    }

    /// Counts what opens as a document does and is none.
    fn broken(&mut self, text: &[u8], line: u64, block: &Block) {
        let error = Entry::parse(text).err();
        let is_cut = error.as_ref().is_some_and(serde_json::Error::is_eof);
        self.skip_for(NotAFlow::NotJson, line, || error.as_ref().map(met::reason));
        self.program = self.program.or_else(|| others::of_text(text));
        if is_cut && block.ends_with(text) {
            self.breaks_off = Some(line);
        } else {
            self.may_have_held(line, text.len() as u64);
        }
    }

    fn may_have_held(&mut self, line: u64, bytes: u64) {
        self.odd(Odd::new(
            TEXT_WITH_A_BRACE,
            format!(
                "{bytes} bytes that are no JSON were passed over, and may have held a document"
            ),
            line,
            true,
        ));
    }
}

//! A block of text as a batch of columns, and what was met on the way.
//!
//! Pure: text in, columns and counts out, so blocks can be read side by side.

use std::sync::Arc;

use flowkit_model::document::entry::{Entry, Hit};
use flowkit_model::document::page::Page;
use flowkit_model::document::server_error::ServerError;
use flowkit_model::{FlowRecord, NotAFlow};

use super::blocks::Block;
use super::broken_page;
use crate::columns::{Batch, FieldSet};
use crate::dictionary::Dictionary;
use crate::duplicates::Identity;
use crate::quality::Quality;

/// What a block held.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// Its flows.
    pub(crate) batch: Batch,
    /// Who each flow's document is, and its line.
    pub(crate) identities: Vec<(Option<Identity>, u64)>,
    /// What is wrong with their times.
    pub(crate) quality: Quality,
    /// Documents that are no flows: why, how many, and the first.
    pub(crate) skipped: Vec<Skipped>,
    /// Answers of searches, one entry each.
    pub(crate) pages: Vec<PageFacts>,
    /// The first server's error, and its line.
    pub(crate) server_error: Option<(u64, ServerError)>,
    /// JSON values that could be read, errors of servers aside.
    pub(crate) n_values: u64,
    /// The text breaks off in this line.
    pub(crate) breaks_off: Option<u64>,
}

/// Documents skipped for one reason.
#[derive(Clone, Debug)]
pub(crate) struct Skipped {
    pub(crate) cause: NotAFlow,
    pub(crate) n: u64,
    /// Line of the first.
    pub(crate) line: u64,
    /// What is wrong with it, where more is known than the cause.
    pub(crate) reason: Option<String>,
}

/// What an answer said of itself.
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
    /// Reads a block.
    pub(crate) fn new(block: &Block, fields: FieldSet, dictionary: &Arc<Dictionary>) -> Self {
        // A hit is about 1 kB.
        let batch = Batch::new(fields, block.text.len() / 1024 + 1, Arc::clone(dictionary));
        let mut parsed = Self {
            batch,
            identities: Vec::new(),
            quality: Quality::default(),
            skipped: Vec::new(),
            pages: Vec::new(),
            server_error: None,
            n_values: 0,
            breaks_off: None,
        };
        for (line, text) in block.values() {
            parsed.value(text, line, block);
        }
        parsed
    }

    /// Reads one JSON value.
    fn value(&mut self, text: &[u8], line: u64, block: &Block) {
        match Entry::parse(text) {
            Ok(Entry::Error(error)) => {
                self.server_error.get_or_insert((line, error));
            }
            Ok(Entry::Page(page)) => {
                self.n_values += 1;
                self.page(page, line, false);
            }
            Ok(Entry::Hit(hit)) => {
                self.n_values += 1;
                self.hit(hit, line);
            }
            Ok(Entry::Bare(document)) => {
                self.n_values += 1;
                self.flow(document.into_flow(), None, line);
            }
            // A letter in another encoding spoils the letter, not the document.
            Err(_) if std::str::from_utf8(text).is_err_and(|error| error.error_len().is_some()) => {
                self.value(String::from_utf8_lossy(text).as_bytes(), line, block);
            }
            Err(error) => {
                let ends_the_text = block.last && block.text.trim_ascii_end().ends_with(text);
                if error.is_eof() && ends_the_text {
                    if let Some(page) = broken_page::whole_hits(text) {
                        self.n_values += 1;
                        return self.page(page, line, true);
                    }
                    self.breaks_off = Some(line);
                }
                self.skip(NotAFlow::NotJson, line, Some(reason(&error)));
            }
        }
    }

    fn page(&mut self, page: Page<'_>, line: u64, breaks_off: bool) {
        self.pages.push(PageFacts {
            scroll_id: page.scroll_id.map(std::borrow::Cow::into_owned),
            n_hits: page.hits.len() as u64,
            total: page.total,
            timed_out: page.timed_out,
            shards_failed: !page.shards.complete(),
            breaks_off,
            line,
        });
        for hit in page.hits {
            match Entry::parse(hit.get().as_bytes()) {
                Ok(Entry::Hit(hit)) => self.hit(hit, line),
                Ok(_) => self.skip(NotAFlow::NoSource, line, None),
                Err(error) => self.skip(NotAFlow::NotJson, line, Some(reason(&error))),
            }
        }
    }

    fn hit(&mut self, hit: Hit<'_>, line: u64) {
        let identity = Identity::of(&hit);
        self.flow(hit.into_flow(), identity, line);
    }

    fn flow(&mut self, flow: Result<FlowRecord, NotAFlow>, identity: Option<Identity>, line: u64) {
        match flow {
            Ok(flow) => {
                self.batch.push(&flow);
                let (first, last) = (flow.first_switched_ms, flow.last_switched_ms);
                self.quality.add(flow.timestamp_ms, first, last);
                self.identities.push((identity.map(|identity| identity.saying(&flow)), line));
            }
            Err(cause) => self.skip(cause, line, None),
        }
    }

    fn skip(&mut self, cause: NotAFlow, line: u64, reason: Option<String>) {
        match self.skipped.iter_mut().find(|skipped| skipped.cause == cause) {
            Some(skipped) => skipped.n += 1,
            None => self.skipped.push(Skipped { cause, n: 1, line, reason }),
        }
    }
}

/// The JSON reader's words, without its line, which is always 1 here.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    format!("{text} at byte {}", error.column())
}

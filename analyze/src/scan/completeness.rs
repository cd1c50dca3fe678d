//! Detects while streams are read what is missing from them.

use std::collections::BTreeMap;

use flowkit_model::NotAFlow;
use flowkit_model::answer::{Position, Tally};
use flowkit_model::document::server_error::ServerError;

use crate::error::ReadError;
use crate::input::frames::Frames;
use crate::input::parse::{Odd, PageFacts, Parsed};
use crate::input::senders::Senders;
use crate::input::{self, Opened, Source};

/// Compares what streams hold with what they should hold, in the order in which
/// they are read.
pub(crate) struct Completeness<'s> {
    streams: Vec<Opened<'s>>,
    /// State of the stream that is being read.
    stream: StreamState,
    /// Search answers by scroll id, or by stream if they have none.
    answers: BTreeMap<String, Answers>,
}

/// What is known of the current stream so far.
struct StreamState {
    n_values: u64,
    not_json: Option<(u64, String)>,
    server_error: Option<(u64, ServerError)>,
    is_empty: bool,
    odd: Vec<Odd>,
    frames: Frames,
    senders: Senders,
}

impl StreamState {
    fn new() -> Self {
        Self {
            n_values: 0,
            not_json: None,
            server_error: None,
            is_empty: true,
            odd: Vec::new(),
            frames: Frames::default(),
            senders: Senders::default(),
        }
    }
}

/// The pages of one search.
struct Answers {
    first: Position,
    n_hits: u64,
    total: Option<u64>,
}

impl<'s> Completeness<'s> {
    pub(crate) fn new(sources: &'s [Source]) -> Self {
        Self::of(input::streams(sources))
    }

    /// A new comparison of the same streams, with nothing read yet.
    pub(super) fn again(&self) -> Self {
        Self::of(self.streams.clone())
    }

    fn of(streams: Vec<Opened<'s>>) -> Self {
        Self { streams, stream: StreamState::new(), answers: BTreeMap::new() }
    }

    /// Documents read so far from the current stream.
    pub(crate) fn n_values(&self) -> u64 {
        self.stream.n_values
    }

    /// Name of a stream.
    pub(crate) fn name(&self, stream: usize) -> &'s str {
        self.streams[stream].name
    }

    fn position(&self, stream: usize, line: u64) -> Position {
        Position { file: self.name(stream).to_owned(), line }
    }

    /// Accumulates a block of a stream.
    pub(crate) fn block(&mut self, stream: usize, parsed: &Parsed, tally: &mut Tally) {
        self.stream.is_empty = false;
        self.stream.n_values += parsed.n_values;
        for skipped in &parsed.skipped {
            if skipped.cause == NotAFlow::NotJson
                && let (None, Some(reason)) = (&self.stream.not_json, &skipped.reason)
            {
                self.stream.not_json = Some((skipped.line, reason.clone()));
            }
        }
        if let Some(line) = parsed.breaks_off {
            let position = self.position(stream, line);
            tally.incomplete.push(format!("{position} breaks off in this line"));
        }
        for page in &parsed.pages {
            self.page(stream, page, tally);
        }
        for odd in &parsed.odd {
            match self.stream.odd.iter_mut().find(|known| known.kind == odd.kind) {
                Some(known) => known.n += odd.n,
                None => self.stream.odd.push(odd.clone()),
            }
        }
        self.stream.frames.merge(&parsed.frames);
        self.stream.senders.merge(&parsed.senders);
        if self.stream.server_error.is_none() {
            self.stream.server_error.clone_from(&parsed.server_error);
        }
    }

    fn page(&mut self, stream: usize, page: &PageFacts, tally: &mut Tally) {
        let first = self.position(stream, page.line);
        if page.timed_out {
            tally.incomplete.push(format!(
                "{first} is an answer that timed out: the server had not looked everywhere"
            ));
        }
        if page.shards_failed {
            tally.incomplete.push(format!(
                "{first} is an answer of which some shards failed: their documents are missing"
            ));
        }
        if page.breaks_off {
            let total = page.total.map(|total| format!(" of {total}")).unwrap_or_default();
            tally
                .incomplete
                .push(format!("{first} breaks off: {} whole hits{total} are there", page.n_hits));
        }
        let search = page.scroll_id.clone().unwrap_or_else(|| self.name(stream).to_owned());
        let answers =
            self.answers.entry(search).or_insert(Answers { first, n_hits: 0, total: page.total });
        answers.n_hits += page.n_hits;
        if page.breaks_off {
            // Already reported; the missing hits are not reported twice.
            answers.total = None;
        }
    }

    /// Closes a stream.
    ///
    /// # Errors
    /// If it holds no document, and the reason is known.
    pub(crate) fn end(
        &mut self,
        stream: usize,
        damage: Option<String>,
        tally: &mut Tally,
    ) -> Result<(), ReadError> {
        let Opened { name, expected } = self.streams[stream];
        let state = std::mem::replace(&mut self.stream, StreamState::new());
        let has_damage = damage.is_some();
        if let Some(damage) = damage {
            tally.incomplete.push(format!("{name} {damage}"));
        }
        for odd in state.odd {
            let more = match odd.n {
                1 => String::new(),
                n => format!(", the first of {n}"),
            };
            let sentence = format!("{name}:{}: {}{more}", odd.line, odd.what);
            if odd.is_missing {
                tally.incomplete.push(sentence);
            } else {
                tally.notes.push(sentence);
            }
        }
        if state.frames.is_foreign() && !has_damage && expected.is_none() {
            return Err(ReadError::NoDatagrams { name: name.into(), met: state.frames.met() });
        }
        tally.notes.extend(state.senders.sentences(name));
        for (sentence, is_missing) in state.frames.sentences(name) {
            if is_missing {
                tally.incomplete.push(sentence);
            } else {
                tally.notes.push(sentence);
            }
        }
        if let Some((line, error)) = state.server_error {
            if state.n_values == 0 {
                let ServerError { kind, reason } = error;
                return Err(ReadError::ServerError { name: name.into(), line, kind, reason });
            }
            tally.incomplete.push(format!(
                "{name}:{line} is a server's error instead of an answer ({}: {})",
                error.kind, error.reason
            ));
        }
        if state.n_values == 0
            && !has_damage
            && let Some((line, reason)) = state.not_json
        {
            return Err(ReadError::NoJson { name: name.into(), line, reason });
        }
        if state.is_empty && !has_damage && expected.is_none() {
            tally.notes.push(format!("{name} is empty"));
        }
        if let Some(expected) = expected
            && state.n_values != expected
        {
            tally.incomplete.push(format!("{name} has {} of {expected} documents", state.n_values));
        }
        Ok(())
    }

    /// Reports the searches of which pages are missing.
    pub(crate) fn finish(self, tally: &mut Tally) {
        for answers in self.answers.into_values() {
            if let Some(total) = answers.total
                && answers.n_hits < total
            {
                let missing = total - answers.n_hits;
                tally.incomplete.push(format!(
                    "{} belongs to a search that found {total} documents, of which {missing} are not here",
                    answers.first
                ));
            }
        }
    }
}

//! Detects while streams are read what is missing from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowkit_model::NotAFlow;
use flowkit_model::answer::{Position, Tally};
use flowkit_model::document::server_error::ServerError;

use crate::error::ReadError;
use crate::input::RowCounts;
use crate::input::odd::Odd;
use crate::input::packets::frames::Frames;
use crate::input::packets::senders::Senders;
use crate::input::parse::{PageFacts, Parsed};
use crate::input::{self, Opened, Source};

/// Compares what streams hold with what they should hold, in the order in which
/// they are read.
pub(crate) struct Completeness<'s> {
    streams: Vec<Opened<'s>>,
    /// Name of the member of an archive that is being read.
    member: Option<Arc<str>>,
    /// State of the stream that is being read.
    stream: StreamState,
    /// Search answers by scroll id, or by stream if they have none, and a number if
    /// each is a search of its own.
    answers: BTreeMap<(String, u64), Answers>,
    /// Answers so far that are searches of their own.
    n_alone: u64,
}

/// What is known of the current stream so far.
struct StreamState {
    n_values: u64,
    not_json: Option<(u64, String)>,
    not_a_row: Option<(u64, String)>,
    server_error: Option<(u64, ServerError)>,
    is_empty: bool,
    odd: Vec<Odd>,
    /// Values before the first zeros that are not at the begin.
    zeros_behind: Option<u64>,
    rows: RowCounts,
    /// What printed text that was passed over, and what to do, if that is known.
    program: Option<(&'static str, &'static str)>,
    frames: Frames,
    senders: Senders,
}

impl StreamState {
    fn new() -> Self {
        Self {
            n_values: 0,
            not_json: None,
            not_a_row: None,
            server_error: None,
            is_empty: true,
            odd: Vec::new(),
            zeros_behind: None,
            rows: RowCounts::default(),
            program: None,
            frames: Frames::default(),
            senders: Senders::default(),
        }
    }
}

impl StreamState {
    /// Says what is unusual in the stream, and what is missing of it.
    fn tell(&self, name: &str, tally: &mut Tally) {
        let odd = self.odd.iter().map(|odd| {
            let more = match odd.n {
                1 => String::new(),
                n => format!(", the first of {n}"),
            };
            (format!("{name}:{}: {}{more}", odd.line, odd.what), odd.is_missing)
        });
        for (sentence, is_missing) in odd.chain(self.frames.sentences(name)) {
            let told = if is_missing { &mut tally.incomplete } else { &mut tally.notes };
            told.push(sentence);
        }
        if self.zeros_behind.is_some_and(|before| before < self.n_values) {
            tally.incomplete.push(format!(
                "{name} has bytes of zeros between documents, where others may not have been written"
            ));
        }
        if let Some(missing) = self.rows.missing() {
            tally.incomplete.push(format!("{name}: {missing}"));
        }
        tally.notes.extend(self.senders.sentences(name));
    }
}

/// The pages of one search.
struct Answers {
    first: Position,
    n_hits: u64,
    total: Option<u64>,
    /// There are at least as many hits as this number, at which the server stopped to
    /// count.
    more_than: Option<u64>,
    /// All pages with hits are of a scroll, and ended early: the first one, too.
    ended_early: bool,
}

impl Answers {
    fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| total > 0 && self.n_hits >= total)
    }

    /// Compares the hits with a lower bound of their number: fewer are surely not all,
    /// as many may be.
    fn compare_with_bound(&self, bound: u64, tally: &mut Tally) {
        match bound.checked_sub(self.n_hits) {
            None => {}
            Some(0) if bound == 0 => {}
            Some(0) => tally.notes.push(format!(
                "{} belongs to a search that stopped counting at {bound} documents; {} are here",
                self.first, self.n_hits
            )),
            Some(n) => {
                let are = if n == 1 { "is" } else { "are" };
                tally.incomplete.push(format!(
                    "{} belongs to a search that found at least {bound} documents, of which {n} or more {are} not here",
                    self.first
                ));
            }
        }
    }
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
        Self {
            streams,
            member: None,
            stream: StreamState::new(),
            answers: BTreeMap::new(),
            n_alone: 0,
        }
    }

    /// Documents read so far from the current stream.
    pub(crate) fn n_values(&self) -> u64 {
        self.stream.n_values
    }

    /// Name of a stream, or of the member of an archive in it.
    pub(crate) fn name(&self, stream: usize) -> Arc<str> {
        self.member.clone().unwrap_or_else(|| self.streams[stream].name.into())
    }

    /// A member of an archive begins.
    pub(crate) fn member(&mut self, name: String) {
        self.member = Some(name.into());
    }

    /// A member of an archive is not read.
    pub(crate) fn refused(&mut self, stream: usize, why: &str, tally: &mut Tally) {
        self.stream.is_empty = false;
        tally.incomplete.push(format!("{} {why}", self.name(stream)));
    }

    fn position(&self, stream: usize, line: u64) -> Position {
        Position { file: (*self.name(stream)).to_owned(), line }
    }

    /// Accumulates a block of a stream.
    pub(crate) fn block(&mut self, stream: usize, parsed: &Parsed, tally: &mut Tally) {
        self.stream.is_empty = false;
        // Zeros may be left before and behind what was written, of a block of a device.
        let mut zeros = parsed.zeros_behind.iter().map(|before| self.stream.n_values + before);
        self.stream.zeros_behind = self.stream.zeros_behind.or(zeros.find(|before| *before > 0));
        self.stream.n_values += parsed.n_values;
        for skipped in &parsed.skipped {
            let first = match skipped.cause {
                NotAFlow::NotJson => &mut self.stream.not_json,
                NotAFlow::NotARow => &mut self.stream.not_a_row,
                _ => continue,
            };
            if let (None, Some(reason)) = (&first, &skipped.reason) {
                *first = Some((skipped.line, reason.clone()));
            }
        }
        if let Some(line) = parsed.breaks_off {
            let position = self.position(stream, line);
            tally.incomplete.push(format!("{position} breaks off in this line"));
        }
        for page in &parsed.pages {
            self.page(stream, page, tally);
        }
        self.stream.rows.add(&parsed.rows);
        for odd in &parsed.odd {
            odd.clone().join(&mut self.stream.odd);
        }
        self.stream.program = self.stream.program.or(parsed.program);
        self.stream.frames.merge(&parsed.frames);
        self.stream.senders.merge(&parsed.senders);
        if self.stream.server_error.is_none() {
            self.stream.server_error.clone_from(&parsed.server_error);
        }
    }

    fn page(&mut self, stream: usize, page: &PageFacts, tally: &mut Tally) {
        let first = self.position(stream, page.line);
        for missing in &page.missing {
            tally.incomplete.push(format!("{first} is an answer {missing}"));
        }
        if page.breaks_off {
            let total = page.total.map(|total| format!(" of {total}")).unwrap_or_default();
            let (hits, are) = if page.n_hits == 1 { ("hit", "is") } else { ("hits", "are") };
            tally.incomplete.push(format!(
                "{first} breaks off: {} whole {hits}{total} {are} there",
                page.n_hits
            ));
        }
        let (search, line) = match &page.scroll_id {
            Some(id) => (id.clone(), 0),
            None => {
                ((*self.name(stream)).to_owned(), if page.is_alone { self.next_alone() } else { 0 })
            }
        };
        // Without the id of a scroll, what comes after all hits of a search belongs
        // to the next one.
        if page.scroll_id.is_none() && page.n_hits > 0 {
            let key = (search.clone(), line);
            if self.answers.get(&key).is_some_and(Answers::is_whole) {
                self.answers.remove(&key);
            }
        }
        let answers = self.answers.entry((search, line)).or_insert(Answers {
            first,
            n_hits: 0,
            total: page.total,
            more_than: page.more_than,
            ended_early: true,
        });
        answers.n_hits += page.n_hits;
        answers.ended_early &= page.is_ended_scroll || page.n_hits == 0;
        if page.breaks_off {
            // Already reported; the missing hits are not reported twice.
            (answers.total, answers.more_than) = (None, None);
        }
    }

    fn next_alone(&mut self) -> u64 {
        self.n_alone += 1;
        self.n_alone
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
        let (name, expected) = (self.name(stream), self.streams[stream].expected);
        let member = self.member.take();
        let is_archive = member.as_deref() == Some(self.streams[stream].name);
        let state = std::mem::replace(&mut self.stream, StreamState::new());
        let has_damage = damage.is_some();
        if let Some(damage) = damage {
            tally.incomplete.push(format!("{name} {damage}"));
        }
        if state.frames.is_foreign() && !has_damage && expected.is_none() && member.is_none() {
            return Err(ReadError::NoDatagrams { name: name.to_string(), met: state.frames.met() });
        }
        state.tell(&name, tally);
        if let Some((line, error)) = state.server_error {
            if state.n_values == 0 && member.is_none() {
                let (ServerError { kind, reason }, name) = (error, (*name).to_owned());
                return Err(ReadError::ServerError { name, line, kind, reason });
            }
            tally.incomplete.push(format!(
                "{name}:{line} is a server's error instead of an answer ({}: {})",
                error.kind, error.reason
            ));
        }
        if state.n_values == 0
            && !has_damage
            && member.is_none()
            && let Some((line, reason)) = state.not_json
        {
            let name = (*name).to_owned();
            return Err(match state.program {
                Some((what, advice)) => ReadError::OfOthers { name, what, advice },
                None => ReadError::NoJson { name, line, reason },
            });
        }
        if state.rows.are_all_wrong()
            && let Some((line, reason)) = state.not_a_row
        {
            let why = format!("no row of this csv is a flow; of the first one: {reason}");
            return Err(ReadError::NoRows { name: name.to_string(), line, why });
        }
        if state.is_empty && !has_damage && expected.is_none() && !is_archive {
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
            if answers.ended_early && answers.n_hits > 0 {
                tally.incomplete.push(format!(
                    "{} belongs to a scroll of which each page ended early: its first page is not here, or it was given a number of documents",
                    answers.first
                ));
            }
            if let Some(more_than) = answers.more_than {
                answers.compare_with_bound(more_than, tally);
            }
            if let Some(total) = answers.total
                && answers.n_hits < total
            {
                let missing = match total - answers.n_hits {
                    1 => "1 is".to_owned(),
                    n => format!("{n} are"),
                };
                tally.incomplete.push(format!(
                    "{} belongs to a search that found {total} documents, of which {missing} not here",
                    answers.first
                ));
            }
        }
    }
}

//! Takes in what blocks held, in the order of the sources: finds duplicates,
//! counts what is skipped, and notices what is missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowkit_model::NotAFlow;
use flowkit_model::document::server_error::ServerError;

use super::ReadOptions;
use crate::columns::{Batch, FieldSet};
use crate::duplicates::{Copy, Seen};
use crate::error::ReadError;
use crate::input::parse::{Odd, PageFacts, Parsed};
use crate::input::shapes::Shapes;
use crate::input::{self, Opened, Piece, Source};
use crate::tally::{Position, Tally};

/// The state of a scan between its blocks.
pub(crate) struct Absorber<'s> {
    streams: Vec<Opened<'s>>,
    options: ReadOptions,
    seen: Seen,
    tally: Tally,
    /// Of the stream being read.
    stream: StreamState,
    /// Answers by the scroll they belong to, or by their stream.
    answers: BTreeMap<String, Answers>,
}

/// The error for what may not be skipped.
fn strict(position: String, cause: NotAFlow, reason: Option<&str>) -> ReadError {
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    ReadError::Strict { position, what: format!("{}{reason}", cause.text()) }
}

/// What is known of a stream so far.
#[derive(Default)]
struct StreamState {
    n_values: u64,
    not_json: Option<(u64, String)>,
    server_error: Option<(u64, ServerError)>,
    is_empty: bool,
    odd: Vec<Odd>,
}

/// Pages of one search.
struct Answers {
    first: Position,
    n_hits: u64,
    total: Option<u64>,
}

impl<'s> Absorber<'s> {
    pub(crate) fn new(sources: &'s [Source], options: ReadOptions) -> Self {
        Self {
            streams: input::streams(sources),
            options,
            seen: Seen::default(),
            tally: Tally::of_sources(sources),
            stream: StreamState { is_empty: true, ..StreamState::default() },
            answers: BTreeMap::new(),
        }
    }

    /// Documents of the stream at hand that were read so far.
    pub(crate) fn n_values(&self) -> u64 {
        self.stream.n_values
    }

    /// What was met so far; goes on with nothing but the documents that it
    /// knows.
    pub(crate) fn next(&mut self) -> Tally {
        let streams = std::mem::take(&mut self.streams);
        let (seen, options) = (std::mem::take(&mut self.seen), self.options);
        let next = Self { streams: streams.clone(), seen, ..Self::new(&[], options) };
        Self { streams, ..std::mem::replace(self, next) }.finish()
    }

    /// Takes in a block of a stream; gives its flows without copies.
    pub(crate) fn block(&mut self, stream: usize, parsed: Parsed) -> Result<Batch, ReadError> {
        let position = |line| Position { file: self.streams[stream].name.to_owned(), line };
        self.stream.is_empty = false;
        self.stream.n_values += parsed.n_values;
        self.tally.quality.merge(&parsed.quality);
        self.tally.sequences.merge(&parsed.sequences);
        for skipped in parsed.skipped {
            let first = position(skipped.line);
            if self.options.strict {
                return Err(strict(first.to_string(), skipped.cause, skipped.reason.as_deref()));
            }
            if skipped.cause == NotAFlow::NotJson
                && let (None, Some(reason)) = (&self.stream.not_json, &skipped.reason)
            {
                self.stream.not_json = Some((skipped.line, reason.clone()));
            }
            self.tally.skip(skipped.cause, skipped.n, first, skipped.reason);
        }
        if let Some(line) = parsed.breaks_off {
            self.tally.incomplete.push(format!("{} breaks off in this line", position(line)));
        }
        for page in parsed.pages {
            self.page(stream, page);
        }
        for odd in parsed.odd {
            match self.stream.odd.iter_mut().find(|known| known.kind == odd.kind) {
                Some(known) => known.n += odd.n,
                None => self.stream.odd.push(odd),
            }
        }
        if self.stream.server_error.is_none() {
            self.stream.server_error = parsed.server_error;
        }
        self.without_copies(stream, parsed.batch, &parsed.identities)
    }

    /// Takes in a stream that has columns: what was met when they were made.
    pub(super) fn stored(&mut self, tally: &Tally) -> Result<(), ReadError> {
        if let (true, Some(first)) =
            (self.options.strict, tally.skipped.iter().min_by_key(|skipped| skipped.first.line))
        {
            return Err(strict(first.first.to_string(), first.cause, first.reason.as_deref()));
        }
        for skipped in &tally.skipped {
            let (first, reason) = (skipped.first.clone(), skipped.reason.clone());
            self.tally.skip(skipped.cause, skipped.n, first, reason);
        }
        self.tally.incomplete.extend_from_slice(&tally.incomplete);
        self.tally.notes.extend_from_slice(&tally.notes);
        self.tally.quality.merge(&tally.quality);
        self.tally.sequences.merge(&tally.sequences);
        let duplicates = &mut self.tally.duplicates;
        duplicates.n += tally.duplicates.n;
        duplicates.conflicting += tally.duplicates.conflicting;
        if duplicates.first.is_none() {
            duplicates.first.clone_from(&tally.duplicates.first);
        }
        Ok(())
    }

    /// Learns which documents a source holds, without taking them in.
    pub(crate) fn know(&mut self, source: &Source) -> Result<(), ReadError> {
        let (dictionary, shapes) = (Arc::default(), Shapes::default());
        let sources = std::slice::from_ref(source);
        let mut known = Ok(());
        input::read(
            sources,
            |_| false,
            |_, piece| {
                if let Piece::Block(block) = piece {
                    let parsed = Parsed::new(&block, FieldSet::default(), &dictionary, &shapes);
                    let mut identities = parsed.identities.into_iter();
                    known = identities
                        .try_for_each(|(identity, _)| self.seen.take(identity.as_ref()).map(drop));
                }
                known.is_ok()
            },
        )?;
        known.map_err(|source| ReadError::Spill { source })
    }

    fn without_copies(
        &mut self,
        stream: usize,
        mut batch: Batch,
        identities: &[(Option<crate::duplicates::Identity>, u64)],
    ) -> Result<Batch, ReadError> {
        let mut keep = Vec::with_capacity(identities.len());
        for (identity, line) in identities {
            let copy =
                self.seen.take(identity.as_ref()).map_err(|source| ReadError::Spill { source })?;
            keep.push(copy == Copy::First);
            if copy != Copy::First {
                let duplicates = &mut self.tally.duplicates;
                duplicates.n += 1;
                duplicates.conflicting += u64::from(copy == Copy::Conflicting);
                duplicates.first.get_or_insert_with(|| Position {
                    file: self.streams[stream].name.to_owned(),
                    line: *line,
                });
            }
        }
        if keep.contains(&false) {
            batch.retain(&keep);
        }
        Ok(batch)
    }

    fn page(&mut self, stream: usize, page: PageFacts) {
        let first = Position { file: self.streams[stream].name.to_owned(), line: page.line };
        if page.timed_out {
            self.tally.incomplete.push(format!(
                "{first} is an answer that timed out: the server had not looked everywhere"
            ));
        }
        if page.shards_failed {
            self.tally.incomplete.push(format!(
                "{first} is an answer of which some shards failed: their documents are missing"
            ));
        }
        if page.breaks_off {
            let total = page.total.map(|total| format!(" of {total}")).unwrap_or_default();
            self.tally
                .incomplete
                .push(format!("{first} breaks off: {} whole hits{total} are there", page.n_hits));
        }
        let search = page.scroll_id.unwrap_or_else(|| self.streams[stream].name.to_owned());
        let answers =
            self.answers.entry(search).or_insert(Answers { first, n_hits: 0, total: page.total });
        answers.n_hits += page.n_hits;
        if page.breaks_off {
            // Said already; what is missing is not counted twice.
            answers.total = None;
        }
    }

    /// Closes a stream.
    pub(crate) fn end(&mut self, stream: usize, damage: Option<String>) -> Result<(), ReadError> {
        let Opened { name, expected } = self.streams[stream];
        let state = std::mem::replace(
            &mut self.stream,
            StreamState { is_empty: true, ..StreamState::default() },
        );
        let has_damage = damage.is_some();
        if let Some(damage) = damage {
            self.tally.incomplete.push(format!("{name} {damage}"));
        }
        for odd in state.odd {
            let more = match odd.n {
                1 => String::new(),
                n => format!(", the first of {n}"),
            };
            let sentence = format!("{name}:{}: {}{more}", odd.line, odd.what);
            if odd.is_missing {
                self.tally.incomplete.push(sentence);
            } else {
                self.tally.notes.push(sentence);
            }
        }
        if let Some((line, error)) = state.server_error {
            if state.n_values == 0 {
                let ServerError { kind, reason } = error;
                return Err(ReadError::ServerError { name: name.into(), line, kind, reason });
            }
            self.tally.incomplete.push(format!(
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
        if state.is_empty && expected.is_none() {
            self.tally.notes.push(format!("{name} is empty"));
        }
        if let Some(expected) = expected
            && state.n_values != expected
        {
            self.tally
                .incomplete
                .push(format!("{name} has {} of {expected} documents", state.n_values));
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Tally {
        for answers in self.answers.into_values() {
            if let Some(total) = answers.total
                && answers.n_hits < total
            {
                let missing = total - answers.n_hits;
                self.tally.incomplete.push(format!(
                    "{} belongs to a search that found {total} documents, of which {missing} are not here",
                    answers.first
                ));
            }
        }
        self.tally.skipped.sort_by_key(|skipped| skipped.cause);
        self.tally
    }
}

//! Reads sources once and lets a statistic add up what is in them.
//!
//! One thread reads and unpacks; the others turn blocks into batches and add
//! those up, each into sums of its own, which are merged at the end. Between
//! the two, in the order of the sources, one looks for duplicates: which copy
//! is first must not depend on threads.

use std::io;
use std::sync::Arc;

use crate::answer::Answer;
use crate::cache::{self, Prepared};
use crate::columns::{Batch, FieldSet};
use crate::dictionary::Dictionary;
use crate::error::ReadError;
use crate::group::memory::Memory;
use crate::input::parse::Parsed;
use crate::input::shapes::Shapes;
use crate::input::{self, Piece, Source};
use crate::selection::Selection;
use crate::stats::Statistic;
use crate::store::{StoreError, StoredPart};
use crate::tally::{Measures, Tally};

mod absorb;
mod batches;
mod both;
mod completeness;
mod waves;
mod workers;
pub(crate) use absorb::Absorber;
pub use batches::{ask_batches, ask_batches_within};
pub use both::{Side, ask_both, ask_both_batches_within};
pub(crate) use completeness::Completeness;
pub(crate) use waves::{WAVE_BLOCKS, in_waves};
use workers::Workers;

/// How strictly to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// A document that would be skipped is an error.
    pub strict: bool,
    /// Bytes of groups to keep in memory, others go to temporary files; `None`
    /// is [`Memory::default`].
    pub memory: Option<usize>,
}

/// Answers a question about some flows of the sources.
///
/// Parts of dumps are read from their columns, which are made if need be.
///
/// # Errors
/// If a source cannot be read at all; what is missing in parts is in the
/// answer's tally.
pub fn ask<S: Statistic>(
    sources: &[Source],
    statistic: &S,
    selection: &Selection,
    options: ReadOptions,
) -> Result<Answer, ReadError> {
    let shared = Shared::new(options);
    let gathered = gather(sources, statistic, selection, options, &shared)?;
    let answer = shared
        .no_failure(|texts| statistic.answer(gathered.partial, texts, &gathered.heading.tally))?;
    Ok(gathered.heading.over(answer))
}

/// What the questions have in common that are answered together.
pub(crate) struct Shared {
    /// So that a text has the same number in all of them.
    dictionary: Arc<Dictionary>,
    memory: Arc<Memory>,
}

impl Shared {
    fn new(options: ReadOptions) -> Self {
        let memory = options.memory.map_or_else(Memory::default, Memory::of);
        Self { dictionary: Arc::default(), memory: Arc::new(memory) }
    }

    /// What `answer` says, given all texts, unless temporary files could not be
    /// used.
    fn no_failure(
        &self,
        answer: impl FnOnce(&[String]) -> io::Result<Answer>,
    ) -> Result<Answer, ReadError> {
        no_failure(&self.memory, answer(&self.dictionary.texts()))
            .map_err(|source| ReadError::Spill { source })
    }
}

/// What was added up over the flows of some sources.
pub(crate) struct Gathered<P> {
    pub(crate) partial: P,
    pub(crate) heading: Heading,
}

/// What an answer says of the flows that it is over.
#[derive(Debug)]
pub(crate) struct Heading {
    sources: Vec<String>,
    window: Option<(Option<u64>, Option<u64>)>,
    scaled: bool,
    notes: Vec<String>,
    pub(crate) tally: Tally,
}

impl Heading {
    fn new(sources: Vec<String>, selection: &Selection, tally: Tally) -> Self {
        let mut notes = Vec::new();
        if selection.dropped() > 0 {
            notes.push(format!(
                "{} flows were dropped: each is equal to another in every field",
                selection.dropped()
            ));
        }
        let (window, scaled) = (selection.window(), selection.changes().scale_sampling);
        Self { sources, window, scaled, notes, tally }
    }

    /// The same above an answer.
    pub(crate) fn over(self, mut answer: Answer) -> Answer {
        answer.sources = self.sources;
        answer.window = self.window;
        answer.scaled = self.scaled;
        answer.notes.extend(self.notes);
        answer.tally = self.tally;
        answer
    }
}

/// Adds up the flows of some sources; from documents, if columns are damaged.
pub(crate) fn gather<S: Statistic>(
    sources: &[Source],
    statistic: &S,
    selection: &Selection,
    options: ReadOptions,
    shared: &Shared,
) -> Result<Gathered<S::Partial>, ReadError> {
    let adding = Adding { sources, statistic, selection, options, shared };
    let mut prepared = cache::prepare(sources)?;
    loop {
        match adding.up(&prepared)? {
            Ok(gathered) => return Ok(gathered),
            // At most once: then there are no columns that could be damaged.
            Err(damage) => prepared = Prepared::none(sources, &damage),
        }
    }
}

/// A question about some flows.
struct Adding<'a, S> {
    sources: &'a [Source],
    statistic: &'a S,
    selection: &'a Selection,
    options: ReadOptions,
    shared: &'a Shared,
}

impl<S: Statistic> Adding<'_, S> {
    /// Adds up flows, from columns where there are any; the inner error says
    /// which of these are damaged.
    fn up(
        &self,
        prepared: &Prepared,
    ) -> Result<Result<Gathered<S::Partial>, StoreError>, ReadError> {
        let Self { sources, statistic, selection, .. } = *self;
        let Shared { dictionary, memory } = self.shared;
        selection.forget();
        let asked = selection.fields().union(statistic.fields().into_iter().collect());
        let fields = asked.union(Measures::FIELDS.into_iter().collect());
        let mut absorber = Absorber::new(sources, self.options);
        let workers = Workers::new(statistic, selection, memory);
        let reading = Reading { sources, stored: &prepared.parts, fields, dictionary };
        reading.batches(&mut absorber, |batches| workers.add(batches))?;
        if let Err(damage) = workers.add_stored(&prepared.parts, dictionary) {
            return Ok(Err(damage));
        }
        selection.finish().map_err(|source| ReadError::Spill { source })?;
        let mut tally = absorber.finish();
        tally.notes.extend_from_slice(&prepared.notes);
        let partial = workers.finish(&mut tally, fields, &dictionary.texts());
        let names = sources.iter().map(|source| source.name().to_owned()).collect();
        let mut heading = Heading::new(names, selection, tally);
        heading.window = heading.window.or_else(|| common_window(sources));
        Ok(Ok(Gathered { partial, heading }))
    }
}

/// An answer for which temporary files could be used, if any were.
fn no_failure(memory: &Memory, answer: io::Result<Answer>) -> io::Result<Answer> {
    match memory.failure() {
        Some(error) => Err(error),
        None => answer,
    }
}

/// What is read, and how.
pub(crate) struct Reading<'r> {
    pub(crate) sources: &'r [Source],
    /// For each stream, its columns if it has any; those streams are not read.
    pub(crate) stored: &'r [Option<StoredPart>],
    pub(crate) fields: FieldSet,
    pub(crate) dictionary: &'r Arc<Dictionary>,
}

impl Reading<'_> {
    /// Reads all streams that have no columns and hands on their flows, in
    /// order and without copies.
    ///
    /// # Errors
    /// If a source cannot be read.
    pub(crate) fn batches(
        &self,
        absorber: &mut Absorber<'_>,
        mut take: impl FnMut(Vec<Batch>),
    ) -> Result<(), ReadError> {
        let stored = |stream: usize| self.stored.get(stream).and_then(Option::as_ref);
        if self.stored.iter().all(Option::is_some) && !self.stored.is_empty() {
            // No thread is started for what is not read.
            return (0..self.stored.len())
                .filter_map(stored)
                .try_for_each(|part| absorber.stored(&part.tally));
        }
        let shapes = Shapes::default();
        let is_stored: Vec<bool> = self.stored.iter().map(Option::is_some).collect();
        let is_stored = |stream: usize| is_stored.get(stream).copied().unwrap_or(false);
        in_waves(
            |hand_on| input::read(self.sources, is_stored, hand_on),
            |stream, piece| (stream, self.parse(piece, &shapes)),
            |wave| {
                let mut batches = Vec::with_capacity(wave.len());
                for (stream, taken) in wave {
                    match taken {
                        Taken::Block(parsed) => batches.push(absorber.block(stream, *parsed)?),
                        Taken::End(damage) => absorber.end(stream, damage)?,
                        Taken::Stored => {
                            stored(stream).map_or(Ok(()), |part| absorber.stored(&part.tally))?;
                        }
                    }
                }
                take(batches);
                Ok(true)
            },
        )
    }

    fn parse(&self, piece: Piece, shapes: &Shapes) -> Taken {
        match piece {
            Piece::Block(block) => {
                let parsed = Parsed::new(&block, self.fields, self.dictionary, shapes);
                Taken::Block(Box::new(parsed))
            }
            Piece::Datagrams(datagrams) => {
                Taken::Block(Box::new(datagrams.parse(self.fields, self.dictionary)))
            }
            Piece::End { damage } => Taken::End(damage),
            Piece::Stored | Piece::Bytes(..) => Taken::Stored,
        }
    }
}

/// What comes out of a piece of a stream.
enum Taken {
    Block(Box<Parsed>),
    End(Option<String>),
    Stored,
}

/// The window that all sources were fetched with, if they have one in common.
#[must_use]
pub fn common_window(sources: &[Source]) -> Option<(Option<u64>, Option<u64>)> {
    let first = sources.first()?.window()?;
    sources.iter().all(|source| source.window() == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests;

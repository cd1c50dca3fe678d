//! Reads sources once and lets a statistic add up what is in them.
//!
//! One thread reads and unpacks; the others turn blocks into batches and add
//! those up, each into sums of its own, which are merged at the end. Between
//! the two, in the order of the sources, one looks for duplicates: which copy
//! is first must not depend on threads.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Tally};

use crate::batch::dictionary::Dictionary;
use crate::error::ReadError;
use crate::input::Source;
use crate::scan::Reading;
use crate::scan::ingest::Absorber;
use crate::scan::measures::Measures;
use crate::selection::Selection;
use crate::spill::memory::Memory;
use crate::stats::Statistic;
use crate::store::{self, Prepared, StoreError};

pub(crate) mod in_memory;
pub(crate) mod two_sides;
pub(crate) mod workers;
pub use self::in_memory::{ask_batches, ask_batches_within};
pub use self::two_sides::{Side, ask_both, ask_both_batches_within};
use self::workers::Workers;
pub use crate::scan::options::ReadOptions;

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
    match adding.up(&store::prepare(sources)) {
        Err(StoreError::Part(error)) => Err(error),
        Err(damage) => {
            let prepared = Prepared::none(sources, &damage);
            adding.up(&prepared).map_err(|error| match error {
                StoreError::Part(error) => error,
                _ => unreachable!("no columns were read"),
            })
        }
        Ok(gathered) => Ok(gathered),
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
    /// Adds up flows, from columns where there are any.
    fn up(&self, prepared: &Prepared) -> Result<Gathered<S::Partial>, StoreError> {
        let Self { sources, statistic, selection, .. } = *self;
        let Shared { dictionary, memory } = self.shared;
        selection.forget();
        let asked = selection.fields().union(statistic.fields().into_iter().collect());
        let fields = asked.union(Measures::FIELDS.into_iter().collect());
        let mut absorber = Absorber::new(sources, self.options);
        let workers = Workers::new(statistic, selection, memory);
        let reading = Reading { sources, stored: &prepared.parts, fields, dictionary };
        reading.batches(&mut absorber, |batches| workers.add(batches))?;
        workers.add_stored(&prepared.parts, dictionary)?;
        selection.finish().map_err(|source| ReadError::Spill { source })?;
        let mut tally = absorber.finish();
        tally.notes.extend_from_slice(&prepared.notes);
        let partial = workers.finish(&mut tally, fields, &dictionary.texts());
        let names = sources.iter().map(|source| source.name().to_owned()).collect();
        let mut heading = Heading::new(names, selection, tally);
        heading.window = heading.window.or_else(|| common_window(sources));
        Ok(Gathered { partial, heading })
    }
}

/// An answer for which temporary files could be used, if any were.
fn no_failure(memory: &Memory, answer: io::Result<Answer>) -> io::Result<Answer> {
    match memory.failure() {
        Some(error) => Err(error),
        None => answer,
    }
}

/// The window that all sources were fetched with, if they have one in common.
#[must_use]
pub fn common_window(sources: &[Source]) -> Option<(Option<u64>, Option<u64>)> {
    let first = sources.first()?.window()?;
    sources.iter().all(|source| source.window() == Some(first)).then_some(first)
}

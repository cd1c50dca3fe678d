//! Adds up the flows of some sources: from columns where there are any, else
//! from documents, on all threads.
//!
//! One thread reads and unpacks; the others turn blocks into batches and add
//! those up, each into sums of its own, which are merged at the end.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Tally};
use flowkit_model::window::Span;

use super::select::common_window;
use super::workers::Workers;
use crate::batch::dictionary::Dictionary;
use crate::cache::{self, Prepared};
use crate::error::ReadError;
use crate::input::Source;
use crate::scan::Reading;
use crate::scan::ingest::Absorber;
use crate::scan::measures::Measures;
use crate::scan::options::ReadOptions;
use crate::selection::Selection;
use crate::spill::memory::Memory;
use crate::statistic::Statistic;
use crate::store::StoreError;

/// What the questions have in common that are answered together.
pub(crate) struct Shared {
    /// So that a text has the same number in all of them.
    dictionary: Arc<Dictionary>,
    memory: Arc<Memory>,
}

impl Shared {
    pub(crate) fn new(options: ReadOptions) -> Self {
        let memory = options.memory.map_or_else(Memory::default, Memory::of);
        Self { dictionary: Arc::default(), memory: Arc::new(memory) }
    }

    /// What `answer` says, given all texts, unless temporary files could not be
    /// used.
    pub(crate) fn no_failure(
        &self,
        answer: impl FnOnce(&[String]) -> io::Result<Answer>,
    ) -> io::Result<Answer> {
        no_failure(&self.memory, answer(&self.dictionary.texts()))
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
    window: Option<Span>,
    scaled: bool,
    notes: Vec<String>,
    pub(crate) tally: Tally,
}

impl Heading {
    /// Of flows that were selected, and how many were dropped as equal to others.
    pub(crate) fn new(
        sources: Vec<String>,
        selection: &Selection,
        dropped: u64,
        tally: Tally,
    ) -> Self {
        let mut notes = Vec::new();
        if dropped > 0 {
            notes.push(format!(
                "{dropped} flows were dropped: each is equal to another in every field"
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
        let run = selection.begin();
        let asked = selection.fields().union(statistic.fields().into_iter().collect());
        let fields = asked.union(Measures::FIELDS.into_iter().collect());
        let mut absorber = Absorber::new(sources, self.options);
        let workers = Workers::new(statistic, &run, memory);
        let reading = Reading { sources, stored: &prepared.parts, fields, dictionary };
        reading.batches(&mut absorber, |batches| workers.add(batches))?;
        if let Err(damage) = workers.add_stored(&prepared.parts, dictionary) {
            return Ok(Err(damage));
        }
        let mut tally = absorber.finish();
        tally.notes.extend_from_slice(&prepared.notes);
        let partial = workers.finish(&mut tally, fields, &dictionary.texts());
        let dropped = run.finish().map_err(|source| ReadError::Spill { source })?;
        let names = sources.iter().map(|source| source.name().to_owned()).collect();
        let mut heading = Heading::new(names, selection, dropped, tally);
        heading.window = heading.window.or_else(|| common_window(sources));
        Ok(Ok(Gathered { partial, heading }))
    }
}

/// An answer for which temporary files could be used, if any were.
pub(crate) fn no_failure(memory: &Memory, answer: io::Result<Answer>) -> io::Result<Answer> {
    match memory.failure() {
        Some(error) => Err(error),
        None => answer,
    }
}

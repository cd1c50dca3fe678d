//! Accumulates the flows of some sources on all threads: from Parquet where there
//! is some, else from documents.
//!
//! One thread reads and decompresses; the others parse blocks into batches and
//! accumulate those, each into a partial result of its own. The partial results
//! are merged at the end.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, OfExporter, Tally};
use flowkit_model::window::Span;

use super::select::common_window;
use super::workers::Workers;
use crate::batch::Rates;
use crate::batch::dictionary::{Codebook, Dictionary};
use crate::cache::{self, Prepared};
use crate::error::ReadError;
use crate::input::Source;
use crate::scan::ingest::Absorber;
use crate::scan::options::ReadOptions;
use crate::scan::{InOrder, Reading};
use crate::selection::Selection;
use crate::spill::memory::Memory;
use crate::statistic::Statistic;
use crate::store::StoreError;

/// What questions share that are answered together, as the sides of a diff.
pub(crate) struct Shared {
    /// Shared so that a text has one code in all of them.
    dictionary: Arc<Dictionary>,
    memory: Arc<Memory>,
}

impl Shared {
    pub(crate) fn new(options: ReadOptions) -> Self {
        let memory = options.memory.map_or_else(Memory::default, Memory::of);
        Self { dictionary: Arc::default(), memory: Arc::new(memory) }
    }

    /// The result of `answer`, given all texts, or the error if spilling has
    /// failed.
    pub(crate) fn or_spill_error<E: From<io::Error>>(
        &self,
        answer: impl FnOnce(&Codebook) -> Result<Answer, E>,
    ) -> Result<Answer, E> {
        or_spill_error(&self.memory, answer(&self.dictionary.codebook()))
    }
}

/// The result accumulated over the flows of some sources.
pub(crate) struct Gathered<P> {
    pub(crate) partial: P,
    pub(crate) metadata: AnswerMetadata,
}

/// What an answer says about the flows that it covers.
#[derive(Debug)]
pub(crate) struct AnswerMetadata {
    sources: Vec<String>,
    window: Option<Span>,
    scaled: bool,
    notes: Vec<String>,
    pub(crate) tally: Tally,
}

impl AnswerMetadata {
    /// Of the selected flows; `dropped` is the number of duplicates.
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

    /// Names the exporters that sample and whose flows were not scaled, though that was
    /// asked for.
    fn uncorrected(&mut self, selection: &Selection, is_told: bool) {
        if !selection.changes().scale_sampling {
            return;
        }
        for (exporter, stated) in &self.tally.sampling {
            let told = self.tally.exporters.get(exporter.as_deref());
            let Some((least, most)) = told.and_then(OfExporter::intervals) else { continue };
            let is_one = told.is_some_and(|of| of.interval().is_some()) && exporter.is_some();
            if stated.is_some_and(|stated| stated.most > 1) || most <= 1 || (is_one && is_told) {
                continue;
            }
            let why = if is_one {
                "what is read only once cannot be corrected by them; save it to a file"
            } else {
                "of which rate a flow is, it does not say"
            };
            let rate =
                if least == most { format!("1:{most}") } else { format!("1:{least} to 1:{most}") };
            self.notes.push(format!(
                "{} is sampled {rate} by its options records and was not corrected for it: {why}",
                exporter.as_deref().unwrap_or("the unknown exporter")
            ));
        }
    }

    /// Adds the metadata to an answer.
    pub(crate) fn apply_to(self, mut answer: Answer) -> Answer {
        answer.sources = self.sources;
        answer.window = self.window;
        answer.scaled = self.scaled;
        answer.notes.extend(self.notes);
        answer.tally = self.tally;
        answer
    }
}

/// Accumulates the flows of some sources; from documents, if a Parquet file is
/// damaged.
pub(crate) fn gather<S: Statistic>(
    sources: &[Source],
    statistic: &S,
    selection: &Selection,
    options: ReadOptions,
    shared: &Shared,
) -> Result<Gathered<S::Partial>, ReadError> {
    let job = Job { sources, statistic, selection, options, shared };
    let mut prepared = cache::prepare(sources)?;
    let mut told = Rates::default();
    loop {
        match job.run(&prepared, &told)? {
            Ok(mut gathered) => {
                let known = job.told(&gathered.metadata.tally);
                // What options records tell is known at the end: a second time through.
                if known != told && sources.iter().all(|source| source.pipe().is_none()) {
                    told = known;
                    continue;
                }
                gathered.metadata.uncorrected(selection, known == told);
                return Ok(gathered);
            }
            // At most once: without Parquet files there are none that could be
            // damaged.
            Err(damage) => prepared = Prepared::none(sources, &damage),
        }
    }
}

/// A statistic to be computed over some flows.
struct Job<'a, S> {
    sources: &'a [Source],
    statistic: &'a S,
    selection: &'a Selection,
    options: ReadOptions,
    shared: &'a Shared,
}

impl<S: Statistic> Job<'_, S> {
    /// The sampling intervals that options records tell, if counters are to be scaled.
    fn told(&self, tally: &Tally) -> Rates {
        if self.selection.changes().scale_sampling {
            Rates::told(tally, &self.shared.dictionary)
        } else {
            Rates::default()
        }
    }

    /// Runs the statistic, from Parquet where there is some; the inner error is
    /// that of a damaged Parquet file.
    fn run(
        &self,
        prepared: &Prepared,
        told: &Rates,
    ) -> Result<Result<Gathered<S::Partial>, StoreError>, ReadError> {
        let Self { sources, statistic, selection, .. } = *self;
        let Shared { dictionary, memory } = self.shared;
        let run = selection.begin_with(told.clone());
        let mut absorber = Absorber::new(sources, self.options);
        let workers = Workers::new(statistic, &run, memory);
        let fields = workers.fields();
        let reading =
            Reading { sources, stored: &prepared.parts, fields, dictionary, is_judged: true };
        let mut stored = Ok(());
        if statistic.is_ordered() {
            reading.in_order(&mut absorber, |found| {
                match found {
                    InOrder::Batches(batches) => workers.add(batches),
                    InOrder::Stored(part) => stored = workers.add_stored(&[part], dictionary),
                }
                stored.is_ok()
            })?;
        } else {
            reading.batches(&mut absorber, |batches| workers.add(batches))?;
            let parts: Vec<_> = prepared.parts.iter().flatten().collect();
            stored = workers.add_stored(&parts, dictionary);
        }
        if let Err(damage) = stored {
            return Ok(Err(damage));
        }
        let mut tally = absorber.finish();
        selection.of_engines(&mut tally);
        tally.notes.extend_from_slice(&prepared.notes);
        let partial = workers.finish(&mut tally, &dictionary.codebook());
        let dropped = run.finish().map_err(|source| ReadError::Spill { source })?;
        let names = sources.iter().map(|source| source.name().to_owned()).collect();
        let mut metadata = AnswerMetadata::new(names, selection, dropped, tally);
        metadata.window = metadata.window.or_else(|| common_window(sources));
        Ok(Ok(Gathered { partial, metadata }))
    }
}

/// The answer, or the error if spilling has failed.
pub(crate) fn or_spill_error<E: From<io::Error>>(
    memory: &Memory,
    answer: Result<Answer, E>,
) -> Result<Answer, E> {
    match memory.failure() {
        Some(error) => Err(error.into()),
        None => answer,
    }
}

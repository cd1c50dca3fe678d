//! Reads sources once and lets a statistic add up what is in them.
//!
//! One thread reads and unpacks; the others turn blocks into batches and add
//! those up, each into sums of its own, which are merged at the end. Between
//! the two, in the order of the sources, one looks for duplicates: which copy
//! is first must not depend on threads.

use std::io;
use std::sync::Arc;

use crate::answer::Answer;
use crate::columns::{Batch, FieldSet};
use crate::dictionary::Dictionary;
use crate::error::ReadError;
use crate::group::memory::Memory;
use crate::input::parse::Parsed;
use crate::input::shapes::Shapes;
use crate::input::{self, Piece, Source};
use crate::selection::Selection;
use crate::stats::Statistic;
use crate::store::{self, Prepared, StoreError, StoredPart};
use crate::tally::{Measures, Tally};

mod absorb;
mod waves;
mod workers;
pub(crate) use absorb::Absorber;
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
    selection.forget();
    let prepared = store::prepare(sources);
    match answer(sources, &prepared, statistic, selection, options) {
        Err(StoreError::Part(error)) => Err(error),
        Err(damage) => {
            selection.forget();
            let prepared = Prepared::none(sources, &damage);
            answer(sources, &prepared, statistic, selection, options).map_err(|error| match error {
                StoreError::Part(error) => error,
                _ => unreachable!("no columns were read"),
            })
        }
        Ok(answer) => Ok(answer),
    }
}

/// Answers from columns where there are any.
fn answer<S: Statistic>(
    sources: &[Source],
    prepared: &Prepared,
    statistic: &S,
    selection: &Selection,
    options: ReadOptions,
) -> Result<Answer, StoreError> {
    let asked = selection.fields().union(statistic.fields().into_iter().collect());
    let fields = asked.union(Measures::FIELDS.into_iter().collect());
    let dictionary = Arc::new(Dictionary::default());
    let mut absorber = Absorber::new(sources, options);
    let memory = Arc::new(options.memory.map_or_else(Memory::default, Memory::of));
    let workers = Workers::new(statistic, selection, &memory);
    let reading = Reading { sources, stored: &prepared.parts, fields, dictionary: &dictionary };
    reading.batches(&mut absorber, |batches| workers.add(batches))?;
    workers.add_stored(&prepared.parts, asked, &dictionary)?;
    let mut tally = absorber.finish();
    tally.notes.extend_from_slice(&prepared.notes);
    let texts = dictionary.texts();
    let partial = workers.finish(&mut tally, fields, &texts);
    let mut answer = no_failure(&memory, statistic.answer(partial, &texts, &tally))
        .map_err(|source| StoreError::Part(ReadError::Spill { source }))?;
    answer.sources = sources.iter().map(|source| source.name().to_owned()).collect();
    answer.window = selection.window().or_else(|| common_window(sources));
    answer.scaled = selection.changes().scale_sampling;
    if selection.dropped() > 0 {
        answer.notes.push(format!(
            "{} flows were dropped: each is equal to another in every field",
            selection.dropped()
        ));
    }
    answer.tally = tally;
    Ok(answer)
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

/// Answers a question about flows that are in memory. All batches have one
/// dictionary, and the fields that the question reads.
///
/// # Panics
/// Never: without a budget nothing goes to temporary files.
#[must_use]
pub fn ask_batches<S: Statistic>(
    batches: Vec<Batch>,
    statistic: &S,
    selection: &Selection,
) -> Answer {
    ask_batches_within(batches, statistic, selection, Memory::of(usize::MAX))
        .expect("no temporary file is used")
}

/// The same with a budget for groups.
///
/// # Errors
/// If temporary files cannot be used.
pub fn ask_batches_within<S: Statistic>(
    batches: Vec<Batch>,
    statistic: &S,
    selection: &Selection,
    memory: Memory,
) -> io::Result<Answer> {
    selection.forget();
    let asked = selection.fields().union(statistic.fields().into_iter().collect());
    let fields = asked.union(Measures::FIELDS.into_iter().collect());
    let texts = batches.first().map(|batch| batch.dictionary().texts()).unwrap_or_default();
    let memory = Arc::new(memory);
    let workers = Workers::new(statistic, selection, &memory);
    workers.add(batches);
    let mut tally = Tally::default();
    let partial = workers.finish(&mut tally, fields, &texts);
    let mut answer = no_failure(&memory, statistic.answer(partial, &texts, &tally))?;
    answer.window = selection.window();
    answer.scaled = selection.changes().scale_sampling;
    answer.tally = tally;
    Ok(answer)
}

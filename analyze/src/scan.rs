//! Reads sources once and lets a statistic add up what is in them.
//!
//! One thread reads and unpacks; the others turn blocks into batches and add
//! those up, each into sums of its own, which are merged at the end. Between
//! the two, in the order of the sources, one looks for duplicates: which copy
//! is first must not depend on threads.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rayon::prelude::*;

use crate::answer::Answer;
use crate::columns::{Batch, FieldSet};
use crate::dictionary::Dictionary;
use crate::error::ReadError;
use crate::input::parse::Parsed;
use crate::input::{self, Piece, Source};
use crate::selection::Selection;
use crate::stats::Statistic;
use crate::tally::{Measures, Tally};

mod absorb;
use absorb::Absorber;

/// How strictly to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// A document that would be skipped is an error.
    pub strict: bool,
}

/// Answers a question about some flows of the sources.
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
    let fields: FieldSet = statistic.fields().into_iter().chain(Measures::FIELDS).collect();
    let fields = fields.union(selection.fields());
    let dictionary = Arc::new(Dictionary::default());
    let mut absorber = Absorber::new(sources, options);
    let workers = Workers::new(statistic, selection);
    thread::scope(|scope| {
        // Some blocks ahead, so that reading and parsing overlap.
        let (sender, receiver) = sync_channel(WAVE_BLOCKS);
        let reader = scope.spawn(move || {
            input::read(sources, |stream, piece| sender.send((stream, piece)).is_ok())
        });
        while let Some(wave) = next_wave(&receiver) {
            let read = |(stream, piece)| match piece {
                Piece::Block(block) => (stream, Ok(Parsed::new(&block, fields, &dictionary))),
                Piece::End { damage } => (stream, Err(damage)),
            };
            // A small file needs no thread pool, and is done before one starts.
            let parsed: Vec<_> = if wave.len() <= SMALL_WAVE {
                wave.into_iter().map(read).collect()
            } else {
                wave.into_par_iter().map(read).collect()
            };
            let batches = parsed
                .into_iter()
                .map(|(stream, parsed)| match parsed {
                    Ok(parsed) => absorber.block(stream, parsed).map(Some),
                    Err(damage) => absorber.end(stream, damage).map(|()| None),
                })
                .collect::<Result<Vec<_>, _>>()?;
            workers.add(batches.into_iter().flatten().collect());
        }
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let mut tally = absorber.finish();
    let texts = dictionary.texts();
    let partial = workers.finish(&mut tally, fields, &texts);
    let mut answer = statistic.answer(partial, &texts, &tally);
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

/// Blocks that are parsed side by side.
const WAVE_BLOCKS: usize = 16;
/// Up to so many pieces are read on the spot: a block and its end.
const SMALL_WAVE: usize = 2;

/// All that is there, or waits for some; `None` at the end.
fn next_wave(receiver: &Receiver<(usize, Piece)>) -> Option<Vec<(usize, Piece)>> {
    let mut wave = vec![receiver.recv().ok()?];
    while wave.len() < WAVE_BLOCKS {
        let Ok(piece) = receiver.recv() else { break };
        wave.push(piece);
    }
    Some(wave)
}

/// The window that all sources were fetched with, if they have one in common.
#[must_use]
pub fn common_window(sources: &[Source]) -> Option<(Option<u64>, Option<u64>)> {
    let first = sources.first()?.window()?;
    sources.iter().all(|source| source.window() == Some(first)).then_some(first)
}

/// Sums under way, one set for each thread.
struct Workers<'s, S: Statistic> {
    statistic: &'s S,
    selection: &'s Selection,
    states: Vec<State<S>>,
}

/// What one thread has added up, once it has begun.
type State<S> = Mutex<Option<(<S as Statistic>::Partial, Measures)>>;

impl<'s, S: Statistic> Workers<'s, S> {
    fn new(statistic: &'s S, selection: &'s Selection) -> Self {
        // One for each thread of the pool, and one for the thread outside it.
        let threads = thread::available_parallelism().map_or(1, usize::from).max(MAX_THREADS);
        Self { statistic, selection, states: (0..=threads).map(|_| Mutex::new(None)).collect() }
    }

    fn add(&self, batches: Vec<Batch>) {
        let add = |mut batch: Batch| {
            self.selection.apply(&mut batch);
            let thread = rayon::current_thread_index().map_or(0, |index| index + 1);
            let state = &self.states[thread % self.states.len()];
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let (partial, measures) =
                state.get_or_insert_with(|| (self.statistic.start(), Measures::default()));
            measures.add(&batch);
            self.statistic.add(partial, &batch);
        };
        if batches.len() < SMALL_WAVE {
            batches.into_iter().for_each(add);
        } else {
            batches.into_par_iter().for_each(add);
        }
    }

    fn finish(self, tally: &mut Tally, fields: FieldSet, texts: &[String]) -> S::Partial {
        let states = self.states.into_iter();
        let mut states =
            states.filter_map(|state| state.into_inner().unwrap_or_else(PoisonError::into_inner));
        let (mut partial, mut measures) =
            states.next().unwrap_or_else(|| (self.statistic.start(), Measures::default()));
        for (other, counts) in states {
            self.statistic.merge(&mut partial, other);
            measures.merge(counts);
        }
        measures.finish(tally, fields, texts);
        partial
    }
}

/// A pool with more threads than this shares states, which is right but slow.
const MAX_THREADS: usize = 64;

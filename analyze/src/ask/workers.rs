//! Adds up batches on all threads, each into sums of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flowkit_model::FieldId;
use flowkit_model::answer::Tally;
use rayon::prelude::*;

use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::scan::measures::Measures;
use crate::scan::waves::SMALL_WAVE;
use crate::selection::Run;
use crate::spill::memory::Memory;
use crate::statistic::Statistic;
use crate::store::{Buffers, ColumnFile, Request, StoreError, StoredPart};

/// Sums under way, one set for each thread.
pub(crate) struct Workers<'s, S: Statistic> {
    statistic: &'s S,
    run: &'s Run<'s>,
    memory: &'s Arc<Memory>,
    states: Vec<State<S>>,
}

/// What one thread has added up, once it has begun.
type State<S> = Mutex<Option<Sums<<S as Statistic>::Partial>>>;

/// Sums under way, and memory to read into.
struct Sums<P> {
    partial: P,
    measures: Measures,
    spare: Buffers,
}

impl<'s, S: Statistic> Workers<'s, S> {
    pub(crate) fn new(statistic: &'s S, run: &'s Run<'s>, memory: &'s Arc<Memory>) -> Self {
        // One for each thread of the pool, and one for the thread outside it.
        let threads = thread::available_parallelism().map_or(1, usize::from).max(MAX_THREADS);
        let states = (0..=threads).map(|_| Mutex::new(None)).collect();
        Self { statistic, run, memory, states }
    }

    fn nothing(&self) -> Sums<S::Partial> {
        Sums {
            partial: self.statistic.start(self.memory),
            measures: Measures::default(),
            spare: Buffers::default(),
        }
    }

    /// Lets `work` add to the sums of the thread it runs on.
    fn on_this_thread<T>(&self, work: impl FnOnce(&mut Sums<S::Partial>) -> T) -> T {
        let thread = rayon::current_thread_index().map_or(0, |index| index + 1);
        let state = &self.states[thread % self.states.len()];
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        work(state.get_or_insert_with(|| self.nothing()))
    }

    /// Adds the flows of parts that have columns, one row group a task.
    ///
    /// What a part holds as a whole is known; if all of it is asked for, it
    /// need not be counted again.
    pub(crate) fn add_stored(
        &self,
        parts: &[Option<StoredPart>],
        dictionary: &Arc<Dictionary>,
    ) -> Result<(), StoreError> {
        let selection = self.run.selection();
        let is_whole = selection.is_whole();
        let counters: FieldSet = [FieldId::Packets, FieldId::Bytes].into_iter().collect();
        let measured = if is_whole { counters } else { Measures::FIELDS.into_iter().collect() };
        // Flows that are changed are read whole before the filter sees them.
        let filter = selection.early_filter();
        let early = if filter.is_some() { FieldSet::default() } else { selection.fields() };
        let columns = measured.union(early);
        let coded = self.statistic.dictionary_key().filter(|field| !columns.contains(*field));
        let asked = self.statistic.fields().into_iter().filter(|field| Some(*field) != coded);
        let columns = columns.union(asked.collect());
        let request = Request { columns, coded, filter, dictionary };
        let mut groups = Vec::new();
        for part in parts.iter().flatten() {
            if is_whole {
                self.on_this_thread(|sums| {
                    sums.measures.merge(Measures::of_tally(&part.tally, dictionary));
                });
            }
            let read = part.file.groups_that_may_match(|bounds| selection.may_match(bounds));
            groups.extend(read.map(|group| (&part.file, group)));
        }
        let add = |(file, group): (&ColumnFile, usize)| {
            self.on_this_thread(|Sums { partial, measures, spare }| {
                file.read(group, &request, spare, |batch| {
                    if filter.is_none() {
                        self.run.apply(batch);
                    }
                    if !is_whole {
                        measures.add(batch);
                    }
                    self.statistic.add(partial, batch);
                })?;
                self.statistic.finish_row_group(partial);
                Ok(())
            })
        };
        if groups.len() < SMALL_WAVE {
            groups.into_iter().try_for_each(add)
        } else {
            groups.into_par_iter().try_for_each(add)
        }
    }

    pub(crate) fn add(&self, batches: Vec<Batch>) {
        let add = |mut batch: Batch| {
            self.run.apply(&mut batch);
            self.on_this_thread(|Sums { partial, measures, .. }| {
                measures.add(&batch);
                self.statistic.add(partial, &batch);
            });
        };
        if batches.len() < SMALL_WAVE {
            batches.into_iter().for_each(add);
        } else {
            batches.into_par_iter().for_each(add);
        }
    }

    pub(crate) fn finish(
        self,
        tally: &mut Tally,
        fields: FieldSet,
        texts: &[String],
    ) -> S::Partial {
        let nothing = self.nothing();
        let states = self.states.into_iter();
        let mut states =
            states.filter_map(|state| state.into_inner().unwrap_or_else(PoisonError::into_inner));
        let Sums { mut partial, mut measures, .. } = states.next().unwrap_or(nothing);
        for other in states {
            self.statistic.merge(&mut partial, other.partial);
            measures.merge(other.measures);
        }
        measures.finish(tally, fields, texts);
        partial
    }
}

/// A pool with more threads than this shares states, which is right but slow.
const MAX_THREADS: usize = 64;

//! Accumulates batches on all threads, each into a partial result of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flowkit_model::FieldId;
use flowkit_model::answer::Tally;

use crate::batch::dictionary::Codebook;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::filter::Filter;
use crate::quality::times::Times;
use crate::scan::batch_tally::BatchTally;
use crate::scan::waves::SMALL_WAVE;
use crate::selection::Run;
use crate::spill::memory::Memory;
use crate::statistic::{Place, Statistic};
use crate::store::{Buffers, ColumnFile, Request, StoreError, StoredPart};
use crate::threads::{map, try_each};

/// The partial results, one per thread.
pub(crate) struct Workers<'s, S: Statistic> {
    statistic: &'s S,
    run: &'s Run<'s>,
    memory: &'s Arc<Memory>,
    /// The answer uses first or last: the quality of times is measured.
    with_times: bool,
    states: Vec<State<S>>,
    /// How many blocks and row groups were given places.
    blocks: AtomicU64,
}

/// The partial result of a thread, once it has begun.
type State<S> = Mutex<Option<ThreadState<<S as Statistic>::Partial>>>;

/// The partial result and the read buffers of a thread.
struct ThreadState<P> {
    partial: P,
    measures: BatchTally,
    buffers: Buffers,
}

impl<'s, S: Statistic> Workers<'s, S> {
    pub(crate) fn new(statistic: &'s S, run: &'s Run<'s>, memory: &'s Arc<Memory>) -> Self {
        // One for each thread of the pool, and one for the calling thread.
        let threads = thread::available_parallelism().map_or(1, usize::from).max(MAX_THREADS);
        let states = (0..=threads).map(|_| Mutex::new(None)).collect();
        let times = [FieldId::FirstSwitched, FieldId::LastSwitched];
        let used = run.selection().tested().union(statistic.fields().into_iter().collect());
        let with_times = times.into_iter().any(|time| used.contains(time));
        Self { statistic, run, memory, with_times, states, blocks: AtomicU64::new(0) }
    }

    /// The place of the next block or row group in the order of the sources.
    fn next_block(&self) -> u64 {
        self.blocks.fetch_add(1, Ordering::Relaxed)
    }

    /// The fields whose unknown values are told: those of the question and of every
    /// tally.
    pub(crate) fn told_fields(&self) -> FieldSet {
        let statistic = self.statistic.fields().into_iter().collect();
        let used = self.run.selection().fields().union(statistic);
        used.union(BatchTally::TOLD.into_iter().collect())
    }

    /// The fields that flows must have: with those of the quality of times.
    pub(crate) fn fields(&self) -> FieldSet {
        let times = Times::FIELDS.into_iter().filter(|_| self.with_times);
        let if_any = self.statistic.fields_if_any().into_iter().collect();
        self.told_fields().union(BatchTally::fields()).union(times.collect()).union(if_any)
    }

    fn start(&self) -> ThreadState<S::Partial> {
        ThreadState {
            partial: self.statistic.start(self.memory),
            measures: BatchTally::new(self.with_times),
            buffers: Buffers::default(),
        }
    }

    /// Passes the partial result of the current thread to `work`.
    fn on_this_thread<T>(&self, work: impl FnOnce(&mut ThreadState<S::Partial>) -> T) -> T {
        let thread = rayon::current_thread_index().map_or(0, |index| index + 1);
        let state = &self.states[thread % self.states.len()];
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        work(state.get_or_insert_with(|| self.start()))
    }

    /// Accumulates the flows of parts that have a Parquet file, one row group per
    /// task.
    ///
    /// The footer has the totals of a part, so that these need not be counted
    /// again if the question is about all flows.
    pub(crate) fn add_stored(
        &self,
        parts: &[&StoredPart],
        dictionary: &Arc<Dictionary>,
    ) -> Result<(), StoreError> {
        let selection = self.run.selection();
        let is_whole = selection.is_whole();
        let counters: FieldSet = [FieldId::Packets, FieldId::Bytes].into_iter().collect();
        let counted = if is_whole { counters } else { BatchTally::fields() };
        // The quality of times of all flows is in the footers, too, but of an earlier flowkit.
        let tallies = || parts.iter().map(|part| &part.tally);
        let are_stored = is_whole && tallies().all(|tally| tally.times.is_some());
        let with_times = self.with_times && !are_stored;
        let counted = counted.union(Times::FIELDS.into_iter().filter(|_| with_times).collect());
        // If values are changed before the filter sees them, the filter cannot be
        // pushed down to the reader.
        let filter = selection.early_filter();
        let early = if filter.is_some() { FieldSet::default() } else { selection.fields() };
        let request = self.requests(counted.union(early), filter, dictionary);
        let mut groups = Vec::new();
        for part in parts {
            if is_whole {
                let told = BatchTally::of_tally(&part.tally, dictionary, are_stored);
                self.on_this_thread(|state| state.measures.merge(told));
            }
            let read = part.file.groups_that_may_match(|bounds| selection.may_match(bounds));
            groups.extend(read.map(|group| (self.next_block(), &part.file, group)));
        }
        let add = |(block, file, group): (u64, &ColumnFile, usize)| {
            self.on_this_thread(|ThreadState { partial, measures, buffers }| {
                let mut place = Place { block, batch: 0 };
                file.read(group, &request(file), buffers, |batch| {
                    if filter.is_none() {
                        self.run.apply(batch);
                    }
                    if let Some(later) = self.run.take_later(batch) {
                        self.statistic.add_later(partial, &later);
                    }
                    match (is_whole, with_times) {
                        (false, _) => measures.add(batch),
                        (true, true) => measures.add_times(batch),
                        (true, false) => {}
                    }
                    self.statistic.add_at(partial, batch, place);
                    place.batch += 1;
                })?;
                self.statistic.finish_row_group(partial);
                Ok(())
            })
        };
        if groups.len() < SMALL_WAVE {
            groups.into_iter().try_for_each(add)
        } else {
            try_each(groups, add)
        }
    }

    /// What is read of a file for the statistic, beside some columns.
    fn requests<'r>(
        &'r self,
        columns: FieldSet,
        filter: Option<&'r Filter>,
        dictionary: &'r Arc<Dictionary>,
    ) -> impl Fn(&ColumnFile) -> Request<'r> {
        let coded = self.statistic.dictionary_key().filter(|field| !columns.contains(*field));
        let accumulated = self.statistic.fields().into_iter().filter(|field| Some(*field) != coded);
        let columns = columns.union(accumulated.collect());
        let if_any: FieldSet = self.statistic.fields_if_any().into_iter().collect();
        move |file| {
            let columns = columns.union(file.those_it_has(if_any));
            Request { columns, coded, filter, dictionary }
        }
    }

    pub(crate) fn add(&self, batches: Vec<Batch>) {
        let add = |(block, mut batch): (u64, Batch)| {
            self.run.apply(&mut batch);
            let later = self.run.take_later(&mut batch);
            self.on_this_thread(|ThreadState { partial, measures, .. }| {
                if let Some(later) = later {
                    self.statistic.add_later(partial, &later);
                }
                measures.add(&batch);
                self.statistic.add_at(partial, &batch, Place { block, batch: 0 });
            });
        };
        let batches: Vec<(u64, Batch)> =
            batches.into_iter().map(|batch| (self.next_block(), batch)).collect();
        if batches.len() < SMALL_WAVE {
            batches.into_iter().for_each(add);
        } else {
            map(batches, add);
        }
    }

    pub(crate) fn finish(self, tally: &mut Tally, codes: &Codebook) -> S::Partial {
        let (start, fields) = (self.start(), self.told_fields());
        let states = self.states.into_iter();
        let mut states =
            states.filter_map(|state| state.into_inner().unwrap_or_else(PoisonError::into_inner));
        let ThreadState { mut partial, mut measures, .. } = states.next().unwrap_or(start);
        for other in states {
            self.statistic.merge(&mut partial, other.partial);
            measures.merge(other.measures);
        }
        measures.finish(tally, fields, codes);
        partial
    }
}

/// In a pool of more threads than this some share a partial result, which is
/// correct but slow.
const MAX_THREADS: usize = 64;

//! Questions about flows that are in memory, as tests and benches ask them.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Tally};

use super::workers::Workers;
use super::{Gathered, Heading, no_failure};
use crate::batch::Batch;
use crate::scan::measures::Measures;
use crate::selection::Selection;
use crate::spill::memory::Memory;
use crate::stats::Statistic;

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
    let memory = Arc::new(memory);
    let texts = batches.first().map(|batch| batch.dictionary().texts()).unwrap_or_default();
    let Gathered { partial, heading } = gather_batches(batches, statistic, selection, &memory)?;
    let answer = no_failure(&memory, statistic.answer(partial, &texts, &heading.tally))?;
    Ok(heading.over(answer))
}

/// Adds up flows that are in memory.
///
/// # Errors
/// If temporary files cannot be used to look for copies.
pub(crate) fn gather_batches<S: Statistic>(
    batches: Vec<Batch>,
    statistic: &S,
    selection: &Selection,
    memory: &Arc<Memory>,
) -> io::Result<Gathered<S::Partial>> {
    selection.forget();
    let asked = selection.fields().union(statistic.fields().into_iter().collect());
    let fields = asked.union(Measures::FIELDS.into_iter().collect());
    let texts = batches.first().map(|batch| batch.dictionary().texts()).unwrap_or_default();
    let workers = Workers::new(statistic, selection, memory);
    workers.add(batches);
    selection.finish()?;
    let mut tally = Tally::default();
    let partial = workers.finish(&mut tally, fields, &texts);
    Ok(Gathered { partial, heading: Heading::new(Vec::new(), selection, tally) })
}

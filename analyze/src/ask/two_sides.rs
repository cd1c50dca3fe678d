//! Asks two sources, or one in two windows, what differs.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::Answer;

use super::in_memory::gather_batches;
use super::{Heading, ReadOptions, Shared, gather, no_failure};
use crate::batch::Batch;
use crate::error::ReadError;
use crate::input::Source;
use crate::selection::Selection;
use crate::spill::memory::Memory;
use crate::stats::diff::Diff;
use crate::stats::grouping::Groups;

/// One of the two things that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Side<'s> {
    /// Where its flows are.
    pub sources: &'s [Source],
    /// Which of them are looked at.
    pub selection: &'s Selection,
}

/// What differs, and what was read of each side: an answer without rows.
///
/// # Errors
/// If a source cannot be read at all; what is missing in parts is in the
/// tallies.
pub fn ask_both(
    sides: [Side<'_>; 2],
    diff: &Diff,
    options: ReadOptions,
) -> Result<(Answer, [Answer; 2]), ReadError> {
    let shared = Shared::new(options);
    let ask =
        |side: Side<'_>| gather(side.sources, diff.grouping(), side.selection, options, &shared);
    let [a, b] = sides;
    let (a, b) = (ask(a)?, ask(b)?);
    let answer = shared.no_failure(|texts| diff.answer(a.partial, b.partial, texts))?;
    Ok((answer, [a.heading, b.heading].map(|heading: Heading| heading.over(Answer::default()))))
}

/// The same of flows that are in memory, all with one dictionary, and with a
/// budget for their groups.
///
/// # Errors
/// If temporary files cannot be used.
pub fn ask_both_batches_within(
    sides: [(Vec<Batch>, &Selection); 2],
    diff: &Diff,
    memory: Memory,
) -> io::Result<Answer> {
    let memory = Arc::new(memory);
    let batches = sides.iter().flat_map(|side| &side.0);
    let texts = batches.last().map(|batch| batch.dictionary().texts()).unwrap_or_default();
    let gather = |(batches, selection)| -> io::Result<Groups> {
        Ok(gather_batches(batches, diff.grouping(), selection, &memory)?.partial)
    };
    let [a, b] = sides.map(gather);
    no_failure(&memory, diff.answer(a?, b?, &texts))
}

//! Questions about flows that are in memory: the door of tests and benches, which
//! build batches of their own.

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Tally};
use flowkit_model::question::{Diff, Flows, Question, Report};
use flowkit_model::window::{Span, Window};
use flowkit_model::{FieldId, FlowRecord};
use jiff::Timestamp;

use super::gather::{AnswerMetadata, Gathered, or_spill_error};
use super::select::{for_report, in_window, of_flows};
use super::workers::Workers;
use super::{AskError, FlowSet, Frame, dispatch};
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::error::ReadError;
use crate::selection::Selection;
use crate::spill::memory::Memory;
use crate::statistic::Statistic;
use crate::stats::diff::Changes;
use crate::zone::zone;

/// Answers a question about batches, which have one dictionary and the fields
/// that the question reads; a diff is asked with [`diff_batches`].
///
/// # Errors
/// As [`ask`](super::ask); if temporary files cannot be used.
pub fn ask_batches(
    batches: Vec<Batch>,
    question: &Question,
    memory: Memory,
) -> Result<Answer, AskError> {
    let zone = zone(&question.flows.zone)?;
    let window = window(&question.flows)?;
    let report = question.report.by_clock(question.flows.time)?;
    let selection = for_report(&report, &question.flows, &zone, window)?;
    let memory = Arc::new(memory);
    let flows = OfBatches { batches, selection: &selection, memory };
    let mut answer = dispatch(&report, &zone, frame(window), &flows)?;
    answer.filter = question.flows.filter_shown().map(str::to_owned);
    answer.question = Some(question.clone());
    Ok(answer)
}

/// Answers a question about flows that have nothing but the fields which the
/// statistic says that it reads, bytes and packets: so it is when they are read
/// from columns. Nothing is tallied: the total is 0.
///
/// # Errors
/// As [`ask_batches`].
pub fn ask_flows(flows: &[FlowRecord], question: &Question) -> Result<Answer, AskError> {
    let zone = zone(&question.flows.zone)?;
    let flows = OfFlows { flows, selection: selection(&question.flows)? };
    let report = question.report.by_clock(question.flows.time)?;
    dispatch(&report, &zone, frame(flows.selection.window()), &flows)
}

/// Compares two sets of batches, all with one dictionary.
///
/// # Errors
/// As [`ask_batches`].
pub fn diff_batches(
    sides: [(Vec<Batch>, &Flows); 2],
    diff: &Diff,
    memory: Memory,
) -> Result<Answer, AskError> {
    let memory = Arc::new(memory);
    let dictionary = dictionary_of(sides.iter().flat_map(|side| &side.0));
    let changes = Changes::new(diff, &jiff::tz::TimeZone::UTC)?;
    let mut partials = Vec::new();
    for (batches, flows) in sides {
        let gathered = gather_batches(&batches, changes.groups(), &selection(flows)?, &memory);
        partials.push(gathered.map_err(spill)?.partial);
    }
    let (b, a) = (partials.pop(), partials.pop());
    let (Some(a), Some(b)) = (a, b) else { unreachable!("there are two sides") };
    let codes = dictionary.codebook();
    let mut answer = or_spill_error(&memory, changes.answer(a, b, &codes)).map_err(spill)?;
    answer.question = Some(Question::new(Report::Diff(diff.clone()), Flows::default()));
    Ok(answer)
}

fn spill(source: io::Error) -> AskError {
    ReadError::Spill { source }.into()
}

/// The flows of a question, whose window does not depend on sources.
fn selection(flows: &Flows) -> Result<Selection, AskError> {
    in_window(flows, &zone(&flows.zone)?, window(flows)?)
}

fn window(flows: &Flows) -> Result<Option<Span>, AskError> {
    let zone = zone(&flows.zone)?;
    let window = Window::new(flows.window.clone(), &zone, Timestamp::UNIX_EPOCH)?;
    Ok((!window.is_open()).then(|| of_flows(&window)))
}

/// The dictionary of some batches, which have one.
fn dictionary_of<'b>(batches: impl IntoIterator<Item = &'b Batch>) -> Arc<Dictionary> {
    let first = batches.into_iter().next();
    first.map(|batch| Arc::clone(batch.dictionary())).unwrap_or_default()
}

fn frame(window: Option<Span>) -> Frame {
    Frame { window: window.unwrap_or_default(), fetched_to: None }
}

/// Flows in memory.
struct OfBatches<'s> {
    batches: Vec<Batch>,
    selection: &'s Selection,
    memory: Arc<Memory>,
}

impl FlowSet for OfBatches<'_> {
    type Error = AskError;

    fn ask<S: Statistic>(&self, statistic: &S) -> Result<Answer, AskError> {
        let dictionary = dictionary_of(&self.batches);
        let Gathered { partial, metadata } =
            gather_batches(&self.batches, statistic, self.selection, &self.memory)
                .map_err(spill)?;
        // Now, since keys add to it: the networks of addresses.
        let answer = statistic.answer(partial, &dictionary.codebook(), &metadata.tally);
        Ok(metadata.apply_to(or_spill_error(&self.memory, answer)?))
    }
}

/// Flows of which each statistic sees its own fields.
struct OfFlows<'f> {
    flows: &'f [FlowRecord],
    selection: Selection,
}

impl FlowSet for OfFlows<'_> {
    type Error = AskError;

    fn ask<S: Statistic>(&self, statistic: &S) -> Result<Answer, AskError> {
        let counters: FieldSet = [FieldId::Bytes, FieldId::Packets].into_iter().collect();
        let fields = counters.union(statistic.fields().into_iter().collect());
        let fields = fields.union(self.selection.fields());
        let mut batch = Batch::new(fields, self.flows.len(), Arc::default());
        self.flows.iter().for_each(|flow| batch.push(flow));
        let run = self.selection.begin();
        run.apply(&mut batch);
        let mut partial = statistic.start(&Arc::default());
        statistic.add(&mut partial, &batch);
        run.finish().map_err(spill)?;
        // Without a tally: what it reads would be there for the statistic, too.
        let codes = batch.dictionary().codebook();
        Ok(statistic.answer(partial, &codes, &Tally::default())?)
    }
}

/// Adds up flows that are in memory.
///
/// # Errors
/// If temporary files cannot be used to look for equal flows.
fn gather_batches<S: Statistic>(
    batches: &[Batch],
    statistic: &S,
    selection: &Selection,
    memory: &Arc<Memory>,
) -> io::Result<Gathered<S::Partial>> {
    let run = selection.begin();
    let workers = Workers::new(statistic, &run, memory);
    workers.add(batches.to_vec());
    let mut tally = Tally::default();
    let partial = workers.finish(&mut tally, &dictionary_of(batches).codebook());
    let dropped = run.finish()?;
    Ok(Gathered { partial, metadata: AnswerMetadata::new(Vec::new(), selection, dropped, tally) })
}

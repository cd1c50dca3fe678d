//! From a query to an answer on the screen or in a file.

mod columns;
pub(crate) mod explanation;
pub(crate) mod notes;

use std::io;

use flowkit_analyze::stats::grouping::Grouping;
use flowkit_analyze::stats::{Order, Statistic};
use flowkit_analyze::tally::Tally;
use flowkit_analyze::{Answer, Selection, Source, ask};
use jiff::tz::TimeZone;

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::sources::{Sources, refuse_sources};
use crate::exit::Exit;
use crate::output::destination::write_to;
use crate::output::units::{counted, moment};
use crate::output::{self, Style};

/// Runs a query, prints the answer, and notes on standard error.
pub(crate) fn report(
    sources: &Sources,
    statistic: &impl Statistic,
    output: &Output,
    general: &General,
) -> anyhow::Result<Exit> {
    let opened = sources.open()?;
    refuse_sources(output.file.path(), &opened)?;
    let answer = answer_of(&opened, sources, statistic)?;
    finish(sources, answer, output, general)
}

/// Runs a query on sources that are open.
pub(crate) fn answer_of(
    opened: &[Source],
    sources: &Sources,
    statistic: &impl Statistic,
) -> anyhow::Result<Answer> {
    let window = sources.select.window(opened, sources.options())?;
    let selected = sources.select.selected(window)?;
    let mut answer = ask(opened, statistic, &selected.selection, sources.options())?;
    answer.filter = selected.filter;
    answer.notes.extend(no_match(opened, sources, &answer)?);
    Ok(answer)
}

/// Where no flow matches: what the sources hold.
pub(crate) fn no_match(
    opened: &[Source],
    sources: &Sources,
    answer: &Answer,
) -> anyhow::Result<Option<String>> {
    let is_all = answer.filter.is_none() && !sources.select.has_window();
    if answer.tally.total.flows > 0 || is_all || opened.iter().any(Source::is_stdin) {
        return Ok(None);
    }
    let nothing = Grouping::new(String::new(), Vec::new(), Order::default());
    let all = ask(opened, &nothing, &Selection::default(), sources.options())?.tally;
    let zone = sources.select.zone()?;
    let span = all
        .seen
        .map(|(first, last)| format!(" from {} to {}", moment(first, &zone), moment(last, &zone)));
    let by = match (&answer.filter, sources.select.has_window()) {
        (None, _) => "is in the window",
        (_, false) => "matches the filter",
        _ => "in the window matches the filter",
    };
    let n = counted(all.total.flows, "flow");
    Ok(Some(format!("no flow {by} (source: {n}{})", span.unwrap_or_default())))
}

/// Prints an answer, then notes and explanation, and picks the exit code.
pub(crate) fn finish(
    sources: &Sources,
    mut answer: Answer,
    output: &Output,
    general: &General,
) -> anyhow::Result<Exit> {
    let zone = sources.select.zone()?;
    print(&mut answer, output, general, zone.clone())?;
    let mut err = io::stderr().lock();
    notes::write(&answer, sources.select.repairs_times(), general.quiet, &mut err)?;
    if output.explain {
        explanation::write(&answer, Some(&sources.select), &zone, &mut err)?;
    }
    Ok(exit(sources, &answer.tally))
}

/// The exit code of what is complete or known not to be.
pub(crate) fn exit(sources: &Sources, tally: &Tally) -> Exit {
    if tally.incomplete.is_empty() || sources.reading.allow_incomplete {
        Exit::Done
    } else {
        Exit::Incomplete
    }
}

/// Prints an answer, with the columns that were asked for; its times are in a
/// zone.
pub(crate) fn print(
    answer: &mut Answer,
    output: &Output,
    general: &General,
    zone: TimeZone,
) -> anyhow::Result<()> {
    columns::keep(answer, &output.columns)?;
    let path = output.file.path();
    let style = Style::new(zone, output.raw, general.color, path.is_none());
    write_to(path, |out| Ok(output::write(answer, output.format, &style, out)?))
}

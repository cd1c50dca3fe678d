//! From a question to an answer on the screen or in a file.

pub(crate) mod explanation;
pub(crate) mod notes;

use std::io::{self, Write};
use std::time::Instant;

use flowkit_analyze::stats::grouping::Grouping;
use flowkit_analyze::stats::{Order, Statistic};
use flowkit_analyze::{Answer, Selection, Source, ask};
use jiff::tz::TimeZone;

use crate::args::output::Output;
use crate::args::sources::{Sources, refuse_sources};
use crate::exit::Exit;
use crate::output::destination::write_to;
use crate::output::units::{grouped, moment};
use crate::output::{self, Style};

/// Asks, prints, and says on standard error what the reader should know.
pub(crate) fn report(
    sources: &Sources,
    statistic: &impl Statistic,
    output: &Output,
) -> anyhow::Result<Exit> {
    let begun = Instant::now();
    let opened = sources.open()?;
    refuse_sources(output.output.as_deref(), &opened)?;
    let answer = answer_of(&opened, sources, statistic)?;
    finish(sources, &answer, output, begun)
}

/// Asks sources that are open.
pub(crate) fn answer_of(
    opened: &[Source],
    sources: &Sources,
    statistic: &impl Statistic,
) -> anyhow::Result<Answer> {
    let window = sources.select.window(opened, sources.options())?;
    let selected = sources.select.selected(window)?;
    let mut answer = ask(opened, statistic, &selected.selection, sources.options())?;
    answer.filter = selected.filter;
    answer.notes.extend(nothing_meant(opened, sources, &answer)?);
    Ok(answer)
}

/// Where no flow is meant: what there is.
pub(crate) fn nothing_meant(
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
    let span = all.seen.map(|(first, last)| {
        format!(", exported from {} to {}", moment(first, &zone), moment(last, &zone))
    });
    let n = grouped(all.total.flows.into());
    Ok(Some(format!("no flow is meant; there are {n}{}", span.unwrap_or_default())))
}

/// Prints, says what the reader should know, and picks the exit code.
pub(crate) fn finish(
    sources: &Sources,
    answer: &Answer,
    output: &Output,
    begun: Instant,
) -> anyhow::Result<Exit> {
    print(answer, output, sources.select.zone()?)?;
    let mut err = io::stderr().lock();
    notes::write(answer, sources.select.repairs_times(), &mut err)?;
    if output.explain {
        explanation::write(answer, Some(&sources.select), &sources.select.zone()?, &mut err)?;
    }
    if output.stats {
        let (flows, seconds) = (answer.tally.total.flows, begun.elapsed().as_secs_f64());
        writeln!(err, "time: {seconds:.3} s for {} flows", grouped(flows.into()))?;
    }
    Ok(if answer.tally.incomplete.is_empty() || sources.allow_incomplete {
        Exit::Done
    } else {
        Exit::Incomplete
    })
}

/// Prints an answer; its times are in a zone.
pub(crate) fn print(answer: &Answer, output: &Output, zone: TimeZone) -> anyhow::Result<()> {
    let style = Style::new(zone, output.raw, output.color, output.output.is_none());
    write_to(output.output.as_deref(), |out| Ok(output::write(answer, output.format, &style, out)?))
}

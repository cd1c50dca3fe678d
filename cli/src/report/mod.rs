//! From a query to an answer on the screen or in a file.

mod columns;
pub(crate) mod explanation;
pub(crate) mod notes;

use std::io::Write;

use flowkit_analyze::{ask_with, validate, zone};
use flowkit_model::Answer;
use flowkit_model::answer::Tally;
use flowkit_model::question::{Question, Report};
use jiff::tz::TimeZone;

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::sources::{Sources, refuse_sources};
use crate::destination::{to_terminal, write_to};
use crate::exit::Exit;
use crate::output::{self, Format, Style};
use crate::screen::{self, Content};

/// Asks a report of the sources, prints the answer, and notes on standard error.
pub(crate) fn report(
    report: Report,
    sources: &Sources,
    output: &Output,
    general: &General,
) -> anyhow::Result<Exit> {
    answer(&Question::new(report, sources.select.flows()?), sources, output, general)
}

/// Answers a question from the sources, or prints it if that is asked for.
pub(crate) fn answer(
    question: &Question,
    sources: &Sources,
    output: &Output,
    general: &General,
) -> anyhow::Result<Exit> {
    output.csv.refuse_unless(output.format.has_one_header())?;
    if output.print_question {
        validate(question)?;
        return write_to(output.file.path(), Content::Json, |out| {
            writeln!(out, "{}", question.to_json())?;
            Ok(Exit::Done)
        });
    }
    let opened = sources.open()?;
    refuse_sources(output.file.path(), &opened)?;
    let shown = limited(question, output.format);
    let mut answer = ask_with(&opened, &shown, sources.options())?;
    if shown != *question && (answer.table.rows.len() as u64) < answer.tally.total.flows {
        answer.notes.push(format!("the first {MOST_FLOWS} flows are listed; -n 0 lists all"));
    }
    let zone = zone(&question.flows.zone)?;
    print(&mut answer, output, general, zone.clone())?;
    let mut err = screen::err();
    notes::write(&answer, &zone, general.quiet, &mut err)?;
    if output.explain {
        explanation::write(&answer, &zone, &mut err)?;
    }
    Ok(exit(sources, &answer.tally))
}

/// How many flows are listed for people, if it is not said.
const MOST_FLOWS: usize = 10;

/// The question with a number of rows, where it leaves that to the format: formats that
/// are written row by row have all flows.
fn limited(question: &Question, format: Format) -> Question {
    let mut limited = question.clone();
    if let Report::List(list) = &mut limited.report
        && list.limit.is_none()
        && !format.is_written_by_row()
    {
        list.limit = Some(MOST_FLOWS);
    }
    limited
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
    columns::keep(answer, &output.columns, output.format.has_one_header())?;
    let path = output.file.path();
    let style = Style {
        csv_safe: output.csv.csv_safe,
        ..Style::new(zone, output.raw, general.color, to_terminal(path))
    };
    let content = content(output.format, style.color);
    write_to(path, content, |out| Ok(output::write(answer, output.format, &style, out)?))
}

/// What a format is to a terminal.
fn content(format: Format, color: bool) -> Content {
    match format {
        Format::Table => Content::Text { color },
        Format::Markdown => Content::Text { color: false },
        Format::Csv => Content::Csv,
        Format::Tsv => Content::Values,
        Format::Json | Format::Ndjson => Content::Json,
    }
}

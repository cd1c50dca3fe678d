//! From a question to an answer on the screen or in a file.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use flowkit_model::question::{Condition, Measure};
use flowkit_analyze::stats::grouping::Grouping;
use flowkit_analyze::stats::Statistic;
use flowkit_model::question::Order;
use flowkit_analyze::{Selection, Source, ask};
use flowkit_model::Answer;
use jiff::tz::TimeZone;

use crate::destination::{refuse_sources, write_to};
use crate::exit::Exit;
use crate::output::units::grouped;
use crate::output::{self, Color, Format, Style};
use crate::selection::moment;
use crate::sources::Sources;
use crate::{method, notes};

/// Where an answer goes, and in which form.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_field_names, reason = "the names of the options")]
pub(crate) struct Output {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// File to write the answer to, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Exact numbers in tables, without units and names
    #[arg(long)]
    pub(crate) raw: bool,

    /// Colour in tables; auto is on a terminal, if NO_COLOR is not set
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,

    /// Say on standard error how long the answer took
    #[arg(long)]
    pub(crate) stats: bool,

    /// Say on standard error how the numbers came about: fields, window, rules
    #[arg(long)]
    pub(crate) explain: bool,
}

/// Which rows of a ranking to show.
#[derive(clap::Args)]
#[command(next_help_heading = "Rows")]
pub(crate) struct Rows {
    /// What to rank by: bytes, packets, flows, bps, pps, bpp, duration, distinct:FIELD …
    #[arg(long, value_parser = Measure::parse, default_value = "bytes", value_name = "MEASURE")]
    sort: Measure,

    /// Rows to show; 0 shows all
    #[arg(short = 'n', long = "limit", default_value_t = 10, value_name = "N", value_parser = rows)]
    limit: usize,

    /// The smallest first
    #[arg(long)]
    bottom: bool,

    /// Only rows with at least this share of the total, in percent
    #[arg(long, value_name = "PERCENT", value_parser = millionths)]
    min_percent: Option<u64>,

    /// Only rows that fulfil this: 'bytes > 1G and distinct:dst_addr >= 10'
    #[arg(long, value_name = "CONDITION", value_parser = conditions)]
    having: Option<Conditions>,
}

/// Conditions joined by `and`.
#[derive(Clone, Debug)]
struct Conditions(Vec<Condition>);

fn conditions(text: &str) -> Result<Conditions, String> {
    Condition::parse_all(text).map(Conditions)
}

/// A number of rows.
pub(crate) fn rows(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "not a number of rows such as 20; 0 is all".to_owned())
}

/// A percentage, in millionths of a percent.
fn millionths(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text}: not a percentage; try 5 or 0.5");
    let text = text.trim().trim_end_matches('%').trim_end();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals: String = decimals.chars().chain("000000".chars()).take(6).collect();
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    let value = number(whole)?.saturating_mul(1_000_000).saturating_add(number(&decimals)?);
    if value > 100_000_000 { Err(wrong()) } else { Ok(value) }
}

impl Rows {
    pub(crate) fn order(&self) -> Order {
        Order {
            sort: self.sort,
            limit: self.limit,
            bottom: self.bottom,
            least_share: self.min_percent.unwrap_or(0),
            having: self.having.clone().map(|conditions| conditions.0).unwrap_or_default(),
        }
    }
}

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
        method::write(answer, Some(&sources.select), &sources.select.zone()?, &mut err)?;
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

#[cfg(test)]
mod tests {
    use super::millionths;

    #[test]
    fn percentages_are_exact() {
        for (text, expected) in [
            ("5", Some(5_000_000)),
            ("0.5%", Some(500_000)),
            ("100", Some(100_000_000)),
            ("0.0000019", Some(1)),
            ("100.1", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(millionths(text).ok(), expected, "{text}");
        }
    }
}

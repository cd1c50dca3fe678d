//! `flowkit diff`: what changed between two sources, or two windows of one.

use anyhow::anyhow;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use flowkit_analyze::answer::Metric;
use flowkit_analyze::scan::{Side, ask_both};
use flowkit_analyze::{Answer, Source, stats};
use flowkit_model::window;
use jiff::tz::TimeZone;

use crate::args::general::General;
use crate::args::keys::{Keys, required};
use crate::args::output::Output;
use crate::args::rows::{Limit, limited};
use crate::args::sources::{Sources, refuse_sources};
use crate::exit::{Exit, Usage, read_twice};
use crate::report::{finish, no_match};

const EXAMPLES: &str = "\
Compares two sources, or two windows of the same sources. A window is FROM..TO,
either of which may be left out, or a date for a whole day. Rows are ranked by
the size of the change; keys whose bytes, packets and flows are equal have no
row. `flowkit top --help` lists the keys.

Examples:
  flowkit diff monday tuesday --by dst_port
  flowkit diff flowkit-dump --by src_addr --a 2018-09-20 --b 2018-09-21
  flowkit diff --by service --a ..2018-09-21T08:00 --b 2018-09-21T08:00..";

/// Changes between two sources or two time windows
#[derive(clap::Args)]
#[command(
    after_help = EXAMPLES,
    mut_args(|arg| limited(required(arg), "20"))
)]
pub(crate) struct Diff {
    #[command(flatten)]
    keys: Keys,

    /// First window (before)
    #[arg(long, value_name = "FROM..TO", requires = "b", help_heading = "Question")]
    a: Option<String>,

    /// Second window (after)
    #[arg(long, value_name = "FROM..TO", requires = "a", help_heading = "Question")]
    b: Option<String>,

    /// Measure to rank by
    #[arg(
        long,
        value_parser = metrics(),
        default_value = "bytes",
        value_name = "MEASURE",
        help_heading = "Rows"
    )]
    sort: Metric,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

/// The names of the metrics.
fn metrics() -> impl TypedValueParser<Value = Metric> {
    PossibleValuesParser::new(Metric::ALL.map(Metric::name)).map(|name| {
        let named = |metric: &Metric| metric.name() == name;
        Metric::ALL.into_iter().find(named).expect("the parser knows the names of metrics alone")
    })
}

impl Diff {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let opened = self.sources.open()?;
        let by = self.keys.dimensions(&self.sources)?;
        let diff = stats::diff::Diff::new(by, self.sort, self.limit.rows());
        let (sides, windows) = self.sides(&opened)?;
        for sources in sides {
            refuse_sources(self.output.file.path(), sources)?;
        }
        let select = &self.sources.select;
        let [a, b] = [select.selected(windows[0])?, select.selected(windows[1])?];
        let ends = [(sides[0], &a.selection), (sides[1], &b.selection)]
            .map(|(sources, selection)| Side { sources, selection });
        let (mut answer, mut read) = ask_both(ends, &diff, self.sources.options())?;
        read[0].filter = a.filter;
        read[1].filter = b.filter;
        for (read, opened) in read.iter_mut().zip(sides) {
            // Windows of one source are typed here, and may be empty.
            if self.a.is_none() {
                read.notes.extend(no_match(opened, &self.sources, read)?);
            }
            for note in &read.notes {
                if !answer.notes.contains(note) {
                    answer.notes.push(note.clone());
                }
            }
        }
        let [a, b] = read;
        answer.sources = vec![self.name(&a, 0), self.name(&b, 1)];
        answer.filter = b.filter;
        answer.tally = a.tally.and(b.tally);
        finish(&self.sources, answer, &self.output, general)
    }

    fn name(&self, answer: &Answer, side: usize) -> String {
        let window = [&self.a, &self.b][side].as_ref();
        let source = answer.sources.join(", ");
        window.map_or_else(|| source.clone(), |window| format!("{source} {window}"))
    }

    /// The sources of each side, and its window.
    fn sides<'o>(&self, opened: &'o [Source]) -> anyhow::Result<([&'o [Source]; 2], [Span; 2])> {
        if let (Some(a), Some(b)) = (&self.a, &self.b) {
            if opened.iter().any(Source::is_stdin) {
                return Err(read_twice("--a and --b read the source twice"));
            }
            let zone = self.sources.select.zone()?;
            return Ok(([opened; 2], [span("--a", a, &zone)?, span("--b", b, &zone)?]));
        }
        let [a, b] = opened else {
            let usage = "diff compares two sources, or two windows of one (--a, --b)";
            return Err(anyhow!(Usage(usage.into())));
        };
        let sides = [a, b].map(std::slice::from_ref);
        let window = |side| self.sources.select.window(side, self.sources.options());
        Ok((sides, [window(sides[0])?, window(sides[1])?]))
    }
}

/// A window in milliseconds; its ends may be open. `None` is all of time.
type Span = Option<(Option<u64>, Option<u64>)>;

/// `FROM..TO`, either of which may be left out, or a date.
fn span(option: &str, typed: &str, zone: &TimeZone) -> anyhow::Result<Span> {
    let whole = typed;
    let day = |text: &str| window::Typed { day: Some(text.into()), ..window::Typed::default() };
    let typed = match typed.split_once("..") {
        None => day(typed),
        Some((from, to)) => {
            let some = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
            window::Typed { from: some(from), to: some(to), ..window::Typed::default() }
        }
    };
    let window = window::Window::new(typed, zone, jiff::Timestamp::UNIX_EPOCH).map_err(|_| {
        Usage(format!(
            "{option} {whole}: not a window; try 2018-09-21, 2018-09-21T06:00..2018-09-21T12:00 or \
             2018-09-21.."
        ))
    })?;
    let ms = |ms: Option<i64>| ms.map(|ms| u64::try_from(ms).unwrap_or(0));
    Ok(Some((ms(window.from_ms), ms(window.to_ms))))
}

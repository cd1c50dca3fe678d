//! Which flows a question is about: a filter and a window.

use std::fs;
use std::path::Path;

use clap::Arg;
use flowkit_analyze::scan::ReadOptions;
use flowkit_analyze::selection::Changes;
use flowkit_analyze::stats::Order;
use flowkit_analyze::stats::grouping::Grouping;
use flowkit_analyze::{Selection, Source, ask};
use flowkit_model::Expression;
use flowkit_model::filter::{Context, with_included};
use flowkit_model::window::{Typed, Window, zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::exit::{Usage, read_twice};

/// Which flows.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Which flows")]
pub(crate) struct Select {
    /// Flows that a filter means, as nfdump writes them; @FILE reads it from a file
    ///
    /// `proto tcp and dst port 443`, `src ip in @bad-hosts.txt`, `bytes > 10k`,
    /// `flags S and not flags AFRPU`, `dst_port = 443`, `(@include web.nf) and tcp`;
    /// see `flowkit filter --help`.
    #[arg(short, long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    /// Flows exported at this time or later
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// Flows exported before this time; a date is its start
    #[arg(long, value_name = "TIME")]
    to: Option<String>,

    /// Flows of the last 24h, 7d, 90m … before the end of the sources' window
    #[arg(long, value_name = "LENGTH")]
    last: Option<String>,

    /// Flows of a whole day
    #[arg(long, value_name = "DATE")]
    day: Option<String>,

    /// Time zone of input and output: UTC, Asia/Tokyo, +09:00, local
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    tz: String,

    /// Repair times of documents: 1 s late (Logstash 7 and later), and uptime wraps
    ///
    /// Half of the times look late to it, so it would spoil those of packets,
    /// which are right.
    #[arg(long)]
    repair_times: bool,

    /// Multiply bytes and packets of each flow by its sampling interval
    #[arg(long)]
    scale_sampling: bool,

    /// Drop flows that are equal to another in every field
    #[arg(long)]
    dedupe: bool,
}

/// Options that some commands cannot follow.
#[derive(Clone, Copy)]
pub(crate) enum Refused {
    /// A filter or a window.
    Choice,
    RepairTimes,
    ScaleSampling,
    Dedupe,
}

impl Refused {
    /// Its options, as the parser knows them.
    fn ids(self) -> &'static [&'static str] {
        match self {
            Self::Choice => &["filter", "from", "to", "last", "day", "tz"],
            Self::RepairTimes => &["repair_times"],
            Self::ScaleSampling => &["scale_sampling"],
            Self::Dedupe => &["dedupe"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Choice => "a filter or a window",
            Self::RepairTimes => "--repair-times",
            Self::ScaleSampling => "--scale-sampling",
            Self::Dedupe => "--dedupe",
        }
    }
}

/// Hides options from the help of a command that refuses them.
pub(crate) fn without(arg: Arg, refused: &[Refused]) -> Arg {
    let is_refused = refused.iter().any(|option| option.ids().contains(&arg.get_id().as_str()));
    arg.hide(is_refused)
}

/// A selection, and how it was typed.
pub(crate) struct Selected {
    pub(crate) selection: Selection,
    pub(crate) filter: Option<String>,
}

impl Select {
    /// A filter alone, and the zone of its times.
    pub(crate) fn of(filter: &str, tz: &str) -> Self {
        Self { filter: Some(filter.into()), tz: tz.into(), ..Self::default() }
    }

    /// Whether times are repaired.
    pub(crate) fn repairs_times(&self) -> bool {
        self.repair_times
    }

    /// Refuses options that a command would not follow.
    pub(crate) fn refuse(&self, refused: &[Refused], why: &str) -> anyhow::Result<()> {
        let given = |option: &Refused| match option {
            Refused::Choice => self.filter.is_some() || self.has_window(),
            Refused::RepairTimes => self.repair_times,
            Refused::ScaleSampling => self.scale_sampling,
            Refused::Dedupe => self.dedupe,
        };
        match refused.iter().find(|option| given(option)) {
            Some(option) => Err(Usage(format!("{} {why}", option.name())).into()),
            None => Ok(()),
        }
    }

    /// The zone of times.
    pub(crate) fn zone(&self) -> anyhow::Result<TimeZone> {
        Ok(zone(&self.tz)?)
    }

    /// The filter, as an expression.
    pub(crate) fn expression(&self) -> anyhow::Result<(Expression, Option<String>)> {
        let Some(typed) = &self.filter else { return Ok((Expression::Any, None)) };
        let zone = self.zone()?;
        // `@FILE` alone is `@include FILE`; the file is read once, as it may be
        // a pipe.
        let file = typed.strip_prefix('@').filter(|_| !typed.starts_with("@include "));
        let whole = match file {
            None => typed.clone(),
            Some(name) => read(name).map_err(|why| {
                Usage(format!("cannot read the filter {name}: {why}; name a file after the @"))
            })?,
        };
        let read_other = |name: &str| match file {
            Some(file) if file == name => Ok(whole.clone()),
            _ => read(name),
        };
        let context = Context { zone, read: &read_other };
        let text = file.map_or_else(
            || whole.clone(),
            |name| {
                let quote = if name.contains('"') { '\'' } else { '"' };
                format!("@include {quote}{name}{quote}")
            },
        );
        let expression = Expression::parse_in(&text, &context)?;
        Ok((expression, Some(in_one_line(&with_included(&text, &context)?))))
    }

    /// What was typed, understood, in a window.
    pub(crate) fn selected(
        &self,
        window: Option<(Option<u64>, Option<u64>)>,
    ) -> anyhow::Result<Selected> {
        let (expression, filter) = self.expression()?;
        let changes = Changes {
            repair_times: self.repair_times,
            scale_sampling: self.scale_sampling,
            dedupe: self.dedupe,
        };
        let selection = Selection::new(expression, window).with_changes(changes);
        Ok(Selected { selection, filter })
    }

    fn typed(&self) -> Typed {
        Typed {
            from: self.from.clone(),
            to: self.to.clone(),
            last: self.last.clone(),
            day: self.day.clone(),
        }
    }

    /// Whether a window was typed.
    pub(crate) fn has_window(&self) -> bool {
        self.typed() != Typed::default()
    }

    /// The window, in ms; `None` is all of time.
    pub(crate) fn window(
        &self,
        sources: &[Source],
        options: ReadOptions,
    ) -> anyhow::Result<Option<(Option<u64>, Option<u64>)>> {
        let typed = self.typed();
        if typed == Typed::default() {
            return Ok(None);
        }
        let now = match self.last {
            Some(_) => Timestamp::from_millisecond(end_of(sources, options)?)?,
            None => Timestamp::UNIX_EPOCH,
        };
        let window = Window::new(typed, &self.zone()?, now)?;
        let ms = |ms: Option<i64>| ms.map(|ms| u64::try_from(ms).unwrap_or(0));
        Ok(Some((ms(window.from_ms), ms(window.to_ms))))
    }
}

/// The end of the sources' window; of files, the millisecond after the last
/// flow.
fn end_of(sources: &[Source], options: ReadOptions) -> anyhow::Result<i64> {
    if sources.iter().any(Source::is_stdin) {
        return Err(read_twice("--last looks for the last flow first"));
    }
    let ends: Option<Vec<u64>> =
        sources.iter().map(|source| source.window().and_then(|window| window.1)).collect();
    let mut end = ends.and_then(|ends| ends.into_iter().max());
    if end.is_none() {
        let nothing = Grouping::new(String::new(), Vec::new(), Order::default());
        let answer = ask(sources, &nothing, &Selection::default(), options)?;
        end = answer.tally.seen.map(|seen| seen.1 + 1);
    }
    Ok(end.and_then(|end| i64::try_from(end).ok()).unwrap_or(0))
}

fn read(name: &str) -> Result<String, String> {
    fs::read_to_string(Path::new(name)).map_err(|error| error.to_string())
}

/// Lines joined, without comments.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

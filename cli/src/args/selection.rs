//! Which flows of the sources a query reads, and how it corrects them.

use clap::Arg;
use flowkit_analyze::scan::ReadOptions;
use flowkit_analyze::selection::Changes;
use flowkit_analyze::stats::Order;
use flowkit_analyze::stats::grouping::Grouping;
use flowkit_analyze::{Selection, Source, ask};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::choice::Choice;
use crate::exit::{Usage, read_twice};

/// Which flows, and corrections to them.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Select {
    #[command(flatten)]
    choice: Choice,

    #[command(flatten)]
    repair: RepairTimes,

    /// Multiply bytes and packets of each flow by its sampling interval
    #[arg(long, help_heading = "Corrections")]
    scale_sampling: bool,

    /// Deduplicate: count flows that are equal in every field once
    #[arg(long, help_heading = "Corrections")]
    dedupe: bool,
}

/// A correction that documents need and packets do not.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Corrections")]
pub(crate) struct RepairTimes {
    /// Correct the times that Logstash 7 and later write 1 s late, and uptime wraps
    ///
    /// Do not use on packet captures: their times are correct and would be altered.
    #[arg(long)]
    pub(crate) repair_times: bool,
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
    if is_refused { arg.hide(true) } else { arg }
}

/// A selection, and the text of its filter.
pub(crate) struct Selected {
    pub(crate) selection: Selection,
    pub(crate) filter: Option<String>,
}

impl Select {
    /// Whether times are repaired.
    pub(crate) fn repairs_times(&self) -> bool {
        self.repair.repair_times
    }

    /// Refuses options that a command would not follow.
    pub(crate) fn refuse(&self, refused: &[Refused], why: &str) -> anyhow::Result<()> {
        let given = |option: &Refused| match option {
            Refused::Choice => self.choice.filter.is_some() || self.has_window(),
            Refused::RepairTimes => self.repairs_times(),
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
        self.choice.zone()
    }

    /// The selection, in a window.
    pub(crate) fn selected(
        &self,
        window: Option<(Option<u64>, Option<u64>)>,
    ) -> anyhow::Result<Selected> {
        let (expression, filter) = self.choice.expression()?;
        let changes = Changes {
            repair_times: self.repairs_times(),
            scale_sampling: self.scale_sampling,
            dedupe: self.dedupe,
        };
        let selection = Selection::new(expression, window).with_changes(changes);
        Ok(Selected { selection, filter })
    }

    /// Whether a window was typed.
    pub(crate) fn has_window(&self) -> bool {
        self.choice.has_window()
    }

    /// The window, in ms; `None` is all of time.
    pub(crate) fn window(
        &self,
        sources: &[Source],
        options: ReadOptions,
    ) -> anyhow::Result<Option<(Option<u64>, Option<u64>)>> {
        let end = if self.choice.is_relative() {
            Timestamp::from_millisecond(end_of(sources, options)?)?
        } else {
            Timestamp::UNIX_EPOCH
        };
        let window = self.choice.window(end)?;
        let ms = |ms: Option<i64>| ms.map(|ms| u64::try_from(ms).unwrap_or(0));
        Ok(window.map(|window| (ms(window.from_ms), ms(window.to_ms))))
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

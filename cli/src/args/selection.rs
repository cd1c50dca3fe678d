//! Which flows of the sources a query reads, and how it corrects them.

use clap::Arg;
use flowkit_model::question::{Clock, Flows};
use jiff::tz::TimeZone;

use super::choice::Choice;
use crate::exit::Usage;

/// Which flows, and corrections to them.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Select {
    #[command(flatten)]
    choice: Choice,

    /// Which time of a flow a window and keys of time (hour, day, 5m) use
    ///
    /// A flow of which that time is unknown is in no window. The header names the time if
    /// it is not that of the export.
    #[arg(long, value_enum, default_value_t, value_name = "CLOCK", help_heading = "Which flows")]
    time: FlowTime,

    #[command(flatten)]
    repair: RepairTimes,

    /// Multiply bytes and packets of each flow by its sampling interval
    #[arg(long, help_heading = "Corrections")]
    scale_sampling: bool,

    /// Deduplicate: count flows that are equal in every field once
    #[arg(long, help_heading = "Corrections")]
    dedupe: bool,
}

/// A time of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum FlowTime {
    /// Its export, @timestamp, as in Elasticsearch and Kibana
    #[default]
    Export,
    /// Its first packet
    First,
    /// Its last packet
    Last,
    /// From first to last: windows that it overlaps; no key
    Active,
}

impl From<FlowTime> for Clock {
    fn from(time: FlowTime) -> Self {
        match time {
            FlowTime::Export => Self::Export,
            FlowTime::First => Self::First,
            FlowTime::Last => Self::Last,
            FlowTime::Active => Self::Active,
        }
    }
}

/// A correction that documents need and packets do not.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Corrections")]
pub(crate) struct RepairTimes {
    /// Correct the times that Logstash 7 and later write 1 s late, and uptime wraps
    ///
    /// Uptime wraps are corrected in flows of version 5 only; of version 9 a time that
    /// wrapped is unknown. Do not use on packet captures: their times are correct and
    /// would be altered.
    #[arg(long)]
    pub(crate) repair_times: bool,
}

/// Options that some commands cannot follow.
#[derive(Clone, Copy)]
pub(crate) enum Refused {
    /// A filter or a window.
    Choice,
    /// A time zone, where a zone may be meant although there is no window.
    Zone,
    RepairTimes,
    ScaleSampling,
    Dedupe,
}

impl Refused {
    /// Its options, as the parser knows them.
    fn ids(self) -> &'static [&'static str] {
        match self {
            Self::Choice => &["filter", "from", "to", "last", "day", "time", "tz"],
            Self::Zone => &["tz"],
            Self::RepairTimes => &["repair_times"],
            Self::ScaleSampling => &["scale_sampling"],
            Self::Dedupe => &["dedupe"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Choice => "a filter or a window",
            Self::Zone => "--tz",
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

impl Select {
    /// Whether times are repaired.
    pub(crate) fn repairs_times(&self) -> bool {
        self.repair.repair_times
    }

    /// Refuses options that a command would not follow.
    pub(crate) fn refuse(&self, refused: &[Refused], why: &str) -> anyhow::Result<()> {
        let given = |option: &Refused| match option {
            Refused::Choice => {
                self.choice.filter.is_some() || self.has_window() || !self.clock().is_export()
            }
            Refused::Zone => self.choice.has_zone(),
            Refused::RepairTimes => self.repairs_times(),
            Refused::ScaleSampling => self.scale_sampling,
            Refused::Dedupe => self.dedupe,
        };
        match refused.iter().find(|option| given(option)) {
            Some(option) => Err(Usage(format!("{} {why}", option.name())).into()),
            None => Ok(()),
        }
    }

    /// The flows as a question has them.
    ///
    /// # Errors
    /// If filter, window or zone cannot be understood.
    pub(crate) fn flows(&self) -> anyhow::Result<Flows> {
        Ok(Flows {
            time: self.clock(),
            repair_times: self.repairs_times(),
            scale_sampling: self.scale_sampling,
            deduplicate: self.dedupe,
            ..self.choice.flows()?
        })
    }

    /// The time of a flow that its window and keys of time use.
    pub(crate) fn clock(&self) -> Clock {
        self.time.into()
    }

    /// The zone of times.
    ///
    /// # Errors
    /// If there is none of that name.
    pub(crate) fn zone(&self) -> anyhow::Result<TimeZone> {
        self.choice.zone()
    }

    /// Whether a window was typed.
    pub(crate) fn has_window(&self) -> bool {
        self.choice.has_window()
    }
}

//! Why a question has no answer.

use flowkit_model::answer::RowOrderError;
use flowkit_model::filter::FilterError;
use flowkit_model::question::ActiveKey;
use flowkit_model::window::WindowError;

use crate::error::ReadError;
use crate::input::Source;
use crate::statistic::NoAnswer;

/// A question cannot be answered: the sources cannot be read, or the question
/// does not fit them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// A source cannot be read at all.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The filter is invalid.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The window or the time zone is invalid.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// A key of time, by a clock that has no moment for a flow.
    #[error(transparent)]
    ActiveKey(#[from] ActiveKey),
    /// The bin length of a timeline is invalid.
    #[error("--bin {text}: not a length of time; try 5m, 1h or day (longer ones in whole days)")]
    Bin {
        /// As it was typed.
        text: String,
    },
    /// The order of rows or a condition on them is invalid.
    #[error(transparent)]
    Rows(#[from] RowOrderError),
    /// A diff of other than two sources, without two windows.
    #[error("diff compares two sources, or two windows of one (--a, --b)")]
    Sides,
    /// A window of a diff cannot be understood.
    #[error(
        "{option} {text}: not a window; try 2018-09-21, 2018-09-21T06:00..2018-09-21T12:00 or \
         2018-09-21.."
    )]
    SideWindow {
        /// The option that it was typed for.
        option: &'static str,
        /// As it was typed.
        text: String,
    },
    /// A time of day, where no flow says of which day.
    #[error(
        "a time without a date is of the last day of the source, and no flow of it has a time; write the date, or --day DATE"
    )]
    NoLastDay,
    /// A timeline would have more rows than are kept in memory.
    #[error(
        "a timeline has at most {most} rows, and {what}; choose a larger --bin, fewer series (-n) or \
         a window (--from, --to); `flowkit exporters` shows the first and last time of each exporter"
    )]
    TooManyRows {
        /// The limit.
        most: usize,
        /// What there would be.
        what: String,
    },
    /// Standard input or a pipe would have to be read again.
    #[error("{why}, and {name} can only be read once; save it to a file")]
    ReadTwice {
        /// What reads it twice.
        why: &'static str,
        /// The source.
        name: String,
    },
}

impl From<NoAnswer> for AskError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Spill(source) => ReadError::Spill { source }.into(),
            NoAnswer::TooManyRows { most, what } => Self::TooManyRows { most, what },
        }
    }
}

impl AskError {
    /// That a source would have to be read again.
    pub(super) fn read_twice(why: &'static str, source: &Source) -> Self {
        Self::ReadTwice { why, name: source.name().to_owned() }
    }

    /// Whether the question is wrong, not the sources.
    #[must_use]
    pub fn is_wrong_usage(&self) -> bool {
        !matches!(self, Self::Read(_))
    }
}

//! The answer to a question, as plain data.
//!
//! Every statistic returns an [`Answer`] and every output format prints one,
//! so neither knows the other. Values are exact; rounding and units are the
//! format's.

mod group_row;
mod quality;
mod ranker;
mod ranking;
mod sequences;
mod table;
mod tally;

pub use self::group_row::{Group, GroupRow, More, Quantiles};
pub use self::quality::{Fault, Quality};
pub use self::ranker::{Ranker, Rest};
pub use self::ranking::Ranking;
pub use self::sequences::Sequences;
pub use self::table::{Cell, Column, Table};
pub use self::tally::{Duplicates, Position, Sampling, Skipped, Tally};
pub use crate::meaning::Meaning;
use crate::question::Question;
use crate::window::Span;

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What was asked; `None` is the catalogue of fields, which reads no flows.
    pub question: Option<Question>,
    /// What came out as a whole, in words: `3 findings`.
    pub outcome: Option<String>,
    /// Where the flows came from.
    pub sources: Vec<String>,
    /// The filter, as it was typed.
    pub filter: Option<String>,
    /// The window that was asked for, or else that they were fetched with, in
    /// milliseconds, half open.
    pub window: Option<Span>,
    /// Counters were multiplied by the sampling interval.
    pub scaled: bool,
    /// Single values: name, meaning, value.
    pub facts: Vec<(&'static str, Meaning, Cell)>,
    /// csv has the single values alone, not the rows.
    pub facts_alone: bool,
    /// The rows.
    pub table: Table,
    /// The column whose size is drawn beside the rows, for people.
    pub bars: Option<String>,
    /// Sums over all flows, and over the keys that have no row; `None` where
    /// the rows are no ranking.
    pub ranking: Option<Ranking>,
    /// What a reader of the rows should know.
    pub notes: Vec<String>,
    /// What was read.
    pub tally: Tally,
    /// Sources in which the filter and the window match no flow.
    pub unmatched: Vec<Unmatched>,
}

/// What there is where no flow matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Flows of the sources.
    pub flows: u64,
    /// First and last `@timestamp`, in milliseconds; both belong to it.
    pub seen: Option<(u64, u64)>,
}

impl Answer {
    /// What was asked and came out, in words: `top dst_port by bytes`, `check: 3
    /// findings`.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.question.as_ref().map_or_else(|| "fields".into(), Question::title);
        match &self.outcome {
            Some(outcome) => format!("{title}: {outcome}"),
            None => title,
        }
    }
}

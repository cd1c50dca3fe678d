//! The answer to a question, as plain data.
//!
//! Every statistic returns an [`Answer`] and every output format prints one, so
//! that neither depends on the other. Values are exact; output formats round and
//! add units.

mod exporters;
mod group_row;
mod protocols;
mod quality;
mod ranker;
mod ranking;
mod record_counts;
mod row_order;
mod sequences;
mod table;
mod tally;

pub use self::exporters::{Exporters, OfExporter, Rate};
pub use self::group_row::{Group, GroupRow, More, Quantiles};
pub use self::protocols::Protocols;
pub use self::quality::{Fault, Quality};
pub use self::ranker::{Ranker, Rest};
pub use self::ranking::Ranking;
pub use self::record_counts::{ImpossibleCounts, SequenceCounts};
pub use self::row_order::{RowOrder, RowOrderError};
pub use self::sequences::Sequences;
pub use self::table::{Cell, Column, Table, millionths};
pub use self::tally::{Duplicates, Position, Sampling, Skipped, Tally};
pub use crate::meaning::Meaning;
pub use crate::names::PortKind;
use crate::question::Question;
use crate::window::Span;

/// The result of a question.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The question; `None` for the catalogue of fields, which reads no flows.
    pub question: Option<Question>,
    /// The result in a few words, for the title: `3 findings`.
    pub outcome: Option<String>,
    /// Where the flows came from.
    pub sources: Vec<String>,
    /// The filter, as it was typed.
    pub filter: Option<String>,
    /// The window of the question, else that of the fetch, in ms since 1970-01-01
    /// UTC, half open.
    pub window: Option<Span>,
    /// Counters were multiplied by the sampling interval.
    pub scaled: bool,
    /// Single values: name, meaning, value.
    pub facts: Vec<(&'static str, Meaning, Cell)>,
    /// In csv print only the single values, not the rows.
    pub facts_alone: bool,
    /// The rows.
    pub table: Table,
    /// The column that is drawn as bars, in output for people.
    pub bars: Option<String>,
    /// Sums over all flows, and over the keys without a row; `None` if the rows
    /// are no ranking.
    pub ranking: Option<Ranking>,
    /// The protocols of each row, if a key is a port and none the protocol; else nothing.
    pub protocols: Vec<Protocols>,
    /// How rows of single flows are shown to people; `None` if the rows are none.
    pub flows: Option<FlowLayout>,
    /// Remarks on the rows.
    pub notes: Vec<String>,
    /// Counts of what was read, and what is missing.
    pub tally: Tally,
    /// Sources in which the filter and the window match no flow.
    pub unmatched: Vec<Unmatched>,
}

/// How the columns of single flows are shown to people, by their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowLayout {
    /// Addresses whose port is the next column: the two are shown as one.
    pub ends: Vec<usize>,
    /// Columns that are shown however narrow the terminal is.
    pub decisive: Vec<usize>,
}

/// What a source holds in which no flow matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Number of flows.
    pub flows: u64,
    /// First and last `@timestamp`, in milliseconds, both inclusive.
    pub seen: Option<(u64, u64)>,
}

impl Answer {
    /// The title: question and outcome, such as `top dst_port by bytes` or
    /// `check: 3 findings`.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.question.as_ref().map_or_else(|| "fields".into(), Question::title);
        match &self.outcome {
            Some(outcome) => format!("{title}: {outcome}"),
            None => title,
        }
    }
}

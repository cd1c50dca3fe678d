//! The answer to a question, as plain data.
//!
//! Every statistic returns an [`Answer`] and every output format prints one,
//! so neither knows the other. Values are exact; rounding and units are the
//! format's.

mod quality;
mod ranking;
mod sequences;
mod table;
mod tally;

pub use self::quality::{Fault, Quality};
pub use self::ranking::Ranking;
pub use self::sequences::Sequences;
pub use self::table::{Cell, Column, Meaning, Table};
pub use self::tally::{Duplicates, Position, Sampling, Skipped, Tally};

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What was asked, in words: `top dst_port by bytes`.
    pub title: String,
    /// Where the flows came from.
    pub sources: Vec<String>,
    /// The filter, as it was typed.
    pub filter: Option<String>,
    /// The window that was asked for, or else that they were fetched with, in
    /// milliseconds, half open.
    pub window: Option<(Option<u64>, Option<u64>)>,
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
}

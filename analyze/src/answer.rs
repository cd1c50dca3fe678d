//! The answer to a question, as plain data.
//!
//! Every statistic returns an [`Answer`] and every output format prints one,
//! so neither knows the other. Values are exact; rounding and units are the
//! format's.

use flowkit_model::Kind;

use crate::tally::{Sums, Tally};

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

/// What a ranking says besides its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// All flows.
    pub total: Sums,
    /// The keys without a row.
    pub other: Sums,
    /// Distinct keys, those without a row too.
    pub keys: u64,
    /// The metric whose shares are told.
    pub sort: Metric,
    /// The column that the rows are sorted by; it may not be shown.
    pub sorted_by: String,
    /// A flow can stand in two rows, so shares add up to more than the whole.
    pub overlapping: bool,
}

/// What keys are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metric {
    /// Layer 3 bytes.
    #[default]
    Bytes,
    /// Packets.
    Packets,
    /// Flows.
    Flows,
}

impl Metric {
    /// Every metric, in the order of columns.
    pub const ALL: [Self; 3] = [Self::Bytes, Self::Packets, Self::Flows];

    /// Name of its column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Packets => "packets",
            Self::Flows => "flows",
        }
    }

    /// Name of the column with its share.
    #[must_use]
    pub fn share_name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes_share",
            Self::Packets => "packets_share",
            Self::Flows => "flows_share",
        }
    }

    /// Its value.
    #[must_use]
    pub fn of(self, sums: &Sums) -> u128 {
        match self {
            Self::Bytes => sums.bytes,
            Self::Packets => sums.packets,
            Self::Flows => sums.flows.into(),
        }
    }
}

/// Rows of cells under named columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What the rows are, as json calls them.
    pub name: &'static str,
    /// Headers, left to right.
    pub columns: Vec<Column>,
    /// Each row has one cell per column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, as machines read it.
    pub name: String,
    /// What its cells mean.
    pub meaning: Meaning,
}

impl Column {
    /// Columns of a table whose columns are always the same.
    #[must_use]
    pub fn list<const N: usize>(columns: [(&str, Meaning); N]) -> Vec<Self> {
        columns.map(|(name, meaning)| Self { name: name.into(), meaning }).into()
    }
}

/// What the cells of a column mean, hence how they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A key: value of a field.
    Key(Kind),
    /// A key: an address cut to so many bits.
    Network(u8),
    /// An amount of bytes.
    Bytes,
    /// A length of time in milliseconds.
    Duration,
    /// Bits a second.
    BitRate,
    /// Packets a second.
    PacketRate,
    /// Any other amount.
    Count,
    /// The share of a row in the total of a metric.
    Share(Metric),
    /// A part of something else than the total.
    Fraction,
    /// A value of a field that is no key.
    Value(Kind),
    /// Words.
    Words,
}

/// One value. In the order of keys: what is unknown is last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A number below 0 by so much.
    Minus(u128),
    /// A number, or an address, a time, a port: what its column means.
    Number(u128),
    /// Text.
    Text(String),
    /// A part of a whole.
    Share {
        /// The part.
        part: u128,
        /// The whole; the share of nothing is 0.
        whole: u128,
    },
    /// Not known.
    Unknown,
    /// There is none: the column does not concern the row.
    None,
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

impl From<Option<u64>> for Cell {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Unknown, Self::from)
    }
}

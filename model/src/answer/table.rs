//! Rows of cells under named columns, and what the cells of a column mean.

use crate::Meaning;

/// Rows of cells under named columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What the rows are; the name of their list in json.
    pub name: &'static str,
    /// Headers, left to right.
    pub columns: Vec<Column>,
    /// Each row has one cell per column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, as in csv and json.
    pub name: String,
    /// What its cells mean.
    pub meaning: Meaning,
}

impl Column {
    /// The columns of a table with fixed columns.
    #[must_use]
    pub fn list<const N: usize>(columns: [(&str, Meaning); N]) -> Vec<Self> {
        columns.map(|(name, meaning)| Self { name: name.into(), meaning }).into()
    }
}

/// One value. The order is that of keys, unknown last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A negative number, by its absolute value.
    Minus(u128),
    /// A number, or an address, a time, a port: see the meaning of the column.
    Number(u128),
    /// Text.
    Text(String),
    /// A share of a whole.
    Share {
        /// The part.
        part: u128,
        /// The whole; if it is 0, so is the share.
        whole: u128,
    },
    /// An unknown value.
    Unknown,
    /// No value: the column does not apply to the row.
    None,
    /// No value: a filter leaves flows out that it would be worked out from.
    Filtered,
}

/// A share in millionths, rounded, as it is shown; the share of nothing is 0.
#[must_use]
pub fn millionths(part: u128, whole: u128) -> u128 {
    (part * 1_000_000 + whole / 2).checked_div(whole).unwrap_or(0)
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

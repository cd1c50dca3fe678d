//! Rows of cells under named columns, and what the cells of a column mean.

use crate::Meaning;

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

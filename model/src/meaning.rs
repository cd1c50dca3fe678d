//! What the values of a column of an answer mean, hence how they are printed.

use crate::address::Prefix;
use crate::{Kind, Metric};

/// What the cells of a column mean, hence how they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A key: value of a field.
    Key(Kind),
    /// A key: a network, given by its first address.
    Network(Prefix),
    /// The sum of a metric over the flows of a row.
    Sum(Metric),
    /// An amount of bytes.
    Bytes,
    /// A duration in milliseconds.
    Duration,
    /// Bits per second.
    BitRate,
    /// Packets per second.
    PacketRate,
    /// Any other count.
    Count,
    /// The share of a row in the total of a metric.
    Share(Metric),
    /// A share of something else than the total.
    Fraction,
    /// A value of a field that is not a key.
    Value(Kind),
    /// Text.
    Words,
    /// One of these words of flowkit.
    Word(&'static [&'static str]),
    /// One of these words, which says how a row or its key is to be read, for programs;
    /// tables say it in the cells that it is about.
    Class(&'static [&'static str]),
}

impl Meaning {
    /// Whether the column is a key.
    #[must_use]
    pub fn is_key(self) -> bool {
        matches!(self, Self::Key(_) | Self::Network(_))
    }

    /// Whether the column says how a row is to be read.
    #[must_use]
    pub fn is_class(self) -> bool {
        matches!(self, Self::Class(_))
    }

    /// Whether it is text, of flowkit or of anybody.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Words | Self::Word(_))
    }

    /// All words that a cell may be, if these are words of flowkit.
    #[must_use]
    pub fn words(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Word(words) | Self::Class(words) => Some(words),
            _ => None,
        }
    }
}

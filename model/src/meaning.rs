//! What the values of a column of an answer mean, hence how they are printed.

use crate::{Kind, Metric};

/// What the cells of a column mean, hence how they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A key: value of a field.
    Key(Kind),
    /// A key: a network of this prefix length.
    Network(u8),
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
    /// One word that says how a row or its key is to be read, for programs; tables say
    /// it in the cells that it is about.
    Class,
}

impl Meaning {
    /// Whether the column is a key.
    #[must_use]
    pub fn is_key(self) -> bool {
        matches!(self, Self::Key(_) | Self::Network(_))
    }
}

//! What the values of a column of an answer mean, hence how they are printed.

use crate::{Kind, Metric};

/// What the cells of a column mean, hence how they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A key: value of a field.
    Key(Kind),
    /// A key: an address cut to so many bits.
    Network(u8),
    /// The sum of a metric over the flows of a row.
    Sum(Metric),
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

impl Meaning {
    /// Whether it is that of a key.
    #[must_use]
    pub fn is_key(self) -> bool {
        matches!(self, Self::Key(_) | Self::Network(_))
    }
}

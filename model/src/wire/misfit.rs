//! What of a flow does not fit a version 5 packet.

/// Why a field of a flow cannot be written as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// More than the field's bits on the wire can hold.
    #[error("{field} {value} does not fit in {bits} bits")]
    TooLarge {
        /// Name in the catalogue.
        field: &'static str,
        /// The value.
        value: u64,
        /// Bits there are.
        bits: u32,
    },
    /// A time so far from the export that an uptime cannot say it: more than
    /// 2³¹ ms, 24.8 days.
    #[error("{field} is {} days from the export, more than 24.8", age_ms / 86_400_000)]
    TooFar {
        /// Name in the catalogue.
        field: &'static str,
        /// Milliseconds before the export; negative after it.
        age_ms: i64,
    },
    /// An IPv6 address, for which a version 5 record has no room.
    #[error("{field} is an IPv6 address")]
    Ipv6 {
        /// Name in the catalogue.
        field: &'static str,
    },
    /// Unknown in the flow; 0 is written, or the export time for a time.
    #[error("{field} is unknown")]
    Unknown {
        /// Name in the catalogue.
        field: &'static str,
    },
}

impl Misfit {
    /// The field, by its name in the catalogue.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::TooLarge { field, .. }
            | Self::TooFar { field, .. }
            | Self::Ipv6 { field }
            | Self::Unknown { field } => field,
        }
    }

    /// Whether something that is known would be lost.
    #[must_use]
    pub fn is_loss(self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

//! Sums of bytes, packets and flows, and the metric to rank by.

use serde::{Deserialize, Serialize};

/// Sums over flows. They do not overflow below 2^64 flows of the largest values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Layer 3 bytes.
    pub bytes: u128,
    /// Packets.
    pub packets: u128,
    /// Flows.
    pub flows: u64,
}

impl Sums {
    /// Adds other sums.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.packets += other.packets;
        self.flows += other.flows;
    }
}

/// The metric that keys are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

    /// The value of the metric in some sums.
    #[must_use]
    pub fn of(self, sums: &Sums) -> u128 {
        match self {
            Self::Bytes => sums.bytes,
            Self::Packets => sums.packets,
            Self::Flows => sums.flows.into(),
        }
    }
}

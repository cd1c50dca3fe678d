//! Which rows a ranking has, and in which order.

use serde::{Deserialize, Serialize};

use super::{Condition, Measure};
use crate::{Metric, Sums};

/// Order and selection of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "an order: an object")]
pub struct Order {
    /// The measure to rank by.
    pub sort: Measure,
    /// Number of rows; 0 is all.
    pub limit: usize,
    /// Smallest first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bottom: bool,
    /// Minimum share of a row in the total, in millionths of a percent; in JSON
    /// in percent.
    #[serde(rename = "min_percent", with = "percent", skip_serializing_if = "is_zero")]
    pub min_share: u64,
    /// Conditions that a row must fulfil.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub having: Vec<Condition>,
}

impl Default for Order {
    fn default() -> Self {
        let sort = Measure::Sum(Metric::Bytes);
        Self { sort, limit: 10, bottom: false, min_share: 0, having: Vec::new() }
    }
}

impl Order {
    /// Maximum number of rows.
    #[must_use]
    pub fn most_rows(&self) -> usize {
        most_rows(self.limit)
    }

    /// The metric whose share is shown: the one sorted by, else bytes.
    #[must_use]
    pub fn metric(&self) -> Metric {
        match self.sort {
            Measure::Sum(metric) | Measure::Share(metric) => metric,
            Measure::PacketsPerSecond => Metric::Packets,
            _ => Metric::Bytes,
        }
    }

    /// Whether a group has the minimum share.
    #[must_use]
    pub fn is_large_enough(&self, sums: &Sums, total: &Sums) -> bool {
        let (part, whole) = (self.metric().of(sums), self.metric().of(total));
        part.saturating_mul(100_000_000) >= whole.saturating_mul(self.min_share.into())
    }

    /// `bytes`, or `bytes, smallest first`; `name` is that of the column.
    #[must_use]
    pub fn words(&self, name: String) -> String {
        if self.bottom { format!("{name}, smallest first") } else { name }
    }
}

/// Maximum number of rows under a limit, of which 0 is all.
#[must_use]
pub fn most_rows(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(share: &u64) -> bool {
    *share == 0
}

/// Serialises millionths of a percent as percent.
mod percent {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub(super) fn serialize<S: Serializer>(share: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(*share as f64 / 1e6)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10^8")]
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let percent = f64::deserialize(deserializer)?;
        if (0.0..=100.0).contains(&percent) {
            Ok((percent * 1e6).round() as u64)
        } else {
            Err(D::Error::custom("min_percent is a number from 0 to 100"))
        }
    }
}

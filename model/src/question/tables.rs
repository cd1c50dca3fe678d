//! The options of the reports whose columns are their own, and the choice of their
//! rows: the column that they are sorted by, and conditions on columns. Each report names
//! the options of the choice anew: serde refuses no unknown field of a flattened struct.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use super::report::some_keys;
use super::{Key, Report};

/// Which rows of a table are shown, and in which order, by the names of its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice<'q> {
    /// The column to sort by, largest first; `None` leaves the order of the report.
    pub sort: Option<&'q str>,
    /// Smallest first.
    pub bottom: bool,
    /// Conditions on columns, joined by `and`.
    pub having: Option<&'q str>,
    /// Number of rows; 0 is all.
    pub limit: usize,
}

impl Choice<'_> {
    /// `bytes`, or `bytes, smallest first`; `usual` is the column without a choice.
    pub(super) fn words(&self, usual: &str) -> String {
        let name = self.sort.unwrap_or(usual);
        if self.bottom { format!("{name}, smallest first") } else { name.to_owned() }
    }
}

impl Report {
    /// The choice of rows by the columns of the report's table; `None` for rankings,
    /// which have an [`Order`](super::Order), and for reports whose rows are all shown.
    #[must_use]
    pub fn choice(&self) -> Option<Choice<'_>> {
        let (sort, bottom, having, limit) = match self {
            Self::Exporters(q) => (q.sort.as_ref(), q.bottom, &q.having, q.limit),
            Self::Timeline(q) => (q.sort.as_ref(), q.bottom, &q.having, q.rows),
            Self::Scans(q) => (q.sort.as_ref(), q.bottom, &q.having, q.limit),
            Self::Beacons(q) => (q.sort.as_ref(), q.bottom, &q.having, q.limit),
            Self::Diff(diff) => return Some(diff.choice()),
            Self::Top(_)
            | Self::Talkers(_)
            | Self::Ports(_)
            | Self::Protocols(_)
            | Self::Pairs(_)
            | Self::List(_)
            | Self::Summary
            | Self::Check => return None,
        };
        Some(Choice { sort: sort.map(String::as_str), bottom, having: having.as_deref(), limit })
    }
}

/// Exporters and their engines, and how many flows are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the options of exporters: an object")]
pub struct Exporters {
    /// The column to sort by, largest first; `None` is bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Smallest first.
    #[serde(skip_serializing_if = "Not::not")]
    pub bottom: bool,
    /// Number of rows; 0 is all.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: usize,
    /// Conditions on columns, joined by `and`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub having: Option<String>,
}

/// Bytes, packets and flows over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the options of timeline: an object")]
pub struct Timeline {
    /// Length of a bin, in the syntax of [`bin_length_ms`](super::bin_length_ms).
    pub bin: String,
    /// How the volume of a flow is distributed over the bins that it spans.
    #[serde(rename = "time_distribution")]
    pub distribution: TimeDistribution,
    /// Keys to group by; the largest groups get a series each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Key>,
    /// Number of series, beside the one of all others; 0 is all.
    pub limit: usize,
    /// The column to sort by, largest first; `None` leaves the order of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Smallest first.
    #[serde(skip_serializing_if = "Not::not")]
    pub bottom: bool,
    /// Conditions on columns, joined by `and`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub having: Option<String>,
    /// Number of rows, of all series; 0 is all.
    #[serde(skip_serializing_if = "is_zero")]
    pub rows: usize,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            bin: "hour".into(),
            distribution: TimeDistribution::default(),
            by: Vec::new(),
            limit: 5,
            sort: None,
            bottom: false,
            having: None,
            rows: 0,
        }
    }
}

/// How the volume of a flow is distributed over the time bins that it spans,
/// named like the load schemes of SiLK's `rwcount`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeDistribution {
    /// Proportional to the time spent in each bin: the sum up to the end of a bin
    /// is floor(volume × ms so far ÷ duration).
    #[default]
    Proportional,
    /// All to the bin of the first packet.
    Start,
    /// All to the bin of the last packet, also the flow itself.
    End,
    /// Equal shares to all bins that it touches, truncated like
    /// [`Proportional`](Self::Proportional).
    Uniform,
    /// All to the bin of the export.
    Export,
}

impl TimeDistribution {
    /// All variants.
    pub const ALL: [Self; 5] =
        [Self::Proportional, Self::Start, Self::End, Self::Uniform, Self::Export];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proportional => "proportional",
            Self::Start => "start",
            Self::End => "end",
            Self::Uniform => "uniform",
            Self::Export => "export",
        }
    }
}

/// Sources by the number of hosts they try on one port, and of ports they try on
/// one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the options of scans: an object")]
pub struct Scans {
    /// Minimum number of targets.
    pub min_targets: u64,
    /// Number of rows of each kind; 0 is all.
    pub limit: usize,
    /// The column to sort by, largest first; `None` is the number of targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Smallest first.
    #[serde(skip_serializing_if = "Not::not")]
    pub bottom: bool,
    /// Conditions on columns, joined by `and`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub having: Option<String>,
}

impl Default for Scans {
    fn default() -> Self {
        Self { min_targets: 10, limit: 10, sort: None, bottom: false, having: None }
    }
}

/// Connections from one address to another's port at a regular interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the options of beacons: an object")]
pub struct Beacons {
    /// Minimum number of connections; at least 3.
    pub min_connections: usize,
    /// Maximum jitter, in percent of the interval.
    pub max_jitter_percent: u64,
    /// Rows; 0 is all.
    pub limit: usize,
    /// The column to sort by, largest first; `None` is the steadiest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Smallest first.
    #[serde(skip_serializing_if = "Not::not")]
    pub bottom: bool,
    /// Conditions on columns, joined by `and`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub having: Option<String>,
}

impl Default for Beacons {
    fn default() -> Self {
        Self {
            min_connections: 8,
            max_jitter_percent: 10,
            limit: 10,
            sort: None,
            bottom: false,
            having: None,
        }
    }
}

/// Changes between two sides, by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "the options of diff: an object with `by`")]
pub struct Diff {
    /// Keys to group by.
    #[serde(deserialize_with = "some_keys")]
    pub by: Vec<Key>,
    /// The windows a and b, `FROM..TO`, of the same sources; `None` compares two
    /// sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<[String; 2]>,
    /// What to sort by, largest first: the size of the change of a metric, or a column.
    #[serde(default = "bytes")]
    pub sort: String,
    /// Rows; 0 is all.
    #[serde(default = "diff_limit")]
    pub limit: usize,
    /// Smallest first.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub bottom: bool,
    /// Conditions on columns and on the sizes of changes, joined by `and`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub having: Option<String>,
}

impl Diff {
    /// Of two sources by some keys, the largest changes of bytes.
    #[must_use]
    pub fn new(by: Vec<Key>) -> Self {
        let (sort, limit) = (bytes(), diff_limit());
        Self { by, windows: None, sort, limit, bottom: false, having: None }
    }

    /// The choice of rows.
    #[must_use]
    pub fn choice(&self) -> Choice<'_> {
        let Self { bottom, limit, .. } = *self;
        Choice { sort: Some(&self.sort), bottom, having: self.having.as_deref(), limit }
    }
}

fn bytes() -> String {
    "bytes".into()
}

fn diff_limit() -> usize {
    20
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

//! The reports: one variant each, with its options.
//!
//! To add one, add a variant; the compiler then requires its title, its
//! explanation and an engine that answers it.

use std::iter;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::{Key, Measure, Order};
use crate::Metric;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// Flows grouped by keys.
    Top(Top),
    /// Flows by address, of either end.
    Talkers(Ranked),
    /// Flows by protocol and service.
    Ports(Ranked),
    /// Flows by protocol.
    Protocols(Ranked),
    /// Flows by their two addresses.
    Pairs(Ranked),
    /// Flows by exporter and engine, and how many are missing.
    Exporters,
    /// Flows by bins of time.
    Timeline(Timeline),
    /// Sources that try many hosts or ports.
    Scans(Scans),
    /// Connections at a regular interval.
    Beacons(Beacons),
    /// What changed between two sources, or two windows of one.
    Diff(Diff),
    /// Totals, time range and exporters.
    Summary,
    /// Problems in the data.
    Check,
}

/// The top N values of some keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "the options of top: an object with `by`")]
pub struct Top {
    /// Keys to group by, most significant first.
    #[serde(deserialize_with = "some_keys")]
    pub by: Vec<Key>,
    /// The columns after the keys; `None` for the default ones and the measure
    /// that rows are sorted by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Measure>>,
    /// Which rows, in which order.
    #[serde(default)]
    pub order: Order,
}

/// A ranking with fixed keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the options of a ranking: an object")]
pub struct Ranked {
    /// The columns after the keys; `None` for those of the report and the measure
    /// that rows are sorted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Measure>>,
    /// Which rows, in which order.
    pub order: Order,
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
}

impl Default for Timeline {
    fn default() -> Self {
        let distribution = TimeDistribution::default();
        Self { bin: "hour".into(), distribution, by: Vec::new(), limit: 5 }
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
    /// Conditions on columns, joined by `and`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub having: Option<String>,
}

impl Default for Scans {
    fn default() -> Self {
        Self { min_targets: 10, limit: 10, sort: None, having: None }
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
}

impl Default for Beacons {
    fn default() -> Self {
        Self { min_connections: 8, max_jitter_percent: 10, limit: 10 }
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
    /// The metric to sort by, largest change first.
    #[serde(default)]
    pub sort: Metric,
    /// Rows; 0 is all.
    #[serde(default = "diff_limit")]
    pub limit: usize,
}

/// Reads keys, of which there is at least one.
fn some_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Key>, D::Error> {
    let keys: Vec<Key> = Vec::deserialize(deserializer)?;
    if keys.is_empty() {
        return Err(D::Error::custom("`by` names no key, such as dst_port"));
    }
    let mut earlier = keys.iter().enumerate();
    if let Some((_, key)) = earlier.find(|(n, key)| keys[..*n].contains(key)) {
        return Err(D::Error::custom(format!("`by` names {key} twice; once is enough")));
    }
    Ok(keys)
}

fn diff_limit() -> usize {
    20
}

impl Report {
    /// Name on the command line and in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Top(_) => "top",
            Self::Talkers(_) => "talkers",
            Self::Ports(_) => "ports",
            Self::Protocols(_) => "protocols",
            Self::Pairs(_) => "pairs",
            Self::Exporters => "exporters",
            Self::Timeline(_) => "timeline",
            Self::Scans(_) => "scans",
            Self::Beacons(_) => "beacons",
            Self::Diff(_) => "diff",
            Self::Summary => "summary",
            Self::Check => "check",
        }
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Top(top) => {
                let names: Vec<String> = top.by.iter().map(Key::name).collect();
                format!("top {} by {}", names.join(", "), self.order_words(&top.order))
            }
            Self::Talkers(ranked)
            | Self::Ports(ranked)
            | Self::Protocols(ranked)
            | Self::Pairs(ranked) => {
                format!("{} by {}", self.name(), self.order_words(&ranked.order))
            }
            Self::Exporters => "exporters and their engines by bytes".into(),
            Self::Timeline(timeline) => {
                let name = timeline.distribution.name();
                format!("timeline, bins of {}, {name} load", timeline.bin)
            }
            Self::Scans(scans) => {
                format!("scans, sources with {} or more targets", scans.min_targets)
            }
            Self::Beacons(beacons) => format!(
                "beacons, {} or more connections with a jitter of at most {} %",
                beacons.min_connections, beacons.max_jitter_percent
            ),
            Self::Diff(diff) => format!("diff by {}", diff.sort.name()),
            Self::Summary => "summary".into(),
            Self::Check => "check".into(),
        }
    }

    fn order_words(&self, order: &Order) -> String {
        let column = self.grouping().map(|grouping| grouping.sorted_by());
        order.words(column.unwrap_or_else(|| order.sort.name()))
    }

    /// One of every report, with default options: for tests that walk them, and
    /// for lists.
    #[must_use]
    pub fn every() -> Vec<Self> {
        let top = Top { by: by_port(), columns: None, order: Order::default() };
        iter::successors(Some(Self::Top(top)), Self::next).collect()
    }

    /// The next of [`every`](Self::every): the compiler reports a missing variant here.
    fn next(&self) -> Option<Self> {
        Some(match self {
            Self::Top(_) => Self::Talkers(Ranked::default()),
            Self::Talkers(_) => Self::Ports(Ranked::default()),
            Self::Ports(_) => Self::Protocols(Ranked::default()),
            Self::Protocols(_) => Self::Pairs(Ranked::default()),
            Self::Pairs(_) => Self::Exporters,
            Self::Exporters => Self::Timeline(Timeline::default()),
            Self::Timeline(_) => Self::Scans(Scans::default()),
            Self::Scans(_) => Self::Beacons(Beacons::default()),
            Self::Beacons(_) => {
                let (sort, limit) = (Metric::default(), diff_limit());
                Self::Diff(Diff { by: by_port(), windows: None, sort, limit })
            }
            Self::Diff(_) => Self::Summary,
            Self::Summary => Self::Check,
            Self::Check => return None,
        })
    }
}

fn by_port() -> Vec<Key> {
    vec![Key::Field(crate::FieldId::DstPort)]
}

#[cfg(test)]
mod tests {
    use super::super::{Flows, Question};
    use super::*;

    /// Every report has a unique name, which begins its title, and survives a
    /// round trip through JSON; its defaults are those of its JSON without
    /// fields.
    #[test]
    fn every_report_is_read_back() {
        let mut names = std::collections::BTreeSet::new();
        for report in Report::every() {
            assert!(names.insert(report.name()));
            assert!(report.title().starts_with(report.name()), "{}", report.title());
            let question = Question::new(report, Flows::default());
            let text = question.to_json();
            assert!(text.contains(&format!("\"{}\"", question.report.name())), "{text}");
            assert_eq!(Question::from_json(&text).unwrap(), question);
        }
    }

    #[test]
    fn what_is_no_question_says_why() {
        for (text, why) in [
            ("", "EOF"),
            ("{}", "missing field `flowkit_question`"),
            (r#"{"flowkit_question": 2, "report": "summary"}"#, "reads version 1"),
            (r#"{"flowkit_question": 1, "report": "sumary"}"#, "did you mean summary?"),
            (r#"{"flowkit_question": 1, "report": {"top": {"by": ["dst_prot"]}}}"#, "did you mean"),
            (r#"{"flowkit_question": 1, "report": {"top": {"by": []}}}"#, "names no key"),
            (r#"{"flowkit_question": 1, "report": {"diff": {"by": []}}}"#, "names no key"),
            (r#"{"flowkit_question": 1, "report": {"scans": {"least": 3}}}"#, "unknown field"),
            (r#"{"flowkit_question": 1, "report": "check", "tz": "UTC"}"#, "unknown field `tz`"),
            (
                r#"{"flowkit_question": 1, "report": "check", "flows": {"window": {"form": "x"}}}"#,
                "unknown field `form`",
            ),
        ] {
            let error = Question::from_json(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn percentages_are_exact() {
        for millionths in [0, 1, 500_000, 33_333_333, 100_000_000] {
            let order = Order { min_share: millionths, ..Order::default() };
            let question =
                Question::new(Report::Talkers(Ranked { columns: None, order }), Flows::default());
            assert_eq!(Question::from_json(&question.to_json()).unwrap(), question);
        }
    }
}

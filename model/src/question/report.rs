//! The reports: one variant each, with what it can be asked.
//!
//! To add one, add a variant; the compiler then asks for its title, its rule and
//! an engine that answers it.

use std::iter;

use serde::{Deserialize, Serialize};

use super::{Key, Measure, Order};
use crate::Metric;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// Flows grouped by keys.
    Top(Top),
    /// Flows by address, at either end.
    Talkers(Ranked),
    /// Flows by protocol and service.
    Ports(Ranked),
    /// Flows by protocol.
    Protocols(Ranked),
    /// Flows by their two addresses.
    Pairs(Ranked),
    /// Flows by exporter and engine, and what is missing of them.
    Exporters,
    /// Flows by bins of time.
    Timeline(Timeline),
    /// Sources that try many hosts or ports.
    Scans(Scans),
    /// Connections at a regular interval.
    Beacons(Beacons),
    /// What changed between two sources, or two windows of one.
    Diff(Diff),
    /// How much there is, of when, from whom.
    Summary,
    /// What is wrong with the data.
    Check,
}

/// The top N values of some keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Top {
    /// What to group by, the most significant first.
    pub by: Vec<Key>,
    /// The columns behind the keys; `None` are the usual ones, and what is sorted by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Measure>>,
    /// Which rows, in which order.
    #[serde(default)]
    pub order: Order,
}

/// A ranking whose keys are its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ranked {
    /// The columns behind the keys; `None` are those of the report, and what is
    /// sorted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Measure>>,
    /// Which rows, in which order.
    pub order: Order,
}

/// Bytes, packets and flows over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeline {
    /// Length of a bin, as [`bin_length_ms`](super::bin_length_ms) reads it.
    pub bin: String,
    /// How the volume of a flow is given to the bins that it spans.
    #[serde(rename = "time_distribution")]
    pub distribution: TimeDistribution,
    /// One series for each of the largest keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Key>,
    /// How many series, beside the one of all others; 0 is all.
    pub limit: usize,
}

impl Default for Timeline {
    fn default() -> Self {
        let distribution = TimeDistribution::default();
        Self { bin: "hour".into(), distribution, by: Vec::new(), limit: 5 }
    }
}

/// How the volume of a flow is spread over the bins of time that it spans: SiLK's
/// load schemes of `rwcount`, which have the same names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeDistribution {
    /// By the time spent in each: up to the end of a bin, floor(volume × ms so
    /// far ÷ duration) has been given.
    #[default]
    Proportional,
    /// All to the bin of the first packet.
    Start,
    /// All to the bin of the last packet, where the flow is counted too.
    End,
    /// The same to each bin that it touches, by the same cutting.
    Uniform,
    /// All to the bin of the export.
    Export,
}

impl TimeDistribution {
    /// Every one.
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

/// Sources by how many hosts they try on one port, and how many ports of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scans {
    /// Minimum number of targets.
    pub min_targets: u64,
    /// Rows of each kind; 0 is all.
    pub limit: usize,
}

impl Default for Scans {
    fn default() -> Self {
        Self { min_targets: 10, limit: 10 }
    }
}

/// Connections from one address to another's port at a regular interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Beacons {
    /// Minimum number of connections; at least 3.
    pub min_connections: usize,
    /// Largest jitter, in percent of the interval.
    pub max_jitter_percent: u64,
    /// Rows; 0 is all.
    pub limit: usize,
}

impl Default for Beacons {
    fn default() -> Self {
        Self { min_connections: 8, max_jitter_percent: 10, limit: 10 }
    }
}

/// What changed, by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diff {
    /// What to group by.
    pub by: Vec<Key>,
    /// The windows `FROM..TO` that are compared, a and b, of the same sources;
    /// without them there are two sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<[String; 2]>,
    /// The largest change of this comes first.
    #[serde(default)]
    pub sort: Metric,
    /// Rows; 0 is all.
    #[serde(default = "diff_limit")]
    pub limit: usize,
}

fn diff_limit() -> usize {
    20
}

impl Report {
    /// Its name, as the command line and JSON have it.
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

    /// What is asked, in words.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Top(top) => {
                let names: Vec<String> = top.by.iter().map(Key::name).collect();
                format!("top {} by {}", names.join(", "), top.order.words())
            }
            Self::Talkers(ranked)
            | Self::Ports(ranked)
            | Self::Protocols(ranked)
            | Self::Pairs(ranked) => format!("{} by {}", self.name(), ranked.order.words()),
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

    /// One of every report, as each is asked without options: for tests that walk
    /// them, and for lists of what there is.
    #[must_use]
    pub fn every() -> Vec<Self> {
        let top = Top { by: by_port(), columns: None, order: Order::default() };
        iter::successors(Some(Self::Top(top)), Self::next).collect()
    }

    /// The next of [`every`](Self::every): the compiler names what is forgotten here.
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

    /// Every report has a name of its own, which begins its title, and is read
    /// back from its JSON; without options it is what its JSON says without members.
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
            (r#"{"flowkit_question": 1, "report": "sumary"}"#, "unknown variant `sumary`"),
            (r#"{"flowkit_question": 1, "report": {"top": {"by": ["dst_prot"]}}}"#, "did you mean"),
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

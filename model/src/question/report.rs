//! The reports: one variant each, with its options.
//!
//! To add one, add a variant; the compiler then requires its title, its
//! explanation and an engine that answers it.

use std::iter;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::{Beacons, Choice, Diff, Exporters, Key, List, Measure, Order, Scans, Timeline};

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Single flows.
    List(List),
    /// Flows by exporter and engine, and how many are missing.
    Exporters(Exporters),
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

/// Reads keys, of which there is at least one.
pub(super) fn some_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Key>, D::Error> {
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
            Self::List(_) => "list",
            Self::Exporters(_) => "exporters",
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
            Self::List(List { sort: None, .. }) => "list".into(),
            Self::List(List { sort: Some(column), bottom, .. }) => {
                let choice = Choice { bottom: *bottom, ..Choice::default() };
                format!("list by {}", choice.words(column.name()))
            }
            Self::Exporters(_) => {
                format!("exporters and their engines by {}", self.chosen("bytes"))
            }
            Self::Timeline(timeline) => {
                let name = timeline.distribution.name();
                format!("timeline, bins of {}, {name} load{}", timeline.bin, self.sorted())
            }
            Self::Scans(scans) => {
                format!(
                    "scans, sources with {} or more targets{}",
                    scans.min_targets,
                    self.sorted()
                )
            }
            Self::Beacons(beacons) => format!(
                "beacons, {} or more connections with a jitter of at most {} %{}",
                beacons.min_connections,
                beacons.max_jitter_percent,
                self.sorted()
            ),
            Self::Diff(_) => format!("diff by {}", self.chosen("bytes")),
            Self::Summary => "summary".into(),
            Self::Check => "check".into(),
        }
    }

    fn order_words(&self, order: &Order) -> String {
        let column = self.grouping().map(|grouping| grouping.sorted_by());
        order.words(column.unwrap_or_else(|| order.sort.name()))
    }

    /// The column that the rows of a table are sorted by.
    fn chosen(&self, usual: &str) -> String {
        self.choice().unwrap_or_default().words(usual)
    }

    /// The same behind the title, if the order is not the usual one.
    fn sorted(&self) -> String {
        let choice = self.choice().unwrap_or_default();
        let is_usual = choice.sort.is_none() && !choice.bottom;
        if is_usual { String::new() } else { format!(", by {}", choice.words("targets")) }
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
            Self::Pairs(_) => Self::List(List::default()),
            Self::List(_) => Self::Exporters(Exporters::default()),
            Self::Exporters(_) => Self::Timeline(Timeline::default()),
            Self::Timeline(_) => Self::Scans(Scans::default()),
            Self::Scans(_) => Self::Beacons(Beacons::default()),
            Self::Beacons(_) => Self::Diff(Diff::new(by_port())),
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

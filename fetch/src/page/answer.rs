//! The JSON of a search answer, as far as it is needed.

use serde::Deserialize;
use serde::de::Deserializer;

use crate::error::printable;

/// A search answer; `H` is the type that its hits are parsed into.
#[derive(Deserialize)]
#[serde(bound(deserialize = "H: Deserialize<'de> + Default"))]
pub(super) struct Answer<H> {
    #[serde(rename = "_scroll_id")]
    pub(super) scroll_id: Option<String>,
    pub(super) pit_id: Option<String>,
    pub(super) timed_out: bool,
    #[serde(default)]
    pub(super) terminated_early: Option<bool>,
    #[serde(default, rename = "_clusters")]
    pub(super) clusters: serde_json::Value,
    #[serde(rename = "_shards")]
    pub(super) shards: Shards,
    pub(super) hits: Hits<H>,
    #[serde(default)]
    pub(super) aggregations: TimeBounds,
}

/// First and last `@timestamp` of all documents, if page 1 aggregates them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct TimeBounds {
    first: AggregateValue,
    last: AggregateValue,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct AggregateValue {
    value: Option<f64>,
}

impl TimeBounds {
    pub(crate) fn first_ms(&self) -> Option<i64> {
        self.first.ms()
    }

    pub(crate) fn last_ms(&self) -> Option<i64> {
        self.last.ms()
    }
}

impl AggregateValue {
    /// Milliseconds, truncated; a double holds them exactly for 285,000 years.
    fn ms(self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        self.value.map(|value| value.floor() as i64)
    }
}

/// The hits, and the total.
#[derive(Deserialize)]
#[serde(bound(deserialize = "H: Deserialize<'de> + Default"))]
pub(super) struct Hits<H> {
    pub(super) total: Option<Total>,
    #[serde(default = "none")]
    pub(super) hits: Option<H>,
}

fn none<H>() -> Option<H> {
    None
}

/// A number until Elasticsearch 6, an object since.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Total {
    Number(u64),
    Object {
        value: u64,
        /// `eq`, or `gte` where there may be more.
        #[serde(default)]
        relation: Option<String>,
    },
}

/// How many shards were searched, and how many answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Shards {
    pub(crate) total: u64,
    pub(crate) successful: u64,
    /// Counted in `successful`; older servers do not state it.
    #[serde(default)]
    pub(crate) skipped: u64,
    pub(crate) failed: u64,
    #[serde(default, rename = "failures")]
    pub(crate) reasons: Vec<Failure>,
}

/// Why a shard did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Failure {
    #[serde(default, deserialize_with = "words")]
    pub(crate) reason: String,
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let reason = serde_json::Value::deserialize(deserializer)?;
    let text = |name: &str| reason[name].as_str().unwrap_or_default();
    Ok(printable(&format!("{}: {}", text("type"), text("reason"))))
}

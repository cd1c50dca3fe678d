//! The JSON of a search answer, as far as it is needed.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::printable;

/// Most documents that are believed: a larger number of JSON need not be exact.
pub(crate) const MOST_DOCUMENTS: u64 = 1 << 53;
/// Times in milliseconds that are believed, 285,000 years around 1970: a double holds
/// larger ones not exactly.
const BELIEVED_MS: f64 = (1_u64 << 53) as f64;
/// Longest id of a cursor. Those of Elasticsearch take some 150 bytes a shard.
pub(crate) const LONGEST_ID: usize = 1 << 20;
/// Longest text about clusters that is looked at.
const LONGEST_CLUSTERS: usize = 64 * 1024;

/// A number of documents that a server states; `None` if it is none, or more than
/// there can be.
pub(crate) fn documents(number: &serde_json::Value) -> Option<u64> {
    number.as_u64().filter(|documents| *documents <= MOST_DOCUMENTS)
}

/// A time in milliseconds that a server states, cut; `None` if it is none, or not
/// exact.
pub(crate) fn milliseconds(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "whole and in the range")]
    (number.abs() <= BELIEVED_MS).then(|| number.floor() as i64)
}

/// A search answer; `H` is the type that its hits are parsed into.
#[derive(Deserialize)]
#[serde(bound(deserialize = "H: Deserialize<'de> + Default"))]
pub(super) struct Answer<H> {
    #[serde(default, rename = "_scroll_id", deserialize_with = "id")]
    pub(super) scroll_id: Option<String>,
    #[serde(default, deserialize_with = "id")]
    pub(super) pit_id: Option<String>,
    pub(super) timed_out: bool,
    #[serde(default)]
    pub(super) terminated_early: Option<bool>,
    #[serde(default, rename = "_clusters", deserialize_with = "clusters")]
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
    fn ms(self) -> Option<i64> {
        self.value.and_then(milliseconds)
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
    /// Why the first shard that failed did not answer, or empty.
    #[serde(default, rename = "failures", deserialize_with = "first_reason")]
    pub(crate) reason: String,
}

/// The id of a cursor. Each request sends it back.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id = Option::<String>::deserialize(deserializer)?;
    match id {
        Some(id) if id.len() > LONGEST_ID => {
            Err(D::Error::custom("the id of the cursor is longer than any"))
        }
        id => Ok(id),
    }
}

/// What is said of clusters: a few words for each.
fn clusters<'de, D: Deserializer<'de>>(deserializer: D) -> Result<serde_json::Value, D::Error> {
    let text = Box::<RawValue>::deserialize(deserializer)?;
    if text.get().len() > LONGEST_CLUSTERS {
        return Err(D::Error::custom("more clusters than there can be"));
    }
    serde_json::from_str(text.get()).map_err(D::Error::custom)
}

/// The reason of the first failure of a list; the rest is passed over.
fn first_reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct First;
    impl<'de> Visitor<'de> for First {
        type Value = String;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a list of failures")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<String, A::Error> {
            let first = list.next_element::<Box<RawValue>>()?;
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(first.map(|failure| reason(failure.get())).unwrap_or_default())
        }
    }
    deserializer.deserialize_seq(First)
}

/// `type: reason` of a failure, as far as it can be read.
fn reason(failure: &str) -> String {
    const LONGEST: usize = 64 * 1024;
    if failure.len() > LONGEST {
        return String::new();
    }
    let failure: serde_json::Value = serde_json::from_str(failure).unwrap_or_default();
    let text = |name: &str| failure["reason"][name].as_str().unwrap_or_default();
    printable(&format!("{}: {}", text("type"), text("reason")))
}

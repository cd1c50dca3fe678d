//! One answer of a search: its hits, left as text, and what the server says of
//! their number and of the shards it asked.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::json::{FromJson, OrNothing, lenient, next_key};

/// An answer of a search.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Cursor of the scroll, or id of the point in time, that the page belongs to.
    pub scroll_id: Option<Cow<'a, str>>,
    /// The page is one of a scroll.
    pub is_of_scroll: bool,
    /// Hits, each as the server sent it.
    pub hits: Vec<&'a RawValue>,
    /// How many there are in all; `None` if the answer does not say, or gives
    /// a lower bound only.
    pub total: Option<u64>,
    /// That lower bound: there are more.
    pub more_than: Option<u64>,
    /// The server gave up before it had looked everywhere.
    pub timed_out: bool,
    /// Shards that were asked and that answered.
    pub shards: Shards,
    /// Other clusters that were asked and that answered.
    pub clusters: Clusters,
    /// The search ended at a number of documents that it was given.
    pub terminated_early: bool,
}

/// How many shards were asked, and how many answered.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Shards {
    /// Asked.
    pub total: u64,
    /// Answered, or had nothing to say.
    pub successful: u64,
    /// Did not answer.
    pub failed: u64,
}

/// How many clusters a search across clusters asked, and how many answered.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Clusters {
    /// Asked.
    pub total: u64,
    /// Answered whole.
    pub successful: u64,
    /// Did not answer and were left out.
    pub skipped: u64,
    /// Answered in part.
    pub partial: u64,
    /// Were still searching.
    pub running: u64,
    /// Failed.
    pub failed: u64,
}

impl Clusters {
    /// Whether all that were asked answered whole.
    #[must_use]
    pub fn complete(self) -> bool {
        let Self { total, successful, skipped, partial, running, failed } = self;
        [skipped, partial, running, failed] == [0; 4] && successful >= total
    }
}

impl Shards {
    /// Whether all that were asked answered.
    #[must_use]
    pub fn complete(self) -> bool {
        self.failed == 0 && self.successful == self.total
    }
}

/// `hits.total`: a number up to Elasticsearch 6, an object since.
#[derive(Deserialize)]
#[serde(untagged)]
enum Total {
    Number(u64),
    Object {
        value: u64,
        #[serde(default = "exact")]
        relation: String,
    },
}

fn exact() -> String {
    "eq".into()
}

impl Total {
    /// The total, or the lower bound that it is (`"relation": "gte"`): a server
    /// stops to count at a number that was passed.
    fn exact_or_bound(self) -> (Option<u64>, Option<u64>) {
        match self {
            Self::Number(total) => (Some(total), None),
            Self::Object { value, relation } if relation == "eq" => (Some(value), None),
            Self::Object { value, relation } if relation == "gte" => (None, Some(value)),
            Self::Object { .. } => (None, None),
        }
    }
}

/// The `hits` object of an answer, and whether it has what only a search answers;
/// `None` where it is no object.
pub(super) struct HitsSeed<'p, 'a>(pub(super) &'p mut Page<'a>);

impl<'de> DeserializeSeed<'de> for HitsSeed<'_, 'de> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for HitsSeed<'_, 'de> {
    type Output = Option<bool>;

    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Output, A::Error> {
        let mut is_of_a_search = false;
        while let Some(key) = next_key(&mut map)? {
            match &*key {
                // `events` are the hits of EQL.
                "hits" | "events" => {
                    let hits = map.next_value_seed(ListSeed)?;
                    is_of_a_search |= hits.is_some();
                    self.0.hits = hits.unwrap_or_default();
                }
                "total" => {
                    let raw: &RawValue = map.next_value()?;
                    let total = lenient::<Option<Total>>(raw.get());
                    is_of_a_search |= total.is_some();
                    (self.0.total, self.0.more_than) =
                        total.map(Total::exact_or_bound).unwrap_or_default();
                }
                "max_score" => {
                    is_of_a_search = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(is_of_a_search))
    }
}

/// An array as its elements' text; anything else is none.
struct ListSeed;

impl<'de> DeserializeSeed<'de> for ListSeed {
    type Value = Option<Vec<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for ListSeed {
    type Output = Option<Vec<&'de RawValue>>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Output, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Some(elements))
    }
}

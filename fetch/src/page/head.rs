//! The head of a page: everything but its hits, parsed first.

use serde::de::IgnoredAny;

use super::answer::{Answer, MOST_DOCUMENTS, Shards, Total};
use super::clusters::missing_clusters;

/// Where the hits begin. Inside a JSON string the quotation marks would be
/// escaped, so that these bytes never occur in one.
const HITS: &[u8] = br#""hits":["#;
/// Maximum length of the head; a longer one is parsed with the whole page.
const HEAD_LIMIT: usize = 64 * 1024;

/// The fields before the hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Absent if no shard was searched.
    pub(crate) scroll_id: Option<String>,
    /// Absent in a scroll.
    pub(crate) pit_id: Option<String>,
    pub(crate) timed_out: bool,
    /// Whether the search ended before it was done. Later pages of a scroll say so
    /// up to Elasticsearch 7, where it means the end of the page.
    pub(crate) is_early: bool,
    /// Clusters that are missing, in words.
    pub(crate) missing_clusters: Option<String>,
    pub(crate) shards: Shards,
    /// Number of documents that the cursor runs over; absent if it was not
    /// requested.
    pub(crate) total: Option<u64>,
    /// A lower bound in place of the total.
    pub(crate) at_least: Option<u64>,
    /// Whether there are no hits.
    pub(crate) is_empty: bool,
}

impl Head {
    /// Reads the head of a page.
    pub(crate) fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        Self::read_before_the_hits(body).map_or_else(|| Self::read_whole(body), Ok)
    }

    pub(super) fn read_before_the_hits(body: &[u8]) -> Option<Self> {
        let start = &body[..body.len().min(HEAD_LIMIT)];
        let hits = start.windows(HITS.len()).position(|window| window == HITS)? + HITS.len();
        let first = body[hits..].iter().find(|byte| !byte.is_ascii_whitespace())?;
        let head = [&body[..hits], b"]}}"].concat();
        // Fails if fields are in another order; then the whole page is parsed.
        let answer: Answer<Vec<IgnoredAny>> = serde_json::from_slice(&head).ok()?;
        Some(Self::new(answer, *first == b']'))
    }

    pub(super) fn read_whole(body: &[u8]) -> Result<Self, serde_json::Error> {
        let answer: Answer<Vec<IgnoredAny>> = serde_json::from_slice(body)?;
        // With `filter_path` an answer without hits lacks the list, but has a total.
        if answer.hits.hits.is_none() && answer.hits.total.is_none() {
            return Err(serde::de::Error::missing_field("hits"));
        }
        let is_empty = answer.hits.hits.as_ref().is_none_or(Vec::is_empty);
        Ok(Self::new(answer, is_empty))
    }

    fn new<H>(answer: Answer<H>, is_empty: bool) -> Self {
        let (total, at_least) = match answer.hits.total {
            Some(Total::Object { value, relation: Some(relation) }) if relation != "eq" => {
                (None, Some(value))
            }
            Some(Total::Number(total) | Total::Object { value: total, .. }) => (Some(total), None),
            None => (None, None),
        };
        let (total, at_least) = match total {
            // More than there can be is no count.
            Some(total) if total > MOST_DOCUMENTS => (None, Some(total)),
            total => (total, at_least),
        };
        let Answer { scroll_id, pit_id, timed_out, shards, .. } = answer;
        let is_early = answer.terminated_early == Some(true);
        let missing_clusters = missing_clusters(&answer.clusters);
        Self {
            scroll_id,
            pit_id,
            timed_out,
            is_early,
            missing_clusters,
            shards,
            total,
            at_least,
            is_empty,
        }
    }
}

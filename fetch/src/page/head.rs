//! The head of a page: all but its hits, read first and alone.

use serde::de::IgnoredAny;

use super::answer::{Answer, Shards, Total};

/// Where the hits begin. In a text the first quotation mark would have a
/// backslash before the last one, so this is never inside one.
const HITS: &[u8] = br#""hits":["#;
/// How far the head may reach. Longer ones are read with the whole page.
const HEAD_LIMIT: usize = 64 * 1024;

/// What stands before the hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Absent where no shard was asked.
    pub(crate) scroll_id: Option<String>,
    /// Absent on a page of a scroll.
    pub(crate) pit_id: Option<String>,
    pub(crate) timed_out: bool,
    pub(crate) shards: Shards,
    /// Documents that the cursor runs over; absent where it is not asked for.
    pub(crate) total: Option<u64>,
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
        // Where members stand in another order this is no page; the whole is read then.
        let answer: Answer<Vec<IgnoredAny>> = serde_json::from_slice(&head).ok()?;
        Some(Self::new(answer, *first == b']'))
    }

    pub(super) fn read_whole(body: &[u8]) -> Result<Self, serde_json::Error> {
        let answer: Answer<Vec<IgnoredAny>> = serde_json::from_slice(body)?;
        // A filtered answer has no hits where there are none, but a count.
        if answer.hits.hits.is_none() && answer.hits.total.is_none() {
            return Err(serde::de::Error::missing_field("hits"));
        }
        let is_empty = answer.hits.hits.as_ref().is_none_or(Vec::is_empty);
        Ok(Self::new(answer, is_empty))
    }

    fn new<H>(answer: Answer<H>, is_empty: bool) -> Self {
        let total = answer.hits.total.map(|total| match total {
            Total::Number(total) | Total::Object { value: total } => total,
        });
        let Answer { scroll_id, pit_id, timed_out, shards, .. } = answer;
        Self { scroll_id, pit_id, timed_out, shards, total, is_empty }
    }
}

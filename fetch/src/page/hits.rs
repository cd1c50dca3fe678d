//! The hits of a page: where they stand, what they become on disk, their times.

use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::value::RawValue;

use super::answer::{Answer, TimeBounds};

/// Sort values above this are nanoseconds; as milliseconds it is the year 5138.
const LARGEST_MS: i64 = 100_000_000_000_000;

/// Splits a page into its hits; it must be well formed to its end.
///
/// Fills `hits` with where each one stands in `body`.
pub(crate) fn split_hits(
    body: &[u8],
    hits: &mut Vec<Range<usize>>,
) -> Result<TimeBounds, serde_json::Error> {
    hits.clear();
    let answer: Answer<Vec<&RawValue>> = serde_json::from_slice(body)?;
    // Borrowed from the body, so the distance of the pointers is the place in it.
    let start = body.as_ptr() as usize;
    hits.extend(answer.hits.hits.unwrap_or_default().iter().map(|hit| {
        let at = hit.get().as_ptr() as usize - start;
        at..at + hit.get().len()
    }));
    Ok(answer.aggregations)
}

/// The first and last time that a search without hits was asked for.
pub(crate) fn times(body: &[u8]) -> Result<TimeBounds, serde_json::Error> {
    let answer: Answer<Vec<IgnoredAny>> = serde_json::from_slice(body)?;
    Ok(answer.aggregations)
}

/// The sort values of the last hit of a page, found from its end.
///
/// In a text the quotation marks would have backslashes before them, and in a
/// hit the sort values stand behind the document, so the last such place is it.
pub(crate) fn last_sort(body: &[u8]) -> Option<serde_json::Value> {
    const SORT: &[u8] = br#""sort":"#;
    let at = body.windows(SORT.len()).rposition(|window| window == SORT)? + SORT.len();
    let mut values = serde_json::Deserializer::from_slice(&body[at..]).into_iter();
    values.next()?.ok().filter(serde_json::Value::is_array)
}

/// Makes lines of the hits, in place: each is moved up to the one before and
/// ended, and line ends inside it become blanks. Returns where the lines stand.
///
/// There is always room: a hit is followed by a comma or a bracket.
pub(crate) fn into_lines(body: &mut [u8], hits: &mut [Range<usize>]) -> Range<usize> {
    let start = hits.first().map_or(0, |hit| hit.start);
    let mut end = start;
    for hit in hits {
        if hit.start != end {
            body.copy_within(hit.clone(), end);
        }
        *hit = end..end + hit.len();
        for byte in &mut body[hit.clone()] {
            *byte = if *byte == b'\n' || *byte == b'\r' { b' ' } else { *byte };
        }
        body[hit.end] = b'\n';
        end = hit.end + 1;
    }
    start..end
}

/// `@timestamp` of a hit in milliseconds since 1970, by its first sort value; none
/// if it has none.
pub(crate) fn hit_ms(hit: &[u8]) -> Result<Option<i64>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Hit {
        #[serde(rename = "sort", deserialize_with = "sort_ms")]
        ms: Option<i64>,
    }
    let Hit { ms } = serde_json::from_slice(hit)?;
    Ok(ms)
}

fn sort_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Whole(i64),
        Other(IgnoredAny),
    }
    // The first sort value is the time. A missing one is sorted as the largest.
    Ok(match Vec::<Value>::deserialize(deserializer)?.first() {
        Some(&Value::Whole(ms)) if ms.unsigned_abs() < LARGEST_MS.unsigned_abs() => Some(ms),
        Some(&Value::Whole(ns)) if ns != i64::MAX && ns != i64::MIN => {
            Some(ns.div_euclid(1_000_000))
        }
        _ => None,
    })
}

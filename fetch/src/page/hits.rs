//! The hits of a page: their positions, their times, and how they become lines of
//! a part.

use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::value::RawValue;

use super::answer::{Answer, TimeBounds};

/// Sort values above this are nanoseconds; in milliseconds it is the year 5138.
const LARGEST_MS: i64 = 100_000_000_000_000;

/// Splits a page into its hits; all of it must be valid JSON.
///
/// Fills `hits` with the position of each hit in `body`. Documents need not be UTF-8:
/// Elasticsearch stores surrogates of three bytes each, as Java and `MySQL` write them,
/// and sends them back as they came.
pub(crate) fn split_hits(
    body: &[u8],
    hits: &mut Vec<Range<usize>>,
) -> Result<TimeBounds, serde_json::Error> {
    match split(body, hits) {
        Err(_) if std::str::from_utf8(body).is_err() => split(&as_utf8(body), hits),
        split => split,
    }
}

/// The text with a `?` for each byte that is not UTF-8: positions are the same, since
/// such a byte is never one of the marks of JSON.
fn as_utf8(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.extend_from_slice(chunk.valid().as_bytes());
        text.resize(text.len() + chunk.invalid().len(), b'?');
    }
    text
}

fn split(body: &[u8], hits: &mut Vec<Range<usize>>) -> Result<TimeBounds, serde_json::Error> {
    hits.clear();
    let answer: Answer<Vec<&RawValue>> = serde_json::from_slice(body)?;
    // Hits are borrowed from the body, so that the pointer difference is the
    // offset.
    let start = body.as_ptr() as usize;
    hits.extend(answer.hits.hits.unwrap_or_default().iter().map(|hit| {
        let at = hit.get().as_ptr() as usize - start;
        at..at + hit.get().len()
    }));
    Ok(answer.aggregations)
}

/// The first and last time, from a search without hits.
pub(crate) fn times(body: &[u8]) -> Result<TimeBounds, serde_json::Error> {
    let answer: Answer<Vec<IgnoredAny>> = serde_json::from_slice(body)?;
    Ok(answer.aggregations)
}

/// The first and last time of a bucket; none that it does not state.
pub(crate) fn times_of(bucket: &serde_json::Value) -> TimeBounds {
    TimeBounds::deserialize(bucket).unwrap_or_default()
}

/// The sort values of the last hit of a page, searched from the end.
///
/// Inside a JSON string the quotation marks would be escaped, and in a hit the
/// sort values come after the document, so that the last occurrence is the right
/// one.
pub(crate) fn last_sort(body: &[u8]) -> Option<serde_json::Value> {
    const SORT: &[u8] = br#""sort":"#;
    let at = body.windows(SORT.len()).rposition(|window| window == SORT)? + SORT.len();
    let mut values = serde_json::Deserializer::from_slice(&body[at..]).into_iter();
    values.next()?.ok().filter(serde_json::Value::is_array)
}

/// Makes lines of the hits, in place: each is moved next to the one before and
/// terminated, and line ends inside it become blanks. Returns the range of the
/// lines.
///
/// There is always room for the line feed: a hit is followed by a comma or a
/// bracket.
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

/// `@timestamp` of a hit in milliseconds since 1970-01-01 UTC, from its first
/// sort value; `None` if it has no time.
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
    // The first sort value is the time. A missing time has the largest number as
    // sort value.
    Ok(match Vec::<Value>::deserialize(deserializer)?.first() {
        Some(&Value::Whole(ms)) if ms.unsigned_abs() < LARGEST_MS.unsigned_abs() => Some(ms),
        Some(&Value::Whole(ns)) if ns != i64::MAX && ns != i64::MIN => {
            Some(ns.div_euclid(1_000_000))
        }
        _ => None,
    })
}

//! The hits of a page: their positions, their times, and how they become lines of
//! a part.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use flowkit_model::Entry;
use memchr::memmem;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::answer::{Answer, TimeBounds};

/// Sort values above this are nanoseconds; in milliseconds it is the year 5138.
const LARGEST_MS: i64 = 100_000_000_000_000;

/// No hit is shorter.
const SHORTEST_HIT: &str = r#"{"_index":"","_id":""}"#;
/// Shorter ones that are read, to be refused one by one.
const SHORT_HITS: usize = 1_000;
/// Longest list of sort values: some numbers and a short text.
const LONGEST_SORT: usize = 64 * 1024;

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
    let answer: Answer<RawHits<'_>> = serde_json::from_slice(body)?;
    // Hits are borrowed from the body, so that the pointer difference is the
    // offset.
    let start = body.as_ptr() as usize;
    hits.extend(answer.hits.hits.unwrap_or_default().0.iter().map(|hit| {
        let at = hit.get().as_ptr() as usize - start;
        at..at + hit.get().len()
    }));
    Ok(answer.aggregations)
}

/// The texts of hits. After some that cannot hold an index and an id the next are not
/// read, so that a page of nothing but commas takes no memory.
#[derive(Default)]
struct RawHits<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for RawHits<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for List<'a> {
            type Value = RawHits<'a>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list of hits")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawHits<'a>, A::Error> {
                let (mut hits, mut short) = (Vec::new(), 0);
                while let Some(hit) = list.next_element::<&RawValue>()? {
                    short += usize::from(hit.get().len() < SHORTEST_HIT.len());
                    if short > SHORT_HITS {
                        return Err(A::Error::custom("hits have no index and no id"));
                    }
                    hits.push(hit);
                }
                Ok(RawHits(hits))
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
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
    let rest = &body[at..body.len().min(at + LONGEST_SORT)];
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter();
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

/// Whether a hit came with a document, as a verification and a question read it.
pub(crate) fn has_source(hit: &[u8]) -> bool {
    has_one_source(hit) || Entry::document(String::from_utf8_lossy(hit).as_bytes()).is_some()
}

/// Whether that is plain from how servers write a hit: one document behind the identity,
/// in which there is no other object.
fn has_one_source(hit: &[u8]) -> bool {
    const NAME: &[u8] = br#""_source""#;
    let Some(at) = memmem::find(hit, NAME) else { return false };
    let behind = &hit[at + NAME.len()..];
    memchr::memrchr(b'{', &hit[..at]) == Some(0)
        && behind.starts_with(b":{")
        && memmem::find(behind, NAME).is_none()
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

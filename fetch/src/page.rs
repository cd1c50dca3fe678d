//! One answer of a cursor: its head, and the hits as the server wrote them.
//!
//! The head is read first, and alone, so that the next page can be asked for
//! while the hits of this one are still being cut and written. The whole page
//! is parsed after that; nothing counts until then.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::value::RawValue;

/// Where the hits begin. In a text the first quotation mark would have a
/// backslash before the last one, so this is never inside one.
const HITS: &[u8] = br#""hits":["#;
/// How far the head may reach. Longer ones are read with the whole page.
const HEAD_LIMIT: usize = 64 * 1024;
/// Sort values above this are nanoseconds; as milliseconds it is the year 5138.
const LARGEST_MS: i64 = 100_000_000_000_000;

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

/// How many shards were asked and how many answered.
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

#[derive(Deserialize)]
#[serde(bound(deserialize = "H: Deserialize<'de> + Default"))]
struct Answer<H> {
    #[serde(rename = "_scroll_id")]
    scroll_id: Option<String>,
    pit_id: Option<String>,
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    hits: Hits<H>,
    #[serde(default)]
    aggregations: Times,
}

/// First and last `@timestamp` of all documents, where page 1 was asked for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Times {
    first: TimeOf,
    last: TimeOf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct TimeOf {
    value: Option<f64>,
}

impl Times {
    pub(crate) fn first_ms(&self) -> Option<i64> {
        self.first.ms()
    }

    pub(crate) fn last_ms(&self) -> Option<i64> {
        self.last.ms()
    }
}

impl TimeOf {
    /// Milliseconds, cut; a double holds them exactly for 285,000 years.
    fn ms(self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        self.value.map(|value| value.floor() as i64)
    }
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "H: Deserialize<'de> + Default"))]
struct Hits<H> {
    total: Option<Total>,
    #[serde(default = "none")]
    hits: Option<H>,
}

fn none<H>() -> Option<H> {
    None
}

/// A number until Elasticsearch 6, an object since.
#[derive(Deserialize)]
#[serde(untagged)]
enum Total {
    Number(u64),
    Object { value: u64 },
}

impl Head {
    /// Reads the head of a page.
    pub(crate) fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        Self::read_before_the_hits(body).map_or_else(|| Self::read_whole(body), Ok)
    }

    fn read_before_the_hits(body: &[u8]) -> Option<Self> {
        let start = &body[..body.len().min(HEAD_LIMIT)];
        let hits = start.windows(HITS.len()).position(|window| window == HITS)? + HITS.len();
        let first = body[hits..].iter().find(|byte| !byte.is_ascii_whitespace())?;
        let head = [&body[..hits], b"]}}"].concat();
        // Where members stand in another order this is no page; the whole is read then.
        let answer: Answer<Vec<IgnoredAny>> = serde_json::from_slice(&head).ok()?;
        Some(Self::new(answer, *first == b']'))
    }

    fn read_whole(body: &[u8]) -> Result<Self, serde_json::Error> {
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

/// Finds the hits in a page, which must be well formed to its end.
///
/// Fills `hits` with where each one stands in `body`.
pub(crate) fn cut(body: &[u8], hits: &mut Vec<Range<usize>>) -> Result<Times, serde_json::Error> {
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
pub(crate) fn times(body: &[u8]) -> Result<Times, serde_json::Error> {
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
pub(crate) fn lines(body: &mut [u8], hits: &mut [Range<usize>]) -> Range<usize> {
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

/// What is read of a single hit.
#[derive(Debug, Deserialize)]
pub(crate) struct Hit<'a> {
    #[serde(borrow, rename = "_index")]
    pub(crate) index: Cow<'a, str>,
    #[serde(borrow, rename = "_id")]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, rename = "_routing")]
    pub(crate) routing: Option<Cow<'a, str>>,
    /// `@timestamp` in milliseconds since 1970; none if it has none.
    #[serde(rename = "sort", deserialize_with = "sort_ms")]
    pub(crate) ms: Option<i64>,
}

impl<'a> Hit<'a> {
    pub(crate) fn read(hit: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(hit)
    }
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

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let reason = serde_json::Value::deserialize(deserializer)?;
    let text = |name: &str| reason[name].as_str().unwrap_or_default();
    Ok(crate::error::shown(&format!("{}: {}", text("type"), text("reason"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_6: &str = r#"{"_scroll_id":"DnF1","took":71,"timed_out":false,"_shards":{"total":4,"successful":4,"skipped":0,"failed":0},"hits":{"total":10000,"max_score":null,"hits":[{"_index":"n","_type":"doc","_id":"a","_score":null,"_source":{"x":"}],[{\"","y":[1]},"sort":[1537488000000]},{"_index":"n","_type":"doc","_id":"b","_score":null,"_source":{},"sort":[9223372036854775807]}]}}"#;
    const EMPTY_7: &str = r#"{"_scroll_id":"FGlu","took":1,"timed_out":false,"terminated_early":true,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0},"hits":{"total":{"value":2,"relation":"eq"},"max_score":null,"hits":[]}}"#;
    const LOST_7: &str = r#"{"_scroll_id":"FGlu","took":17,"timed_out":false,"_shards":{"total":4,"successful":2,"failed":2,"failures":[{"shard":-1,"index":null,"reason":{"type":"search_context_missing_exception","reason":"No search context found for id [58], \"hits\":["}}]},"hits":{"total":{"value":1000,"relation":"eq"},"max_score":null,"hits":[{"_id":"a"}]}}"#;

    fn hits_of(page: &str) -> Vec<String> {
        let mut hits = Vec::new();
        cut(page.as_bytes(), &mut hits).unwrap();
        hits.into_iter().map(|hit| page[hit].to_owned()).collect()
    }

    #[test]
    fn the_head_of_each_generation_is_read() {
        let head = Head::read(PAGE_6.as_bytes()).unwrap();
        assert_eq!(
            (head.scroll_id.as_deref(), head.total, head.is_empty),
            (Some("DnF1"), Some(10_000), false)
        );
        let head = Head::read(EMPTY_7.as_bytes()).unwrap();
        assert_eq!((head.total, head.is_empty, head.shards.successful), (Some(2), true, 2));
        let head = Head::read(LOST_7.as_bytes()).unwrap();
        assert_eq!((head.shards.failed, head.shards.skipped, head.total), (2, 0, Some(1_000)));
        assert!(head.shards.reasons[0].reason.starts_with("search_context_missing_exception: No"));
    }

    #[test]
    fn the_short_way_to_the_head_agrees_with_the_long_one() {
        for page in [PAGE_6, EMPTY_7, LOST_7] {
            let short = Head::read_before_the_hits(page.as_bytes());
            assert_eq!(short, Some(Head::read_whole(page.as_bytes()).unwrap()));
        }
    }

    #[test]
    fn members_may_stand_in_any_order() {
        let page = r#"{"hits":{"hits":[{"_id":"a"}],"total":1},"_shards":{"total":1,"successful":1,"failed":0},"timed_out":false}"#;
        let head = Head::read(page.as_bytes()).unwrap();
        assert_eq!((head.total, head.is_empty, head.scroll_id), (Some(1), false, None));
    }

    #[test]
    fn hits_may_be_absent_only_beside_a_total() {
        let page = r#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":0}}"#;
        assert!(Head::read(page.as_bytes()).unwrap().is_empty);
        for broken in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{}}"#,
        ] {
            assert!(Head::read(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn hits_are_cut_as_they_stand() {
        let hits = hits_of(PAGE_6);
        assert_eq!(hits.len(), 2);
        assert!(hits[0].starts_with(r#"{"_index":"n","_type":"doc","_id":"a""#));
        assert!(hits[0].ends_with(r#""sort":[1537488000000]}"#));
        assert!(hits_of(EMPTY_7).is_empty());
    }

    #[test]
    fn page_1_tells_the_first_and_last_time_and_the_place_of_its_last_hit() {
        let page = PAGE_6.replace("}]}}", r#"}]},"aggregations":{"last":{"value":1.5374880007E12},"first":{"value":1.537488E12,"value_as_string":"x"}}}"#);
        let times = cut(page.as_bytes(), &mut Vec::new()).unwrap();
        assert_eq!(
            (times.first_ms(), times.last_ms()),
            (Some(1_537_488_000_000), Some(1_537_488_000_700))
        );
        assert_eq!(cut(PAGE_6.as_bytes(), &mut Vec::new()).unwrap(), Times::default());
        assert_eq!(last_sort(page.as_bytes()).unwrap(), serde_json::json!([i64::MAX]));
        assert_eq!(last_sort(EMPTY_7.as_bytes()), None);
    }

    #[test]
    fn deeply_nested_documents_are_carried_and_not_climbed_into() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let page = PAGE_6.replace(r#""y":[1]"#, &format!(r#""y":{deep}"#));
        assert_eq!(hits_of(&page).len(), 2);
        let hit = &hits_of(&page)[0];
        assert_eq!(Hit::read(hit.as_bytes()).unwrap().id, "a");
        // Where the head itself is deep it is no page.
        let head = PAGE_6.replace(r#""total":10000"#, &format!(r#""total":{deep}"#));
        assert!(Head::read(head.as_bytes()).is_err());
        assert_eq!(last_sort(format!(r#"{{"sort":{deep}}}"#).as_bytes()), None);
    }

    #[test]
    fn a_page_that_ends_early_is_an_error_wherever_it_ends() {
        let mut hits = Vec::new();
        for end in 0..PAGE_6.len() {
            assert!(cut(&PAGE_6.as_bytes()[..end], &mut hits).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn lines_hold_the_bytes_of_the_hits_and_no_other_line_ends() {
        for (between, after) in [("", ""), (" \n ", "\r\n")] {
            let page = format!(
                r#"{{"timed_out":false,"_shards":{{"total":1,"successful":1,"failed":0}},"hits":{{"total":2,"hits":[{between}{{"a":{between}1}}{between},{between}{{"b":"\n"}}{after}]}}}}"#
            );
            let (mut body, mut hits) = (page.clone().into_bytes(), Vec::new());
            cut(&body, &mut hits).unwrap();
            let lines = lines(&mut body, &mut hits);
            let expected =
                format!("{{\"a\":{}1}}\n{{\"b\":\"\\n\"}}\n", between.replace('\n', " "));
            assert_eq!(String::from_utf8_lossy(&body[lines]), expected);
            assert_eq!(&body[hits[1].clone()], br#"{"b":"\n"}"#);
        }
        assert_eq!(lines(&mut [], &mut []), 0..0);
    }

    #[test]
    fn the_time_of_a_hit_is_its_first_sort_value() {
        let cases = [
            ("[1537488000123]", Some(1_537_488_000_123)),
            ("[1537488000123456789]", Some(1_537_488_000_123)),
            ("[-1]", Some(-1)),
            ("[9223372036854775807]", None),
            ("[-9223372036854775808]", None),
            ("[null]", None),
            ("[\"x\", 5]", None),
            ("[]", None),
        ];
        for (sort, expected) in cases {
            let hit = format!(
                r#"{{"_index":"n","_id":"\u0061","_source":{{"sort":[7]}},"sort":{sort}}}"#
            );
            let hit = Hit::read(hit.as_bytes()).unwrap();
            assert_eq!((hit.id.as_ref(), hit.ms), ("a", expected), "{sort}");
        }
        assert!(Hit::read(br#"{"_index":"n","_id":"a"}"#).is_err());
    }
}

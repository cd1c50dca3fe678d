//! Splits a window into spans of about a given number of documents, by date
//! histograms.

use flowkit_model::dump::Span;
use serde_json::Value;

use super::MOST_PARTS;
use super::counts::is_whole;
use crate::cursor::query;
use crate::error::{Excess, FetchError};
use crate::page::answer::{documents, milliseconds};
use crate::server::address::path_segment;
use crate::server::{Call, Server};

/// Maximum number of buckets per histogram; servers allow at least 10,000.
const MAX_BUCKETS: i64 = 1_000;

/// Buckets of an answer that is believed: documents may have arrived since.
const MOST_BUCKETS: usize = 2_000;

/// A span and the number of its documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CountedSpan {
    pub(crate) span: Span,
    pub(crate) documents: u64,
}

/// Counts documents over time.
pub(crate) struct Splitter<'a, S: Server> {
    pub(crate) server: &'a S,
    pub(crate) index: &'a str,
    /// The query for the documents of a span.
    pub(crate) query: &'a dyn Fn(Span) -> Value,
    /// Approximate documents per span.
    pub(crate) size: u64,
    /// Most spans that there is room for.
    pub(crate) most: usize,
}

impl<S: Server> Splitter<'_, S> {
    /// Splits a span that has more documents than a part. The spans cover it
    /// without gap or overlap. If the server does not count, it stays one span.
    pub(crate) fn split(&self, whole: CountedSpan) -> Result<Vec<CountedSpan>, FetchError> {
        let mut spans = Vec::new();
        match self.times(whole.span)? {
            // The end is exclusive: the millisecond after the last document.
            Some((first, last)) if is_within(whole.span, first, last) => {
                self.split_between(whole, (first, last + 1), &mut spans)?;
            }
            _ => spans.push(whole),
        }
        Ok(spans)
    }

    /// `whole.span` may be open; its documents are in `[from, to)`.
    fn split_between(
        &self,
        whole: CountedSpan,
        (from, to): (i64, i64),
        spans: &mut Vec<CountedSpan>,
    ) -> Result<(), FetchError> {
        let step = step((to - from).max(1));
        let buckets = self.histogram(whole.span, step)?;
        let Some(buckets) = buckets.filter(|buckets| is_sound(buckets, whole.span, step)) else {
            spans.push(whole);
            return Ok(());
        };
        if spans.len() > self.most {
            let (index, limit) = (self.index.to_owned(), MOST_PARTS);
            return Err(FetchError::TooMany(Excess::Parts { index, limit }));
        }
        // A span ends where its next bucket would make it too large.
        let mut open: Option<(CountedSpan, usize)> = None;
        let mut begin = whole.span.from_ms;
        let mut close = |piece: &mut Option<(CountedSpan, usize)>, end: Option<i64>| {
            let (mut piece, n_buckets) = piece.take()?;
            piece.span = Span { from_ms: begin, to_ms: end };
            begin = end;
            Some((piece, n_buckets))
        };
        let mut closed = Vec::new();
        for (key, documents) in buckets {
            let is_full =
                |piece: CountedSpan| piece.documents.saturating_add(documents) > self.size;
            if open.is_some_and(|(piece, _)| is_full(piece)) {
                closed.extend(close(&mut open, Some(key)));
            }
            let (piece, n_buckets) =
                open.get_or_insert((CountedSpan { span: Span::default(), documents: 0 }, 0));
            piece.documents = piece.documents.saturating_add(documents);
            *n_buckets += 1;
        }
        closed.extend(close(&mut open, whole.span.to_ms));
        for (piece, n_buckets) in closed {
            // A single bucket that is still too large is split with a smaller step. Its
            // documents are within the step, which is less than half of the last one, so
            // that this ends.
            let is_large = piece.documents > self.size && n_buckets == 1 && step > 1;
            match if is_large { self.times(piece.span)? } else { None } {
                Some((first, last))
                    if is_within(piece.span, first, last) && last - first < step =>
                {
                    self.split_between(piece, (first, last + 1), spans)?;
                }
                _ => spans.push(piece),
            }
        }
        Ok(())
    }

    /// First and last time in a span; `None` if the server does not return them.
    fn times(&self, span: Span) -> Result<Option<(i64, i64)>, FetchError> {
        let Some(answer) = self.search(&query::time_range(&(self.query)(span)))? else {
            return Ok(None);
        };
        let ms = |name: &str| milliseconds(answer["aggregations"][name]["value"].as_f64()?);
        Ok(ms("first").zip(ms("last")))
    }

    /// Number of documents over time, in buckets of `step` milliseconds.
    fn histogram(&self, span: Span, step: i64) -> Result<Option<Vec<(i64, u64)>>, FetchError> {
        let query = (self.query)(span);
        for interval in ["fixed_interval", "interval"] {
            let Some(answer) = self.search(&query::histogram(&query, interval, step))? else {
                continue;
            };
            let buckets = answer["aggregations"]["times"]["buckets"].as_array();
            let read = |bucket: &Value| {
                Some((milliseconds(bucket["key"].as_f64()?)?, documents(&bucket["doc_count"])?))
            };
            return Ok(buckets.and_then(|buckets| buckets.iter().map(read).collect()));
        }
        Ok(None)
    }

    /// A search; `None` if it is refused or shards failed.
    fn search(&self, body: &Value) -> Result<Option<Value>, FetchError> {
        let call = Call::post(format!("/{}/_search", path_segment(self.index)), body);
        let mut answer = Vec::new();
        if self.server.send(&call, &mut answer)? != 200 {
            return Ok(None);
        }
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        Ok(is_whole(&answer).then_some(answer))
    }
}

/// Whether documents between two times can be those of a span.
fn is_within(span: Span, first: i64, last: i64) -> bool {
    first <= last && span.contains(first) && span.contains(last)
}

/// Whether buckets can be those of the documents of a span: one after the other, a step
/// apart, and not many more than were asked for, as documents may have arrived since.
fn is_sound(buckets: &[(i64, u64)], span: Span, step: i64) -> bool {
    let is_inside = |key: i64| {
        span.from_ms.is_none_or(|from| key > from.saturating_sub(step))
            && span.to_ms.is_none_or(|to| key < to)
    };
    buckets.len() <= MOST_BUCKETS
        && buckets.iter().all(|(key, _)| is_inside(*key))
        && buckets.windows(2).all(|pair| pair[1].0.saturating_sub(pair[0].0) >= step)
}

/// Length of a bucket in milliseconds: the smallest round number with at most
/// [`MAX_BUCKETS`] buckets.
fn step(length_ms: i64) -> i64 {
    const NICE: [i64; 22] = [
        1,
        2,
        5,
        10,
        20,
        50,
        100,
        200,
        500,
        1_000,
        2_000,
        5_000,
        10_000,
        30_000,
        60_000,
        300_000,
        900_000,
        3_600_000,
        14_400_000,
        43_200_000,
        86_400_000,
        604_800_000,
    ];
    let least = length_ms / MAX_BUCKETS + 1;
    let largest = NICE[NICE.len() - 1];
    NICE.into_iter().find(|nice| *nice >= least).unwrap_or((least / largest + 1) * largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::CountingServer;
    use serde_json::json;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Splits documents at these times, counted by a server, and compares with a
    /// plain loop.
    fn check(times: &[i64], span: Span, size: u64, old: bool) -> Vec<CountedSpan> {
        let server = CountingServer { times: times.to_vec(), only_interval: old };
        let query = |span: Span| json!({"from": span.from_ms, "to": span.to_ms});
        let splitter = Splitter { server: &server, index: "n", query: &query, size, most: 1_000 };
        let documents = times.len() as u64;
        let spans = splitter.split(CountedSpan { span, documents }).unwrap();
        assert_eq!(spans.first().unwrap().span.from_ms, span.from_ms);
        assert_eq!(spans.last().unwrap().span.to_ms, span.to_ms);
        for pair in spans.windows(2) {
            assert_eq!(pair[0].span.to_ms, pair[1].span.from_ms, "no gap, no overlap");
        }
        for piece in &spans {
            let Span { from_ms, to_ms } = piece.span;
            let inside =
                |ms: i64| from_ms.is_none_or(|from| ms >= from) && to_ms.is_none_or(|to| ms < to);
            let n = times.iter().filter(|ms| inside(**ms)).count() as u64;
            assert_eq!(piece.documents, n, "{piece:?}");
        }
        spans
    }

    #[test]
    fn spans_cover_the_whole_and_hold_about_as_many_as_asked() {
        let day: Vec<i64> = (0..5_000).map(|n| n * 17_280).collect();
        for span in [Span::default(), Span { from_ms: Some(-5), to_ms: Some(86_400_000) }] {
            for old in [false, true] {
                let spans = check(&day, span, 1_000, old);
                assert!(spans.len() <= 7, "{}", spans.len());
                assert!(spans.iter().all(|piece| piece.documents <= 1_000));
            }
        }
    }

    #[test]
    fn a_burst_is_counted_more_finely_down_to_one_millisecond() {
        // 10 years, but nearly all in two seconds, and 300 in one millisecond.
        let mut times: Vec<i64> = (0..2_000).map(|n| 1_000_000 + n).collect();
        times.extend([0, 315_360_000_000]);
        times.extend(vec![1_000_500; 300]);
        let spans = check(&times, Span::default(), 200, false);
        let large: Vec<_> = spans.iter().filter(|piece| piece.documents > 200).collect();
        assert_eq!(large.len(), 1, "{large:?}");
        let Span { from_ms, to_ms } = large[0].span;
        assert_eq!(to_ms.unwrap() - from_ms.unwrap(), 1);
    }

    /// Answers histograms with these keys, each of countless documents, and times by a
    /// function of the span that is asked about.
    struct Liar {
        keys: fn(i64, i64, i64) -> Vec<i64>,
        times: fn(i64, i64) -> (f64, f64),
        calls: AtomicU64,
    }

    impl Server for Liar {
        fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError> {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let search: Value = serde_json::from_str(&call.body).unwrap();
            let end = |name: &str| search["query"][name].as_i64().unwrap_or(1 << 52);
            let (from, to) = (end("from"), end("to"));
            let step = &search["aggs"]["times"]["date_histogram"]["fixed_interval"];
            let step = step.as_str().and_then(|step| step.strip_suffix("ms")?.parse().ok());
            let aggregations = match step {
                None => {
                    let (first, last) = (self.times)(from, to);
                    json!({"first": {"value": first}, "last": {"value": last}})
                }
                Some(step) => {
                    let bucket = |key| json!({"key": key, "doc_count": 1_u64 << 53});
                    let buckets: Vec<_> =
                        (self.keys)(from, to, step).into_iter().map(bucket).collect();
                    json!({"times": {"buckets": buckets}})
                }
            };
            let shards = json!({"total": 1, "successful": 1, "failed": 0});
            *body = json!({"_shards": shards, "aggregations": aggregations}).to_string().into();
            Ok(200)
        }

        fn url(&self) -> &'static str {
            "http://liar"
        }
    }

    #[test]
    fn splitting_ends_whatever_a_server_counts() {
        let split = |keys, times| {
            let server = Liar { keys, times, calls: AtomicU64::new(0) };
            let query = |span: Span| json!({"from": span.from_ms, "to": span.to_ms});
            let splitter =
                Splitter { server: &server, index: "n", query: &query, size: 1, most: 10_000 };
            let span = Span { from_ms: Some(0), to_ms: None };
            let whole = CountedSpan { span, documents: u64::MAX };
            let spans = splitter.split(whole).map(|spans| spans.len());
            (spans.map_err(|error| error.to_string()), server.calls.into_inner())
        };
        let all: fn(i64, i64) -> (f64, f64) = |from, to| (from as f64, (to - 1) as f64);
        // Everything is full, down to the millisecond.
        let (spans, calls) = split(
            |from, to, step| {
                let keys = (0..1_000).map(|n| from + n * step);
                keys.filter(|key| *key < to).collect()
            },
            all,
        );
        // The limit is named, not what is left of it.
        assert!(spans.unwrap_err().contains("more than 100000 parts") && calls < 1_000, "{calls}");
        // One bucket, as long as what was asked about but for a millisecond.
        let (spans, calls) = split(|from, _, _| vec![from], all);
        assert!(spans == Ok(1) && calls < 200, "{calls}");
        // Keys backwards, all alike, outside, too many.
        for keys in [
            (|from, _, step| vec![from + step, from]) as fn(i64, i64, i64) -> Vec<i64>,
            |from, _, _| vec![from; 100],
            |from, _, step| vec![from - step, from],
            |from, _, step| (0..3_000).map(|n| from + n * step).collect(),
            |_, _, _| vec![i64::MAX, i64::MIN],
        ] {
            assert_eq!(split(keys, all).0, Ok(1));
        }
        // Times that are none, or none of the span.
        for times in [(|_, _| (1e308, -1e308)) as fn(i64, i64) -> (f64, f64), |from, _| {
            (from as f64 - 1.0, from as f64)
        }] {
            assert_eq!(split(|from, _, step| vec![from, from + step], times).0, Ok(1));
        }
    }

    #[test]
    fn steps_leave_few_buckets() {
        for length in [1, 999, 1_000, 86_400_000, 31_536_000_000, 10_000_000_000_000] {
            let step = step(length);
            assert!(length / step <= MAX_BUCKETS, "{length} {step}");
        }
        assert_eq!((step(1), step(86_400_000)), (1, 300_000));
    }
}

//! Splits a window into spans of about a given number of documents, by date
//! histograms.

use flowkit_model::dump::Span;
use serde_json::Value;

use super::counts::is_whole;
use crate::cursor::query;
use crate::error::FetchError;
use crate::server::address::path_segment;
use crate::server::{Call, Server};

/// Maximum number of buckets per histogram; servers allow at least 10,000.
const MAX_BUCKETS: i64 = 1_000;

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
}

impl<S: Server> Splitter<'_, S> {
    /// Splits a span that has more documents than a part. The spans cover it
    /// without gap or overlap. If the server does not count, it stays one span.
    pub(crate) fn split(&self, whole: CountedSpan) -> Result<Vec<CountedSpan>, FetchError> {
        let mut spans = Vec::new();
        match self.times(whole.span)? {
            // The end is exclusive: the millisecond after the last document.
            Some((first, last)) => self.split_between(whole, (first, last + 1), &mut spans)?,
            None => spans.push(whole),
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
        let Some(buckets) = self.histogram(whole.span, step)? else {
            spans.push(whole);
            return Ok(());
        };
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
            if open.is_some_and(|(piece, _)| piece.documents + documents > self.size) {
                closed.extend(close(&mut open, Some(key)));
            }
            let (piece, n_buckets) =
                open.get_or_insert((CountedSpan { span: Span::default(), documents: 0 }, 0));
            piece.documents += documents;
            *n_buckets += 1;
        }
        closed.extend(close(&mut open, whole.span.to_ms));
        for (piece, n_buckets) in closed {
            // A single bucket that is still too large is split with a smaller step.
            if piece.documents > self.size && n_buckets == 1 && step > 1 {
                let inside = self.times(piece.span)?;
                match inside {
                    Some((first, last)) if last + 1 - first < to - from => {
                        self.split_between(piece, (first, last + 1), spans)?;
                    }
                    _ => spans.push(piece),
                }
            } else {
                spans.push(piece);
            }
        }
        Ok(())
    }

    /// First and last time in a span; `None` if the server does not return them.
    fn times(&self, span: Span) -> Result<Option<(i64, i64)>, FetchError> {
        let Some(answer) = self.search(&query::time_range(&(self.query)(span)))? else {
            return Ok(None);
        };
        let ms = |name: &str| {
            let value = answer["aggregations"][name]["value"].as_f64()?;
            // Whole milliseconds; a double holds them exactly for 285,000 years.
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            Some(value.floor() as i64)
        };
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
                let key = bucket["key"].as_f64()?;
                #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
                Some((key as i64, bucket["doc_count"].as_u64()?))
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

    /// Splits documents at these times, counted by a server, and compares with a
    /// plain loop.
    fn check(times: &[i64], span: Span, size: u64, old: bool) -> Vec<CountedSpan> {
        let server = CountingServer { times: times.to_vec(), only_interval: old };
        let query = |span: Span| json!({"from": span.from_ms, "to": span.to_ms});
        let splitter = Splitter { server: &server, index: "n", query: &query, size };
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

    #[test]
    fn steps_leave_few_buckets() {
        for length in [1, 999, 1_000, 86_400_000, 31_536_000_000, 10_000_000_000_000] {
            let step = step(length);
            assert!(length / step <= MAX_BUCKETS, "{length} {step}");
        }
        assert_eq!((step(1), step(86_400_000)), (1, 300_000));
    }
}

//! A span of time, which is what a window, a part of a dump or a question is
//! about.

use serde::{Deserialize, Serialize};

use super::{Window, optional_ms};

/// A half-open span of `@timestamp`, `[from_ms, to_ms)`, in milliseconds since
/// 1970-01-01 UTC; an end that is `None` is open. Without ends it is all of
/// time, documents without a time included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    /// First instant inside.
    #[serde(with = "optional_ms", rename = "from")]
    pub from_ms: Option<i64>,
    /// First instant after it.
    #[serde(with = "optional_ms", rename = "to")]
    pub to_ms: Option<i64>,
}

impl Span {
    /// All of time.
    pub const ALL: Self = Self { from_ms: None, to_ms: None };

    /// Whether it has no end: all of time.
    #[must_use]
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// Whether an instant is inside.
    #[must_use]
    pub fn contains(self, ms: i64) -> bool {
        self.from_ms.is_none_or(|from| from <= ms) && self.to_ms.is_none_or(|to| ms < to)
    }

    /// Whether some instant is inside of both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let both = self.intersection(other);
        !matches!((both.from_ms, both.to_ms), (Some(from), Some(to)) if from >= to)
    }

    /// The instants that are inside of both; where there are none, a span that
    /// ends before it begins.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let pick = |a: Option<i64>, b: Option<i64>, pick: fn(i64, i64) -> i64| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        Self {
            from_ms: pick(self.from_ms, other.from_ms, i64::max),
            to_ms: pick(self.to_ms, other.to_ms, i64::min),
        }
    }

    /// How long it is, in milliseconds; 0 if it ends before it begins, `None`
    /// if an end is open.
    #[must_use]
    pub fn length_ms(self) -> Option<u64> {
        let (from, to) = (self.from_ms?, self.to_ms?);
        Some(if from < to { to.abs_diff(from) } else { 0 })
    }

    /// Both ends as the times of flows, which begin in 1970: an earlier end is
    /// 0.
    #[must_use]
    pub fn flow_times(self) -> (Option<u64>, Option<u64>) {
        let since_1970 = |ms: Option<i64>| ms.map(|ms| u64::try_from(ms).unwrap_or(0));
        (since_1970(self.from_ms), since_1970(self.to_ms))
    }

    /// The first and the last time of a flow that is inside; `None` if no flow
    /// can be.
    #[must_use]
    pub fn first_and_last(self) -> Option<(u64, u64)> {
        let (from, to) = self.flow_times();
        let (first, last) = (from.unwrap_or(0), to.unwrap_or(u64::MAX).checked_sub(1)?);
        (first <= last).then_some((first, last))
    }
}

/// Ends that are times of flows.
impl From<(Option<u64>, Option<u64>)> for Span {
    fn from((from, to): (Option<u64>, Option<u64>)) -> Self {
        let ms = |ms: Option<u64>| ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        Self { from_ms: ms(from), to_ms: ms(to) }
    }
}

impl Window {
    /// The span alone, without what was typed.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { from_ms: self.from_ms, to_ms: self.to_ms }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(from_ms: impl Into<Option<i64>>, to_ms: impl Into<Option<i64>>) -> Span {
        Span { from_ms: from_ms.into(), to_ms: to_ms.into() }
    }

    #[test]
    fn the_end_is_outside() {
        let hour = span(1_000, 2_000);
        assert!(hour.contains(1_000) && hour.contains(1_999));
        assert!(!hour.contains(999) && !hour.contains(2_000));
        assert!(hour.overlaps(span(1_999, 3_000)) && !hour.overlaps(span(2_000, 3_000)));
        assert!(Span::ALL.contains(i64::MIN) && Span::ALL.is_all() && !hour.is_all());
        assert_eq!(hour.length_ms(), Some(1_000));
        assert_eq!(span(2, 1).length_ms(), Some(0));
        assert_eq!(span(None, 2).length_ms(), None);
    }

    #[test]
    fn flows_have_no_times_before_1970() {
        for (span, ends, inside) in [
            (Span::ALL, (None, None), Some((0, u64::MAX - 1))),
            (span(-5, 10), (Some(0), Some(10)), Some((0, 9))),
            (span(-5, -1), (Some(0), Some(0)), None),
            (span(None, 0), (None, Some(0)), None),
            (span(7, None), (Some(7), None), Some((7, u64::MAX - 1))),
            (span(7, 7), (Some(7), Some(7)), None),
        ] {
            assert_eq!((span.flow_times(), span.first_and_last()), (ends, inside), "{span:?}");
        }
        assert_eq!(Span::from((Some(1), None)), span(1, None));
        assert_eq!(Span::from((None, Some(u64::MAX))), span(None, i64::MAX));
    }

    #[test]
    fn a_span_survives_json() {
        for (span, json) in [
            (Span::ALL, r#"{"from":null,"to":null}"#),
            (span(0, None), r#"{"from":"1970-01-01T00:00:00.000Z","to":null}"#),
        ] {
            assert_eq!(serde_json::to_string(&span).unwrap(), json);
            assert_eq!(serde_json::from_str::<Span>(json).unwrap(), span);
        }
    }

    fn any_span() -> impl Strategy<Value = Span> {
        let end = || proptest::option::weighted(0.8, -3..12_i64);
        (end(), end()).prop_map(|(from_ms, to_ms)| Span { from_ms, to_ms })
    }

    proptest! {
        /// Held against a look at each instant.
        #[test]
        fn spans_overlap_where_an_instant_is_in_both(a in any_span(), b in any_span()) {
            let in_both = |ms: i64| a.contains(ms) && b.contains(ms);
            prop_assert_eq!(a.overlaps(b), (-20..20).any(in_both));
            prop_assert!((-20..20).all(|ms| a.intersection(b).contains(ms) == in_both(ms)));
            prop_assert_eq!(a.overlaps(b), b.overlaps(a));
            let inside = (0..20).filter(|ms| a.contains(*ms)).count();
            let range = a.first_and_last().map_or(0, |(first, last)| (first..=last.min(19)).count());
            prop_assert_eq!(range, inside);
        }
    }
}

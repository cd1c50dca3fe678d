//! Whether a hit is outside of the window that was asked for, by its own
//! `@timestamp`: in storage order its sort value is no time.
//!
//! Only what is certain counts, since a mapping may give `@timestamp` any format:
//! a time in RFC 3339, with or without a zone, or milliseconds as a number. A hit
//! without one may have it in another field, by an alias.

use flowkit_model::dump::Span;
use flowkit_model::window::rfc3339;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What precedes a time that is a text.
const KEY: &[u8] = br#""@timestamp":""#;
/// Length of a time as Logstash writes it: `2018-09-21T07:17:49.230Z`.
const USUAL: usize = 24;
/// Longest text of an `@timestamp` that is looked at.
const LONGEST_TIMES: usize = 64 * 1024;
/// Numbers that are milliseconds and no other unit: 1973 to 2286.
const MILLISECONDS: std::ops::Range<i64> = 100_000_000_000..10_000_000_000_000;

/// The window of a part, in the forms that hits are compared with.
#[derive(Debug)]
pub(crate) struct WindowCheck {
    span: Span,
    /// Its ends as Logstash writes times; those sort as the times do.
    from: Option<String>,
    to: Option<String>,
    finder: memmem::Finder<'static>,
}

impl WindowCheck {
    pub(crate) fn new(span: Span) -> Self {
        let text = |ms: Option<i64>| ms.map(|ms| rfc3339(ms, &TimeZone::UTC));
        let usual = |text: &String| is_usual(text.as_bytes());
        let (from, to) = (text(span.from_ms).filter(usual), text(span.to_ms).filter(usual));
        Self { span, from, to, finder: memmem::Finder::new(KEY) }
    }

    /// The window.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Whether a hit is certainly outside.
    pub(crate) fn excludes(&self, hit: &[u8]) -> bool {
        !self.span.is_all() && !self.is_plainly_inside(hit) && self.excludes_all(hit)
    }

    /// Whether the first time in a hit is in the usual form, and inside.
    fn is_plainly_inside(&self, hit: &[u8]) -> bool {
        let is_given = self.from.is_some() == self.span.from_ms.is_some()
            && self.to.is_some() == self.span.to_ms.is_some();
        let Some(at) = self.finder.find(hit).filter(|_| is_given) else { return false };
        let Some(time) = hit.get(at + KEY.len()..at + KEY.len() + USUAL) else { return false };
        is_usual(time)
            && self.from.as_ref().is_none_or(|from| time >= from.as_bytes())
            && self.to.as_ref().is_none_or(|to| time < to.as_bytes())
    }

    /// Whether each `@timestamp` of a hit is known and outside.
    fn excludes_all(&self, hit: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Hit<'a> {
            #[serde(borrow, default, rename = "_source")]
            source: Times<'a>,
            #[serde(borrow, default)]
            fields: Times<'a>,
        }
        #[derive(Default, Deserialize)]
        struct Times<'a> {
            #[serde(borrow, default, rename = "@timestamp")]
            timestamp: Option<&'a RawValue>,
        }
        let Ok(hit) = serde_json::from_slice::<Hit<'_>>(hit) else { return false };
        let mut times = Vec::new();
        for text in [hit.source.timestamp, hit.fields.timestamp].into_iter().flatten() {
            // Some times; more of them leave doubt.
            let is_short = text.get().len() <= LONGEST_TIMES;
            match is_short.then(|| serde_json::from_str(text.get())) {
                Some(Ok(Value::Array(list))) => times.extend(list),
                Some(Ok(Value::Null)) => {}
                Some(Ok(value)) => times.push(value),
                _ => return false,
            }
        }
        let is_outside = |time: &Value| ms_of(time).is_some_and(|ms| !self.span.contains(ms));
        !times.is_empty() && times.iter().all(is_outside)
    }
}

/// Whether a text has the form in which Logstash writes times.
fn is_usual(text: &[u8]) -> bool {
    text.len() == USUAL
        && text.iter().enumerate().all(|(at, letter)| match at {
            4 | 7 => *letter == b'-',
            10 => *letter == b'T',
            13 | 16 => *letter == b':',
            19 => *letter == b'.',
            23 => *letter == b'Z',
            _ => letter.is_ascii_digit(),
        })
}

/// A time in milliseconds since 1970-01-01 UTC, cut; `None` if its form leaves
/// doubt.
fn ms_of(time: &Value) -> Option<i64> {
    let ms = |time: Timestamp| time.as_nanosecond().div_euclid(1_000_000);
    match time {
        Value::Number(number) => number.as_i64().filter(|ms| MILLISECONDS.contains(ms)),
        Value::String(text) if text.as_bytes().get(10) == Some(&b'T') => {
            let instant = text.parse::<Timestamp>().ok();
            // Servers read a time without a zone as UTC.
            let civil = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
            let instant = instant.or_else(civil)?;
            i64::try_from(ms(instant)).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2018-09-21, 07:00 to 08:00 UTC.
    const SPAN: Span = Span { from_ms: Some(1_537_513_200_000), to_ms: Some(1_537_516_800_000) };

    #[test]
    fn a_hit_is_excluded_only_if_its_time_is_certainly_outside() {
        let check = WindowCheck::new(SPAN);
        for (time, expected) in [
            (r#""2018-09-21T07:00:00.000Z""#, false),
            (r#""2018-09-21T07:59:59.999Z""#, false),
            (r#""2018-09-21T08:00:00.000Z""#, true),
            (r#""2018-09-21T06:59:59.999Z""#, true),
            // Other forms of the same times.
            (r#""2018-09-21T09:30:00+02:00""#, false),
            (r#""2018-09-21T07:30:00+02:00""#, true),
            (r#""2018-09-21T07:30:00""#, false),
            (r#""2018-09-21T09:30:00""#, true),
            (r#""2018-09-21T07:59:59.999999Z""#, false),
            ("1537513200000", false),
            ("1537516800000", true),
            (r#"["2018-09-21T07:30:00.000Z","2018-09-22T07:30:00.000Z"]"#, false),
            (r#"["2018-09-22T07:30:00.000Z"]"#, true),
            // Other units and formats, which a mapping may have.
            ("1537513200", false),
            (r#""20180922073000""#, false),
            (r#""1537516800000""#, false),
            (r#""22/Sep/2018""#, false),
            ("null", false),
        ] {
            let source = format!(
                r#"{{"_index":"n","_id":"a","_source":{{"message":"\"@timestamp\":\"","@timestamp":{time}}},"sort":[7]}}"#
            );
            assert_eq!(check.excludes(source.as_bytes()), expected, "{time}");
            let fields = format!(r#"{{"_index":"n","_id":"a","fields":{{"@timestamp":{time}}}}}"#);
            assert_eq!(check.excludes(fields.as_bytes()), expected, "fields: {time}");
        }
        // A time elsewhere in the document is not that of the document.
        let elsewhere = r#"{"_source":{"log":{"@timestamp":"1999-01-01T00:00:00.000Z"},"@timestamp":"2018-09-21T07:00:00.000Z"}}"#;
        assert!(!check.excludes(elsewhere.as_bytes()));
        assert!(!check.excludes(br#"{"_source":{"time":"1999-01-01T00:00:00.000Z"}}"#));
        assert!(!check.excludes(b"not JSON"));
    }

    #[test]
    fn an_open_end_excludes_nothing_on_its_side() {
        let hit = |time: &str| format!(r#"{{"_source":{{"@timestamp":"{time}"}}}}"#);
        let (early, late) = (hit("1999-01-01T00:00:00.000Z"), hit("2030-01-01T00:00:00.000Z"));
        let check = |span, hit: &String| WindowCheck::new(span).excludes(hit.as_bytes());
        let from = Span { to_ms: None, ..SPAN };
        assert!(check(from, &early) && !check(from, &late));
        let to = Span { from_ms: None, ..SPAN };
        assert!(!check(to, &early) && check(to, &late));
        assert!(!check(Span::default(), &early));
    }
}

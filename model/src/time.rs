//! Times in documents: text ↔ milliseconds since 1970-01-01 UTC.
//!
//! Reads what Elasticsearch's default `date` format reads
//! (`strict_date_optional_time||epoch_millis`): ISO 8601 with up to nine
//! decimals, a zone or none (then UTC), or milliseconds as a number; and what
//! databases print: a blank for the `T`, `UTC` for the zone. What neither knows (30
//! February, a second 60) is refused.
//! Decimals are cut, not rounded. Times before 1970 and after 9999 are none.
//!
//! Times that a person types are read in [`window`](crate::window).
//!
//! ```
//! use flowkit_model::time::{format_ms, parse_ms};
//!
//! // Logstash 8 writes microseconds; Elasticsearch's date cuts them.
//! let ms = parse_ms("2015-05-02T18:38:08.280328Z").unwrap();
//! assert_eq!(format_ms(ms), "2015-05-02T18:38:08.280Z");
//! ```

/// Reads a document's time.
#[must_use]
pub fn parse_ms(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') {
        return parse_epoch(bytes);
    }
    let (year, month, day) = (digits(bytes, 0, 4)?, digits(bytes, 5, 2)?, digits(bytes, 8, 2)?);
    if bytes[7] != b'-' || !is_date(year, month, day) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * DAY_MS;
    if bytes.len() == 10 {
        return u64::try_from(midnight).ok();
    }
    // PostgreSQL, DuckDB, pandas and nfdump print a blank for the `T`.
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let (clock_ms, zone) = clock(&bytes[11..])?;
    u64::try_from(midnight + clock_ms - offset_minutes(zone)? * 60_000).ok().and_then(from_epoch)
}

/// Milliseconds since midnight of `07`, `07:17`, `07:17:49` or `07:17:49.230`, and
/// what follows it.
fn clock(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let part = |at: usize| match (bytes.get(at), digits(bytes, at + 1, 2)) {
        (Some(b':'), Some(part)) => Some(part),
        _ => None,
    };
    let hour = digits(bytes, 0, 2)?;
    let Some(minute) = part(2) else {
        return (hour <= 23).then_some((hour * 3_600_000, &bytes[2..]));
    };
    let second = part(5);
    let (ms, rest) = if second.is_some() { fraction(&bytes[8..])? } else { (0, &bytes[5..]) };
    let second = second.unwrap_or(0);
    let is_time = hour <= 23 && minute <= 59 && second <= 59;
    is_time.then_some((((hour * 60 + minute) * 60 + second) * 1000 + ms, rest))
}

/// Writes a time as RFC 3339 in UTC with milliseconds: `2018-09-21T07:17:49.230Z`.
///
/// Years beyond 9999 are written with as many digits as they need.
#[must_use]
pub fn format_ms(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    let (year, month, day) = civil_from_days(ms / DAY_MS);
    let time = ms % DAY_MS;
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", time % 1000)
}

const DAY_MS: i64 = 86_400_000;
/// 9999-12-31T23:59:59.999Z.
pub const LAST_MS: u64 = 253_402_300_799_999;

/// Milliseconds, perhaps with decimals, as Elasticsearch prints nanoseconds.
fn parse_epoch(bytes: &[u8]) -> Option<u64> {
    let end = bytes.iter().position(|byte| *byte == b'.').unwrap_or(bytes.len());
    let (bytes, decimals) = (&bytes[..end], &bytes[end..]);
    if decimals.len() == 1 || !decimals.iter().skip(1).all(u8::is_ascii_digit) {
        return None;
    }
    if bytes.is_empty() || bytes.len() > 15 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    from_epoch(bytes.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')))
}

/// A number of milliseconds, if it is a time that can be.
#[must_use]
pub fn from_epoch(ms: u64) -> Option<u64> {
    (ms <= LAST_MS).then_some(ms)
}

fn digits(bytes: &[u8], from: usize, count: usize) -> Option<i64> {
    bytes.get(from..from + count)?.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
    })
}

/// The milliseconds of `.230328Z`, cut, and what follows the decimals.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', decimals)) = bytes.split_first() else { return Some((0, bytes)) };
    let count = decimals.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let ms = (0..3).fold(0, |ms, place| {
        ms * 10 + if place < count { i64::from(decimals[place] - b'0') } else { 0 }
    });
    Some((ms, &decimals[count..]))
}

/// `Z`, nothing (UTC), `UTC`, `+09:00`, `+0900` or `+09`, in minutes east of UTC;
/// a blank may come before it.
fn offset_minutes(zone: &[u8]) -> Option<i64> {
    let zone = match zone {
        [b' ', zone @ ..] if !zone.is_empty() => zone,
        zone => zone,
    };
    let sign = match zone {
        [] | [b'Z' | b'z'] | b"UTC" => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let hours = digits(zone, 1, 2)?;
    let minutes = match zone.len() {
        3 => 0,
        5 => digits(zone, 3, 2)?,
        6 if zone[3] == b':' => digits(zone, 4, 2)?,
        _ => return None,
    };
    (hours <= 18 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

fn is_date(year: i64, month: i64, day: i64) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
///
/// The year is taken to start in March, so that the leap day comes last; a
/// period of 400 years has 146,097 days.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// The date that [`days_from_civil`] takes to `days`.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let period = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) =
        (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    (period * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_that_elasticsearch_takes() {
        let expected = Some(1_537_514_269_230);
        for text in [
            "2018-09-21T07:17:49.230Z",
            "2018-09-21T07:17:49.23z",
            "2018-09-21t07:17:49.230328Z",
            "2018-09-21T07:17:49.230999999Z",
            "2018-09-21T16:17:49.230+09:00",
            "2018-09-21T07:17:49.230+0000",
            "2018-09-21T02:17:49.230-05",
            "2018-09-21T07:17:49.230",
            "1537514269230",
            "1537514269230.999",
            "2018-09-21 07:17:49.230",
            "2018-09-21 07:17:49.230+00",
            "2018-09-21 07:17:49.23+0000",
            "2018-09-21 16:17:49.230000001+09:00",
            "2018-09-21 12:47:49.230+05:30",
            "2018-09-21 07:17:49.230 UTC",
            "2018-09-21 07:17:49.230Z",
        ] {
            assert_eq!(parse_ms(text), expected, "{text}");
        }
        assert_eq!(parse_ms("2018-09-21"), Some(1_537_488_000_000));
        assert_eq!(parse_ms("2018-09-21 07:17"), Some(1_537_514_220_000));
        assert_eq!(parse_ms("2018-09-21T07Z"), Some(1_537_513_200_000));
        assert_eq!(parse_ms("9999-12-31 23:59:59.999+00"), Some(LAST_MS));
        assert_eq!(parse_ms("1970-01-01T00:00:00Z"), Some(0));
    }

    #[test]
    fn what_is_no_time_is_unknown() {
        for text in [
            "",
            "2018-09-21  07:17:49.230",
            "2018-09-21 07:17:49.230 ",
            "2018-09-21 07:17:49.1234567890",
            "1537514269230.",
            "2018-09-21T07:1:49Z",
            "2018-09-21T07:17:60.000Z",
            "2018-02-30T00:00:00.000Z",
            "2018-09-21T24:00:00Z",
            "Sep 21, 2018 @ 07:17:49.230",
            "2018-09-21T07:17:49.Z",
            "2018-09-21T07:17:49.230Zz",
            "2018-09-21T07:17:49.230+9",
            "1969-12-31T23:59:59.999Z",
            "-1",
            "9999999999999999",
            "2018-",
            "2018-09-21T",
            "2018-09-2é",
        ] {
            assert_eq!(parse_ms(text), None, "{text}");
        }
    }

    proptest! {
        /// An independent calendar, in both directions.
        #[test]
        fn agrees_with_jiff(ms in 0..=LAST_MS) {
            let theirs = jiff::Timestamp::from_millisecond(ms.try_into().unwrap()).unwrap();
            prop_assert_eq!(format_ms(ms), format!("{theirs:.3}"));
            prop_assert_eq!(parse_ms(&theirs.to_string()), Some(ms));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9T:.Z+-]{0,30}|\\PC{0,30}") {
            let _ = parse_ms(&text);
        }
    }
}

//! Date texts of a range query, by the formats Elasticsearch names.
//!
//! A text that leaves something out is rounded down, or up where the bound rounds
//! up (`lte` and `gt`): `lte 07:00:02` in a format without a fraction is a bound
//! of 07:00:02.999. Months and days are
//! checked against the calendar. Of date arithmetic only the bare `now` is known.

use crate::time::{DAY_MS, days};

/// A named format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A count of milliseconds.
    EpochMillis,
    /// A count of seconds, perhaps with a fraction.
    EpochSecond,
    /// A date, perhaps with a time, perhaps with a zone.
    OptionalTime,
    /// A date and a time of whole seconds.
    NoMillis,
    /// A date, a time with a fraction, and a zone.
    DateTime,
}

/// The format of a `date` field that names none.
pub(super) const DEFAULT: &str = "strict_date_optional_time||epoch_millis";

/// The formats of a list such as `strict_date_optional_time||epoch_millis`;
/// the name at fault if one is not known here.
pub(super) fn formats(list: &str) -> Result<Vec<Format>, String> {
    list.split("||")
        .map(|name| match name {
            "epoch_millis" => Ok(Format::EpochMillis),
            "epoch_second" => Ok(Format::EpochSecond),
            "strict_date_optional_time"
            | "date_optional_time"
            | "strict_date_optional_time_nanos" => Ok(Format::OptionalTime),
            "date_time_no_millis" | "strict_date_time_no_millis" => Ok(Format::NoMillis),
            "date_time" | "strict_date_time" => Ok(Format::DateTime),
            _ => Err(name.to_owned()),
        })
        .collect()
}

/// Milliseconds since 1970 by the first format that fits.
///
/// `zone_ms` is the offset east of UTC where the text has no zone of its own.
pub(super) fn parse(text: &str, formats: &[Format], zone_ms: i64, round_up: bool) -> Option<i64> {
    formats.iter().find_map(|format| match format {
        Format::EpochMillis => text.parse().ok(),
        Format::EpochSecond => seconds(text, round_up),
        Format::OptionalTime | Format::NoMillis | Format::DateTime => {
            calendar(text, *format, zone_ms, round_up)
        }
    })
}

/// `+09:00`, `+0900`, `+09` or `Z` as milliseconds east of UTC.
pub(super) fn zone(text: &str) -> Option<i64> {
    if text == "Z" || text == "UTC" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text.get(1..)?.replacen(':', "", 1);
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits)?, 0),
        4 => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then(|| sign * (hours * 60 + minutes) * 60_000)
}

fn seconds(text: &str, round_up: bool) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let ms = fraction_ms(fraction, round_up && fraction.is_empty())?;
    whole.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(ms)
}

fn calendar(text: &str, format: Format, zone_ms: i64, round_up: bool) -> Option<i64> {
    let (date, rest) = text.split_once('T').map_or((text, None), |(date, rest)| (date, Some(rest)));
    let mut parts = date.split('-');
    let year = fixed(parts.next()?, 4)?;
    let month = parts.next().map(|part| fixed(part, 2));
    let day = parts.next().map(|part| fixed(part, 2));
    let (has_month, has_day) = (month.is_some(), day.is_some());
    let month = month.unwrap_or(Some(if round_up { 12 } else { 1 }))?;
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    let month_end = days(year + month / 12, month % 12 + 1, 1) - days(year, month, 1);
    let day = day.unwrap_or(Some(if round_up { month_end } else { 1 }))?;
    let whole_date = has_month && has_day;
    if !(1..=month_end).contains(&day) || (rest.is_some() && !whole_date) {
        return None;
    }
    let clock = match rest {
        Some(rest) => clock(rest, format, zone_ms, round_up)?,
        None if format != Format::OptionalTime => return None,
        None if round_up => DAY_MS - 1 - zone_ms,
        None => -zone_ms,
    };
    Some(days(year, month, day) * DAY_MS + clock)
}

/// Milliseconds after midnight UTC of the time part, zone taken off.
fn clock(text: &str, format: Format, zone_ms: i64, round_up: bool) -> Option<i64> {
    let (text, offset) = match text.find(['Z', '+', '-']) {
        Some(place) => (text.get(..place)?, Some(zone(text.get(place..)?)?)),
        None => (text, None),
    };
    let (time, fraction) = text.split_once(['.', ',']).map_or((text, None), |(a, b)| (a, Some(b)));
    let parts: Vec<i64> = time.split(':').map(|part| fixed(part, 2)).collect::<Option<_>>()?;
    let fits = match format {
        Format::NoMillis => parts.len() == 3 && fraction.is_none(),
        Format::DateTime => parts.len() == 3 && fraction.is_some() && offset.is_some(),
        _ => (1..=3).contains(&parts.len()) && (fraction.is_none() || parts.len() == 3),
    };
    let part = |place: usize, last: i64| {
        let value = parts.get(place).copied().unwrap_or(if round_up { last } else { 0 });
        (value <= last).then_some(value)
    };
    let whole = (part(0, 23)? * 3600 + part(1, 59)? * 60 + part(2, 59)?) * 1000;
    let ms = match fraction {
        Some(digits) if !digits.is_empty() => fraction_ms(digits, false)?,
        Some(_) => return None,
        None => fraction_ms("", round_up)?,
    };
    fits.then(|| whole + ms - offset.unwrap_or(zone_ms))
}

fn fraction_ms(digits: &str, round_up: bool) -> Option<i64> {
    if digits.is_empty() {
        return Some(if round_up { 999 } else { 0 });
    }
    number(digits).filter(|_| digits.len() <= 9)?;
    number(&format!("{digits:0<3}")[..3])
}

fn fixed(text: &str, length: usize) -> Option<i64> {
    number(text).filter(|_| text.len() == length)
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::iso;

    fn read(text: &str, format: &str, round_up: bool) -> Option<String> {
        parse(text, &formats(format).unwrap(), 0, round_up).map(iso)
    }

    /// Down and up, as seen on Elasticsearch 7.17.
    #[test]
    fn what_is_left_out_is_first_or_last() {
        let cases = [
            ("2018-09-21T07:00:02+00:00", "date_time_no_millis", "07:00:02.000", "07:00:02.999"),
            ("2018-09-21T16:00:02+0900", "date_time_no_millis", "07:00:02.000", "07:00:02.999"),
            ("2018-09-21T07:00:02", "date_time_no_millis", "07:00:02.000", "07:00:02.999"),
            ("2018-09-21T07:00", DEFAULT, "07:00:00.000", "07:00:59.999"),
            ("2018-09-21T07:00:02.5Z", DEFAULT, "07:00:02.500", "07:00:02.500"),
            ("2018-09-21", DEFAULT, "00:00:00.000", "23:59:59.999"),
            ("1537513202231", DEFAULT, "07:00:02.231", "07:00:02.231"),
            ("1537513202.231", "epoch_second", "07:00:02.231", "07:00:02.231"),
            ("2018-09-21T07:00:02.231Z", "date_time", "07:00:02.231", "07:00:02.231"),
        ];
        for (text, format, down, up) in cases {
            assert_eq!(read(text, format, false).unwrap(), format!("2018-09-21T{down}Z"), "{text}");
            assert_eq!(read(text, format, true).unwrap(), format!("2018-09-21T{up}Z"), "{text}");
        }
        assert_eq!(read("2018-02", DEFAULT, true).unwrap(), "2018-02-28T23:59:59.999Z");
        assert_eq!(read("2018", DEFAULT, true).unwrap(), "2018-12-31T23:59:59.999Z");
    }

    #[test]
    fn what_is_no_date() {
        let cases = [
            ("yesterday", "date_time_no_millis"),
            ("2018-09-21T07:00:02.5Z", "date_time_no_millis"),
            ("1537513202231", "date_time_no_millis"),
            ("2018-09-31", DEFAULT),
            ("2018-13", DEFAULT),
            ("2018-09-21T24:00", DEFAULT),
            ("2018-9-21", DEFAULT),
            ("", DEFAULT),
            ("é", DEFAULT),
            ("2018-09-21T", DEFAULT),
            ("2018-09-21T07:00+é", DEFAULT),
            ("-", "epoch_second"),
            ("2018-09T07:00", DEFAULT),
            ("2018-09-21T07:00:00.Z", DEFAULT),
        ];
        for (text, format) in cases {
            assert_eq!(read(text, format, false), None, "{text}");
        }
        assert!(formats("nofmt").is_err());
    }
}

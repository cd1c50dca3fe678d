//! Times, dates and lengths of time as people type them, and times as they are
//! shown.

use std::borrow::Cow;

use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter, PiecesOffset};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};

use super::WindowError;
use crate::time;

const PARSER: DateTimeParser = DateTimeParser::new();
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// Units of lengths of time.
const UNITS_MS: [(&str, i64); 5] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

/// The zone's name in the zone database, or its offset such as `+09:00`.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().map_or_else(
        || PRINTER.time_zone_to_string(zone).unwrap_or_else(|_| "local".to_owned()),
        str::to_owned,
    )
}

/// Whether an offset is one that a zone can have: of hours and minutes, up to 18:00.
#[must_use]
pub fn is_offset(offset: Offset) -> bool {
    offset.seconds() % 60 == 0 && offset.seconds().abs() <= 18 * 3600
}

/// Formats milliseconds since 1970 as RFC 3339 with milliseconds, in a zone:
/// `2018-09-21T07:00:00.000Z` in UTC, with an offset elsewhere. The last day of
/// 9999 is shown in UTC, and what no calendar has as a number.
#[must_use]
pub fn rfc3339(ms: i64, zone: &TimeZone) -> String {
    let Ok(instant) = Timestamp::from_millisecond(ms) else {
        // The calendar of jiff ends 26 hours before the year does.
        let ms_after_1970 = u64::try_from(ms).ok().and_then(time::from_epoch);
        return ms_after_1970.map_or_else(|| ms.to_string(), time::format_ms);
    };
    if *zone == TimeZone::UTC {
        return PRINTER.timestamp_to_string(&instant);
    }
    PRINTER.timestamp_with_offset_to_string(&instant, zone.to_offset(instant))
}

/// As [`rfc3339`], in UTC.
#[must_use]
pub fn utc(ms: i64) -> String {
    rfc3339(ms, &TimeZone::UTC)
}

/// Reads a time in one of the forms of the module's table.
///
/// # Errors
/// If it is none of them; `option` is named in the message.
pub fn time_ms(option: &'static str, text: &str, zone: &TimeZone) -> Result<i64, WindowError> {
    if text.contains(":60") {
        return Err(WindowError::Sixty { option, text: text.to_owned() });
    }
    read_time(text.trim(), zone).ok_or_else(|| WindowError::Time { option, text: text.to_owned() })
}

pub(super) fn read_time(text: &str, zone: &TimeZone) -> Option<i64> {
    if let Some(ms) = epoch(text) {
        return Some(ms);
    }
    let text = as_iso(text);
    let pieces = PARSER.parse_pieces(text.as_ref()).ok()?;
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or(civil::Time::midnight()));
    let instant = match pieces.offset() {
        Some(PiecesOffset::Zulu) => civil.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp(),
        Some(PiecesOffset::Numeric(offset)) => {
            Some(offset.offset()).filter(|offset| is_offset(*offset))?.to_timestamp(civil).ok()?
        }
        _ => zone.to_timestamp(civil).ok()?,
    };
    Some(cut_to_ms(instant))
}

/// Seconds since 1970, perhaps with decimals, or milliseconds: since 1973 and up to 2286
/// they differ in how many digits they have. Eight digits are a date.
fn epoch(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || text.ends_with('.') {
        return None;
    }
    let value: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => {
            let ms: i64 = format!("{decimals:0<3}").get(..3)?.parse().ok()?;
            Some(value * 1000 + ms)
        }
        12 | 13 => Some(value),
        _ => None,
    }
}

/// A time as nfdump writes it, `2018/09/21.10:00:30`, with the signs of ISO 8601.
fn as_iso(text: &str) -> Cow<'_, str> {
    let is_date = |at: usize, digit: u8| match at {
        4 | 7 => digit == b'/',
        _ => digit.is_ascii_digit(),
    };
    match text.split_at_checked(10) {
        Some((date, rest)) if date.bytes().enumerate().all(|(at, digit)| is_date(at, digit)) => {
            let rest = rest.strip_prefix('.').map(|time| format!("T{time}"));
            let date = date.replace('/', "-");
            Cow::Owned(date + rest.as_deref().unwrap_or(&text[10..]))
        }
        _ => Cow::Borrowed(text),
    }
}

/// The date that is alone in a text.
pub(super) fn date(text: &str) -> Result<civil::Date, WindowError> {
    let iso = as_iso(text.trim());
    let pieces = PARSER.parse_pieces(iso.as_ref()).ok();
    pieces
        .filter(|pieces| pieces.time().is_none() && pieces.offset().is_none())
        .map(|pieces| pieces.date())
        .ok_or_else(|| WindowError::Day { text: text.to_owned() })
}

pub(super) fn whole_day(text: &str, zone: &TimeZone) -> Result<(i64, i64), WindowError> {
    let date = date(text)?;
    let midnight = |date: civil::Date| {
        zone.to_timestamp(date.to_datetime(civil::Time::midnight())).ok().map(cut_to_ms)
    };
    let ends = || Some((midnight(date)?, midnight(date.tomorrow().ok()?)?));
    ends().ok_or_else(|| WindowError::Day { text: text.to_owned() })
}

/// Reads a length of time, such as `24h`, `7d`, `1h30m` or `30s`, in milliseconds; of
/// several units the larger ones come first, as in a filter.
///
/// # Errors
/// If it is none; `option` is named in the message.
pub fn length_ms(option: &'static str, text: &str) -> Result<i64, WindowError> {
    let read = || -> Option<i64> {
        let (mut rest, mut sum_ms, mut last_ms) = (text.trim(), 0_i64, i64::MAX);
        while !rest.is_empty() || last_ms == i64::MAX {
            let (number, behind) = rest.split_at(rest.find(|at: char| !at.is_ascii_digit())?);
            let next = behind.find(|at: char| !at.is_ascii_alphabetic()).unwrap_or(behind.len());
            let (unit, next) = behind.split_at(next);
            let (_, unit_ms) = UNITS_MS.into_iter().find(|(name, _)| *name == unit)?;
            let part_ms = i64::from(number.parse::<u32>().ok()?).checked_mul(unit_ms)?;
            sum_ms = sum_ms.checked_add(part_ms).filter(|_| unit_ms < last_ms)?;
            (rest, last_ms) = (next, unit_ms);
        }
        Some(sum_ms)
    };
    read().ok_or_else(|| WindowError::Length { option, text: text.to_owned() })
}

pub(super) fn cut_to_ms(instant: Timestamp) -> i64 {
    // Towards the past, also before 1970: that is cutting on the time line.
    i64::try_from(instant.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

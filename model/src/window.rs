//! The span of time that was asked for, from what a person typed to milliseconds.
//!
//! A window is half open, `[from, to)`, over `@timestamp`. There is no clock
//! here: `--last` counts back from an instant that the caller gives.
//!
//! | typed | means |
//! | --- | --- |
//! | `2018-09-21` | the start of that day in the zone |
//! | `2018-09-21 07:00`, `2018-09-21T07:00:30.5` | that time in the zone |
//! | `2018-09-21T07:00:00Z`, `…+09:00` | that instant, whatever the zone |
//!
//! A fraction of a second is cut to milliseconds, never rounded, as
//! Elasticsearch's `date` type does.

use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter, PiecesOffset};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

const PARSER: DateTimeParser = DateTimeParser::new();
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// The window as the command line has it, before any of it is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Argument of `--from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Argument of `--to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Argument of `--last`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Argument of `--day`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
}

/// A half-open span of time, `[from_ms, to_ms)`, and how it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    /// First instant inside, in milliseconds since 1970-01-01 UTC; none is open.
    #[serde(with = "optional_ms", rename = "from")]
    pub from_ms: Option<i64>,
    /// First instant after it, in the same unit; none is open.
    #[serde(with = "optional_ms", rename = "to")]
    pub to_ms: Option<i64>,
    /// What was typed.
    pub typed: Typed,
    /// The zone in which times without one were read.
    pub tz: String,
}

/// A window that cannot be used as typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// Not a time.
    #[error(
        "{option} {text}: not a time; try 2018-09-21, '2018-09-21 07:00' or 2018-09-21T07:00:00Z"
    )]
    Time {
        /// Option it was typed for.
        option: &'static str,
        /// As typed.
        text: String,
    },
    /// Not a date.
    #[error("--day {text}: not a date; try --day 2018-09-21")]
    Day {
        /// As typed.
        text: String,
    },
    /// Not a length of time.
    #[error("{option} {text}: not a length of time; try 24h, 7d, 90m or 30s")]
    Length {
        /// Option it was typed for.
        option: &'static str,
        /// As typed.
        text: String,
    },
    /// Not a time zone.
    #[error("--tz {text}: no such time zone; try UTC, Asia/Tokyo or +09:00")]
    Zone {
        /// As typed.
        text: String,
    },
    /// Options that exclude each other.
    #[error("--{first} and --{second} exclude each other; give one of them")]
    Conflict {
        /// One option.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Nothing lies between the ends.
    #[error(
        "the window from {from} to {to} is empty: --to is not part of it; for a whole day try --day DATE"
    )]
    Empty {
        /// Start, RFC 3339.
        from: String,
        /// End, RFC 3339.
        to: String,
    },
}

impl Window {
    /// Understands what was typed. `now` is where `--last` ends.
    ///
    /// # Errors
    /// If a time cannot be read, options exclude each other, or nothing lies
    /// between the ends.
    pub fn new(typed: Typed, zone: &TimeZone, now: Timestamp) -> Result<Self, WindowError> {
        refuse_conflicts(&typed)?;
        let (from_ms, to_ms) = if let Some(text) = &typed.day {
            let (from, to) = whole_day(text, zone)?;
            (Some(from), Some(to))
        } else if let Some(text) = &typed.last {
            let now = cut_to_ms(now);
            (Some(now.saturating_sub(length_ms("--last", text)?)), Some(now))
        } else {
            let read = |option, text: &Option<String>| {
                text.as_deref().map(|text| time_ms(option, text, zone)).transpose()
            };
            (read("--from", &typed.from)?, read("--to", &typed.to)?)
        };
        if let (Some(from), Some(to)) = (from_ms, to_ms)
            && from >= to
        {
            return Err(WindowError::Empty { from: rfc3339(from, zone), to: rfc3339(to, zone) });
        }
        let tz = zone_name(zone);
        Ok(Self { from_ms, to_ms, typed, tz })
    }

    /// Whether no end is given: all of time, documents without a time included.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.from_ms.is_none() && self.to_ms.is_none()
    }
}

/// Finds the zone that was typed: an IANA name, an offset such as `+09:00`, or
/// `local`. Names are looked up in the system's time zone database.
///
/// # Errors
/// If there is none of that name.
pub fn zone(text: &str) -> Result<TimeZone, WindowError> {
    if text.eq_ignore_ascii_case("local") {
        return Ok(TimeZone::system());
    }
    if matches!(text, "UTC" | "utc" | "Z" | "z") {
        return Ok(TimeZone::UTC);
    }
    PARSER.parse_time_zone(text).map_err(|_| WindowError::Zone { text: text.to_owned() })
}

/// The zone's name or offset, as [`zone`] reads it.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().map_or_else(
        || PRINTER.time_zone_to_string(zone).unwrap_or_else(|_| "local".to_owned()),
        str::to_owned,
    )
}

/// Formats milliseconds since 1970 as RFC 3339 with milliseconds, in a zone:
/// `2018-09-21T07:00:00.000Z` in UTC, with an offset elsewhere. A number that
/// is no year of the calendar is shown as a number.
#[must_use]
pub fn rfc3339(ms: i64, zone: &TimeZone) -> String {
    let Ok(instant) = Timestamp::from_millisecond(ms) else {
        return ms.to_string();
    };
    if *zone == TimeZone::UTC {
        return PRINTER.timestamp_to_string(&instant);
    }
    PRINTER.timestamp_with_offset_to_string(&instant, zone.to_offset(instant))
}

/// Reads a time in one of the forms of the module's table.
///
/// # Errors
/// If it is none of them; `option` is named in the message.
pub fn time_ms(option: &'static str, text: &str, zone: &TimeZone) -> Result<i64, WindowError> {
    read_time(text.trim(), zone).ok_or_else(|| WindowError::Time { option, text: text.to_owned() })
}

fn refuse_conflicts(typed: &Typed) -> Result<(), WindowError> {
    let options =
        [("day", &typed.day), ("last", &typed.last), ("from", &typed.from), ("to", &typed.to)];
    let mut given = options.iter().filter(|(_, text)| text.is_some()).map(|(name, _)| *name);
    match (given.next(), given.next()) {
        (Some(first @ ("day" | "last")), Some(second)) => {
            Err(WindowError::Conflict { first, second })
        }
        _ => Ok(()),
    }
}

fn read_time(text: &str, zone: &TimeZone) -> Option<i64> {
    let pieces = PARSER.parse_pieces(text).ok()?;
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or(civil::Time::midnight()));
    let instant = match pieces.offset() {
        Some(PiecesOffset::Zulu) => civil.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp(),
        Some(PiecesOffset::Numeric(offset)) => offset.offset().to_timestamp(civil).ok()?,
        _ => zone.to_timestamp(civil).ok()?,
    };
    Some(cut_to_ms(instant))
}

fn whole_day(text: &str, zone: &TimeZone) -> Result<(i64, i64), WindowError> {
    let read = || -> Option<(i64, i64)> {
        let pieces = PARSER.parse_pieces(text.trim()).ok()?;
        if pieces.time().is_some() || pieces.offset().is_some() {
            return None;
        }
        let midnight = |date: civil::Date| {
            zone.to_timestamp(date.to_datetime(civil::Time::midnight())).ok().map(cut_to_ms)
        };
        Some((midnight(pieces.date())?, midnight(pieces.date().tomorrow().ok()?)?))
    };
    read().ok_or_else(|| WindowError::Day { text: text.to_owned() })
}

/// Reads a length of time, such as `24h`, `7d`, `90m` or `30s`, in milliseconds.
///
/// # Errors
/// If it is none; `option` is named in the message.
pub fn length_ms(option: &'static str, text: &str) -> Result<i64, WindowError> {
    let read = || -> Option<i64> {
        let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
        let unit_ms = match unit {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        number.parse::<u32>().ok().map(i64::from)?.checked_mul(unit_ms)
    };
    read().ok_or_else(|| WindowError::Length { option, text: text.to_owned() })
}

fn cut_to_ms(instant: Timestamp) -> i64 {
    // Towards the past, also before 1970: that is cutting on the time line.
    i64::try_from(instant.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// Milliseconds in Rust, RFC 3339 in JSON; a bare number is read as well.
pub(crate) mod optional_ms {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i64),
        Text(String),
    }

    #[expect(clippy::ref_option, reason = "the signature serde calls")]
    pub(crate) fn serialize<S: Serializer>(
        ms: &Option<i64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match *ms {
            None => serializer.serialize_none(),
            Some(ms) if Timestamp::from_millisecond(ms).is_err() => serializer.serialize_i64(ms),
            Some(ms) => serializer.serialize_str(&super::rfc3339(ms, &TimeZone::UTC)),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<i64>, D::Error> {
        Ok(match Option::<Written>::deserialize(deserializer)? {
            None => None,
            Some(Written::Number(ms)) => Some(ms),
            Some(Written::Text(text)) => Some(
                super::read_time(&text, &TimeZone::UTC)
                    .ok_or_else(|| de::Error::custom(format_args!("not a time: {text}")))?,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        read_time(text, &TimeZone::UTC).unwrap()
    }

    fn window(
        day: &str,
        last: &str,
        from: &str,
        to: &str,
        tz: &str,
    ) -> Result<Window, WindowError> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let typed = Typed { from: some(from), to: some(to), last: some(last), day: some(day) };
        Window::new(typed, &zone(tz)?, "2018-09-22T12:00:00.0009Z".parse().unwrap())
    }

    #[test]
    fn times_are_read_in_every_form_and_cut_to_milliseconds() {
        let cases = [
            ("2018-09-21", "UTC", 1_537_488_000_000),
            ("2018-09-21", "Asia/Tokyo", 1_537_455_600_000),
            ("2018-09-21 07:00", "UTC", 1_537_513_200_000),
            ("2018-09-21T07:00", "UTC", 1_537_513_200_000),
            ("2018-09-21 07:00:01.2399", "UTC", 1_537_513_201_239),
            ("2018-09-21T07:00:00Z", "Asia/Tokyo", 1_537_513_200_000),
            ("2018-09-21T16:00:00+09:00", "UTC", 1_537_513_200_000),
            ("2018-09-21 16:00", "+09:00", 1_537_513_200_000),
            ("1969-12-31T23:59:59.9999Z", "UTC", -1),
        ];
        for (text, tz, expected) in cases {
            assert_eq!(time_ms("--from", text, &zone(tz).unwrap()), Ok(expected), "{text} {tz}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_an_example() {
        for text in
            ["", "yesterday", "2018-13-01", "21.09.2018", "2018-09-21T25:00", "07:00", "\u{0}"]
        {
            let message = time_ms("--to", text, &TimeZone::UTC).unwrap_err().to_string();
            assert!(message.starts_with("--to ") && message.contains("2018-09-21"), "{message}");
        }
    }

    #[test]
    fn a_day_is_whole_in_its_zone_also_when_the_clock_changes() {
        let day = |text, tz| window(text, "", "", "", tz).unwrap();
        let hours = |window: &Window| (window.to_ms.unwrap() - window.from_ms.unwrap()) / 3_600_000;
        assert_eq!(day("2018-09-21", "UTC").from_ms, Some(ms("2018-09-21T00:00Z")));
        assert_eq!(day("2018-09-21", "Asia/Tokyo").to_ms, Some(ms("2018-09-21T15:00Z")));
        assert_eq!(hours(&day("2018-03-25", "Europe/Berlin")), 23);
        assert_eq!(hours(&day("2018-10-28", "Europe/Berlin")), 25);
        assert!(matches!(
            window("2018-09-21T00:00", "", "", "", "UTC"),
            Err(WindowError::Day { .. })
        ));
    }

    #[test]
    fn last_counts_back_from_now() {
        let now = ms("2018-09-22T12:00Z");
        for (text, length) in [("30s", 30), ("90m", 5_400), ("24h", 86_400), ("7d", 604_800)] {
            let window = window("", text, "", "", "UTC").unwrap();
            assert_eq!((window.from_ms, window.to_ms), (Some(now - length * 1_000), Some(now)));
        }
        for text in ["", "h", "24", "24 hours", "-1h", "99999999999h", "1é"] {
            assert!(length_ms("--last", text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_empty_window_is_refused_and_names_day() {
        for (last, from, to) in
            [("", "2018-09-21", "2018-09-21"), ("", "2018-09-22", "2018-09-21"), ("0h", "", "")]
        {
            let message = window("", last, from, to, "UTC").unwrap_err().to_string();
            assert!(message.contains("--day"), "{message}");
        }
    }

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        assert!(matches!(
            window("2018-09-21", "", "2018-09-21", "", "UTC"),
            Err(WindowError::Conflict { first: "day", second: "from" })
        ));
        assert!(matches!(
            window("", "1h", "", "2018-09-21", "UTC"),
            Err(WindowError::Conflict { first: "last", second: "to" })
        ));
        assert!(window("", "", "2018-09-21", "2018-09-22", "UTC").is_ok());
        assert!(window("", "", "", "", "UTC").unwrap().is_open());
    }

    #[test]
    fn milliseconds_are_shown_in_the_zone() {
        assert_eq!(rfc3339(1_537_513_200_231, &TimeZone::UTC), "2018-09-21T07:00:00.231Z");
        assert_eq!(
            rfc3339(1_537_513_200_000, &zone("Asia/Tokyo").unwrap()),
            "2018-09-21T16:00:00.000+09:00"
        );
        assert_eq!(rfc3339(i64::MAX, &TimeZone::UTC), i64::MAX.to_string());
    }

    #[test]
    fn a_zone_is_named_as_it_is_read() {
        for name in ["UTC", "Asia/Tokyo", "+09:00", "-03:30"] {
            assert_eq!(zone_name(&zone(name).unwrap()), name);
        }
        assert!(zone("Mars/Olympus").unwrap_err().to_string().contains("--tz Mars/Olympus"));
    }

    #[test]
    fn a_window_survives_json() {
        let window = window("", "", "2018-09-21", "2018-09-22T00:00:00.5Z", "Asia/Tokyo").unwrap();
        let json = serde_json::to_string(&window).unwrap();
        assert!(json.contains(r#""to":"2018-09-22T00:00:00.500Z""#), "{json}");
        assert_eq!(serde_json::from_str::<Window>(&json).unwrap(), window);
    }
}

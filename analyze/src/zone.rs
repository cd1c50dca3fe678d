//! Looks up a time zone by name. Only here the system's zone and its zone
//! database are used; everything else receives the zone as an argument.

use flowkit_model::window::{WindowError, is_offset, zone_name};
use jiff::tz::{Offset, TimeZone};

/// The zone of an IANA name, of an offset such as `+09:00`, or of the system,
/// `local`.
///
/// # Errors
/// If no zone has that name. What POSIX reads is none: there `UTC+9` is nine hours
/// west of Greenwich.
pub fn zone(text: &str) -> Result<TimeZone, WindowError> {
    if text.eq_ignore_ascii_case("local") {
        // Without a zone of its own a system is in UTC; a name in TZ means what it says.
        return TimeZone::try_system().or_else(|_| match std::env::var_os("TZ") {
            Some(name) if !name.is_empty() => Err(WindowError::Zone {
                text: text.to_owned(),
                hint: format!("TZ is {}", name.to_string_lossy()),
            }),
            _ => Ok(TimeZone::UTC),
        });
    }
    if matches!(text, "UTC" | "utc" | "Z" | "z") {
        return Ok(TimeZone::UTC);
    }
    if let Some(offset) = offset(text) {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(text).map_err(|_| WindowError::Zone { text: text.to_owned(), hint: hint(text) })
}

/// What to try instead of a name that no zone has.
fn hint(text: &str) -> String {
    let behind = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()).trim();
    if let Some(meant) = offset(behind) {
        return format!("did you mean {}?", zone_name(&TimeZone::fixed(meant)));
    }
    if text.starts_with(['+', '-']) {
        return "an offset is of hours and minutes, up to 18:00, such as +09:00".into();
    }
    "try UTC, Asia/Tokyo or +09:00".into()
}

/// The offset of `+09:00`, `+0900`, `+09` or `+9`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
        (Some((hours, minutes)), _) => (hours, minutes),
        (None, 4) => rest.split_at_checked(2)?,
        (None, _) => (rest, "00"),
    };
    let number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i32>().ok())?
    };
    if hours.len() > 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    is_offset(offset).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_named_as_it_is_read() {
        for name in ["UTC", "Asia/Tokyo", "+09:00", "-03:30"] {
            assert_eq!(zone_name(&zone(name).unwrap()), name);
        }
        assert!(zone("Mars/Olympus").unwrap_err().to_string().contains("--tz Mars/Olympus"));
    }

    /// POSIX writes the offset to the west: `UTC+9` would be nine hours behind.
    #[test]
    fn an_offset_behind_a_name_is_refused_with_what_is_meant() {
        for (text, hint) in [
            ("UTC+9", "did you mean +09:00?"),
            ("GMT+9", "did you mean +09:00?"),
            ("UTC+09:00", "did you mean +09:00?"),
            ("JST-9", "did you mean -09:00?"),
            ("EST5EDT4", "try UTC, Asia/Tokyo or +09:00"),
            ("EST5EDT,M3.2.0,M11.1.0", "try UTC, Asia/Tokyo or +09:00"),
            ("<+09>-9", "try UTC, Asia/Tokyo or +09:00"),
        ] {
            let error = zone(text).unwrap_err().to_string();
            assert_eq!(error, format!("--tz {text}: no such time zone; {hint}"));
        }
        // The zone database has its own names of this form, with the sign of POSIX.
        for name in ["Etc/GMT+9", "GMT0", "GMT+0", "EST5EDT"] {
            assert_eq!(zone_name(&zone(name).unwrap()), name);
        }
    }

    #[test]
    fn an_offset_is_of_hours_and_minutes_up_to_18() {
        for (text, name) in [
            ("+9", "+09:00"),
            ("+09", "+09:00"),
            ("+0930", "+09:30"),
            ("-9:30", "-09:30"),
            ("+18:00", "+18:00"),
            ("-18", "-18:00"),
            ("+00:00", "UTC"),
        ] {
            assert_eq!(zone_name(&zone(text).unwrap()), name, "{text}");
        }
        for text in
            ["+25:00", "-25:30", "+18:01", "+09:00:30", "+09:60", "+9:5", "+", "-+9", "+123"]
        {
            let error = zone(text).unwrap_err().to_string();
            assert!(error.contains("of hours and minutes, up to 18:00"), "{error}");
        }
    }
}

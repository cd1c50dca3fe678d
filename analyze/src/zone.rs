//! Looks up a time zone by name. Only here the system's zone and its zone
//! database are used; everything else receives the zone as an argument.

use flowkit_model::window::WindowError;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;

const PARSER: DateTimeParser = DateTimeParser::new();

/// The zone of an IANA name, of an offset such as `+09:00`, or of the system,
/// `local`.
///
/// # Errors
/// If no zone has that name.
pub fn zone(text: &str) -> Result<TimeZone, WindowError> {
    if text.eq_ignore_ascii_case("local") {
        return Ok(TimeZone::system());
    }
    if matches!(text, "UTC" | "utc" | "Z" | "z") {
        return Ok(TimeZone::UTC);
    }
    PARSER.parse_time_zone(text).map_err(|_| WindowError::Zone { text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use flowkit_model::window::zone_name;

    use super::*;

    #[test]
    fn a_zone_is_named_as_it_is_read() {
        for name in ["UTC", "Asia/Tokyo", "+09:00", "-03:30"] {
            assert_eq!(zone_name(&zone(name).unwrap()), name);
        }
        assert!(zone("Mars/Olympus").unwrap_err().to_string().contains("--tz Mars/Olympus"));
    }
}

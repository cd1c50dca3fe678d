//! Numbers and times for people: SI units, thousands apart, shares in percent.

use flowkit_model::window::rfc3339;
use jiff::tz::TimeZone;

/// `1.23 GB`: three digits, and 1 kB is 1000 B.
pub(crate) fn bytes(bytes: u128) -> String {
    const UNITS: [&str; 11] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB", "RB", "QB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64, 0);
    // 999.5 would be shown as 1000.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// `1.23 Mbit/s`: three digits, and 1 kbit is 1000 bit.
pub(crate) fn bit_rate(bits: u128) -> String {
    let text = bytes(bits);
    format!("{}bit/s", text.strip_suffix('B').unwrap_or(&text))
}

/// A length of time, from milliseconds to days: `345 ms`, `12.3 s`,
/// `1:02:03`, `3 d 04:05:06`.
pub(crate) fn duration(ms: u128) -> String {
    let (seconds, clock) = (ms / 1000, |seconds: u128| {
        format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    });
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{:.1} s", ms as f64 / 1000.0),
        60..86_400 => clock(seconds),
        _ => format!("{} d {:0>8}", seconds / 86_400, clock(seconds % 86_400)),
    }
}

/// `1,234,567`.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12.3 %`.
pub(crate) fn percent(part: u128, whole: u128) -> String {
    if whole == 0 {
        return "-".into();
    }
    format!("{:.1} %", part as f64 / whole as f64 * 100.0)
}

/// A number and its noun, which takes an s: `1 flow`, `1,234 flows`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count.into()), if count == 1 { "" } else { "s" })
}

/// A moment in a zone: RFC 3339 with milliseconds.
pub(crate) fn moment(ms: u64, zone: &TimeZone) -> String {
    rfc3339(i64::try_from(ms).unwrap_or(i64::MAX), zone)
}

#[cfg(test)]
mod tests {
    use flowkit_model::answer::millionths;

    use super::*;

    #[test]
    fn bytes_have_three_digits_and_si_units() {
        for (number, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (9_994, "9.99 kB"),
            (9_996, "10.0 kB"),
            (99_960, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (21_951_768, "22.0 MB"),
            (u64::MAX.into(), "18.4 EB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn rates_and_durations_are_short() {
        assert_eq!(bit_rate(1_234_567), "1.23 Mbit/s");
        assert_eq!(bit_rate(999), "999 bit/s");
        for (ms, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (12_345, "12.3 s"),
            (3_723_000, "1:02:03"),
            (273_906_000, "3 d 04:05:06"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn shares_are_rounded_and_of_nothing_zero() {
        assert_eq!(millionths(1, 3), 333_333);
        assert_eq!(millionths(2, 3), 666_667);
        assert_eq!(millionths(5, 5), 1_000_000);
        assert_eq!(millionths(0, 0), 0);
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(0, 0), "-");
    }
}

//! A cell as the value of a field.
//!
//! What stands for a missing value is unknown, and so is every number that could
//! be two: `1.234` is a thousand in some locales, `1.2 M` is rounded.

use std::borrow::Cow;

use crate::address::Address;
use crate::document::dialect::Form;
use crate::document::value::{Scalar, number_in, parse};
use crate::field::Kind;
use crate::names::parse_tcp_flags;
use crate::time;

/// How programs write a missing value, in small letters.
const MISSING: [&str; 11] =
    ["", "-", "nan", "null", "none", "unknown", "na", "n/a", "<na>", "\\n", "(empty)"];

/// Whether a cell says that there is no value.
pub(super) fn is_missing(cell: &str) -> bool {
    (cell.len() <= 7 && MISSING.iter().any(|word| word.eq_ignore_ascii_case(cell)))
        // The line below the names in Markdown and in psql's tables.
        || cell.bytes().all(|byte| matches!(byte, b'-' | b':' | b'+')) && cell.contains('-')
}

/// The element of a list of one, `[443]` or `['192.0.2.1']`, as pandas and es2csv
/// print what Elasticsearch has under `fields`; of two or more it is none.
pub(super) fn element(cell: &str) -> Option<&str> {
    let inside = cell.strip_prefix('[')?.strip_suffix(']')?.trim();
    let quoted = |quote| inside.strip_prefix(quote)?.strip_suffix(quote);
    let one = quoted('"').or_else(|| quoted('\'')).unwrap_or(inside);
    (!one.contains([',', '"', '\'', '['])).then_some(one)
}

/// The number of a field that is not text.
pub(super) fn number_of(form: Form, kind: Kind, cell: &str) -> Option<u64> {
    match (form, kind) {
        (Form::Plain, Kind::Time) => time_of(cell, false),
        (Form::Seconds, Kind::Time) => time_of(cell, true),
        (Form::Plain, Kind::Version | Kind::Direction | Kind::Mac) => parse(kind, cell),
        (Form::FlagLetters, _) => flags(cell),
        (Form::Plain, _) => whole(cell),
        _ => number_in(form, kind, Scalar::Text(cell)),
    }
}

/// The address of a cell: text, or by its number if the form allows it.
pub(super) fn address_of(form: Form, cell: &str) -> Option<Address> {
    let plain = || cell.parse().ok();
    if form != Form::AnyAddress {
        return plain();
    }
    let number = || whole(cell).and_then(|number| u32::try_from(number).ok());
    plain().or_else(|| padded(cell).or_else(number).map(Address::from_bits))
}

/// A whole number: `443`, `443.0`, `1,234`; not `1.234`, `1.2 M` or `1,23`.
pub(super) fn whole(cell: &str) -> Option<u64> {
    if cell.bytes().all(|byte| byte.is_ascii_digit()) {
        return cell.parse().ok();
    }
    let plain = ungrouped(cell);
    if is_grouped(&plain, '.') { None } else { parse(Kind::Count, &plain) }
}

/// Between groups of three digits: comma, blanks that do not break, apostrophes.
const SEPARATORS: [char; 5] = [',', '\u{a0}', '\u{202f}', '\'', '\u{2019}'];

/// A number without what separates its groups of three digits.
fn ungrouped(cell: &str) -> Cow<'_, str> {
    let (whole, decimals) = cell.split_once('.').unwrap_or((cell, "0"));
    let separator = SEPARATORS.into_iter().find(|separator| is_grouped(whole, *separator));
    match separator {
        Some(separator) if decimals.bytes().all(|byte| byte == b'0') => {
            Cow::Owned(whole.replace(separator, ""))
        }
        _ => Cow::Borrowed(cell),
    }
}

/// Whether digits stand in groups of three: `1,234,567`.
fn is_grouped(text: &str, separator: char) -> bool {
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = text.split(separator);
    let first = groups.next().unwrap_or_default();
    let mut n_groups = 0;
    let rest = groups.all(|group| {
        n_groups += 1;
        group.len() == 3 && is_digits(group)
    });
    rest && n_groups > 0 && (1..=3).contains(&first.len()) && is_digits(first)
}

/// Letters in any order and with blanks for flags that are not set, as SiLK
/// writes them; `0x5a`, as nfdump 1.6 writes more than six; or a number.
pub(super) fn flags(cell: &str) -> Option<u64> {
    let letters: Cow<'_, str> =
        if cell.contains(' ') { cell.replace(' ', "").into() } else { cell.into() };
    let hex = || u64::from_str_radix(letters.strip_prefix("0x")?, 16).ok();
    parse_tcp_flags(&letters).map(u64::from).or_else(hex).or_else(|| whole(&letters))
}

/// An address whose octets are padded with zeros, `010.001.000.255`.
fn padded(cell: &str) -> Option<u32> {
    let mut octets = cell.split('.');
    let address = octets.by_ref().take(4).try_fold(0, |address, octet| {
        let octet: u8 = octet.parse().ok().filter(|_| octet.len() == 3)?;
        Some(address << 8 | u32::from(octet))
    })?;
    (cell.len() == 15 && octets.next().is_none()).then_some(address)
}

/// A time; `in_seconds`, if a bare number counts seconds and not milliseconds.
///
/// Besides what a document's time may be: a blank for the `T`, `/` in the date,
/// seconds with decimals, and Kibana's `Sep 21, 2018 @ 10:00:00.123` and
/// `September 21st 2018, 10:00:00.123`.
pub(super) fn time_of(cell: &str, in_seconds: bool) -> Option<u64> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(cell) {
        let ms =
            if in_seconds { cell.parse::<u64>().ok()?.checked_mul(1000)? } else { whole(cell)? };
        return time::from_epoch(ms);
    }
    if let Some((seconds, decimals)) = cell.split_once('.')
        && is_number(seconds)
        && is_number(decimals)
    {
        // As many digits as milliseconds of this century have.
        if seconds.len() > 11 {
            return whole(cell).and_then(time::from_epoch);
        }
        let ms: u64 = format!("{decimals:0<3}").get(..3)?.parse().ok()?;
        return seconds
            .parse::<u64>()
            .ok()?
            .checked_mul(1000)?
            .checked_add(ms)
            .and_then(time::from_epoch);
    }
    if cell.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return kibana(cell);
    }
    let text = cell.strip_suffix("UTC").unwrap_or(cell).trim_end();
    let mut text = text.replacen(' ', "T", 1);
    if text.as_bytes().get(4) == Some(&b'/') {
        text = text.replacen('/', "-", 2);
    }
    text.retain(|letter| letter != ' ');
    time::parse_ms(&text)
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `MMM D, YYYY @ HH:mm:ss.SSS`, and before Kibana 7 `MMMM Do YYYY, HH:mm:ss.SSS`.
fn kibana(cell: &str) -> Option<u64> {
    let mut words = cell.split([' ', ',', '@']).filter(|word| !word.is_empty());
    let (month, day, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let name = month.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|known| *known == name)? + 1;
    let day = day.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let is_end = words.next().is_none();
    is_end.then(|| time::parse_ms(&format!("{year}-{month:02}-{day:0>2}T{time}")))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_or_unknown() {
        for (cell, expected) in [
            ("443", Some(443)),
            ("443.0", Some(443)),
            ("1,234", Some(1234)),
            ("1,234,567", Some(1_234_567)),
            ("1,234.00", Some(1234)),
            ("1\u{202f}234", Some(1234)),
            ("1'234", Some(1234)),
            ("1.5e3", Some(1500)),
            ("1.234", None),
            ("1.000", None),
            ("1,23", None),
            ("1,2345", None),
            (",123", None),
            ("1,234.5", None),
            ("1.2 M", None),
            ("1.5KB", None),
            ("-1", None),
            ("18446744073709551616", None),
        ] {
            assert_eq!(whole(cell), expected, "{cell}");
        }
    }

    #[test]
    fn times_of_each_program() {
        let expected = Some(1_537_524_000_123);
        for (cell, in_seconds) in [
            ("2018-09-21T10:00:00.123Z", false),
            ("2018-09-21 10:00:00.123", false),
            ("2018-09-21 10:00:00.123+00", false),
            ("2018-09-21 12:00:00.123 +0200", false),
            ("2018-09-21 10:00:00.123000+00:00", false),
            ("2018-09-21 10:00:00.123 UTC", false),
            ("2018/09/21T10:00:00.123", true),
            ("1537524000123", false),
            ("1537524000123.0", false),
            ("1537524000.123", false),
            ("1537524000.123", true),
            ("Sep 21, 2018 @ 10:00:00.123", false),
            ("September 21st 2018, 10:00:00.123", false),
        ] {
            assert_eq!(time_of(cell, in_seconds), expected, "{cell}");
        }
        // As DuckDB and PostgreSQL leave out zeros at the end.
        assert_eq!(time_of("2018-09-21 10:00:00.1", false), Some(1_537_524_000_100));
        assert_eq!(time_of("1537524000", true), Some(1_537_524_000_000));
        for cell in [
            "0000-00-00 00:00:00.000",
            "21/09/2018 10:00",
            "Foo 21, 2018 @ 10:00:00.123",
            "Sep 21",
            "1.5e12",
            ".5",
            "September é 2018 10",
            "Séptember 21 2018 10:00:00",
        ] {
            assert_eq!(time_of(cell, false), None, "{cell}");
        }
    }

    #[test]
    fn flags_addresses_and_missing_values() {
        for (cell, expected) in [
            (".AP.SF", Some(27)),
            ("FS PA", Some(27)),
            ("27", Some(27)),
            ("0xdb", Some(219)),
            ("x", None),
        ] {
            assert_eq!(flags(cell), expected, "{cell}");
        }
        for (cell, expected) in [
            ("[443]", Some("443")),
            ("['192.0.2.1']", Some("192.0.2.1")),
            ("[\"a\"]", Some("a")),
            ("[]", Some("")),
            ("[1,2]", None),
            ("['a', 'b']", None),
            ("443", None),
        ] {
            assert_eq!(element(cell), expected, "{cell}");
        }
        assert_eq!(padded("010.001.000.255"), Some(0x0a01_00ff));
        for cell in ["10.1.0.255", "010.001.000.256", "010.001.000.25", "010.001.000.255.1"] {
            assert_eq!(padded(cell), None, "{cell}");
        }
        for cell in ["", "-", "NaN", "null", "NULL", "unknown", "None", "<NA>", "\\N"] {
            assert!(is_missing(cell), "{cell}");
        }
        assert!(!is_missing("0") && !is_missing("r1"));
    }
}

//! Numbers on the command line, and what is said of a text that is none.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use flowkit_model::filter::number;

/// A whole number.
pub(crate) fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "not a whole number such as 10".to_owned())
}

/// A whole number of a range.
pub(crate) fn within<T>(
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let found = whole::<T>(text).ok().filter(|number| range.contains(number));
        found.ok_or_else(|| format!("not a whole number from {} to {}", range.start(), range.end()))
    }
}

/// A whole number that is not 0.
pub(crate) fn from_one<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    let found = whole::<T>(text).ok().filter(|number| *number >= T::from(1));
    found.ok_or_else(|| "not a whole number from 1".to_owned())
}

/// A percentage that is a whole number, with `%` or without.
pub(crate) fn whole_percent(text: &str) -> Result<u64, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    number.parse().map_err(|_| "not a percentage in whole numbers; try 5 or 10".to_owned())
}

/// A number of bytes: `500000000`, `500M`, `2G`.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let found = number(text.trim()).and_then(|number| usize::try_from(number).ok());
    found.ok_or_else(|| "not a number of bytes such as 500M or 2G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_what_is_none_is_told_in_words() {
        assert_eq!(
            (whole("8"), whole_percent("5%"), whole_percent("5 %")),
            (Ok(8_u64), Ok(5), Ok(5))
        );
        assert_eq!((bytes("1.5G"), bytes("1000")), (Ok(1_500_000_000), Ok(1_000)));
        assert_eq!((within(1..=64_u16)("64"), within(1..=64_u16)("1")), (Ok(64), Ok(1)));
        for text in ["abc", "", "-1", "0.5"] {
            assert_eq!(whole::<u64>(text).unwrap_err(), "not a whole number such as 10");
            let percent = whole_percent(text).unwrap_err();
            assert_eq!(percent, "not a percentage in whole numbers; try 5 or 10");
            assert_eq!(bytes(text).unwrap_err(), "not a number of bytes such as 500M or 2G");
        }
        assert_eq!(from_one("1"), Ok(1_u32));
        assert_eq!(from_one::<u32>("0").unwrap_err(), "not a whole number from 1");
        for text in ["0", "65", "x"] {
            assert_eq!(within(1..=64_u16)(text).unwrap_err(), "not a whole number from 1 to 64");
        }
    }
}

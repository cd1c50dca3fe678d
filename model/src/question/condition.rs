//! Conditions on groups, as in `--having`: `bytes > 1G`.

use std::cmp::Ordering;
use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Limit, Measure, text};
use crate::Meaning;
use crate::filter::nearest;

/// A condition that a group must fulfil to have a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The measure that is compared.
    pub measure: Measure,
    /// The comparison, such as `>`.
    pub sign: Sign,
    /// The value it is compared with.
    pub value: Limit,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Sign {
    Less,
    LessOrEqual,
    Equal,
    Differs,
    Greater,
    GreaterOrEqual,
}

/// Longer signs come before their prefixes.
const SIGNS: [(&str, Sign); 7] = [
    ("<=", Sign::LessOrEqual),
    (">=", Sign::GreaterOrEqual),
    ("!=", Sign::Differs),
    ("==", Sign::Equal),
    ("=", Sign::Equal),
    ("<", Sign::Less),
    (">", Sign::Greater),
];

impl Condition {
    /// Parses conditions joined by `and`: `bytes > 1G and distinct:dst_addr >=
    /// 10`.
    ///
    /// # Errors
    /// If one of them is invalid.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        Self::parse_all_with(text, &of_measure)
    }

    /// Parses conditions whose measures `named` finds, with what their values mean.
    ///
    /// # Errors
    /// If one of them is invalid.
    pub(crate) fn parse_all_with(text: &str, named: &Named<'_>) -> Result<Vec<Self>, String> {
        let lower = text.to_ascii_lowercase();
        let (mut conditions, mut start) = (Vec::new(), 0);
        for (at, and) in lower.match_indices(" and ") {
            // In a text in quotes it is part of the text.
            if !has_open_quote(&text[start..at]) {
                conditions.push(Self::parse_with(&text[start..at], named)?);
                start = at + and.len();
            }
        }
        conditions.push(Self::parse_with(&text[start..], named)?);
        Ok(conditions)
    }

    /// Parses one condition.
    ///
    /// # Errors
    /// If it is invalid.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::parse_with(text, &of_measure)
    }

    fn parse_with(text: &str, named: &Named<'_>) -> Result<Self, String> {
        let Some((name, sign, value)) = split(text) else {
            return Err(format!("{text}: not a condition; try 'bytes > 1G' or 'flows >= 10'"));
        };
        let (measure, meaning) = named(name)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("{}: a number is missing, such as 1500, 10k or 1.5M", text.trim()));
        }
        if has_open_quote(text) {
            return Err(format!("{}: the quote is not closed", text.trim()));
        }
        let value = match meaning {
            Some(meaning) => Limit::parse(value, meaning)?,
            None => Limit::of_key(value)?,
        };
        if let (Some(words), Limit::Text(word)) = (meaning.and_then(Meaning::words), &value) {
            refuse_no_word(name.trim(), words, word)?;
        }
        Ok(Self { measure, sign, value })
    }

    /// With moments by the clock of this zone.
    #[must_use]
    pub(crate) fn in_zone(self, zone: &TimeZone) -> Self {
        Self { value: self.value.in_zone(zone), ..self }
    }

    /// Whether a whole number fulfils the condition; an unknown one does not.
    #[must_use]
    pub fn holds(&self, value: Option<u128>) -> bool {
        value.is_some_and(|value| match &self.value {
            Limit::Address(address) => self.sign.holds(value.cmp(&address.number())),
            _ => self.holds_for(signed(value), 1_000_000_000),
        })
    }

    /// Whether a number below 0, given by its absolute value, fulfils the condition.
    #[must_use]
    pub fn holds_below_zero(&self, value: u128) -> bool {
        self.holds_for(-signed(value), 1_000_000_000)
    }

    /// Whether a share in millionths, as it is shown, fulfils the condition.
    #[must_use]
    pub fn holds_for_share(&self, millionths: u128) -> bool {
        self.holds_for(signed(millionths), 1000)
    }

    /// Whether a number of parts, each of so many billionths, fulfils the condition.
    fn holds_for(&self, parts: i128, billionths: i128) -> bool {
        let Some(limit) = self.value.billionths() else { return false };
        // Sums in billionths fit: they have at most 96 bits.
        self.sign.holds(parts.saturating_mul(billionths).cmp(&limit))
    }

    /// Whether a text fulfils the condition, in the order of its letters.
    #[must_use]
    pub fn holds_for_text(&self, text: &str) -> bool {
        matches!(&self.value, Limit::Text(limit) if self.sign.holds(text.cmp(limit)))
    }
}

fn signed(number: u128) -> i128 {
    i128::try_from(number).unwrap_or(i128::MAX)
}

/// Refuses a word that the column of a name never has.
fn refuse_no_word(name: &str, words: &[&str], word: &str) -> Result<(), String> {
    if words.contains(&word) {
        return Ok(());
    }
    let near = nearest(word, words.iter().copied());
    let near = near.map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
    Err(format!("{name} is never {word}{near} there are: {}", words.join(", ")))
}

/// What is left of the first sign, the sign, and what is right of it.
fn split(text: &str) -> Option<(&str, Sign, &str)> {
    let at = text.find(['<', '>', '=', '!'])?;
    let (measure, rest) = text.split_at(at);
    let found = SIGNS.iter().find_map(|(typed, sign)| Some((*sign, rest.strip_prefix(typed)?)));
    found.map(|(sign, value)| (measure, sign, value))
}

/// Whether the value of a condition begins with a quote that is not closed.
fn has_open_quote(condition: &str) -> bool {
    let value = split(condition).map_or("", |(_, _, value)| value.trim());
    let quote = value.chars().next().filter(|letter| ['"', '\''].contains(letter));
    quote.is_some_and(|quote| value.len() == 1 || !value.ends_with(quote))
}

/// Finds a measure by its name, and what its values mean, if that is known.
pub(crate) type Named<'n> = dyn Fn(&str) -> Result<(Measure, Option<Meaning>), String> + 'n;

/// Without a report it is not known what a key is.
fn of_measure(name: &str) -> Result<(Measure, Option<Meaning>), String> {
    let measure = Measure::parse_column(name)?;
    Ok((measure, (!matches!(measure, Measure::Key(_))).then(|| measure.meaning())))
}

impl Sign {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::Differs => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// In the syntax of [`Condition::parse`].
impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = SIGNS.iter().find(|(_, sign)| *sign == self.sign).map_or("=", |(text, _)| text);
        write!(out, "{} {sign} ", self.measure)?;
        self.value.show(self.measure.meaning(), out)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text::write(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::read(deserializer, Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::*;

    #[test]
    fn conditions_are_read() {
        let found = Condition::parse_all("bytes > 1G AND distinct:dst_addr>=10").unwrap();
        assert_eq!(found[0].value, Limit::whole(1_000_000_000));
        assert_eq!(found[1].sign, Sign::GreaterOrEqual);
        assert!(found[1].holds(Some(10)) && !found[1].holds(Some(9)) && !found[1].holds(None));
        for condition in found {
            assert_eq!(Condition::parse(&condition.to_string()), Ok(condition));
        }
        for text in ["", "bytes", "bytes > x", "colour > 1", "bytes > 1 and"] {
            assert!(Condition::parse_all(text).is_err(), "{text}");
        }
    }

    /// Each value in the words of its measure, and as it is written again.
    #[test]
    fn values_are_amounts_shares_lengths_and_moments() {
        for (text, shown) in [
            ("bytes > 1.5M", "bytes > 1500000"),
            ("bpp <= 99.5", "bpp <= 99.5"),
            ("bytes_share > 0.5", "bytes_share > 0.5"),
            ("bytes_share >= 12.5 %", "bytes_share >= 0.125"),
            ("flows_share = 100%", "flows_share == 1"),
            ("packets_share < 0.000001%", "packets_share < 0.00000001"),
            ("duration > 10m", "duration > 600000"),
            ("p95_duration < 1h30m", "p95_duration < 5400000"),
            ("duration != 1500", "duration != 1500"),
            ("first >= 2018-09-21T07:00Z", "first >= 2018-09-21T07:00:00.000Z"),
            ("last < 1537514269230", "last < 2018-09-21T07:17:49.230Z"),
            ("last < 2018-09-21 07:00", "last < 2018-09-21T07:00:00"),
            ("first = 2018-09-21", "first == 2018-09-21T00:00:00"),
            ("peers > 3", "peers > 3"),
            ("key_1 = 443", "key_1 == 443"),
            ("key_1 >= 2018-09-21T07:00", "key_1 >= 2018-09-21T07:00:00"),
            ("first < '2018-09-21 07:00'", "first < 2018-09-21T07:00:00"),
            ("bytes > \"1k\"", "bytes > 1000"),
            ("key_2 != \"r1\"", "key_2 != \"r1\""),
            ("key_2 = \"core and <= edge\"", "key_2 == \"core and <= edge\""),
            ("bytes > -1.5k", "bytes > -1500"),
            ("bytes <= -0.5", "bytes <= -0.5"),
        ] {
            let condition = Condition::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(condition.to_string(), shown);
            assert_eq!(Condition::parse(shown), Ok(condition), "{text}");
        }
    }

    #[test]
    fn a_unit_that_does_not_fit_says_what_does() {
        for (text, why) in [
            ("bytes > 10MB", "did you mean 10M?"),
            ("flows > 10s", "only duration"),
            ("duration > 10k", "did you mean 10000 (milliseconds)?"),
            ("duration > 1x", "a length of time such as 500ms, 10s, 10m or 1h30m"),
            ("mean_duration > 10M", "did you mean 10m (minutes)"),
            ("bytes_share > 50", "did you mean 50 %?"),
            ("bytes_share > 101 %", "a fraction of 1 such as 0.125, or 12.5 %"),
            ("bytes_share > 1k", "a fraction of 1 such as 0.125, or 12.5 %"),
            ("first > 10m", "a time such as 2018-09-21"),
            ("bytes > 1 or flows > 1", "joined by and alone"),
            ("port_kind = tcp", "port_kind is never tcp; there are: icmp, mixed, none, port"),
            ("port_kind != por", "port_kind is never por; did you mean port?"),
        ] {
            let error = Condition::parse_all(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    /// A share is compared as csv shows it, with six decimals: a third is 0.333333.
    #[test]
    fn a_share_is_compared_as_it_is_shown() {
        let holds = |text: &str| Condition::parse(text).unwrap().holds_for_share(333_333);
        assert!(holds("bytes_share = 0.333333") && holds("bytes_share > 33.3332%"));
        assert!(!holds("bytes_share > 0.333333") && holds("bytes_share <= 0.3333333"));
    }

    #[test]
    fn fractions_are_between_whole_numbers() {
        let holds = |text: &str, value| Condition::parse(text).unwrap().holds(Some(value));
        assert!(holds("bpp > 99.5", 100) && !holds("bpp > 99.5", 99));
        assert!(!holds("bpp = 99.5", 99) && holds("bpp < 0.5", 0));
    }

    #[test]
    fn numbers_below_zero_are_compared() {
        let condition = |text: &str| Condition::parse(text).unwrap();
        let below = |text: &str, value| condition(text).holds_below_zero(value);
        assert!(below("bytes < 0", 1) && below("bytes = -2", 2) && below("bytes > -2.5", 2));
        assert!(!below("bytes > 0", 5) && !below("bytes < -5", 5) && !below("bytes >= 5", 5));
        assert!(condition("bytes > -1").holds(Some(0)) && !condition("bytes < -1").holds(Some(0)));
    }

    /// The text of an exporter may hold what joins and compares.
    #[test]
    fn a_text_in_quotes_is_one_value() {
        let two = Condition::parse_all("key_1 = 'a and b>=c' and key_2 != \"x and y\"").unwrap();
        assert_eq!(two.len(), 2);
        assert!(two[0].holds_for_text("a and b>=c") && !two[1].holds_for_text("x and y"));
        let error = Condition::parse_all("key_1 = 'a and key_2 = 3").unwrap_err();
        assert!(error.contains("the quote is not closed"), "{error}");
    }

    #[test]
    fn moments_are_in_the_zone_of_the_question() {
        let condition = Condition::parse("first >= 2018-09-21T16:00").unwrap();
        let in_tokyo = condition.in_zone(&TimeZone::fixed(Offset::constant(9)));
        // 07:00 in UTC.
        assert_eq!(in_tokyo.value, Limit::whole(1_537_513_200_000));
        assert!(
            in_tokyo.holds(Some(1_537_513_200_000)) && !in_tokyo.holds(Some(1_537_513_199_999))
        );
    }
}

//! Conditions on groups, as in `--having`: `bytes > 1G`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Measure, text};
use crate::filter::number;

/// A condition that a group must fulfil to have a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The measure that is compared.
    pub measure: Measure,
    /// The comparison, such as `>`.
    pub sign: Sign,
    /// The value it is compared with.
    pub value: u64,
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
        let lower = text.to_ascii_lowercase();
        lower.split(" and ").map(Self::parse).collect()
    }

    /// Parses one condition.
    ///
    /// # Errors
    /// If it is invalid.
    pub fn parse(text: &str) -> Result<Self, String> {
        let found = SIGNS.iter().find_map(|(typed, sign)| {
            text.split_once(typed).map(|(measure, value)| (measure, *sign, value))
        });
        let Some((measure, sign, value)) = found else {
            return Err(format!("{text}: not a condition; try 'bytes > 1G' or 'flows >= 10'"));
        };
        let measure = Measure::parse(measure)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("{}: a number is missing, such as 1500, 10k or 1.5M", text.trim()));
        }
        let value = number(value).ok_or_else(|| {
            let joined =
                if value.contains(" or ") { "; conditions are joined by and alone" } else { "" };
            format!("{value}: not a number; try 1500, 10k or 1.5M{joined}")
        })?;
        Ok(Self { measure, sign, value })
    }

    /// Whether a value fulfils the condition; an unknown one does not.
    #[must_use]
    pub fn holds(&self, value: Option<u128>) -> bool {
        let Some(value) = value else { return false };
        let limit = u128::from(self.value);
        match self.sign {
            Sign::Less => value < limit,
            Sign::LessOrEqual => value <= limit,
            Sign::Equal => value == limit,
            Sign::Differs => value != limit,
            Sign::Greater => value > limit,
            Sign::GreaterOrEqual => value >= limit,
        }
    }
}

/// In the syntax of [`Condition::parse`].
impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = SIGNS.iter().find(|(_, sign)| *sign == self.sign).map_or("=", |(text, _)| text);
        write!(out, "{} {sign} {}", self.measure, self.value)
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
    use super::*;

    #[test]
    fn conditions_are_read() {
        let found = Condition::parse_all("bytes > 1G and distinct:dst_addr>=10").unwrap();
        assert_eq!(found[0].value, 1_000_000_000);
        assert_eq!(found[1].sign, Sign::GreaterOrEqual);
        assert!(found[1].holds(Some(10)) && !found[1].holds(Some(9)) && !found[1].holds(None));
        for condition in found {
            assert_eq!(Condition::parse(&condition.to_string()), Ok(condition));
        }
        for text in ["", "bytes", "bytes > x", "colour > 1", "bytes > 1 and"] {
            assert!(Condition::parse_all(text).is_err(), "{text}");
        }
    }
}

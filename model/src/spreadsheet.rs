//! Texts that a spreadsheet would run as a formula, defused.
//!
//! A cell of csv that begins with `=` is a formula to spreadsheets,
//! also in quotes, and can start programs or send other cells away. The name of
//! an exporter, or of a city, comes from whoever wrote the document.
//!
//! Source: OWASP, *CSV Injection*: an apostrophe in front makes a cell text.

use std::borrow::Cow;

/// What a formula begins with, in its full-width forms, too, and what some programs pass
/// over in front of one.
const BEGINS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Whether a spreadsheet may run a text. A number such as `-5` it shows as it is.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.starts_with(BEGINS) && !is_number(text)
}

/// A text with an apostrophe in front if a spreadsheet would run it.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Digits, perhaps with decimals and a minus.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        for text in [
            "=1+1",
            "=cmd|'/c calc'!A0",
            "+1+1",
            "+5",
            "-1+1",
            "-",
            "-5-5",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\u{ff1d}1",
            "+-5",
            "-1.",
        ] {
            assert_eq!(defused(text), format!("'{text}"));
            assert_eq!(defused(&defused(text)), defused(text), "once");
        }
        for text in ["", "-5", "-5.25", "r1", "a=b", "192.0.2.1", "'=1", " x", "é"] {
            assert_eq!(defused(text), text);
        }
    }
}

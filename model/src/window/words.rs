//! Times as people say them: by a clock, `now-1h`, `today`, `yesterday`, or of a
//! day that is known otherwise, `10:00`.
//!
//! What a clock explains becomes a time of its own before there is a window, so that
//! a saved question means the same flows tomorrow. A time of day stays as it was
//! typed: it is of `--day`, else of the last day of what is asked, as `--last` ends
//! there.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, civil};

use super::times::{cut_to_ms, read_time};
use super::{Typed, WindowError, length_ms, utc};

impl Typed {
    /// With times in place of the words that a clock explains: `now`, `now-1h`,
    /// `now+1h`, and dates in place of `today` and `yesterday`, which a time of day may
    /// follow.
    ///
    /// # Errors
    /// If a length after `now` is none.
    pub fn at(self, zone: &TimeZone, now: Timestamp) -> Result<Self, WindowError> {
        let said = |option, text: Option<String>| {
            text.map(|text| without_clock(option, &text, zone, now)).transpose()
        };
        Ok(Self {
            from: said("--from", self.from)?,
            to: said("--to", self.to)?,
            day: said("--day", self.day)?,
            last: self.last,
        })
    }

    /// Whether it is known only with the end of what is asked: a length of time up to
    /// it, or a time of its last day.
    #[must_use]
    pub fn ends_with_sources(&self) -> bool {
        let of_last_day = [&self.from, &self.to].into_iter().flatten().any(|text| is_clock(text));
        self.last.is_some() || of_last_day && self.day.is_none()
    }
}

/// A time or date in place of a word that a clock explains; any other text as it is.
///
/// # Errors
/// If a length after `now` is none; `option` is named in the message.
pub fn without_clock(
    option: &'static str,
    text: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<String, WindowError> {
    let (word, rest) = split_word(text);
    let date = zone.to_datetime(now).date();
    let of_date = |date: civil::Date| format!("{date}{rest}");
    Ok(match word.to_ascii_lowercase().as_str() {
        "now" => {
            let now = cut_to_ms(now);
            let ms = match rest.split_at_checked(1) {
                None => now,
                Some(("-", length)) => now.saturating_sub(length_ms(option, length)?),
                Some(("+", length)) => now.saturating_add(length_ms(option, length)?),
                Some(_) => return Ok(text.to_owned()),
            };
            utc(ms)
        }
        "today" => of_date(date),
        "yesterday" => of_date(date.yesterday().unwrap_or(date)),
        _ => text.to_owned(),
    })
}

/// Whether a text begins with a word that only a clock explains.
pub(super) fn needs_clock(text: &str) -> bool {
    ["now", "today", "yesterday"].contains(&split_word(text).0.to_ascii_lowercase().as_str())
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_at(text.find(|at: char| !at.is_ascii_alphabetic()).unwrap_or(text.len()))
}

/// Whether a text is a time of day alone: `10:00`, `9:30`, `10:00:30.5`.
pub(super) fn is_clock(text: &str) -> bool {
    let text = text.trim();
    let is_number = |part: &str| part.chars().all(|at| at.is_ascii_digit() || at == '.');
    text.find(':').is_some_and(|at| matches!(at, 1 | 2)) && text.split(':').all(is_number)
}

/// The moment of a time of day on a date.
pub(super) fn on_date(text: &str, date: civil::Date, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    let zero = if text.find(':') == Some(1) { "0" } else { "" };
    read_time(&format!("{date}T{zero}{text}"), zone)
}

/// The date of the last millisecond before an instant.
pub(super) fn last_date(end: Timestamp, zone: &TimeZone) -> civil::Date {
    let last = end.checked_sub(1.millisecond()).unwrap_or(end);
    zone.to_datetime(last).date()
}

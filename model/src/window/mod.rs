//! The span of time that was asked for, from what a person typed to milliseconds.
//!
//! A window is half open, `[from, to)`, over `@timestamp`. There is no clock
//! here, and no zone database: `--last` counts back from an instant, and times are
//! read in a zone, that the caller gives.
//!
//! | typed | means |
//! | --- | --- |
//! | `2018-09-21` | the start of that day in the zone |
//! | `2018-09-21 07:00`, `2018-09-21T07:00:30.5` | that time in the zone |
//! | `2018-09-21T07:00:00Z`, `…+09:00` | that instant, whatever the zone |
//! | `2018/09/21.07:00`, `2018/09/21.07:00:30` | that time in the zone, as nfdump has it |
//! | `1537513200`, `1537513200000` | seconds or milliseconds since 1970 UTC |
//! | `07:00` | that time of `--day`, else of the last day of what is asked |
//! | `now`, `now-1h`, `today`, `yesterday 07:00` | by a clock, see [`Typed::at`] |
//!
//! A fraction of a second is cut to milliseconds, never rounded, as
//! Elasticsearch's `date` type does.

mod error;
pub(crate) mod optional_ms;
mod span;
#[cfg(test)]
mod tests;
mod times;
mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use error::WindowError;
pub use span::Span;
use times::{cut_to_ms, date, whole_day};
pub use times::{is_offset, length_ms, rfc3339, time_ms, utc, zone_name};
pub use words::without_clock;
use words::{is_clock, last_date, needs_clock, on_date};

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
    /// First instant after it, in milliseconds since 1970-01-01 UTC; none is open.
    #[serde(with = "optional_ms", rename = "to")]
    pub to_ms: Option<i64>,
    /// What was typed.
    pub typed: Typed,
    /// The zone in which times without one were read.
    pub tz: String,
}

impl Window {
    /// Understands what was typed. `now` is where `--last` ends, and a time of day is of
    /// the day that ends there.
    ///
    /// # Errors
    /// If a time cannot be read or is known by a clock only, options exclude each
    /// other, or nothing lies between the ends.
    pub fn new(typed: Typed, zone: &TimeZone, now: Timestamp) -> Result<Self, WindowError> {
        refuse_conflicts(&typed)?;
        let (from_ms, to_ms) = if let Some(text) = &typed.last {
            let (now, length) = (cut_to_ms(now), length_ms("--last", text)?);
            if length == 0 {
                return Err(WindowError::NoLength { text: text.clone() });
            }
            (Some(now.saturating_sub(length)), Some(now))
        } else {
            ends(&typed, zone, now)?
        };
        if let (Some(from_ms), Some(to_ms)) = (from_ms, to_ms)
            && from_ms >= to_ms
        {
            let (from, to) = (rfc3339(from_ms, zone), rfc3339(to_ms, zone));
            return Err(if from_ms == to_ms {
                WindowError::Empty { from, to }
            } else {
                WindowError::Order { from, to }
            });
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

/// Both ends, as `--from` and `--to` or `--day` have them.
fn ends(
    typed: &Typed,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(Option<i64>, Option<i64>), WindowError> {
    let named = [("--from", &typed.from), ("--to", &typed.to), ("--day", &typed.day)];
    for (option, text) in named {
        if let Some(text) = text.as_ref().filter(|text| needs_clock(text)) {
            return Err(WindowError::NoClock { option, text: text.clone() });
        }
    }
    let day = typed.day.as_deref().map(|text| whole_day(text, zone)).transpose()?;
    let date = match &typed.day {
        Some(text) => date(text)?,
        None => last_date(now, zone),
    };
    let read = |option, text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let of_day = Some(text).filter(|text| is_clock(text) && !text.contains(":60"));
        of_day
            .and_then(|text| on_date(text, date, zone))
            .map_or_else(|| time_ms(option, text, zone), Ok)
            .map(Some)
    };
    let (from, to) = (read("--from", &typed.from)?, read("--to", &typed.to)?);
    Ok((from.or(day.map(|day| day.0)), to.or(day.map(|day| day.1))))
}

/// A time of day goes with `--day`, which says of which; nothing else does.
fn refuse_conflicts(typed: &Typed) -> Result<(), WindowError> {
    let beside_day = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| typed.day.is_none() || !is_clock(text))
    };
    let options = [
        ("day", typed.day.is_some()),
        ("last", typed.last.is_some()),
        ("from", beside_day(&typed.from)),
        ("to", beside_day(&typed.to)),
    ];
    let mut given = options.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name);
    match (given.next(), given.next()) {
        (Some(first @ ("day" | "last")), Some(second)) => {
            Err(WindowError::Conflict { first, second })
        }
        _ => Ok(()),
    }
}

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
//!
//! A fraction of a second is cut to milliseconds, never rounded, as
//! Elasticsearch's `date` type does.

mod error;
pub(crate) mod optional_ms;
mod span;
#[cfg(test)]
mod tests;
mod times;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use error::WindowError;
pub use span::Span;
use times::{cut_to_ms, whole_day};
pub use times::{is_offset, length_ms, rfc3339, time_ms, utc, zone_name};

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
    /// Understands what was typed. `now` is where `--last` ends.
    ///
    /// # Errors
    /// If a time cannot be read, options exclude each other, or nothing lies
    /// between the ends.
    pub fn new(typed: Typed, zone: &TimeZone, now: Timestamp) -> Result<Self, WindowError> {
        refuse_conflicts(&typed)?;
        let (from_ms, to_ms) = if let Some(text) = &typed.day {
            let (from, to) = whole_day(text, zone)?;
            (Some(from), Some(to))
        } else if let Some(text) = &typed.last {
            let (now, length) = (cut_to_ms(now), length_ms("--last", text)?);
            if length == 0 {
                return Err(WindowError::NoLength { text: text.clone() });
            }
            (Some(now.saturating_sub(length)), Some(now))
        } else {
            let read = |option, text: &Option<String>| {
                text.as_deref().map(|text| time_ms(option, text, zone)).transpose()
            };
            (read("--from", &typed.from)?, read("--to", &typed.to)?)
        };
        if let (Some(from), Some(to)) = (from_ms, to_ms)
            && from >= to
        {
            return Err(WindowError::Empty { from: rfc3339(from, zone), to: rfc3339(to, zone) });
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

fn refuse_conflicts(typed: &Typed) -> Result<(), WindowError> {
    let options =
        [("day", &typed.day), ("last", &typed.last), ("from", &typed.from), ("to", &typed.to)];
    let mut given = options.iter().filter(|(_, text)| text.is_some()).map(|(name, _)| *name);
    match (given.next(), given.next()) {
        (Some(first @ ("day" | "last")), Some(second)) => {
            Err(WindowError::Conflict { first, second })
        }
        _ => Ok(()),
    }
}

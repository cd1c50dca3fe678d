//! Bins of time, counted from the start of the day in a time zone.
//!
//! - A bin of less than a day is `[k·bin, (k+1)·bin)` from the first moment of its
//!   day, in elapsed time. Every day begins a new bin, so where the length does not
//!   divide the day, or the clocks change, the last bin of a day is shorter.
//! - Bins of whole days are counted in dates from 1970-01-01.
//!
//! The day of a moment is that of its local date, and begins where this date is seen
//! first: at midnight, at the earlier one of two, or where the clocks skip midnight at
//! the first moment after it. Where clocks are put back over midnight, a date goes on
//! after the next one has begun, and its bin is in two stretches.

mod days;
#[cfg(test)]
mod tests;

use flowkit_model::question::DAY_MS;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub(crate) use self::days::Days;
use self::days::{Day, date_of, start_of};

/// How time is divided into bins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bins {
    length_ms: u64,
    zone: TimeZone,
}

/// A stretch of time that is in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The start of the bin, in ms since 1970, which names it.
    pub bin: u64,
    /// First millisecond of the stretch.
    pub from: u64,
    /// First millisecond after it.
    pub to: u64,
}

impl Stretch {
    /// Whether a time is in it.
    pub(crate) fn contains(&self, ms: u64) -> bool {
        self.from <= ms && ms < self.to
    }
}

impl Bins {
    /// Bins of a length in ms, which must not be 0, in a zone.
    #[must_use]
    pub(crate) fn new(length_ms: u64, zone: TimeZone) -> Self {
        Self { length_ms: length_ms.max(1), zone }
    }

    /// A time by which the bin with this start is over: where clocks are put back over
    /// midnight its date comes again.
    #[must_use]
    pub(crate) fn is_over_at(&self, bin: u64) -> u64 {
        let again = if self.length_ms >= DAY_MS { DAY_MS } else { 0 };
        bin.saturating_add(self.length_ms).saturating_add(again)
    }

    /// How many bins there are at least from one time to another.
    pub(crate) fn number(&self, first: u64, last: u64) -> u64 {
        last.saturating_sub(first) / self.length_ms
    }

    /// The bin of a time, and the stretch of it around this time.
    #[must_use]
    pub(crate) fn stretch(&self, ms: u64, days: &mut Days) -> Stretch {
        let day = days.day(ms, &self.zone);
        if self.length_ms >= DAY_MS {
            return Stretch { bin: self.start_of_days(&day), from: day.from, to: day.to };
        }
        let length_ms = i128::from(self.length_ms);
        let elapsed = i128::from(ms) - i128::from(day.start);
        let start = i128::from(day.start) + elapsed.div_euclid(length_ms) * length_ms;
        let since_1970 = |ms: i128| u64::try_from(ms.max(0)).unwrap_or(u64::MAX);
        let (bin, end) = (since_1970(start), since_1970(start + length_ms));
        Stretch { bin, from: bin.max(day.from), to: end.min(day.to) }
    }

    /// The start of the bin of whole days that a day is in.
    fn start_of_days(&self, day: &Day) -> u64 {
        let n = i64::try_from(self.length_ms / DAY_MS).unwrap_or(i64::MAX);
        let since_1970 = |start: i64| u64::try_from(start).unwrap_or(0);
        let first = || {
            let date = date_of(day.from, &self.zone)?;
            let number = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
            let back = jiff::Span::new().try_days(number.rem_euclid(n)).ok()?;
            start_of(date.checked_sub(back).ok()?, &self.zone)
        };
        since_1970(if n == 1 { day.start } else { first().unwrap_or(day.start) })
    }
}

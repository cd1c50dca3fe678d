//! The days of a time zone: where each begins, and a cache of them, since asking the
//! zone for each flow would be slow.

use flowkit_model::question::DAY_MS;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A stretch of time of one local date, in ms since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    /// Where the date is seen first, which may be before 1970.
    pub(super) start: i64,
    /// First millisecond of the stretch.
    pub(super) from: u64,
    /// First millisecond after it.
    pub(super) to: u64,
}

/// A cache of days.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days {
    /// Stretches that do not overlap, ascending.
    known: Vec<Day>,
    last: usize,
}

impl Days {
    /// The day of a time.
    pub(super) fn day(&mut self, ms: u64, zone: &TimeZone) -> Day {
        if *zone == TimeZone::UTC {
            return day_of_utc(ms);
        }
        let holds = |day: &Day| day.from <= ms && ms < day.to;
        if let Some(day) = self.known.get(self.last).filter(|day| holds(day)) {
            return *day;
        }
        let after = self.known.partition_point(|day| day.from <= ms);
        if let Some(day) = after.checked_sub(1).and_then(|place| self.known.get(place))
            && holds(day)
        {
            self.last = after - 1;
            return *day;
        }
        // The calendar ends with the year 9999.
        let day = find_day(ms, zone).unwrap_or_else(|| day_of_utc(ms));
        self.known.insert(after, day);
        self.last = after;
        day
    }
}

fn day_of_utc(ms: u64) -> Day {
    let from = ms / DAY_MS * DAY_MS;
    let start = i64::try_from(from).unwrap_or(i64::MAX);
    Day { start, from, to: from.saturating_add(DAY_MS) }
}

fn find_day(ms: u64, zone: &TimeZone) -> Option<Day> {
    let instant = instant(ms)?;
    let offset = zone.to_offset(instant);
    let date = offset.to_datetime(instant).date();
    let from = begin(instant, date, zone)?.as_millisecond();
    let to = end(instant, date, zone)?.as_millisecond();
    let since_1970 = |ms: i64| u64::try_from(ms).unwrap_or(0);
    let day = Day { start: start_of(date, zone)?, from: since_1970(from), to: since_1970(to) };
    (day.from <= ms && ms < day.to).then_some(day)
}

fn instant(ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}

/// The local date of a time.
pub(super) fn date_of(ms: u64, zone: &TimeZone) -> Option<Date> {
    let instant = instant(ms)?;
    Some(zone.to_offset(instant).to_datetime(instant).date())
}

fn midnight(date: Date, offset: Offset) -> Option<Timestamp> {
    offset.to_timestamp(date.to_datetime(Time::midnight())).ok()
}

/// Where the stretch of a date around an instant begins: at midnight, or at a change
/// of the clocks that leads into the date. A change to midnight may lead from the same
/// date into itself, where clocks are put back from 01:00.
fn begin(instant: Timestamp, date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let mut at = instant;
    loop {
        let midnight = midnight(date, zone.to_offset(at))?;
        let next = at.checked_add(SignedDuration::from_nanos(1)).ok()?;
        let Some(change) =
            zone.preceding(next).next().filter(|change| change.timestamp() >= midnight)
        else {
            return Some(midnight);
        };
        let change = change.timestamp();
        at = change.checked_sub(SignedDuration::from_nanos(1)).ok()?;
        if zone.to_offset(at).to_datetime(at).date() != date {
            return Some(change);
        }
    }
}

/// Where it ends: at the next midnight, or at a change that leads out of the date.
fn end(instant: Timestamp, date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let mut at = instant;
    loop {
        let midnight = midnight(date.tomorrow().ok()?, zone.to_offset(at))?;
        let Some(change) =
            zone.following(at).next().filter(|change| change.timestamp() <= midnight)
        else {
            return Some(midnight);
        };
        at = change.timestamp();
        if change.offset().to_datetime(at).date() != date {
            return Some(at);
        }
    }
}

/// Where a date is seen first, in ms since 1970; where a zone skips the whole date,
/// where it is skipped.
pub(super) fn start_of(date: Date, zone: &TimeZone) -> Option<i64> {
    let at = date.to_datetime(Time::midnight());
    let start = match zone.to_ambiguous_timestamp(at).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(at).ok()?
        }
        // The change lies between midnight by the new offset and by the old one.
        AmbiguousOffset::Gap { after, .. } => {
            let earlier = after.to_timestamp(at).ok()?.checked_sub(SignedDuration::from_nanos(1));
            zone.following(earlier.ok()?).next()?.timestamp()
        }
    };
    Some(start.as_millisecond())
}

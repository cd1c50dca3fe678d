//! Bins of time: `[k·bin, (k+1)·bin)`, counted from midnight in a time zone.
//!
//! Every day begins a new bin, so where the length does not divide the day, or
//! the clocks change, the last bin of a day is shorter. Bins of whole days are
//! counted from 1970-01-01.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// How time is divided into bins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bins {
    length_ms: u64,
    zone: TimeZone,
}

/// A day of a zone: first millisecond, and the first after it.
type Day = (u64, u64);

/// A cache of days: asking the time zone for each flow would be slow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days {
    known: Vec<Day>,
    last: usize,
}

const DAY_MS: u64 = 86_400_000;

impl Bins {
    /// Bins of a length in ms, which must not be 0, in a zone.
    #[must_use]
    pub(crate) fn new(length_ms: u64, zone: TimeZone) -> Self {
        Self { length_ms: length_ms.max(1), zone }
    }

    /// The bin of a time: first millisecond, and the first after it.
    #[must_use]
    pub(crate) fn bin(&self, ms: u64, days: &mut Days) -> (u64, u64) {
        if self.length_ms >= DAY_MS {
            return self.bin_of_days(ms, days);
        }
        let (start, end) = self.day(ms, days);
        let from = start + (ms - start) / self.length_ms * self.length_ms;
        (from, (from + self.length_ms).min(end))
    }

    fn bin_of_days(&self, ms: u64, days: &mut Days) -> (u64, u64) {
        let n = i64::try_from(self.length_ms / DAY_MS).unwrap_or(i64::MAX);
        if n == 1 {
            return self.day(ms, days);
        }
        let (start, end) = self.day(ms, days);
        let Some(date) = self.date(start) else { return (start, end) };
        let number = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
        let back = number.rem_euclid(n);
        let midnight = |days_on: i64| {
            let date = date.checked_add(jiff::Span::new().try_days(days_on).ok()?).ok()?;
            self.midnight(date)
        };
        (midnight(-back).unwrap_or(start), midnight(n - back).unwrap_or(end))
    }

    fn date(&self, ms: u64) -> Option<Date> {
        let instant = Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
        Some(self.zone.to_datetime(instant).date())
    }

    /// Midnight, or the first moment after it where the clocks skip it. None
    /// of it lies before 1970.
    fn midnight(&self, date: Date) -> Option<u64> {
        let midnight = date.to_datetime(Time::midnight());
        let midnight = self.zone.to_timestamp(midnight).ok()?.as_millisecond();
        Some(u64::try_from(midnight).unwrap_or(0))
    }

    fn day(&self, ms: u64, days: &mut Days) -> Day {
        if self.zone == TimeZone::UTC {
            let start = ms / DAY_MS * DAY_MS;
            return (start, start.saturating_add(DAY_MS));
        }
        let holds = |day: &Day| day.0 <= ms && ms < day.1;
        if let Some(day) = days.known.get(days.last).filter(|day| holds(day)) {
            return *day;
        }
        let after = days.known.partition_point(|day| day.0 <= ms);
        if let Some(day) = after.checked_sub(1).and_then(|place| days.known.get(place))
            && holds(day)
        {
            days.last = after - 1;
            return *day;
        }
        let day = self.find_day(ms).unwrap_or_else(|| {
            let start = ms / DAY_MS * DAY_MS;
            (start, start.saturating_add(DAY_MS))
        });
        days.known.insert(after, day);
        days.last = after;
        day
    }

    fn find_day(&self, ms: u64) -> Option<Day> {
        let date = self.date(ms)?;
        Some((self.midnight(date)?, self.midnight(date.tomorrow().ok()?)?))
            .filter(|day| day.0 <= ms && ms < day.1)
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::question::bin_length_ms;
    use flowkit_model::window;

    use super::*;

    fn bin(length: &str, zone: &str, time: &str) -> (String, String) {
        let zone = jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(zone).unwrap();
        let bins = Bins::new(bin_length_ms(length).unwrap(), zone.clone());
        let ms = u64::try_from(window::time_ms("", time, &zone).unwrap()).unwrap();
        let mut days = Days::default();
        let (from, to) = bins.bin(ms, &mut days);
        assert!(from <= ms && ms < to);
        assert_eq!(bins.bin(ms, &mut days), (from, to), "from the cache");
        let text = |ms: u64| window::rfc3339(i64::try_from(ms).unwrap(), &zone);
        (text(from)[..16].into(), text(to)[..16].into())
    }

    #[test]
    fn bins_are_counted_from_local_midnight() {
        for (length, zone, time, from, to) in [
            ("5m", "UTC", "2018-09-21T07:17:49", "2018-09-21T07:15", "2018-09-21T07:20"),
            ("hour", "+05:45", "2018-09-21T07:17", "2018-09-21T07:00", "2018-09-21T08:00"),
            ("day", "Asia/Tokyo", "2018-09-21T07:17", "2018-09-21T00:00", "2018-09-22T00:00"),
            ("day", "Europe/Berlin", "2018-10-28T12:00", "2018-10-28T00:00", "2018-10-29T00:00"),
            ("7h", "UTC", "2018-09-21T23:00", "2018-09-21T21:00", "2018-09-22T00:00"),
            ("2d", "UTC", "1970-01-04T00:00", "1970-01-03T00:00", "1970-01-05T00:00"),
            ("week", "Asia/Tokyo", "2018-09-21T07:17", "2018-09-20T00:00", "2018-09-27T00:00"),
        ] {
            assert_eq!(bin(length, zone, time), (from.into(), to.into()), "{length} {zone} {time}");
        }
    }
}

//! Days and bins of a time zone, by the local date of moments: from one change of
//! the clocks or midnight to the next.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::recomputed::flows::Flow;

pub(super) const DAY_MS: i64 = 86_400_000;

/// A time zone, and what is known of its days.
pub(super) struct Clock {
    pub(super) zone: TimeZone,
    /// Which time of a flow counts.
    time: String,
    starts: RefCell<BTreeMap<Date, i64>>,
}

impl Clock {
    pub(super) fn new(name: &str) -> Self {
        let zone = jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(name).unwrap();
        Self { zone, time: "export".into(), starts: RefCell::default() }
    }

    /// By the time of flows that a question names.
    pub(super) fn by(self, flows: &Value) -> Self {
        Self { time: flows["time"].as_str().unwrap_or("export").into(), ..self }
    }

    /// The moment of a flow.
    pub(super) fn moment(&self, flow: &Flow) -> Option<i64> {
        flow.ms(match self.time.as_str() {
            "export" => "timestamp",
            "first" => "first_switched",
            "last" => "last_switched",
            other => panic!("{other} is no moment"),
        })
    }

    /// Whether a flow is in a window that has an end.
    pub(super) fn has(&self, flow: &Flow, (from, to): (i64, i64)) -> bool {
        if self.time == "active" {
            let span = flow.ms("first_switched").zip(flow.ms("last_switched"));
            return span.is_some_and(|(first, last)| first < to && from <= last);
        }
        self.moment(flow).is_some_and(|ms| from <= ms && ms < to)
    }

    /// Whether a flow that is in no window reaches into this one.
    pub(super) fn reaches(&self, flow: &Flow, window: (Option<i64>, Option<i64>)) -> bool {
        let span = flow.ms("first_switched").zip(flow.ms("last_switched"));
        match (self.time.as_str(), window) {
            ("export", (_, Some(to))) => {
                flow.exported().is_some_and(|exported| to <= exported && exported - to < 86_400_000)
            }
            ("first", (Some(from), _)) => {
                span.is_some_and(|(first, last)| first < from && from <= last)
            }
            ("last", (_, Some(to))) => span.is_some_and(|(first, last)| first < to && to <= last),
            _ => false,
        }
    }

    /// Whether a window cuts between packets, whose flows are exported at once.
    pub(super) fn is_of_export(&self) -> bool {
        self.time == "export"
    }

    pub(super) fn date(&self, ms: i64) -> Date {
        self.zone.to_datetime(instant(ms)).date()
    }

    /// The next moment at which the date may change: midnight by the clocks as they
    /// go, or a change of the clocks.
    fn next(&self, ms: i64) -> i64 {
        let offset = self.zone.to_offset(instant(ms));
        let midnight = self.date(ms).tomorrow().unwrap().at(0, 0, 0, 0);
        let midnight = offset.to_timestamp(midnight).unwrap().as_millisecond();
        let change = self.zone.following(instant(ms)).next();
        change.map_or(midnight, |change| change.timestamp().as_millisecond().min(midnight))
    }

    /// Where a date is seen first, or a later one where the clocks skip it.
    pub(super) fn start(&self, date: Date) -> i64 {
        if let Some(start) = self.starts.borrow().get(&date) {
            return *start;
        }
        let midnight = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap();
        let mut at = (midnight - SignedDuration::from_hours(40)).as_millisecond();
        while self.date(at) < date {
            at = self.next(at);
        }
        self.starts.borrow_mut().insert(date, at);
        at
    }

    /// The start of the bin that a moment is in.
    pub(super) fn bin(&self, ms: i64, length: i64) -> i64 {
        let date = self.date(ms);
        let start = if length < DAY_MS {
            let midnight = self.start(date);
            midnight + (ms - midnight).div_euclid(length) * length
        } else {
            let number = (date - Date::constant(1970, 1, 1)).get_days();
            let n = i32::try_from(length / DAY_MS).unwrap();
            let back = jiff::Span::new().days(number.rem_euclid(n));
            self.start(date - back)
        };
        start.max(0)
    }

    /// Where the stretch of time around a moment ends that is in one bin.
    pub(super) fn end(&self, ms: i64, length: i64) -> i64 {
        let next = self.next(ms);
        if length >= DAY_MS {
            return next;
        }
        let midnight = self.start(self.date(ms));
        next.min(midnight + ((ms - midnight).div_euclid(length) + 1) * length)
    }

    /// How much of a window is in the same bins of all these lengths as a moment.
    pub(super) fn within(&self, ms: i64, lengths: &[i64], window: (i64, i64)) -> u128 {
        let shortest = *lengths.iter().min().unwrap();
        let bins = |ms| lengths.iter().map(|length| self.bin(ms, *length)).collect::<Vec<_>>();
        let wanted = bins(ms);
        // A date that comes again after the next one has begun does so within a day.
        let around = shortest + DAY_MS;
        let change = self.zone.following(instant(ms - around - DAY_MS)).next();
        let is_near = change.is_some_and(|change| change.timestamp() < instant(ms + around));
        let is_plain = shortest < DAY_MS && !is_near;
        let (mut at, last) = if is_plain {
            (*wanted.iter().max().unwrap(), ms + 1)
        } else {
            ((ms - around).max(0), ms + around)
        };
        let mut all = 0;
        while at < last {
            let end = lengths.iter().map(|length| self.end(at, *length)).min().unwrap();
            if bins(at) == wanted {
                all += (end.min(window.1) - at.max(window.0)).max(0);
            }
            at = end;
        }
        u128::try_from(all).unwrap()
    }
}

pub(super) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

/// `5m`, `30s`, `hour`, `2d`, `week`.
pub(super) fn length(bin: &str) -> Option<i64> {
    let word = match bin {
        "minute" => "1m",
        "hour" => "1h",
        "day" => "1d",
        "week" => "1w",
        other => other,
    };
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match &word[digits..] {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_MS,
        "w" => 7 * DAY_MS,
        _ => return None,
    };
    Some(word[..digits].parse::<i64>().ok()? * unit)
}

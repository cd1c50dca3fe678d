//! Bins against known values, and against the date of each moment alone.

use flowkit_model::question::bin_length_ms;
use flowkit_model::window;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;
use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    DateTimeParser::new().parse_time_zone(name).unwrap()
}

fn utc(time: &str) -> u64 {
    u64::try_from(window::time_ms("", time, &TimeZone::UTC).unwrap()).unwrap()
}

fn bin(length: &str, zone: &TimeZone, ms: u64) -> Stretch {
    let bins = Bins::new(bin_length_ms(length).unwrap(), zone.clone());
    let mut days = Days::default();
    let stretch = bins.stretch(ms, &mut days);
    assert!(stretch.contains(ms));
    assert_eq!(bins.stretch(ms, &mut days), stretch, "from the cache");
    stretch
}

#[test]
fn bins_are_counted_from_local_midnight() {
    for (length, name, time, from, to) in [
        ("5m", "UTC", "2018-09-21T07:17:49", "2018-09-21T07:15", "2018-09-21T07:20"),
        ("hour", "+05:45", "2018-09-21T07:17", "2018-09-21T07:00", "2018-09-21T08:00"),
        ("day", "Asia/Tokyo", "2018-09-21T07:17", "2018-09-21T00:00", "2018-09-22T00:00"),
        ("day", "Europe/Berlin", "2018-10-28T12:00", "2018-10-28T00:00", "2018-10-29T00:00"),
        ("24h", "Europe/Berlin", "2018-10-28T12:00", "2018-10-28T00:00", "2018-10-29T00:00"),
        ("7h", "UTC", "2018-09-21T23:00", "2018-09-21T21:00", "2018-09-22T00:00"),
    ] {
        let zone = zone(name);
        let ms = window::time_ms("", time, &zone).unwrap();
        let found = bin(length, &zone, u64::try_from(ms).unwrap());
        let text = |ms: u64| window::rfc3339(i64::try_from(ms).unwrap(), &zone)[..16].to_owned();
        let found = (text(found.bin), text(found.from), text(found.to));
        assert_eq!(found, (from.into(), from.into(), to.into()), "{length} {zone:?} {time}");
    }
}

/// Days are counted from 1970-01-01, a Thursday.
#[test]
fn bins_of_days_are_counted_from_1970() {
    for (length, name, time, start) in [
        ("2d", "UTC", "1970-01-04T12:00:00Z", "1970-01-03T00:00:00Z"),
        ("48h", "UTC", "1970-01-02T12:00:00Z", "1970-01-01T00:00:00Z"),
        ("week", "Asia/Tokyo", "2018-09-20T22:17:00Z", "2018-09-19T15:00:00Z"),
        // From 2011-12-29, with number 15,337, and from the 31st: the 30th was skipped.
        ("2d", "Pacific/Apia", "2011-12-30T09:30:00Z", "2011-12-28T10:00:00Z"),
        ("2d", "Pacific/Apia", "2011-12-30T10:30:00Z", "2011-12-30T10:00:00Z"),
    ] {
        assert_eq!(bin(length, &zone(name), utc(time)).bin, utc(start), "{length} {name} {time}");
    }
}

/// The starts of days as Python's zoneinfo has them: midnight of the local date, the
/// earlier of two. Where the clocks skip midnight the same moment.
#[test]
fn days_are_those_of_the_local_date_at_every_change() {
    for (name, time, start) in [
        // Until 2011 clocks were put back at 00:01, to 23:01 of the day before.
        ("America/St_Johns", "2010-11-07T02:29:59Z", 1_289_010_600),
        ("America/St_Johns", "2010-11-07T02:30:30Z", 1_289_097_000),
        ("America/St_Johns", "2010-11-07T02:31:00Z", 1_289_010_600),
        ("America/St_Johns", "2010-11-07T03:00:00Z", 1_289_010_600),
        ("America/St_Johns", "2010-11-07T03:30:00Z", 1_289_097_000),
        ("America/St_Johns", "2010-03-14T03:31:30Z", 1_268_537_400),
        ("America/Goose_Bay", "2010-11-07T03:00:30Z", 1_289_098_800),
        ("America/Goose_Bay", "2010-11-07T03:30:00Z", 1_289_012_400),
        ("America/Goose_Bay", "2010-11-07T04:30:00Z", 1_289_098_800),
        ("Antarctica/Casey", "2010-03-04T14:59:00Z", 1_267_707_600),
        ("Antarctica/Casey", "2010-03-04T16:00:00Z", 1_267_707_600),
        ("Antarctica/Casey", "2018-03-10T18:00:00Z", 1_520_686_800),
        ("Antarctica/Casey", "2020-10-03T15:59:00Z", 1_601_654_400),
        ("Antarctica/Casey", "2020-10-03T16:30:00Z", 1_601_740_800),
        ("Australia/Lord_Howe", "2018-03-31T15:15:00Z", 1_522_501_200),
        ("Australia/Lord_Howe", "2018-10-06T15:45:00Z", 1_538_832_600),
        ("Asia/Gaza", "2011-03-31T21:59:00Z", 1_301_522_400),
        ("Asia/Gaza", "2011-03-31T22:30:00Z", 1_301_608_800),
        ("Asia/Gaza", "2015-10-23T21:30:00Z", 1_445_547_600),
        ("Pacific/Apia", "2011-12-30T09:30:00Z", 1_325_152_800),
        ("Pacific/Apia", "2011-12-30T10:30:00Z", 1_325_239_200),
        ("America/Sao_Paulo", "2018-02-18T02:30:00Z", 1_518_832_800),
        ("America/Sao_Paulo", "2018-11-04T03:30:00Z", 1_541_300_400),
    ] {
        assert_eq!(bin("day", &zone(name), utc(time)).bin, start * 1000, "{name} {time}");
    }
}

/// Hours are counted from the start of the day: where clocks are put back by half an
/// hour at 02:00, the third hour begins at the second 01:30.
#[test]
fn hours_are_counted_in_elapsed_time() {
    for (name, time, start) in [
        ("Australia/Lord_Howe", "2018-03-31T14:59:00Z", "2018-03-31T14:00:00Z"),
        ("Australia/Lord_Howe", "2018-03-31T15:15:00Z", "2018-03-31T15:00:00Z"),
        ("Australia/Lord_Howe", "2018-04-01T13:20:00Z", "2018-04-01T13:00:00Z"),
        ("Europe/Berlin", "2018-10-28T00:30:00Z", "2018-10-28T00:00:00Z"),
        ("Europe/Berlin", "2018-10-28T01:30:00Z", "2018-10-28T01:00:00Z"),
        ("Asia/Kathmandu", "2018-09-21T07:17:00Z", "2018-09-21T07:15:00Z"),
        ("America/St_Johns", "2010-11-07T02:30:30Z", "2010-11-07T02:30:00Z"),
        ("America/St_Johns", "2010-11-07T03:15:00Z", "2010-11-07T02:30:00Z"),
    ] {
        assert_eq!(bin("hour", &zone(name), utc(time)).bin, utc(start), "{name} {time}");
    }
}

const ZONES: [&str; 14] = [
    "America/St_Johns",
    "America/Goose_Bay",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "Asia/Gaza",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "America/Sao_Paulo",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Tehran",
    "Europe/London",
    "-03:30",
];

const MINUTE_MS: u64 = 60_000;

/// The start of the day of a moment, by the local date of each minute before it.
fn plain_start(ms: u64, zone: &TimeZone) -> u64 {
    let date = |ms: u64| {
        let instant = Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap();
        instant.to_zoned_datetime(zone.clone()).date()
    };
    let minute = ms / MINUTE_MS;
    let own = (0..30 * 60).map(|back| (minute - back) * MINUTE_MS);
    own.filter(|ms_before| date(*ms_before) == date(ms)).min().unwrap()
}

/// A time near a change of the clocks, if the zone has one after a year.
fn near_a_change(zone: &TimeZone, ms: u64, off_ms: i64) -> u64 {
    let instant = Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap();
    let change = zone.following(instant).next().map(|change| change.timestamp().as_millisecond());
    let ms = i64::try_from(ms).unwrap();
    u64::try_from(change.unwrap_or(ms) + off_ms).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The bin of each time is that of plain arithmetic on its own day, and does not
    /// depend on which times were asked for before.
    #[test]
    fn bins_equal_plain_arithmetic_in_any_order(
        zone_name in prop::sample::select(ZONES.to_vec()),
        length in prop::sample::select(vec!["day", "hour", "12h", "7h", "25m", "1ms"]),
        after_ms in 86_400_000_000_u64..1_700_000_000_000,
        offs_ms in prop::collection::vec(-100_000_000_i64..100_000_000, 1..8),
    ) {
        let zone = zone(zone_name);
        let length_ms = bin_length_ms(length).unwrap();
        let bins = Bins::new(length_ms, zone.clone());
        let mut days = Days::default();
        for off_ms in offs_ms {
            let ms = near_a_change(&zone, after_ms, off_ms);
            let start = plain_start(ms, &zone);
            let expected = if length == "day" { start } else { start + (ms - start) / length_ms * length_ms };
            let found = bins.stretch(ms, &mut days);
            prop_assert_eq!(found.bin, expected, "{} {}", zone_name, ms);
            prop_assert!(found.contains(ms));
            prop_assert_eq!(found, bins.stretch(ms, &mut Days::default()));
            // The whole stretch is in this bin, and no more than it.
            for edge in [found.from, found.to - 1] {
                prop_assert_eq!(bins.stretch(edge, &mut days), found);
            }
        }
    }

    /// Every time of a timeline is in one stretch, and the next begins where it ends.
    #[test]
    fn stretches_follow_each_other(
        zone_name in prop::sample::select(ZONES.to_vec()),
        length in prop::sample::select(vec!["day", "hour", "7h", "2d", "week"]),
        after_ms in 86_400_000_000_u64..1_700_000_000_000,
    ) {
        let zone = zone(zone_name);
        let bins = Bins::new(bin_length_ms(length).unwrap(), zone.clone());
        let mut days = Days::default();
        let mut at = near_a_change(&zone, after_ms, -200_000_000);
        for _ in 0..60 {
            let stretch = bins.stretch(at, &mut days);
            prop_assert!(stretch.contains(at) && stretch.bin <= at);
            at = stretch.to;
        }
    }
}

/// Gaza put its clocks back from 01:00 to 00:00 on 2018-10-27: the day has 25 hours,
/// from 21:00 UTC, for moments before the change and after it.
#[test]
fn a_day_whose_midnight_comes_twice_is_one_stretch() {
    let zone = zone("Asia/Gaza");
    let day = (utc("2018-10-26T21:00:00Z"), utc("2018-10-27T22:00:00Z"));
    for time in ["2018-10-26T21:30:00Z", "2018-10-26T22:00:00Z", "2018-10-27T12:00:00Z"] {
        let found = bin("day", &zone, utc(time));
        assert_eq!((found.bin, found.from, found.to), (day.0, day.0, day.1), "{time}");
    }
}

/// São Paulo put its clocks back at midnight, to 23:00 of the same date: 25 hours.
#[test]
fn a_day_whose_last_hour_comes_twice_is_one_stretch() {
    let zone = zone("America/Sao_Paulo");
    let day = (utc("2018-02-17T02:00:00Z"), utc("2018-02-18T03:00:00Z"));
    for time in ["2018-02-18T01:59:59Z", "2018-02-18T02:00:00Z", "2018-02-18T02:59:59Z"] {
        let found = bin("day", &zone, utc(time));
        assert_eq!((found.from, found.to), day, "{time}");
    }
}

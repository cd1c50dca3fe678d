//! Windows as they are typed: what they mean, and what is said of mistakes.

use super::times::read_time;
use super::*;

fn ms(text: &str) -> i64 {
    read_time(text, &TimeZone::UTC).unwrap()
}

/// Zones by their rules, since the database of zones is not asked here.
fn zone(name: &str) -> TimeZone {
    let rule = match name {
        "UTC" => return TimeZone::UTC,
        "Asia/Tokyo" | "+09:00" => "JST-9",
        "Europe/Berlin" => "CET-1CEST,M3.5.0,M10.5.0/3",
        _ => unreachable!("{name}"),
    };
    TimeZone::posix(rule).unwrap()
}

fn window(day: &str, last: &str, from: &str, to: &str, tz: &str) -> Result<Window, WindowError> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let typed = Typed { from: some(from), to: some(to), last: some(last), day: some(day) };
    Window::new(typed, &zone(tz), "2018-09-22T12:00:00.0009Z".parse().unwrap())
}

#[test]
fn times_are_read_in_every_form_and_cut_to_milliseconds() {
    let cases = [
        ("2018-09-21", "UTC", 1_537_488_000_000),
        ("2018-09-21", "Asia/Tokyo", 1_537_455_600_000),
        ("2018-09-21 07:00", "UTC", 1_537_513_200_000),
        ("2018-09-21T07:00", "UTC", 1_537_513_200_000),
        ("2018-09-21 07:00:01.2399", "UTC", 1_537_513_201_239),
        ("2018-09-21T07:00:00Z", "Asia/Tokyo", 1_537_513_200_000),
        ("2018-09-21T16:00:00+09:00", "UTC", 1_537_513_200_000),
        ("2018-09-21 16:00", "+09:00", 1_537_513_200_000),
        ("1969-12-31T23:59:59.9999Z", "UTC", -1),
        ("2018/09/21.07:00", "UTC", 1_537_513_200_000),
        ("2018/09/21.16:00:30.25", "Asia/Tokyo", 1_537_513_230_250),
        ("2018/09/21", "UTC", 1_537_488_000_000),
        ("1537513200", "Asia/Tokyo", 1_537_513_200_000),
        ("1537513200.2399", "UTC", 1_537_513_200_239),
        ("1537513200250", "UTC", 1_537_513_200_250),
        ("999999999", "UTC", 999_999_999_000),
        ("20180921", "UTC", 1_537_488_000_000),
    ];
    for (text, tz, expected) in cases {
        assert_eq!(time_ms("--from", text, &zone(tz)), Ok(expected), "{text} {tz}");
    }
}

#[test]
fn what_is_no_time_is_refused_with_an_example() {
    for text in [
        "",
        "yesterday",
        "2018-13-01",
        "21.09.2018",
        "2018-09-21T25:00",
        "07:00",
        "\u{0}",
        "2018/09-21",
        "2018/09/21.",
        "2018/09/2é.10:00",
        "1537513200.",
        "15375132001",
        "15375132001234",
    ] {
        let message = time_ms("--to", text, &TimeZone::UTC).unwrap_err().to_string();
        assert!(message.starts_with("--to ") && message.contains("2018-09-21"), "{message}");
    }
}

#[test]
fn a_day_is_whole_in_its_zone_also_when_the_clock_changes() {
    let day = |text, tz| window(text, "", "", "", tz).unwrap();
    let hours = |window: &Window| (window.to_ms.unwrap() - window.from_ms.unwrap()) / 3_600_000;
    assert_eq!(day("2018-09-21", "UTC").from_ms, Some(ms("2018-09-21T00:00Z")));
    assert_eq!(day("2018-09-21", "Asia/Tokyo").to_ms, Some(ms("2018-09-21T15:00Z")));
    assert_eq!(hours(&day("2018-03-25", "Europe/Berlin")), 23);
    assert_eq!(hours(&day("2018-10-28", "Europe/Berlin")), 25);
    assert!(matches!(window("2018-09-21T00:00", "", "", "", "UTC"), Err(WindowError::Day { .. })));
}

#[test]
fn last_counts_back_from_now() {
    let now = ms("2018-09-22T12:00Z");
    for (text, length) in [("30s", 30), ("90m", 5_400), ("24h", 86_400), ("7d", 604_800)] {
        let window = window("", text, "", "", "UTC").unwrap();
        assert_eq!((window.from_ms, window.to_ms), (Some(now - length * 1_000), Some(now)));
    }
    for text in ["", "h", "24", "24 hours", "-1h", "99999999999h", "1é"] {
        assert!(length_ms("--last", text).is_err(), "{text}");
    }
}

/// As in a filter: an hour and a half is 5,400 s, a day and a half 129,600 s.
#[test]
fn a_length_of_several_units_is_their_sum() {
    for (text, ms) in [("1h30m", 5_400_000), ("1d12h", 129_600_000), ("1w1s", 604_801_000)] {
        assert_eq!(length_ms("--last", text), Ok(ms), "{text}");
    }
    for text in ["30m1h", "1h1h", "1h30", "1.5h", "w"] {
        let message = length_ms("--last", text).unwrap_err().to_string();
        assert!(message.ends_with("try 24h, 7d, 1h30m or 30s"), "{message}");
    }
}

/// A question knows where it ends only when its sources are read.
#[test]
fn a_window_of_no_length_is_refused_without_its_ends() {
    for text in ["0s", "0h", "0w"] {
        let message = window("", text, "", "", "UTC").unwrap_err().to_string();
        assert!(message.starts_with(&format!("--last {text}: ")), "{message}");
        assert!(message.contains("no length") && !message.contains("2018"), "{message}");
    }
}

/// No zone is further from Greenwich, and none has seconds.
#[test]
fn an_offset_that_no_zone_has_makes_no_time() {
    assert_eq!(ms("2018-09-21T18:00+18:00"), ms("2018-09-21T00:00Z"));
    for offset in ["+18:01", "-25:30", "+09:00:30"] {
        let text = format!("2018-09-21T07:00{offset}");
        assert!(time_ms("--from", &text, &TimeZone::UTC).is_err(), "{text}");
    }
}

#[test]
fn an_empty_window_is_refused_and_names_day() {
    for (last, from, to) in
        [("", "2018-09-21", "2018-09-21"), ("", "2018-09-22", "2018-09-21"), ("0h", "", "")]
    {
        let message = window("", last, from, to, "UTC").unwrap_err().to_string();
        assert!(message.contains("--day"), "{message}");
    }
}

#[test]
fn from_after_to_is_said_with_both_values() {
    let message = window("", "", "2018-09-22", "2018-09-21 07:00", "UTC").unwrap_err().to_string();
    let said = "--from 2018-09-22T00:00:00.000Z is after --to 2018-09-21T07:00:00.000Z";
    assert!(message.contains(said), "{message}");
}

#[test]
fn a_clock_explains_words() {
    let now: Timestamp = "2018-09-22T12:34:56.7891Z".parse().unwrap();
    for (text, tz, said) in [
        ("now", "UTC", "2018-09-22T12:34:56.789Z"),
        ("Now-1h30m", "UTC", "2018-09-22T11:04:56.789Z"),
        ("now+1d", "Asia/Tokyo", "2018-09-23T12:34:56.789Z"),
        ("today", "UTC", "2018-09-22"),
        ("yesterday", "UTC", "2018-09-21"),
        ("yesterday 10:00", "UTC", "2018-09-21 10:00"),
        ("2018-09-21", "UTC", "2018-09-21"),
        ("nowhere", "UTC", "nowhere"),
        ("", "UTC", ""),
    ] {
        assert_eq!(without_clock("--from", text, &zone(tz), now).as_deref(), Ok(said), "{text}");
    }
    // The day is that of the zone.
    let late: Timestamp = "2018-09-22T23:00:00Z".parse().unwrap();
    assert_eq!(without_clock("", "today", &zone("Asia/Tokyo"), late).unwrap(), "2018-09-23");
    let message = without_clock("--to", "now-x", &TimeZone::UTC, now).unwrap_err().to_string();
    assert!(message.contains("not a length of time"), "{message}");
    let message = window("", "", "now-1h", "", "UTC").unwrap_err().to_string();
    assert!(message.contains("says its times itself"), "{message}");
}

#[test]
fn a_time_of_day_is_of_the_day_or_of_the_last_day() {
    let of_day = window("2018-09-21", "", "10:00", "", "Asia/Tokyo").unwrap();
    assert_eq!(of_day.from_ms, Some(ms("2018-09-21T01:00Z")));
    assert_eq!(of_day.to_ms, Some(ms("2018-09-21T15:00Z")));
    assert!(!of_day.typed.ends_with_sources());
    let of_last = window("", "", "9:30", "10:00:30.5", "UTC").unwrap();
    assert_eq!(of_last.from_ms, Some(ms("2018-09-22T09:30Z")));
    assert_eq!(of_last.to_ms, Some(ms("2018-09-22T10:00:30.5Z")));
    assert!(of_last.typed.ends_with_sources());
    // What ends at midnight is of the day before.
    let typed = Typed { from: Some("10:00".into()), ..Typed::default() };
    let midnight = "2018-09-22T00:00:00Z".parse().unwrap();
    let window = Window::new(typed, &TimeZone::UTC, midnight).unwrap();
    assert_eq!(window.from_ms, Some(ms("2018-09-21T10:00Z")));
    assert!(matches!(
        self::window("2018-09-21", "1h", "10:00", "", "UTC"),
        Err(WindowError::Conflict { first: "day", second: "last" })
    ));
    for text in ["25:00", "10:61", "10:60", "1:2:3:4", "10:"] {
        let window = self::window("2018-09-21", "", text, "", "UTC");
        assert!(window.is_err(), "{text} {window:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_window_panic(text in "[0-9/.:T+-]{0,24}|(now|today)[+-]?[0-9wdhms]{0,20}|\\PC{0,20}") {
        let now = "2018-09-22T12:00:00Z".parse().unwrap();
        if let Ok(text) = without_clock("", &text, &TimeZone::UTC, now) {
            let _ = window(&text, "", &text, &text, "UTC");
            let _ = window("", "", &text, "", "UTC");
        }
    }
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    assert!(matches!(
        window("2018-09-21", "", "2018-09-21", "", "UTC"),
        Err(WindowError::Conflict { first: "day", second: "from" })
    ));
    assert!(matches!(
        window("", "1h", "", "2018-09-21", "UTC"),
        Err(WindowError::Conflict { first: "last", second: "to" })
    ));
    assert!(window("", "", "2018-09-21", "2018-09-22", "UTC").is_ok());
    assert!(window("", "", "", "", "UTC").unwrap().is_open());
}

#[test]
fn milliseconds_are_shown_in_the_zone() {
    assert_eq!(rfc3339(1_537_513_200_231, &TimeZone::UTC), "2018-09-21T07:00:00.231Z");
    assert_eq!(rfc3339(1_537_513_200_000, &zone("Asia/Tokyo")), "2018-09-21T16:00:00.000+09:00");
    assert_eq!(rfc3339(i64::MAX, &TimeZone::UTC), i64::MAX.to_string());
}

#[test]
fn a_zone_has_a_name() {
    assert_eq!(zone_name(&TimeZone::UTC), "UTC");
    assert_eq!(zone_name(&TimeZone::fixed(jiff::tz::offset(9))), "+09:00");
}

#[test]
fn a_window_survives_json() {
    let window = window("", "", "2018-09-21", "2018-09-22T00:00:00.5Z", "Asia/Tokyo").unwrap();
    let json = serde_json::to_string(&window).unwrap();
    assert!(json.contains(r#""to":"2018-09-22T00:00:00.500Z""#), "{json}");
    assert_eq!(serde_json::from_str::<Window>(&json).unwrap(), window);
}

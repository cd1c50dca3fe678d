//! Windows as people type them: drawn at random, and understood by the clocks of a zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::clocks::{Clock, instant, length};
use super::made::pick;
use crate::random::Random;

/// First ms, and the one after the last.
pub(super) type Window = (Option<i64>, Option<i64>);

/// A window in which some of these moments lie, mostly; nothing if it would be empty.
pub(super) fn drawn(random: &mut Random, times: &[i64], zone: &str) -> Option<Value> {
    let clock = Clock::new(zone);
    let mut times = times.to_vec();
    times.sort_unstable();
    let (from, to) = (*times.get(times.len() / 4)?, *times.get(times.len() * 3 / 4)?);
    let window = match random.below(8) {
        7 => json!({"day": clock.date(from).to_string(), "from": "00:30", "to": "23:00:30.5"}),
        0 => json!({"from": typed(random, from, &clock)}),
        1 => json!({"to": typed(random, to + 1, &clock)}),
        2 => json!({"day": clock.date(from).to_string()}),
        3 => json!({"last": pick(random, &["45s", "90m", "36h", "2d", "1w", "0s"])}),
        _ => json!({"from": typed(random, from, &clock), "to": typed(random, to + 1, &clock)}),
    };
    let is_empty = match understood(&window, &clock, 1) {
        (Some(from), Some(to)) => from >= to,
        _ => false,
    };
    (!is_empty).then_some(window)
}

/// A moment as somebody types it, cut to minutes or days here and there.
pub(super) fn typed(random: &mut Random, ms: i64, clock: &Clock) -> String {
    let at = instant(ms);
    let local = clock.zone.to_datetime(at);
    match random.below(9) {
        7 => local.strftime("%Y/%m/%d.%H:%M:%S").to_string(),
        8 => typed_epoch(random, ms),
        0 => format!("{at:.3}"),
        1 => at.display_with_offset(clock.zone.to_offset(at)).to_string(),
        2 => local.date().to_string(),
        3 => local.strftime("%Y-%m-%d %H:%M").to_string(),
        4 => local.strftime("%Y-%m-%dT%H:%M").to_string(),
        5 => local.strftime("%Y-%m-%dT%H:%M:%S").to_string() + ".1239",
        _ => format!("{at:.6}"),
    }
}

/// Seconds or milliseconds since 1970, if there are as many digits as tell them apart.
fn typed_epoch(random: &mut Random, ms: i64) -> String {
    match random.below(2) {
        _ if !(100_000_000_000..10_000_000_000_000).contains(&ms) => instant(ms).to_string(),
        0 => (ms / 1000).to_string(),
        _ => ms.to_string(),
    }
}

/// The moment that is typed: with a zone of its own, or by the clock of the question's;
/// a date is its first moment.
pub(super) fn moment(text: &str, clock: &Clock) -> i64 {
    if let Ok(number) = text.parse::<i64>() {
        return if text.len() < 11 { number * 1000 } else { number };
    }
    if let Some((date, time)) = text.split_once('.').filter(|(date, _)| date.contains('/')) {
        return moment(&format!("{}T{time}", date.replace('/', "-")), clock);
    }
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        return clock.start(date);
    }
    if let Ok(own) = text.parse::<jiff::Timestamp>() {
        return own.as_microsecond().div_euclid(1000);
    }
    let local: DateTime = text.replace(' ', "T").parse().unwrap();
    clock.zone.to_timestamp(local).unwrap().as_microsecond().div_euclid(1000)
}

/// A window, given the ms after the last flow of the sources. Flows begin in 1970.
pub(super) fn understood(window: &Value, clock: &Clock, end: i64) -> Window {
    let word = |name: &str| window[name].as_str();
    let (from, to) = if let Some(day) = word("day") {
        let date: Date = day.parse().unwrap();
        let of_day = |name| Some(moment(&format!("{day}T{}", word(name)?), clock));
        let (start, end) = (clock.start(date), clock.start(date.tomorrow().unwrap()));
        (of_day("from").or(Some(start)), of_day("to").or(Some(end)))
    } else if let Some(last) = word("last") {
        (Some(end - length(last).unwrap()), Some(end))
    } else {
        (word("from").map(|text| moment(text, clock)), word("to").map(|text| moment(text, clock)))
    };
    (from.map(|ms| ms.max(0)), to.map(|ms| ms.max(0)))
}

/// `FROM..TO` of a comparison, or a date.
pub(super) fn of_side(text: &str, clock: &Clock) -> Window {
    let window = match text.split_once("..") {
        None => json!({"day": text}),
        Some((from, to)) => {
            let end = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
            json!({"from": end(from), "to": end(to)})
        }
    };
    understood(&window, clock, 0)
}

/// Two windows of a comparison, which may overlap.
pub(super) fn two(random: &mut Random, times: &[i64], zone: &str) -> Option<[String; 2]> {
    let clock = Clock::new(zone);
    let mut times = times.to_vec();
    times.sort_unstable();
    let mut side = |place: usize| {
        let (from, to) = (*times.get(place)?, *times.get(place + times.len() / 2)?);
        let text = match random.below(4) {
            0 => clock.date(from).to_string(),
            1 => format!("..{}", typed(random, to, &clock)),
            2 => format!("{}..", typed(random, from, &clock)),
            _ => format!("{}..{}", typed(random, from, &clock), typed(random, to + 1, &clock)),
        };
        match of_side(&text, &clock) {
            (Some(from), Some(to)) if from >= to => None,
            _ => Some(text),
        }
    };
    Some([side(0)?, side(times.len() / 3)?])
}

/// Every zone there is, and fixed offsets.
pub(super) fn any_zone(random: &mut Random) -> String {
    const LISTED: [&str; 16] = [
        "UTC",
        "+05:45",
        "-09:30",
        "Asia/Tokyo",
        "Europe/Berlin",
        "America/St_Johns",
        "America/Goose_Bay",
        "Antarctica/Casey",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "Asia/Gaza",
        "America/New_York",
        "Africa/Monrovia",
        "Pacific/Kiritimati",
        "Antarctica/Troll",
    ];
    if random.below(2) == 0 {
        return pick(random, &LISTED).into();
    }
    let all: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let all: Vec<String> = all.into_iter().filter(|name| TimeZone::get(name).is_ok()).collect();
    pick(random, &all)
}

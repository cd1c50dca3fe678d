//! Conditions on rows, `NAME SIGN LIMIT`: drawn at random, and what their limits say.

use std::cmp::Ordering;

use super::clocks::Clock;
use super::made::pick;
use super::windows::moment;
use crate::random::Random;

/// A condition on a measure, with a limit of its kind.
pub(super) fn drawn(random: &mut Random, measure: &str) -> String {
    let sign = pick(random, &["<", "<=", "=", "!=", ">", ">="]);
    let limit = match measure {
        "bytes_share" | "packets_share" | "flows_share" => match random.below(3) {
            0 => pick(random, &["12.5%", "5%", "33.3333%", "100%"]).into(),
            _ => format!("0.{:06}", random.below(300_000)),
        },
        "first" | "last" => pick(
            random,
            &["1537514269230", "2018-09-21T07:00", "2018-10-28", "2012-01-01T00:00:00Z"],
        )
        .into(),
        "key_1" if random.below(2) == 0 => "\"r1\"".into(),
        "key_1" | "key_2" => {
            pick(random, &["0", "1", "2", "5", "443", "9000", "3000000", "1000000000000"]).into()
        }
        _ if measure.ends_with("duration") => {
            pick(random, &["0", "500ms", "1500", "10s", "1.5s", "1m", "1h30m"]).into()
        }
        _ => pick(random, &["0", "1", "2", "5", "9000", "9k", "99.5", "0.5", "3M", "1.5M", "1T"])
            .into(),
    };
    format!("{measure} {sign} {limit}")
}

/// Name, sign and limit of a condition.
pub(super) fn words(condition: &str) -> [&str; 3] {
    let words: Vec<&str> = condition.split(' ').collect();
    words.try_into().unwrap_or_else(|_| panic!("{condition}"))
}

/// Whether an order is what a sign says.
pub(super) fn holds(order: Ordering, sign: &str) -> bool {
    match sign {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// In billionths, the number of a limit: an amount, a share, a length of time in ms or
/// a moment.
pub(super) fn billionths(name: &str, limit: &str, clock: &Clock) -> u128 {
    if matches!(name, "first" | "last") && limit.contains('-') {
        return u128::try_from(moment(limit, clock)).unwrap() * 1_000_000_000;
    }
    let is_length = name.ends_with("duration");
    let units: &[(&str, u128)] = if is_length {
        &[("ms", 1), ("s", 1000), ("h", 3_600_000), ("m", 60_000)]
    } else {
        &[("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000)]
    };
    if let Some(percent) = limit.strip_suffix('%') {
        return decimal(percent) / 100;
    }
    let (mut rest, mut sum) = (limit, 0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|byte| !byte.is_ascii_alphabetic()).count();
        let (number, behind) = rest.split_at(digits);
        let unit = units.iter().find(|(name, _)| behind.starts_with(name));
        sum += decimal(number) * unit.map_or(1, |unit| unit.1);
        rest = &behind[unit.map_or(0, |unit| unit.0.len())..];
    }
    sum
}

/// A number with up to nine decimals, in billionths.
fn decimal(text: &str) -> u128 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<9}").parse().unwrap()
}

//! Conditions on rows, `NAME SIGN LIMIT`: drawn at random, and what their limits say.

use std::cmp::Ordering;

use super::clocks::Clock;
use super::made::pick;
use super::windows::moment;
use crate::random::Random;

/// What a value is, and so what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Bytes, packets and the like, with units and decimals, below 0 too.
    Amount,
    /// A whole number: ports, protocols, flags, numbers of systems.
    Number,
    Address,
    /// A fraction of 1.
    Share,
    /// A length of time.
    Length,
    /// A time.
    Moment,
    /// A text; some that it may be compared with.
    Text(&'static [&'static str]),
    /// A part of a key of a ranking, whatever it is.
    Part,
}

pub(super) const PORT_KIND: Form = Form::Text(&["icmp", "none", "\"port\"", "mixed"]);
pub(super) const EXPORTER: Form =
    Form::Text(&["r1", "\"r2\"", "'192.0.2.1'", "other", "198.51.100.7", "s"]);
pub(super) const PLACE: Form = Form::Text(&["DE", "\"Żabbar\"", "x", "'other'", "?"]);

impl Form {
    /// That of a measure of a ranking.
    pub(super) fn of_measure(name: &str) -> Self {
        match name {
            "bytes_share" | "packets_share" | "flows_share" => Self::Share,
            "first" | "last" => Self::Moment,
            "port_kind" => PORT_KIND,
            _ if name.starts_with("key_") => Self::Part,
            _ if name.ends_with("duration") => Self::Length,
            _ => Self::Amount,
        }
    }

    /// What a value of it may be compared with.
    fn limits(self) -> &'static [&'static str] {
        match self {
            Self::Amount => &[
                "0", "1", "2", "5", "9000", "9k", "99.5", "0.5", "3M", "1.5M", "1T", "-1", "-9k",
                "-0.5",
            ],
            Self::Number => &["0", "1", "2", "6", "17", "53", "443", "2048", "9000"],
            Self::Address => &["10.0.1.2", "10.1.0.0", "10.0.2.0/24", "0.0.0.0", "192.0.2.254"],
            Self::Share => &["12.5%", "5%", "33.3333%", "100%", "0", "0.040001", "0.25"],
            Self::Length => &["0", "500ms", "1500", "10s", "1.5s", "1m", "1h30m"],
            Self::Moment => {
                &["1537514269230", "2018-09-21T07:00", "2018-10-28", "2012-01-01T00:00:00Z"]
            }
            Self::Text(texts) => texts,
            Self::Part => {
                &["\"r1\"", "\"DE\"", "0", "1", "2", "5", "443", "9000", "3000000", "1000000000000"]
            }
        }
    }
}

/// A condition on a value of a form, with a limit of it.
pub(super) fn drawn(random: &mut Random, name: &str, form: Form) -> String {
    let sign = pick(random, &["<", "<=", "=", "!=", ">", ">="]);
    let limit = match form {
        Form::Share if random.below(2) == 0 => format!("0.{:06}", random.below(300_000)),
        _ => pick(random, form.limits()).into(),
    };
    format!("{name} {sign} {limit}")
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

/// A share in millionths, as it is shown: rounded, and 0 of nothing.
pub(super) fn millionths(part: u128, whole: u128) -> u128 {
    (part * 1_000_000 + whole / 2).checked_div(whole).unwrap_or(0)
}

/// A text without its quotes.
pub(super) fn unquoted(limit: &str) -> &str {
    limit.trim_matches(['"', '\''])
}

/// In billionths, the number of a limit: an amount, a share, a length of time in ms, an
/// address or a moment.
pub(super) fn billionths(form: Form, limit: &str, clock: &Clock) -> i128 {
    if form == Form::Moment && limit.contains('-') {
        return i128::from(moment(limit, clock)) * 1_000_000_000;
    }
    if form == Form::Address {
        let bytes = limit.split('/').next().unwrap().split('.');
        let bytes = bytes.map(|byte| byte.parse::<i128>().unwrap());
        return bytes.fold(0, |all, byte| all * 256 + byte) * 1_000_000_000;
    }
    if let Some(above) = limit.strip_prefix('-') {
        return -billionths(form, above, clock);
    }
    let units: &[(&str, i128)] = if form == Form::Length {
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
fn decimal(text: &str) -> i128 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<9}").parse().unwrap()
}

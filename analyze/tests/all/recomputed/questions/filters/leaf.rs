//! One comparison of a filter: which kinds there are, and how its sign and values are
//! typed.

use super::super::clocks::Clock;
use super::super::made::pick;
use super::{Matches, amounts, ends, words};
use crate::random::Random;
use crate::recomputed::flows::Flow;

/// A comparison as it is typed, the fields it looks at, and whether a flow passes.
pub(super) struct Leaf {
    pub(super) text: String,
    pub(super) fields: Vec<&'static str>,
    pub(super) matches: Matches,
}

pub(super) fn drawn(random: &mut Random, clock: &Clock, negated: bool) -> Leaf {
    match random.below(16) {
        0 | 1 => amounts::counters(random),
        2 => amounts::rates(random),
        3 => amounts::durations(random),
        4 => amounts::times(random, clock),
        5..=7 => amounts::codes(random),
        8 | 9 => ends::addresses(random),
        10 | 11 => ends::numbers(random),
        12 => words::flags(random, negated),
        13 => words::icmp(random),
        14 => words::texts(random),
        _ => words::alone(random),
    }
}

/// Whether a number has a relation to another.
pub(super) type Passes = Box<dyn Fn(u128) -> bool>;

/// A value as it is typed.
pub(super) type Typed = (u128, String);

/// Values as they are typed.
pub(super) fn typed(values: &[(u128, &str)]) -> Vec<Typed> {
    values.iter().map(|(value, text)| (*value, (*text).to_owned())).collect()
}

/// A sign and values, what they say of a number, and whether they say that it differs.
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) passes: Passes,
    pub(super) differs: bool,
}

/// A comparison with one value, or a list of values and ranges.
pub(super) fn condition(random: &mut Random, values: &[Typed]) -> Condition {
    if random.below(3) == 0 {
        return list(random, values);
    }
    let (value, text) = pick(random, values);
    let sign = pick(
        random,
        &["", "=", "==", "eq", "!=", "<>", "ne", "<", "lt", "<=", "le", ">", "gt", ">=", "ge"],
    );
    let passes: Passes = match sign {
        "" | "=" | "==" | "eq" => Box::new(move |own| own == value),
        "!=" | "<>" | "ne" => Box::new(move |own| own != value),
        "<" | "lt" => Box::new(move |own| own < value),
        "<=" | "le" => Box::new(move |own| own <= value),
        ">" | "gt" => Box::new(move |own| own > value),
        _ => Box::new(move |own| own >= value),
    };
    let differs = ["!=", "<>", "ne"].contains(&sign);
    Condition { text: format!("{sign} {text}"), passes, differs }
}

/// `in [80 443 8000-8100]`, `not in [..]`.
fn list(random: &mut Random, values: &[Typed]) -> Condition {
    let (mut ranges, mut texts) = (Vec::new(), Vec::new());
    for _ in 0..=random.below(3) {
        let mut two = [pick(random, values), pick(random, values)];
        if random.below(3) > 0 {
            two[1] = two[0].clone();
            texts.push(two[0].1.clone());
        } else {
            two.sort();
            let between = pick(random, &["-", ".."]);
            texts.push(format!("{}{between}{}", two[0].1, two[1].1));
        }
        ranges.push((two[0].0, two[1].0));
    }
    let differs = random.below(3) == 0;
    let word = match (differs, random.below(2)) {
        (true, _) => "not in",
        (false, 0) => "in",
        (false, _) => "IN",
    };
    let (open, close) = pick(random, &[("[", "]"), ("(", ")")]);
    let text = texts.join(pick(random, &[" ", ", "]));
    let is_in = move |own: u128| ranges.iter().any(|(first, last)| (*first..=*last).contains(&own));
    Condition {
        text: format!("{word} {open}{text}{close}"),
        passes: Box::new(move |own| is_in(own) != differs),
        differs,
    }
}

/// A comparison of one value of a flow.
pub(super) fn of_value(
    text: String,
    fields: Vec<&'static str>,
    value: impl Fn(&Flow) -> Option<u128> + 'static,
    passes: Passes,
) -> Leaf {
    Leaf { text, fields, matches: Box::new(move |flow| value(flow).is_some_and(&passes)) }
}

//! Random filters: their text, and which flows they match, by plain comparisons. A
//! comparison with an unknown value is false, so its `not` is true.

mod amounts;
mod ends;
mod leaf;
mod words;

use self::leaf::Leaf;
use super::clocks::Clock;
use super::made::pick;
use crate::random::Random;
use crate::recomputed::flows::Flow;

/// A filter as it is typed, and whether a flow matches.
pub(super) struct Filter {
    pub(super) text: String,
    matches: Matches,
    /// It tests exporter and engine alone: flows of an engine match all or none.
    pub(super) keeps_engines: bool,
}

type Matches = Box<dyn Fn(&Flow) -> bool>;

impl Filter {
    pub(super) fn matches(&self, flow: &Flow) -> bool {
        (self.matches)(flow)
    }
}

/// How the parts of a filter are joined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    One,
}

/// A random filter; under an odd number of `not`s flags mean none of them.
pub(super) fn drawn(random: &mut Random, clock: &Clock) -> Filter {
    let (filter, _) = node(random, clock, 3, false);
    let text = match random.below(8) {
        0 => format!("# a comment\n{}", filter.text),
        1 => format!(" ( {} ) # the end", filter.text),
        _ => filter.text,
    };
    Filter { text, ..filter }
}

fn node(random: &mut Random, clock: &Clock, depth: u64, negated: bool) -> (Filter, Binding) {
    match if depth == 0 { 9 } else { random.below(8) } {
        0 | 1 => joined(random, clock, depth, negated, Binding::Or),
        2 | 3 => joined(random, clock, depth, negated, Binding::And),
        4 => {
            let (inner, binding) = node(random, clock, depth - 1, !negated);
            let inner = in_parentheses(random, inner, binding < Binding::Not);
            let sign = pick(random, &["not ", "NOT ", "!", "! "]);
            let matches = inner.matches;
            let filter = Filter {
                text: format!("{sign}{}", inner.text),
                matches: Box::new(move |flow| !matches(flow)),
                keeps_engines: inner.keeps_engines,
            };
            (filter, Binding::Not)
        }
        _ => {
            let Leaf { text, fields, matches } = leaf::drawn(random, clock, negated);
            let of_engine = ["exporter", "engine_type", "engine_id"];
            let keeps_engines = fields.iter().all(|field| of_engine.contains(field));
            (Filter { text, matches, keeps_engines }, Binding::One)
        }
    }
}

/// Some filters joined by `and` or `or`; `not` binds tightest, then `and`, then `or`.
fn joined(
    random: &mut Random,
    clock: &Clock,
    depth: u64,
    negated: bool,
    binding: Binding,
) -> (Filter, Binding) {
    let is_and = binding == Binding::And;
    let signs = if is_and { ["and", "AND", "&&"] } else { ["or", "Or", "||"] };
    let (mut text, mut all, mut keeps_engines) = (String::new(), Vec::new(), true);
    for place in 0..random.below(2) + 2 {
        let (part, own) = node(random, clock, depth - 1, negated);
        let part = in_parentheses(random, part, own < binding);
        if place > 0 {
            text.extend([" ", pick(random, &signs), " "]);
        }
        text += &part.text;
        keeps_engines &= part.keeps_engines;
        all.push(part.matches);
    }
    let matches: Matches = if is_and {
        Box::new(move |flow| all.iter().all(|matches| matches(flow)))
    } else {
        Box::new(move |flow| all.iter().any(|matches| matches(flow)))
    };
    (Filter { text, matches, keeps_engines }, binding)
}

fn in_parentheses(random: &mut Random, filter: Filter, is_needed: bool) -> Filter {
    if !is_needed && random.below(6) > 0 {
        return filter;
    }
    Filter { text: format!("({})", filter.text), ..filter }
}

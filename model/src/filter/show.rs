//! A filter as canonical text, which is read again as an equal filter.

use std::fmt::{self, Write};

use super::value::{ends, family, is_address};
use super::{Comparison, Expression, Ranges, Subject, Test};
use crate::address::{Address, Family, ends_of, network_between};
use crate::field::Kind;
use crate::{names, time};

/// Canonical text: names of fields, and one spelling for one meaning.
impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, false, out)
    }
}

/// `negated`: under an odd number of `not`s, where flags read otherwise.
fn show(expression: &Expression, negated: bool, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match expression {
        Expression::Any => out.write_str("any"),
        Expression::Compare(comparison) => comparison.show(negated, out),
        Expression::Not(inner) => {
            out.write_str("not ")?;
            let is_list = matches!(&**inner, Expression::And(list) | Expression::Or(list) if !list.is_empty());
            if is_list { in_parentheses(inner, !negated, out) } else { show(inner, !negated, out) }
        }
        Expression::And(all) if all.is_empty() => out.write_str("any"),
        Expression::Or(any) if any.is_empty() => out.write_str("not any"),
        Expression::And(list) => joined(list, " and ", negated, out),
        Expression::Or(list) => joined(list, " or ", negated, out),
    }
}

fn joined(
    list: &[Expression],
    sign: &str,
    negated: bool,
    out: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (place, one) in list.iter().enumerate() {
        if place > 0 {
            out.write_str(sign)?;
        }
        if matches!(one, Expression::And(_) | Expression::Or(_)) {
            in_parentheses(one, negated, out)?;
        } else {
            show(one, negated, out)?;
        }
    }
    Ok(())
}

fn in_parentheses(
    expression: &Expression,
    negated: bool,
    out: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    out.write_char('(')?;
    show(expression, negated, out)?;
    out.write_char(')')
}

impl Comparison {
    fn show(&self, negated: bool, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::In(ranges) => self.show_ranges(ranges, out),
            Test::Text(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                self.show_list(&texts, out)
            }
            Test::Flags { mask, all } => {
                // After a sign, letters alone would be the whole byte.
                let is_short = *all != negated && !self.differs;
                let which = match all {
                    _ if is_short => "",
                    true => "all ",
                    false => "any ",
                };
                let sign = if self.differs { "!= " } else { "" };
                // Text of no flag would be dots alone, which are read as such.
                write!(out, "flags {sign}{which}{}", letters(*mask))
            }
        }
    }

    fn show_ranges(&self, ranges: &Ranges, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.subject.name();
        if let ([(first, last)], false) = (ranges.as_slice(), self.differs)
            && first != last
            && network(self.subject, *first, *last).is_none()
        {
            let (least, most) = ends(self.subject, *first);
            if *last >= most && *first >= least {
                return write!(out, "{name} >= {}", value(self.subject, *first));
            }
            if *first == least && *last <= most {
                return write!(out, "{name} <= {}", value(self.subject, *last));
            }
        }
        let ranges = ranges.as_slice().iter().flat_map(|range| of_one_family(self.subject, *range));
        let values: Vec<String> = ranges.map(|range| range_text(self.subject, range)).collect();
        self.show_list(&values, out)
    }

    fn show_list(&self, values: &[String], out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.subject.name();
        match (values, self.differs) {
            ([one], false) => write!(out, "{name} = {one}"),
            ([one], true) => write!(out, "{name} != {one}"),
            (_, differs) => {
                let sign = if differs { "not in" } else { "in" };
                write!(out, "{name} {sign} [{}]", values.join(" "))
            }
        }
    }
}

/// A range in pieces of which each is of one family of addresses.
fn of_one_family(subject: Subject, (first, last): (u128, u128)) -> Vec<(u128, u128)> {
    if !is_address(subject) || family(first) == family(last) {
        return vec![(first, last)];
    }
    let [(_, end), (start, _)] = [Family::Ipv4, Family::Ipv6].map(ends_of);
    vec![(first, end), (start, last)]
}

fn range_text(subject: Subject, (first, last): (u128, u128)) -> String {
    if first == last {
        return value(subject, first);
    }
    network(subject, first, last)
        .unwrap_or_else(|| format!("{}..{}", value(subject, first), value(subject, last)))
}

/// `10.0.0.0/8`, if the range is a network.
fn network(subject: Subject, first: u128, last: u128) -> Option<String> {
    if !is_address(subject) {
        return None;
    }
    let (first, last) = (Address::from_number(first), Address::from_number(last));
    network_between(first, last).map(|network| network.to_string())
}

fn value(subject: Subject, value: u128) -> String {
    if is_address(subject) {
        return Address::from_number(value).to_string();
    }
    let Ok(value) = u64::try_from(value) else { return value.to_string() };
    match subject.kind() {
        Kind::Family => {
            Family::from_number(value).map_or_else(|| value.to_string(), |it| it.name().into())
        }
        Kind::Direction => {
            names::direction_name(value).map_or_else(|| value.to_string(), str::to_owned)
        }
        Kind::Mac => names::mac_text(value),
        Kind::Time => time::from_epoch(value).map_or_else(|| value.to_string(), time::format_ms),
        Kind::Protocol => u8::try_from(value)
            .ok()
            .and_then(names::protocol_name)
            .map_or_else(|| value.to_string(), str::to_owned),
        _ => value.to_string(),
    }
}

fn letters(mask: u8) -> String {
    let letters = names::tcp_flags(mask).replace('.', "");
    if letters.is_empty() { ".".into() } else { letters }
}

fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

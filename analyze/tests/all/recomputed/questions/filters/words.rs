//! Comparisons of flags, types of ICMP and texts, and words that stand for a whole
//! comparison.

use super::super::made::pick;
use super::leaf::{Leaf, condition, of_value, typed};
use crate::random::Random;
use crate::recomputed::flows::{Datum, Flow};

/// Letters of flags, and their bits.
fn some_flags(random: &mut Random) -> (String, u128) {
    const FLAGS: [(char, u128); 6] = [('F', 1), ('S', 2), ('R', 4), ('P', 8), ('A', 16), ('U', 32)];
    let (mut text, mut bits) = (String::new(), 0);
    for _ in 0..=random.below(3) {
        let (letter, bit) = pick(random, &FLAGS);
        if bits & bit == 0 {
            text.push(letter);
            bits |= bit;
        }
    }
    (text, bits)
}

/// `flags SA` is all of these, under a `not` none of them; `flags = SA` these and no
/// others; a number is the whole byte.
pub(super) fn flags(random: &mut Random, negated: bool) -> Leaf {
    let (letters, bits) = some_flags(random);
    let name = pick(random, &["flags", "tcp_flags"]);
    let (text, passes): (String, Box<dyn Fn(u128) -> bool>) = match random.below(8) {
        0 | 1 => {
            let passes = move |own| if negated { own & bits != 0 } else { own & bits == bits };
            (letters, Box::new(passes))
        }
        2 => (format!("any {letters}"), Box::new(move |own| own & bits != 0)),
        3 => (format!("all {letters}"), Box::new(move |own| own & bits == bits)),
        4 => (format!("= {letters}"), Box::new(move |own| own == bits)),
        5 => (format!("!= {letters}"), Box::new(move |own| own != bits)),
        6 => (bits.to_string(), Box::new(move |own| own == bits)),
        _ => (format!("in [{letters} 0]"), Box::new(move |own| own == bits || own == 0)),
    };
    let value = |flow: &Flow| flow.number("tcp_flags");
    of_value(format!("{name} {text}"), vec!["tcp_flags"], value, passes)
}

/// Type and code of ICMP stand in the destination port.
pub(super) fn icmp(random: &mut Random) -> Leaf {
    let (name, is_type) = pick(
        random,
        &[
            ("icmp-type", true),
            ("icmp type", true),
            ("icmp_type", true),
            ("icmp-code", false),
            ("icmp code", false),
            ("icmp_code", false),
        ],
    );
    let values = typed(&[(8, "8"), (0, "0"), (1, "1"), (3, "3"), (187, "187"), (255, "255")]);
    let condition = condition(random, &values);
    let value = move |flow: &Flow| {
        let is_icmp = matches!(flow.number("protocol"), Some(1 | 58));
        let port = flow.number("dst_port").filter(|_| is_icmp)?;
        Some(if is_type { port >> 8 } else { port & 255 })
    };
    of_value(format!("{name} {}", condition.text), vec!["dst_port"], value, condition.passes)
}

/// Exporters and what is looked up; capitals of A to Z do not matter.
pub(super) fn texts(random: &mut Random) -> Leaf {
    let (field, name) = pick(
        random,
        &[
            ("exporter", "exporter"),
            ("exporter", "router ip"),
            ("exporter", "exporter ip"),
            ("src_country", "src_country"),
            ("dst_city", "dst_city"),
            ("src_as_name", "src_as_name"),
        ],
    );
    let values: &[(&str, &str)] = if field == "exporter" {
        &[
            ("r0", "r0"),
            ("r1", "\"R1\""),
            ("r2", "'r2'"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.0/24"),
        ]
    } else {
        &[("DE", "de"), ("JP", "\"JP\""), ("Żabbar", "'Żabbar'"), ("x", "X"), ("FR", "FR")]
    };
    let (first, second) = (pick(random, values), pick(random, values));
    let (text, wanted, differs) = match random.below(4) {
        0 => (format!("!= {}", first.1), vec![first.0], true),
        1 => (format!("in [{} {}]", first.1, second.1), vec![first.0, second.0], false),
        2 => (format!("not in [{}, {}]", first.1, second.1), vec![first.0, second.0], true),
        _ => (format!("{}{}", pick(random, &["", "= "]), first.1), vec![first.0], false),
    };
    let wanted: Vec<String> = wanted.iter().map(|text| (*text).to_owned()).collect();
    let matches = move |flow: &Flow| match flow.get(field) {
        Datum::Text(own) => wanted.iter().any(|one| own.eq_ignore_ascii_case(one)) != differs,
        _ => false,
    };
    Leaf { text: format!("{name} {text}"), fields: vec![field], matches: Box::new(matches) }
}

/// Words alone: protocols, `any`, and `flows`, which are 1 each.
pub(super) fn alone(random: &mut Random) -> Leaf {
    let (text, protocol, all) = pick(
        random,
        &[
            ("tcp", Some(6), false),
            ("UDP", Some(17), false),
            ("icmp", Some(1), false),
            ("proto esp", Some(50), false),
            ("any", None, true),
            ("ipv4", None, true),
            ("inet6", None, false),
            ("flows > 0", None, true),
            ("flows != 1", None, false),
            ("flows 1", None, true),
        ],
    );
    if let Some(protocol) = protocol {
        let value = |flow: &Flow| flow.number("protocol");
        return of_value(
            text.into(),
            vec!["protocol"],
            value,
            Box::new(move |own| own == protocol),
        );
    }
    // The family is that of the addresses: it may split the flows of an engine.
    let is_family = ["ipv4", "inet6"].contains(&text);
    let fields = if is_family { vec!["src_addr", "dst_addr"] } else { vec![] };
    Leaf { text: text.into(), fields, matches: Box::new(move |_| all) }
}

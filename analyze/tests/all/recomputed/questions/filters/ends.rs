//! Comparisons of what a flow has at both ends: addresses, ports, systems, interfaces,
//! lengths of prefixes.

use super::super::grouped::ENDS;
use super::super::made::pick;
use super::leaf::{Condition, Leaf, Passes, Typed, condition, typed};
use crate::random::Random;
use crate::recomputed::flows::Flow;

/// Which ends must pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    One(usize),
    /// One of them is enough; to differ, both must.
    Either,
    Both,
}

/// `src`, `dst`, `src or dst`, `src and dst`, or no word.
fn which(random: &mut Random) -> (Which, &'static str) {
    pick(
        random,
        &[
            (Which::One(0), "src "),
            (Which::One(1), "dst "),
            (Which::Either, ""),
            (Which::Either, "src or dst "),
            (Which::Either, "dst OR src "),
            (Which::Both, "src and dst "),
        ],
    )
}

fn leaf(text: String, fields: [&'static str; 2], which: Which, condition: Condition) -> Leaf {
    let Condition { passes, differs, .. } = condition;
    let matches = move |flow: &Flow| {
        let of = |field: &str| flow.number(field).is_some_and(&passes);
        match which {
            Which::One(place) => of(fields[place]),
            Which::Either if !differs => fields.iter().any(|field| of(field)),
            Which::Either | Which::Both => fields.iter().all(|field| of(field)),
        }
    };
    Leaf { text, fields: fields.to_vec(), matches: Box::new(matches) }
}

/// Ports, systems, interfaces and lengths of prefixes.
pub(super) fn numbers(random: &mut Random) -> Leaf {
    let (name, fields) = ENDS[1 + usize::try_from(random.below(4)).unwrap()];
    let values: Vec<Typed> = match name {
        "port" => typed(&[(443, "443"), (443, "HTTPS"), (53, "domain"), (0, "0"), (2048, "2048")]),
        "as" => typed(&[(0, "0"), (1, "as1"), (2, "2"), (64_500, "64500")]),
        _ => typed(&[(0, "0"), (1, "1"), (2, "2"), (3, "3")]),
    };
    // Interfaces are `in` and `out`.
    let (which, word) = if name == "if" { (Which::Either, "") } else { which(random) };
    let condition = condition(random, &values);
    leaf(format!("{word}{name} {}", condition.text), fields, which, condition)
}

/// The first and last address of a network.
fn network(address: [u8; 4], bits: u32) -> (u128, u128) {
    let number = u128::from(u32::from_be_bytes(address));
    let behind = (1_u128 << (32 - bits)) - 1;
    (number & !behind, number | behind)
}

/// A network as it is typed, and its addresses.
fn typed_network(random: &mut Random) -> (String, (u128, u128)) {
    let mut below = |most: u64| u8::try_from(random.below(most)).unwrap();
    let (a, b, c) = (below(2), below(3), below(5));
    let address = [10, a, b, c];
    let plain = format!("10.{a}.{b}.{c}");
    match below(6) {
        0 | 1 => (plain, network(address, 32)),
        2 => (format!("{plain}/24"), network(address, 24)),
        3 => (format!("10.{a}/16"), network(address, 16)),
        4 => (format!("{plain}/30"), network(address, 30)),
        _ => ("10.0.0.0/8".into(), network(address, 8)),
    }
}

/// Addresses and networks.
pub(super) fn addresses(random: &mut Random) -> Leaf {
    let fields = ENDS[0].1;
    let (which, word) = which(random);
    let name = pick(random, &["ip", "host", "net", "addr"]);
    let (text, networks, differs) = match random.below(4) {
        0 => {
            let some: Vec<_> = (0..3).map(|_| typed_network(random)).collect();
            let texts: Vec<&str> = some.iter().map(|one| one.0.as_str()).collect();
            let differs = random.below(3) == 0;
            let not = if differs { "not " } else { "" };
            let text = format!("{not}in [{}]", texts.join(" "));
            (text, some.iter().map(|one| one.1).collect(), differs)
        }
        1 => {
            let (a, b) = (random.below(2), random.below(3));
            let text = format!("10.{a}.{b}.0 255.255.255.0");
            let address = [10, u8::try_from(a).unwrap(), u8::try_from(b).unwrap(), 0];
            (text, vec![network(address, 24)], false)
        }
        _ => {
            let (text, network) = typed_network(random);
            let sign = pick(random, &["", "= ", "!= ", "in "]);
            (format!("{sign}{text}"), vec![network], sign == "!= ")
        }
    };
    let is_in =
        move |own: u128| networks.iter().any(|(first, last)| (*first..=*last).contains(&own));
    let passes: Passes = Box::new(move |own| is_in(own) != differs);
    let text = format!("{word}{name} {text}");
    leaf(text, fields, which, Condition { text: String::new(), passes, differs })
}

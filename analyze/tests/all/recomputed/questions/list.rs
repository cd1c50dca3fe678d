//! Single flows: their columns, in the order of the documents or sorted by a column.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::made::pick;
use super::recomputed::{Recomputed, cell, texts};
use crate::random::Random;
use crate::recomputed::flows::{Datum, FIELDS, Flow, has_ports};

const DERIVED: [&str; 5] = ["duration", "bps", "pps", "bpp", "service"];

/// The columns that are shown if none are asked for.
const USUAL: [&str; 11] = [
    "first_switched",
    "duration",
    "protocol",
    "src_addr",
    "src_port",
    "dst_addr",
    "dst_port",
    "tcp_flags",
    "packets",
    "bytes",
    "exporter",
];

fn any(random: &mut Random) -> &'static str {
    if random.below(3) == 0 { pick(random, &DERIVED) } else { pick(random, &FIELDS).0 }
}

/// Options of a list.
pub(super) fn drawn(random: &mut Random) -> Value {
    let mut options = json!({});
    if random.below(2) == 0 {
        let columns: Vec<&str> = (0..=random.below(6)).map(|_| any(random)).collect();
        options["columns"] = json!(columns);
    }
    if random.below(3) > 0 {
        options["sort"] = json!(any(random));
        if random.below(3) == 0 {
            options["bottom"] = json!(true);
        }
    }
    if random.below(3) > 0 {
        options["limit"] = json!(pick(random, &[0, 1, 2, 5, 20, 200]));
    }
    options
}

/// A counter of at most 64 bits, as rates are worked out from.
fn counter(flow: &Flow, name: &str) -> Option<u128> {
    flow.number(name).map(|number| number.min(u64::MAX.into()))
}

/// The value of a column.
fn value(flow: &Flow, column: &str) -> Datum {
    let rate = |amount: u128| {
        let rate = (amount * 1000).checked_div(flow.duration()?).unwrap_or(0);
        Some(rate.min(u64::MAX.into()))
    };
    let number = match column {
        "duration" => flow.duration(),
        "bps" => counter(flow, "bytes").and_then(|bytes| rate(bytes * 8)),
        "pps" => counter(flow, "packets").and_then(rate),
        "bpp" => counter(flow, "bytes")
            .zip(counter(flow, "packets"))
            .map(|(bytes, packets)| bytes.checked_div(packets).unwrap_or(0)),
        "service" => {
            let ports = flow.number("src_port").zip(flow.number("dst_port"));
            let has_ports = flow.number("protocol").is_some_and(has_ports);
            ports.filter(|_| has_ports).map(|(src, dst)| src.min(dst))
        }
        field => return flow.get(field),
    };
    number.map_or(Datum::Unknown, Datum::Number)
}

/// The names of the columns, none of them twice.
fn columns(options: &Value) -> Vec<String> {
    let usual = || {
        let names = USUAL.iter().map(|name| (*name).to_owned());
        names.chain(options["sort"].as_str().map(str::to_owned)).collect()
    };
    let all = if options["columns"].is_null() { usual() } else { texts(&options["columns"]) };
    let mut columns = Vec::new();
    for name in all {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    columns
}

/// The rows.
pub(super) fn answer(options: &Value, flows: &[Flow]) -> Recomputed {
    let columns = columns(options);
    let mut rows: Vec<(Datum, Vec<Datum>)> = Vec::new();
    for flow in flows {
        let sorted_by = options["sort"].as_str().map_or(Datum::Unknown, |name| value(flow, name));
        rows.push((sorted_by, columns.iter().map(|name| value(flow, name)).collect()));
    }
    if !options["sort"].is_null() {
        let is_bottom = options["bottom"] == true;
        rows.sort_by(|(a, row), (b, other)| {
            let by_value = match (a, b) {
                (Datum::Unknown, Datum::Unknown) => Ordering::Equal,
                (Datum::Unknown, _) => Ordering::Greater,
                (_, Datum::Unknown) => Ordering::Less,
                (a, b) if is_bottom => a.cmp(b),
                (a, b) => b.cmp(a),
            };
            by_value.then_with(|| row.cmp(other))
        });
    }
    let limit = options["limit"].as_u64().filter(|limit| *limit > 0);
    rows.truncate(limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap()));
    let outcome = format!("{} of {} flows", rows.len(), flows.len());
    let facts = (rows.len() < flows.len()).then(|| ("outcome".to_owned(), outcome));
    let rows = rows.iter().map(|(_, row)| row.iter().map(cell).collect());
    Recomputed { rows: rows.collect(), facts: facts.into_iter().collect(), ..Recomputed::default() }
}

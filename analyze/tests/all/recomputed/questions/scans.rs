//! Sources by how many hosts they try on a port, and by how many ports of a host.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::conditions;
use super::recomputed::{Recomputed, cell, sums_of};
use crate::recomputed::flows::{Datum, Flow, kind_of};

const COLUMNS: [&str; 15] = [
    "kind",
    "src_addr",
    "dst_addr",
    "protocol",
    "dst_port",
    "targets",
    "flows",
    "syn_only_flows",
    "tcp_flags",
    "packets",
    "bytes",
    "targets_per_minute",
    "first",
    "last",
    "port_kind",
];

/// A cell; nothing where a column does not apply.
type Row = Vec<Option<Datum>>;

/// The rows of each kind: those with the most targets first, unless it is asked for
/// others.
pub(super) fn answer(options: &Value, flows: &[Flow]) -> Recomputed {
    let least = options["min_targets"].as_u64().unwrap_or(10);
    let limit = usize::try_from(options["limit"].as_u64().unwrap_or(10)).unwrap();
    let mut rows = Vec::new();
    for (kind, target) in [("hosts", "dst_addr"), ("ports", "dst_port")] {
        let mut of_kind = of_kind(kind, target, least, flows);
        of_kind.retain(|row| fulfils(row, options["having"].as_str()));
        of_kind.sort_by(|a, b| b[5].cmp(&a[5]).then_with(|| a.cmp(b)));
        if let Some(sort) = options["sort"].as_str() {
            of_kind.sort_by(|a, b| compare(a[place(sort)].as_ref(), b[place(sort)].as_ref()));
        }
        of_kind.truncate(if limit == 0 { of_kind.len() } else { limit });
        rows.append(&mut of_kind);
    }
    let text = |cells: &Option<Datum>| cells.as_ref().map_or_else(|| "-".into(), cell);
    let rows = rows.iter().map(|row| row.iter().map(text).collect()).collect();
    Recomputed { rows, ..Recomputed::default() }
}

fn place(column: &str) -> usize {
    COLUMNS.iter().position(|known| *known == column).unwrap()
}

/// The largest first, no value last.
fn compare(a: Option<&Datum>, b: Option<&Datum>) -> Ordering {
    let known = |cell: Option<&Datum>| cell.filter(|cell| **cell != Datum::Unknown).cloned();
    known(b).cmp(&known(a))
}

fn of_kind(kind: &str, target: &str, least: u64, flows: &[Flow]) -> Vec<Row> {
    let mut keys: BTreeMap<[Option<u128>; 4], Vec<&Flow>> = BTreeMap::new();
    for flow in flows {
        let key = ["src_addr", "dst_addr", "protocol", "dst_port"].map(|name| flow.number(name));
        if key.iter().any(Option::is_none) {
            continue;
        }
        let [source, destination, protocol, port] = key;
        let key = match kind {
            "hosts" => [source, None, protocol, port],
            _ => [source, destination, protocol, None],
        };
        keys.entry(key).or_default().push(flow);
    }
    let mut rows = Vec::new();
    for (key, flows) in keys {
        let targets: BTreeSet<Datum> = flows.iter().map(|flow| flow.get(target)).collect();
        let n = targets.len() as u128;
        if n < least.into() {
            continue;
        }
        let mut row = vec![Some(Datum::Text(kind.into()))];
        row.extend(key.map(|part| part.map(Datum::Number)));
        row.extend(
            values(n, &flows).map(|value| Some(value.map_or(Datum::Unknown, Datum::Number))),
        );
        row.push(key[2].map(|protocol| Datum::Text(kind_of(protocol).into())));
        rows.push(row);
    }
    rows
}

/// The cells from the number of targets on.
fn values(targets: u128, flows: &[&Flow]) -> [Option<u128>; 9] {
    let [bytes, packets, n] = sums_of(flows.iter().copied());
    let flags: Vec<u128> = flows.iter().filter_map(|flow| flow.number("tcp_flags")).collect();
    let syn_only = flags.iter().filter(|flags| **flags == 2).count() as u128;
    let first = flows.iter().filter_map(|flow| flow.number("first_switched")).min();
    let last = flows.iter().filter_map(|flow| flow.number("last_switched")).max();
    let span = first.zip(last).map(|(first, last)| last.saturating_sub(first).max(1));
    [
        Some(targets),
        Some(n),
        Some(syn_only),
        Some(flags.iter().fold(0, |all, flags| all | flags)),
        Some(packets),
        Some(bytes),
        span.map(|span| targets * 60_000 / span),
        first,
        last,
    ]
}

/// Conditions on columns, joined by `and`.
fn fulfils(row: &Row, having: Option<&str>) -> bool {
    having.into_iter().flat_map(|text| text.split(" and ")).all(|condition| {
        let [column, sign, limit] = conditions::words(condition);
        let order = match &row[place(column)] {
            Some(Datum::Number(own)) => own.cmp(&limit.parse().unwrap()),
            Some(Datum::Text(own)) => own.as_str().cmp(limit),
            _ => return false,
        };
        conditions::holds(order, sign)
    })
}

/// Conditions, for random questions.
pub(super) const CONDITIONS: [&str; 10] = [
    "targets > 3",
    "flows <= 4",
    "kind = ports",
    "syn_only_flows >= 1",
    "bytes != 0",
    "dst_port = 443",
    "tcp_flags < 40",
    "targets_per_minute > 10",
    "first >= 1537514269230",
    "protocol = 6",
];

/// Columns to sort by, for random questions.
pub(super) const SORTS: [&str; 8] = [
    "targets",
    "flows",
    "syn_only_flows",
    "bytes",
    "dst_port",
    "targets_per_minute",
    "first",
    "kind",
];

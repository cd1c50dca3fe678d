//! Sources by how many hosts they try on a port, and by how many ports of a host.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::chosen::{self, Chosen, Column};
use super::clocks::Clock;
use super::conditions::{Form, PORT_KIND};
use super::recomputed::{Recomputed, cell, sums_of};
use crate::recomputed::flows::{Datum, Flow, kind_of};

const KIND: Form = Form::Text(&["hosts", "\"ports\""]);

/// The columns of `scans`.
pub(super) fn columns() -> Vec<Column> {
    let mut columns = vec![Column::new("kind", KIND)];
    columns.extend(["src_addr", "dst_addr"].map(|name| Column::key(name, Form::Address)));
    columns.extend(["protocol", "dst_port"].map(|name| Column::key(name, Form::Number)));
    columns.extend(chosen::columns(Form::Amount, &["targets", "flows", "syn_only_flows"]));
    columns.push(Column::new("tcp_flags", Form::Number));
    columns.extend(chosen::columns(Form::Amount, &["packets", "bytes", "targets_per_minute"]));
    columns.extend(chosen::columns(Form::Moment, &["first", "last"]));
    columns.push(Column::new("port_kind", PORT_KIND));
    columns
}

/// A cell; nothing where a column does not apply.
type Row = Vec<Option<Datum>>;

/// The rows of each kind: those with the most targets first, unless it is asked for
/// others.
pub(super) fn answer(options: &Value, flows: &[Flow], clock: &Clock) -> Recomputed {
    let least = options["min_targets"].as_u64().unwrap_or(10);
    let chosen = Chosen::new(columns(), options, Some("targets"), ("limit", 10), clock);
    let text = |cells: &Option<Datum>| cells.as_ref().map_or_else(|| "-".into(), cell);
    let mut rows = Vec::new();
    for (kind, target) in [("hosts", "dst_addr"), ("ports", "dst_port")] {
        let mut of_kind = of_kind(kind, target, least, flows);
        of_kind.sort_by(|a, b| b[5].cmp(&a[5]).then_with(|| a.cmp(b)));
        let of_kind = of_kind.iter().map(|row| row.iter().map(text).collect());
        rows.append(&mut chosen.choose(of_kind.collect()));
    }
    Recomputed { rows, ..Recomputed::default() }
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

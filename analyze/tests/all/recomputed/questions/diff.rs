//! What changed between two sides, key by key.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::chosen::{self, Chosen, Column};
use super::clocks::Clock;
use super::conditions::{Form, PORT_KIND};
use super::grouped::keys_of;
use super::recomputed::{Recomputed, cell, is_port, port_kind, texts};
use crate::recomputed::flows::{Datum, Flow};

/// Bytes, packets and flows of both sides.
type Sides = [[u128; 3]; 2];

const METRICS: [&str; 3] = ["bytes", "packets", "flows"];

const CHANGE: Form = Form::Text(&["grew", "shrank", "\"appeared\"", "vanished", "changed"]);

/// The columns of the table, and how many these are; behind them the sizes of changes.
pub(super) fn columns(options: &Value) -> (Vec<Column>, usize) {
    let by = texts(&options["by"]);
    let mut columns = chosen::keys(&by);
    columns.push(Column::new("change", CHANGE));
    for metric in METRICS {
        let names = [format!("a_{metric}"), format!("b_{metric}"), format!("{metric}_change")];
        columns.extend(names.map(|name| Column::new(&name, Form::Amount)));
    }
    columns.extend(by.iter().any(|key| is_port(key)).then(|| Column::new("port_kind", PORT_KIND)));
    let n = columns.len();
    columns.extend(chosen::columns(Form::Amount, &METRICS));
    (columns, n)
}

/// Keys whose sums are equal on both sides have no row; the largest change comes first.
pub(super) fn answer(options: &Value, sides: &[Vec<Flow>; 2], clock: &Clock) -> Recomputed {
    let by = texts(&options["by"]);
    let (columns, n_shown) = columns(options);
    let mut sorted = options.clone();
    if options["sort"].is_null() {
        sorted["sort"] = json!("bytes");
    }
    let chosen = Chosen::new(columns, &sorted, None, ("limit", 20), clock);
    let metric = metric(chosen.sort().unwrap());
    let has_kinds = by.iter().any(|key| is_port(key));
    let mut kinds: BTreeMap<Vec<Datum>, Vec<&Flow>> = BTreeMap::new();
    let mut keys: BTreeMap<Vec<Datum>, Sides> = BTreeMap::new();
    for (side, flows) in sides.iter().enumerate() {
        for flow in flows {
            let mut own = keys_of(flow, &by, clock);
            own.dedup();
            for key in own {
                kinds.entry(key.clone()).or_default().push(flow);
                let sums = &mut keys.entry(key).or_default()[side];
                let more = [flow.counter("bytes"), flow.counter("packets"), 1];
                *sums = [0, 1, 2].map(|place| sums[place] + more[place]);
            }
        }
    }
    let n = keys.len();
    let changed: Vec<(Vec<Datum>, Sides)> = keys.into_iter().filter(|(_, [a, b])| a != b).collect();
    let mut outcome = format!("{} of {n} keys changed", changed.len());
    let row = |(key, [a, b]): (Vec<Datum>, Sides)| {
        let mut cells: Vec<String> = key.iter().map(cell).collect();
        cells.push(word(a, b, metric).into());
        for (a, b) in a.into_iter().zip(b) {
            let sign = if a > b { "-" } else { "" };
            cells.extend([a.to_string(), b.to_string(), format!("{sign}{}", a.abs_diff(b))]);
        }
        cells.extend(has_kinds.then(|| port_kind(kinds[&key].iter().copied())));
        cells.extend([0, 1, 2].map(|place| a[place].abs_diff(b[place]).to_string()));
        cells
    };
    let matching = chosen.matching(changed.into_iter().map(row).collect());
    if chosen.has_conditions() {
        outcome = format!("{outcome}, {} of these match", matching.len());
    }
    let mut rows = chosen.first(matching);
    for row in &mut rows {
        row.truncate(n_shown);
    }
    Recomputed { rows, facts: vec![("outcome".into(), outcome)], ..Recomputed::default() }
}

/// The metric that the words for changes are about: the one of what rows are sorted by,
/// else bytes.
fn metric(sort: &str) -> usize {
    let is = |metric: &str| {
        let of_columns = [format!("a_{metric}"), format!("b_{metric}"), format!("{metric}_change")];
        sort == metric || of_columns.iter().any(|name| name == sort)
    };
    METRICS.iter().position(|metric| is(metric)).unwrap_or(0)
}

fn word(a: [u128; 3], b: [u128; 3], metric: usize) -> &'static str {
    match (a[2], b[2]) {
        (0, _) => "appeared",
        (_, 0) => "vanished",
        _ if b[metric] > a[metric] => "grew",
        _ if b[metric] < a[metric] => "shrank",
        _ => "changed",
    }
}

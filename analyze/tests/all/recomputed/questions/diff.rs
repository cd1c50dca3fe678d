//! What changed between two sides, key by key.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::clocks::Clock;
use super::grouped::keys_of;
use super::recomputed::{Recomputed, cell, is_port, port_kind, texts};
use crate::recomputed::flows::{Datum, Flow};

/// Bytes, packets and flows of both sides.
type Sides = [[u128; 3]; 2];

/// Keys whose sums are equal on both sides have no row; the largest change comes first.
pub(super) fn answer(options: &Value, sides: &[Vec<Flow>; 2], clock: &Clock) -> Recomputed {
    let by = texts(&options["by"]);
    let metric = match options["sort"].as_str().unwrap_or("bytes") {
        "bytes" => 0,
        "packets" => 1,
        _ => 2,
    };
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
    let mut changed: Vec<(Vec<Datum>, Sides)> =
        keys.into_iter().filter(|(_, [a, b])| a != b).collect();
    changed.sort_by_key(|(_, [a, b])| Reverse(a[metric].abs_diff(b[metric])));
    let outcome = format!("{} of {n} keys changed", changed.len());
    let limit = usize::try_from(options["limit"].as_u64().unwrap_or(20)).unwrap();
    changed.truncate(if limit == 0 { changed.len() } else { limit });
    let row = |(key, [a, b]): (Vec<Datum>, Sides)| {
        let mut cells: Vec<String> = key.iter().map(cell).collect();
        cells.push(word(a, b, metric).into());
        for (a, b) in a.into_iter().zip(b) {
            let sign = if a > b { "-" } else { "" };
            cells.extend([a.to_string(), b.to_string(), format!("{sign}{}", a.abs_diff(b))]);
        }
        cells.extend(has_kinds.then(|| port_kind(kinds[&key].iter().copied())));
        cells
    };
    let rows = changed.into_iter().map(row).collect();
    Recomputed { rows, facts: vec![("outcome".into(), outcome)], ..Recomputed::default() }
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

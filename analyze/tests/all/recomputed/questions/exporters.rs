//! Flows by exporter: `exporters`, with its engines and what they lost, and `summary`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::chosen::{self, Chosen, Column};
use super::clocks::Clock;
use super::conditions::{EXPORTER, Form};
use super::recomputed::{Recomputed, UNJUDGED, UNKNOWN, cell, share, sums_of};
use crate::recomputed::check::is_looked_up;
use crate::recomputed::flows::{Datum, FIELDS, Flow};
use crate::recomputed::held::Held;
use crate::recomputed::packets::{self, Packets};

/// Flows by some fields, those with the most bytes first.
fn grouped<'f>(flows: &'f [Flow], by: &[&str]) -> Vec<(Vec<Datum>, Vec<&'f Flow>)> {
    let mut groups: BTreeMap<Vec<Datum>, Vec<&Flow>> = BTreeMap::new();
    for flow in flows {
        groups.entry(by.iter().map(|name| flow.get(name)).collect()).or_default().push(flow);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, flows)| Reverse(sums_of(flows.iter().copied())[0]));
    groups
}

/// Smallest and largest of a field, as far as it is known.
fn range<'f>(flows: impl Iterator<Item = &'f Flow>, field: &str) -> [Option<u128>; 2] {
    let known: Vec<u128> = flows.filter_map(|flow| flow.number(field)).collect();
    [known.iter().min().copied(), known.iter().max().copied()]
}

fn known(number: Option<u128>) -> String {
    cell(&number.map_or(Datum::Unknown, Datum::Number))
}

/// The columns of `exporters`.
pub(super) fn columns() -> Vec<Column> {
    let mut columns = vec![Column::key("exporter", EXPORTER)];
    columns.extend(["engine_type", "engine_id"].map(|name| Column::key(name, Form::Number)));
    columns.extend(chosen::columns(Form::Amount, &["bytes", "packets", "flows"]));
    columns.push(Column::new("bytes_share", Form::Share));
    columns.extend(chosen::columns(Form::Amount, &["lost_flows", "missing_documents"]));
    let amounts = ["export_packets", "sampling_interval_min", "sampling_interval_max"];
    columns.extend(chosen::columns(Form::Amount, &amounts));
    columns.extend(chosen::columns(Form::Moment, &["first", "last"]));
    columns
}

/// Exporters and their engines; nothing, if which are shown is not judged.
pub(super) fn exporters(
    held: &Held,
    options: &Value,
    flows: &[Flow],
    clock: &Clock,
    is_filtered: bool,
) -> Option<Recomputed> {
    let packets = packets::by_engine(flows);
    let total = sums_of(flows)[0];
    let row = |(key, flows): (Vec<Datum>, Vec<&Flow>)| {
        let sums = sums_of(flows.iter().copied());
        let mut cells: Vec<String> = key.iter().map(cell).collect();
        cells.extend(sums.map(|sum| sum.to_string()));
        cells.push(share(sums[0], total));
        let engine: packets::Engine = key.try_into().unwrap();
        cells.extend(lost(packets.get(&engine), is_filtered));
        let flows = || flows.iter().copied();
        cells.extend(intervals(held, &engine[0], flows()).map(known));
        cells.extend(range(flows(), "timestamp").map(known));
        cells
    };
    let groups = grouped(flows, &["exporter", "engine_type", "engine_id"]);
    let rows: Vec<_> = groups.into_iter().map(row).collect();
    let chosen = Chosen::new(columns(), options, Some("bytes"), ("limit", 0), clock);
    let is_judged = !chosen.is_unjudged(&rows);
    is_judged.then(|| Recomputed { rows: chosen.choose(rows), ..Recomputed::default() })
}

/// Lost flows, missing documents and the number of packets.
fn lost(packets: Option<&Packets>, is_filtered: bool) -> [String; 3] {
    let Some(packets) = packets else {
        let unknown = if is_filtered { "n/a: filtered" } else { UNKNOWN };
        return [unknown.into(), unknown.into(), UNKNOWN.into()];
    };
    let n = packets.n.to_string();
    if is_filtered {
        return ["n/a: filtered".into(), "n/a: filtered".into(), n];
    }
    let lost = if packets.is_doubtful || packets.is_ambiguous {
        UNJUDGED.into()
    } else {
        known(packets.lost.map(u128::from))
    };
    [lost, known(packets.states_records.then(|| packets.missing.into())), n]
}

/// The smallest and largest interval that flows of an exporter state; with those that it
/// told in options records, if they state none above 1.
fn intervals<'f>(
    held: &Held,
    exporter: &Datum,
    flows: impl Iterator<Item = &'f Flow>,
) -> [Option<u128>; 2] {
    let stated = range(flows, "sampling_interval");
    if stated[1] > Some(1) {
        return stated;
    }
    let told = held.told.get(exporter).into_iter().flatten().map(|interval| (*interval).into());
    let all = || stated.into_iter().flatten().chain(told.clone());
    [all().min(), all().max()]
}

/// Totals, times and exporters, and how many flows lack a field that exporters state.
pub(super) fn summary(held: &Held, flows: &[Flow]) -> Recomputed {
    let [bytes, packets, n] = sums_of(flows).map(Some);
    let of = |field| range(flows.iter(), field);
    let ([first, last], starts, ends) =
        (of("timestamp"), of("first_switched"), of("last_switched"));
    let mut facts: Vec<(String, String)> = Vec::new();
    for (name, value) in [
        ("flows", n),
        ("packets", packets),
        ("bytes", bytes),
        ("first", first),
        ("last", last),
        ("first_switched", starts[0]),
        ("last_switched", ends[1]),
    ] {
        facts.push((name.into(), known(value)));
    }
    facts.extend(versions(flows));
    for (field, ..) in FIELDS.iter().filter(|field| !is_looked_up(field.0)) {
        let n = flows.iter().filter(|flow| flow.lacks(field)).count();
        if n > 0 {
            facts.push((format!("unknown {field}"), n.to_string()));
        }
    }
    let row = |(key, flows): (Vec<Datum>, Vec<&Flow>)| {
        let mut cells = vec![cell(&key[0])];
        cells.extend(sums_of(flows.iter().copied()).map(|sum| sum.to_string()));
        cells.extend(intervals(held, &key[0], flows.into_iter()).map(known));
        cells
    };
    let rows = grouped(flows, &["exporter"]).into_iter().map(row).collect();
    Recomputed { rows, facts, ..Recomputed::default() }
}

/// Flows by version and family, where not all are of version 5; of IPv6 there are none.
fn versions(flows: &[Flow]) -> Vec<(String, String)> {
    let of = |is: &dyn Fn(&Flow) -> bool| flows.iter().filter(|flow| is(flow)).count();
    let has_address =
        |flow: &Flow| ["src_addr", "dst_addr"].iter().any(|end| flow.number(end).is_some());
    if of(&Flow::is_of_templates) == 0 {
        return Vec::new();
    }
    let version = |version: u128| of(&|flow| flow.number("version") == Some(version));
    let rare = |name, n: usize| (n > 0).then_some((name, n));
    let mut facts =
        vec![("flows_v5", version(5)), ("flows_v9", version(9)), ("flows_ipfix", version(10))];
    facts.extend(rare("flows_of_unstated_version", of(&|flow| flow.number("version").is_none())));
    facts.extend([("flows_ipv4", of(&has_address)), ("flows_ipv6", 0)]);
    facts.extend(rare("flows_without_addresses", of(&|flow| !has_address(flow))));
    facts.into_iter().map(|(name, n)| (name.into(), n.to_string())).collect()
}

//! Flows grouped by keys and ranked: `top`, `talkers`, `ports`, `protocols`, `pairs`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::clocks::{Clock, length};
use super::conditions::{self, Form};
use super::recomputed::{Recomputed, UNKNOWN, cell, is_port, port_kind, share, sums_of, texts};
use crate::recomputed::flows::{Datum, Flow, has_ports};

/// Fields of both ends.
pub(super) const ENDS: [(&str, [&str; 2]); 5] = [
    ("addr", ["src_addr", "dst_addr"]),
    ("port", ["src_port", "dst_port"]),
    ("as", ["src_as", "dst_as"]),
    ("if", ["input_snmp", "output_snmp"]),
    ("mask", ["src_mask_len", "dst_mask_len"]),
];

/// The fields of both ends, if a name stands for either.
pub(super) fn ends(name: &str) -> Option<[&'static str; 2]> {
    ENDS.iter().find(|(known, _)| *known == name).map(|(_, fields)| *fields)
}

/// What a flow has of a key at an end: 0 is the source, 1 the destination.
pub(super) fn part(flow: &Flow, key: &str, end: usize, clock: &Clock) -> Datum {
    let (name, bits) = key
        .split_once('/')
        .map_or((key, None), |(name, bits)| (name, Some(bits.parse::<u32>().unwrap())));
    if let Some(length) = length(key) {
        let bin = |ms| Datum::Number(clock.bin(ms, length).unsigned_abs().into());
        return clock.moment(flow).map_or(Datum::Unknown, bin);
    }
    match name {
        "addr_a" | "addr_b" => {
            let mut both = [flow.get("src_addr"), flow.get("dst_addr")];
            both.sort();
            return both[usize::from(name == "addr_b")].clone();
        }
        "service" => {
            let service = || {
                let ports = [flow.number("src_port")?, flow.number("dst_port")?];
                let lower = ports.into_iter().min()?;
                has_ports(flow.number("protocol")?).then_some(lower)
            };
            return service().map_or(Datum::Unknown, Datum::Number);
        }
        _ => {}
    }
    let value = flow.get(ends(name).map_or(name, |fields| fields[end]));
    match (value, bits) {
        (Datum::Number(address), Some(bits)) => {
            let behind = 32 - bits;
            Datum::Number(address >> behind << behind)
        }
        (value, _) => value,
    }
}

/// The keys of a flow: one, or one of each end.
pub(super) fn keys_of(flow: &Flow, by: &[String], clock: &Clock) -> Vec<Vec<Datum>> {
    let is_either = |key: &String| ends(key.split('/').next().unwrap()).is_some();
    let n_ends = if by.iter().any(is_either) { 2 } else { 1 };
    (0..n_ends).map(|end| by.iter().map(|key| part(flow, key, end, clock)).collect()).collect()
}

/// The flows of a key, each with whether its end is the source, whether it is there
/// a second time.
#[derive(Default)]
struct Group<'f>(Vec<(&'f Flow, usize, bool)>);

type Key = Vec<Datum>;

/// How flows are grouped and what is shown.
struct Asked<'q> {
    name: &'q str,
    keys: Vec<String>,
    columns: Vec<String>,
    order: &'q Value,
    clock: &'q Clock,
    /// From the first ms to the one after the last.
    window: (i64, i64),
    total: [u128; 3],
}

const USUAL: [&str; 6] =
    ["bytes", "packets", "flows", "bytes_share", "packets_share", "flows_share"];

/// The name of a measure as its column has it.
fn measure(name: &str) -> String {
    match name.split_once(':') {
        Some((of, field)) => format!("{of}_{field}"),
        None => name.to_owned(),
    }
}

fn sort_of(order: &Value) -> String {
    measure(order["sort"].as_str().unwrap_or("bytes"))
}

impl<'q> Asked<'q> {
    fn new(name: &'q str, options: &'q Value, clock: &'q Clock) -> Self {
        let fixed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (keys, before, behind): (Vec<String>, &[&str], &[&str]) = match name {
            "talkers" => (fixed(&["addr"]), &["sent_bytes", "received_bytes"], &["peers"]),
            "ports" => {
                let behind = &["sent_bytes", "received_bytes", "distinct_addr", "bpp"];
                (fixed(&["protocol", "service"]), &[], behind)
            }
            "protocols" => {
                let behind = &["distinct_src_addr", "distinct_dst_addr", "distinct_addr", "bpp"];
                (fixed(&["protocol"]), &[], behind)
            }
            "pairs" => (fixed(&["addr_a", "addr_b"]), &["sent_bytes", "received_bytes"], &[]),
            _ => (texts(&options["by"]), &[], &[]),
        };
        let (order, has_kinds) = (&options["order"], keys.iter().any(|key| is_port(key)));
        let mut columns: Vec<String> = fixed(&[before, &USUAL, behind].concat());
        let sort = sort_of(order);
        if !columns.contains(&sort) && !sort.starts_with("key_") {
            columns.push(sort);
        }
        if name == "top" && has_kinds {
            columns.retain(|column| column != "port_kind");
            columns.push("port_kind".into());
        }
        if !options["columns"].is_null() {
            columns.clear();
            for column in texts(&options["columns"]) {
                let column = measure(&column);
                if !columns.contains(&column) && !column.starts_with("key_") {
                    columns.push(column);
                }
            }
        }
        Self { name, keys, columns, order, clock, window: (0, i64::MAX), total: [0; 3] }
    }

    fn groups<'f>(&self, flows: &'f [Flow]) -> BTreeMap<Key, Group<'f>> {
        let mut groups: BTreeMap<Key, Group<'f>> = BTreeMap::new();
        for flow in flows {
            if self.name == "ports" && !flow.number("protocol").is_some_and(has_ports) {
                continue;
            }
            let keys = keys_of(flow, &self.keys, self.clock);
            for (end, key) in keys.iter().enumerate() {
                let is_again = end == 1 && keys[0] == *key;
                groups.entry(key.clone()).or_default().0.push((flow, end, is_again));
            }
        }
        groups
    }

    fn is_forward(&self, flow: &Flow, end: usize) -> bool {
        match self.name {
            "pairs" => flow.get("src_addr") <= flow.get("dst_addr"),
            // An unknown port is taken for the lower.
            "ports" => flow.number("dst_port") <= flow.number("src_port"),
            _ => end == 0,
        }
    }

    fn distinct(field: &str, group: &Group<'_>) -> u128 {
        let mut values = BTreeSet::new();
        for (flow, end, _) in &group.0 {
            if field == "peer" {
                let [own, other] = [*end, 1 - *end].map(|end| flow.get(ENDS[0].1[end]));
                if own != other {
                    values.insert(other);
                }
                continue;
            }
            match ends(field) {
                Some(fields) => values.extend(fields.map(|field| flow.get(field))),
                None => _ = values.insert(flow.get(field)),
            }
        }
        values.remove(&Datum::Unknown);
        values.len() as u128
    }

    /// A measure of a group; nothing if it is unknown.
    fn value(&self, measure: &str, key: &Key, group: &Group<'_>) -> Option<u128> {
        let once = || group.0.iter().filter(|(.., is_again)| !is_again).map(|(flow, ..)| *flow);
        let all = || group.0.iter().map(|(flow, ..)| *flow);
        let [bytes, packets, n_flows] = sums_of(once());
        let first = all().filter_map(|flow| flow.number("first_switched")).min();
        let last = all().filter_map(|flow| flow.number("last_switched")).max();
        let duration = || Some(last?.saturating_sub(first?));
        if let Some((point, of)) = measure.split_once('_') {
            let values = || -> Vec<u128> {
                let value =
                    |flow: &Flow| if of == "bytes" { flow.number(of) } else { flow.duration() };
                once().filter_map(value).collect()
            };
            match point {
                "distinct" => return Some(Self::distinct(of, group)),
                "key" => {
                    return match key.get(of.parse::<usize>().unwrap() - 1) {
                        Some(Datum::Number(number)) => Some(*number),
                        _ => None,
                    };
                }
                "min" | "max" | "mean" | "median" | "p95" => return spread(point, values()),
                _ => {}
            }
        }
        Some(match measure {
            "bytes" | "bytes_share" => bytes,
            "packets" | "packets_share" => packets,
            "flows" | "flows_share" => n_flows,
            "first" => first?,
            "last" => last?,
            "duration" => duration()?,
            "bps" => bytes * 8000 / self.rated(key, group, duration())?,
            "pps" => packets * 1000 / self.rated(key, group, duration())?,
            "bpp" => bytes.checked_div(packets)?,
            "peers" => Self::distinct("peer", group),
            "sent_bytes" | "received_bytes" => {
                let is_wanted = |(flow, end, _): &&(&Flow, usize, bool)| {
                    self.is_forward(flow, *end) == (measure == "sent_bytes")
                };
                group.0.iter().filter(is_wanted).map(|(flow, ..)| flow.counter("bytes")).sum()
            }
            other => panic!("{other}"),
        })
    }

    /// The time that rates are over: of a bin of time as much as lies in the window.
    fn rated(&self, key: &Key, group: &Group<'_>, duration: Option<u128>) -> Option<u128> {
        let lengths: Vec<i64> = self.keys.iter().filter_map(|key| length(key)).collect();
        if lengths.is_empty() {
            return Some(duration?.max(1));
        }
        let bins = self.keys.iter().zip(key).filter(|(name, _)| length(name).is_some());
        if bins.clone().any(|(_, bin)| *bin == Datum::Unknown) {
            return None;
        }
        let at = self.clock.moment(group.0[0].0)?;
        Some(self.clock.within(at, &lengths, self.window).max(1))
    }

    fn fulfils(&self, condition: &str, key: &Key, group: &Group<'_>) -> bool {
        let [typed, sign, limit] = conditions::words(condition);
        let name = measure(typed);
        if name == "port_kind" {
            let kind = self.port_kind(group);
            let order = kind.as_str().cmp(conditions::unquoted(limit));
            return kind != UNKNOWN && conditions::holds(order, sign);
        }
        if let Some(text) = limit.strip_prefix('"') {
            let place: usize = name[4..].parse().unwrap();
            return match key.get(place - 1) {
                Some(Datum::Text(own)) => {
                    conditions::holds(own.as_str().cmp(text.trim_end_matches('"')), sign)
                }
                _ => false,
            };
        }
        let own = if let Some(metric) = name.strip_suffix("_share") {
            let part = self.value(metric, key, group).unwrap();
            Some(conditions::millionths(part, self.total[metric_place(metric)]) * 1000)
        } else {
            self.value(&name, key, group).map(|value| value * 1_000_000_000)
        };
        let own = own.map(|own| i128::try_from(own).unwrap());
        let limit = conditions::billionths(Form::of_measure(&name), limit, self.clock);
        own.is_some_and(|own| conditions::holds(own.cmp(&limit), sign))
    }

    fn has_row(&self, key: &Key, group: &Group<'_>) -> bool {
        let conditions = self.order["having"].as_array().into_iter().flatten();
        let mut conditions = conditions.map(|condition| condition.as_str().unwrap());
        let percent = self.order["min_percent"].as_f64().unwrap_or(0.0);
        let millionths: u128 = format!("{:.0}", percent * 1e6).parse().unwrap();
        let sort = sort_of(self.order);
        let metric = match sort.trim_end_matches("_share") {
            metric @ ("bytes" | "packets" | "flows") => metric,
            "pps" => "packets",
            _ => "bytes",
        };
        let part = self.value(metric, key, group).unwrap();
        part * 100_000_000 >= self.total[metric_place(metric)] * millionths
            && conditions.all(|condition| self.fulfils(condition, key, group))
    }

    fn compare(&self, a: (&Key, &Group<'_>), b: (&Key, &Group<'_>)) -> Ordering {
        let (sort, bottom) = (sort_of(self.order), self.order["bottom"] == true);
        let by_value = if let Some(place) = sort.strip_prefix("key_") {
            let place = place.parse::<usize>().unwrap() - 1;
            let of = |key: &Key| key.get(place).cloned().unwrap_or(Datum::Unknown);
            (of(a.0), of(b.0))
        } else if sort == "port_kind" {
            let of = |group: &Group<'_>| match self.port_kind(group) {
                kind if kind == UNKNOWN => Datum::Unknown,
                kind => Datum::Text(kind),
            };
            (of(a.1), of(b.1))
        } else {
            let of = |(key, group): (&Key, &Group<'_>)| {
                self.value(&sort, key, group).map_or(Datum::Unknown, Datum::Number)
            };
            (of(a), of(b))
        };
        let order = match &by_value {
            (Datum::Unknown, _) | (_, Datum::Unknown) => by_value.0.cmp(&by_value.1),
            (a, b) if bottom => a.cmp(b),
            (a, b) => b.cmp(a),
        };
        order.then_with(|| a.0.cmp(b.0))
    }

    fn cells(&self, key: &Key, group: &Group<'_>) -> Vec<String> {
        let mut cells: Vec<String> = key.iter().map(cell).collect();
        for column in &self.columns {
            cells.push(match (column.as_str(), column.strip_suffix("_share")) {
                ("port_kind", _) => self.port_kind(group),
                (_, Some(metric)) => {
                    let part = self.value(metric, key, group).unwrap();
                    share(part, self.total[metric_place(metric)])
                }
                _ => cell(&self.value(column, key, group).map_or(Datum::Unknown, Datum::Number)),
            });
        }
        cells
    }

    fn port_kind(&self, group: &Group<'_>) -> String {
        let has_port = self.keys.iter().any(|key| is_port(key));
        if !has_port || self.name != "top" {
            return UNKNOWN.into();
        }
        port_kind(group.0.iter().map(|(flow, ..)| *flow))
    }
}

fn metric_place(metric: &str) -> usize {
    ["bytes", "packets", "flows"].iter().position(|known| *known == metric).unwrap()
}

/// By nearest rank; the mean is cut.
fn spread(point: &str, mut values: Vec<u128>) -> Option<u128> {
    values.sort_unstable();
    let n = values.len();
    let at = |percent: usize| values.get((n * percent).div_ceil(100).max(1) - 1).copied();
    match point {
        "min" => values.first().copied(),
        "max" => values.last().copied(),
        "mean" => values.iter().sum::<u128>().checked_div(n as u128),
        "median" => at(50),
        _ => at(95),
    }
}

/// The answer of a report that ranks groups.
pub(super) fn answer(
    name: &str,
    options: &Value,
    flows: &[Flow],
    clock: &Clock,
    window: (Option<i64>, Option<i64>),
) -> Recomputed {
    let mut asked = Asked::new(name, options, clock);
    asked.total = sums_of(flows);
    asked.window = (window.0.unwrap_or(0), window.1.unwrap_or(i64::MAX));
    let groups = asked.groups(flows);
    let (mut rows, mut other) = (Vec::new(), [0; 3]);
    let mut leave_out = |group: &Group<'_>| {
        let once = group.0.iter().filter(|(.., is_again)| !is_again).map(|(flow, ..)| *flow);
        let sums = sums_of(once);
        other = [0, 1, 2].map(|place| other[place] + sums[place]);
    };
    for (key, group) in &groups {
        if asked.has_row(key, group) {
            rows.push((key, group));
        } else {
            leave_out(group);
        }
    }
    rows.sort_by(|a, b| asked.compare(*a, *b));
    let limit = asked.order["limit"].as_u64().unwrap_or(10);
    let limit = if limit == 0 { rows.len() } else { usize::try_from(limit).unwrap() };
    for (_, group) in rows.drain(limit.min(rows.len())..) {
        leave_out(group);
    }
    let rows = rows.into_iter().map(|(key, group)| asked.cells(key, group)).collect();
    let ranking = Some((asked.total, other, groups.len() as u64));
    Recomputed { rows, ranking, ..Recomputed::default() }
}

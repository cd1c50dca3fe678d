//! Volume over bins of time: each flow is cut where bins end, and every part is put
//! into its row.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::chosen::{self, Chosen, Column};
use super::clocks::{Clock, length};
use super::conditions::{Form, PORT_KIND};
use super::grouped::keys_of;
use super::recomputed::{Recomputed, UNKNOWN, cell, is_port, port_kind, sums_of, texts};
use crate::recomputed::flows::{Datum, Flow};

const HOUR: i64 = 3_600_000;

/// A row of time, in the order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Before,
    Bin(i64),
    After,
    Unknown,
}

type Amounts = BTreeMap<Slot, [u128; 3]>;

/// What a timeline is asked for.
struct Asked<'q> {
    clock: &'q Clock,
    length: i64,
    load: &'q str,
    window: (Option<i64>, Option<i64>),
}

impl Asked<'_> {
    /// The slot of a moment, and where the stretch of it ends.
    fn slot(&self, ms: i64) -> (Slot, i64) {
        let (from, to) = (self.window.0.unwrap_or(0), self.window.1.unwrap_or(i64::MAX));
        if ms < from {
            return (Slot::Before, from);
        }
        if ms >= to {
            return (Slot::After, i64::MAX);
        }
        let bin = self.clock.bin(ms, self.length);
        // A bin that the window cuts begins with it.
        let is_cut = bin < from && self.clock.bin(from, self.length) == bin;
        (Slot::Bin(if is_cut { from } else { bin }), self.clock.end(ms, self.length).min(to))
    }

    /// First and last of a flow, or its export where they cannot be.
    fn span(&self, flow: &Flow) -> Option<(i64, i64, bool)> {
        let exported = flow.exported();
        let at_export = exported.map(|at| (at, at, false));
        let (Some(first), Some(last)) = (flow.ms("first_switched"), flow.ms("last_switched"))
        else {
            return at_export;
        };
        let is_near = match exported {
            Some(at) => first >= at - 24 * HOUR && last <= at + HOUR,
            None => last - first <= 25 * HOUR,
        };
        if self.load == "export" || first > last || !is_near {
            return at_export;
        }
        Some((first, last, true))
    }

    /// Adds a flow to the slots of its parts.
    fn add(&self, flow: &Flow, amounts: &mut Amounts) {
        let volume = [flow.counter("bytes"), flow.counter("packets")];
        let mut give = |slot, [bytes, packets]: [u128; 2], flows| {
            let sums = amounts.entry(slot).or_default();
            *sums = [sums[0] + bytes, sums[1] + packets, sums[2] + flows];
        };
        let Some((first, last, _)) = self.span(flow) else { return give(Slot::Unknown, volume, 1) };
        let counted = if self.load == "end" { last } else { first };
        give(self.slot(counted).0, [0; 2], 1);
        if matches!(self.load, "start" | "end" | "export") || first == last {
            return give(self.slot(counted).0, volume, 0);
        }
        // Up to the end of each part: moments of the part, of how many.
        let due = |volume: u128, so_far: i64, whole: i64| {
            volume * u128::try_from(so_far).unwrap() / u128::try_from(whole).unwrap()
        };
        if self.load == "proportional" {
            let mut at = first;
            while at < last {
                let (slot, end) = self.slot(at);
                let end = end.min(last);
                let up_to = |ms: i64| volume.map(|volume| due(volume, ms - first, last - first));
                let (before, now) = (up_to(at), up_to(end));
                give(slot, [now[0] - before[0], now[1] - before[1]], 0);
                at = end;
            }
            return;
        }
        // Every bin that it touches, whether it is in the window or not.
        let (mut at, mut ms) = (vec![first], first);
        let bin = |ms| self.clock.bin(ms, self.length);
        let mut bins = BTreeSet::from([bin(first)]);
        loop {
            let end = self.clock.end(ms, self.length);
            if end > last {
                break;
            }
            // A change of the clocks ends no bin, and one that comes again is one.
            if bins.insert(bin(end)) {
                at.push(end);
            }
            ms = end;
        }
        let n = i64::try_from(at.len()).unwrap();
        for (place, ms) in (0..).zip(&at) {
            let up_to = |place| volume.map(|volume| due(volume, place, n));
            let (before, now) = (up_to(place), up_to(place + 1));
            give(self.slot(*ms).0, [now[0] - before[0], now[1] - before[1]], 0);
        }
    }

    /// Bins of the window, or of the export times where it is open, with their lengths.
    fn bins(&self, flows: &[Flow]) -> BTreeMap<i64, i64> {
        let exported = || flows.iter().filter_map(Flow::exported);
        let first = self.window.0.or_else(|| exported().min());
        let last = self.window.1.map(|to| to - 1).or_else(|| exported().max());
        let (Some(mut at), Some(last)) = (first, last) else { return BTreeMap::new() };
        let (mut bins, end) = (BTreeMap::new(), self.window.1.unwrap_or(i64::MAX));
        while at <= last {
            let (slot, end_of) = self.slot(at);
            if let Slot::Bin(start) = slot {
                bins.entry(start).or_insert_with(|| {
                    let window = (self.window.0.unwrap_or(0), end);
                    i64::try_from(self.clock.within(at, &[self.length], window)).unwrap()
                });
            }
            at = end_of;
        }
        bins
    }

    /// The bins into which flows reach that were exported in the day after the window.
    fn edges(&self, later: &[Flow], bins: &BTreeMap<i64, i64>) -> BTreeSet<i64> {
        let mut edges = BTreeSet::new();
        for flow in later {
            let Some((first, last, true)) = self.span(flow) else { continue };
            let (first, last) = match self.load {
                "start" => (first, first),
                "end" => (last, last),
                _ => (first.max(self.window.0.unwrap_or(0)), last),
            };
            let Slot::Bin(begins) = self.slot(first).0 else { continue };
            if first > last {
                continue;
            }
            edges.extend(bins.keys().copied().filter(|start| {
                let is_touched =
                    if self.load == "uniform" { last >= *start } else { last > *start };
                *start == begins || *start > begins && is_touched
            }));
        }
        edges
    }
}

/// The series: keys with their flows, the ones with the most bytes first, and all
/// others.
fn series<'f>(
    options: &Value,
    flows: &'f [Flow],
    clock: &Clock,
) -> Vec<(Vec<String>, Vec<&'f Flow>)> {
    if options["by"].is_null() {
        return vec![(Vec::new(), flows.iter().collect())];
    }
    let by = texts(&options["by"]);
    let mut groups: BTreeMap<Vec<Datum>, Vec<&Flow>> = BTreeMap::new();
    for flow in flows {
        let keys: BTreeSet<Vec<Datum>> = keys_of(flow, &by, clock).into_iter().collect();
        for key in keys {
            groups.entry(key).or_default().push(flow);
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, flows)| std::cmp::Reverse(sums_of(flows.iter().copied())[0]));
    let limit = usize::try_from(options["limit"].as_u64().unwrap_or(5)).unwrap();
    let limit = if limit == 0 { groups.len() } else { limit.min(groups.len()) };
    let others: Vec<&Flow> =
        groups.split_off(limit).into_iter().flat_map(|group| group.1).collect();
    let mut series: Vec<_> =
        groups.into_iter().map(|(key, flows)| (key.iter().map(cell).collect(), flows)).collect();
    if !others.is_empty() {
        series.push((by.iter().map(|_| "other".to_owned()).collect(), others));
    }
    series
}

const KIND: Form = Form::Text(&["bin", "before", "'after'", "edge", "unknown"]);

/// The columns of a timeline.
pub(super) fn columns(options: &Value) -> Vec<Column> {
    let by = if options["by"].is_null() { Vec::new() } else { texts(&options["by"]) };
    let mut columns = vec![Column::key("start", Form::Moment)];
    columns.extend(chosen::keys(&by));
    columns.extend(chosen::columns(Form::Amount, &["bytes", "packets", "flows", "bps", "pps"]));
    columns.push(Column::new("kind", KIND));
    columns.extend(by.iter().any(|key| is_port(key)).then(|| Column::new("port_kind", PORT_KIND)));
    columns
}

/// The answer, of flows and of those exported within a day after the window.
pub(super) fn answer(
    options: &Value,
    flows: &[Flow],
    later: &[Flow],
    clock: &Clock,
    window: (Option<i64>, Option<i64>),
) -> Recomputed {
    let load = options["time_distribution"].as_str().unwrap();
    let length = length(options["bin"].as_str().unwrap()).unwrap();
    let asked = Asked { clock, length, load, window };
    let bins = asked.bins(flows);
    let edges = if load == "export" { BTreeSet::new() } else { asked.edges(later, &bins) };
    let mut slots: BTreeSet<Slot> = bins.keys().map(|start| Slot::Bin(*start)).collect();
    let (mut amounts, mut kinds) = (Vec::new(), Vec::new());
    let by = options["by"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let has_kinds = by.into_iter().any(is_port);
    for (key, flows) in series(options, flows, clock) {
        // The other series is that of no port.
        let is_other = key.iter().all(|cell| cell == "other");
        let kind = if is_other { UNKNOWN.into() } else { port_kind(flows.iter().copied()) };
        kinds.push(has_kinds.then_some(kind));
        let (mut all, mut of_series) = (Amounts::new(), Amounts::new());
        for flow in flows {
            asked.add(flow, &mut all);
        }
        let begin = bins.keys().next().copied().unwrap_or(i64::MAX);
        for (slot, sums) in all {
            let slot = match slot {
                Slot::Bin(start) if bins.contains_key(&start) => slot,
                Slot::Bin(start) if start < begin => Slot::Before,
                Slot::Bin(_) => Slot::After,
                other => other,
            };
            let known = of_series.entry(slot).or_default();
            *known = [0, 1, 2].map(|place| known[place] + sums[place]);
        }
        slots.extend(of_series.keys().copied());
        amounts.push((key, of_series));
    }
    let mut rows = Vec::new();
    for slot in slots {
        for ((key, amounts), kind) in amounts.iter().zip(&kinds) {
            let sums = amounts.get(&slot).copied().unwrap_or_default();
            let mut cells = row(slot, key, sums, &bins, &edges);
            cells.extend(kind.clone());
            rows.push(cells);
        }
    }
    let chosen = Chosen::new(columns(options), options, None, ("rows", 0), clock);
    let rows = chosen.choose(rows);
    Recomputed { rows, facts: facts(&amounts, &bins), ..Recomputed::default() }
}

fn row(
    slot: Slot,
    key: &[String],
    [bytes, packets, flows]: [u128; 3],
    bins: &BTreeMap<i64, i64>,
    edges: &BTreeSet<i64>,
) -> Vec<String> {
    let (start, kind) = match slot {
        Slot::Before => ("-".into(), "before"),
        Slot::Bin(start) if edges.contains(&start) => (start.to_string(), "edge"),
        Slot::Bin(start) => (start.to_string(), "bin"),
        Slot::After => ("-".into(), "after"),
        Slot::Unknown => (UNKNOWN.into(), "unknown"),
    };
    let rate = |amount: u128| match slot {
        Slot::Bin(start) => (amount * 1000 / u128::try_from(bins[&start]).unwrap()).to_string(),
        _ => "-".into(),
    };
    let mut cells = vec![start];
    cells.extend_from_slice(key);
    cells.extend([bytes, packets, flows].map(|number| number.to_string()));
    cells.extend([rate(bytes * 8), rate(packets), kind.into()]);
    cells
}

/// Smallest, mean, 95th percentile and largest rate over all bins.
fn facts(series: &[(Vec<String>, Amounts)], bins: &BTreeMap<i64, i64>) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for (place, unit, times) in [(0, "bps", 8), (1, "pps", 1)] {
        let (mut rates, mut sum, mut length) = (Vec::new(), 0, 0);
        for (start, ms) in bins {
            let of = |(_, amounts): &(_, Amounts)| {
                amounts.get(&Slot::Bin(*start)).map_or(0, |sums| sums[place])
            };
            let amount = series.iter().map(of).sum::<u128>() * times * 1000;
            let ms = u128::try_from(*ms).unwrap();
            (sum, length) = (sum + amount, length + ms);
            rates.push(amount / ms);
        }
        rates.sort_unstable();
        let mean = sum.checked_div(length);
        let p95 = rates.get((rates.len() * 95).div_ceil(100).max(1) - 1).copied();
        for (name, value) in [
            ("min", rates.first().copied()),
            ("mean", mean),
            ("p95", p95),
            ("max", rates.last().copied()),
        ] {
            facts.push((
                format!("{unit}_{name}"),
                value.map_or("-".into(), |value| value.to_string()),
            ));
        }
    }
    facts
}

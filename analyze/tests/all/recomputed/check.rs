//! What is wrong with documents, counted one by one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::flows::{ADAPTED, Datum, FIELDS, Flow, LATE};
use super::held::Held;
use super::packets::{self, Packets};

const HOUR_MS: i64 = 3_600_000;

/// Engines, by place, of which some packets came out of order, or have a number that
/// hardly counts flows: that is not judged pair by pair.
pub(crate) type OutOfOrder = BTreeSet<String>;

/// Findings under way: name, place, how many, of how many.
struct Findings(Vec<Vec<String>>, OutOfOrder);

impl Findings {
    fn tell(&mut self, name: &str, place: &str, n: u64, of: Option<usize>) {
        if n > 0 {
            let of = of.filter(|of| *of > 0).map_or("-".into(), |of| of.to_string());
            self.0.push(vec![name.into(), place.into(), n.to_string(), of]);
        }
    }
}

/// Everything that `check` has to say of documents and the flows of them that are
/// asked for, in order of the words, and the engines whose packets came out of order:
/// what is lost of those is left out. Of some flows of an engine nothing is told to be
/// lost.
pub(crate) fn findings(
    held: &Held,
    flows: &[Flow],
    is_filtered: bool,
) -> (Vec<Vec<String>>, OutOfOrder) {
    let mut findings = Findings(Vec::new(), OutOfOrder::new());
    let mut exporters: BTreeMap<Datum, Vec<&Flow>> = BTreeMap::new();
    for flow in flows {
        exporters.entry(flow.get("exporter")).or_default().push(flow);
    }
    of_documents(held, flows.len(), &mut findings);
    for (engine, packets) in packets::by_engine(flows) {
        of_engine(&engine, &packets, is_filtered, &mut findings);
    }
    for (exporter, flows) in &exporters {
        of_times(&name(exporter, "unknown"), flows, &mut findings);
    }
    alike(flows, &mut findings);
    of_sampling(flows, exporters.values(), &mut findings);
    let adapted = |of: &dyn Fn(u128) -> bool| {
        flows.iter().filter(|flow| flow.number(ADAPTED).is_some_and(of)).count() as u64
    };
    findings.tell("as_looked_up", "ElastiFlow", adapted(&|how| how < LATE), Some(flows.len()));
    findings.tell("late_uptimes", "", adapted(&|how| how == LATE), Some(flows.len()));
    findings.tell("scaled_by_pipeline", "ElastiFlow", adapted(&|how| how == 2), Some(flows.len()));
    for (field, ..) in &FIELDS {
        let n = flows.iter().filter(|flow| flow.lacks(field)).count() as u64;
        // Exporters and what is looked up are nowhere in the packet.
        let is_stated = *field != "exporter" && !is_looked_up(field);
        findings.tell("unknown", field, if is_stated { n } else { 0 }, Some(flows.len()));
    }
    findings.0.sort();
    (findings.0, findings.1)
}

/// Whether some pipelines look a field up, by the addresses of a flow.
pub(crate) fn is_looked_up(field: &str) -> bool {
    ["_country", "_city", "_as_name"].iter().any(|end| field.ends_with(end))
}

fn name(datum: &Datum, unknown: &str) -> String {
    match datum {
        Datum::Number(number) => number.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::Unknown => unknown.into(),
    }
}

fn of_documents(held: &Held, flows: usize, findings: &mut Findings) {
    findings.tell("duplicates", "", held.copies[0], Some(flows));
    findings.tell("conflicting_copies", "", held.copies[1], Some(flows));
    for (cause, n) in &held.skipped {
        findings.tell("skipped", cause, *n, None);
    }
}

/// An engine as findings name it.
pub(crate) fn place([exporter, kind, id]: &packets::Engine) -> String {
    format!("{} engine {}/{}", name(exporter, "unknown"), name(kind, "?"), name(id, "?"))
}

fn of_engine(
    engine: &packets::Engine,
    packets: &Packets,
    is_filtered: bool,
    findings: &mut Findings,
) {
    let place = &place(engine);
    if packets.lost.is_none() {
        let n = packets.n;
        findings.tell("no_sequence", place, n, Some(usize::try_from(n).unwrap()));
    }
    if packets.is_doubtful {
        findings.1.insert(place.clone());
    }
    if is_filtered {
        return;
    }
    findings.tell("missing_documents", place, packets.missing, None);
    findings.tell("repeated_flows", place, packets.repeated, None);
    if !packets.is_doubtful {
        // Where order was lost, what is late and what is lost cannot be told pair by
        // pair.
        findings.tell("lost_flows", place, packets.lost.unwrap_or(0), None);
    }
    if packets.silence >= HOUR_MS {
        let minutes = u64::try_from(packets.silence / 60_000).unwrap();
        findings.tell("silence", place, minutes, None);
    }
}

/// Intervals of 0 and 1 both mean that every packet is looked at; an unknown one says
/// nothing.
fn of_sampling<'f>(
    flows: &[Flow],
    exporters: impl ExactSizeIterator<Item = &'f Vec<&'f Flow>>,
    findings: &mut Findings,
) {
    let is_without_mode = |flow: &&Flow| {
        flow.number("sampling_algorithm") == Some(0) && flow.number("sampling_interval") > Some(1)
    };
    let n = flows.iter().filter(is_without_mode).count() as u64;
    findings.tell("sampled_without_mode", "", n, Some(flows.len()));
    let interval = |flow: &&Flow| Some(flow.number("sampling_interval")?.max(1));
    let intervals: Vec<BTreeSet<u128>> =
        exporters.map(|flows| flows.iter().filter_map(interval).collect()).collect();
    let n = intervals.iter().filter(|intervals| intervals.iter().any(|interval| *interval > 1));
    findings.tell("sampled", "", n.count() as u64, Some(intervals.len()));
    let n = intervals.iter().filter(|intervals| intervals.len() > 1).count() as u64;
    findings.tell("sampling_changes", "", n, Some(intervals.len()));
}

fn of_times(exporter: &str, flows: &[&Flow], findings: &mut Findings) {
    let known = |flow: &&Flow| {
        Some((flow.exported()?, flow.ms("first_switched")?, flow.ms("last_switched")?))
    };
    let times: Vec<(i64, i64, i64)> = flows.iter().filter_map(known).collect();
    let of = times.len();
    let count = |is: &dyn Fn(&(i64, i64, i64)) -> bool| {
        times.iter().filter(|times| is(times)).count() as u64
    };
    let same_fraction = count(&|(export, first, _)| export % 1000 == first % 1000);
    if of >= 5 && same_fraction * 20 >= of as u64 * 19 {
        findings.tell("lost_milliseconds", exporter, same_fraction, Some(of));
    } else if count(&|(_, first, last)| (1..1000).contains(&(first - last))) > 0 {
        let late = |time: i64, export: i64| time % 1000 > export % 1000;
        let n = count(&|(export, first, _)| late(*first, *export));
        findings.tell("late_first", exporter, n, Some(of));
        let n = count(&|(export, _, last)| late(*last, *export));
        findings.tell("late_last", exporter, n, Some(of));
    }
    findings.tell("inverted", exporter, count(&|(_, first, last)| last < first), Some(of));
    // A clock that counts 2^32 ms began anew and nobody saw it; or a time that
    // is far from its export without such a reason; or a little ahead of it.
    let is_near = |ms: i64, export: i64| (export - 24 * HOUR_MS..=export + HOUR_MS).contains(&ms);
    let is_wrap = |ms: i64, export: i64| ms > export && !is_near(ms, export);
    // Before 1970 there is no time.
    let unwrapped = |ms: i64| Some(ms - (1 << 32)).filter(|ms| *ms >= 0);
    let is_wrap = |ms: i64, export: i64| {
        is_wrap(ms, export) && unwrapped(ms).is_some_and(|ms| is_near(ms, export))
    };
    let wrapped = |(export, first, last): &(i64, i64, i64)| {
        is_wrap(*first, *export) || is_wrap(*last, *export)
    };
    let far = |times: &(i64, i64, i64)| {
        let (export, first, last) = *times;
        !(wrapped(times) || is_near(first, export) && is_near(last, export))
    };
    let ahead =
        |times: &(i64, i64, i64)| !wrapped(times) && !far(times) && times.2 > times.0 + 1000;
    findings.tell("uptime_wraps", exporter, count(&wrapped), Some(of));
    findings.tell("far_off", exporter, count(&far), Some(of));
    findings.tell("ahead", exporter, count(&ahead), Some(of));
}

/// Flows that are there more than once, and those that two exporters saw.
fn alike(flows: &[Flow], findings: &mut Findings) {
    const ALIKE: [&str; 7] =
        ["src_addr", "dst_addr", "src_port", "dst_port", "protocol", "packets", "bytes"];
    let mut equal: BTreeMap<&Flow, u64> = BTreeMap::new();
    let mut seen: HashMap<[Datum; 7], (u64, BTreeSet<Datum>)> = HashMap::new();
    for flow in flows {
        *equal.entry(flow).or_default() += 1;
        // One or two packets look the same by chance.
        if flow.counter("packets") >= 3 {
            let (n, exporters) = seen.entry(ALIKE.map(|name| flow.get(name))).or_default();
            *n += 1;
            exporters.insert(flow.get("exporter"));
        }
    }
    let copies = equal.values().map(|n| n - 1).sum();
    findings.tell("equal_flows", "", copies, Some(flows.len()));
    let twice = seen.values().filter(|(_, exporters)| exporters.len() > 1).map(|(n, _)| n).sum();
    findings.tell("seen_twice", "", twice, Some(flows.len()));
}

//! What is wrong with documents, counted one by one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::documents::Said;

const HOUR_MS: i64 = 3_600_000;

/// Engines, by place, of which some packets came out of order, or have a number that
/// hardly counts flows: that is not judged pair by pair.
pub(crate) type OutOfOrder = BTreeSet<String>;

/// Findings under way: name, place, how many, of how many.
struct Findings(Vec<Vec<String>>, OutOfOrder);

impl Findings {
    fn tell(&mut self, name: &str, place: &str, n: u64, of: Option<usize>) {
        if n > 0 {
            let of = of.map_or("-".into(), |of| of.to_string());
            self.0.push(vec![name.into(), place.into(), n.to_string(), of]);
        }
    }
}

/// Everything that `check` has to say of documents, in order of the words, and the
/// engines whose packets came out of order: what is lost of those is left out.
pub(crate) fn findings(documents: &[Value]) -> (Vec<Vec<String>>, OutOfOrder) {
    let mut findings = Findings(Vec::new(), OutOfOrder::new());
    let flows = without_copies(documents, &mut findings);
    let mut engines: BTreeMap<(String, u64, u64), Vec<&Said<'_>>> = BTreeMap::new();
    let mut exporters: BTreeMap<String, Vec<&Said<'_>>> = BTreeMap::new();
    for flow in &flows {
        let exporter = flow.exporter();
        let engine = (exporter.clone(), flow.number(&["engine_type"]), flow.number(&["engine_id"]));
        engines.entry(engine).or_default().push(flow);
        exporters.entry(exporter).or_default().push(flow);
    }
    for ((exporter, kind, id), flows) in engines {
        of_engine(&format!("{exporter} engine {kind}/{id}"), &flows, &mut findings);
    }
    for (exporter, flows) in &exporters {
        of_times(exporter, flows, &mut findings);
    }
    alike(&flows, &mut findings);
    let is_without_mode = |flow: &&Said<'_>| {
        flow.number(&["sampling_algorithm"]) == 0 && flow.number(&["sampling_interval"]) > 1
    };
    let n = flows.iter().filter(is_without_mode).count() as u64;
    findings.tell("sampled_without_mode", "", n, Some(flows.len()));
    let intervals: Vec<BTreeSet<u64>> = exporters
        .values()
        .map(|flows| flows.iter().map(|flow| flow.number(&["sampling_interval"]).max(1)).collect())
        .collect();
    let n = intervals.iter().filter(|intervals| intervals.iter().any(|interval| *interval > 1));
    findings.tell("sampled", "", n.count() as u64, Some(intervals.len()));
    let n = intervals.iter().filter(|intervals| intervals.len() > 1).count() as u64;
    findings.tell("sampling_changes", "", n, Some(intervals.len()));
    findings.0.sort();
    (findings.0, findings.1)
}

/// The first document of each id, and how many others there are.
fn without_copies<'d>(documents: &'d [Value], findings: &mut Findings) -> Vec<Said<'d>> {
    let mut first: HashMap<[String; 3], &Value> = HashMap::new();
    let (mut flows, mut copies, mut conflicting) = (Vec::new(), 0, 0);
    for document in documents {
        let identity = ["_index", "_id", "_routing"].map(|name| document[name].to_string());
        if let Some(first) = first.get(&identity) {
            copies += 1;
            conflicting += u64::from(first["_source"] != document["_source"]);
        } else {
            first.insert(identity, document);
            flows.push(Said(document));
        }
    }
    findings.tell("duplicates", "", copies, Some(flows.len()));
    findings.tell("conflicting_copies", "", conflicting, Some(flows.len()));
    flows
}

fn of_engine(place: &str, flows: &[&Said<'_>], findings: &mut Findings) {
    // By export time and number: what the packet carried, as it says, and what
    // is there of it.
    let mut packets: BTreeMap<(i64, u64), (u64, u64)> = BTreeMap::new();
    for flow in flows {
        let packet = (flow.export_ms(), flow.number(&["flow_seq_num"]));
        let (stated, seen) = packets.entry(packet).or_default();
        *stated = (*stated).max(flow.number(&["flow_records"]));
        *seen += 1;
    }
    let n = packets.len();
    let packets: Vec<(i64, i64, u64, u64)> = packets
        .into_iter()
        .map(|((ms, number), (stated, seen))| (ms, i64::try_from(number).unwrap(), stated, seen))
        .collect();
    let missing = packets.iter().map(|(.., stated, seen)| stated - seen.min(stated)).sum();
    findings.tell("missing_documents", place, missing, None);
    let repeated = packets
        .iter()
        .filter(|(.., stated, _)| *stated > 0)
        .map(|(.., stated, seen)| seen - stated.min(seen));
    findings.tell("repeated_flows", place, repeated.sum(), None);
    let (mut lost, mut restarts, mut silence) = (0, 0, 0);
    for pair in packets.windows(2) {
        let [(before, number, stated, seen), (after, next, ..)] = pair else { continue };
        silence = silence.max(after - before);
        let carried = i64::try_from(*stated.max(seen)).unwrap();
        let gap = (next - number - carried).rem_euclid(1 << 32);
        if gap >= 1 << 31 {
            restarts += 1;
        } else {
            lost += u64::try_from(gap).unwrap();
        }
    }
    let steps: Vec<i64> =
        packets.windows(2).map(|pair| (pair[1].1 - pair[0].1).rem_euclid(1 << 32)).collect();
    let carry_more = packets[..n - 1].iter().any(|(.., stated, seen)| *stated.max(seen) > 1);
    let counts_packets = carry_more && steps.iter().all(|step| *step == 1);
    let all_zero = n > 1 && packets.iter().all(|(_, number, ..)| *number == 0);
    let is_doubtful = |((.., stated, seen), step): (&(i64, i64, u64, u64), &i64)| {
        *step == 0 || *step == 1 && *stated.max(seen) > 1
    };
    let doubtful = packets.iter().zip(&steps).any(is_doubtful);
    if counts_packets || all_zero {
        findings.tell("no_sequence", place, n as u64, Some(n));
    } else if restarts > 0 || doubtful {
        findings.1.insert(place.to_owned());
    } else {
        // Where order was lost, what is late and what is lost cannot be told pair by
        // pair.
        findings.tell("lost_flows", place, lost, None);
    }
    if silence >= HOUR_MS {
        findings.tell("silence", place, u64::try_from(silence / 60_000).unwrap(), None);
    }
}

fn of_times(exporter: &str, flows: &[&Said<'_>], findings: &mut Findings) {
    let of = flows.len();
    let times: Vec<(i64, i64, i64)> =
        flows.iter().map(|flow| (flow.export_ms(), flow.first_ms(), flow.last_ms())).collect();
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
    let is_wrap = |ms: i64, export: i64| is_wrap(ms, export) && is_near(ms - (1 << 32), export);
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
fn alike(flows: &[Said<'_>], findings: &mut Findings) {
    let mut equal: HashMap<String, u64> = HashMap::new();
    let mut seen: HashMap<[u64; 7], (u64, BTreeSet<String>)> = HashMap::new();
    for flow in flows {
        *equal.entry(flow.0["_source"].to_string()).or_default() += 1;
        let ends = [flow.src_addr(), flow.dst_addr(), flow.src_port(), flow.dst_port()];
        let [src, dst, src_port, dst_port] = ends;
        let protocol = flow.number(&["protocol"]);
        let key = [src, dst, src_port, dst_port, protocol, flow.packets(), flow.bytes()];
        // One or two packets look the same by chance.
        if flow.packets() >= 3 {
            let (n, exporters) = seen.entry(key).or_default();
            *n += 1;
            exporters.insert(flow.exporter());
        }
    }
    let copies = equal.values().map(|n| n - 1).sum();
    findings.tell("equal_flows", "", copies, Some(flows.len()));
    let twice = seen.values().filter(|(_, exporters)| exporters.len() > 1).map(|(n, _)| n).sum();
    findings.tell("seen_twice", "", twice, Some(flows.len()));
}

//! Random questions, in the JSON that flowkit reads.

use serde_json::{Value, json};

use super::conditions::{self, Form};
use super::made::pick;
use super::{case, chosen, diff, exporters, list, scans, timeline, windows};
use crate::asking::MEASURES;
use crate::random::Random;

const KEYS: [&str; 38] = [
    "dst_port",
    "src_port",
    "protocol",
    "exporter",
    "src_addr",
    "dst_addr",
    "src_addr/24",
    "dst_addr/16",
    "src_addr/0",
    "dst_addr/32",
    "src_as",
    "dst_as",
    "tcp_flags",
    "tos",
    "engine_id",
    "engine_type",
    "sampling_interval",
    "src_country",
    "dst_city",
    "src_as_name",
    "bytes",
    "packets",
    "input_snmp",
    "next_hop",
    "version",
    "flow_seq_num",
    "first_switched",
    "timestamp",
    "addr",
    "addr/24",
    "addr/9",
    "port",
    "as",
    "if",
    "mask",
    "service",
    "service",
    "dst_port",
];

const BINS: [&str; 14] = [
    "hour", "day", "5m", "30s", "7h", "2d", "week", "24h", "36m", "minute", "90m", "12h", "3d",
    "48h",
];

/// Names without a second of one.
fn some(random: &mut Random, names: &[&'static str], most: u64) -> Vec<&'static str> {
    let mut chosen: Vec<&str> = Vec::new();
    for _ in 0..=random.below(most) {
        let name = pick(random, names);
        if !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    chosen
}

/// Keys; often with a bin of time.
fn keys(random: &mut Random) -> Vec<&'static str> {
    let mut keys = some(random, &KEYS, 3);
    if random.below(3) == 0 {
        keys.extend(some(random, &BINS, 2));
    }
    if random.below(4) == 0 && keys.len() > 1 {
        keys.remove(0);
    }
    keys
}

fn condition(random: &mut Random) -> String {
    let measure = pick(random, &MEASURES);
    conditions::drawn(random, measure, Form::of_measure(measure))
}

fn order(random: &mut Random) -> Value {
    let mut order = json!({
        "sort": if random.below(2) == 0 { "bytes" } else { pick(random, &MEASURES) },
        "limit": pick(random, &[0, 0, 1, 3, 10]),
    });
    if random.below(3) == 0 {
        order["bottom"] = json!(true);
    }
    if random.below(4) == 0 {
        order["min_percent"] = pick(random, &[json!(0.5), json!(2), json!(10), json!(33.333_333)]);
    }
    if random.below(3) == 0 {
        let conditions: Vec<String> = (0..=random.below(2)).map(|_| condition(random)).collect();
        order["having"] = json!(conditions);
    }
    order
}

fn ranked(random: &mut Random) -> Value {
    let mut options = json!({"order": order(random)});
    if random.below(3) == 0 {
        options["columns"] = json!(some(random, &MEASURES, 7));
    }
    options
}

fn timeline(random: &mut Random) -> Value {
    let loads = ["proportional", "proportional", "start", "end", "uniform", "export"];
    let mut options =
        json!({"bin": pick(random, &BINS), "time_distribution": pick(random, &loads)});
    if random.below(2) == 0 {
        options["by"] = json!(keys(random));
        options["limit"] = json!(random.below(4));
    }
    if random.below(2) == 0 {
        options["rows"] = json!(random.below(6));
    }
    let columns = timeline::columns(&options);
    chosen::draw(random, &mut options, &columns, false);
    options
}

fn exporters(random: &mut Random) -> Value {
    let limits = [0, 0, 1, 2, 3].map(Value::from);
    let mut options = options(random, &[("limit", &limits)]);
    chosen::draw(random, &mut options, &exporters::columns(), true);
    options
}

/// Some of the options of a report, each left to its default now and then.
fn options(random: &mut Random, all: &[(&str, &[Value])]) -> Value {
    let mut options = json!({});
    for (name, values) in all {
        if random.below(4) > 0 {
            options[*name] = pick(random, values);
        }
    }
    options
}

fn beacons(random: &mut Random) -> Value {
    let (least, jitter) =
        ([3, 3, 4, 6, 1].map(Value::from), [0, 10, 40, 90, 90, 1000].map(Value::from));
    let limits = [0, 0, 1, 2].map(Value::from);
    let all: [(&str, &[Value]); 2] = [("max_jitter_percent", &jitter), ("limit", &limits)];
    let mut options = options(random, &all);
    // The default is more than most pairs have.
    if random.below(8) > 0 {
        options["min_connections"] = pick(random, &least);
    }
    chosen::draw(random, &mut options, &case::beacon_columns(), false);
    options
}

fn scans(random: &mut Random) -> Value {
    let limits = [0, 0, 1, 3].map(Value::from);
    let least = [1, 2, 2, 3, 6].map(Value::from);
    let mut options = options(random, &[("limit", &limits)]);
    if random.below(8) > 0 {
        options["min_targets"] = pick(random, &least);
    }
    chosen::draw(random, &mut options, &scans::columns(), true);
    options
}

fn diff(random: &mut Random) -> Value {
    let limits = [0, 0, 1, 5].map(Value::from);
    let mut options = options(random, &[("limit", &limits)]);
    options["by"] = json!(keys(random));
    let (columns, _) = diff::columns(&options);
    chosen::draw(random, &mut options, &columns, true);
    options
}

const REPORTS: [&str; 26] = [
    "top",
    "top",
    "top",
    "talkers",
    "ports",
    "protocols",
    "pairs",
    "timeline",
    "timeline",
    "exporters",
    "exporters",
    "scans",
    "scans",
    "beacons",
    "beacons",
    "diff",
    "diff",
    "summary",
    "check",
    "check",
    "list",
    "list",
    "ports",
    "protocols",
    "pairs",
    "talkers",
];

/// The name of a report, and its options.
pub(super) fn report(random: &mut Random) -> (&'static str, Value) {
    let name = pick(random, &REPORTS);
    let options = match name {
        "top" => {
            let mut options = ranked(random);
            options["by"] = json!(keys(random));
            options
        }
        "timeline" => timeline(random),
        "beacons" => beacons(random),
        "scans" => scans(random),
        "diff" => diff(random),
        "exporters" => exporters(random),
        "list" => list::drawn(random),
        "summary" | "check" => json!({}),
        _ => ranked(random),
    };
    (name, options)
}

/// Which flows: their zone and window, and what is done to them before.
pub(super) fn flows(random: &mut Random, zone: &str, times: &[i64]) -> Value {
    let mut flows = json!({"zone": zone});
    for name in ["repair_times", "scale_sampling", "dedupe"] {
        if random.below(4) == 0 {
            flows[name] = json!(true);
        }
    }
    if random.below(2) == 0
        && let Some(window) = windows::drawn(random, times, zone)
    {
        flows["window"] = window;
    }
    flows
}

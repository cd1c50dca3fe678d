//! Documents of NetFlow v9 and IPFIX, as each pipeline writes them, against values that
//! were computed from the datagrams.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder, and says so where not.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the test reads files, the crate does not"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use flowkit_model::names::direction_name;
use flowkit_model::{Entry, FIELDS, FlowRecord, Kind, NotAFlow, names, time};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FLOWKIT_CORPORA").map(|path| PathBuf::from(path).join("v9"));
    if folder.is_none() {
        eprintln!("skipped: FLOWKIT_CORPORA does not name the corpora");
    }
    folder
}

fn json(path: &Path) -> Value {
    serde_json::from_reader(BufReader::new(File::open(path).unwrap())).unwrap()
}

/// The flows of a line: a document, a hit, or a page of them.
fn flows(line: &str) -> Vec<Result<FlowRecord, NotAFlow>> {
    match Entry::parse(line.as_bytes()).unwrap() {
        Entry::Hit(hit) => vec![hit.into_flow()],
        Entry::Bare(document) => vec![document.into_flow()],
        Entry::Page(page) => page.hits.iter().flat_map(|hit| flows(hit.get())).collect(),
        Entry::Error(error) => panic!("{error:?}"),
    }
}

/// A field of a flow, in the words of the expectations.
fn text(flow: &FlowRecord, name: &str) -> String {
    let name = match name {
        "first" => "first_switched",
        "last" => "last_switched",
        name => name,
    };
    let field = FIELDS.iter().find(|field| field.name == name).unwrap();
    if field.kind == Kind::Text {
        return flow.exporter.clone().unwrap_or_default();
    }
    let Some(number) = field.number(flow) else { return String::new() };
    let narrow = u64::try_from(number).unwrap_or(u64::MAX);
    match field.kind {
        Kind::Address => flowkit_model::Address::from_number(number).to_string(),
        Kind::Time => time::format_ms(narrow),
        Kind::Direction => direction_name(narrow).unwrap().to_owned(),
        Kind::Mac => names::mac_text(narrow),
        _ => number.to_string(),
    }
}

#[test]
fn documents_of_every_dialect_and_oddity() {
    let Some(folder) = folder() else { return };
    let robust = folder.join("robust");
    let expected = json(&robust.join("documents.expected.json"));
    let lines = std::fs::read_to_string(robust.join("documents.ndjson")).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let mut n_checked = 0;
    for case in expected["cases"].as_array().unwrap() {
        let line = usize::try_from(case["line"].as_u64().unwrap()).unwrap();
        let [found] = &flows(lines[line - 1])[..] else { panic!("{case}") };
        let flow = match (case["class"].as_str().unwrap(), found) {
            ("options", Err(NotAFlow::Options)) => continue,
            (_, Ok(flow)) => flow,
            (_, other) => panic!("{other:?}: {case}"),
        };
        for (name, value) in case.as_object().unwrap() {
            if ["line", "note", "class", "doubtful"].contains(&&**name) {
                continue;
            }
            let value = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(text(flow, name), value, "{name}: {case}");
            n_checked += 1;
        }
    }
    assert!(n_checked > 100, "{n_checked}");
}

/// Counts, and the unknown values of each field.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    flows: u64,
    packets: u64,
    bytes: u64,
    by_version: BTreeMap<String, u64>,
    by_family: BTreeMap<String, u64>,
    reverse_bytes: u64,
    options: u64,
}

impl Totals {
    fn of_expected(expected: &Value, options: u64) -> Self {
        let number = |value: &Value| value.as_u64().unwrap();
        let by = |name: &str, rename: &dyn Fn(&str) -> String| {
            let groups = expected[name].as_object().unwrap().iter();
            let groups = groups.map(|(key, group)| (rename(key), number(&group["flows"])));
            groups.filter(|(_, n)| *n > 0).collect()
        };
        let version = |key: &str| match key {
            "ipfix" => "10".to_owned(),
            key => key[1..].to_owned(),
        };
        let reverse = &expected["alternatives"]["reverse_counters_of_biflows_and_firewall_updates"];
        Self {
            flows: number(&expected["totals"]["flows"]),
            packets: number(&expected["totals"]["packets"]),
            bytes: number(&expected["totals"]["bytes"]),
            by_version: by("by_version", &version),
            by_family: by("by_family", &str::to_owned),
            reverse_bytes: number(&reverse["bytes"]),
            options,
        }
    }

    fn add(&mut self, flow: &FlowRecord) {
        self.flows += 1;
        self.packets += flow.packets.unwrap_or(0);
        self.bytes += flow.bytes.unwrap_or(0);
        self.reverse_bytes += flow.rev_bytes.unwrap_or(0);
        *self.by_version.entry(text(flow, "version")).or_default() += 1;
        let family = flow.family().map_or("none", flowkit_model::Family::name);
        *self.by_family.entry(family.to_owned()).or_default() += 1;
    }
}

/// The fields of a record on the wire that every pipeline keeps.
const KEPT: [&str; 14] = [
    "exporter",
    "version",
    "src_addr",
    "dst_addr",
    "protocol",
    "src_port",
    "dst_port",
    "bytes",
    "packets",
    "rev_bytes",
    "tcp_flags",
    "tos",
    "input_snmp",
    "src_as",
];

/// The records on the wire, each as the text of these fields.
fn on_the_wire(folder: &Path, with_ipfix: bool) -> Vec<String> {
    let mut text = String::new();
    let file = File::open(folder.join("mixed/records.csv.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let mut records: Vec<String> = lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| with_ipfix || cells[place("version")] != "10")
        .map(|cells| KEPT.map(|name| cells[place(name)]).join(","))
        .collect();
    records.sort_unstable();
    records
}

#[test]
fn every_form_of_a_mixed_day() {
    let Some(folder) = folder() else { return };
    let expected = json(&folder.join("mixed/expected.json"));
    for (name, form) in expected["forms"].as_object().unwrap() {
        let file = File::open(folder.join("mixed").join(name)).unwrap();
        let (mut totals, mut records) = (Totals::default(), Vec::new());
        for line in BufReader::new(GzDecoder::new(file)).lines() {
            for found in flows(&line.unwrap()) {
                match found {
                    Ok(flow) => {
                        totals.add(&flow);
                        records.push(KEPT.map(|name| text(&flow, name)).join(","));
                    }
                    Err(NotAFlow::Options) => totals.options += 1,
                    Err(other) => panic!("{name}: {other:?}"),
                }
            }
        }
        let which = form["expected"].as_str().unwrap();
        let options = form["options_documents"].as_u64().unwrap();
        assert_eq!(totals, Totals::of_expected(&expected[which], options), "{name}");
        records.sort_unstable();
        let wanted = on_the_wire(&folder, which == "all");
        let differing: Vec<_> =
            records.iter().zip(&wanted).filter(|(found, wanted)| found != wanted).take(3).collect();
        assert!(differing.is_empty(), "{name}: {differing:#?}");
    }
}

/// What tells a record of version 9 apart, its times last.
const TIMED: [&str; 8] =
    ["exporter", "src_addr", "dst_addr", "src_port", "bytes", "packets", "first", "last"];

/// Times that Logstash 7 and 8 wrote, a second off, are those on the wire; those that
/// wrapped are unknown.
#[test]
fn late_times_of_version_9_are_repaired_to_those_on_the_wire() {
    let Some(folder) = folder() else { return };
    let mut text_of_wire = String::new();
    let file = File::open(folder.join("mixed/records.csv.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text_of_wire).unwrap();
    let mut lines = text_of_wire.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let mut wire: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[place("version")] == "9" {
            *wire.entry(TIMED.map(|name| cells[place(name)]).join(",")).or_default() += 1;
        }
    }
    for form in ["es7.elasticdump", "es7-plain.elasticdump", "es7-v10filter.elasticdump"] {
        let mut left = wire.clone();
        let (mut n_late, mut n_unknown) = (0, 0);
        let file = File::open(folder.join(format!("mixed/{form}.ndjson.gz"))).unwrap();
        for line in BufReader::new(GzDecoder::new(file)).lines() {
            for flow in flows(&line.unwrap()).into_iter().flatten() {
                if flow.version != Some(9) || flow.adapted.is_none() {
                    assert_eq!(flow.adapted, None);
                    continue;
                }
                if flow.first_switched_ms.is_none() || flow.last_switched_ms.is_none() {
                    n_unknown += 1;
                    continue;
                }
                n_late += 1;
                let flow = flowkit_model::logstash_times::repaired(&flow);
                let key = TIMED.map(|name| text(&flow, name)).join(",");
                let n = left.get_mut(&key).filter(|n| **n > 0);
                *n.unwrap_or_else(|| panic!("{form}: {key} is not on the wire")) -= 1;
            }
        }
        assert!(n_late > 1900 && n_unknown > 0 && n_unknown <= 55, "{n_late} {n_unknown}");
    }
}

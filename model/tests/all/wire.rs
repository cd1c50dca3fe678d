//! Packets of real devices and real traffic, decoded and written again, against
//! values that another reader and Wireshark gave.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder, and says so where not.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the test reads files, the crate does not"
)]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use flowkit_model::field::{Access, Wire};
use flowkit_model::wire::{Header, Misfit, Record, Uptime, decode, encode, split};
use flowkit_model::{Document, Entry, FIELDS, Field, FlowRecord, Kind, logstash_times, time};
use serde_json::Value;

fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("FLOWKIT_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: FLOWKIT_CORPORA does not name the corpora");
    }
    folder
}

fn json(path: &Path) -> Value {
    serde_json::from_reader(BufReader::new(File::open(path).unwrap())).unwrap()
}

/// Whether a field of a flow has the value that `expected` says in text.
fn assert_field(flow: &FlowRecord, field: &Field, expected: &str, place: &str) {
    let expected = match (field.access, field.kind) {
        (Access::Text { read, .. }, _) => {
            return assert_eq!(read(flow), Some(expected), "{place}: {}", field.name);
        }
        (_, Kind::Time) => time::parse_ms(expected).map(u128::from),
        (_, Kind::Address) => {
            Some(expected.parse::<std::net::Ipv4Addr>().unwrap().to_bits().into())
        }
        _ => expected.parse().ok(),
    };
    assert!(expected.is_some(), "{place}: {}", field.name);
    assert_eq!(field.number(flow), expected, "{place}: {}", field.name);
}

/// The name in the corpora of what the catalogue calls differently.
fn field_named(name: &str) -> Option<&'static Field> {
    match name {
        "host" => Field::by_name("exporter"),
        "first" => Field::by_name("first_switched"),
        "last" => Field::by_name("last_switched"),
        _ => Field::by_name(name),
    }
}

/// Document to bytes to document: every field is as it was, whatever boot time
/// is made up.
fn assert_comes_back(flow: &FlowRecord, place: &str) {
    for boot_ms in [0, flow.timestamp_ms.unwrap().cast_signed() - 90_000_000] {
        let (header, record) = encode::encode(flow, Uptime { boot_ms }).unwrap();
        let header = Header::from_bytes(&header.to_bytes());
        let again = Record::from_bytes(&record.to_bytes()).flow(&header, flow.exporter.as_deref());
        assert_eq!(&again, flow, "{place}");
    }
}

/// What Logstash 7 makes of a flow is as foretold, and repaired it has the
/// times of the wire.
fn assert_repair(document: &Value, header: &Header, record: &Record, flow: &FlowRecord) {
    let document = Document::parse(document.to_string().as_bytes()).unwrap().into_flow().unwrap();
    let written = |uptime| u64::try_from(logstash_times::written_ms(header, uptime)).ok();
    assert_eq!(document.first_switched_ms, written(record.first_uptime_ms));
    assert_eq!(document.last_switched_ms, written(record.last_uptime_ms));
    let repaired = logstash_times::repaired(&document);
    assert_eq!(repaired.first_switched_ms, flow.first_switched_ms);
    assert_eq!(repaired.last_switched_ms, flow.last_switched_ms);
}

#[test]
fn packets_of_devices() {
    let Some(corpora) = corpora() else { return };
    for (name, n_records) in [("goflow2-2018", 6), ("juniper-mx80", 29), ("softflowd-2015", 30)] {
        let bytes = std::fs::read(corpora.join(format!("device/{name}.bin"))).unwrap();
        let expected = json(&corpora.join(format!("device/{name}.expected.json")));
        let lengths: Vec<u64> = split(&bytes).map(|datagram| datagram.len() as u64).collect();
        assert_eq!(serde_json::json!(lengths), expected["datagram_lengths"]);
        let mut wanted = expected["flows"].as_array().unwrap().iter();
        for bytes in split(&bytes) {
            let datagram = decode(bytes).unwrap();
            assert_eq!(datagram.faults(), []);
            for (record, flow) in datagram.records().zip(datagram.flows(None)) {
                let case = wanted.next().unwrap();
                assert_repair(&case["codec_ls7"], datagram.header(), &record, &flow);
                let wanted = case["wire"].as_object().unwrap();
                assert_eq!(wanted["sys_uptime_ms"], datagram.header().sys_uptime_ms);
                assert_eq!(wanted["first_uptime_ms"], record.first_uptime_ms);
                assert_eq!(wanted["last_uptime_ms"], record.last_uptime_ms);
                let fields =
                    wanted.iter().filter_map(|(key, value)| Some((field_named(key)?, value)));
                let mut n_fields = 0;
                for (field, value) in fields {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    assert_field(&flow, field, &text, name);
                    n_fields += 1;
                }
                assert_eq!(n_fields, 24);
                assert_comes_back(&flow, name);
            }
        }
        assert_eq!(expected["flows"].as_array().unwrap().len(), n_records);
        assert!(wanted.next().is_none());
    }
}

/// The payloads of a pcap file of UDP over IPv4 over Ethernet.
fn payloads(pcap: &[u8]) -> Vec<(String, &[u8])> {
    let mut rest = &pcap[24..];
    let mut payloads = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (frame, next) = rest[16..].split_at(length);
        let [a, b, c, d] = frame[26..30].try_into().unwrap();
        payloads.push((format!("{a}.{b}.{c}.{d}"), &frame[42..]));
        rest = next;
    }
    payloads
}

#[test]
fn packets_of_real_traffic() {
    let Some(corpora) = corpora() else { return };
    for (set, n_records) in [("day", 8201), ("edge", 708), ("years", 2296)] {
        let pcap = std::fs::read(corpora.join(set).join("export.pcap")).unwrap();
        let records = File::open(corpora.join(set).join("records.csv.gz")).unwrap();
        let mut lines = BufReader::new(GzDecoder::new(records)).lines().map(Result::unwrap);
        let names: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
        let mut n_read = 0;
        for (exporter, payload) in payloads(&pcap) {
            let datagram = decode(payload).unwrap();
            assert_eq!(datagram.faults(), []);
            let flows: Vec<FlowRecord> = datagram.flows(Some(&exporter)).collect();
            for (record, flow) in datagram.records().zip(&flows) {
                let line = lines.next().unwrap();
                for (name, value) in names.iter().zip(line.split(',')) {
                    match (name.as_str(), field_named(name)) {
                        (_, Some(field)) => assert_field(flow, field, value, &line),
                        ("sys_uptime_ms", _) => {
                            assert_eq!(value, datagram.header().sys_uptime_ms.to_string());
                        }
                        ("first_uptime_ms", _) => {
                            assert_eq!(value, record.first_uptime_ms.to_string());
                        }
                        ("last_uptime_ms", _) => {
                            assert_eq!(value, record.last_uptime_ms.to_string());
                        }
                        (name, _) => assert_eq!(name, "index_in_datagram"),
                    }
                }
                assert_comes_back(flow, &line);
                n_read += 1;
            }
        }
        assert_eq!(n_read, n_records);
        assert_eq!(lines.next(), None);
    }
}

#[test]
fn broken_datagrams() {
    let Some(corpora) = corpora() else { return };
    let cases = json(&corpora.join("robust/expected.json"));
    let mut n_cases = 0;
    for case in cases["cases"].as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        if Path::new(file).extension().is_none_or(|extension| extension != "bin") {
            continue;
        }
        let bytes = std::fs::read(corpora.join("robust").join(file)).unwrap();
        let n_flows = decode(&bytes).map_or(0, |datagram| datagram.flows(None).count());
        let allowed = &case["expected"]["flows"];
        let allowed = allowed.as_str().map_or_else(|| allowed.to_string(), str::to_owned);
        assert!(allowed.split(" or ").any(|allowed| allowed == n_flows.to_string()), "{file}");
        let quiet = decode(&bytes).is_ok_and(|datagram| datagram.faults().is_empty());
        let good = ["good-5", "odd-values", "uptime-wrap", "sampled-1000"];
        assert_eq!(quiet, good.iter().any(|good| file.contains(good)), "{file}");
        n_cases += 1;
    }
    assert_eq!(n_cases, 20);
}

/// The flows of a file with one hit a line.
fn hits(path: &Path) -> impl Iterator<Item = FlowRecord> + use<> {
    BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines().map(|line| {
        let line = line.unwrap();
        let Entry::Hit(hit) = Entry::parse(line.as_bytes()).unwrap() else { panic!("{line}") };
        hit.into_flow().unwrap()
    })
}

/// Document to bytes to document: each field whose value fits comes back, and
/// of real documents nothing but a time 49.7 days ahead does not fit.
#[test]
fn documents_of_real_traffic() {
    let Some(corpora) = corpora() else { return };
    for (file, n_flows) in [
        ("day/es6.elasticdump.ndjson.gz", 8201),
        ("day/es7.elasticdump.ndjson.gz", 8201),
        ("edge/es6-plain.elasticdump.ndjson.gz", 708),
        ("edge/es8-plain.elasticdump.ndjson.gz", 708),
        ("years/es6.elasticdump.ndjson.gz", 2296),
        ("years/es8.elasticdump.ndjson.gz", 2296),
    ] {
        let (mut n_read, mut n_too_far) = (0, 0);
        for flow in hits(&corpora.join(file)) {
            let repaired = logstash_times::repaired(&flow);
            for (flow, is_repaired) in [(&flow, false), (&repaired, true)] {
                let (header, record, misfits) =
                    encode::encode_what_fits(flow, Uptime { boot_ms: 1_000_000 });
                let again = record.flow(&header, None);
                for field in FIELDS.iter().filter(|field| field.wire != Wire::Nowhere) {
                    let read = |flow| field.number(flow);
                    match misfits.iter().find(|misfit| misfit.field() == field.name) {
                        None => assert_eq!(read(&again), read(flow), "{file}: {}", field.name),
                        Some(Misfit::TooFar { .. }) if is_repaired => {
                            panic!("{file}: {flow:?}");
                        }
                        Some(Misfit::TooFar { .. }) => n_too_far += 1,
                        Some(other) => panic!("{file}: {other}"),
                    }
                }
            }
            n_read += 1;
        }
        assert_eq!(n_read, n_flows, "{file}");
        // The uptime of exporter B wraps during the day.
        let expected = if file.starts_with("day") { 98 } else { 0 };
        assert_eq!(n_too_far, expected, "{file}: times 49.7 days ahead");
    }
}

/// What Logstash 7 made of a day, repaired, has the times of the wire: each
/// one, late seconds and wraps.
#[test]
fn late_times_of_real_traffic_are_repaired_exactly() {
    let Some(corpora) = corpora() else { return };
    let key = |flow: &FlowRecord| {
        (flow.exporter.clone(), flow.timestamp_ms, flow.src_addr, flow.src_port, flow.dst_addr)
    };
    for (set, file) in
        [("day", "es7.elasticdump.ndjson.gz"), ("years", "es8.elasticdump.ndjson.gz")]
    {
        let mut repaired: Vec<_> = hits(&corpora.join(set).join(file))
            .map(|flow| logstash_times::repaired(&flow))
            .map(|flow| {
                (
                    key(&flow),
                    flow.dst_port,
                    flow.bytes,
                    flow.first_switched_ms,
                    flow.last_switched_ms,
                )
            })
            .collect();
        let pcap = std::fs::read(corpora.join(set).join("export.pcap")).unwrap();
        let mut wire: Vec<_> = payloads(&pcap)
            .iter()
            .flat_map(|(exporter, payload)| {
                decode(payload).unwrap().flows(Some(exporter)).collect::<Vec<_>>()
            })
            .map(|flow| {
                (
                    key(&flow),
                    flow.dst_port,
                    flow.bytes,
                    flow.first_switched_ms,
                    flow.last_switched_ms,
                )
            })
            .collect();
        repaired.sort();
        wire.sort();
        assert_eq!(repaired.len(), wire.len());
        assert!(repaired == wire, "{set}");
    }
}

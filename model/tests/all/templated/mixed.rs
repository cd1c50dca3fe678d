//! A day of nine exporters, of which several use the same numbers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::IpAddr;

use flate2::read::GzDecoder;
use flowkit_model::wire::templated::{Class, Part, Templates};
use serde_json::json;

use super::{by_value, corpora, read_json, values};

/// The payloads of a pcap file of UDP over IPv4 or IPv6 over Ethernet, with the
/// exporters.
fn payloads(pcap: &[u8]) -> Vec<(IpAddr, &[u8])> {
    let mut rest = &pcap[24..];
    let mut payloads = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (frame, next) = rest[16..].split_at(length);
        let is_ipv6 = frame[12..14] == [0x86, 0xdd];
        payloads.push(if is_ipv6 {
            (<[u8; 16]>::try_from(&frame[22..38]).unwrap().into(), &frame[62..])
        } else {
            (<[u8; 4]>::try_from(&frame[26..30]).unwrap().into(), &frame[42..])
        });
        rest = next;
    }
    payloads
}

/// Pairs of exporters with one source id and number for different templates: the
/// capture has one right reading, by the address of the exporter.
#[test]
fn exporters_that_collide() {
    let Some(folder) = corpora() else { return };
    let pcap = std::fs::read(folder.join("collision/export.pcap")).unwrap();
    let expected = read_json(&folder.join("collision/expected.json"));
    let mut templates = Templates::new();
    let mut sums: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for (exporter, payload) in payloads(&pcap) {
        for part in templates.read(Some(exporter), payload).unwrap() {
            let Part::Data(data) = part else { continue };
            let sums = sums.entry(exporter.to_string()).or_default();
            for flow in data.records().map(|record| record.exported()) {
                assert!(flow.impossible.is_empty(), "{flow:?}");
                if flow.class.is_flow() {
                    sums[0] += 1;
                    sums[1] += flow.packets.unwrap_or(0);
                    sums[2] += flow.bytes.unwrap_or(0);
                }
            }
        }
    }
    let expected = expected["wire"]["by_exporter"].as_object().unwrap();
    let expected = expected.iter().map(|(exporter, sums)| {
        let sum = |name: &str| sums[name].as_u64().unwrap();
        (exporter.clone(), ["flows", "packets", "bytes"].map(sum))
    });
    assert_eq!(sums, expected.collect());
}

/// Nine exporters with the same numbers for different templates, restarts, and
/// each way to send times and counters.
#[test]
fn a_day_of_mixed_exporters() {
    let Some(folder) = corpora() else { return };
    let pcap = std::fs::read(folder.join("mixed/export.pcap")).unwrap();
    let records = File::open(folder.join("mixed/records.csv.gz")).unwrap();
    let mut lines = BufReader::new(GzDecoder::new(records)).lines().map(Result::unwrap);
    let names: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let mut lines = lines.filter(|line| line.split(',').nth(1) != Some("5"));
    let mut templates = Templates::new();
    let mut rates = BTreeMap::new();
    let (mut n_flows, mut n_options) = (0, 0);
    for (exporter, payload) in payloads(&pcap) {
        let Ok(walk) = templates.read(Some(exporter), payload) else { continue };
        let mut data = Vec::new();
        for part in walk {
            match part {
                Part::Data(part) => data.push(part),
                Part::Fault(fault) => panic!("{exporter}: {fault}"),
                _ => {}
            }
        }
        for record in data.iter().flat_map(|data| data.records()) {
            let own = record.exported();
            assert!(own.impossible.is_empty(), "{own:?}");
            if own.class == Class::Options {
                let sampling = record.options().sampling;
                rates.extend(sampling.and_then(|rate| Some((exporter, rate.interval()?))));
                n_options += 1;
                continue;
            }
            let line = lines.next().unwrap();
            let mut own = values(&own);
            own.insert("exporter".into(), json!(exporter));
            own.extend(rates.get(&exporter).map(|rate| ("sampling_interval".into(), json!(rate))));
            for (name, value) in names.iter().zip(line.split(',')) {
                let is_other = ["datagram", "index_in_datagram", "rev_tcp_flags"];
                if is_other.contains(&name.as_str()) {
                    continue;
                }
                let own = own.get(name).map_or_else(String::new, |own| {
                    own.as_str().map_or_else(|| own.to_string(), str::to_owned)
                });
                let is_address = ["src_addr", "dst_addr", "next_hop"].contains(&name.as_str());
                let value = if is_address { by_value(&json!(value)) } else { json!(value) };
                assert_eq!(json!(own), value, "{name}: {line}");
            }
            n_flows += 1;
        }
    }
    assert_eq!((n_flows, n_options, lines.next()), (3986, 379, None));
}

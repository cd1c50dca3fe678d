//! Every flow of a capture of versions 5, 9 and IPFIX, as Wireshark decodes it.
//!
//! Runs where `tshark` is on the path and `FLOWKIT_CORPORA` names the corpora, and says
//! so where not.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use flowkit_analyze::Source;
use flowkit_model::FlowRecord;
use serde_json::{Map, Value};

use crate::exporting::flows_and_tally;
use crate::oracle;

/// The values of a flow that both have.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    addresses: [Option<IpAddr>; 3],
    bytes: Option<u64>,
    packets: Option<u64>,
    numbers: [Option<u64>; 13],
    macs: [Option<u64>; 2],
}

impl Seen {
    fn here(flow: &FlowRecord) -> Self {
        let wide = |value: Option<u32>| value.map(u64::from);
        let half = |value: Option<u16>| value.map(u64::from);
        let byte = |value: Option<u8>| value.map(u64::from);
        Self {
            addresses: [flow.src_addr, flow.dst_addr, flow.next_hop].map(|a| a.map(IpAddr::from)),
            bytes: flow.bytes,
            packets: flow.packets,
            numbers: [
                half(flow.version),
                half(flow.src_port),
                half(flow.dst_port),
                byte(flow.protocol),
                byte(flow.tos),
                byte(flow.tcp_flags),
                wide(flow.input_snmp),
                wide(flow.output_snmp),
                wide(flow.src_as),
                wide(flow.dst_as),
                byte(flow.src_mask_len),
                byte(flow.direction),
                half(flow.nat_dst_port),
            ],
            macs: [flow.src_mac, flow.dst_mac],
        }
    }

    /// By the names of tshark; of several members of one meaning the first that is there.
    fn there(version: u64, record: &Map<String, Value>) -> Self {
        let text = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| record.get(&format!("cflow.{name}")));
            values.next().map(|value| value.as_array().map_or(value, |list| &list[0]))
        };
        let number = |names: &[&str]| text(names).map(|value| whole(value.as_str().unwrap()));
        let mac = |name: &str| {
            let digits = text(&[name])?.as_str().unwrap().replace(':', "");
            Some(u64::from_str_radix(&digits, 16).unwrap())
        };
        Self {
            addresses: ["srcaddr", "dstaddr", "nexthop"].map(|name| address(record, name)),
            bytes: number(&["octets", "post_octets", "permanent_octets", "initiator_octets"]),
            packets: number(&["packets", "post_packets", "permanent_packets", "initiator_packets"]),
            numbers: [
                Some(version),
                number(&["srcport"]),
                number(&["dstport"]),
                number(&["protocol"]),
                number(&["tos"]),
                number(&["tcpflags"]),
                number(&["inputint"]),
                number(&["outputint"]),
                number(&["srcas"]),
                number(&["dstas"]),
                number(&["srcmask", "srcmaskv6"]),
                number(&["direction"]),
                number(&["post_naptdestination_transport_port"]),
            ],
            macs: ["srcmac", "dstmac"].map(mac),
        }
    }
}

/// Decimal, or `0x1b`.
fn whole(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

/// That of IPv4, unless it is unspecified beside one of IPv6; a mapped one is of IPv4.
fn address(record: &Map<String, Value>, name: &str) -> Option<IpAddr> {
    let of = |name: String| {
        let address: IpAddr = record.get(&name)?.as_str().unwrap().parse().unwrap();
        Some(address.to_canonical())
    };
    let (v4, v6) = (of(format!("cflow.{name}")), of(format!("cflow.{name}v6")));
    v4.filter(|v4| !v4.is_unspecified() || v6.is_none()).or(v6)
}

/// Members as they were written: by the first number in their names.
fn in_order(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let number = |name: &str| {
        let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse::<u32>().ok()
    };
    let mut members: Vec<(&String, &Value)> = object.iter().collect();
    members.sort_by_key(|(name, _)| number(name));
    members
}

/// The flows of a capture, in its order. What its options say is none.
fn tshark(capture: &Path) -> Vec<Seen> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-d", "udp.port==2055,cflow", "-T", "json"]);
    let output = command.args(["--no-duplicate-keys", "-J", "cflow"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let frames: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut seen = Vec::new();
    for frame in &frames {
        let datagram = frame["_source"]["layers"]["cflow"].as_object().unwrap();
        let version = whole(datagram["cflow.version"].as_str().unwrap());
        let mut add = |record: &Value| {
            let record = record.as_object().unwrap();
            let has = |names: &[&str]| {
                names.iter().any(|name| record.contains_key(&format!("cflow.{name}")))
            };
            let is_counted = has(&["octets", "post_octets", "permanent_octets"]);
            let has_address = has(&["srcaddr", "dstaddr", "srcaddrv6", "dstaddrv6"]);
            if has_address || is_counted && has(&["srcmac", "vlanid"]) {
                seen.push(Seen::there(version, record));
            }
        };
        for (name, part) in in_order(datagram) {
            if name.starts_with("pdu ") {
                add(part);
            } else if name.contains("Set ") {
                let records = in_order(part.as_object().unwrap()).into_iter();
                let records = records.filter(|(name, _)| name.starts_with("Flow "));
                records.for_each(|(_, record)| add(record));
            }
        }
    }
    seen
}

/// The exporter that begins anew and gives its templates other fields, of which tshark
/// takes no notice; and when it does, in seconds since 1970.
const RESTARTED: ([u8; 4], u32) = ([192, 0, 2, 3], 1_557_837_000);

/// Frames of a capture: those of the exporter since it began anew, and all others.
fn parted(capture: &[u8]) -> [Vec<u8>; 2] {
    let (header, mut rest) = capture.split_at(24);
    let mut parts = [header.to_vec(), header.to_vec()];
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let length = 16 + usize::try_from(word(8)).unwrap();
        let is_of_it = rest[16 + 14 + 12..][..4] == RESTARTED.0 && rest[16 + 12] == 8;
        let part = usize::from(!(is_of_it && word(0) >= RESTARTED.1));
        parts[part].extend(&rest[..length]);
        rest = &rest[length..];
    }
    parts
}

#[test]
fn every_flow_is_as_tshark_sees_it() {
    let Some(corpora) = oracle::corpora() else { return };
    if Command::new("tshark").arg("-v").output().is_err() {
        eprintln!("skipped: tshark is not on the path");
        return;
    }
    let capture = corpora.join("v9/mixed/export.pcap");
    let flows = flows_and_tally(Source::open(&capture).unwrap()).0;
    let restarted = IpAddr::from(RESTARTED.0).to_string();
    let is_since = |flow: &FlowRecord| {
        let since = u64::from(RESTARTED.1) * 1000;
        flow.exporter.as_ref() == Some(&restarted) && flow.timestamp_ms >= Some(since)
    };
    let folder = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for (part, is_new) in parted(&fs::read(&capture).unwrap()).iter().zip([true, false]) {
        let file = folder.path().join("part.pcap");
        fs::write(&file, part).unwrap();
        let there = tshark(&file);
        let here: Vec<Seen> =
            flows.iter().filter(|flow| is_since(flow) == is_new).map(Seen::here).collect();
        for (n, (here, there)) in here.iter().zip(&there).enumerate() {
            assert_eq!(here, there, "flow {n}");
        }
        assert_eq!(here.len(), there.len());
        compared += there.len();
    }
    assert_eq!(compared, flows.len());
    eprintln!("{compared} flows are equal");
}

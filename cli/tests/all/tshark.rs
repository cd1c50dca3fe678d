//! Every number that `flowkit explain` prints for real packets, against
//! Wireshark's decoder.
//!
//! Runs where `tshark` is on the path and `FLOWKIT_CORPORA` names the corpora,
//! and says so where not.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use flowkit_model::{time, wire};
use serde_json::Value;

/// tshark's fields of a header, and what they are called in the page.
const HEADER: &[(&str, &str)] = &[
    ("cflow.version", "version"),
    ("cflow.count", "count"),
    ("cflow.sysuptime", "SysUptime"),
    ("cflow.unix_secs", "unix_secs"),
    ("cflow.unix_nsecs", "unix_nsecs"),
    ("cflow.sequence", "flow_sequence"),
    ("cflow.engine_type", "engine_type"),
    ("cflow.engine_id", "engine_id"),
    ("cflow.samplingmode", "sampling_algorithm"),
    ("cflow.samplerate", "sampling_interval"),
    ("ip.src", "exporter"),
];

/// tshark's fields of a record, in the page, and in the catalogue.
const RECORD: &[(&str, &str, &str)] = &[
    ("cflow.srcaddr", "srcaddr", "src_addr"),
    ("cflow.dstaddr", "dstaddr", "dst_addr"),
    ("cflow.nexthop", "nexthop", "next_hop"),
    ("cflow.inputint", "input", "input_snmp"),
    ("cflow.outputint", "output", "output_snmp"),
    ("cflow.packets", "dPkts", "packets"),
    ("cflow.octets", "dOctets", "bytes"),
    ("cflow.timestart", "First", "first_uptime_ms"),
    ("cflow.timeend", "Last", "last_uptime_ms"),
    ("cflow.srcport", "srcport", "src_port"),
    ("cflow.dstport", "dstport", "dst_port"),
    ("cflow.tcpflags", "tcp_flags", "tcp_flags"),
    ("cflow.protocol", "prot", "protocol"),
    ("cflow.tos", "tos", "tos"),
    ("cflow.srcas", "src_as", "src_as"),
    ("cflow.dstas", "dst_as", "dst_as"),
    ("cflow.srcmask", "src_mask", "src_mask_len"),
    ("cflow.dstmask", "dst_mask", "dst_mask_len"),
];

/// Numbers as tshark writes them, as decimal numbers: `0x1b`, and seconds with
/// nine decimals as milliseconds.
fn plain(text: &str) -> String {
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).unwrap().to_string();
    }
    match text.split_once('.') {
        Some((seconds, decimals)) if decimals.len() == 9 && !decimals.contains('.') => {
            let (seconds, ms) =
                (seconds.parse::<u64>().unwrap(), decimals[..3].parse::<u64>().unwrap());
            (seconds * 1000 + ms).to_string()
        }
        _ => text.to_owned(),
    }
}

/// One map a record: header and record fields by the names of the page.
fn tshark(pcap: &Path) -> Vec<HashMap<&'static str, String>> {
    let fields = || HEADER.iter().map(|row| row.0).chain(RECORD.iter().map(|row| row.0));
    let mut command = Command::new("tshark");
    command.arg("-r").arg(pcap).args([
        "-d",
        "udp.port==2055,cflow",
        "-T",
        "fields",
        "-E",
        "aggregator=;",
    ]);
    for field in fields().chain(["cflow.padding"]) {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut records = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let columns: Vec<Vec<String>> =
            line.split('\t').map(|column| column.split(';').map(plain).collect()).collect();
        let count: usize = columns[1][0].parse().unwrap();
        for record in 0..count {
            let header =
                HEADER.iter().zip(&columns).map(|(row, values)| (row.1, values[0].clone()));
            let own = RECORD.iter().zip(&columns[HEADER.len()..]);
            let own = own.map(|(row, values)| (row.1, values[record].clone()));
            let pads = columns.last().unwrap();
            let pads = [("pad1", &pads[record * 2]), ("pad2", &pads[record * 2 + 1])];
            let pads = pads.into_iter().map(|(name, hex)| {
                let hex = hex.replace(':', "");
                (name, u32::from_str_radix(&hex, 16).unwrap().to_string())
            });
            records.push(header.chain(own).chain(pads).collect());
        }
    }
    records
}

fn explain(pcap: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(["explain", "--packet"]).arg(pcap).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The absolute time of an uptime, from tshark's numbers, as text.
fn absolute(record: &HashMap<&str, String>, uptime: &str) -> String {
    let number = |name: &str| record[name].parse::<i64>().unwrap();
    let mut age = number("SysUptime") - number(uptime);
    if age < -(1 << 31) {
        age += 1 << 32; // the uptime wrapped
    }
    let export = number("unix_secs") * 1000 + number("unix_nsecs") / 1_000_000;
    time::format_ms(u64::try_from(export - age).unwrap())
}

/// The page's value of each member, record by record.
fn pages(text: &str) -> Vec<HashMap<String, String>> {
    let mut records = Vec::new();
    let (mut header, mut record) = (HashMap::new(), HashMap::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if line.starts_with("Datagram ") {
            header = HashMap::new();
        }
        let is_member =
            line.starts_with("  ") && words.len() > 2 && words[0].len() == 1 && line.len() > 34;
        if !is_member {
            continue;
        }
        let (name, value) = (words[1].to_owned(), line[33..].split_whitespace().next().unwrap());
        let is_header = ["version", "count", "SysUptime", "unix_secs", "unix_nsecs"]
            .contains(&words[1])
            || ["flow_sequence", "engine_type", "engine_id", "sampling"].contains(&words[1]);
        if is_header {
            header.insert(name, value.to_owned());
        } else {
            record.insert(name.clone(), value.to_owned());
            if name == "pad2" {
                record.extend(header.clone());
                records.push(std::mem::take(&mut record));
            }
        }
    }
    records
}

fn compare(pcap: &Path, at_least: usize) {
    let theirs = tshark(pcap);
    let json: Value = serde_json::from_str(&explain(pcap, &["--format", "json"])).unwrap();
    let json = json.as_array().unwrap();
    let pages = pages(&explain(pcap, &[]));
    assert!(theirs.len() >= at_least);
    assert_eq!((json.len(), pages.len()), (theirs.len(), theirs.len()));
    for ((theirs, json), page) in theirs.iter().zip(json).zip(&pages) {
        let ours = |name: &str| match &json[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        for (_, member, field) in RECORD {
            assert_eq!(ours(field), theirs[member], "{field}");
            assert_eq!(page[*member], theirs[member], "{member}");
        }
        for pad in ["pad1", "pad2"] {
            assert_eq!((ours(pad), page[pad].clone()), (theirs[pad].clone(), theirs[pad].clone()));
        }
        for (member, field) in [
            ("version", "version"),
            ("count", "flow_records"),
            ("SysUptime", "sys_uptime_ms"),
            ("unix_secs", "unix_secs"),
            ("unix_nsecs", "unix_nsecs"),
            ("flow_sequence", "flow_seq_num"),
            ("engine_type", "engine_type"),
            ("engine_id", "engine_id"),
        ] {
            assert_eq!(ours(field), theirs[member], "{field}");
            assert_eq!(page[member], theirs[member], "{member}");
        }
        for field in ["sampling_algorithm", "sampling_interval", "exporter"] {
            assert_eq!(ours(field), theirs[field], "{field}");
        }
        assert_eq!(ours("first_switched"), absolute(theirs, "First"));
        assert_eq!(ours("last_switched"), absolute(theirs, "Last"));
    }
}

fn tools() -> Option<PathBuf> {
    let corpora = std::env::var_os("FLOWKIT_CORPORA").map(PathBuf::from);
    let tshark = Command::new("tshark").arg("--version").output().is_ok();
    if corpora.is_none() || !tshark {
        eprintln!("skipped: FLOWKIT_CORPORA does not name the corpora, or no tshark on the path");
        return None;
    }
    corpora
}

/// A pcap file with each datagram in a frame.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut pcap = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    pcap.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    for payload in wire::split(bytes) {
        let length = u16::try_from(payload.len()).unwrap();
        let mut frame = vec![2; 12];
        frame.extend([8, 0, 0x45, 0]);
        frame.extend((length + 28).to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 8, 7, 8, 7]);
        frame.extend((length + 8).to_be_bytes());
        frame.extend([0, 0]);
        frame.extend(payload);
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        pcap.extend([[0; 4], [0; 4], length, length].concat());
        pcap.extend(frame);
    }
    pcap
}

#[test]
fn packets_of_devices_as_tshark_sees_them() {
    let Some(corpora) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, n_records) in [("goflow2-2018", 6), ("juniper-mx80", 29), ("softflowd-2015", 30)] {
        let bytes = std::fs::read(corpora.join(format!("device/{name}.bin"))).unwrap();
        let pcap = folder.path().join(name);
        std::fs::write(&pcap, framed(&bytes)).unwrap();
        compare(&pcap, n_records);
    }
}

#[test]
fn a_day_of_packets_as_tshark_sees_it() {
    let Some(corpora) = tools() else { return };
    compare(&corpora.join("day/export.pcap"), 1000);
}

//! Flows of versions 5, 9 and IPFIX as nfdump's collector stores them: each exporter
//! sends its datagrams from an address of its own.
//!
//! Runs where `nfcapd` and `nfdump` are on the path and `FLOWKIT_CORPORA` names the
//! corpora, and says so where not.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::nfcapd::{Collector, flowkit, is_there, run};

/// The last byte of an exporter's address, both addresses, both ports, packets, bytes.
type Flow = (u8, IpAddr, IpAddr, u16, u16, u64, u64);

/// Exporters whose counters nfdump multiplies by the sampling that they state.
const MULTIPLIED: [(u8, u64); 2] = [(1, 100), (4, 1000)];

/// The exporter some of whose counters are of what went out, which are others to nfdump.
const OF_WHAT_WENT_OUT: u8 = 8;

/// How often each row of csv is there.
fn counted(csv: &str, flow: impl Fn(&dyn Fn(&str) -> String) -> Flow) -> BTreeMap<Flow, u64> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut rows = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |name: &str| {
            let place = names.iter().position(|known| *known == name).unwrap();
            cells[place].to_owned()
        };
        *rows.entry(flow(&cell)).or_default() += 1;
    }
    rows
}

/// A number; 0 where it is unknown, as nfdump has it.
fn number<T: std::str::FromStr + Default>(text: &str) -> T {
    if text.is_empty() { T::default() } else { text.parse().ok().unwrap() }
}

fn address(text: &str) -> IpAddr {
    if text.is_empty() { IpAddr::from([0; 4]) } else { text.parse().unwrap() }
}

fn here(capture: &Path) -> BTreeMap<Flow, u64> {
    let csv = flowkit(&["export", "--format", "csv", &capture.display().to_string()]);
    counted(&csv, |cell| {
        let exporter = cell("exporter");
        let last = number(exporter.rsplit(['.', ':']).next().unwrap());
        let sampling = MULTIPLIED.iter().find(|row| row.0 == last).map_or(1, |row| row.1);
        let is_icmp = ["1", "58"].contains(&cell("protocol").as_str());
        let port = |name: &str| if is_icmp { 0 } else { number(&cell(name)) };
        let ports = (port("src_port"), port("dst_port"));
        let (packets, bytes): (u64, u64) = (number(&cell("packets")), number(&cell("bytes")));
        let (src, dst) = (address(&cell("src_addr")), address(&cell("dst_addr")));
        (last, src, dst, ports.0, ports.1, packets * sampling, bytes * sampling)
    })
}

fn there(folder: &Path) -> BTreeMap<Flow, u64> {
    let csv = run("nfdump", &["-R", &folder.display().to_string(), "-o", "csv"]);
    counted(csv.split("\nSummary").next().unwrap(), |cell| {
        let exporter: u8 = number(cell("ra").rsplit('.').next().unwrap());
        let went_out = exporter == OF_WHAT_WENT_OUT && cell("ipkt") == "0";
        let counters = if went_out { ["opkt", "obyt"] } else { ["ipkt", "ibyt"] };
        let [packets, bytes] = counters.map(|name| number(&cell(name)));
        // Type and code of ICMP stand in the port of some templates, and of some not.
        let is_icmp = cell("pr").starts_with("ICMP");
        let port = |name: &str| if is_icmp { 0 } else { number(&cell(name)) };
        let (src_port, dst_port) = (port("sp"), port("dp"));
        (exporter, address(&cell("sa")), address(&cell("da")), src_port, dst_port, packets, bytes)
    })
}

/// Sends what stands in a capture of Ethernet frames without options of IP.
fn send(capture: &[u8], port: u16) {
    let mut sockets: BTreeMap<u8, UdpSocket> = BTreeMap::new();
    let mut rest = &capture[24..];
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()).try_into().unwrap();
        let (frame, after) = rest[16..].split_at(length);
        rest = after;
        let is_ipv4 = frame[12] == 8;
        let (exporter, ip) = if is_ipv4 { (frame[29], 20) } else { (frame[37], 40) };
        let socket = sockets
            .entry(exporter)
            .or_insert_with(|| UdpSocket::bind((Ipv4Addr::new(127, 0, 0, exporter), 0)).unwrap());
        socket.send_to(&frame[14 + ip + 8..], ("127.0.0.1", port)).unwrap();
        // The collector has a buffer of its system's size.
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_real_collector_has_the_flows_that_we_have() {
    let Some(corpora) = std::env::var_os("FLOWKIT_CORPORA").filter(|_| is_there()) else {
        eprintln!("skipped: it needs nfcapd, nfdump and the corpora");
        return;
    };
    let capture = Path::new(&corpora).join("v9/mixed/export.pcap");
    let folder = tempfile::tempdir().unwrap();
    let stored = folder.path().join("stored");
    let collector = Collector::start(&stored);
    send(&std::fs::read(&capture).unwrap(), collector.port);
    collector.stop();
    let (here, there) = (here(&capture), there(&stored));
    for (flow, n) in &here {
        assert_eq!(there.get(flow), Some(n), "{flow:?}");
    }
    assert_eq!(here.len(), there.len());
    eprintln!("{} flows are equal", here.values().sum::<u64>());
}

//! The same filters and statistics asked of nfdump, over the export packets of
//! each corpus.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder of the corpora and `nfcapd` and
//! `nfdump` (1.7) are on the path. Where nfdump differs on purpose, the case
//! has a name: [`Difference`](differences::Difference).

mod differences;
mod filters;
mod listed;
mod printed;
mod statistics;
mod windows;

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowkit_analyze::in_memory::Batch;
use flowkit_model::FlowRecord;
use flowkit_model::question::{Flows, Order, Question};

use crate::asking::{filtered, of_batches, top};
use crate::batches::batches;
use crate::oracle;

/// A set that nfcapd has taken in, and the same flows here.
struct Set {
    name: &'static str,
    folder: PathBuf,
    flows: Vec<FlowRecord>,
    batches: Vec<Batch>,
    _folder: tempfile::TempDir,
}

fn sets() -> Vec<Set> {
    let Some(corpora) = oracle::corpora() else { return Vec::new() };
    if Command::new("nfdump").arg("-V").output().is_err() {
        println!("skipped: nfdump is not installed");
        return Vec::new();
    }
    ["day", "edge", "years"].map(|name| set(&corpora, name)).into()
}

/// Sends the datagrams of a capture to an nfcapd of its own.
fn set(corpora: &Path, name: &'static str) -> Set {
    let folder = tempfile::tempdir().unwrap();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut nfcapd = Command::new("nfcapd")
        .args(["-b", "127.0.0.1", "-p", &port.to_string(), "-B", "4000000", "-t", "86400", "-w"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let mut exporters: BTreeMap<[u8; 4], (String, UdpSocket)> = BTreeMap::new();
    let capture = std::fs::read(corpora.join(name).join("export.pcap")).unwrap();
    for (n, (source, datagram)) in datagrams(&capture).enumerate() {
        let next = 10 + exporters.len();
        let (_, socket) = exporters.entry(source).or_insert_with(|| {
            let address = format!("127.0.0.{next}");
            let socket = UdpSocket::bind((address.as_str(), 0)).unwrap();
            (address, socket)
        });
        socket.send_to(datagram, ("127.0.0.1", port)).unwrap();
        if n % 50 == 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    std::thread::sleep(Duration::from_secs(1));
    stop(&mut nfcapd);
    let mut flows = oracle::flows(name);
    for flow in &mut flows {
        let address: std::net::Ipv4Addr = flow.exporter.as_ref().unwrap().parse().unwrap();
        flow.exporter = Some(exporters[&address.octets()].0.clone());
    }
    let batches = batches(&flows, 1000);
    Set { name, folder: folder.path().into(), flows, batches, _folder: folder }
}

/// Ends nfcapd so that it closes its file.
fn stop(nfcapd: &mut Child) {
    let status = Command::new("kill").arg(nfcapd.id().to_string()).status().unwrap();
    assert!(status.success());
    nfcapd.wait().unwrap();
}

/// Sender and payload of each frame: Ethernet, IPv4, UDP, little-endian pcap.
fn datagrams(capture: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = &capture[24..];
    std::iter::from_fn(move || {
        let length = u32::from_le_bytes(rest.get(8..12)?.try_into().unwrap()) as usize;
        let frame = &rest[16..16 + length];
        rest = &rest[16 + length..];
        let header = usize::from(frame[14] & 15) * 4;
        Some((frame[26..30].try_into().unwrap(), &frame[14 + header + 8..]))
    })
}

fn nfdump(set: &Set, arguments: &[&str]) -> String {
    let mut command = Command::new("nfdump");
    command.env("TZ", "UTC").arg("-R").arg(&set.folder).args(arguments);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text + &String::from_utf8_lossy(&output.stderr)
}

/// Flows, packets and bytes in the summary of nfdump; none of what it refuses.
fn summary(set: &Set, filter: &str) -> Option<[u128; 3]> {
    let text = nfdump(set, &["-s", "proto/bytes", "-n", "0", "-o", "csv", filter]);
    if text.contains("No matching flows") {
        return Some([0; 3]);
    }
    let line = text.lines().skip_while(|line| !line.starts_with("flows,bytes,packets")).nth(1)?;
    let mut numbers = line.split(',').map(|number| number.parse::<u128>().unwrap());
    let mut next = || numbers.next().unwrap();
    let (flows, bytes, packets) = (next(), next(), next());
    Some([flows, packets, bytes])
}

/// A question as nfdump counts: sampled flows are multiplied.
fn as_nfdump(question: Question) -> Question {
    let flows = Flows { scale_sampling: true, ..question.flows };
    Question::new(question.report, flows)
}

fn total(set: &Set, filter: &str) -> [u128; 3] {
    let question = as_nfdump(filtered(top(&[], Order::default()), filter));
    let total = of_batches(&set.batches, &question).tally.total;
    [total.flows.into(), total.packets, total.bytes]
}

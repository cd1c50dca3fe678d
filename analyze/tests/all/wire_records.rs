//! Every record of real packets, through the reader of inputs, against the
//! flows of the corpora and against Wireshark's decoder.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder of the corpora; the comparison
//! with Wireshark also needs `tshark` on the path. Says so where not.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use flowkit_analyze::Source;
use flowkit_model::{Address, FlowRecord, wire};

use crate::exporting::flows_and_tally;
use crate::oracle;

fn read(path: &Path) -> Vec<FlowRecord> {
    let (flows, tally) = flows_and_tally(Source::open(path).unwrap());
    assert!(tally.incomplete.is_empty(), "{tally:?}");
    flows
}

#[test]
fn captures_are_read_record_by_record() {
    let Some(corpora) = oracle::corpora() else { return };
    for (set, n) in [("day", 8201), ("edge", 708), ("years", 2296)] {
        let found = read(&corpora.join(set).join("export.pcap"));
        let wanted = oracle::flows(set);
        assert_eq!(found.len(), n);
        for (place, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            assert_eq!(found, wanted, "{set}: record {place}");
        }
        assert_eq!(found.len(), wanted.len());
        println!("{set}: {n} records are as on the wire");
    }
}

/// tshark's name of a field, and its value here.
type Compared = (&'static str, fn(&FlowRecord) -> Option<u64>);

fn bits(address: Option<Address>) -> Option<u64> {
    address.and_then(Address::ipv4_bits).map(u64::from)
}

/// tshark's fields of a record, one value a record, and ours.
const FIELDS: &[Compared] = &[
    ("cflow.srcaddr", |flow| bits(flow.src_addr)),
    ("cflow.dstaddr", |flow| bits(flow.dst_addr)),
    ("cflow.nexthop", |flow| bits(flow.next_hop)),
    ("cflow.inputint", |flow| flow.input_snmp.map(u64::from)),
    ("cflow.outputint", |flow| flow.output_snmp.map(u64::from)),
    ("cflow.packets", |flow| flow.packets),
    ("cflow.octets", |flow| flow.bytes),
    ("cflow.srcport", |flow| flow.src_port.map(u64::from)),
    ("cflow.dstport", |flow| flow.dst_port.map(u64::from)),
    ("cflow.tcpflags", |flow| flow.tcp_flags.map(u64::from)),
    ("cflow.protocol", |flow| flow.protocol.map(u64::from)),
    ("cflow.tos", |flow| flow.tos.map(u64::from)),
    ("cflow.srcas", |flow| flow.src_as.map(u64::from)),
    ("cflow.dstas", |flow| flow.dst_as.map(u64::from)),
    ("cflow.srcmask", |flow| flow.src_mask_len.map(u64::from)),
    ("cflow.dstmask", |flow| flow.dst_mask_len.map(u64::from)),
];

/// The same of a header, one value a packet.
const HEADERS: &[Compared] = &[
    ("cflow.version", |flow| flow.version.map(u64::from)),
    ("cflow.count", |flow| flow.flow_records.map(u64::from)),
    ("cflow.sequence", |flow| flow.flow_seq_num.map(u64::from)),
    ("cflow.engine_type", |flow| flow.engine_type.map(u64::from)),
    ("cflow.engine_id", |flow| flow.engine_id.map(u64::from)),
    ("cflow.samplingmode", |flow| flow.sampling_algorithm.map(u64::from)),
    ("cflow.samplerate", |flow| flow.sampling_interval.map(u64::from)),
];

fn number(text: &str) -> u64 {
    match (text.strip_prefix("0x"), text.parse::<Ipv4Addr>()) {
        (Some(hex), _) => u64::from_str_radix(hex, 16).unwrap(),
        (None, Ok(address)) => address.to_bits().into(),
        (None, Err(_)) => text.parse().unwrap_or_else(|_| panic!("{text}")),
    }
}

/// One line of columns a packet; a column has a value for each record.
fn tshark(capture: &Path) -> Vec<Vec<Vec<u64>>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-d", "udp.port==2055,cflow", "-T", "fields"]);
    command.args(["-E", "aggregator=;"]);
    for (field, _) in HEADERS.iter().chain(FIELDS) {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let columns = |line: &str| {
        line.split('\t').map(|column| column.split(';').map(number).collect()).collect()
    };
    text.lines().map(columns).collect()
}

#[test]
fn captures_are_read_as_wireshark_reads_them() {
    let Some(corpora) = oracle::corpora() else { return };
    if Command::new("tshark").arg("-v").output().is_err() {
        println!("skipped: tshark is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut captures: Vec<_> =
        ["day", "edge", "years"].map(|set| corpora.join(set).join("export.pcap")).into();
    for name in ["goflow2-2018", "juniper-mx80", "softflowd-2015"] {
        let path = folder.path().join(name);
        let bytes = fs::read(corpora.join(format!("device/{name}.bin"))).unwrap();
        fs::write(&path, framed(&bytes)).unwrap();
        assert_eq!(
            read(&path).len(),
            read(&corpora.join(format!("device/{name}.bin"))).len(),
            "{name}: as a capture and as datagrams"
        );
        captures.push(path);
    }
    let mut n_compared = 0;
    for capture in captures {
        let flows = read(&capture);
        let mut flows = flows.iter();
        for packet in tshark(&capture) {
            let count = packet[1][0];
            for record in 0..usize::try_from(count).unwrap() {
                let flow = flows.next().unwrap();
                for ((field, ours), theirs) in HEADERS.iter().zip(&packet) {
                    assert_eq!(ours(flow), Some(theirs[0]), "{}: {field}", capture.display());
                }
                for ((field, ours), theirs) in FIELDS.iter().zip(&packet[HEADERS.len()..]) {
                    assert_eq!(ours(flow), Some(theirs[record]), "{}: {field}", capture.display());
                }
                n_compared += HEADERS.len() + FIELDS.len();
            }
        }
        assert!(flows.next().is_none());
    }
    println!("{n_compared} fields are as tshark says");
}

/// Datagrams as a capture: raw IP, UDP to port 2055.
fn framed(datagrams: &[u8]) -> Vec<u8> {
    let mut capture = flowkit_analyze::export::packets::file_header();
    for datagram in wire::split(datagrams) {
        let udp = u16::try_from(8 + datagram.len()).unwrap();
        let mut frame = vec![0x45, 0];
        frame.extend((20 + udp).to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        for number in [2055, 2055, udp, 0] {
            frame.extend(number.to_be_bytes());
        }
        frame.extend(datagram);
        let length = u32::try_from(frame.len()).unwrap();
        for number in [1, 0, length, length] {
            capture.extend(number.to_le_bytes());
        }
        capture.extend(frame);
    }
    capture
}

//! Packets of NetFlow v9 and IPFIX that flowkit writes, as Wireshark's decoder reads
//! them and as flowkit reads them itself; what version 5 has no room for.
//!
//! What needs `tshark` says so where that is not on the path.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Output};

/// tshark's fields of a record of IPv4, those of IPv6, and the columns here.
const FIELDS: &[(&str, &str, &str)] = &[
    ("cflow.srcaddr", "cflow.srcaddrv6", "src_addr"),
    ("cflow.dstaddr", "cflow.dstaddrv6", "dst_addr"),
    ("cflow.nexthop", "cflow.nexthopv6", "next_hop"),
    ("cflow.octets", "cflow.octets", "bytes"),
    ("cflow.packets", "cflow.packets", "packets"),
    ("cflow.srcport", "cflow.srcport", "src_port"),
    ("cflow.dstport", "cflow.dstport", "dst_port"),
    ("cflow.protocol", "cflow.protocol", "protocol"),
    ("cflow.tcpflags", "cflow.tcpflags", "tcp_flags"),
    ("cflow.tos", "cflow.tos", "tos"),
    ("cflow.inputint", "cflow.inputint", "input_snmp"),
    ("cflow.outputint", "cflow.outputint", "output_snmp"),
    ("cflow.srcas", "cflow.srcas", "src_as"),
    ("cflow.dstas", "cflow.dstas", "dst_as"),
    ("cflow.srcmask", "cflow.srcmaskv6", "src_mask_len"),
    ("cflow.dstmask", "cflow.dstmaskv6", "dst_mask_len"),
];

fn flowkit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowkit")).args(arguments).output().unwrap()
}

fn out(arguments: &[&str]) -> String {
    let output = flowkit(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Columns of tshark, each a list of the values of a frame.
fn tshark(pcap: &Path, fields: &[&str]) -> Vec<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(pcap).args(["-d", "udp.port==2055,cflow", "-T", "fields"]);
    command.args(["-E", "aggregator=;"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let values = |cell: &str| -> Vec<String> {
        cell.split(';').filter(|value| !value.is_empty()).map(plain).collect()
    };
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').map(values).collect()).collect()
}

/// Numbers as tshark writes them, as decimal numbers.
fn plain(text: &str) -> String {
    text.strip_prefix("0x")
        .map_or_else(|| text.to_owned(), |hex| u64::from_str_radix(hex, 16).unwrap().to_string())
}

/// Every value of every flow, and what options say of the sampling.
#[test]
fn tshark_reads_what_was_written() {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: no tshark on the path");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for version in ["9", "10"] {
        for percent in ["0", "100"] {
            let pcap = folder.path().join(format!("{version}-{percent}.pcap"));
            let path = pcap.to_str().unwrap();
            let of = ["--version", version, "--ipv6", percent, "--format", "pcap", "-o", path];
            out(&[&["synth", "1000"], &of[..]].concat());
            let is_ipv6 = percent == "100";
            let pick = |row: &(&'static str, &'static str, &'static str)| {
                if is_ipv6 { row.1 } else { row.0 }
            };
            let names: Vec<&str> = FIELDS.iter().map(pick).collect();
            let mut theirs: Vec<Vec<String>> = Vec::new();
            for frame in tshark(&pcap, &names) {
                for record in 0..frame[0].len() {
                    theirs.push(frame.iter().map(|column| column[record].clone()).collect());
                }
            }
            let columns: Vec<&str> = FIELDS.iter().map(|row| row.2).collect();
            let ours = rows(path, &columns);
            assert_eq!((ours.len(), theirs.len()), (1000, 1000));
            assert_eq!(ours, theirs, "version {version}, {percent} % of IPv6");
            let sampling = ["cflow.sampling_interval", "cflow.sampling_algorithm"];
            let mut told: Vec<Vec<String>> =
                tshark(&pcap, &sampling).into_iter().map(|frame| frame.concat()).collect();
            told.retain(|row| !row.is_empty());
            told.sort_unstable();
            told.dedup();
            assert_eq!(told, [["1", "1"], ["100", "2"]], "version {version}");
        }
    }
}

/// Columns of the flows of a capture, in its order.
fn rows(path: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let csv = out(&["export", path, "--format", "csv", "--quiet"]);
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let places: Vec<usize> =
        columns.iter().map(|name| header.iter().position(|known| known == name).unwrap()).collect();
    lines.map(|line| places.iter().map(|place| line[*place].to_owned()).collect()).collect()
}

/// What is sent comes as it was read, but for the whole second of the export.
#[test]
fn flows_are_sent_in_each_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let pcap = path("mixed.pcap");
    out(&["synth", "120", "--version", "10", "--format", "pcap", "-o", &pcap]);
    let columns = ["src_addr", "dst_addr", "bytes", "packets", "first_switched", "last_switched"];
    let own = rows(&pcap, &[&columns[..], &["exporter"]].concat());
    let wanted: Vec<Vec<String>> = own
        .iter()
        .filter(|row| row[6] == "192.168.10.254")
        .map(|row| row[..columns.len()].to_vec())
        .collect();
    for (version, left_out) in [("5", true), ("9", false), ("10", false)] {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let collector = socket.local_addr().unwrap().to_string();
        let of = ["--exporter", "192.168.10.254", "--max-rate", "2000", "--version", version];
        let sent = flowkit(&[&["send", &pcap, &collector], &of[..]].concat());
        assert!(sent.status.success());
        let told = String::from_utf8_lossy(&sent.stderr).into_owned();
        let words = "do not fit in a version 5 packet and were left out, the first because";
        assert_eq!(told.contains(words), left_out, "{told}");
        assert_eq!(told.contains("is an IPv6 address; try --version 9 or 10"), left_out, "{told}");
        socket.set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
        let (mut bytes, mut datagram) = (Vec::new(), vec![0; 2000]);
        while let Ok(length) = socket.recv(&mut datagram) {
            bytes.extend(&datagram[..length]);
        }
        let received = path(&format!("{version}.bin"));
        std::fs::write(&received, bytes).unwrap();
        let wanted: Vec<Vec<String>> =
            wanted.iter().filter(|row| !left_out || !row[0].contains(':')).cloned().collect();
        assert_eq!(rows(&received, &columns), wanted, "version {version}");
    }
}

/// Documents are those of version 5.
#[test]
fn synthetic_documents_have_no_templates() {
    for format in ["hits", "dump"] {
        let output = flowkit(&["synth", "10", "--version", "9", "--format", format]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("--version 9 applies to packets"), "{told}");
    }
}

/// A record is as its elements say, in the page and in json, whatever device sent it.
#[test]
fn packets_of_templates_are_taken_apart() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/templated");
    let mut n_records = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let path = file.to_str().unwrap();
        let json = out(&["explain", "--packet", path, "--format", "json"]);
        let records: serde_json::Value = serde_json::from_str(&json).unwrap();
        let records = records.as_array().unwrap();
        n_records += records.len();
        let page = out(&["explain", "--packet", path]);
        // The first line names the file.
        assert!(page.lines().skip(1).all(|line| line.chars().count() <= 80), "{path}");
        for (number, record) in (1..).zip(records) {
            let own = ["explain", "--packet", path, "--record", &number.to_string()];
            let one = out(&own);
            for element in record["elements"].as_array().unwrap() {
                let name = element["name"].as_str().unwrap_or("(not known)");
                assert!(one.contains(name) && page.contains(name), "{path} {number}: {name}");
            }
            if let Some(bytes) = record["bytes"].as_u64() {
                assert!(one.contains(&format!(" = {bytes}")), "{path} {number}: {bytes}\n{one}");
            }
            assert!(one.contains(&format!("Record {number}: ")), "{one}");
        }
    }
    assert!(n_records > 10, "{n_records}");
}

/// Options records belong to what an exporter sends: they are counted, and no error, in a
/// file as in a dump; nor is it said that something was skipped.
#[test]
fn options_records_are_no_error_in_strict_mode() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata/templated/ipfix-softflowd-openbsd-2015.bin");
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let (file, dump) = (file.to_str().unwrap(), dump.to_str().unwrap());
    out(&["import", file, "-o", dump]);
    for arguments in [
        &["summary", "--strict", file][..],
        &["summary", "--strict", dump],
        &["export", "--strict", "--format", "documents", file],
        &["export", "--strict", "--format", "documents", dump],
        &["show", "--strict", "-n", "1", "--format", "stored", file],
    ] {
        let output = flowkit(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {told}");
        assert!(!told.contains("were skipped"), "{arguments:?}: {told}");
        if arguments[0] == "summary" {
            assert!(told.contains("skipped 1 (options records"), "{arguments:?}: {told}");
        }
    }
}

/// A capture of v9 without one of its datagrams.
fn without_datagram(pcap: &[u8], number: usize) -> Vec<u8> {
    let (mut kept, mut rest) = (pcap[..24].to_vec(), &pcap[24..]);
    let mut n = 0;
    while !rest.is_empty() {
        let length = 16 + u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (frame, after) = rest.split_at(length);
        if n != number {
            kept.extend(frame);
        }
        (n, rest) = (n + 1, after);
    }
    kept
}

/// What is missing by the sequence numbers is said below any answer, and how exporters
/// sample where a copy does not take it along.
#[test]
fn what_is_lost_and_left_behind_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (whole, cut) = (path("whole.pcap"), path("cut.pcap"));
    out(&["synth", "2000", "--version", "9", "--format", "pcap", "-o", &whole]);
    let pcap = std::fs::read(&whole).unwrap();
    std::fs::write(&cut, without_datagram(&pcap, 9)).unwrap();
    let said = |arguments: &[&str]| String::from_utf8(flowkit(arguments).stderr).unwrap();
    let lost = "datagrams of NetFlow v9 or records of IPFIX are missing";
    assert!(said(&["top", "--by", "dst_port", &cut]).contains(lost));
    assert!(!said(&["top", "--by", "dst_port", &whole]).contains(lost));
    // Of a part of the flows nothing is told.
    assert!(!said(&["top", "--by", "dst_port", "-f", "proto tcp", &cut]).contains(lost));
    let left = "in options records that packets are sampled, 1:";
    for format in ["csv", "documents", "hits", "parquet"] {
        let note = said(&["export", "--format", format, "-o", &path(format), &whole]);
        assert_eq!(note.contains(left), format != "parquet", "{format}: {note}");
    }
    assert!(
        !said(&["export", "-q", "--format", "csv", "-o", &path("quiet"), &whole]).contains(left)
    );
    let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = collector.local_addr().unwrap().to_string();
    let exporters = out(&["top", "--by", "exporter", "--format", "csv", "-q", &whole]);
    let sent = exporters.lines().skip(1).map(|row| row.split(',').next().unwrap());
    for exporter in sent {
        let rate = ["--version", "10", "--max-rate", "0", "--exporter", exporter];
        let note = said(&[&["send", &whole, &to][..], &rate].concat());
        assert_eq!(note.contains(left), exporter == "192.168.20.254", "{exporter}: {note}");
    }
    // Told intervals stand in the rows of exporters whose flows state none.
    let columns = "exporter,sampling_interval_min,sampling_interval_max";
    let rows = out(&["exporters", "--columns", columns, "--format", "csv", "-q", &whole]);
    assert!(rows.lines().any(|row| row.ends_with(",100,100")), "{rows}");
}

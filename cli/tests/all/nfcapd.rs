//! Sent flows as nfdump's collector stores them: every statistic that both
//! have, over documents and over packets, of an exporter that samples and of
//! one that does not, in version 5, version 9 and IPFIX.
//!
//! Runs where `nfcapd` and `nfdump` are on the path, and says so where not.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What both say of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    flows: u64,
    packets: u64,
    bytes: u64,
    /// First and last packet, cut to seconds, `2018-09-21 01:27:14`.
    first: String,
    last: String,
    duration_ms: u64,
    pps: u64,
    bps: u64,
    bpp: u64,
}

type Rows = BTreeMap<String, Row>;

/// Why nfdump's answer is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// None.
    Same,
    /// A flow whose two ends are equal counts at both.
    EqualEnds,
    /// Masks of version 5 are not kept: always 0.
    Masks,
    /// The unspecified addresses of both families are one: 0.0.0.0.
    Unspecified,
}

/// Every statistic of nfdump 1.7.1 about something that a version 5 record
/// has, and the same key here. (Of its others, `router` is the sender of the
/// packets, the same for all, and tested below; `dir`, VLANs, MPLS, MAC
/// addresses, `dsttos`, `nhbip` and NAT are not in version 5.)
const STATISTICS: &[(&str, &str, Difference)] = &[
    ("srcip", "src_addr", Difference::Same),
    ("dstip", "dst_addr", Difference::Same),
    ("ip", "addr", Difference::EqualEnds),
    ("nhip", "next_hop", Difference::Unspecified),
    ("srcport", "src_port", Difference::Same),
    ("dstport", "dst_port", Difference::Same),
    ("port", "port", Difference::EqualEnds),
    ("proto", "protocol", Difference::Same),
    ("tos", "tos", Difference::Same),
    ("srctos", "tos", Difference::Same),
    ("inif", "input_snmp", Difference::Same),
    ("outif", "output_snmp", Difference::Same),
    ("if", "if", Difference::EqualEnds),
    ("srcas", "src_as", Difference::Same),
    ("dstas", "dst_as", Difference::Same),
    ("as", "as", Difference::EqualEnds),
    ("srcmask", "src_mask_len", Difference::Masks),
    ("dstmask", "dst_mask_len", Difference::Masks),
];

/// The fields at the two ends.
const ENDS: &[(&str, &str)] = &[
    ("addr", "src_addr,dst_addr"),
    ("port", "src_port,dst_port"),
    ("if", "input_snmp,output_snmp"),
    ("as", "src_as,dst_as"),
];

pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    // nfdump prints local time.
    let output = Command::new(program).args(arguments).env("TZ", "UTC").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn flowkit(arguments: &[&str]) -> String {
    run(env!("CARGO_BIN_EXE_flowkit"), arguments)
}

/// Whether the collector is on the path.
pub(crate) fn is_there() -> bool {
    Command::new("nfcapd").arg("-V").output().is_ok()
}

/// A collector that stores what comes into a folder.
pub(crate) struct Collector {
    process: Child,
    pub(crate) port: u16,
}

impl Collector {
    pub(crate) fn start(folder: &Path) -> Self {
        std::fs::create_dir(folder).unwrap();
        // A port that was free a moment ago.
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("nfcapd")
            .args(["-b", "127.0.0.1", "-p", &port.to_string(), "-l"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Bound, as the kernel lists it; to try the port would be in its way.
        let listed = format!("0100007F:{port:04X} ");
        let listens =
            || std::fs::read_to_string("/proc/net/udp").is_ok_and(|all| all.contains(&listed));
        let deadline = Instant::now() + Duration::from_secs(20);
        while !listens() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
        Self { process, port }
    }

    /// Lets it take what is under way, and write its file.
    pub(crate) fn stop(mut self) {
        // What is still in the socket is read first, also on a busy machine.
        thread::sleep(Duration::from_secs(3));
        run("kill", &[&self.process.id().to_string()]);
        self.process.wait().unwrap();
    }
}

impl Drop for Collector {
    /// Also where a test failed; a second end is no harm.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What nfdump says, by key.
fn theirs(folder: &str, statistic: &str, field: &str) -> Rows {
    let order = format!("{statistic}/bytes");
    let text = run("nfdump", &["-R", folder, "-s", &order, "-n", "0", "-o", "csv"]);
    let mut lines = text.lines().skip_while(|line| !line.starts_with("ts,"));
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |name: &str| cells[names.iter().position(|known| *known == name).unwrap()];
        let number = |name: &str| cell(name).parse().unwrap();
        let (packets, bytes) = (number("pkt"), number("byt"));
        let duration_ms = cell("td").replace('.', "").parse().unwrap();
        let row = Row {
            flows: number("fl"),
            packets,
            bytes,
            first: cell("ts").into(),
            last: cell("te").into(),
            duration_ms,
            pps: whole_rate(number("pps"), packets, duration_ms),
            bps: whole_rate(number("bps"), bytes * 8, duration_ms),
            bpp: number("bpp"),
        };
        (named_alike(field, cell("val")), row)
    };
    lines.take_while(|line| !line.is_empty()).map(row).collect()
}

/// nfdump divides floating numbers and cuts, so that it can miss a rate that is
/// whole (4609 packets in 92.180 s are 50 a second) by a hair, and say 49.
fn whole_rate(told: u64, amount: u64, duration_ms: u64) -> u64 {
    let is_missed = duration_ms > 0 && amount * 1000 == (told + 1) * duration_ms;
    told + u64::from(is_missed)
}

/// What flowkit says of the flows of one exporter, counters multiplied by the
/// sampling interval as nfcapd does.
fn ours(source: &Sent, by: &str) -> Rows {
    let mut arguments = vec!["top", "--by", by, "-n", "0", "--format", "csv", "--columns"];
    arguments.extend(["flows,packets,bytes,first,last,duration,pps,bps,bpp", "-f"]);
    arguments.extend([&*source.filter, "--scale-sampling", &source.path]);
    arguments.extend(source.repaired.then_some("--repair-times"));
    let text = flowkit(&arguments);
    let n_keys = by.split(',').count();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |place: usize| cells[n_keys + place].parse().unwrap();
        let second = |place: usize| cells[n_keys + place][..19].replace('T', " ");
        let duration_ms = number(5);
        // Of no time, nfdump says a rate of 0; here it is that of 1 ms.
        let rate = |place: usize| if duration_ms == 0 { 0 } else { number(place) };
        let row = Row {
            flows: number(0),
            packets: number(1),
            bytes: number(2),
            first: second(3),
            last: second(4),
            duration_ms,
            pps: rate(6),
            bps: rate(7),
            bpp: number(8),
        };
        (cells[..n_keys].join(","), row)
    };
    text.lines().skip(1).map(row).collect()
}

/// Ours, changed into what nfdump is known to say.
fn expected(source: &Sent, field: &str, difference: Difference) -> Rows {
    match difference {
        Difference::Masks if source.version == "5" => {
            let all = ours(source, "exporter").into_values().next().unwrap();
            Rows::from([("0".into(), all)])
        }
        Difference::Unspecified => {
            let mut rows = ours(source, field);
            rows.retain(|key, _| key != "::" && (source.version == "5" || key != "0.0.0.0"));
            rows
        }
        Difference::Same | Difference::Masks => ours(source, field),
        Difference::EqualEnds => {
            let mut rows = ours(source, field);
            let (_, ends) = ENDS.iter().find(|(end, _)| *end == field).unwrap();
            for (key, twice) in ours(source, ends) {
                let (a, b) = key.split_once(',').unwrap();
                if a != b {
                    continue;
                }
                let row = rows.get_mut(a).unwrap();
                row.flows += twice.flows;
                row.packets += twice.packets;
                row.bytes += twice.bytes;
                let rate = |amount: u64| (amount * 1000).checked_div(row.duration_ms).unwrap_or(0);
                (row.pps, row.bps) = (rate(row.packets), rate(row.bytes * 8));
                row.bpp = row.bytes.checked_div(row.packets).unwrap_or(0);
            }
            rows
        }
    }
}

/// nfdump names protocols; its ICMP ports are as `type.code`.
fn named_alike(field: &str, key: &str) -> String {
    match (field, key) {
        ("protocol", "TCP") => "6".into(),
        ("protocol", "UDP") => "17".into(),
        ("protocol", "ICMP") => "1".into(),
        ("protocol", "ESP") => "50".into(),
        ("protocol", "ICMP6") => "58".into(),
        ("dst_port", key) => match key.split_once('.') {
            Some((kind, code)) => {
                let number = |text: &str| text.parse::<u32>().unwrap();
                (number(kind) * 256 + number(code)).to_string()
            }
            None => key.into(),
        },
        _ => key.into(),
    }
}

/// Flows of one exporter, and where they are.
struct Sent {
    path: String,
    exporter: &'static str,
    filter: String,
    /// Documents have late times, which are sent repaired.
    repaired: bool,
    /// Version of the packets; 9 and 10 have flows of IPv6.
    version: &'static str,
}

#[test]
fn a_real_collector_counts_what_we_count() {
    if !is_there() {
        eprintln!("skipped: no nfcapd on the path");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Of the two exporters of these flows the second samples. All are sent at a
    // time, since what takes long is to send no faster than a collector reads.
    thread::scope(|scope| {
        for (n_flows, form, exporter, version) in [
            ("4000", "ndjson", "192.168.10.254", "5"),
            ("4000", "pcap", "192.168.10.254", "5"),
            ("16000", "ndjson", "192.168.20.254", "5"),
            ("16000", "pcap", "192.168.20.254", "5"),
            ("2000", "pcap", "192.168.10.254", "9"),
            ("2000", "pcap", "192.168.10.254", "10"),
        ] {
            let folder = folder.path();
            scope.spawn(move || collected_and_compared(folder, n_flows, form, (exporter, version)));
        }
    });
}

/// Flows of one exporter in one form, sent to a collector of its own.
fn collected_and_compared(
    folder: &Path,
    n_flows: &str,
    form: &str,
    (exporter, version): (&'static str, &'static str),
) {
    let name = format!("{exporter}.{version}.{form}");
    let path = folder.join(&name).to_str().unwrap().to_owned();
    let of = ["--days", "2", "--version", version, "--format", form, "-o", &path];
    flowkit(&[&["synth", n_flows], &of[..]].concat());
    let filter = format!("exporter = {exporter}");
    let source = Sent { path, exporter, filter, repaired: form == "ndjson", version };
    let collected = folder.join(format!("{name}.collected"));
    let n_sent = send(&source, &collected);
    let n_compared = compare(&source, collected.to_str().unwrap(), n_sent);
    eprintln!("{name}: {n_sent} flows, {n_compared} rows of statistics are the same");
}

/// Sends flows to a collector of its own; says how many they were.
fn send(source: &Sent, collected: &Path) -> u64 {
    let collector = Collector::start(collected);
    let address = format!("127.0.0.1:{}", collector.port);
    let mut arguments = vec!["send", &source.path, &address, "--exporter", source.exporter];
    arguments.extend(["--max-rate", "1000", "--version", source.version]);
    arguments.extend(source.repaired.then_some("--repair-times"));
    let told = flowkit(&arguments);
    collector.stop();
    told.split_whitespace().nth(1).unwrap().replace(',', "").parse().unwrap()
}

/// Compares all statistics of both; says how many rows they have.
fn compare(source: &Sent, collected: &str, n_sent: u64) -> usize {
    let state = run("nfdump", &["-R", collected, "-I"]);
    assert!(state.contains("Sequence failures: 0"), "{state}");
    let routers = theirs(collected, "router", "exporter");
    let exporters = ours(source, "exporter");
    assert_eq!(routers["127.0.0.1"], exporters[source.exporter], "{}", source.path);
    assert_eq!(routers["127.0.0.1"].flows, n_sent, "{}", source.path);
    let mut n_rows = 0;
    for (statistic, field, difference) in STATISTICS {
        let mut theirs = theirs(collected, statistic, field);
        if *difference == Difference::Unspecified && source.version != "5" {
            theirs.remove("0.0.0.0");
        }
        let expected = expected(source, field, *difference);
        n_rows += theirs.len();
        let keys: BTreeSet<&String> = theirs.keys().chain(expected.keys()).collect();
        for key in keys {
            let (theirs, ours) = (theirs.get(key), expected.get(key));
            assert_eq!(theirs, ours, "{}: {statistic} {key}", source.path);
        }
    }
    n_rows
}

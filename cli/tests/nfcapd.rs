//! Sent flows as nfdump's collector stores them: every statistic that both
//! have, over documents and over packets.
//!
//! Runs where `nfcapd` and `nfdump` are on the path, and says so where not.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// By key: flows, packets, bytes.
type Sums = BTreeMap<String, [u64; 3]>;

/// Statistics of both: field of flowkit, statistic of nfdump.
const STATISTICS: &[(&str, &str)] = &[
    ("src_addr", "srcip"),
    ("dst_addr", "dstip"),
    ("src_port", "srcport"),
    ("dst_port", "dstport"),
    ("protocol", "proto"),
    ("tos", "tos"),
    ("input_snmp", "inif"),
    ("output_snmp", "outif"),
    ("src_as", "srcas"),
    ("dst_as", "dstas"),
];

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn flowkit(arguments: &[&str]) -> String {
    run(env!("CARGO_BIN_EXE_flowkit"), arguments)
}

/// A collector that stores what comes into a folder.
struct Collector {
    process: Child,
    port: u16,
}

impl Collector {
    fn start(folder: &Path) -> Self {
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
        // It listens once nobody else can.
        let deadline = Instant::now() + Duration::from_secs(10);
        while UdpSocket::bind(("127.0.0.1", port)).is_ok() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, port }
    }

    /// Lets it take what is under way, and write its file.
    fn stop(mut self) {
        // What is still in the socket is read first, also on a busy machine.
        std::thread::sleep(Duration::from_secs(3));
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

/// What nfdump says, by key; its columns are val, fl, pkt and byt.
fn theirs(folder: &str, statistic: &str) -> Sums {
    let text =
        run("nfdump", &["-R", folder, "-s", &format!("{statistic}/bytes"), "-n", "0", "-o", "csv"]);
    let mut lines = text.lines().skip_while(|line| !line.starts_with("ts,"));
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let places = ["fl", "pkt", "byt"].map(place);
    lines
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            (cells[place("val")].to_owned(), places.map(|place| cells[place].parse().unwrap()))
        })
        .collect()
}

/// What flowkit says of one exporter.
fn ours(source: &str, field: &str) -> Sums {
    let text = flowkit(&["top", "--by", field, "-n", "0", "--format", "csv", source]);
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with(&format!("{field},bytes,packets,flows,")));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |place: usize| cells[place].parse().unwrap();
            (cells[0].to_owned(), [number(3), number(2), number(1)])
        })
        .collect()
}

/// nfdump names protocols; its ICMP ports are as `type.code`.
fn named_alike(field: &str, key: &str) -> String {
    match (field, key) {
        ("protocol", "TCP") => "6".into(),
        ("protocol", "UDP") => "17".into(),
        ("protocol", "ICMP") => "1".into(),
        ("protocol", "ESP") => "50".into(),
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

#[test]
fn a_real_collector_counts_what_we_count() {
    if Command::new("nfcapd").arg("-V").output().is_err() {
        eprintln!("skipped: no nfcapd on the path");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let whole = path("whole.ndjson");
    flowkit(&["synth", "4000", "--days", "2", "--format", "ndjson", "-o", &whole]);
    // One exporter: nfcapd multiplies what a router that samples sent.
    let office = path("office.ndjson");
    let lines = std::fs::read_to_string(&whole).unwrap();
    let lines: Vec<&str> =
        lines.lines().filter(|line| line.contains(r#""host":"192.168.10.254""#)).collect();
    std::fs::write(&office, lines.join("\n")).unwrap();
    let packets = path("whole.pcap");
    flowkit(&["synth", "4000", "--days", "2", "--format", "pcap", "-o", &packets]);
    for (source, name) in [(&whole, "documents"), (&packets, "packets")] {
        let collected = path(name);
        let collector = Collector::start(Path::new(&collected));
        let address = format!("127.0.0.1:{}", collector.port);
        let exporter = ["--exporter", "192.168.10.254", "--rate", "5000", "--repair-times"];
        let exporter = if name == "documents" { &exporter[..] } else { &exporter[..4] };
        let told = flowkit(&[&["send", source.as_str(), &address], exporter].concat());
        assert!(
            told.contains(&format!("sent {},{:03} flows", lines.len() / 1000, lines.len() % 1000)),
            "{told}"
        );
        collector.stop();
        let state = run("nfdump", &["-R", &collected, "-I"]);
        assert!(state.contains("Sequence failures: 0"), "{state}");
        for (field, statistic) in STATISTICS {
            let theirs: Sums = theirs(&collected, statistic)
                .into_iter()
                .map(|(key, sums)| (named_alike(field, &key), sums))
                .collect();
            assert_eq!(theirs, ours(&office, field), "{name}: {field}");
        }
        // The times too: the earliest and the latest.
        let times = |flows: String| {
            let seconds = |name: &str| {
                let line = flows.lines().find_map(|line| line.strip_prefix(name)).unwrap();
                line.trim().parse::<u64>().unwrap()
            };
            (seconds("First: "), seconds("Last: "))
        };
        let (first, last) = times(state);
        assert!(
            first >= 1_537_488_000 - 300 && last < 1_537_488_000 + 2 * 86_400,
            "{first} {last}"
        );
    }
}

//! The same filters and statistics asked of nfdump, over the export packets of
//! each corpus.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder of the corpora and `nfcapd` and
//! `nfdump` (1.7) are on the path. Where nfdump differs on purpose, the case
//! has a name: [`Difference`].

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it ran")]

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowkit_analyze::ask::{ReadOptions, ask_batches};
use flowkit_analyze::batch::Batch;
use flowkit_analyze::export::{Addresses, Export};
use flowkit_analyze::selection::Changes;
use flowkit_analyze::stats::top::top;
use flowkit_analyze::{Selection, Source};
use flowkit_model::answer::Cell;
use flowkit_model::question::{Key, Order};
use flowkit_model::{Expression, FlowRecord, Metric};
use jiff::tz::TimeZone;

use crate::batches::batches;
use crate::oracle;

/// Why nfdump's answer is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// It multiplies packets and bytes by the sampling interval as datagrams
    /// arrive; so does flowkit when it is asked to.
    Sampling,
    /// `ip` and `port` statistics count a flow whose ends are equal twice.
    EqualEnds,
    /// Masks of version 5 are not kept: always 0.
    Masks,
    /// AS numbers are asked of a geolocation data base, and refused without.
    NoAs,
    /// A time more than about a second ahead of the header is taken for a wrap
    /// of the uptime, and put 49.7 days back.
    TimesAhead,
}

/// Filters that mean the same to both.
const FILTERS: &[&str] = &[
    "any",
    "ipv4",
    "ipv6",
    "not any",
    "proto tcp",
    "proto udp",
    "proto icmp",
    "proto 6",
    "proto 17",
    "proto gre",
    "not proto tcp",
    "proto tcp and dst port 443",
    "proto udp and port 53",
    "proto tcp and not port 80",
    "proto udp or proto tcp and port 80",
    "proto tcp and port 80 or proto udp",
    "(proto udp or proto tcp) and port 443",
    "not (proto udp or proto tcp)",
    "proto tcp or proto udp and not proto tcp",
    "src port 443",
    "dst port 80",
    "port 53",
    "not port 80",
    "src or dst port 443",
    "src and dst port 53",
    "src and dst port 0",
    "port > 1023",
    "dst port < 1024",
    "dst port >= 1024",
    "dst port <= 1024",
    "src port > 1k",
    "dst port = 443",
    "dst port == 443",
    "port eq 80",
    "dst port gt 1024",
    "dst port lt 1024",
    "port in [80 443]",
    "dst port in [80, 443]",
    "src port in [53 123 443]",
    "proto tcp and dst port > 1023 and src port > 1023",
    "ip 172.16.0.8",
    "host 10.0.2.15",
    "src ip 172.16.0.8",
    "dst ip 64.13.134.52",
    "src or dst ip 10.0.2.15",
    "src and dst ip 127.0.0.1",
    "src host 192.168.1.29",
    "not host 10.0.2.15",
    "host 10.0.2.15 or host 10.0.0.1 and proto tcp",
    "ip in [10.0.2.15 172.16.0.8]",
    "src ip in [10.0.2.15, 192.168.1.29]",
    "net 10.0.0.0/8",
    "net 172.16/12",
    "net 10.0.0.0 255.0.0.0",
    "src net 192.168.0.0/16",
    "dst net 64.13.134.0/24",
    "ip in [10.0.0.0/8]",
    "not (src net 10.0.0.0/8 or src net 172.16.0.0/12 or src net 192.168.0.0/16)",
    "bytes > 10k",
    "bytes > 10240",
    "bytes < 100",
    "bytes = 53",
    "bytes >= 1500 and bytes <= 3000",
    "packets > 100",
    "packets 1",
    "packets < 3",
    "bytes > 1m",
    "src net 192.168.0.0/16 and bytes > 10000",
    "proto udp and bytes < 100",
    "bpp > 500",
    "bpp < 60",
    "tos 192",
    "tos 0xc0",
    "src tos 0",
    "flags S",
    "flags SA",
    "flags 2",
    "flags X",
    "not flags S",
    "not flags SA",
    "not (flags SA)",
    "flags S and not flags AFRPU",
    "not (proto tcp and flags SA)",
    "not (proto tcp and not flags SA)",
    "not (flags S and not flags AF)",
    "not (flags S or flags AF)",
    "proto tcp and flags R and not flags S",
    "in if 3",
    "out if 0",
    "if 3",
    "not in if 3",
    "next ip 198.51.100.2",
    "next ip 0.0.0.0",
    "router ip 127.0.0.10",
    "not router ip 127.0.0.10",
    "engine-id 7",
    "engine-type 1",
    "icmp-type 3",
    "icmp-type 8",
    "icmp-code 0",
    "any # with a comment",
    "flows > 0",
    "flows 1",
    "flows > 1",
    "not flows 1",
];

/// Filters on times, which are the same but where they are ahead.
const TIMED: &[&str] = &[
    "duration = 0",
    "duration > 1000",
    "duration < 100",
    "bps = 0",
    "bps > 0",
    "bps < 1",
    "bps > 1m",
    "bps > 100k and bps < 1m",
    "pps > 0",
    "pps > 10",
    "pps = 0",
    "duration > 60000 and proto tcp",
];

/// nfdump's statistic, and the same key here.
const STATISTICS: [(&str, &str); 12] = [
    ("srcip", "src_addr"),
    ("dstip", "dst_addr"),
    ("ip", "addr"),
    ("srcport", "src_port"),
    ("dstport", "dst_port"),
    ("port", "port"),
    ("proto", "protocol"),
    ("tos", "tos"),
    ("inif", "input_snmp"),
    ("outif", "output_snmp"),
    ("nhip", "next_hop"),
    ("router", "exporter"),
];

/// nfdump's aggregation, its tags, and the same keys here.
const AGGREGATIONS: [(&str, &str, &str); 5] = [
    ("srcip,dstip", "%sa|%da", "src_addr,dst_addr"),
    ("proto,dstport", "%pr|%dp", "protocol,dst_port"),
    ("srcip4/24", "%sn|", "src_addr/24"),
    ("dstip4/16", "%dn|", "dst_addr/16"),
    ("srcip,dstip,dstport,proto", "%sa|%da|%dp|%pr", "src_addr,dst_addr,dst_port,protocol"),
];

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
    let output =
        Command::new("nfdump").arg("-R").arg(&set.folder).args(arguments).output().unwrap();
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

/// As nfdump counts: sampled flows are multiplied.
fn selection(filter: &str) -> Selection {
    let changes = Changes { scale_sampling: true, ..Changes::default() };
    Selection::new(Expression::parse(filter).unwrap(), None).with_changes(changes)
}

fn total(set: &Set, filter: &str) -> [u128; 3] {
    let statistic = top(Vec::new(), Order::default(), None);
    let total = ask_batches(set.batches.clone(), &statistic, &selection(filter)).tally.total;
    [total.flows.into(), total.packets, total.bytes]
}

#[test]
fn filters_mean_the_same() {
    assert!(FILTERS.len() + TIMED.len() >= 60);
    for set in sets() {
        let timed = if set.name == "years" { &[][..] } else { TIMED };
        let mut with_flows = 0;
        for filter in FILTERS.iter().chain(timed) {
            let wanted = summary(&set, filter).unwrap_or_else(|| panic!("{filter}"));
            let found = total(&set, filter);
            assert_eq!(found, wanted, "{}: {filter} (flows, packets, bytes)", set.name);
            with_flows += u32::from(found[0] > 0);
        }
        println!(
            "{}: {} filters, {with_flows} of them match",
            set.name,
            FILTERS.len() + timed.len()
        );
    }
}

/// Where nfdump differs, it does so as is said here, and in no other way.
#[test]
fn differences_are_as_named() {
    for set in sets() {
        for difference in [
            Difference::Sampling,
            Difference::EqualEnds,
            Difference::Masks,
            Difference::NoAs,
            Difference::TimesAhead,
        ] {
            let is_so = match difference {
                Difference::Sampling => {
                    let unscaled = Selection::new(Expression::Any, None);
                    let statistic = top(Vec::new(), Order::default(), None);
                    let total = ask_batches(set.batches.clone(), &statistic, &unscaled).tally.total;
                    let is_other = summary(&set, "any").unwrap()[2] != total.bytes;
                    is_other == (set.name == "edge")
                }
                Difference::EqualEnds => {
                    let is_equal = |flow: &&FlowRecord| flow.src_port == flow.dst_port;
                    let equal = set.flows.iter().filter(is_equal).count();
                    let flows = |rows: BTreeMap<Vec<String>, [u128; 3]>| {
                        rows.values().map(|sums| sums[0]).sum::<u128>()
                    };
                    flows(statistic(&set, "port")) == flows(ranking(&set, "port")) + equal as u128
                }
                Difference::Masks => {
                    summary(&set, "src mask 0").unwrap()[0] == set.flows.len() as u128
                }
                Difference::NoAs => summary(&set, "src as 64500").is_none(),
                Difference::TimesAhead => {
                    let longer = "duration > 0";
                    let same = summary(&set, longer).unwrap() == total(&set, longer);
                    same || set.name == "years"
                }
            };
            assert!(is_so, "{}: {difference:?}", set.name);
        }
    }
}

/// Rows of nfdump's statistic: flows, packets and bytes by value.
fn statistic(set: &Set, name: &str) -> BTreeMap<Vec<String>, [u128; 3]> {
    let text = nfdump(set, &["-s", &format!("{name}/bytes"), "-n", "0", "-o", "csv"]);
    let rows = text.lines().skip(1).take_while(|line| !line.trim().is_empty());
    rows.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |place: usize| cells[place].trim().parse().unwrap();
        (vec![cells[4].trim().to_owned()], [number(5), number(7), number(9)])
    })
    .collect()
}

/// The same here.
fn ranking(set: &Set, keys: &str) -> BTreeMap<Vec<String>, [u128; 3]> {
    let by: Vec<Dimension> =
        keys.split(',').map(|name| Dimension::parse(name, &TimeZone::UTC).unwrap()).collect();
    let n = by.len();
    let order = Order { limit: 0, ..Order::default() };
    let answer = ask_batches(set.batches.clone(), &top(by, order, None), &selection("any"));
    let columns = &answer.table.columns;
    let place =
        |metric: Metric| columns.iter().position(|column| column.name == metric.name()).unwrap();
    let number = |cell: &Cell| if let Cell::Number(number) = cell { *number } else { panic!() };
    let rows = answer.table.rows.iter().map(|row| {
        let key = (0..n).map(|at| shown(&row[at], &columns[at].name)).collect();
        let sums = [Metric::Flows, Metric::Packets, Metric::Bytes];
        (key, sums.map(|metric| number(&row[place(metric)])))
    });
    rows.collect()
}

fn shown(cell: &Cell, column: &str) -> String {
    match cell {
        Cell::Number(number) if column.contains("addr") || column == "next_hop" => {
            std::net::Ipv4Addr::from_bits(u32::try_from(*number).unwrap()).to_string()
        }
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn statistics_are_the_same() {
    for set in sets() {
        for (theirs, ours) in STATISTICS {
            let mut wanted = statistic(&set, theirs);
            let mut found = ranking(&set, ours);
            if [("ip", "addr"), ("port", "port")].contains(&(theirs, ours)) {
                // Difference::EqualEnds: only keys of such flows differ.
                let equal = set.flows.iter().filter_map(|flow| match theirs {
                    "ip" => flow
                        .src_addr
                        .filter(|src| Some(*src) == flow.dst_addr)
                        .map(|src| src.to_string()),
                    _ => flow
                        .src_port
                        .filter(|src| Some(*src) == flow.dst_port)
                        .map(|src| src.to_string()),
                });
                for key in equal {
                    wanted.remove(&vec![key.clone()]);
                    found.remove(&vec![key]);
                }
            }
            assert!(!found.is_empty(), "{theirs}");
            assert_eq!(found, wanted, "{}: {theirs}", set.name);
        }
        println!("{}: {} statistics are equal", set.name, STATISTICS.len());
    }
}

#[test]
fn aggregations_are_the_same() {
    for set in sets() {
        for (theirs, tags, ours) in AGGREGATIONS {
            let format = format!("fmt:%fl|%pkt|%byt|{tags}");
            let text = nfdump(&set, &["-A", theirs, "-N", "-q", "-o", &format]);
            let mut wanted: BTreeMap<Vec<String>, [u128; 3]> = BTreeMap::new();
            for line in text.lines().filter(|line| line.contains('|')) {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                let key = cells[3..].iter().filter(|cell| !cell.is_empty());
                let key = key.map(|cell| match (*cell, ours) {
                    ("TCP", _) => "6".into(),
                    ("UDP", _) => "17".into(),
                    (cell, _) => cell.split('/').next().unwrap().to_owned(),
                });
                let number = |place: usize| cells[place].parse().unwrap();
                wanted.insert(key.collect(), [number(0), number(1), number(2)]);
            }
            let mut found = ranking(&set, ours);
            // Other protocols than these are shown by names, and ICMP's port
            // as type and code.
            let plain = |key: &Vec<String>| {
                !ours.contains("protocol")
                    || key.contains(&"6".into())
                    || key.contains(&"17".into())
            };
            found.retain(|key, _| plain(key));
            wanted.retain(|key, _| plain(key));
            assert_eq!(
                found.len(),
                wanted.len(),
                "{}: {theirs}\n{}",
                set.name,
                text.lines().take(3).collect::<String>()
            );
            assert_eq!(found, wanted, "{}: {theirs}", set.name);
        }
    }
}

/// All flows of a source, in its order.
fn read(path: &Path) -> Vec<FlowRecord> {
    let sources = [Source::open(path).unwrap()];
    let export = Export {
        sources: &sources,
        selection: &Selection::default(),
        anonymiser: None,
        addresses: Addresses::Text,
        options: ReadOptions::default(),
    };
    let mut flows = Vec::new();
    let tally = export.flows(|flow| {
        flows.push(flow.clone());
        Ok(())
    });
    let tally = tally.unwrap();
    assert!(tally.skipped.is_empty() && tally.incomplete.is_empty(), "{tally:?}");
    flows
}

/// What nfdump's output carries of a flow on the wire: multiplied if sampled,
/// its times unless they are ahead, and in json nothing that it leaves out.
fn carried(flow: &FlowRecord, is_csv: bool, has_times: bool) -> FlowRecord {
    let times = flow.sampling_interval.map_or(1, |interval| u64::from(interval.max(1)));
    let is_icmp = flow.protocol == Some(1);
    let whole_second = |ms: u64| if is_csv { ms / 1000 * 1000 } else { ms };
    let first = flow.first_switched_ms.map(whole_second);
    let duration = flow.last_switched_ms.unwrap().saturating_sub(flow.first_switched_ms.unwrap());
    let only = |is_there: bool, value: Option<u16>| value.filter(|_| is_there);
    let has = |a: Option<u16>, b: Option<u16>| is_csv || a != Some(0) || b != Some(0);
    let has_interfaces = has(flow.input_snmp, flow.output_snmp);
    let has_as = has(flow.src_as, flow.dst_as);
    FlowRecord {
        exporter: flow.exporter.clone(),
        src_addr: flow.src_addr,
        dst_addr: flow.dst_addr,
        next_hop: flow.next_hop.filter(|hop| is_csv || !hop.is_unspecified()),
        input_snmp: only(has_interfaces, flow.input_snmp),
        output_snmp: only(has_interfaces, flow.output_snmp),
        packets: flow.packets.map(|packets| packets * times),
        bytes: flow.bytes.map(|bytes| bytes * times),
        first_switched_ms: first.filter(|_| has_times),
        last_switched_ms: first.map(|first| first + duration).filter(|_| has_times),
        src_port: only(is_csv || !is_icmp, flow.src_port),
        dst_port: flow.dst_port,
        tcp_flags: flow.tcp_flags.filter(|_| is_csv || !is_icmp),
        protocol: flow.protocol,
        tos: flow.tos,
        src_as: only(has_as, flow.src_as),
        dst_as: only(has_as, flow.dst_as),
        engine_type: flow.engine_type.filter(|_| is_csv),
        engine_id: flow.engine_id.filter(|_| is_csv),
        ..FlowRecord::default()
    }
}

/// nfdump's csv and json of the packets are read as the same flows, record by
/// record, in all that they carry.
#[test]
fn what_nfdump_prints_is_read() {
    for set in sets() {
        let has_times = set.name != "years";
        for form in ["csv", "json"] {
            let path = set.folder.join(format!("printed.{form}"));
            let printed = Command::new("nfdump")
                .env("TZ", "UTC")
                .arg("-r")
                .arg(captured(&set.folder))
                .args(["-o", form])
                .output()
                .unwrap();
            std::fs::write(&path, printed.stdout).unwrap();
            let found = read(&path);
            assert!(found.iter().all(|flow| flow.timestamp_ms.is_some()), "{form}");
            let found = found.into_iter().map(|flow| FlowRecord {
                timestamp_ms: None,
                first_switched_ms: flow.first_switched_ms.filter(|_| has_times),
                last_switched_ms: flow.last_switched_ms.filter(|_| has_times),
                ..flow
            });
            let mut found: Vec<String> = found.map(|flow| format!("{flow:?}")).collect();
            let wanted = set.flows.iter().map(|flow| carried(flow, form == "csv", has_times));
            let mut wanted: Vec<String> = wanted.map(|flow| format!("{flow:?}")).collect();
            found.sort();
            wanted.sort();
            for (found, wanted) in found.iter().zip(&wanted) {
                assert_eq!(found, wanted, "{} {form}", set.name);
            }
            assert_eq!(found.len(), wanted.len(), "{} {form}", set.name);
            println!("{}: {} records of {form} are equal", set.name, found.len());
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// The file that nfcapd wrote.
fn captured(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap()
}

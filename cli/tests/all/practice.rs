//! The answers of `flowkit demo --answers` and the guide of `demo --serve`,
//! against the practice day itself.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use flowkit_testdata::{Flow, practice_flows, practice_packets};

fn flowkit() -> Command {
    Command::new(env!("CARGO_BIN_EXE_flowkit"))
}

/// The flows that arrived, and when they were exported.
fn arrived() -> Vec<(i64, Flow)> {
    let packets = practice_packets();
    let flows = packets
        .iter()
        .flat_map(|packet| packet.flows.iter().map(|flow| (packet.export_ms, flow.clone())));
    flows.collect()
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let chunks: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|chunk| std::str::from_utf8(chunk).unwrap())
        .collect();
    chunks.join(",")
}

/// Bytes with a unit, three digits.
fn amount(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    let value = bytes as f64 / unit;
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$} {name}")
}

/// The key with the most, and how much.
fn most<K: Ord + Clone>(sums: &BTreeMap<K, u64>) -> (K, u64) {
    let (key, sum) = sums.iter().max_by_key(|(_, sum)| **sum).unwrap();
    (key.clone(), *sum)
}

/// Sums of the flows that `of` gives a key and an amount.
fn sums<K: Ord>(
    flows: &[(i64, Flow)],
    of: impl Fn(i64, &Flow) -> Option<(K, u64)>,
) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for (key, amount) in flows.iter().filter_map(|(ms, flow)| of(*ms, flow)) {
        *sums.entry(key).or_default() += amount;
    }
    sums
}

/// For each key how many different values there are.
fn distinct<K: Ord, V: Ord>(
    flows: &[(i64, Flow)],
    of: impl Fn(&Flow) -> Option<(K, V)>,
) -> BTreeMap<K, u64> {
    let mut sets: BTreeMap<K, BTreeSet<V>> = BTreeMap::new();
    for (key, value) in flows.iter().filter_map(|(_, flow)| of(flow)) {
        sets.entry(key).or_default().insert(value);
    }
    sets.into_iter().map(|(key, set)| (key, set.len() as u64)).collect()
}

fn easy(flows: &[(i64, Flow)]) -> Vec<String> {
    let total =
        |of: fn(&Flow) -> u32| flows.iter().map(|(_, flow)| u64::from(of(flow))).sum::<u64>();
    let (packets, bytes) = (total(|flow| flow.packets), total(|flow| flow.bytes));
    let n_flows = flows.len() as u64;
    let pairs = sums(flows, |_, flow| {
        let (a, b) = (flow.src_addr, flow.dst_addr);
        Some(((a.min(b), a.max(b)), flow.bytes.into()))
    });
    let ((a, b), pair) = most(&pairs);
    let services = sums(flows, |_, flow| {
        let has_ports = [6, 17].contains(&flow.protocol);
        has_ports.then(|| ((flow.src_port.min(flow.dst_port), flow.protocol), 1))
    });
    let ((service, protocol), n_service) = most(&services);
    let (hour, of_hour) = most(&sums(flows, |ms, flow| Some((ms / 3_600_000, flow.bytes.into()))));
    let hour = flowkit_model::time::format_ms(u64::try_from(hour * 3_600_000).unwrap());
    vec![
        format!(
            "{} flows, {} packets, {} ({} B), from 2 routers",
            grouped(n_flows),
            grouped(packets),
            amount(bytes),
            grouped(bytes)
        ),
        format!("{a} and {b}: {:.1} % of the day", pair as f64 / bytes as f64 * 100.0),
        format!("port {service} of protocol {protocol}: {} flows", grouped(n_service)),
        format!("the hour from {hour}: {}", amount(of_hour)),
    ]
}

fn with_filters(flows: &[(i64, Flow)]) -> Vec<String> {
    let ends = |flow: &Flow| (flow.src_addr, flow.dst_addr);
    let call = sums(flows, |_, flow| {
        let ours = flow.tos == 184 && flow.src_addr.octets()[..2] == [192, 168];
        ours.then(|| (ends(flow), flow.bytes.into()))
    });
    let ((phone, peer), sent) = most(&call);
    let clients = distinct(flows, |flow| {
        [80, 443].contains(&flow.dst_port).then_some((flow.dst_addr, flow.src_addr))
    });
    let (server, n_clients) = most(&clients);
    let tunnel = sums(flows, |_, flow| {
        (![1, 6, 17].contains(&flow.protocol))
            .then(|| ((ends(flow), flow.protocol), flow.bytes.into()))
    });
    let (((from, to), protocol), _) = most(&tunnel);
    let sampled: Vec<&Flow> = flows
        .iter()
        .map(|(_, flow)| flow)
        .filter(|flow| flow.exporter.sampling_interval > 1)
        .collect();
    let scaled =
        |of: fn(&Flow) -> u32| sampled.iter().map(|flow| u64::from(of(flow)) * 100).sum::<u64>();
    vec![
        format!("{phone} with {peer}, {} sent", amount(sent)),
        format!("{server} with {n_clients} clients"),
        format!("{from} to {to}, protocol {protocol} (ESP is 50)"),
        format!(
            "{}: about {} packets, {}",
            sampled[0].exporter.addr,
            grouped(scaled(|flow| flow.packets)),
            amount(scaled(|flow| flow.bytes))
        ),
    ]
}

fn for_detectives(flows: &[(i64, Flow)]) -> Vec<String> {
    let scanned = distinct(flows, |flow| {
        (flow.tcp_flags == 2).then_some(((flow.src_addr, flow.dst_addr), flow.dst_port))
    });
    let ((prober, host), n_ports) = most(&scanned);
    let open = flows
        .iter()
        .map(|(_, flow)| flow)
        .find(|flow| flow.dst_addr == prober && flow.tcp_flags == 18);
    let guesses = sums(flows, |_, flow| {
        (flow.dst_addr == host && flow.dst_port == 22).then_some((flow.src_addr, 1))
    });
    let (attacker, n_guesses) = most(&guesses);
    let resolvers = distinct(flows, |flow| {
        let large = flow.protocol == 17 && flow.src_port == 53 && flow.bytes / flow.packets > 1000;
        large.then_some((flow.dst_addr, flow.src_addr))
    });
    let (victim, n_resolvers) = most(&resolvers);
    // The beacon is known by its port; how it is found is the command's matter.
    let beacon: Vec<&Flow> =
        flows.iter().map(|(_, flow)| flow).filter(|flow| flow.dst_port == 8443).collect();
    let mut gaps: Vec<i64> =
        beacon.windows(2).map(|pair| pair[1].first_ms - pair[0].first_ms).collect();
    gaps.sort_unstable();
    let interval_s = (gaps[gaps.len() / 2] + 500) / 1000;
    let n_lost = practice_flows().len() - flows.len();
    vec![
        format!("{prober} scanned {n_ports} ports of {host}"),
        format!("port {}", open.unwrap().src_port),
        format!("{attacker}, {n_guesses} connections"),
        format!("{victim}, flooded by {n_resolvers} resolvers"),
        format!(
            "{} calls {}, port 8443, every {interval_s} s",
            beacon[0].src_addr, beacon[0].dst_addr
        ),
        format!("{}: {n_lost} flows", Ipv4Addr::new(192, 168, 10, 254)),
    ]
}

#[test]
fn every_answer_is_what_the_day_holds() {
    let folder = tempfile::tempdir().unwrap();
    let output = flowkit().args(["demo", "--answers"]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A command that is too long for a line goes on in the next.
    let text = String::from_utf8(output.stdout).unwrap().replace("\\\n", " ");
    let lines: Vec<&str> = text.lines().collect();
    // The answer stands below its command.
    let answers: Vec<&str> = lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("      $ flowkit "))
        .map(|pair| pair[1].trim())
        .collect();
    let flows = arrived();
    let expected = [easy(&flows), with_filters(&flows), for_detectives(&flows)].concat();
    assert_eq!(answers, expected);
    assert!(expected.len() >= 12);
}

/// Ends the server also where a test fails.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every request of the guide, pasted into one shell in order, as a reader
/// would.
#[test]
fn every_request_of_the_guide_works() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: no curl on the path");
        return;
    }
    let mut server =
        flowkit().args(["demo", "--serve", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut script = String::from("set -e\n");
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let _serving = Serving(server);
    let (mut n_steps, mut n_requests) = (0, 0);
    for line in lines.map(Result::unwrap) {
        if let Some(command) = line.strip_prefix("  ") {
            script.extend([command, "\n"]);
            n_requests += usize::from(command.contains("curl"));
        } else if line.starts_with(|letter: char| letter.is_ascii_digit()) {
            n_steps += 1;
            script.extend(["echo; echo '== ", &n_steps.to_string(), "'\n"]);
        }
        if line.contains("# flowkit fetch --url") {
            break;
        }
    }
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{script}\n{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!((n_steps, n_requests), (7, 6));
    let steps: Vec<&str> = told.split("== ").skip(1).collect();
    for (step, part) in [
        (0, "\"You Know, for Search\""),
        (1, "netflow-2018.09.22"),
        (2, "\"hits\":{\"total\":{\"value\":5492"),
        (2, "\"_scroll_id\""),
        (4, "\"_source\""),
        (5, "\"num_freed\":1"),
        (6, "\"count\":5492"),
    ] {
        assert!(steps[step].contains(part), "step {}: {part}\n{}", step + 1, steps[step]);
    }
    assert!(!told.contains("\"error\""), "{told}");
}

//! Random questions over random flows, asked of DuckDB too: group-bys of one to
//! three keys, filters, bins of time, distinct counts and points of
//! distributions.
//!
//! Runs where `FLOWKIT_PYTHON` names a Python that has the module `duckdb`, and
//! says so where not. `FLOWKIT_DUCKDB_FLOWS` and `FLOWKIT_DUCKDB_QUERIES` set how
//! many (3000 and 300), `FLOWKIT_SEED` the seed, which is printed.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::Command;

use flowkit_analyze::in_memory::Batch;
use flowkit_model::answer::Cell;
use flowkit_model::{Address, FlowRecord};
use serde_json::Value;

use crate::asking::{all_rows, filtered, of_batches, top_with};
use crate::batches::batches;

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most
    }

    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }

    /// Small values are common, as in flows.
    fn skewed(&mut self, most: u64) -> u64 {
        let most = self.below(most) + 1;
        self.below(most)
    }

    fn known<T>(&mut self, value: T) -> Option<T> {
        (self.below(20) > 0).then_some(value)
    }
}

const START_MS: u64 = 1_537_488_000_000;

fn flow(random: &mut Random) -> FlowRecord {
    let exported = START_MS + random.below(2 * 86_400_000);
    let last = exported - random.below(60_000);
    let first = last - random.skewed(200_000);
    let address = |value: u64| Address::from_bits(0x0a00_0000 + u32::try_from(value).unwrap());
    let (sender, receiver) = (random.skewed(5000), random.skewed(70_000));
    let narrow = |value: u64| u16::try_from(value).unwrap();
    let (src_port, dst_port) = (narrow(random.skewed(65_536)), narrow(random.skewed(2000)));
    let flags = u8::try_from(random.below(64)).unwrap();
    let tos = u8::try_from(random.skewed(256)).unwrap();
    let (input, packets) = (u32::try_from(random.skewed(50)).unwrap(), random.skewed(10_000) + 1);
    let (size, router) = (40 + random.below(1460), format!("r{}", random.below(5)));
    let protocol = [6, 6, 6, 17, 17, 1][usize::try_from(random.below(6)).unwrap()];
    FlowRecord {
        timestamp_ms: random.known(exported),
        exporter: random.known(router),
        src_addr: random.known(address(sender)),
        dst_addr: random.known(address(receiver)),
        src_port: random.known(src_port),
        dst_port: random.known(dst_port),
        protocol: random.known(protocol),
        tcp_flags: random.known(flags),
        tos: random.known(tos),
        input_snmp: random.known(input),
        packets: random.known(packets),
        bytes: random.known(packets * size),
        first_switched_ms: random.known(first),
        last_switched_ms: random.known(last),
        ..FlowRecord::default()
    }
}

fn csv(flows: &[FlowRecord]) -> String {
    let mut text = String::from(
        "timestamp,exporter,src_addr,dst_addr,src_port,dst_port,protocol,tcp_flags,tos,input_snmp,packets,bytes,first,last\n",
    );
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    for flow in flows {
        let cells = [
            number(flow.timestamp_ms),
            flow.exporter.clone().unwrap_or_default(),
            number(flow.src_addr.and_then(Address::ipv4_bits).map(u64::from)),
            number(flow.dst_addr.and_then(Address::ipv4_bits).map(u64::from)),
            number(flow.src_port.map(u64::from)),
            number(flow.dst_port.map(u64::from)),
            number(flow.protocol.map(u64::from)),
            number(flow.tcp_flags.map(u64::from)),
            number(flow.tos.map(u64::from)),
            number(flow.input_snmp.map(u64::from)),
            number(flow.packets),
            number(flow.bytes),
            number(flow.first_switched_ms),
            number(flow.last_switched_ms),
        ];
        writeln!(text, "{}", cells.join(",")).unwrap();
    }
    text
}

/// A comparison as flowkit reads it, and as SQL.
fn leaf(random: &mut Random) -> (String, String) {
    let sign = random.pick(&["=", "!=", "<", "<=", ">", ">="]);
    match random.below(10) {
        0 => network(random),
        1 => {
            let port = random.skewed(2000);
            let sql = format!(
                "(coalesce(src_port = {port}, false) OR coalesce(dst_port = {port}, false))"
            );
            (format!("port {port}"), sql)
        }
        2 => {
            let (a, b, c) = (random.skewed(2000), random.below(1000), random.below(1000));
            let (low, high) = (b.min(c), b.max(c));
            let text = format!("dst port in [{a} {low}-{high}]");
            (text, format!("(dst_port = {a} OR dst_port BETWEEN {low} AND {high})"))
        }
        3 => {
            let (letter, bit) = random.pick(&[&("S", 2), &("A", 16), &("F", 1), &("P", 8)]);
            (format!("flags all {letter}"), format!("(tcp_flags & {bit} = {bit})"))
        }
        4 => {
            let name = format!("r{}", random.below(5));
            (format!("exporter = {name}"), format!("(exporter = '{name}')"))
        }
        5 => {
            let ms = random.below(200_000);
            (
                format!("duration {sign} {ms}"),
                format!("(CASE WHEN last >= first THEN last - first END {sign} {ms})"),
            )
        }
        6 => {
            let rate = random.skewed(3_000_000);
            let sql = format!(
                "(CASE WHEN last > first THEN bytes * 8000 // (last - first) WHEN last = first AND bytes IS NOT NULL THEN 0 END {sign} {rate})"
            );
            (format!("bps {sign} {rate}"), sql)
        }
        7 => {
            let at = START_MS + random.below(2 * 86_400_000);
            let field = random.pick(&["first", "last", "timestamp"]);
            (format!("{field} {sign} {at}"), format!("({field} {sign} {at})"))
        }
        _ => number(random, sign),
    }
}

/// Whether an address is in a network.
fn network(random: &mut Random) -> (String, String) {
    let (bits, net) = (8 + random.below(25), 0x0a00_0000 + random.skewed(70_000));
    let (end, field) = random.pick(&[&("src", "src_addr"), &("dst", "dst_addr")]);
    let address = std::net::Ipv4Addr::from_bits(u32::try_from(net).unwrap());
    let shift = 32 - bits;
    (format!("{end} net {address}/{bits}"), format!("({field} >> {shift} = {})", net >> shift))
}

/// A field that is a number, and a number.
fn number(random: &mut Random, sign: &str) -> (String, String) {
    let (field, most) = random.pick(&[
        &("bytes", 1_000_000),
        &("packets", 5000),
        &("src_port", 65_536),
        &("protocol", 20),
        &("tos", 256),
        &("input_snmp", 50),
    ]);
    let value = random.skewed(*most);
    (format!("{field} {sign} {value}"), format!("({field} {sign} {value})"))
}

fn filter(random: &mut Random, depth: u64) -> (String, String) {
    if depth == 0 || random.below(3) == 0 {
        let (text, sql) = leaf(random);
        // A comparison with an unknown is false, not unknown.
        return (text, format!("coalesce({sql}, false)"));
    }
    let a = filter(random, depth - 1);
    if random.below(4) == 0 {
        return (format!("not ({})", a.0), format!("(NOT {})", a.1));
    }
    let b = filter(random, depth - 1);
    let sign = random.pick(&["and", "or"]);
    (format!("({} {sign} {})", a.0, b.0), format!("({} {sign} {})", a.1, b.1))
}

/// A key here, and as SQL.
fn key(random: &mut Random) -> (String, String) {
    match random.below(12) {
        0 => {
            let bits = 8 + random.below(25);
            let shift = 32 - bits;
            (format!("src_addr/{bits}"), format!("src_addr >> {shift} << {shift}"))
        }
        1 => ("hour".into(), "timestamp // 3600000 * 3600000".into()),
        2 => {
            let (name, ms) = random.pick(&[&("5m", 300_000), &("7h", 25_200_000), &("day", 86_400_000)]);
            let day = "timestamp // 86400000 * 86400000";
            ((*name).into(), format!("{day} + (timestamp - ({day})) // {ms} * {ms}"))
        }
        3 => (
            "service".into(),
            "CASE WHEN protocol IN (6, 17, 33, 132) AND src_port IS NOT NULL AND dst_port IS NOT NULL THEN least(src_port, dst_port) END".into(),
        ),
        _ => {
            let field = random.pick(&[
                "src_addr", "dst_addr", "src_port", "dst_port", "protocol", "tcp_flags", "tos", "input_snmp",
                "exporter",
            ]);
            (field.into(), field.into())
        }
    }
}

/// Measures here, and as SQL.
const MEASURES: [(&str, &str); 13] = [
    ("bytes", "coalesce(sum(bytes), 0)"),
    ("packets", "coalesce(sum(packets), 0)"),
    ("flows", "count(*)"),
    ("distinct:dst_addr", "count(DISTINCT dst_addr)"),
    ("distinct:src_port", "count(DISTINCT src_port)"),
    ("first", "min(first)"),
    ("last", "max(last)"),
    ("bps", "over the flows, or the bins"), // `bits_per_second`
    ("min_bytes", "min(bytes)"),
    ("max_bytes", "max(bytes)"),
    ("median_bytes", "quantile_disc(bytes, 0.5)"),
    ("p95_bytes", "quantile_disc(bytes, 0.95)"),
    ("p95_duration", "quantile_disc(CASE WHEN last >= first THEN last - first END, 0.95)"),
];

/// Bits per second of a group: over the time of its flows, or where keys are bins of
/// time, over the time that these share. A bin ends with its day.
fn bits_per_second(keys: &[(String, String)]) -> String {
    let lengths = [("hour", 3_600_000), ("5m", 300_000), ("7h", 25_200_000), ("day", 86_400_000)];
    let bins: Vec<(String, u64)> = keys
        .iter()
        .filter_map(|(name, sql)| {
            let (_, ms) = lengths.iter().find(|(bin, _)| bin == name)?;
            Some((format!("min({sql})"), *ms))
        })
        .collect();
    let amount = "CAST(coalesce(sum(bytes), 0) AS HUGEINT) * 8000";
    if bins.is_empty() {
        return format!(
            "CASE WHEN min(first) IS NOT NULL AND max(last) IS NOT NULL THEN {amount} // greatest(max(last) - min(first), 1) END"
        );
    }
    let starts: Vec<&str> = bins.iter().map(|(start, _)| start.as_str()).collect();
    let end = |(start, ms): &(String, u64)| {
        format!("least({start} + {ms}, {start} // 86400000 * 86400000 + 86400000)")
    };
    let ends: Vec<String> = bins.iter().map(end).collect();
    let (starts, ends) = (starts.join(", "), ends.join(", "));
    format!(
        "CASE WHEN min(timestamp) IS NOT NULL THEN {amount} // (least({ends}) - greatest({starts})) END"
    )
}

/// A question: key names, filter, SQL.
struct Question {
    keys: Vec<String>,
    filter: String,
    sql: String,
}

fn question(random: &mut Random) -> Question {
    let keys: Vec<(String, String)> = (0..=random.below(3)).map(|_| key(random)).collect();
    let (filter, condition) =
        if random.below(4) == 0 { ("any".into(), "true".into()) } else { filter(random, 3) };
    let columns: Vec<&str> = keys.iter().map(|(_, sql)| sql.as_str()).collect();
    let bps = bits_per_second(&keys);
    let measures = MEASURES.map(|(name, sql)| {
        format!("CAST({} AS VARCHAR)", if name == "bps" { bps.as_str() } else { sql })
    });
    let texts = columns.iter().map(|column| format!("CAST({column} AS VARCHAR)"));
    let selected: Vec<String> = texts.chain(measures).collect();
    let places: Vec<String> = (1..=columns.len()).map(|place| place.to_string()).collect();
    let sql = format!(
        "SELECT {} FROM flows WHERE {condition} GROUP BY {}",
        selected.join(", "),
        places.join(", ")
    );
    Question { keys: keys.into_iter().map(|(name, _)| name).collect(), filter, sql }
}

/// The rows of an answer, in any order.
type Rows = Vec<Vec<Option<String>>>;

fn answer(batches: &[Batch], question: &Question) -> Rows {
    let keys: Vec<&str> = question.keys.iter().map(String::as_str).collect();
    let top = top_with(&keys, &MEASURES.map(|(name, _)| name), all_rows());
    let text = |cell: &Cell| match cell {
        Cell::Number(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    };
    let rows = of_batches(batches, &filtered(top, &question.filter)).table.rows;
    rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

/// The answers of DuckDB.
fn asked_of_duckdb(python: &OsStr, flows: &[FlowRecord], questions: &[Question]) -> Vec<Rows> {
    let folder = tempfile::tempdir().unwrap();
    let (flows_path, queries_path) =
        (folder.path().join("flows.csv"), folder.path().join("queries.json"));
    std::fs::write(&flows_path, csv(flows)).unwrap();
    let sqls: Vec<&str> = questions.iter().map(|question| question.sql.as_str()).collect();
    std::fs::write(&queries_path, serde_json::to_string(&sqls).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/ask_duckdb.py");
    let output =
        Command::new(python).arg(script).args([&flows_path, &queries_path]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cell = |cell: &Value| cell.as_str().map(str::to_owned);
    let row = |row: &Value| row.as_array().unwrap().iter().map(cell).collect();
    let rows = |rows: &Value| rows.as_array().unwrap().iter().map(row).collect();
    answers.as_array().unwrap().iter().map(rows).collect()
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_questions_have_the_same_answers() {
    let Some(python) = std::env::var_os("FLOWKIT_PYTHON") else {
        println!("skipped: FLOWKIT_PYTHON does not name a Python with duckdb");
        return;
    };
    let seed = setting("FLOWKIT_SEED", 20_180_921);
    let n_flows = setting("FLOWKIT_DUCKDB_FLOWS", 3_000);
    let n_queries = setting("FLOWKIT_DUCKDB_QUERIES", 300);
    println!("FLOWKIT_SEED={seed}: {n_queries} questions over {n_flows} flows");
    let mut random = Random(seed | 1);
    let flows: Vec<FlowRecord> = (0..n_flows).map(|_| flow(&mut random)).collect();
    let batches = batches(&flows, 8192);
    let questions: Vec<Question> = (0..n_queries).map(|_| question(&mut random)).collect();
    let answers = asked_of_duckdb(&python, &flows, &questions);
    let mut n_rows = 0;
    for (question, mut wanted) in questions.iter().zip(answers) {
        let mut found = answer(&batches, question);
        wanted.sort_unstable();
        found.sort_unstable();
        n_rows += found.len();
        assert_eq!(found.len(), wanted.len(), "{:?} -f '{}'", question.keys, question.filter);
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(
                found, wanted,
                "{:?} -f '{}'\n{}",
                question.keys, question.filter, question.sql
            );
        }
    }
    println!("{n_rows} rows are equal");
    assert!(n_rows > 1000);
}

//! Groups of a plain loop over flows, ranked by the model, give the very answer
//! of the engine. So may those of any other engine: this is the seam.

mod plain;

use flowkit_analyze::in_memory::{Memory, ask_batches};
use flowkit_model::answer::{Answer, Ranker};
use flowkit_model::question::{Condition, Order, Question, Ranked, Report, Top};
use flowkit_model::{Expression, FlowRecord};

use crate::asking::{MEASURES, filtered, keys, measures, question};
use crate::batches::batches;
use crate::random::{Random, flows};

const KEYS: [&str; 30] = [
    "src_addr",
    "dst_addr",
    "src_addr/28",
    "dst_addr/30",
    "next_hop",
    "exporter",
    "src_country",
    "src_port",
    "dst_port",
    "protocol",
    "tcp_flags",
    "timestamp",
    "first",
    "hour",
    "5m",
    "service",
    "addr",
    "addr/29",
    "port",
    "as",
    "src_addr/24+64",
    "dst_addr/128",
    "addr/+63",
    "nat_src_addr",
    "nat_dst_addr/30+64",
    "family",
    "direction",
    "src_mac",
    "vlan",
    "rev_bytes",
];

const NUMBERS: [&str; 8] = ["0", "1", "2", "5.5", "40", "3k", "90000", "4M"];
const SHARES: [&str; 8] = ["0", "0.000001", "0.003", "1 %", "0.05", "25 %", "0.5", "1"];
const DURATIONS: [&str; 8] = ["0", "1", "5ms", "1.5s", "1m", "10m", "1h", "2d"];
const TIMES: [&str; 8] = [
    "1970-01-01T00:00Z",
    "2018-09-20T23:00Z",
    "2018-09-21",
    "1537488000000",
    "2018-09-21T00:00:03",
    "2018-09-21 01:00",
    "2018-09-22",
    "2100-01-01",
];

const KINDS: [&str; 4] = ["icmp", "mixed", "none", "port"];

const FILTERS: [&str; 8] = [
    "any",
    "bytes > 30000",
    "port in [1-9]",
    "exporter = r7 or not proto tcp",
    "duration > 15m",
    "ipv6",
    "ip in [10.0.0.0/30 2001:db8::/64 240.0.0.0/4 ::1] or direction = ingress",
    "src ip > 10.0.0.3 and dst ip != ::",
];

const REPORTS: [fn(Ranked) -> Report; 4] =
    [Report::Talkers, Report::Ports, Report::Protocols, Report::Pairs];

fn pick<T: Copy>(random: &mut Random, list: &[T]) -> T {
    list[usize::try_from(random.below(list.len() as u64)).unwrap()]
}

fn some<T: Copy>(random: &mut Random, list: &[T], most: u64) -> Vec<T> {
    (0..random.below(most + 1)).map(|_| pick(random, list)).collect()
}

fn any_order(random: &mut Random) -> Order {
    let condition = |random: &mut Random| {
        let sign = pick(random, &["<", "<=", "=", "!=", ">", ">="]);
        let measure = pick(random, &MEASURES);
        let values: &[&str] = match measure {
            "bytes_share" | "packets_share" | "flows_share" => &SHARES,
            "first" | "last" => &TIMES,
            "port_kind" => &KINDS,
            name if name.ends_with("duration") => &DURATIONS,
            _ => &NUMBERS,
        };
        Condition::parse(&format!("{measure} {sign} {}", pick(random, values))).unwrap()
    };
    Order {
        sort: measures(&[pick(random, &MEASURES)])[0],
        limit: pick(random, &[0, 1, 3, 10, 100]),
        bottom: random.below(3) == 0,
        min_share: pick(random, &[0, 0, 100_000, 1_000_000, 5_000_000]),
        having: (0..random.below(3)).map(|_| condition(random)).collect(),
    }
}

fn any_question(random: &mut Random) -> Question {
    let order = any_order(random);
    let columns = (random.below(3) > 0).then(|| measures(&some(random, &MEASURES, 5)));
    let report = if random.below(4) == 0 {
        pick(random, &REPORTS)(Ranked { columns, order })
    } else {
        Report::Top(Top { by: keys(&some(random, &KEYS, 3)), columns, order })
    };
    filtered(question(report), pick(random, &FILTERS))
}

/// The groups of a plain loop, ranked by the model.
fn by_loop(flows: &[FlowRecord], question: &Question) -> Answer {
    let filter = Expression::parse(question.flows.filter.as_ref().unwrap()).unwrap();
    let matching: Vec<&FlowRecord> = flows.iter().filter(|flow| filter.matches(flow)).collect();
    let grouping = question.report.grouping().unwrap();
    let (rows, rest) = plain::groups(&matching, &grouping);
    Ranker::new(&grouping, plain::total(&matching)).finish(rows, rest)
}

/// What a ranking says, but for what was read.
fn text(answer: &Answer) -> String {
    let Answer { outcome, facts, table, bars, ranking, notes, .. } = answer;
    format!("{outcome:?} {facts:?} {table:?} {bars:?} {ranking:?} {notes:?}")
}

#[test]
fn groups_of_any_engine_are_ranked_alike() {
    let seed = 0x5eed_0010;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let flows = flows(&mut random, 700);
    let batches = batches(&flows, 64);
    let (mut n_rows, mut n_cut) = (0, 0);
    for n in 0..400 {
        let question = any_question(&mut random);
        let memory = Memory::of(pick(&mut random, &[usize::MAX, usize::MAX, 10_000]));
        let found = ask_batches(batches.clone(), &question, memory).unwrap();
        let expected = by_loop(&flows, &question);
        assert_eq!(text(&found), text(&expected), "question {n}: {}", question.to_json());
        n_rows += found.table.rows.len();
        n_cut += usize::from(found.ranking.unwrap().other.flows > 0);
    }
    println!("{n_rows} rows are equal");
    assert!(n_rows > 5000 && n_cut > 100, "{n_rows} rows, {n_cut} answers without some groups");
}

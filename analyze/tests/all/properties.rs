//! What holds of every answer: it does not depend on how the flows are cut,
//! ordered or shared among threads, and rows add up.

use flowkit_analyze::in_memory::{Batch, Memory, ask_batches, ask_flows};
use flowkit_model::Metric;
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{
    Beacons, Condition, Exporters, FlowColumn, Flows, List, Measure, Order, Question, Ranked,
    Report, Scans, TimeDistribution, Timeline,
};

use crate::asking::{all_rows, keys, of_batches, question, ranked, top, top_with};
use crate::batches::batches;
use crate::random::{Random, flows};

/// Columns of every kind.
const RICH: [&str; 12] = [
    "flows",
    "first",
    "bps",
    "pps",
    "bpp",
    "min_bytes",
    "p95_duration",
    "mean_bytes",
    "median_bytes",
    "distinct:dst_addr",
    "distinct:port",
    "sent_bytes",
];

/// Keys of 213 bits, and of 278.
const LONG: [&str; 5] = ["src_addr", "dst_addr", "src_port", "timestamp", "first"];
const LONGER: [&str; 6] = ["src_addr", "dst_addr", "src_port", "timestamp", "first", "last"];

fn order(sort: &str, limit: usize) -> Order {
    let having = Condition::parse_all("flows > 2").unwrap();
    Order { sort: Measure::parse(sort).unwrap(), limit, having, ..Order::default() }
}

/// Rankings: by keys of every width, in every order.
fn rankings() -> Vec<Question> {
    let bottom = Order { bottom: true, min_share: 100_000, ..Order::default() };
    let five = ["src_addr", "dst_addr", "dst_port", "protocol"];
    vec![
        top(&["exporter", "dst_port"], Order::default()),
        top_with(&["exporter"], &RICH, order("bps", 3)),
        top_with(&["addr", "5m"], &RICH, order("distinct:dst_addr", 7)),
        top_with(&["src_addr", "dst_addr"], &RICH, Order::default()),
        top_with(&five, &RICH, order("median_bytes", 9)),
        top_with(&LONG, &RICH, Order::default()),
        top_with(&LONGER, &RICH, Order::default()),
        top_with(&["dst_port"], &RICH, all_rows()),
        top(&["src_addr/30", "service"], bottom),
        ranked(Report::Talkers, Order::default()),
        ranked(Report::Talkers, all_rows()),
        ranked(Report::Ports, Order::default()),
        ranked(Report::Pairs, Order::default()),
        ranked(Report::Protocols, order("pps", 0)),
    ]
}

fn timeline(bin: &str, distribution: TimeDistribution, by: &[&str], limit: usize) -> Report {
    Report::Timeline(Timeline {
        bin: bin.into(),
        distribution,
        by: keys(by),
        limit,
        ..Timeline::default()
    })
}

fn exporters() -> Report {
    Report::Exporters(Exporters::default())
}

/// A question of each report, but for diff: of flows that are changed and
/// filtered, and of all flows.
fn questions() -> Vec<Question> {
    let filter = "not (exporter = r7 and bytes < 500) or port in [1 5-9] and duration < 1000s";
    let some = Flows {
        filter: Some(filter.into()),
        repair_times: true,
        scale_sampling: true,
        deduplicate: true,
        ..Flows::default()
    };
    let timelines = [
        (TimeDistribution::Proportional, &[][..]),
        (TimeDistribution::Uniform, &["exporter"]),
        (TimeDistribution::Proportional, &["addr", "dst_port"]),
        (TimeDistribution::Start, &LONG),
    ];
    let others = [
        list("bytes", 7),
        list("exporter", 0),
        Report::Scans(Scans { min_targets: 3, limit: 10, ..Scans::default() }),
        Report::Beacons(Beacons {
            min_connections: 3,
            max_jitter_percent: 90,
            ..Beacons::default()
        }),
    ];
    let timelines =
        timelines.map(|(distribution, by)| question(timeline("7m", distribution, by, 2)));
    rankings()
        .into_iter()
        .chain(timelines)
        .chain(others.map(question))
        .map(|question| Question::new(question.report, some.clone()))
        .chain([Report::Check, exporters(), Report::Summary].map(question))
        .collect()
}

/// Flows sorted by a column, which is the same in any order of the flows.
fn list(sort: &str, limit: usize) -> Report {
    let sort = Some(FlowColumn::parse(sort).unwrap());
    Report::List(List { sort, limit: Some(limit), ..List::default() })
}

/// The answers to every question, as text; groups have so many bytes.
fn answers(batches: &[Batch], memory: usize) -> Vec<String> {
    let shown = |question: &Question| {
        let answer = ask_batches(batches.to_vec(), question, Memory::of(memory)).unwrap();
        // What came out, not what was asked.
        format!("{:?}", Answer { question: None, filter: None, ..answer })
    };
    questions().iter().map(shown).collect()
}

#[test]
fn answers_do_not_depend_on_split_order_or_threads() {
    let seed = 0x5eed_0006;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let mut flows = flows(&mut random, 3000);
    // Some are there twice.
    flows.extend_from_within(100..200);
    let on = |threads, batches: &[Batch], memory| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| answers(batches, memory))
    };
    let expected = on(1, &batches(&flows, 100_000), usize::MAX);
    assert!(expected.iter().all(|answer| answer.len() > 500), "answers have rows");
    // With 10 kB all but some keys are in temporary files.
    for (rows, threads, memory) in
        [(1000, 1, 10_000), (7, 2, usize::MAX), (64, 3, 0), (333, 8, 100_000)]
    {
        for place in (1..flows.len()).rev() {
            flows.swap(place, usize::try_from(random.below(place as u64 + 1)).unwrap());
        }
        for (found, expected) in on(threads, &batches(&flows, rows), memory).iter().zip(&expected) {
            assert_eq!(found, expected, "{rows} rows a batch, {threads} threads, {memory} bytes");
        }
    }
}

fn sum(answer: &Answer, metric: Metric) -> u128 {
    let column = answer.table.columns.iter().position(|column| column.name == metric.name());
    let number = |cell: &Cell| if let Cell::Number(number) = cell { *number } else { 0 };
    answer.table.rows.iter().map(|row| number(&row[column.unwrap()])).sum()
}

/// All rows of keys with one end add up to the total; with fewer rows, the
/// rows and the others do.
#[test]
fn rows_add_up_to_the_total() {
    let mut random = Random(0x5eed_0007);
    let batches = batches(&flows(&mut random, 2000), 100);
    for names in
        [vec!["dst_port"], vec!["src_addr/28", "hour"], vec!["exporter", "protocol", "service"]]
    {
        for limit in [0, 3] {
            let order = Order { limit, ..Order::default() };
            let answer = of_batches(&batches, &top(&names, order));
            let ranking = answer.ranking.as_ref().unwrap();
            for metric in Metric::ALL {
                let rows = sum(&answer, metric) + metric.of(&ranking.other);
                assert_eq!(rows, metric.of(&answer.tally.total), "{names:?}");
                assert!(limit > 0 || metric.of(&ranking.other) == 0);
            }
        }
    }
}

/// A statistic is given the fields that it names, bytes and packets, and no
/// others: so it is when they are read from columns.
#[test]
fn statistics_name_the_fields_that_they_read() {
    let flows = flows(&mut Random(7), 50);
    let check = |question: Question| drop(ask_flows(&flows, &question).unwrap());
    let rich = ["bps", "p95_duration", "distinct:dst_addr", "distinct:port", "sent_bytes"];
    for names in [vec!["addr/8", "5m"], vec!["service"], vec!["exporter", "as", "src_addr/9"]] {
        check(top(&names, Order::default()));
        check(top_with(&names, &rich, Order::default()));
        check(question(timeline("hour", TimeDistribution::Proportional, &names, 3)));
    }
    check(question(Report::Talkers(Ranked::default())));
    check(question(Report::Pairs(Ranked::default())));
    check(question(Report::Ports(Ranked::default())));
    check(question(Report::Protocols(Ranked::default())));
    check(question(Report::Scans(Scans { min_targets: 2, limit: 0, ..Scans::default() })));
    let beacons = Beacons { min_connections: 3, limit: 0, ..Beacons::default() };
    check(question(Report::Beacons(beacons)));
    check(question(Report::Check));
    check(question(exporters()));
    check(question(Report::Summary));
}

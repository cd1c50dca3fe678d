//! What holds of every answer: it does not depend on how the flows are cut,
//! ordered or shared among threads, and rows add up.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it ran")]

use std::sync::Arc;

use batches::batches;
use flowkit_analyze::answer::{Answer, Cell, Metric};
use flowkit_analyze::ask::{ask_batches, ask_batches_within};
use flowkit_analyze::batch::Batch;
use flowkit_analyze::bins::Bins;
use flowkit_analyze::selection::{Changes, Selection};
use flowkit_analyze::spill::memory::Memory;
use flowkit_analyze::stats::beacons::Beacons;
use flowkit_analyze::stats::check::Check;
use flowkit_analyze::stats::exporters::Exporters;
use flowkit_analyze::stats::scans::Scans;
use flowkit_analyze::stats::summary::Summary;
use flowkit_analyze::stats::timeline::{Load, Timeline};
use flowkit_analyze::stats::{Statistic, pairs, ports, protocols, talkers, top};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{Condition, Measure, Order};
use flowkit_model::{Expression, FieldId, FlowRecord, Metric};
use jiff::tz::TimeZone;

use crate::batches::batches;
use crate::random::{Random, dimensions, flows};

fn selection() -> Selection {
    let filter = "not (exporter = r7 and bytes < 500) or port in [1 5-9] and duration < 1000k";
    let changes = Changes { scale_sampling: true, dedupe: true, repair_times: true };
    Selection::new(Expression::parse(filter).unwrap(), None).with_changes(changes)
}

/// The answers of every statistic, as text; groups have so many bytes.
fn answers(batches: &[Batch], memory: usize) -> Vec<String> {
    let rich: Vec<Measure> = [
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
    ]
    .map(|name| Measure::parse(name).unwrap())
    .into();
    let order = |sort: &str, limit| Order {
        sort: Measure::parse(sort).unwrap(),
        limit,
        having: Condition::parse_all("flows > 2").unwrap(),
        ..Order::default()
    };
    let rich_by = |names: &[&str], order| top::top(dimensions(names), order, Some(rich.clone()));
    let plain_by = |names: &[&str], order| top::top(dimensions(names), order, None);
    let ask = |grouping| shown(batches, &grouping, &selection(), memory);
    let bottom = Order { bottom: true, least_share: 100_000, ..Order::default() };
    let bins = || Bins::parse("7m", &TimeZone::UTC).unwrap();
    // Of 213 bits, and of 278.
    let long = ["src_addr", "dst_addr", "src_port", "timestamp", "first"];
    let longer = [&long[..], &["last"]].concat();
    let mut all = vec![
        ask(plain_by(&["exporter", "dst_port"], Order::default())),
        ask(rich_by(&["exporter"], order("bps", 3))),
        ask(rich_by(&["addr", "5m"], order("distinct:dst_addr", 7))),
        ask(rich_by(&["src_addr", "dst_addr"], Order::default())),
        ask(rich_by(&["src_addr", "dst_addr", "dst_port", "protocol"], order("median_bytes", 9))),
        ask(rich_by(&long, Order::default())),
        ask(rich_by(&longer, Order::default())),
        ask(rich_by(&["dst_port"], Order { limit: 0, ..Order::default() })),
        ask(plain_by(&["src_addr/30", "service"], bottom)),
        ask(talkers::talkers(Order::default())),
        ask(talkers::talkers(Order { limit: 0, ..Order::default() })),
        ask(ports::ports(Order::default())),
        ask(pairs::pairs(Order::default())),
        ask(protocols::protocols(order("pps", 0))),
    ];
    for (load, by) in [
        (Load::Proportional, vec![]),
        (Load::Uniform, vec!["exporter"]),
        (Load::Proportional, vec!["addr", "dst_port"]),
        (Load::Start, long.to_vec()),
    ] {
        let timeline = Timeline::new("7m", bins(), load, None).by(dimensions(&by), 2);
        all.push(shown(batches, &timeline, &selection(), memory));
    }
    all.push(shown(batches, &Scans::new(3, 10), &selection(), memory));
    all.push(shown(batches, &Beacons::new(3, 90, 10), &selection(), memory));
    all.push(shown(batches, &Check, &Selection::default(), memory));
    all.push(shown(batches, &Exporters::default(), &selection(), memory));
    all.push(shown(batches, &Summary::default(), &selection(), memory));
    all
}

fn shown<S: Statistic>(
    batches: &[Batch],
    statistic: &S,
    selection: &Selection,
    memory: usize,
) -> String {
    let memory = Memory::of(memory);
    let answer = ask_batches_within(batches.to_vec(), statistic, selection, memory);
    format!("{:?}", answer.unwrap())
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
            let grouping = top::top(dimensions(&names), order, None);
            let answer = ask_batches(batches.clone(), &grouping, &Selection::default());
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
    fn check<S: Statistic>(flows: &[FlowRecord], statistic: &S) {
        let always = [FieldId::Bytes, FieldId::Packets];
        let fields = statistic.fields().into_iter().chain(always).collect();
        let mut batch = Batch::new(fields, 0, Arc::default());
        for flow in flows {
            batch.push(flow);
        }
        statistic.add(&mut statistic.start(&Arc::default()), &batch);
    }
    let flows = flows(&mut Random(7), 50);
    let rich = ["bps", "p95_duration", "distinct:dst_addr", "distinct:port", "sent_bytes"];
    let rich = rich.map(|name| Measure::parse(name).unwrap());
    for names in [vec!["addr/8", "5m"], vec!["service"], vec!["exporter", "as", "src_addr/9"]] {
        check(&flows, &top::top(dimensions(&names), Order::default(), None));
        check(&flows, &top::top(dimensions(&names), Order::default(), Some(rich.into())));
        let bins = Bins::parse("hour", &TimeZone::UTC).unwrap();
        let timeline = Timeline::new("hour", bins, Load::Proportional, None);
        check(&flows, &timeline.by(dimensions(&names), 3));
    }
    check(&flows, &talkers::talkers(Order::default()));
    check(&flows, &pairs::pairs(Order::default()));
    check(&flows, &ports::ports(Order::default()));
    check(&flows, &protocols::protocols(Order::default()));
    check(&flows, &Scans::new(2, 0));
    check(&flows, &Beacons::new(3, 10, 0));
    check(&flows, &Check);
    check(&flows, &Exporters::default());
    check(&flows, &Summary::default());
}

//! Addresses of both families are grouped, searched and stored alike, from text and from
//! columns, whichever of them a part of a dump has first.

use std::fs;
use std::path::{Path, PathBuf};

use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Source};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::field::Access;
use flowkit_model::question::{Beacons, FlowColumn, List, Measure, Order, Question, Report, Scans};
use flowkit_model::{Address, FIELDS, Field, FlowRecord, Kind, NotAFlow, time};

use crate::asking::{all_rows, answer, filtered, of_batches, question, ranked, top, top_with};
use crate::batches::batches;
use crate::random::{Random, flows};

/// A cell of csv.
fn cell(flow: &FlowRecord, field: &Field) -> String {
    match field.access {
        Access::Number { read, .. } if field.kind == Kind::Time => {
            read(flow).map(time::format_ms).unwrap_or_default()
        }
        Access::Number { read, .. } => read(flow).map(|n| n.to_string()).unwrap_or_default(),
        Access::Address { read, .. } => read(flow).map(|a| a.to_string()).unwrap_or_default(),
        Access::Text { read, .. } => read(flow).unwrap_or_default().to_owned(),
        Access::Worked { .. } => String::new(),
    }
}

/// Flows as csv, which has a column for every field.
fn csv(flows: &[FlowRecord]) -> String {
    let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    let rows = flows.iter().map(|flow| {
        let cells: Vec<String> = FIELDS.iter().map(|field| cell(flow, field)).collect();
        cells.join(",") + "\n"
    });
    std::iter::once(names.join(",") + "\n").chain(rows).collect()
}

/// Questions that group and order by addresses, with ties.
fn questions() -> Vec<Question> {
    let by_flows =
        |limit| Order { sort: Measure::parse("flows").unwrap(), limit, ..Order::default() };
    let scans = Scans { min_targets: 3, limit: 0, ..Scans::default() };
    let beacons =
        Beacons { min_connections: 3, max_jitter_percent: 100, limit: 0, ..Beacons::default() };
    let sorted = FlowColumn::parse("dst_addr").ok();
    let sorted = List { sort: sorted, bottom: true, ..List::default() };
    let plain = [
        top(&["src_addr"], all_rows()),
        top(&["src_addr"], by_flows(7)),
        top(&["addr"], by_flows(5)),
        top(&["src_addr/24+64"], by_flows(0)),
        top(&["addr/16+63", "family"], by_flows(3)),
        top(&["dst_addr/64"], all_rows()),
        top(&["nat_src_addr", "direction"], by_flows(0)),
        top_with(&["family"], &["flows", "distinct:src_addr", "peers"], all_rows()),
        top_with(&["addr"], &["flows", "distinct:addr", "peers", "sent_bytes"], by_flows(9)),
        ranked(Report::Pairs, by_flows(11)),
        ranked(Report::Talkers, all_rows()),
        question(Report::Scans(scans)),
        question(Report::Beacons(beacons)),
        question(Report::List(sorted)),
        question(Report::Summary),
        question(Report::Check),
    ];
    let filters = ["ipv6", "not ip in [10.0.0.0/29 2001:db8::/63]", "dst ip >= 240.0.0.0"];
    let of_filters = filters.map(|filter| filtered(ranked(Report::Pairs, all_rows()), filter));
    plain.into_iter().chain(of_filters).collect()
}

/// What came out, but for where the flows were read from.
fn told(answer: &Answer) -> String {
    let Answer { outcome, table, bars, ranking, .. } = answer;
    format!("{outcome:?} {table:?} {bars:?} {ranking:?}")
}

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// A dump of a file, with or without the files of columns.
fn dump(file: &Path, columns: bool) -> PathBuf {
    let dump = file.with_extension(format!("dump-{columns}"));
    let source = [Source::open(file).unwrap()];
    import(&source, &dump, String::new(), columns, ReadOptions::default()).unwrap();
    dump
}

fn n_columns(dump: &Path) -> usize {
    fs::read_dir(dump.join("columns")).map_or(0, Iterator::count)
}

#[test]
fn text_and_columns_give_the_rows_of_the_flows() {
    let seed = 0x5eed_0046;
    println!("seed {seed:#x}");
    let mut flows = flows(&mut Random(seed), 1500);
    for flow in &mut flows {
        flow.version = Some(5);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flows.csv");
    fs::write(&file, csv(&flows)).unwrap();
    let dump = dump(&file, true);
    let in_memory = batches(&flows, 100);
    for question in questions() {
        let of = |path: &Path| told(&answer(&[Source::open(path).unwrap()], &question));
        let [text, again, columns] =
            [on(1, || of(&file)), on(2, || of(&file)), on(1, || of(&dump))];
        assert_eq!(text, columns, "{}", question.to_json());
        assert_eq!(text, again, "{}", question.to_json());
        assert_eq!(text, on(2, || of(&dump)), "{}", question.to_json());
        let report = &question.report;
        if !matches!(report, Report::Summary | Report::Check) {
            assert_eq!(text, told(&of_batches(&in_memory, &question)), "{}", question.to_json());
        }
    }
    assert_eq!(n_columns(&dump), 1, "they were made");
}

/// A document of version 5 or with addresses of IPv6.
fn document(n: u32, is_ipv6: bool) -> String {
    let (from, to) = if is_ipv6 {
        (format!("2001:db8::{:x}", n % 50), format!("2001:db8:0:1::{:x}", n % 7))
    } else {
        (format!("10.0.0.{}", n % 200), ["240.0.0.1", "192.0.2.1"][(n % 2) as usize].to_owned())
    };
    format!(
        r#"{{"_index":"a","_id":"{n}","_source":{{"@timestamp":"2018-09-21T00:00:00.008Z","host":"r1","netflow":{{"version":5,"in_bytes":{},"in_pkts":1,"ipv4_src_addr":"{from}","ipv4_dst_addr":"{to}"}}}}}}"#,
        n % 900
    ) + "\n"
}

/// A part whose first flows are of version 5 is begun with its columns, and begun again
/// when others come: while it is imported, and by the first question.
#[test]
fn flows_of_ipv6_may_come_late_in_a_part() {
    let folder = tempfile::tempdir().unwrap();
    // More than the first block, which is half a megabyte.
    let n = 6000;
    for (name, from) in [("late", n), ("first", 0), ("last", n + 99), ("none", u32::MAX)] {
        let file = folder.path().join(format!("{name}.ndjson"));
        let text: String = (0..n + 100).map(|at| document(at, at >= from && at % 3 > 0)).collect();
        fs::write(&file, text).unwrap();
        let [with, without] = [dump(&file, true), dump(&file, false)];
        assert_eq!([&with, &without].map(|dump| n_columns(dump)), [1, 0], "{name}");
        for by in [&["src_addr"][..], &["dst_addr", "family"], &["addr/24+64"]] {
            let question = top(by, all_rows());
            let of = |path: &Path| told(&answer(&[Source::open(path).unwrap()], &question));
            let expected = of(&file);
            // The first question makes what is missing, the second reads it.
            for dump in [&with, &with, &without, &without] {
                assert_eq!(of(dump), expected, "{name} by {by:?}");
                assert_eq!(n_columns(dump), 1, "{name}");
            }
        }
        let columns = |dump: &Path| {
            let file = fs::read_dir(dump.join("columns")).unwrap().next().unwrap().unwrap();
            fs::read(file.path()).unwrap()
        };
        assert!(columns(&with) == columns(&without), "{name}: made in either way");
    }
}

fn number(text: &str) -> Cell {
    Cell::Number(text.parse::<Address>().unwrap().number())
}

/// A flow to port 22 that begins at a minute.
fn connection(from: &str, to: &str, minute: u64) -> FlowRecord {
    let ms = Some(1_537_488_000_000 + minute * 60_000);
    FlowRecord {
        src_addr: Some(from.parse().unwrap()),
        dst_addr: Some(to.parse().unwrap()),
        protocol: Some(6),
        src_port: Some(50_000),
        dst_port: Some(22),
        tcp_flags: Some(2),
        bytes: Some(40),
        packets: Some(1),
        first_switched_ms: ms,
        last_switched_ms: ms,
        timestamp_ms: ms,
        ..FlowRecord::default()
    }
}

/// Sources of either family, those at the ends of each, in the order of their addresses.
const SOURCES: [&str; 7] = [
    "10.0.0.9",
    "192.0.2.1",
    "250.0.0.1",
    "255.255.255.255",
    "::1",
    "2001:db8::1",
    "fe80::ffff:10.0.0.9",
];

/// The sources of the rows of an answer.
fn sources(answer: &Answer) -> Vec<Cell> {
    let place = answer.table.columns.iter().position(|column| column.name == "src_addr");
    answer.table.rows.iter().map(|row| row[place.unwrap()].clone()).collect()
}

/// The answer about flows in pieces of each length, of which a few flows are on disk.
fn the_same(flows: &[FlowRecord], question: &Question) -> Answer {
    let expected = of_batches(&batches(flows, 1000), question);
    for (rows, threads) in [(1, 1), (7, 2), (1000, 2)] {
        let found = on(threads, || of_batches(&batches(flows, rows), question));
        assert_eq!(told(&found), told(&expected), "{rows} rows a batch");
    }
    expected
}

/// Equal scans come in the order of their addresses, whichever was seen first.
#[test]
fn scans_of_both_families_are_found() {
    let targets = |n: u64| [format!("10.1.0.{n}"), format!("2001:db8:1::{n:x}")];
    let flows: Vec<FlowRecord> = (0..20)
        .flat_map(|n| {
            let of_source = move |source: &&str| {
                let [ipv4, ipv6] = targets(n);
                connection(source, if source.contains(':') { &ipv6 } else { &ipv4 }, n)
            };
            SOURCES.iter().rev().map(of_source).collect::<Vec<_>>()
        })
        .collect();
    let scans = |min_targets, limit| Scans { min_targets, limit, ..Scans::default() };
    let found = the_same(&flows, &question(Report::Scans(scans(20, 0))));
    assert_eq!(sources(&found), SOURCES.map(number));
    let first = the_same(&flows, &question(Report::Scans(scans(5, 3))));
    assert_eq!(sources(&first)[..3], SOURCES.map(number)[..3]);
    assert!(the_same(&flows, &question(Report::Scans(scans(21, 0)))).table.rows.is_empty());
    // The ports of one host.
    let ports: Vec<FlowRecord> = (1..=30)
        .map(|port| FlowRecord {
            dst_port: Some(port),
            ..connection("2001:db8::1", "255.255.255.255", 1)
        })
        .collect();
    let found = the_same(&ports, &question(Report::Scans(scans(30, 0))));
    assert_eq!(sources(&found), [number("2001:db8::1")]);
    assert!(found.table.rows[0].contains(&number("255.255.255.255")), "{:?}", found.table.rows);
}

/// Equal beacons, too.
#[test]
fn beacons_of_both_families_are_found() {
    let flows: Vec<FlowRecord> = (0..40)
        .flat_map(|minute| {
            let of_source = move |source: &&str| connection(source, "2001:db8:2::7", minute);
            SOURCES.iter().rev().map(of_source).collect::<Vec<_>>()
        })
        .collect();
    let question = |limit| question(Report::Beacons(Beacons { limit, ..Beacons::default() }));
    assert_eq!(sources(&the_same(&flows, &question(0))), SOURCES.map(number));
    assert_eq!(sources(&the_same(&flows, &question(5))), SOURCES.map(number)[..5]);
}

/// Rows of csv that state version 9 or 10 are held to its rules.
#[test]
fn csv_has_flows_of_every_version() {
    let rows = "version,src_addr,dst_addr,bytes,dst_port,protocol,direction,src_mask_len\n\
         9,2001:db8::1,2001:db8::2,70,443,6,1,64\n\
         10,192.0.2.1,192.0.2.2,80,771,1,2,33\n\
         9,,,90,443,6,0,0\n\
         8,192.0.2.1,192.0.2.2,100,443,6,0,0\n\
         5,192.0.2.1,192.0.2.2,110,443,6,0,24\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flows.csv");
    fs::write(&file, rows).unwrap();
    let (found, tally) = crate::exporting::flows_and_tally(Source::open(&file).unwrap());
    let said: Vec<_> = found
        .iter()
        .map(|flow| {
            let FlowRecord { version, bytes, direction, src_mask_len, icmp_type, .. } = *flow;
            (version, bytes, direction, src_mask_len, icmp_type)
        })
        .collect();
    let (v5, v9, ipfix) = (Some(5), Some(9), Some(10));
    assert_eq!(
        said,
        [
            (v9, Some(70), Some(1), Some(64), None),
            (ipfix, Some(80), None, None, Some(3)),
            (v5, Some(110), Some(0), Some(24), None),
        ]
    );
    let skipped: Vec<_> = tally.skipped.iter().map(|skip| (skip.cause, skip.n)).collect();
    assert_eq!(skipped, [(NotAFlow::OtherVersion, 1), (NotAFlow::Options, 1)]);
    // Rows of flowkit's own csv are flows, whatever made them.
    fs::write(&file, "version,family,src_addr,bytes\n9,,,90\n9,ipv4,192.0.2.1,\n").unwrap();
    let (found, _) = crate::exporting::flows_and_tally(Source::open(&file).unwrap());
    assert_eq!(found.iter().map(|flow| flow.bytes).collect::<Vec<_>>(), [Some(90), None]);
}

//! Statistics over a few flows, whose answers can be worked out by hand.

use std::os::unix::ffi::OsStrExt;

use flowkit_analyze::in_memory::{Memory, diff_batches};
use flowkit_model::answer::Cell;
use flowkit_model::question::{Condition, Diff, Flows, Measure, Order, Question, Report, Timeline};
use flowkit_model::{FlowRecord, Metric};

use crate::asking::{keys, of_batches, question, top, top_with};
use crate::batches::batches;

/// What is unknown adds nothing to sums, and is no value of a distribution.
#[test]
fn unknown_is_not_the_smallest() {
    let flow = |(protocol, bytes, last)| FlowRecord {
        protocol: Some(protocol),
        bytes,
        first_switched_ms: Some(1),
        last_switched_ms: last,
        ..FlowRecord::default()
    };
    let flows =
        [(6, Some(300), Some(9)), (6, None, None), (6, Some(100), Some(4)), (17, None, None)]
            .map(flow);
    let measures = ["min_bytes", "mean_bytes", "min_duration", "mean_duration"];
    let question = top_with(&["protocol"], &measures, Order::default());
    let rows = of_batches(&batches(&flows, 100), &question).table.rows;
    let row = |key, values: [Option<u128>; 4]| {
        let cells = values.map(|value| value.map_or(Cell::Unknown, Cell::Number));
        [Cell::Number(key)].into_iter().chain(cells).collect::<Vec<_>>()
    };
    let tcp = [Some(100), Some(200), Some(3), Some(5)];
    assert_eq!(rows, [row(6, tcp), row(17, [None; 4])]);
}

/// An interval that a flow does not state is none: r1 states 100 alone, r2 nothing.
#[test]
fn an_unknown_sampling_interval_is_no_interval() {
    let flow = |(exporter, sampling_interval): (&str, _)| FlowRecord {
        exporter: Some(exporter.into()),
        sampling_interval,
        ..FlowRecord::default()
    };
    let flows = [("r1", Some(100)), ("r1", None), ("r2", None)].map(flow);
    let asked = |report| of_batches(&batches(&flows, 1), &question(report)).table.rows;
    let intervals = asked(Report::Summary).into_iter().map(|row| row[4..].to_vec());
    let stated = [Cell::Number(100), Cell::Number(100)];
    assert_eq!(intervals.collect::<Vec<_>>(), [stated, [Cell::Unknown, Cell::Unknown]]);
    let of = |name: &str| {
        let found = |row: &Vec<Cell>| row[0] == Cell::Text(name.into());
        asked(Report::Check).into_iter().find(found).map(|row| row[2..4].to_vec())
    };
    assert_eq!(of("sampled"), Some(vec![Cell::Number(1), Cell::Number(2)]));
    assert_eq!(of("sampling_changes"), None);
}

/// Texts are known by their places in a dictionary, in the order of the documents: r2,
/// r0, r1. The one with the first letters is r0, the one with the last r2.
#[test]
fn texts_are_ranked_and_compared_by_their_letters() {
    let flow = |exporter: &str| FlowRecord {
        exporter: Some(exporter.into()),
        bytes: Some(1),
        ..FlowRecord::default()
    };
    let flows = ["r2", "r0", "r1"].map(flow);
    let asked = |sort, bottom, having: &str, limit| {
        let having = Condition::parse_all(having).unwrap();
        let order = Order { sort, bottom, having, limit, ..Order::default() };
        let rows = of_batches(&batches(&flows, 100), &top(&["exporter"], order)).table.rows;
        rows.into_iter().map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    let texts = |names: &[&str]| -> Vec<Cell> {
        names.iter().map(|name| Cell::Text((*name).into())).collect()
    };
    let (by_key, by_bytes) = (Measure::Key(0), Measure::Sum(Metric::Bytes));
    for limit in [0, 1, 2] {
        let first = |names: &[&str]| {
            let n = if limit == 0 { names.len() } else { limit.min(names.len()) };
            texts(&names[..n])
        };
        assert_eq!(asked(by_key, true, "bytes > 0", limit), first(&["r0", "r1", "r2"]));
        assert_eq!(asked(by_key, false, "bytes > 0", limit), first(&["r2", "r1", "r0"]));
        for name in ["r0", "r1", "r2"] {
            let having = format!("key_1 = \"{name}\"");
            assert_eq!(asked(by_bytes, false, &having, limit), texts(&[name]), "{limit}");
        }
        assert_eq!(asked(by_bytes, false, "key_1 > \"r0\"", limit), first(&["r1", "r2"]));
    }
}

/// In Casey clocks went from 02:00 of March 5th 2010 back to 23:00 of the 4th, at 15:00Z:
/// of three hours from 12:30Z half an hour, and at the end another, are the 4th's.
#[test]
fn a_day_that_comes_again_has_its_share_and_no_more() {
    let at = 1_267_705_800_000; // 2010-03-04T12:30Z
    let flow = FlowRecord {
        timestamp_ms: Some(at + 10_800_000),
        first_switched_ms: Some(at),
        last_switched_ms: Some(at + 10_800_000),
        bytes: Some(1080),
        ..FlowRecord::default()
    };
    let timeline = Timeline { bin: "day".into(), ..Timeline::default() };
    let zone = Flows { zone: "Antarctica/Casey".into(), ..Flows::default() };
    let asked = Question::new(Report::Timeline(timeline), zone);
    let rows = of_batches(&batches(&[flow], 1), &asked).table.rows;
    let bytes: Vec<Cell> = rows.into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(bytes, [Cell::Number(360), Cell::Number(720)]);
}

/// Bytes and packets of some ports.
type Rows<'r> = &'r [(u16, [u64; 2])];

/// The title of what differs between two sides, and port, word and change of bytes.
fn changes(a: Rows<'_>, b: Rows<'_>, limit: usize) -> (String, Vec<(Cell, Cell, Cell)>) {
    let diff = Diff { limit, ..Diff::new(keys(&["dst_port"])) };
    let flow = |(port, [bytes, packets]): &(u16, [u64; 2])| FlowRecord {
        dst_port: Some(*port),
        bytes: Some(*bytes),
        packets: Some(*packets),
        ..FlowRecord::default()
    };
    let all = Flows::default();
    let side = |rows: Rows<'_>| {
        let flows: Vec<FlowRecord> = rows.iter().map(flow).collect();
        (batches(&flows, 100), &all)
    };
    let found = diff_batches([side(a), side(b)], &diff, Memory::default()).unwrap();
    let title = found.title();
    let cells = |row: &Vec<Cell>| (row[0].clone(), row[1].clone(), row[4].clone());
    (title, found.table.rows.iter().map(cells).collect())
}

#[test]
fn changes_are_named_and_the_largest_comes_first() {
    let a = [(80, [100, 2]), (443, [50, 5]), (22, [7, 1]), (53, [9, 9]), (25, [5, 3])];
    let b = [(80, [300, 2]), (443, [20, 5]), (8080, [40, 1]), (53, [9, 9]), (25, [5, 4])];
    let row = |port, word: &str, change| (Cell::Number(port), Cell::Text(word.into()), change);
    let expected = [
        row(80, "grew", Cell::Number(200)),
        row(8080, "appeared", Cell::Number(40)),
        row(443, "shrank", Cell::Minus(30)),
        row(22, "vanished", Cell::Minus(7)),
        row(25, "changed", Cell::Number(0)),
    ];
    let title = "diff by bytes: 5 of 6 keys changed";
    assert_eq!(changes(&a, &b, 0), (title.into(), expected.to_vec()));
    assert_eq!(changes(&a, &b, 2), (title.into(), expected[..2].to_vec()));
    assert!(changes(&a, &a, 0).1.is_empty());
    assert!(changes(&[], &[], 0).1.is_empty());
}

/// Flows without an identity cannot be told from their copies.
#[test]
fn a_source_that_is_named_twice_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.csv");
    std::fs::write(&path, "sa,da,ibyt,ipkt\n192.0.2.1,192.0.2.2,100,1\n").unwrap();
    let again = folder.path().join(".").join("flows.csv");
    // A name that is shown otherwise than it is.
    let no_text = folder.path().join(std::ffi::OsStr::from_bytes(b"flows\xff.csv"));
    std::fs::copy(&path, &no_text).unwrap();
    let open = |path: &std::path::Path| flowkit_analyze::Source::open(path).unwrap();
    let ask = |sources: &[flowkit_analyze::Source]| {
        let asked = flowkit_analyze::ask(sources, &question(Report::Summary)).unwrap().tally;
        (asked.total.bytes, asked.notes.iter().filter(|note| note.contains("named twice")).count())
    };
    assert_eq!(ask(&[open(&path)]), (100, 0));
    assert_eq!(ask(&[open(&path), open(&again)]), (200, 1));
    assert_eq!(ask(&[open(&no_text), open(&no_text)]), (200, 1));
    assert_eq!(ask(&[open(&path), open(&no_text)]), (200, 0));
}

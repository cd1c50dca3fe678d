//! Reports that are no rankings: every column can be sorted by and compared, and what
//! comes out is what a second reading of the whole table gives.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use flowkit_analyze::{AskError, Source, ask};
use flowkit_model::answer::{Answer, Cell, Column, millionths};
use flowkit_model::question::{Question, Report};

use super::{document, documents};

/// The reports, with the options that their rows need.
const TABLES: [(&str, &str); 9] = [
    ("exporters", ""),
    ("timeline", r#""bin": "20s""#),
    ("timeline", r#""bin": "30s", "by": ["dst_port"], "limit": 2"#),
    ("timeline", r#""bin": "30s", "by": ["exporter"], "time_distribution": "uniform""#),
    ("timeline", r#""bin": "30s", "by": ["src_addr/31"], "limit": 1"#),
    ("scans", r#""min_targets": 1, "limit": 0"#),
    ("beacons", r#""min_connections": 3, "max_jitter_percent": 100, "limit": 0"#),
    ("diff", r#""by": ["exporter", "dst_port"], "limit": 0"#),
    ("diff", r#""by": ["dst_addr/31", "bytes"], "limit": 0"#),
];

/// Of each report with rows of its own there is one, and of no other.
#[test]
fn every_report_that_is_no_ranking_is_walked() {
    for report in Report::every() {
        let is_walked = TABLES.iter().any(|(name, _)| *name == report.name());
        assert_eq!(is_walked, report.choice().is_some(), "{}", report.name());
        let is_ranking = report.grouping().is_some();
        // A list of flows is sorted by any column; the recomputed questions hold it.
        let shows_all = matches!(report, Report::Summary | Report::Check | Report::List(_));
        assert!(is_walked || is_ranking || shows_all, "{}", report.name());
    }
}

/// A source, and the one that it is compared with: flows at a regular interval, whose
/// sizes differ, and one more exporter in the second.
fn sources(folder: &Path) -> [Source; 2] {
    let ends = ["10.0.0.4", "10.0.0.5"];
    let beat = |(n, bytes): (u64, u64)| {
        document(ends, [40_000, 8_443], "r2", bytes, [n * 1_100 + bytes % 7, n * 1_100 + 900])
    };
    let other = |n: u64| document(ends, [40_000, 53], "r2", 250, [n * 2_000, n * 2_000 + 40]);
    let late = |(n, bytes): (u64, u64)| {
        document([ends[1], ends[0]], [40_000, 22], "r9", bytes, [n * 1_500, n * 1_500 + bytes])
    };
    let beats = (0..6).zip([200, 300, 400, 500, 600, 700]).map(beat).collect::<Vec<_>>();
    let others = (0..4).zip([900, 100, 700, 300]).map(late);
    let others = others.into_iter().chain((0..4).map(other)).collect();
    let all = [vec![documents()], beats.clone(), others].concat();
    let fewer =
        [vec![documents().lines().skip(1).collect::<Vec<_>>().join("\n")], beats[..4].to_vec()];
    [("a.ndjson", all), ("b.ndjson", fewer.concat())].map(|(name, lines)| {
        fs::write(folder.join(name), lines.join("\n")).unwrap();
        Source::open(&folder.join(name)).unwrap()
    })
}

/// A report with more options, of the first source, or of both.
fn answer(sources: &[Source; 2], (report, options): (&str, &str), more: &str) -> Answer {
    let result = try_answer(sources, (report, options), more);
    result.unwrap_or_else(|error| panic!("{report} {options} {more}: {error}"))
}

fn try_answer(
    sources: &[Source; 2],
    (report, options): (&str, &str),
    more: &str,
) -> Result<Answer, AskError> {
    let options = [options, more].into_iter().filter(|text| !text.is_empty());
    let options = options.collect::<Vec<_>>().join(", ");
    // Flows began before it, all were exported in it.
    let window = r#"{"from": "2018-09-21T10:00:02", "to": "2018-09-21T10:01:02"}"#;
    let json = format!(
        r#"{{"flowkit_question": 1, "report": {{"{report}": {{{options}}}}}, "flows": {{"window": {window}}}}}"#
    );
    let question = Question::from_json(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(Question::from_json(&question.to_json()).as_ref(), Ok(&question));
    ask(if report == "diff" { sources } else { &sources[..1] }, &question)
}

/// A value as it is compared: shares in millionths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(i128),
    Text(String),
}

/// `None` is no value; `other` is none of a port or a network.
fn value(cell: &Cell, column: &Column) -> Option<Value> {
    match cell {
        Cell::Number(number) => Some(Value::Number(i128::try_from(*number).unwrap())),
        Cell::Minus(number) => Some(Value::Number(-i128::try_from(*number).unwrap())),
        Cell::Share { part, whole } => {
            Some(Value::Number(i128::try_from(millionths(*part, *whole)).unwrap()))
        }
        Cell::Text(text) if text == "other" && column.name != "exporter" => None,
        Cell::Text(text) => Some(Value::Text(text.clone())),
        Cell::Unknown | Cell::None | Cell::Filtered => None,
    }
}

fn typed(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => number.to_string(),
        Cell::Minus(number) => format!("-{number}"),
        Cell::Text(text) => format!("'{text}'"),
        Cell::Share { part, whole } => {
            let millionths = millionths(*part, *whole);
            format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
        }
        other => panic!("{other:?}"),
    }
}

/// The rows in the order of a column, no value last, ties by key; those of the two kinds
/// of scans apart.
fn sorted(table: &Answer, place: usize, bottom: bool) -> Vec<Vec<Cell>> {
    let columns = &table.table.columns;
    let mut rows = table.table.rows.clone();
    let scans = columns[0].name == "kind";
    rows.sort_by_key(|row| {
        let value = value(&row[place], &columns[place]);
        let by_size =
            if bottom { (value.clone(), None) } else { (None, value.clone().map(Reverse)) };
        let keys = row.iter().zip(columns).filter(|(_, column)| column.meaning.is_key());
        let keys = keys.map(|(cell, _)| cell.clone()).collect::<Vec<_>>();
        (scans.then(|| row[0].clone()), value.is_none(), by_size, keys)
    });
    rows
}

#[test]
fn every_column_of_every_table_can_be_sorted_by_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path());
    for report in TABLES {
        let whole = answer(&sources, report, "");
        let (columns, rows) = (&whole.table.columns, &whole.table.rows);
        assert!(rows.len() > 2, "{report:?} has rows");
        let word = columns.iter().position(|column| column.name == "change");
        for (place, Column { name, .. }) in columns.iter().enumerate() {
            for bottom in [false, true] {
                let sort = format!(r#""sort": "{name}", "bottom": {bottom}"#);
                let expected = sorted(&whole, place, bottom);
                let found = answer(&sources, report, &sort);
                let shown = |rows: &[Vec<Cell>]| -> Vec<Vec<Cell>> {
                    let mut rows = rows.to_vec();
                    // The word is about the metric that is sorted by.
                    if let Some(word) = word.filter(|word| *word != place) {
                        for row in &mut rows {
                            row.remove(word);
                        }
                    }
                    rows
                };
                assert_eq!(shown(&found.table.rows), shown(&expected), "{report:?} {sort}");
                assert!(found.title().contains(name.as_str()), "{}", found.title());
            }
            let cells: BTreeSet<&Cell> = rows.iter().map(|row| &row[place]).collect();
            for cell in cells {
                check_conditions(&sources, report, &whole, place, cell);
            }
        }
    }
}

/// A comparison, and the orders in which it holds.
type Sign = (&'static str, fn(Ordering) -> bool);

/// Holds the rows that each comparison with a cell leaves to those that it should.
fn check_conditions(
    sources: &[Source; 2],
    report: (&str, &str),
    whole: &Answer,
    place: usize,
    cell: &Cell,
) {
    let column = &whole.table.columns[place];
    let Some(limit) = value(cell, column) else { return };
    let signs: [Sign; 6] = [
        ("=", Ordering::is_eq),
        ("!=", Ordering::is_ne),
        ("<", Ordering::is_lt),
        ("<=", Ordering::is_le),
        (">", Ordering::is_gt),
        (">=", Ordering::is_ge),
    ];
    for (sign, holds) in signs {
        let having = format!(r#""having": "{} {sign} {}""#, column.name, typed(cell));
        let found = answer(sources, report, &having).table.rows;
        let is_expected = |row: &&Vec<Cell>| {
            value(&row[place], column).is_some_and(|value| holds(value.cmp(&limit)))
        };
        let expected: Vec<_> = whole.table.rows.iter().filter(is_expected).cloned().collect();
        assert_eq!(found, expected, "{report:?} {having}");
    }
}

/// The values of a column, as text.
fn shown(found: &Answer, name: &str) -> Vec<String> {
    let place = found.table.columns.iter().position(|column| column.name == name).unwrap();
    found.table.rows.iter().map(|row| typed(&row[place]).replace('\'', "")).collect()
}

/// Of r1 to r3 the first source has 1,300, 4,200 and 6,200 B (with 1,000 B of port 53),
/// the second 300, 1,400 + 500 and 6,200 B; r9 has 2,000 B in the first alone.
#[test]
fn a_change_is_compared_with_its_sign_and_by_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path());
    let diff = |more: &str| answer(&sources, ("diff", r#""by": ["exporter"]"#), more);
    let by_size = diff("");
    assert_eq!(shown(&by_size, "exporter"), ["r2", "r9", "r1"]);
    assert_eq!(shown(&by_size, "bytes_change"), ["-2300", "-2000", "-1000"]);
    assert!(by_size.title().ends_with("diff by bytes: 3 of 4 keys changed"));
    let signed = diff(r#""sort": "bytes_change""#);
    assert_eq!(shown(&signed, "exporter"), ["r1", "r9", "r2"]);
    let smallest = diff(r#""bottom": true, "limit": 1"#);
    assert_eq!(shown(&smallest, "exporter"), ["r1"]);
    let some = diff(r#""having": "bytes > 1.5k and bytes_change < -1.5k and change != vanished""#);
    assert_eq!(shown(&some, "exporter"), ["r2"]);
    assert!(some.title().ends_with("3 of 4 keys changed, 1 of these match"), "{}", some.title());
    assert_eq!(shown(&diff(r#""sort": "b_flows""#), "b_flows"), ["5", "1", "0"]);
}

/// Of 13,700 B 10.0.0.2/31 sends 6,200, 10.0.0.4/31 5,700 and 10.0.0.0/31 1,800: with one
/// series the others are last, whichever way networks are sorted.
#[test]
fn other_networks_have_no_place_among_networks() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path());
    let report = ("timeline", r#""bin": "1d", "by": ["src_addr/31"], "limit": 1"#);
    for more in [r#""sort": "src_addr/31""#, r#""sort": "src_addr/31", "bottom": true"#] {
        let rows = answer(&sources, report, more).table.rows;
        let networks: Vec<_> = rows.iter().map(|row| typed(&row[1])).collect();
        assert_eq!(networks, ["167772162", "167772162", "'other'", "'other'"], "{more}");
    }
}

#[test]
fn rows_of_a_timeline_are_bins_in_the_order_of_a_column() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path());
    let timeline = |more| shown(&answer(&sources, ("timeline", r#""bin": "30s""#), more), "kind");
    // The window begins at 10:00:02 and ends at 10:01:02.
    assert_eq!(timeline(""), ["before", "bin", "bin", "bin"]);
    assert_eq!(timeline(r#""sort": "start""#), ["bin", "bin", "bin", "before"]);
    assert_eq!(timeline(r#""sort": "bytes", "rows": 2"#), ["bin", "before"]);
    assert_eq!(timeline(r#""having": "kind = before""#), ["before"]);
    assert_eq!(timeline(r#""rows": 3"#), ["before", "bin", "bin"]);
}

#[test]
fn what_cannot_be_sorted_by_is_refused_or_told() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path());
    let diff = r#""by": ["dst_port"]"#;
    for (report, options, more, why) in [
        (
            "exporters",
            "",
            r#""sort": "lost""#,
            "--sort: no column is called lost; did you mean lost_flows? there are: exporter",
        ),
        ("exporters", "", r#""having": "first > 10m""#, "--having: 10m: not a time such as"),
        (
            "timeline",
            "",
            r#""bottom": true"#,
            "--bottom needs a column to sort by; there are: start",
        ),
        ("timeline", "", r#""sort": "dst_port""#, "there are: start, bytes, packets, flows, bps"),
        ("beacons", "", r#""bottom": true"#, "--bottom needs a column to sort by; there are: src"),
        ("beacons", "", r#""having": "jitter > 50""#, "did you mean 50 %?"),
        ("beacons", "", r#""having": "interval > 10k""#, "milliseconds"),
        ("diff", diff, r#""sort": "change_bytes""#, "there are: dst_port, change, a_bytes"),
        ("diff", diff, r#""having": "a_bytes > 1s""#, "only duration"),
        (
            "timeline",
            "",
            r#""having": "kind = nope""#,
            "kind is never nope; there are: bin, edge, before, after, unknown",
        ),
        (
            "scans",
            "",
            r#""having": "kind = host""#,
            "kind is never host; did you mean hosts? there are: hosts, ports",
        ),
        (
            "diff",
            diff,
            r#""having": "change = vanish""#,
            "change is never vanish; did you mean vanished? there are: appeared, changed, grew, \
             shrank, vanished",
        ),
    ] {
        let error = try_answer(&sources, (report, options), more).unwrap_err();
        assert!(error.is_wrong_usage() && error.to_string().contains(why), "{report} {error}");
    }
    let json = r#"{"flowkit_question": 1, "report": {"exporters": {"having": "lost_flows > 0"}},
        "flows": {"filter": "dst port 443"}}"#;
    let found = ask(&sources[..1], &Question::from_json(json).unwrap()).unwrap();
    let note = "lost_flows is not known under a filter: rows cannot be sorted or chosen by it";
    assert!(found.table.rows.is_empty() && found.notes.contains(&note.to_owned()));
}

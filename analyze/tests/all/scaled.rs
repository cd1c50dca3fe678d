//! Counters that pass 2^64 when they are multiplied by the sampling interval: the sums
//! of all reports are exact.

use flowkit_analyze::{Source, ask};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::Question;

/// A flow of 10 packets that is sampled.
fn flow(bytes: u64, interval: u64, first: &str, last: &str) -> String {
    format!(
        r#"{{"@timestamp":"2018-09-21T12:40:00.000Z","host":"r1","netflow":{{"version":5,"sampling_interval":{interval},"engine_type":0,"engine_id":0,"ipv4_src_addr":"10.0.0.1","ipv4_dst_addr":"10.0.0.2","l4_src_port":50000,"l4_dst_port":443,"protocol":6,"in_bytes":{bytes},"in_pkts":10,"tcp_flags":2,"first_switched":"2018-09-21T{first}Z","last_switched":"2018-09-21T{last}Z"}}}}"#
    )
}

/// 2^63 − 1 bytes.
const MOST: u64 = i64::MAX.unsigned_abs();

/// Two flows of 2^63 − 1 bytes and 10 packets, 1 in 1000, and one of 7 bytes: the first
/// lasts 1 s in one hour, the second 2 h, over three.
fn answer(report: &str) -> Answer {
    let lines = [
        flow(MOST, 1000, "10:30:00.000", "10:30:01.000"),
        flow(MOST, 1000, "10:30:00.000", "12:30:00.000"),
        flow(7, 0, "10:30:00.000", "10:30:01.000"),
    ];
    answer_of(&lines, report)
}

fn answer_of(lines: &[String], report: &str) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.ndjson");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let json = format!(
        r#"{{"flowkit_question": 1, "report": {report}, "flows": {{"scale_sampling": true}}}}"#
    );
    ask(&[Source::open(&path).unwrap()], &Question::from_json(&json).unwrap()).unwrap()
}

/// (2^63 − 1) · 1000.
const SCALED: u128 = 9_223_372_036_854_775_807_000;
const BOTH: u128 = 2 * SCALED + 7;

fn column(answer: &Answer, name: &str) -> Vec<u128> {
    let place = answer.table.columns.iter().position(|column| column.name == name).unwrap();
    let number = |row: &Vec<Cell>| match row[place] {
        Cell::Number(number) => number,
        _ => 0,
    };
    answer.table.rows.iter().map(number).collect()
}

#[test]
fn sums_beyond_64_bits_are_exact() {
    for report in [
        r#"{"top": {"by": ["dst_port"]}}"#,
        r#"{"top": {"by": ["bytes"], "order": {"limit": 0}}}"#,
        r#"{"top": {"by": ["src_addr"], "columns": ["bytes", "packets", "bps"]}}"#,
        r#""protocols""#,
        r#""pairs""#,
        r#""exporters""#,
        r#""summary""#,
        r#"{"scans": {"min_targets": 1}}"#,
        r#"{"timeline": {"time_distribution": "export"}}"#,
        r#"{"timeline": {}}"#,
        r#"{"timeline": {"time_distribution": "uniform", "by": ["dst_port"]}}"#,
    ] {
        let found = answer(report);
        let rows = if report.contains("scans") { 2 } else { 1 };
        assert_eq!(column(&found, "bytes").iter().sum::<u128>(), rows * BOTH, "{report}");
        assert_eq!(column(&found, "packets").iter().sum::<u128>(), rows * 20_010, "{report}");
        assert_eq!(found.tally.total.bytes, BOTH);
        let note = found.tally.notes.iter().find(|note| note.contains("2^64"));
        assert!(note.is_some_and(|note| note.starts_with("2 flows")), "{report}");
    }
}

/// The talker has sent all, and the rate is that of two hours: 7,200 s.
#[test]
fn directions_and_rates_are_exact() {
    let found = answer(r#"{"talkers": {"columns": ["sent_bytes", "received_bytes", "bps"]}}"#);
    assert_eq!(column(&found, "sent_bytes"), [BOTH, 0]);
    assert_eq!(column(&found, "received_bytes"), [0, BOTH]);
    assert_eq!(column(&found, "bps"), [BOTH * 8 / 7_200; 2]);
    // A quarter of the long flow is in the first hour, half in the second.
    let found = answer(r#"{"timeline": {}}"#);
    let bytes = column(&found, "bytes");
    assert_eq!(bytes[bytes.len() - 1], SCALED - (SCALED / 4 + SCALED / 2));
    // All of it in one hour.
    let found = answer(r#"{"timeline": {"time_distribution": "export"}}"#);
    let fact = |name: &str| found.facts.iter().find(|fact| fact.0 == name).unwrap().2.clone();
    let rate = BOTH * 8 / 3_600;
    assert!(rate > u128::from(u64::MAX));
    assert_eq!(column(&found, "bps"), [rate]);
    assert_eq!((fact("bps_max"), fact("bps_p95")), (Cell::Number(rate), Cell::Number(rate)));
}

/// Three connections a minute apart, two of 2^63 − 1 bytes, 1 in 1000, and one of 7 bytes.
#[test]
fn the_bytes_of_connections_are_exact() {
    let lines = [
        flow(MOST, 1000, "10:30:00.000", "10:30:01.000"),
        flow(7, 0, "10:31:00.000", "10:31:01.000"),
        flow(MOST, 1000, "10:32:00.000", "10:32:01.000"),
    ];
    let found = answer_of(&lines, r#"{"beacons": {"min_connections": 3}}"#);
    assert_eq!((column(&found, "beats"), column(&found, "interval")), (vec![3], vec![60_000]));
    assert_eq!(column(&found, "bytes"), [BOTH]);
    assert_eq!(column(&found, "mean_bytes"), [BOTH / 3]);
}

/// From the flow of 7 bytes to both long ones, in windows a day apart.
#[test]
fn changes_are_exact() {
    let late = flow(7, 0, "10:30:00.000", "10:30:01.000").replace("2018-09-21", "2018-09-20");
    let long = flow(MOST, 1000, "10:30:00.000", "10:30:01.000");
    let report = r#"{"diff": {"by": ["dst_port"], "windows": ["2018-09-20", "2018-09-21"]}}"#;
    let found = answer_of(&[late, long.clone(), long], report);
    let columns = ["a_bytes", "b_bytes", "bytes_change"].map(|name| column(&found, name));
    assert_eq!(columns, [[7], [2 * SCALED], [2 * SCALED - 7]]);
}

/// A flow that passes 2^64 is larger than any number that is typed.
#[test]
fn filters_and_unscaled_sums_stay_as_they_are() {
    let found = answer(r#"{"top": {"by": ["dst_port"], "order": {"having": ["bytes > 1T"]}}}"#);
    assert_eq!(column(&found, "bytes"), [BOTH]);
}

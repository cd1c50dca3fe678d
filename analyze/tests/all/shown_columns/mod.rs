//! What a ranking shows can be ranked by and compared, and no two columns have one
//! name. The flows are a few documents, so that each value can be worked out by hand.

mod tables;

use std::collections::BTreeSet;
use std::path::Path;

use flowkit_analyze::{Source, ask};
use flowkit_model::answer::{Answer, Cell, millionths};
use flowkit_model::question::{Condition, Flows, Measure, Order, Question, Ranked, Report, Top};

/// A document: addresses, ports, protocol, exporter, bytes, and first and last in ms
/// after 10:00.
fn document(ends: [&str; 2], ports: [u16; 2], exporter: &str, bytes: u64, ms: [u64; 2]) -> String {
    let time = |ms: u64| format!("2018-09-21T10:00:{:02}.{:03}Z", ms / 1000, ms % 1000);
    format!(
        r#"{{"@timestamp":"2018-09-21T10:01:00.000Z","host":"{exporter}","netflow":{{"version":5,"ipv4_src_addr":"{}","ipv4_dst_addr":"{}","l4_src_port":{},"l4_dst_port":{},"protocol":6,"in_bytes":{bytes},"in_pkts":{},"first_switched":"{}","last_switched":"{}"}}}}"#,
        ends[0],
        ends[1],
        ports[0],
        ports[1],
        bytes / 100,
        time(ms[0]),
        time(ms[1]),
    )
}

/// 10.0.0.1 talks with .2, .3 and itself; .2 answers.
fn documents() -> String {
    [
        document(["10.0.0.1", "10.0.0.2"], [50_000, 443], "r1", 1_000, [0, 4_000]),
        document(["10.0.0.1", "10.0.0.3"], [50_001, 53], "r2", 500, [1_000, 1_500]),
        document(["10.0.0.1", "10.0.0.1"], [50_002, 80], "r1", 300, [2_000, 2_000]),
        document(["10.0.0.2", "10.0.0.1"], [443, 50_000], "r3", 6_200, [500, 9_000]),
    ]
    .join("\n")
}

fn answer(folder: &Path, report: Report) -> Answer {
    let path = folder.join("flows.ndjson");
    std::fs::write(&path, documents()).unwrap();
    ask(&[Source::open(&path).unwrap()], &Question::new(report, Flows::default())).unwrap()
}

fn top(by: &str, order: Order) -> Report {
    let by = by.split(',').map(|key| flowkit_model::question::Key::parse(key).unwrap());
    Report::Top(Top { by: by.collect(), columns: None, order })
}

/// Every ranking, given an order.
fn rankings() -> Vec<Box<dyn Fn(Order) -> Report>> {
    let columns = ["first", "last", "duration", "bps", "pps", "bpp", "p95_bytes", "mean_duration"];
    let mut rankings: Vec<Box<dyn Fn(Order) -> Report>> = vec![
        Box::new(|order| Report::Talkers(Ranked { columns: None, order })),
        Box::new(|order| Report::Ports(Ranked { columns: None, order })),
        Box::new(|order| Report::Protocols(Ranked { columns: None, order })),
        Box::new(|order| Report::Pairs(Ranked { columns: None, order })),
        Box::new(move |order| {
            let columns = columns.iter().map(|name| Measure::parse(name).unwrap()).collect();
            Report::Talkers(Ranked { columns: Some(columns), order })
        }),
    ];
    for by in ["src_addr,dst_port", "exporter,hour", "addr/24,bytes", "src_addr/31,5m,first"] {
        rankings.push(Box::new(move |order| top(by, order)));
    }
    rankings
}

fn all_rows() -> Order {
    Order { limit: 0, ..Order::default() }
}

fn sorted_by(place: usize, rows: &[Vec<Cell>]) -> bool {
    let key = |row: &Vec<Cell>| match &row[place] {
        Cell::Share { part, .. } => Cell::Number(*part),
        cell => cell.clone(),
    };
    rows.is_sorted_by(|a, b| key(a) >= key(b))
}

fn typed(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Share { part, whole } => format!("0.{:06}", millionths(*part, *whole)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_column_can_be_ranked_by_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    for ranking in rankings() {
        let grouping = ranking(Order::default()).grouping().unwrap();
        let whole = answer(folder.path(), ranking(all_rows()));
        for (place, column) in whole.table.columns.iter().enumerate() {
            let name = &column.name;
            let (sort, _) = grouping.named(name).unwrap_or_else(|why| panic!("{name}: {why}"));
            for limit in [0, 1] {
                let found = answer(folder.path(), ranking(Order { sort, limit, ..all_rows() }));
                let rows = &found.table.rows;
                assert!(sorted_by(place, rows), "{}: {rows:?}", found.title());
                let best = whole.table.rows.iter().any(|row| row[place] == rows[0][place]);
                assert!(best, "{name}");
                assert_eq!(found.ranking.unwrap().sorted_by, *name);
            }
            for row in &whole.table.rows {
                let text = format!("{name} = {}", typed(&row[place]).replace("0.1000000", "1"));
                let having = grouping.conditions(&text).unwrap_or_else(|why| panic!("{why}"));
                let again = Condition::parse(&having[0].to_string()).unwrap();
                assert_eq!([again], *having, "{text}");
                let found = answer(folder.path(), ranking(Order { having, ..all_rows() }));
                let is_equal = |other: &&Vec<Cell>| typed(&other[place]) == typed(&row[place]);
                let expected: Vec<_> = whole.table.rows.iter().filter(is_equal).collect();
                assert_eq!(found.table.rows.iter().collect::<Vec<_>>(), expected, "{text}");
            }
        }
    }
}

/// Port 443 is TCP's, 2048 stands for a type of ICMP, 0 for nothing in GRE, and 53 for a
/// port of UDP and for a type of ICMP; of the flow to 80 no protocol is known.
#[test]
fn port_kinds_are_ranked_by_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kinds.ndjson");
    let flow = |(port, protocol, bytes): (u16, &str, u64)| {
        document(["10.0.0.1", "10.0.0.2"], [50_000, port], "r1", bytes, [0, 1])
            .replace("\"protocol\":6", &format!("\"protocol\":{protocol}"))
    };
    let flows = [
        (443, "6", 1_000),
        (2_048, "1", 500),
        (0, "47", 6_200),
        (53, "17", 200),
        (53, "1", 100),
        (80, "null", 900),
    ];
    std::fs::write(&path, flows.map(flow).join("\n")).unwrap();
    let ask = |by: &str, options: &str| {
        let json = format!(
            r#"{{"flowkit_question": 1, "report": {{"top": {{"by": [{by}], "order": {{{options}}}}}}}}}"#
        );
        let question = Question::from_json(&json).unwrap();
        assert_eq!(Question::from_json(&question.to_json()).as_ref(), Ok(&question));
        let found = ask(&[Source::open(&path).unwrap()], &question).unwrap();
        assert_eq!(found.bars.is_none(), options.contains("sort"), "{options}");
        let ports = found.table.rows.iter().map(|row| typed(&row[0])).collect::<Vec<_>>();
        (ports.join(" "), found.ranking.unwrap().other.bytes)
    };
    let port = r#""dst_port""#;
    for (options, ports, other) in [
        (r#""sort": "port_kind""#, "443 0 53 2048 80", 0),
        (r#""sort": "port_kind", "bottom": true, "limit": 2"#, "2048 53", 8_100),
        (r#""having": ["port_kind = icmp"]"#, "2048", 8_400),
        (r#""having": ["port_kind != \"port\""]"#, "0 2048 53", 1_900),
        (r#""having": ["port_kind >= mixed", "bytes < 1001"]"#, "443 53", 7_600),
    ] {
        assert_eq!(ask(port, options), (ports.into(), other), "{options}");
    }
    // With the protocol in the key 53 is two rows: one of ICMP, and one of a port.
    let both = r#""dst_port", "protocol""#;
    assert_eq!(ask(both, r#""having": ["port_kind = icmp"]"#), ("2048 53".into(), 8_300));
    assert_eq!(ask(both, r#""sort": "port_kind", "limit": 3"#), ("53 443 0".into(), 1_500));
}

/// Exporters that are met in another order than that of their letters.
#[test]
fn texts_are_compared_by_their_letters_wherever_they_were_met() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exporters.ndjson");
    let ends = ["10.0.0.1", "10.0.0.2"];
    let of = |(exporter, bytes)| document(ends, [50_000, 443], exporter, bytes, [0, 1]);
    std::fs::write(&path, [("r9", 100), ("r1", 300), ("r5", 200)].map(of).join("\n")).unwrap();
    let ask = |sort: &str, bottom, limit, having: &str| {
        let grouping = top("exporter", Order::default()).grouping().unwrap();
        let (sort, _) = grouping.named(sort).unwrap();
        let having = grouping.conditions(having).unwrap();
        let report = top("exporter", Order { sort, bottom, limit, having, ..Order::default() });
        let sources = [Source::open(&path).unwrap()];
        let found = ask(&sources, &Question::new(report, Flows::default())).unwrap();
        found.table.rows.iter().map(|row| typed(&row[0])).collect::<Vec<_>>()
    };
    assert_eq!(ask("bytes", false, 0, "exporter = r9"), ["r9"]);
    assert_eq!(ask("bytes", false, 0, "exporter > r1"), ["r5", "r9"]);
    assert_eq!(ask("exporter", false, 1, "bytes > 0"), ["r9"]);
    assert_eq!(ask("exporter", true, 2, "bytes > 0"), ["r1", "r5"]);
    assert_eq!(ask("exporter", true, 0, "exporter != r5"), ["r1", "r9"]);
}

#[test]
fn what_a_report_does_not_show_is_refused() {
    let grouping = |report: Report| report.grouping().unwrap();
    let talkers = grouping(Report::Talkers(Ranked::default()));
    let ports = grouping(Report::Ports(Ranked::default()));
    assert!(talkers.named("peers").is_ok() && ports.named("hosts").is_ok());
    for (grouping, name, why) in [
        (
            &ports,
            "peers",
            "no column is called peers; there are: protocol, service, bytes, packets",
        ),
        (&ports, "port_kind", "no column is called port_kind; there are: protocol, service"),
        (&talkers, "peer", "did you mean peers?"),
        (&talkers, "b_to_a_bytes", "no measure is called b_to_a_bytes"),
        (&talkers, "key_2", "no column is called key_2"),
    ] {
        let error = grouping.named(name).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

/// 10.0.0.1 has the peers .2 and .3, and not itself; the others have one each.
#[test]
fn a_host_is_not_its_own_peer() {
    let folder = tempfile::tempdir().unwrap();
    let found = answer(folder.path(), Report::Talkers(Ranked::default()));
    let peers = found.table.columns.iter().position(|column| column.name == "peers").unwrap();
    let of: Vec<_> = found.table.rows.iter().map(|row| (&row[0], &row[peers])).collect();
    let number = |n: u32| Cell::Number(u128::from(0x0a00_0000 + n));
    let expected = [(number(1), 2), (number(2), 1), (number(3), 1)];
    let expected = expected.map(|(addr, peers)| (addr, Cell::Number(peers)));
    assert_eq!(of, expected.iter().map(|(addr, peers)| (addr, peers)).collect::<Vec<_>>());
    // 6,200 B of 8,000 B are 77.5 %: 10.0.0.2 and .1 of all three.
    let having = Condition::parse_all("bytes_share > 77.5 % and peers > 0").unwrap();
    let order = Order { having, ..all_rows() };
    let found = answer(folder.path(), Report::Talkers(Ranked { columns: None, order }));
    assert_eq!(found.table.rows.len(), 2);
}

/// `top --by bytes`: the key is `bytes_key`.
#[test]
fn no_two_columns_have_one_name() {
    let folder = tempfile::tempdir().unwrap();
    for field in flowkit_model::FIELDS {
        for report in [top(field.name, all_rows()), timeline(field.name), diff(field.name)] {
            let two = matches!(report, Report::Diff(_));
            let found =
                if two { both(folder.path(), report) } else { answer(folder.path(), report) };
            let mut names = BTreeSet::new();
            for column in &found.table.columns {
                assert!(names.insert(column.name.clone()), "{} {}", field.name, column.name);
            }
        }
    }
    let found = answer(folder.path(), top("bytes,packets", all_rows()));
    let names: Vec<&str> = found.table.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names[..4], ["bytes_key", "packets_key", "bytes", "packets"]);
    let report = top("bytes", all_rows());
    let twice = ["flows", "bytes", "flows"].map(|name| Measure::parse(name).unwrap());
    let Report::Top(top) = report else { unreachable!() };
    let found = answer(folder.path(), Report::Top(Top { columns: Some(twice.into()), ..top }));
    assert_eq!(found.table.columns.len(), 3);
}

fn timeline(by: &str) -> Report {
    let by = vec![flowkit_model::question::Key::parse(by).unwrap()];
    Report::Timeline(flowkit_model::question::Timeline { by, ..Default::default() })
}

fn diff(by: &str) -> Report {
    let json = format!(r#"{{"flowkit_question": 1, "report": {{"diff": {{"by": ["{by}"]}}}}}}"#);
    Question::from_json(&json).unwrap().report
}

fn both(folder: &Path, report: Report) -> Answer {
    let path = folder.join("flows.ndjson");
    let source = || Source::open(&path).unwrap();
    ask(&[source(), source()], &Question::new(report, Flows::default())).unwrap()
}

/// One file with a flow in each of two hours, one copy, one document that is no flow
/// and, in the second hour, a flow without bytes.
#[test]
fn windows_of_one_source_count_what_it_holds_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hits.ndjson");
    let hit = |id: &str, hour: u8, bytes: &str| {
        format!(
            r#"{{"_index":"netflow-2018.09.21","_id":"{id}","_source":{{"@timestamp":"2018-09-21T{hour:02}:30:00.000Z","host":"r1","netflow":{{"version":5,"l4_dst_port":443,"protocol":6,"in_pkts":1{bytes}}}}}}}"#
        )
    };
    let bytes = r#","in_bytes":100"#;
    let first = hit("a", 10, bytes);
    let lines =
        [&*first, &*first, &*hit("b", 11, ""), r#"{"_index":"x","_id":"c","_source":{"a":1}}"#];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let ask = |a: &str, b: &str| {
        let json = format!(
            r#"{{"flowkit_question": 1, "report": {{"diff": {{"by": ["dst_port"], "windows": ["{a}", "{b}"]}}}}}}"#
        );
        ask(&[Source::open(&path).unwrap()], &Question::from_json(&json).unwrap()).unwrap().tally
    };
    for (a, b) in [
        ("2018-09-21T10:00..2018-09-21T11:00", "2018-09-21T11:00..2018-09-21T12:00"),
        ("2018-09-21", "2018-09-21"),
        ("2018-09-21", "2018-09-21T11:00..2018-09-21T12:00"),
    ] {
        let tally = ask(a, b);
        assert_eq!(tally.skipped.iter().map(|skipped| skipped.n).sum::<u64>(), 1, "{a} {b}");
        assert_eq!(tally.duplicates.n, 1, "{a} {b}");
        let unknown = tally.unknown.iter().find(|(field, _)| field.field().name == "bytes");
        assert_eq!(unknown.map(|(_, n)| *n), Some(1), "{a} {b}");
        assert_eq!((tally.total.flows, tally.total.bytes), (2, 100), "{a} {b}");
    }
}

/// 10.0.0.1 reaches three hosts, one on each of three ports: rows of one target each,
/// by any column.
#[test]
fn scans_are_ordered_and_left_out_by_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |options: &str| {
        let json = format!(
            r#"{{"flowkit_question": 1, "report": {{"scans": {{"min_targets": 1, {options}}}}}}}"#
        );
        let found = answer(folder.path(), Question::from_json(&json).unwrap().report);
        let place = |name| found.table.columns.iter().position(|column| column.name == name);
        let (kind, bytes) = (place("kind").unwrap(), place("bytes").unwrap());
        let hosts = found.table.rows.iter().filter(|row| typed(&row[kind]) == "hosts");
        hosts.map(|row| typed(&row[bytes])).collect::<Vec<_>>()
    };
    assert_eq!(ask(r#""sort": "bytes""#), ["6200", "1000", "500", "300"]);
    assert_eq!(ask(r#""sort": "bytes", "limit": 2"#), ["6200", "1000"]);
    assert_eq!(ask(r#""sort": "dst_port""#), ["6200", "1000", "300", "500"]);
    assert_eq!(ask(r#""having": "bytes < 1k and src_addr = 10.0.0.1""#), ["500", "300"]);
    assert_eq!(ask(r#""having": "targets > 1""#), Vec::<String>::new());
}

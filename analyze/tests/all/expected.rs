//! The answers that come with the corpora, for every form of each set.
//!
//! Runs where `FLOWKIT_CORPORA` names their folder.

use std::path::Path;

use flowkit_analyze::Source;
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{
    Flows, Measure, Order, Question, Report, Scans, TimeDistribution, Timeline,
};
use flowkit_model::{Metric, time};
use serde_json::Value;

use crate::asking::{answer, filtered, of_batches, question, ranked, top};
use crate::batches::batches;
use crate::oracle;

const SETS: [&str; 3] = ["day", "edge", "years"];

fn expected(corpora: &Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(corpora.join(name)).unwrap()).unwrap()
}

/// Files of documents in a set.
fn forms(corpora: &Path, set: &str) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(corpora.join(set)).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("es") && path.is_file()
        })
        .collect();
    files.sort();
    files
}

fn number(cell: &Cell) -> u128 {
    match cell {
        Cell::Number(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}

fn of(value: &Value, metric: Metric) -> u128 {
    value[metric.name()].as_u64().unwrap().into()
}

/// A key of the expected answers as cells print.
fn keys(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_array().map_or_else(|| vec![text(value)], |parts| parts.iter().map(text).collect())
}

fn shown(cell: &Cell, name: &str) -> String {
    match cell {
        Cell::Number(number) if name.contains("addr") || name == "next_hop" => {
            std::net::Ipv4Addr::from_bits(u32::try_from(*number).unwrap()).to_string()
        }
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?} in {name}"),
    }
}

fn order(metric: Metric) -> Order {
    Order { sort: Measure::Sum(metric), limit: 20, ..Order::default() }
}

/// Every key of `top`, also at either end and undirected, by each metric.
#[test]
fn top_keys() {
    let Some(corpora) = oracle::corpora() else { return };
    for set in SETS {
        let expected = expected(&corpora, &format!("{set}/expected.json"));
        let batches = batches(&oracle::flows(set), 1000);
        let mut n = 0;
        for (key, of_key) in expected["top"].as_object().unwrap() {
            for metric in Metric::ALL {
                let question = if key == "conversation_undirected" {
                    ranked(Report::Pairs, order(metric))
                } else {
                    let names = key.split(',').map(|name| match name {
                        "addr_either_end" => "addr",
                        "port_either_end" => "port",
                        name => name,
                    });
                    top(&names.collect::<Vec<_>>(), order(metric))
                };
                let answer = of_batches(&batches, &question);
                let what = format!("{set}: {key} by {}", metric.name());
                let ranking = answer.ranking.as_ref().unwrap();
                assert_eq!(u128::from(ranking.keys), of_distinct(of_key), "{what}");
                compare(&answer, &of_key[format!("by_{}", metric.name())], &what);
                n += 1;
            }
        }
        println!("{set}: {n} rankings are equal");
    }
}

fn of_distinct(value: &Value) -> u128 {
    value["distinct"].as_u64().unwrap().into()
}

fn compare(answer: &Answer, rows: &Value, what: &str) {
    let columns = &answer.table.columns;
    let place = |name: &str| columns.iter().position(|column| column.name == name).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(answer.table.rows.len(), rows.len(), "{what}");
    for (row, expected) in answer.table.rows.iter().zip(rows) {
        let keys = keys(&expected["key"]);
        let found: Vec<String> =
            (0..keys.len()).map(|place| shown(&row[place], &columns[place].name)).collect();
        assert_eq!(found, keys, "{what}");
        for metric in Metric::ALL {
            assert_eq!(number(&row[place(metric.name())]), of(expected, metric), "{what} {keys:?}");
        }
    }
}

/// The filters of each set: all of them over the truth, one in each form.
#[test]
fn filters() {
    let Some(corpora) = oracle::corpora() else { return };
    for set in SETS {
        let expected = expected(&corpora, &format!("{set}/expected.json"));
        let filters = expected["filters"].as_array().unwrap();
        let batches = batches(&oracle::flows(set), 1000);
        let asked = |filter: &Value| {
            let text = filter["filter"].as_str().unwrap();
            (filtered(top(&[], Order::default()), text), text.to_owned())
        };
        let check = |answer: &Answer, filter: &Value, what: &str| {
            for metric in Metric::ALL {
                assert_eq!(metric.of(&answer.tally.total), of(filter, metric), "{what}");
            }
        };
        for filter in filters {
            let (question, text) = asked(filter);
            check(&of_batches(&batches, &question), filter, &text);
        }
        for (n, form) in forms(&corpora, set).iter().enumerate() {
            let source = [Source::open(form).unwrap()];
            let filter = &filters[(5 * n + 3) % filters.len()];
            let (question, text) = asked(filter);
            let answer = answer(&source, &question);
            check(&answer, filter, &format!("{}: {text}", form.display()));
        }
    }
}

/// By the hour: by export for every form, by the wire's times of the packets.
#[test]
fn timelines() {
    let Some(corpora) = oracle::corpora() else { return };
    for set in SETS {
        let expected = expected(&corpora, &format!("{set}/expected.json"));
        let packets = corpora.join(set).join("export.pcap");
        for form in forms(&corpora, set).iter().chain([&packets]) {
            let by_export = &expected["timeline_by_hour"]["timestamp"];
            compare_hourly(form, TimeDistribution::Export, by_export);
        }
        // Times of this set are hours ahead of the header: flows stand at
        // their export.
        if set == "years" {
            continue;
        }
        for (distribution, name) in OF_THE_WIRE {
            compare_hourly(&packets, distribution, &expected["timeline_by_hour"][name]);
        }
    }
}

/// The times of flows as they were on the wire.
const OF_THE_WIRE: [(TimeDistribution, &str); 2] = [
    (TimeDistribution::Start, "first_switched_wire"),
    (TimeDistribution::End, "last_switched_wire"),
];

fn hourly(distribution: TimeDistribution) -> Report {
    Report::Timeline(Timeline { bin: "hour".into(), distribution, ..Timeline::default() })
}

fn compare_hourly(form: &Path, distribution: TimeDistribution, expected: &Value) {
    let source = [Source::open(form).unwrap()];
    let answer = answer(&source, &question(hourly(distribution)));
    compare_hours(&answer, expected, &format!("{} {distribution:?}", form.display()));
    println!("{}: hours by {distribution:?} are equal", form.display());
}

fn compare_hours(answer: &Answer, expected: &Value, what: &str) {
    let mut hours: Vec<(u128, [u128; 3])> = answer
        .table
        .rows
        .iter()
        .filter(|row| number(&row[3]) > 0)
        .map(|row| (number(&row[0]), [number(&row[1]), number(&row[2]), number(&row[3])]))
        .collect();
    let mut wanted: Vec<(u128, [u128; 3])> = expected
        .as_array()
        .unwrap()
        .iter()
        .filter(|hour| hour["flows"] != 0)
        .map(|hour| {
            let start = hour["hour"].as_str().unwrap().replace('Z', ":00Z");
            (time::parse_ms(&start).unwrap().into(), Metric::ALL.map(|metric| of(hour, metric)))
        })
        .collect();
    hours.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(hours, wanted, "{what}");
}

/// What Logstash 7 and 8 wrote late is put right: the starts and ends of their
/// documents are those of the wire again.
#[test]
fn repaired_times_are_those_of_the_wire() {
    let Some(corpora) = oracle::corpora() else { return };
    let repaired = Flows { repair_times: true, ..Flows::default() };
    for form in [
        "day/es7.elasticdump.ndjson.gz",
        "day/es8.pages.jsonl.gz",
        "edge/es7.elasticdump.ndjson.gz",
        "edge/es8-plain.elasticdump.ndjson.gz",
    ] {
        let set = form.split('/').next().unwrap();
        let source = [Source::open(&corpora.join(form)).unwrap()];
        let expected = expected(&corpora, &format!("{set}/expected.json"));
        // Bins of the hour, and the earliest and latest of all times.
        for (distribution, name) in OF_THE_WIRE {
            let question = Question::new(hourly(distribution), repaired.clone());
            let answer = answer(&source, &question);
            compare_hours(&answer, &expected["timeline_by_hour"][name], form);
        }
        let answer = answer(&source, &Question::new(Report::Summary, repaired.clone()));
        let fact = |name: &str| {
            let fact = answer.facts.iter().find(|fact| fact.0 == name).unwrap();
            time::format_ms(u64::try_from(number(&fact.2)).unwrap())
        };
        assert_eq!(fact("first_switched"), expected["totals"]["first_switched_min"], "{form}");
        assert_eq!(fact("last_switched"), expected["totals"]["last_switched_max"], "{form}");
    }
}

/// The fan-out of the day, and nmap's scan in it.
#[test]
fn scans() {
    let Some(corpora) = oracle::corpora() else { return };
    let expected = expected(&corpora, "scan.expected.json");
    let batches = batches(&oracle::flows("day"), 1000);
    let fan_out = &expected["fan_out_in_day_set"];
    let syn_only = &fan_out["only_flows_with_tcp_flags_exactly_SYN"];
    for (filter, kind, places, wanted) in [
        (
            "any",
            "hosts",
            &[1, 3, 4][..],
            &fan_out["distinct_dst_addr_by_src_addr,protocol,dst_port"],
        ),
        ("any", "ports", &[1, 2, 3], &fan_out["distinct_dst_port_by_src_addr,dst_addr,protocol"]),
        ("flags = 2", "hosts", &[1, 4], &syn_only["distinct_dst_addr_by_src_addr,dst_port"]),
        ("flags = 2", "ports", &[1, 2], &syn_only["distinct_dst_port_by_src_addr,dst_addr"]),
    ] {
        let scans =
            question(Report::Scans(Scans { min_targets: 1, limit: 20, ..Scans::default() }));
        let answer = of_batches(&batches, &filtered(scans, filter));
        let names = &answer.table.columns;
        let rows = answer.table.rows.iter().filter(|row| row[0] == Cell::Text(kind.into()));
        let rows: Vec<(Vec<String>, u128)> = rows
            .map(|row| {
                let key = places.iter().map(|place| shown(&row[*place], &names[*place].name));
                (key.collect(), number(&row[5]))
            })
            .collect();
        let wanted = wanted.as_array().unwrap();
        assert!(wanted.len() > 2);
        let wanted: Vec<_> =
            wanted.iter().map(|row| (keys(&row["key"]), of_distinct(row))).collect();
        assert_eq!(rows[..wanted.len()], wanted, "{filter} {kind}");
    }
}

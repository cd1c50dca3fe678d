//! Flows of real traffic in many forms, against answers that were worked out
//! from the packets and checked with nfdump and tshark.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder, and says so where not.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use flowkit_analyze::{ReadOptions, Source, ask_with};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{Measure, Order, Report};
use flowkit_model::{Field, Kind, Metric};
use serde_json::Value;

use crate::asking::{answer, ranked, summary, top};
use crate::oracle;

/// Forms of each set; all hold the same flows.
const FORMS: &[(&str, &[&str])] = &[
    (
        "day",
        &[
            "es6.elasticdump.ndjson.gz",
            "es6.pages.jsonl.gz",
            "es6.seedscript.txt.gz",
            "es7.elasticdump.ndjson.gz",
            "es8.pages.jsonl.gz",
        ],
    ),
    (
        "edge",
        &[
            "es6-plain.elasticdump.ndjson.gz",
            "es7.elasticdump.ndjson.gz",
            "es7.pages/page-001.json.gz es7.pages/page-002.json.gz es7.pages/page-003.json.gz es7.pages/page-004.json.gz",
            "es8-plain.elasticdump.ndjson.gz",
            "es8-plain.pages.jsonl.gz",
        ],
    ),
    ("years", &["es6.elasticdump.ndjson.gz", "es6.pages.jsonl.gz", "es8.elasticdump.ndjson.gz"]),
];

fn expected(set: &Path) -> Value {
    serde_json::from_reader(File::open(set.join("expected.json")).unwrap()).unwrap()
}

fn sources(set: &Path, form: &str) -> Vec<Source> {
    form.split(' ').map(|file| Source::open(&set.join(file)).unwrap()).collect()
}

/// A key as `expected.json` writes it: the values, text where they are text.
fn key(answer: &Answer, row: &[Cell], fields: &[Kind]) -> Vec<String> {
    assert!(answer.table.columns.len() > fields.len());
    row.iter()
        .zip(fields)
        .map(|(cell, kind)| match (cell, kind) {
            (Cell::Number(number), Kind::Address) => {
                std::net::Ipv4Addr::from_bits(u32::try_from(*number).unwrap()).to_string()
            }
            (Cell::Number(number), _) => number.to_string(),
            (Cell::Text(text), _) => text.clone(),
            (other, _) => format!("{other:?}"),
        })
        .collect()
}

fn number(row: &[Cell], answer: &Answer, name: &str) -> u64 {
    let place = answer.table.columns.iter().position(|column| column.name == name).unwrap();
    match &row[place] {
        Cell::Number(number) => u64::try_from(*number).unwrap(),
        other => panic!("{name} is {other:?}"),
    }
}

fn strings(key: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    key.as_array().map_or_else(|| vec![text(key)], |parts| parts.iter().map(text).collect())
}

/// Compares all rankings of one key with the expected ones.
fn compare(expected: &Value, fields: &[Kind], asked: impl Fn(Order) -> Answer, place: &str) {
    for sort in Metric::ALL {
        let sort_by = Measure::Sum(sort);
        let answer = asked(Order { sort: sort_by, limit: 20, ..Order::default() });
        let rows: Vec<_> = answer
            .table
            .rows
            .iter()
            .map(|row| {
                let sums = ["bytes", "packets", "flows"].map(|name| number(row, &answer, name));
                (key(&answer, row, fields), sums)
            })
            .collect();
        let wanted: Vec<_> = expected[format!("by_{}", sort.name())]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let sums = ["bytes", "packets", "flows"].map(|name| row[name].as_u64().unwrap());
                (strings(&row["key"]), sums)
            })
            .collect();
        assert_eq!(rows, wanted, "{place} by {}", sort.name());
        assert_eq!(answer.ranking.unwrap().keys, expected["distinct"].as_u64().unwrap(), "{place}");
    }
}

/// Every key that is a list of fields, by bytes, packets and flows, from every
/// form of every set.
#[test]
fn rankings_of_every_form_are_right() {
    let Some(corpora) = oracle::corpora() else { return };
    for (set, forms) in FORMS {
        let set = corpora.join(set);
        let expected = expected(&set);
        for form in *forms {
            let sources = sources(&set, form);
            let mut compared = 0;
            for (name, rankings) in expected["top"].as_object().unwrap() {
                let place = format!("{} {name} in {form}", set.display());
                let fields: Option<Vec<&Field>> =
                    name.split(',').map(|field| Field::by_name(field)).collect();
                let addresses = [Kind::Address, Kind::Address];
                match (name.as_str(), fields) {
                    ("addr_either_end", _) => {
                        let asked = |order| answer(&sources, &ranked(Report::Talkers, order));
                        compare(rankings, &addresses[..1], asked, &place);
                    }
                    ("conversation_undirected", _) => {
                        let asked = |order| answer(&sources, &ranked(Report::Pairs, order));
                        compare(rankings, &addresses, asked, &place);
                    }
                    (_, Some(fields)) => {
                        let kinds: Vec<Kind> = fields.iter().map(|field| field.kind).collect();
                        let by: Vec<&str> = fields.iter().map(|field| field.name).collect();
                        let asked = |order| answer(&sources, &top(&by, order));
                        compare(rankings, &kinds, asked, &place);
                    }
                    ("port_either_end", _) => {
                        let asked = |order| answer(&sources, &top(&["port"], order));
                        compare(rankings, &[Kind::Port], asked, &place);
                    }
                    _ => panic!("{name} is no question yet"),
                }
                compared += 1;
            }
            assert!(compared >= 21, "{compared} keys in {form}");
        }
    }
}

/// Totals, and the times of export.
#[test]
fn totals_of_every_form_are_right() {
    let Some(corpora) = oracle::corpora() else { return };
    for (set, forms) in FORMS {
        let set = corpora.join(set);
        let totals = &expected(&set)["totals"];
        for form in *forms {
            let strict = ReadOptions { strict: true, memory: None };
            let answer = ask_with(&sources(&set, form), &summary(), strict).unwrap();
            let facts: BTreeMap<_, _> =
                answer.facts.iter().map(|(name, _, cell)| (*name, cell.clone())).collect();
            for name in ["flows", "packets", "bytes"] {
                assert_eq!(facts[name], Cell::from(totals[name].as_u64()), "{name} in {form}");
            }
            let time = |name: &str| {
                Cell::from(flowkit_model::time::parse_ms(totals[name].as_str().unwrap()))
            };
            assert_eq!(facts["first"], time("timestamp_min"), "{form}");
            assert_eq!(facts["last"], time("timestamp_max"), "{form}");
            assert!(answer.tally.incomplete.is_empty(), "{:?}", answer.tally.incomplete);
            assert_eq!(answer.tally.unknown, [], "{form}");
        }
    }
}

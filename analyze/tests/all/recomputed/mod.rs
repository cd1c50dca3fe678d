//! `beacons` and `check` against plain computations over the documents of the
//! corpora, as they stand in the JSON: nothing of flowkit reads or adds up on
//! that side.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder of the corpora.

mod beacons;
mod check;
mod dialects;
mod documents;
mod flows;
mod held;
mod packets;
mod questions;

use std::io::Write;

use documents::{FORMS, doctored, documents};
use flowkit_analyze::Source;
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{Beacons, Report};
use serde_json::Value;

use crate::{asking, oracle};

/// The documents of each form as they are, and with faults put in.
fn each(mut compare: impl FnMut(&str, &Source, &[Value])) {
    let Some(corpora) = oracle::corpora() else { return };
    for form in FORMS {
        let path = corpora.join(form);
        let all = documents(&oracle::unpacked(path.clone()));
        compare(form, &Source::open(&path).unwrap(), &all);
        let doctored = doctored(&all);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for hit in &doctored {
            writeln!(file, "{hit}").unwrap();
        }
        file.flush().unwrap();
        let name = format!("{form} with faults");
        compare(&name, &Source::open(file.path()).unwrap(), &doctored);
    }
}

fn answer(source: &Source, report: Report) -> Answer {
    asking::answer(std::slice::from_ref(source), &asking::question(report))
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::None => "-".into(),
        Cell::Filtered => "n/a: filtered".into(),
        Cell::Share { part, whole } => format!("{part}/{whole}"),
        other => panic!("{other:?}"),
    }
}

fn rows(answer: &Answer, columns: usize) -> Vec<Vec<String>> {
    answer.table.rows.iter().map(|row| row[..columns].iter().map(text).collect()).collect()
}

#[test]
fn pairs_that_talk_regularly() {
    each(|name, source, documents| {
        let flows = held::of_documents(documents).flows;
        let mut n = 0;
        for (least, jitter) in [(3, 100), (3, 10), (5, 50), (12, 1000)] {
            let (min_connections, max_jitter_percent) = (least, jitter);
            let all = Beacons { min_connections, max_jitter_percent, ..Beacons::default() };
            let regular = |limit| Report::Beacons(Beacons { limit, ..all.clone() });
            let found = answer(source, regular(0));
            let expected = beacons::regular(&flows, least, jitter);
            assert_eq!(rows(&found, 13), expected, "{name}: {least} beats, {jitter} %");
            n += expected.len();
            let first = answer(source, regular(5));
            assert_eq!(rows(&first, 13), expected[..expected.len().min(5)], "{name}");
        }
        assert!(n > 0, "{name} has pairs that talk regularly");
        println!("{name}: {n} beacons are equal");
    });
}

#[test]
fn what_is_wrong_with_the_data() {
    each(|name, source, documents| {
        let mut found = rows(&answer(source, Report::Check), 4);
        found.sort();
        let held = held::of_documents(documents);
        let (expected, out_of_order) = check::findings(&held, &held.flows, false);
        let of_order = ["lost_flows", "sequence_restarts", "several_exporters", "no_sequence"];
        found.retain(|row| !(of_order.contains(&&*row[0]) && out_of_order.contains(&row[1])));
        assert_eq!(found, expected, "{name}");
        println!("{name}: {} findings are equal", expected.len());
    });
}

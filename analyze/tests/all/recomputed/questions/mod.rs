//! Random questions about random documents, each answered by flowkit and by plain
//! loops over the JSON of both. Nothing of flowkit reads, filters, adds up or ranks
//! on that side.
//!
//! `FLOWKIT_QUESTIONS` is their number, `FLOWKIT_FIRST_SEED` the seed of the first. A
//! difference names its seed, and leaves the documents in a file.

mod clocks;
mod drawn;
mod flows;
mod grouped;
mod made;
mod recomputed;
mod selected;
mod timeline;

use std::io::Write;
use std::path::PathBuf;

use flowkit_analyze::{Source, ask};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::Question;
use serde_json::{Value, json};

use self::clocks::Clock;
use self::flows::Flow;
use self::recomputed::Recomputed;
use crate::random::Random;

/// A question and the documents that it is about.
struct Case {
    question: Value,
    name: &'static str,
    options: Value,
    zone: &'static str,
    documents: Vec<Value>,
}

fn case(seed: u64) -> Case {
    let mut random = Random(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..8 {
        random.below(2);
    }
    let mut documents = made::documents(&mut random);
    let (name, options) = drawn::report(&mut random);
    if name == "timeline" {
        made::keep_near(&mut documents, &options);
    }
    let zone = made::pick(&mut random, &drawn::ZONES);
    let mut flows = drawn::flows(&mut random, zone, &documents);
    // Of scaled counters sums are exact beyond 64 bits; keys and distributions are not,
    // which a note says.
    let said = options.to_string();
    let spreads = ["min_b", "max_b", "mean_b", "median_b", "p95_b", "distinct:bytes"];
    let keys = ["bytes", "packets"].map(|name| json!(name));
    let is_key = options["by"].as_array().is_some_and(|by| by.iter().any(|key| keys.contains(key)));
    if is_key || spreads.iter().any(|word| said.contains(word)) {
        flows["scale_sampling"] = json!(false);
    }
    let question =
        json!({"flowkit_question": 1, "report": {name: options.clone()}, "flows": flows});
    Case { question, name, options, zone, documents }
}

fn recompute(case: &Case, flows: &[Flow]) -> Recomputed {
    let clock = Clock::new(case.zone);
    let asked = &case.question["flows"];
    let all = selected::changed(flows, asked);
    let window = selected::window(asked);
    let (flows, later) = selected::split(all, window);
    match case.name {
        "timeline" => timeline::answer(&case.options, &flows, &later, &clock, window),
        name => grouped::answer(name, &case.options, &flows, &clock, window),
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Unknown => "?".into(),
        Cell::Minus(number) => format!("-{number}"),
        other => super::text(other),
    }
}

/// The same of flowkit's answer.
fn answered(answer: &Answer) -> Recomputed {
    let rows = answer.table.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let ranking = answer.ranking.as_ref().map(|ranking| {
        let sums = [ranking.total, ranking.other];
        let [total, other] = sums.map(|sums| [sums.bytes, sums.packets, sums.flows.into()]);
        (total, other, ranking.keys)
    });
    let facts = answer.facts.iter().map(|(name, _, cell)| ((*name).to_owned(), text(cell)));
    Recomputed { rows, ranking, facts: facts.collect() }
}

/// Writes the documents of a question to one file.
fn written(case: &Case, seed: u64) -> PathBuf {
    let name = format!("flowkit-question-{}-{seed}.ndjson", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    for document in &case.documents {
        writeln!(file, "{document}").unwrap();
    }
    file.flush().unwrap();
    path
}

/// What differs, if anything does.
fn difference(seed: u64) -> Option<String> {
    let case = case(seed);
    if variable("FLOWKIT_QUESTIONS", 0) == 1 {
        println!("asks {}", case.question);
    }
    let path = written(&case, seed);
    let question = case.question.to_string();
    let told = |what: String| format!("seed {seed}: {question}\n{}\n{what}", path.display());
    let read = Question::from_json(&question);
    let asked = match read {
        Ok(read) => ask(&[Source::open(&path).unwrap()], &read).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let (flows, _) = flows::of_documents(&case.documents);
    // What holds something, and nothing of it is a flow, is refused.
    let is_refused = flows.is_empty() && !case.documents.is_empty();
    let found = match &asked {
        Ok(_) if is_refused => return Some(told("expected that nothing is a flow".into())),
        Ok(answer) => answered(answer),
        Err(error) if is_refused && error.contains("nothing in it is a flow") => {
            std::fs::remove_file(&path).unwrap();
            return None;
        }
        Err(error) => return Some(told(error.clone())),
    };
    let expected = recompute(&case, &flows);
    if found == expected {
        std::fs::remove_file(&path).unwrap();
        return None;
    }
    let mut lines = vec![format!("flowkit  {:?} {:?}", found.ranking, found.facts)];
    lines.push(format!("expected {:?} {:?}", expected.ranking, expected.facts));
    for place in 0..found.rows.len().max(expected.rows.len()) {
        let (found, expected) = (found.rows.get(place), expected.rows.get(place));
        if found != expected {
            lines.push(format!(
                "row {place}: flowkit  {found:?}\nrow {place}: expected {expected:?}"
            ));
        }
    }
    lines.truncate(10);
    Some(told(lines.join("\n")))
}

fn variable(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn random_questions_have_the_answers_of_plain_loops() {
    let first = variable("FLOWKIT_FIRST_SEED", 1);
    let n = variable("FLOWKIT_QUESTIONS", 100);
    let mut differ = 0;
    for seed in first..first + n {
        if let Some(told) = difference(seed) {
            differ += 1;
            println!("{told}\n");
        }
    }
    println!("{n} questions from seed {first}: {differ} differ");
    assert_eq!(differ, 0, "questions that differ");
}

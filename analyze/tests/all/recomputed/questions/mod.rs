//! Random questions about random documents, each answered by flowkit and by plain
//! loops over the JSON of both. Nothing of flowkit reads, filters, adds up or ranks
//! on that side.
//!
//! Runs of many questions:
//!
//! | commit | seeds | questions | differed |
//! | --- | --- | ---: | --- |
//! | 241380b | 100000 to 104499, 105000 to 109249, 200000 to 205999 | 14,750 | 5: a ranking by the letters of a text, two shares of bins in several stretches, two packets that the computation here misread; mended |
//! | fa05614 | 300000 to 304249, 310000 to 314249 | 8,500 | 1: a flow between two stretches of one bin; mended, seen again alone |
//! | d08e400 | 600000 to 601499 | 1,500 | 0, with columns to sort by and conditions in every table |
//! | 79533d4 | 50000 to 59999 | 10,000 | 8: in seven a word of a condition that no row has, which is refused now and drawn no more; in one the computation here took a time before 1970 for one |
//!
//! `FLOWKIT_QUESTIONS` is their number, `FLOWKIT_FIRST_SEED` the seed of the first. A
//! difference names its seed, and leaves the documents in a folder.

mod case;
mod chosen;
mod clocks;
mod conditions;
mod diff;
mod drawn;
mod exporters;
mod filters;
mod grouped;
mod list;
mod made;
mod recomputed;
mod scans;
mod selected;
mod stories;
mod timeline;
mod windows;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Source, ask};
use flowkit_model::FieldId;
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{Question, Report};

use self::case::{Case, Expected};
use self::recomputed::{Read, Recomputed, UNJUDGED, UNKNOWN};

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Unknown => UNKNOWN.into(),
        Cell::Minus(number) => format!("-{number}"),
        other => super::text(other),
    }
}

/// The same of flowkit's answer.
fn answered(answer: &Answer) -> Recomputed {
    let tally = &answer.tally;
    let report = answer.question.as_ref().unwrap().report.name();
    let mut rows: Vec<Vec<String>> =
        answer.table.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let ranking = answer.ranking.as_ref().map(|ranking| {
        let sums = [ranking.total, ranking.other];
        let [total, other] = sums.map(|sums| [sums.bytes, sums.packets, sums.flows.into()]);
        (total, other, ranking.keys)
    });
    let facts = answer.facts.iter().map(|(name, _, cell)| ((*name).to_owned(), text(cell)));
    let mut facts: Vec<(String, String)> = facts.collect();
    match report {
        "summary" => {
            let name = |field: FieldId| format!("unknown {}", field.field().name);
            facts.extend(tally.unknown.iter().map(|(field, n)| (name(*field), n.to_string())));
        }
        "diff" | "list" => {
            facts.extend(answer.outcome.clone().map(|outcome| ("outcome".into(), outcome)));
        }
        "check" => {
            for row in &mut rows {
                row.truncate(4);
            }
            rows.sort();
        }
        _ => {}
    }
    let skipped = tally.skipped.iter().map(|skipped| (skipped.cause.name().to_owned(), skipped.n));
    let read = Read {
        total: [tally.total.bytes, tally.total.packets, tally.total.flows.into()],
        skipped: skipped.collect(),
        copies: [tally.duplicates.n, tally.duplicates.conflicting],
        seen: tally.seen,
    };
    Recomputed { rows, ranking, facts, read }
}

/// Writes the documents of each source to a file.
fn written(case: &Case, folder: &Path) -> Vec<PathBuf> {
    let write = |(number, documents): (usize, &Vec<serde_json::Value>)| {
        let path = folder.join(format!("{number}.ndjson"));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        for document in documents {
            writeln!(file, "{document}").unwrap();
        }
        file.flush().unwrap();
        path
    };
    case.sources.iter().enumerate().map(write).collect()
}

fn opened(paths: &[PathBuf]) -> Vec<Source> {
    paths.iter().map(|path| Source::open(path).unwrap()).collect()
}

/// The dumps that are made of files: one of all, or one of each where two are compared.
fn imported(case: &Case, files: &[PathBuf], folder: &Path) -> Result<Vec<PathBuf>, String> {
    let make = |(number, files): (usize, &[PathBuf])| {
        let dump = folder.join(format!("{number}-dump"));
        import(&opened(files), &dump, String::new(), true, ReadOptions::default())
            .map(|_| dump)
            .map_err(|error| error.to_string())
    };
    let n = if case.has_two_sides() { 1 } else { files.len() };
    files.chunks(n).enumerate().map(make).collect()
}

/// What differs, if anything does.
fn difference(seed: u64, coverage: &mut Coverage) -> Option<String> {
    let case = case::drawn(seed);
    if variable("FLOWKIT_QUESTIONS", 0) == 1 {
        println!("asks {}", case.question);
    }
    let name = format!("flowkit-question-{}-{seed}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let files = written(&case, &folder);
    let expected = case.recomputed();
    coverage.look_at(&case, &expected.answer);
    let mut told = difference_of(&case, &expected, false, &opened(&files));
    if told.is_none() && case.asks_a_dump {
        told = match imported(&case, &files, &folder) {
            Ok(_) if case.is_refused() => Some("imported, and nothing is a flow".into()),
            Ok(dumps) => difference_of(&case, &expected, true, &opened(&dumps)),
            Err(error) if case.is_refused() && error.contains(REFUSED) => None,
            Err(error) => Some(format!("import: {error}")),
        };
    }
    if told.is_none() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let place = folder.display();
    told.map(|told| format!("seed {seed}: {}\n{place}\n{told}", case.question))
}

/// What was asked, so that it shows if questions find nothing to compare.
#[derive(Default)]
struct Coverage {
    /// By report: questions, those whose answers have rows, cells that are not judged, and
    /// answers of several rows in the order of a column that is asked for.
    reports: BTreeMap<String, [usize; 4]>,
    /// Filters that some flows match and others do not.
    filters: usize,
    dumps: usize,
}

impl Coverage {
    fn look_at(&mut self, case: &Case, answer: &Recomputed) {
        let [asked, with_rows, unjudged, sorted] =
            self.reports.entry(case.name.to_owned()).or_default();
        *asked += 1;
        *with_rows += usize::from(!answer.rows.is_empty());
        *unjudged += answer.rows.concat().iter().filter(|cell| *cell == UNJUDGED).count();
        *sorted += usize::from(case.is_sorted() && answer.rows.len() > 1);
        self.filters += usize::from(case.filter_splits());
        self.dumps += usize::from(case.asks_a_dump);
    }

    fn tell(&self) {
        for (name, [asked, with_rows, unjudged, sorted]) in &self.reports {
            println!(
                "{name}: {asked} questions, {with_rows} with rows, {sorted} sorted by a column, {unjudged} cells unjudged"
            );
        }
        println!("{} filters split the flows, {} were asked of dumps", self.filters, self.dumps);
    }
}

/// What a source is told that holds something, and nothing of it is a flow.
const REFUSED: &str = "nothing in it is a flow";

fn difference_of(
    case: &Case,
    expected: &Expected,
    is_dump: bool,
    sources: &[Source],
) -> Option<String> {
    let asked = match Question::from_json(&case.question.to_string()) {
        Ok(question) => ask(sources, &question).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let is_refused = case.is_refused();
    let found = match &asked {
        Ok(_) if is_refused => return Some("expected that nothing is a flow".into()),
        Ok(answer) => answered(answer),
        Err(error) if is_refused && error.contains(REFUSED) => return None,
        Err(error) => return Some(error.clone()),
    };
    let is_judged = |row: &Vec<String>| !(expected.is_unjudged)(row);
    let found = Recomputed { rows: found.rows.into_iter().filter(is_judged).collect(), ..found };
    let expected = expected.answer.clone().judged(&found);
    let name = if is_dump { "a dump" } else { "files" };
    (found != expected).then(|| format!("{name}:\n{}", lines(&found, &expected)))
}

/// The first lines that differ.
fn lines(found: &Recomputed, expected: &Recomputed) -> String {
    let all = |one: &Recomputed| format!("{:?} {:?} {:?}", one.ranking, one.facts, one.read);
    let mut lines = Vec::new();
    if all(found) != all(expected) {
        lines.push(format!("flowkit  {}\nexpected {}", all(found), all(expected)));
    }
    for place in 0..found.rows.len().max(expected.rows.len()) {
        let (found, expected) = (found.rows.get(place), expected.rows.get(place));
        if found != expected {
            lines.push(format!(
                "row {place}: flowkit  {found:?}\nrow {place}: expected {expected:?}"
            ));
        }
    }
    lines.truncate(8);
    lines.join("\n")
}

fn variable(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn random_questions_have_the_answers_of_plain_loops() {
    let first = variable("FLOWKIT_FIRST_SEED", 1);
    let n = variable("FLOWKIT_QUESTIONS", 150);
    let (mut differ, mut coverage) = (0, Coverage::default());
    for seed in first..first + n {
        if let Some(told) = difference(seed, &mut coverage) {
            differ += 1;
            println!("{told}\n");
        }
    }
    coverage.tell();
    println!("{n} questions from seed {first}: {differ} differ");
    assert_eq!(differ, 0, "questions that differ");
    for report in Report::every().iter().filter(|_| n >= 100) {
        let with_rows = coverage.reports.get(report.name()).map_or(0, |found| found[1]);
        assert!(with_rows > 0, "no answer of {} has a row", report.name());
    }
}

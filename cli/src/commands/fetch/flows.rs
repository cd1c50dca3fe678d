//! How many documents of a fetched dump are flows, from its columns.

use std::path::Path;

use flowkit_analyze::{AskError, Source, ask};
use flowkit_model::answer::Tally;
use flowkit_model::question::{Flows, Question, Ranked, Report};

use crate::output::units::counted;

/// How many of so many documents are flows, in one line; why none can be counted.
pub(crate) fn flows_text(dump: &Path, documents: u64) -> String {
    match tally(dump) {
        Ok(tally) => words(&tally, documents),
        Err(error) => format!("warning: no flows in it can be queried: {error:#}"),
    }
}

fn tally(dump: &Path) -> anyhow::Result<Tally> {
    let source = Source::open(dump)?;
    // The report that reads the fewest columns.
    let question = Question::new(Report::Protocols(Ranked::default()), Flows::default());
    let answer = ask(&[source], &question).map_err(|error: AskError| anyhow::Error::from(error))?;
    Ok(answer.tally)
}

fn words(tally: &Tally, documents: u64) -> String {
    let flows = tally.total.flows;
    let causes: Vec<String> = tally
        .skipped
        .iter()
        .map(|skipped| format!("{} ({})", counted(skipped.n, "document"), skipped.cause.text()))
        .collect();
    let rest =
        if causes.is_empty() { String::new() } else { format!("; skipped: {}", causes.join(", ")) };
    match flows {
        1 if documents > 1 => format!("1 document is a flow{rest}"),
        0 if documents == 1 => format!("warning: it is no flow{rest}"),
        0 => format!("warning: none of {} is a flow{rest}", counted(documents, "document")),
        1 if documents == 1 => "it is a flow".to_owned(),
        _ if flows == documents => "all of them are flows".to_owned(),
        _ => format!("{} are flows{rest}", counted(flows, "document")),
    }
}

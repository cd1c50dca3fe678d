//! Questions as tests ask them, and their answers.

use std::path::Path;

use flowkit_analyze::in_memory::{Batch, Memory, ask_batches};
use flowkit_analyze::{Source, ask};
use flowkit_model::answer::{Answer, Tally};
use flowkit_model::question::{Flows, Key, Measure, Order, Question, Ranked, Report, Top};

/// Names of measures, each kind of them.
pub(crate) const MEASURES: [&str; 37] = [
    "bytes",
    "packets",
    "flows",
    "bytes_share",
    "packets_share",
    "flows_share",
    "first",
    "last",
    "duration",
    "bps",
    "pps",
    "bpp",
    "sent_bytes",
    "received_bytes",
    "min_bytes",
    "max_bytes",
    "mean_bytes",
    "median_bytes",
    "p95_bytes",
    "min_duration",
    "max_duration",
    "mean_duration",
    "median_duration",
    "p95_duration",
    "distinct:dst_addr",
    "distinct:dst_port",
    "distinct:src_addr",
    "distinct:addr",
    "distinct:exporter",
    "distinct:port",
    "distinct:src_country",
    "distinct:bytes",
    "peers",
    "key_1",
    "key_2",
    "distinct:first_switched",
    "port_kind",
];

/// Keys by their names.
pub(crate) fn keys(names: &[&str]) -> Vec<Key> {
    names.iter().map(|name| Key::parse(name).unwrap()).collect()
}

/// Measures by their names.
pub(crate) fn measures(names: &[&str]) -> Vec<Measure> {
    names.iter().map(|name| Measure::parse_column(name).unwrap()).collect()
}

/// The order in which all keys have a row, the largest first.
pub(crate) fn all_rows() -> Order {
    Order { limit: 0, ..Order::default() }
}

/// A report of all flows.
pub(crate) fn question(report: Report) -> Question {
    Question::new(report, Flows::default())
}

/// What there is.
pub(crate) fn summary() -> Question {
    question(Report::Summary)
}

/// The top values of some keys with the usual columns.
pub(crate) fn top(names: &[&str], order: Order) -> Question {
    question(Report::Top(Top { by: keys(names), columns: None, order }))
}

/// The top values of some keys with columns of some names.
pub(crate) fn top_with(names: &[&str], columns: &[&str], order: Order) -> Question {
    let columns = Some(measures(columns));
    question(Report::Top(Top { by: keys(names), columns, order }))
}

/// A report whose keys are its own, as `Report::Talkers`, in some order.
pub(crate) fn ranked(report: fn(Ranked) -> Report, order: Order) -> Question {
    question(report(Ranked { order, ..Ranked::default() }))
}

/// The same question of the flows that match a filter.
pub(crate) fn filtered(question: Question, filter: &str) -> Question {
    let flows = Flows { filter: Some(filter.into()), ..question.flows };
    Question::new(question.report, flows)
}

/// The answer from some sources.
pub(crate) fn answer(sources: &[Source], question: &Question) -> Answer {
    ask(sources, question).unwrap()
}

/// The answer from batches.
pub(crate) fn of_batches(batches: &[Batch], question: &Question) -> Answer {
    ask_batches(batches.to_vec(), question, Memory::default()).unwrap()
}

/// What is read of a file or dump.
pub(crate) fn tally(path: &Path) -> Tally {
    answer(&[Source::open(path).unwrap()], &summary()).tally
}

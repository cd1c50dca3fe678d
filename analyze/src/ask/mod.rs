//! The entry point: a question and sources in, an answer out.
//!
//! | to learn | read |
//! | --- | --- |
//! | which report is worked out by which statistic | [`ask`] |
//! | how zone, window and filter are understood | `select` |
//! | how reading, counting and merging go together | `gather`, `workers` |
//! | how two sides are compared | `two_sides` |

mod error;
mod gather;
pub(crate) mod in_memory;
mod select;
#[cfg(test)]
mod tests;
mod two_sides;
mod workers;

use flowkit_model::answer::{Answer, Unmatched};
use flowkit_model::question::{Grouping, Question, Report};
use flowkit_model::window::Span;
use jiff::tz::TimeZone;

pub use self::error::AskError;
use self::gather::{Shared, gather};
pub use self::select::select;
use self::select::{all_flows, common_window, for_report, window};
use crate::batch::dictionary::Codebook;
use crate::input::{Source, named_twice};
pub use crate::scan::options::ReadOptions;
use crate::selection::Selection;
use crate::statistic::Statistic;
use crate::stats::beacons::Regularity;
use crate::stats::check::Check;
use crate::stats::exporters::Exporters;
use crate::stats::grouping::GroupBy;
use crate::stats::list::Listing;
use crate::stats::scans::ScanSearch;
use crate::stats::summary::Summary;
use crate::stats::timeline::Binned;
use crate::zone::zone;

/// Answers a question from some sources.
///
/// Parts of dumps are read from their Parquet cache, which is made if it is
/// missing.
///
/// # Errors
/// If a source cannot be read at all, or the question does not fit the sources;
/// what is missing in parts is in the answer's tally.
///
/// # Example
/// ```
/// use std::path::Path;
///
/// use flowkit_analyze::{Source, ask};
/// use flowkit_model::question::Question;
///
/// let sources = [Source::open(Path::new("../testdata/three-flows.ndjson")).unwrap()];
/// let question = r#"{"flowkit_question": 1, "report": {"top": {"by": ["dst_port"]}}}"#;
/// let answer = ask(&sources, &Question::from_json(question).unwrap()).unwrap();
/// assert_eq!(answer.tally.total.flows, 3);
/// ```
pub fn ask(sources: &[Source], question: &Question) -> Result<Answer, AskError> {
    ask_with(sources, question, ReadOptions::default())
}

/// Like [`ask`], with options for strictness and memory.
///
/// # Errors
/// As [`ask`], and in strict mode if a document would be skipped.
pub fn ask_with(
    sources: &[Source],
    question: &Question,
    options: ReadOptions,
) -> Result<Answer, AskError> {
    let zone = zone(&question.flows.zone)?;
    let report = question.report.by_clock(question.flows.time)?;
    let mut answer = if let Report::Diff(diff) = report.as_ref() {
        two_sides::ask(sources, diff, &question.flows, &zone, options)?
    } else {
        let window = window(sources, &question.flows, &zone, options)?;
        let selection = for_report(&report, &question.flows, &zone, window)?;
        let fetched = common_window(sources);
        // A fetch cuts bins of export times, and those of a timeline.
        let is_cut = question.flows.time.is_export() || matches!(*report, Report::Timeline(_));
        let frame = Frame {
            window: window.or(fetched.filter(|_| is_cut)).unwrap_or_default(),
            fetched_to: fetched.and_then(|fetched| fetched.flow_times().1),
        };
        let flows = OfSources { sources, selection: &selection, options };
        let mut answer = dispatch(&report, &zone, frame, &flows)?;
        // Copies of documents with an identity were left out, and counted.
        if answer.tally.duplicates.n == 0 {
            answer.tally.notes.extend(named_twice(sources));
        }
        if question.flows.is_selective() && answer.tally.total.flows == 0 {
            answer.unmatched.extend(unmatched(sources, options)?);
        }
        answer
    };
    answer.filter = question.flows.filter_shown().map(str::to_owned);
    answer.question = Some(question.clone());
    Ok(answer)
}

/// Whether a question can be asked at all, whatever the sources are: its zone, filter,
/// columns, conditions, bins, and the two windows of a diff.
///
/// # Errors
/// As [`ask`], for what is wrong with the question.
pub fn validate(question: &Question) -> Result<(), AskError> {
    let zone = zone(&question.flows.zone)?;
    let report = &*question.report.by_clock(question.flows.time)?;
    for_report(report, &question.flows, &zone, None)?;
    match report {
        Report::Diff(diff) => two_sides::validate(diff, &zone),
        _ => dispatch(report, &zone, Frame::default(), &NoFlows).map(|_| ()),
    }
}

/// What the sources hold, for an answer without a matching flow; `None` for
/// standard input and pipes, which cannot be read again.
fn unmatched(sources: &[Source], options: ReadOptions) -> Result<Option<Unmatched>, AskError> {
    if sources.iter().any(Source::is_read_once) {
        return Ok(None);
    }
    let all = all_flows(sources, options)?;
    Ok(Some(Unmatched { flows: all.total.flows, seen: all.seen }))
}

/// Flows over which a statistic can be computed.
trait FlowSet {
    /// Why an answer fails.
    type Error: From<AskError>;

    /// Computes a statistic over the flows.
    fn ask<S: Statistic>(&self, statistic: &S) -> Result<Answer, Self::Error>;
}

/// Where bins of time are cut.
#[derive(Clone, Copy, Default)]
struct Frame {
    /// The window of the question, else of the fetch.
    window: Span,
    /// The end of the window of the fetch: what was exported later is not known.
    fetched_to: Option<u64>,
}

/// Computes the statistic of a report over the flows.
///
/// # Panics
/// If the report has two sides.
fn dispatch<A: FlowSet>(
    report: &Report,
    zone: &TimeZone,
    frame: Frame,
    flows: &A,
) -> Result<Answer, A::Error> {
    let (choice, wrong) = (report.choice().unwrap_or_default(), AskError::Rows);
    match report {
        Report::Top(_)
        | Report::Talkers(_)
        | Report::Ports(_)
        | Report::Protocols(_)
        | Report::Pairs(_) => {
            let nothing = || Grouping::sums(Vec::new());
            let grouping = report.grouping().unwrap_or_else(nothing);
            flows.ask(&GroupBy::new(grouping, zone, frame.window))
        }
        Report::List(list) => flows.ask(&Listing::new(list).map_err(wrong)?),
        Report::Exporters(_) => flows.ask(&Exporters::new(choice, zone).map_err(wrong)?),
        Report::Timeline(timeline) => {
            let bin = || AskError::Bin { text: timeline.bin.clone() };
            let binned = Binned::new(timeline, zone, frame.window, frame.fetched_to);
            flows.ask(&binned.ok_or_else(bin)?.with_rows(choice, zone).map_err(wrong)?)
        }
        Report::Scans(scans) => flows.ask(&ScanSearch::new(scans, choice, zone).map_err(wrong)?),
        Report::Beacons(beacons) => {
            flows.ask(&Regularity::new(beacons, choice, zone).map_err(wrong)?)
        }
        Report::Diff(_) => unreachable!("a diff has two sides"),
        Report::Summary => flows.ask(&Summary::default()),
        Report::Check => flows.ask(&Check),
    }
}

/// No flows: there is an answer, if the question is right.
struct NoFlows;

impl FlowSet for NoFlows {
    type Error = AskError;

    fn ask<S: Statistic>(&self, _: &S) -> Result<Answer, AskError> {
        Ok(Answer::default())
    }
}

/// Files and dumps.
struct OfSources<'a> {
    sources: &'a [Source],
    selection: &'a Selection,
    options: ReadOptions,
}

impl FlowSet for OfSources<'_> {
    type Error = AskError;

    fn ask<S: Statistic>(&self, statistic: &S) -> Result<Answer, AskError> {
        let shared = Shared::new(self.options);
        let gathered = gather(self.sources, statistic, self.selection, self.options, &shared)?;
        let tally = &gathered.metadata.tally;
        let answer = |codes: &Codebook| statistic.answer(gathered.partial, codes, tally);
        let answer = shared.or_spill_error(answer)?;
        Ok(gathered.metadata.apply_to(answer))
    }
}

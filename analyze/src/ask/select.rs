//! Makes the selection of a question: parses its zone, window and filter, given
//! the sources.

use flowkit_model::Expression;
use flowkit_model::filter::Context;
use flowkit_model::question::{Flows, Grouping, Report};
use flowkit_model::window::{Span, Typed, Window};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::AskError;
use super::gather::{Shared, gather};
use crate::input::{Source, read_once};
use crate::scan::options::ReadOptions;
use crate::selection::{Changes, Selection};
use crate::stats::grouping::GroupBy;
use crate::stats::timeline::later_ms;
use crate::zone::zone;

/// The selection of the flows that a question is about.
///
/// # Errors
/// If the filter, the window or the zone is invalid. If the window ends with the
/// sources: if these cannot be read, or only once.
pub fn select(
    sources: &[Source],
    flows: &Flows,
    options: ReadOptions,
) -> Result<Selection, AskError> {
    let zone = zone(&flows.zone)?;
    let window = window(sources, flows, &zone, options)?;
    in_window(flows, &zone, window)
}

/// The selection of the flows that match, in a given window.
pub(super) fn in_window(
    flows: &Flows,
    zone: &TimeZone,
    window: Option<Span>,
) -> Result<Selection, AskError> {
    Ok(Selection::new(filter(flows, zone)?, window, flows.time, changes(flows)))
}

/// The selection of the flows of a report that match, in a given window.
pub(super) fn for_report(
    report: &Report,
    flows: &Flows,
    zone: &TimeZone,
    window: Option<Span>,
) -> Result<Selection, AskError> {
    let later_ms = match report {
        Report::Timeline(timeline) => later_ms(timeline.distribution),
        _ => 0,
    };
    if later_ms == 0 {
        return in_window(flows, zone, window);
    }
    Ok(Selection::with_later(filter(flows, zone)?, window, flows.time, changes(flows), later_ms))
}

fn filter(flows: &Flows, zone: &TimeZone) -> Result<Expression, AskError> {
    let Some(filter) = &flows.filter else { return Ok(Expression::Any) };
    let read = |name: &str| Err(format!("a question names no files, but {name}"));
    Ok(Expression::parse_in(filter, &Context { zone: zone.clone(), read: &read })?)
}

fn changes(flows: &Flows) -> Changes {
    Changes {
        repair_times: flows.repair_times,
        scale_sampling: flows.scale_sampling,
        deduplicate: flows.deduplicate,
    }
}

/// The window of a question, in ms since 1970-01-01 UTC.
pub(super) fn window(
    sources: &[Source],
    flows: &Flows,
    zone: &TimeZone,
    options: ReadOptions,
) -> Result<Option<Span>, AskError> {
    if flows.window == Typed::default() {
        return Ok(None);
    }
    let end = if flows.window.ends_with_sources() {
        end_of(sources, flows.window.last.is_some(), options)?
    } else {
        Timestamp::UNIX_EPOCH
    };
    Ok(Some(of_flows(&Window::new(flows.window.clone(), zone, end)?)))
}

/// The span of a window as times of flows, none of which is before 1970.
pub(super) fn of_flows(window: &Window) -> Span {
    window.span().flow_times().into()
}

/// The end of the sources' windows; for files, the millisecond after the last
/// flow. `is_length` if a length of time ends there, else a time is of its day.
///
/// # Errors
/// If the sources cannot be read, or only once; if flows have no time, and with it no
/// day.
fn end_of(
    sources: &[Source],
    is_length: bool,
    options: ReadOptions,
) -> Result<Timestamp, AskError> {
    if let Some(source) = read_once(sources) {
        let last = "--last looks for the last flow first";
        let day = "a time without a date is of the day of the last flow, which is looked for first";
        return Err(AskError::read_twice(if is_length { last } else { day }, source));
    }
    let ends: Option<Vec<u64>> = sources
        .iter()
        .map(|source| source.window().and_then(|window| window.flow_times().1))
        .collect();
    let mut end = ends.and_then(|ends| ends.into_iter().max());
    if end.is_none() {
        let all = all_flows(sources, options)?;
        end = all.seen.map(|seen| seen.1 + 1);
        if end.is_none() && !is_length && all.total.flows > 0 {
            return Err(AskError::NoLastDay);
        }
    }
    let end = end.and_then(|end| i64::try_from(end).ok()).unwrap_or(0);
    Ok(Timestamp::from_millisecond(end).unwrap_or(Timestamp::MAX))
}

/// The tally of all flows in the sources.
pub(super) fn all_flows(
    sources: &[Source],
    options: ReadOptions,
) -> Result<flowkit_model::answer::Tally, AskError> {
    let everything = GroupBy::new(Grouping::sums(Vec::new()), &TimeZone::UTC, Span::default());
    let shared = Shared::new(options);
    let gathered = gather(sources, &everything, &Selection::default(), options, &shared)?;
    Ok(gathered.metadata.tally)
}

/// The window that all sources were fetched with, if they have one in common.
pub(crate) fn common_window(sources: &[Source]) -> Option<Span> {
    let first = sources.first()?.window()?;
    sources.iter().all(|source| source.window() == Some(first)).then_some(first)
}

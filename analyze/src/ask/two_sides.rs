//! Answers a diff of two sources, or of two windows of one.

use flowkit_model::answer::{Answer, Tally};
use flowkit_model::question::{Clock, Diff, Flows};
use flowkit_model::window::{Span, Typed, Window};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::gather::{Shared, gather};
use super::select::{in_window, of_flows, window};
use super::{AskError, unmatched};
use crate::error::ReadError;
use crate::input::{Source, read_once};
use crate::scan::options::ReadOptions;
use crate::stats::diff::Changes;

/// One side of the comparison.
#[derive(Clone, Copy)]
struct Side<'s> {
    sources: &'s [Source],
    window: Option<Span>,
}

/// Answers a diff; the tally is of both sides.
pub(super) fn ask(
    sources: &[Source],
    diff: &Diff,
    flows: &Flows,
    zone: &TimeZone,
    options: ReadOptions,
) -> Result<Answer, AskError> {
    let sides = sides(sources, diff, flows, zone, options)?;
    let (changes, shared) = (Changes::new(diff, zone)?, Shared::new(options));
    let gather = |side: Side<'_>| -> Result<_, AskError> {
        let selection = in_window(flows, zone, side.window)?;
        Ok(gather(side.sources, changes.groups(), &selection, options, &shared)?)
    };
    let (a, b) = (gather(sides[0])?, gather(sides[1])?);
    let mut answer = shared
        .or_spill_error(|codes| changes.answer(a.partial, b.partial, codes))
        .map_err(|source| ReadError::Spill { source })?;
    let read = [a.metadata, b.metadata].map(|metadata| metadata.apply_to(Answer::default()));
    for (number, (read, side)) in read.iter().zip(sides).enumerate() {
        answer.sources.push(name(&read.sources, diff, number));
        for note in &read.notes {
            if !answer.notes.contains(note) {
                answer.notes.push(note.clone());
            }
        }
        // One of two windows of a source is part of the question, and may well be empty.
        let is_empty = read.tally.total.flows == 0;
        if diff.windows.is_none() && flows.is_selective() && is_empty {
            answer.unmatched.extend(unmatched(side.sources, options)?);
        }
    }
    if diff.windows.is_some() && read.iter().all(|read| read.tally.total.flows == 0) {
        answer.unmatched.extend(unmatched(sources, options)?);
    }
    let [a, b] = read.map(|read| read.tally);
    answer.tally = if diff.windows.is_some() {
        // One source, which both sides have read as a whole.
        let twice = in_both(sides, flows.time, |side| Ok(gather(side)?.metadata.tally))?;
        a.and_window(b, &twice)
    } else {
        a.and(b)
    };
    Ok(answer)
}

/// The tally of the flows that are in both windows.
fn in_both(
    [a, b]: [Side<'_>; 2],
    clock: Clock,
    tally: impl Fn(Side<'_>) -> Result<Tally, AskError>,
) -> Result<Tally, AskError> {
    let (all, other) = (a.window.unwrap_or_default(), b.window.unwrap_or_default());
    // A flow can be active in two windows of which neither has a moment of the other.
    if clock != Clock::Active && !all.overlaps(other) {
        return Ok(Tally::default());
    }
    tally(Side { window: Some(all.intersection(other)), ..a })
}

/// Name of a side: its sources, and its window as it was typed.
fn name(sources: &[String], diff: &Diff, side: usize) -> String {
    let sources = sources.join(", ");
    match &diff.windows {
        Some(windows) => format!("{sources} {}", windows[side]),
        None => sources,
    }
}

/// The sources of each side, and its window.
fn sides<'s>(
    sources: &'s [Source],
    diff: &Diff,
    flows: &Flows,
    zone: &TimeZone,
    options: ReadOptions,
) -> Result<[Side<'s>; 2], AskError> {
    if let Some([a, b]) = &diff.windows {
        if let Some(source) = read_once(sources) {
            return Err(AskError::read_twice("--a and --b read the source twice", source));
        }
        return Ok(spans([a, b], zone)?.map(|window| Side { sources, window: Some(window) }));
    }
    let [a, b] = sources else { return Err(AskError::Sides) };
    let side = |source| -> Result<_, AskError> {
        let sources = std::slice::from_ref(source);
        Ok(Side { sources, window: window(sources, flows, zone, options)? })
    };
    Ok([side(a)?, side(b)?])
}

/// Whether a diff can be asked of any sources.
pub(super) fn validate(diff: &Diff, zone: &TimeZone) -> Result<(), AskError> {
    if let Some([a, b]) = &diff.windows {
        spans([a, b], zone)?;
    }
    Changes::new(diff, zone)?;
    Ok(())
}

/// The windows of both sides.
fn spans([a, b]: [&str; 2], zone: &TimeZone) -> Result<[Span; 2], AskError> {
    Ok([span("--a", a, zone)?, span("--b", b, zone)?])
}

/// Parses `FROM..TO`, either of which may be left out, or a date.
fn span(option: &'static str, text: &str, zone: &TimeZone) -> Result<Span, AskError> {
    let typed = match text.split_once("..") {
        None => Typed { day: Some(text.into()), ..Typed::default() },
        Some((from, to)) => {
            let some = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
            Typed { from: some(from), to: some(to), ..Typed::default() }
        }
    };
    let wrong = || AskError::SideWindow { option, text: text.into() };
    if typed.ends_with_sources() {
        return Err(wrong());
    }
    let window = Window::new(typed, zone, Timestamp::UNIX_EPOCH).map_err(|_| wrong())?;
    Ok(of_flows(&window))
}

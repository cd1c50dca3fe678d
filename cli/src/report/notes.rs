//! Notes on an answer: what was skipped, unknown, duplicate or is missing.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flowkit_model::answer::{Fault, Quality, Tally, Unmatched};
use flowkit_model::field::Wire;
use flowkit_model::harmless::harmless;
use flowkit_model::names::Adaptation;
use flowkit_model::question::{Question, Report};
use flowkit_model::window::Typed;
use flowkit_model::{Answer, FieldId, NotAFlow};
use jiff::tz::TimeZone;

use crate::output::units::{counted, grouped, moment, percent};

/// Writes the notes of an answer, one per line; times in a zone. If quiet, only what
/// is missing.
pub(crate) fn write(
    answer: &Answer,
    zone: &TimeZone,
    is_quiet: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let nothing = nothing(answer);
    let no_match = answer.unmatched.iter().map(|there| no_match(answer, *there, zone));
    for note in answer.notes.iter().cloned().chain(no_match).chain(nothing).filter(|_| !is_quiet) {
        writeln!(out, "note: {}", harmless(&note))?;
    }
    of_tally(&answer.tally, is_quiet, out)?;
    let repaired = answer.question.as_ref().is_some_and(|question| question.flows.repair_times);
    let misrepaired = misrepaired(answer).filter(|_| repaired).map(str::to_owned);
    let hints = [misrepaired, hint(answer)].into_iter().flatten();
    for note in hints.filter(|_| !is_quiet) {
        writeln!(out, "note: {}", harmless(&note))?;
    }
    Ok(())
}

/// Where nothing was read, and nothing else says so: a header without rows, an empty
/// list.
fn nothing(answer: &Answer) -> Option<String> {
    let tally = &answer.tally;
    let is_told = !answer.unmatched.is_empty()
        || ![&tally.notes, &tally.incomplete].iter().all(|told| told.is_empty())
        || !tally.skipped.is_empty();
    let of = answer.sources.first().filter(|_| tally.total.flows == 0 && !is_told)?;
    Some(match answer.sources.len() {
        1 => format!("{of} holds no flow"),
        n => format!("none of the {n} sources holds a flow"),
    })
}

/// Where no flow matches: what the sources hold.
fn no_match(answer: &Answer, there: Unmatched, zone: &TimeZone) -> String {
    let question = answer.question.as_ref();
    let is_of_two = |question: &Question| matches!(&question.report, Report::Diff(diff) if diff.windows.is_some());
    let has_window = |question: &Question| question.flows.window != Typed::default();
    let by = match (&answer.filter, question.is_some_and(has_window)) {
        (None, _) if question.is_some_and(is_of_two) => "is in either window",
        (Some(_), _) if question.is_some_and(is_of_two) => "in either window matches the filter",
        (None, _) => "is in the window",
        (_, false) => "matches the filter",
        _ => "in the window matches the filter",
    };
    let span = there
        .seen
        .map(|(first, last)| format!(" from {} to {}", moment(first, zone), moment(last, zone)));
    let n = counted(there.flows, "flow");
    format!("no flow {by} (source: {n}{})", span.unwrap_or_default())
}

/// What a copy of the flows of some exporters does not take along: how they sample, where
/// the flows do not say so themselves.
pub(crate) fn sampling_left_behind(
    tally: &Tally,
    is_copied: impl Fn(Option<&str>) -> bool,
) -> Option<String> {
    let (least, most, n) = tally.exporters.sampled(is_copied)?;
    let rate = if least == most { format!("1:{most}") } else { format!("1:{least} to 1:{most}") };
    let whose = if n == 1 { "1 exporter tells".to_owned() } else { format!("{n} exporters tell") };
    Some(format!(
        "{whose} in options records that packets are sampled, {rate}: flows do not say so, and it is not in what was written; an import, or an export to parquet, keeps it"
    ))
}

/// What `flowkit check` would find, as far as every answer knows: one line.
fn hint(answer: &Answer) -> Option<String> {
    match &answer.question.as_ref()?.report {
        // It says all of this itself.
        Report::Check => return None,
        Report::Top(_)
        | Report::Talkers(_)
        | Report::Ports(_)
        | Report::Protocols(_)
        | Report::Pairs(_)
        | Report::List(_)
        | Report::Exporters(_)
        | Report::Timeline(_)
        | Report::Scans(_)
        | Report::Beacons(_)
        | Report::Diff(_)
        | Report::Summary => {}
    }
    let tally = &answer.tally;
    let mut found = late_times(tally);
    let times = Quality::of_all(tally.times.iter().flat_map(BTreeMap::values));
    let is_stated = |field: FieldId| field.field().wire != Wire::Nowhere;
    let unknown = tally.unknown.iter().filter(|(field, _)| is_stated(*field)).count();
    for (n, words) in [
        (times.inverted, "flows end before they start"),
        (times.wrapped, "times are 49.7 days late"),
        (times.far_off, "times are far from the export time"),
        (tally.sequences.missing(), "flows are missing according to the sequence numbers"),
        (
            tally.sequences.missing_around(),
            "flows are missing according to the sequence numbers, in the window or outside of it",
        ),
        (
            if tally.is_filtered { 0 } else { tally.exporters.lost() },
            "datagrams of NetFlow v9 or records of IPFIX are missing according to the sequence numbers",
        ),
        (causes(tally).count() as u64, skipped_text(tally)),
        (unknown as u64, "fields are unknown"),
        (tally.duplicates.n, "documents were duplicates"),
    ] {
        if n > 0 {
            found.push(words.to_owned());
        }
    }
    (!found.is_empty()).then(|| format!("{}; see `flowkit check`", found.join(", ")))
}

/// Why something was skipped that should not have been there: options records belong to
/// flows.
fn causes(tally: &Tally) -> impl Iterator<Item = NotAFlow> {
    tally.skipped.iter().map(|skipped| skipped.cause).filter(|cause| *cause != NotAFlow::Options)
}

/// What was skipped: text between documents and rows are no documents.
fn skipped_text(tally: &Tally) -> &'static str {
    let is_all = |cause| causes(tally).all(|skipped| skipped == cause);
    if is_all(NotAFlow::NotJson) {
        "text that is no JSON was skipped"
    } else if is_all(NotAFlow::NotARow) {
        "rows were skipped"
    } else if is_all(NotAFlow::NoRecord) {
        "datagrams were skipped"
    } else {
        "documents were skipped"
    }
}

/// Late times as `check` finds them, exporter by exporter, with the shares that
/// were measured; nothing if the answer used neither first nor last.
pub(super) fn late_times(tally: &Tally) -> Vec<String> {
    let is_as_exported = tally.quality.is_as_exported();
    let of_fault = |fault: Fault| {
        let all = tally.times.iter().flatten();
        let late: Vec<_> = all.filter(|(_, times)| times.fault() == Some(fault)).collect();
        let sums = Quality::of_all(late.iter().map(|(_, times)| *times));
        let whose = match late[..] {
            [] => return None,
            [_] if tally.times.as_ref().is_some_and(|times| times.len() == 1) => String::new(),
            [(exporter, _)] => {
                format!(" of {}", exporter.as_deref().unwrap_or("the unknown exporter"))
            }
            _ => format!(" of {} exporters", late.len()),
        };
        Some((sums, whose))
    };
    let share = |part: u64, whole: u64| percent(part.into(), whole.into());
    let second_late = of_fault(Fault::SecondLate).filter(|_| !is_as_exported).map(|(times, whose)| {
        let (starts, ends) =
            (share(times.late_first, times.timed), share(times.late_last, times.timed));
        format!(
            "{starts} of the starts and {ends} of the ends{whose} are 1 s late (Logstash 7 and later)"
        )
    });
    let lost = of_fault(Fault::LostMilliseconds).map(|(times, whose)| {
        let starts = share(times.same_fraction, times.timed);
        if is_as_exported {
            return format!(
                "{starts} of the starts{whose} are whole seconds before their export (the exporter's uptime counts seconds)"
            );
        }
        format!(
            "{starts} of the starts{whose} lack their milliseconds (Logstash 5.6 to 6.8, or an exporter whose uptime counts whole seconds)"
        )
    });
    let uptimes = tally.times.as_ref().and_then(|_| {
        let late = late_uptimes(tally).filter(|n| *n > 0)?;
        let share = share(late, tally.total.flows);
        Some(format!("{share} of the flows have times that are 1 s late (NetFlow v9 by Logstash)"))
    });
    second_late.into_iter().chain(lost).chain(uptimes).collect()
}

/// Flows whose times Logstash worked out from uptimes of version 9.
fn late_uptimes(tally: &Tally) -> Option<u64> {
    let mut all = tally.adaptations();
    all.find(|(adaptation, _)| *adaptation == Adaptation::LogstashUptimes).map(|(_, n)| n)
}

/// A time that is 1 s late is recognised by its fraction alone, so half of the
/// times that are correct look late too.
fn misrepaired(answer: &Answer) -> Option<&'static str> {
    let quality = &answer.tally.quality;
    if late_uptimes(&answer.tally).is_some() {
        return None;
    }
    (quality.timed > 0 && quality.wrapped == 0 && quality.fault().is_none()).then_some(
        "--repair-times may have made correct times 1 s early: no flow shows the fault of Logstash 7 and later, and packets never have it",
    )
}

/// Writes what was skipped, unknown, duplicate or is missing; if quiet, only
/// what is missing.
pub(crate) fn of_tally(tally: &Tally, is_quiet: bool, out: &mut impl Write) -> io::Result<()> {
    for note in of_what_came(tally).iter().filter(|_| !is_quiet) {
        writeln!(out, "note: {}", harmless(note))?;
    }
    for missing in &tally.incomplete {
        writeln!(out, "incomplete: {}", harmless(missing))?;
    }
    Ok(())
}

/// Notes on what was read: skipped, unknown, duplicate.
pub(super) fn of_what_came(tally: &Tally) -> Vec<String> {
    let skipped = tally.skipped.iter().map(|skipped| {
        let reason =
            skipped.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!(
            "skipped {} ({}), the first at {}{reason}",
            grouped(skipped.n.into()),
            skipped.cause.text(),
            skipped.first
        )
    });
    let told = tally.notes.iter().cloned();
    told.chain(unknown(tally)).chain(duplicates(tally)).chain(skipped).collect()
}

/// Most fields that the note on unknown values names.
const MOST_UNKNOWN: usize = 8;

/// `unknown in some flows: dst_port 3, bytes 1`.
fn unknown(tally: &Tally) -> Option<String> {
    let fields: Vec<String> = tally
        .unknown
        .iter()
        .map(|(field, n)| format!("{} {}", field.field().name, grouped((*n).into())))
        .collect();
    let more = match fields.len().saturating_sub(MOST_UNKNOWN) {
        0 => String::new(),
        n => format!(" and {n} more fields; `flowkit check` lists them"),
    };
    let named = fields.iter().take(MOST_UNKNOWN).map(String::as_str).collect::<Vec<_>>();
    (!fields.is_empty()).then(|| format!("unknown in some flows: {}{more}", named.join(", ")))
}

fn duplicates(tally: &Tally) -> Option<String> {
    let duplicates = &tally.duplicates;
    let first = duplicates.first.as_ref()?;
    let conflicting = match duplicates.conflicting {
        0 => String::new(),
        n => format!("; {} differ from the first copy, which is kept", grouped(n.into())),
    };
    Some(format!(
        "duplicates dropped: {} (same _index and _id), the first at {first}{conflicting}",
        grouped(duplicates.n.into())
    ))
}

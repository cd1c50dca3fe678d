//! Findings as rows: name, place, count, total and meaning.

use std::io;

use flowkit_model::answer::{Answer, Cell, Column, Fault, Meaning, Quality, Table, Tally};

use super::{Checked, Duplicates};
use crate::quality::loss::{Engine, Loss};

/// A row.
struct Finding {
    name: &'static str,
    /// Exporter, engine, field: where.
    place: String,
    n: u64,
    of: u64,
    meaning: String,
}

/// Gaps in the export are reported from this length on.
const LONG_GAP_MS: u64 = 3_600_000;

pub(super) fn answer(
    checked: Checked,
    duplicates: Duplicates,
    texts: &[String],
    tally: &Tally,
) -> io::Result<Answer> {
    let flows = tally.total.flows;
    let name = |exporter: Option<u64>| {
        let code = exporter.and_then(|code| usize::try_from(code).ok());
        code.and_then(|code| texts.get(code)).map_or("unknown", String::as_str).to_owned()
    };
    let mut findings = Vec::new();
    let mut engines: Vec<(String, Engine, Loss)> = checked
        .packets
        .loss()?
        .into_iter()
        .map(|(engine, loss)| (name(engine[0]), engine, loss))
        .collect();
    engines.sort_by(|a, b| (&a.0, a.1[1], a.1[2]).cmp(&(&b.0, b.1[1], b.1[2])));
    for (exporter, engine, loss) in engines {
        of_engine(&exporter, engine, loss, tally.is_filtered, &mut findings);
    }
    for (exporter, times) in tally.times.iter().flatten() {
        of_times(exporter.as_deref().unwrap_or("unknown"), times, &mut findings);
    }
    push(
        &mut findings,
        "equal_flows",
        "",
        duplicates.equal,
        flows,
        "flows are equal to another in every field, under other ids; --dedupe drops them",
    );
    push(
        &mut findings,
        "seen_twice",
        "",
        duplicates.seen_twice,
        flows,
        "flows have a like at another exporter (ends, ports, packets, bytes): sums count both; filter by exporter",
    );
    push(
        &mut findings,
        "sampled_without_mode",
        "",
        checked.sampled_without_mode,
        flows,
        "flows state a sampling interval but mode 0, as Juniper routers do: they are sampled",
    );
    of_tally(tally, &mut findings);
    Ok(rows(findings, tally))
}

fn push(
    findings: &mut Vec<Finding>,
    name: &'static str,
    place: &str,
    n: u64,
    of: u64,
    meaning: &str,
) {
    if n > 0 {
        findings.push(Finding { name, place: place.into(), n, of, meaning: meaning.into() });
    }
}

fn of_engine(
    exporter: &str,
    engine: Engine,
    loss: Loss,
    is_filtered: bool,
    findings: &mut Vec<Finding>,
) {
    let number = |value: Option<u64>| value.map_or("?".into(), |value| value.to_string());
    let place = format!("{exporter} engine {}/{}", number(engine[1]), number(engine[2]));
    if loss.has_no_sequence {
        let words = "packets with sequence numbers that do not count flows: loss cannot be told";
        push(findings, "no_sequence", &place, loss.packets, loss.packets, words);
    }
    push(
        findings,
        "sequence_restarts",
        &place,
        loss.restarts,
        loss.packets,
        "packets have a lower number than was to be expected: the exporter started again, or order was lost",
    );
    if is_filtered {
        return; // What a filter left out is not missing.
    }
    let words = format!(
        "flows are missing between packets, in {}: lost on the way to the collector, or outside of what was fetched",
        if loss.gaps == 1 { "1 place".into() } else { format!("{} places", loss.gaps) }
    );
    push(findings, "lost_flows", &place, loss.lost_flows, 0, &words);
    push(
        findings,
        "missing_documents",
        &place,
        loss.missing_documents,
        0,
        "flows of packets that came have no document: lost behind the collector, or filtered out",
    );
    if let Some((length, start)) = loss.longest_gap.filter(|gap| gap.0 >= LONG_GAP_MS) {
        let words = format!(
            "minutes without a packet, the longest silence, from {}",
            flowkit_model::time::format_ms(start)
        );
        push(findings, "silence", &place, length / 60_000, 0, &words);
    }
}

fn of_times(exporter: &str, times: &Quality, findings: &mut Vec<Finding>) {
    let mut tell = |name, n, meaning: &str| push(findings, name, exporter, n, times.timed, meaning);
    match times.fault() {
        Some(Fault::LostMilliseconds) => tell(
            "lost_milliseconds",
            times.same_fraction,
            "starts have the milliseconds of the export: Logstash 5.6 to 6.8 (codec issue 172), 0 to 2 s late; not to be repaired",
        ),
        Some(Fault::SecondLate) => {
            tell(
                "late_first",
                times.late_first,
                "starts are 1 s late: Logstash 7 and later (codec issue 174); --repair-times",
            );
            tell(
                "late_last",
                times.late_last,
                "ends are 1 s late, by the same fault; --repair-times",
            );
        }
        None => {}
    }
    tell("inverted", times.inverted, "flows end before they start: their duration is unknown");
    tell(
        "uptime_wraps",
        times.wrapped,
        "flows are 49.7 days late: Logstash does not see that the uptime wrapped; --repair-times",
    );
    tell(
        "far_off",
        times.far_off,
        "flows have times over 1 h after or 24 h before their export: a clock or a counter is wrong",
    );
    tell(
        "ahead",
        times.ahead,
        "flows end over 1 s after their export: the clock of the exporter, or a late time",
    );
}

/// Findings that every report has in its notes.
fn of_tally(tally: &Tally, findings: &mut Vec<Finding>) {
    let flows = tally.total.flows;
    let exporters = tally.sampling.len() as u64;
    let sampled = tally.sampling.values().filter(|sampling| sampling.most > 1).count() as u64;
    push(
        findings,
        "sampled",
        "",
        sampled,
        exporters,
        "exporters look at one packet in so many; sums are as exported, --scale-sampling multiplies them",
    );
    let changing =
        tally.sampling.values().filter(|sampling| sampling.least.max(1) != sampling.most.max(1));
    push(
        findings,
        "sampling_changes",
        "",
        changing.count() as u64,
        exporters,
        "exporters state more than one sampling interval",
    );
    let duplicates = &tally.duplicates;
    push(
        findings,
        "duplicates",
        "",
        duplicates.n,
        flows,
        "documents were there more than once (same index and id): the first copy counts",
    );
    push(
        findings,
        "conflicting_copies",
        "",
        duplicates.conflicting,
        flows,
        "of those say something else than the first copy",
    );
    for skipped in &tally.skipped {
        let words = format!("{}, the first at {}", skipped.cause.text(), skipped.first);
        push(findings, "skipped", skipped.cause.name(), skipped.n, 0, &words);
    }
    of_unknown(tally, findings);
    for missing in &tally.incomplete {
        push(findings, "incomplete", "", 1, 0, missing);
    }
}

/// Fields that an exporter states and that are unknown in some flows.
fn of_unknown(tally: &Tally, findings: &mut Vec<Finding>) {
    for (field, n) in tally
        .unknown
        .iter()
        .filter(|(field, _)| field.field().wire != flowkit_model::field::Wire::Nowhere)
    {
        push(
            findings,
            "unknown",
            field.field().name,
            *n,
            tally.total.flows,
            "flows lack this field, or hold what cannot be",
        );
    }
}

fn rows(findings: Vec<Finding>, tally: &Tally) -> Answer {
    let columns = [
        ("finding", Meaning::Words),
        ("place", Meaning::Words),
        ("count", Meaning::Count),
        ("of", Meaning::Count),
        ("share", Meaning::Fraction),
        ("meaning", Meaning::Words),
    ];
    let columns = Column::list(columns);
    let n = findings.len();
    let rows = findings.into_iter().map(|finding| {
        let of = (finding.of > 0).then_some(finding.of);
        let share =
            of.map_or(Cell::None, |of| Cell::Share { part: finding.n.into(), whole: of.into() });
        vec![
            Cell::Text(finding.name.into()),
            Cell::Text(finding.place),
            Cell::from(finding.n),
            of.map_or(Cell::None, Cell::from),
            share,
            Cell::Text(finding.meaning),
        ]
    });
    let mut outcome = match (n, tally.total.flows) {
        (0, 0) => "there are no flows".into(),
        (0, _) => "nothing is wrong".into(),
        (1, _) => "1 finding".into(),
        _ => format!("{n} findings"),
    };
    if tally.is_filtered {
        outcome.push_str("; lost flows, missing documents and gaps n/a: filtered");
    }
    Answer {
        outcome: Some(outcome),
        table: Table { name: "rows", columns, rows: rows.collect() },
        ..Answer::default()
    }
}

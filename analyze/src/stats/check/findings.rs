//! Findings as rows: name, place, count, total and meaning.

use std::collections::BTreeMap;
use std::io;

use flowkit_model::answer::{Answer, Cell, Column, Fault, Meaning, Quality, Table, Tally};
use flowkit_model::{FieldId, Sums};

use super::templated::of_templates;
use super::{Checked, Duplicates};
use crate::batch::dictionary::Codebook;
use crate::quality::loss::{Engine, Loss};

/// A row.
pub(super) struct Finding {
    name: &'static str,
    /// Exporter, engine, field: where.
    place: String,
    n: u64,
    of: u64,
    meaning: String,
}

/// What the flows came through, as far as it can be the cause of a finding.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Captures and datagrams: no pipeline.
    Packets,
    /// What nfdump printed, where the time of the export is that of its receipt.
    Nfdump,
    /// Documents, some of them at least.
    Pipelines,
}

impl Origin {
    fn of(tally: &Tally) -> Self {
        let quality = &tally.quality;
        // nfdump does not print what the header of a packet says.
        let mut unknown = tally.unknown.iter();
        let is_nfdump =
            unknown.any(|unknown| *unknown == (FieldId::FlowRecords, tally.total.flows));
        match (quality.is_as_exported(), is_nfdump) {
            (true, false) => Self::Packets,
            (true, true) => Self::Nfdump,
            (false, _) => Self::Pipelines,
        }
    }

    /// The words for flows that no pipeline stored, or those for documents.
    fn words(self, unstored: &'static str, documents: &'static str) -> &'static str {
        match self {
            Self::Packets | Self::Nfdump => unstored,
            Self::Pipelines => documents,
        }
    }
}

/// Gaps in the export are reported from this length on.
const LONG_GAP_MS: u64 = 3_600_000;

pub(super) fn answer(
    checked: Checked,
    duplicates: &Duplicates,
    twice: &BTreeMap<Option<u64>, Sums>,
    codes: &Codebook,
    tally: &Tally,
) -> io::Result<Answer> {
    let flows = tally.total.flows;
    let name = |exporter: Option<u64>| {
        let code = exporter.and_then(|code| usize::try_from(code).ok());
        code.and_then(|code| codes.texts.get(code)).map_or("unknown", String::as_str).to_owned()
    };
    let mut findings = Vec::new();
    let origin = Origin::of(tally);
    let mut engines: Vec<(String, Engine, Loss)> = checked
        .packets
        .loss()?
        .into_iter()
        .map(|(engine, loss)| (name(engine[0]), engine, loss))
        .collect();
    engines.sort_by(|a, b| (&a.0, a.1[1], a.1[2]).cmp(&(&b.0, b.1[1], b.1[2])));
    for (exporter, engine, loss) in engines {
        of_engine(&exporter, engine, loss, (origin, tally.is_filtered), &mut findings);
    }
    for (exporter, times) in tally.times.iter().flatten() {
        let exporter = exporter.as_deref().unwrap_or("unknown");
        of_times(exporter, times, origin, &mut findings);
    }
    push(
        &mut findings,
        "equal_flows",
        "",
        duplicates.equal,
        flows,
        origin.words(
            "flows are equal to another in every field; --dedupe drops them",
            "flows are equal to another in every field, under other ids; --dedupe drops them",
        ),
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
    of_templates(&checked.records, twice, &name, tally, &mut findings);
    of_tally(tally, &mut findings);
    Ok(rows(findings, tally))
}

pub(super) fn push(
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
    (origin, is_filtered): (Origin, bool),
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
    // What a filter left out is not missing.
    if !is_filtered {
        of_loss(&place, loss, origin, findings);
    }
}

/// What is missing of the flows of an engine, and what is there twice.
fn of_loss(place: &str, loss: Loss, origin: Origin, findings: &mut Vec<Finding>) {
    if loss.exporters > 1 {
        let words = "exporters send under this address and engine, as their sequence numbers show: loss is worked out for each";
        push(findings, "several_exporters", place, loss.exporters, 0, words);
    }
    let words = format!(
        "flows are missing between packets, in {}: lost on the way to {}",
        if loss.gaps == 1 { "1 place".into() } else { format!("{} places", loss.gaps) },
        origin.words(
            "where they were captured, or outside of the capture",
            "the collector, or outside of what was fetched",
        )
    );
    push(findings, "lost_flows", place, loss.lost_flows, 0, &words);
    push(
        findings,
        "repeated_flows",
        place,
        loss.repeated_flows,
        0,
        origin.words(
            "flows more than their packets carried: the packets were captured or sent twice; --dedupe drops equal flows",
            "flows more than their packets carried: the packets were sent, collected or stored twice; --dedupe drops equal flows",
        ),
    );
    push(
        findings,
        "missing_documents",
        place,
        loss.missing_documents,
        0,
        origin.words(
            "flows of packets that came are missing: the packets are cut",
            "flows of packets that came have no document: lost behind the collector, or filtered out",
        ),
    );
    if let Some((length, start)) = loss.longest_gap.filter(|gap| gap.0 >= LONG_GAP_MS) {
        let words = format!(
            "minutes without a packet, the longest silence, from {}",
            flowkit_model::time::format_ms(start)
        );
        push(findings, "silence", place, length / 60_000, 0, &words);
    }
}

fn of_times(exporter: &str, times: &Quality, origin: Origin, findings: &mut Vec<Finding>) {
    let mut tell = |name, n, meaning: &str| push(findings, name, exporter, n, times.timed, meaning);
    match times.fault() {
        // Whole seconds are the exporter's there; and what is inverted is told as such.
        Some(Fault::LostMilliseconds) if origin != Origin::Pipelines => tell(
            "whole_seconds",
            times.same_fraction,
            "flows start whole seconds before their export: the exporter's uptime counts seconds",
        ),
        Some(Fault::SecondLate) if origin != Origin::Pipelines => {}
        Some(Fault::LostMilliseconds) => tell(
            "lost_milliseconds",
            times.same_fraction,
            "starts have the milliseconds of the export: Logstash 5.6 to 6.8 (codec issue 172), 0 to 2 s late and not to be repaired, or an exporter whose uptime counts whole seconds",
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
        origin.words(
            "flows are 49.7 days late: the uptime wrapped; --repair-times",
            "flows are 49.7 days late: Logstash does not see that the uptime wrapped; --repair-times",
        ),
    );
    tell(
        "far_off",
        times.far_off,
        if origin == Origin::Nfdump {
            "flows have times over 1 h after or 24 h before nfcapd received them: late, or by a wrong clock"
        } else {
            "flows have times over 1 h after or 24 h before their export: a clock or a counter is wrong"
        },
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
    let sampled = tally.samplings().filter(|sampling| sampling.most > 1).count() as u64;
    push(
        findings,
        "sampled",
        "",
        sampled,
        exporters,
        if tally.scaled_by().is_empty() {
            "exporters look at one packet in so many; sums are as exported, --scale-sampling multiplies them"
        } else {
            "exporters look at one packet in so many; --scale-sampling multiplies what no pipeline has"
        },
    );
    of_adaptations(tally, flows, findings);
    let changing =
        tally.samplings().filter(|sampling| sampling.least.max(1) != sampling.most.max(1));
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

/// What pipelines changed of flows before they stored them.
fn of_adaptations(tally: &Tally, flows: u64, findings: &mut Vec<Finding>) {
    let mut looked_up: BTreeMap<&str, u64> = BTreeMap::new();
    for (adaptation, n) in tally.adaptations() {
        let by = adaptation.pipeline();
        if adaptation.is_scaled() {
            let words = format!(
                "flows were scaled by {by}: their bytes and packets are multiplied by the sampling interval; --scale-sampling leaves them"
            );
            push(findings, "scaled_by_pipeline", by, n, flows, &words);
        }
        if adaptation.looks_up_as() {
            *looked_up.entry(by).or_default() += n;
        }
    }
    for (by, n) in looked_up {
        let words = format!(
            "flows are {by}'s: AS numbers that the exporter left 0 are looked up by address; those over 65535 are unknown"
        );
        push(findings, "as_looked_up", by, n, flows, &words);
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

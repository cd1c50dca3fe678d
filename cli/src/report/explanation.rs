//! `--explain`: how the numbers of a report were computed, from the answer
//! itself.

use std::io::{self, Write};

use flowkit_model::answer::{Fault, Ranking};
use flowkit_model::field::Wire;
use flowkit_model::question::{Clock, Report, TimeDistribution};
use flowkit_model::{Answer, Field, FieldId};
use jiff::tz::TimeZone;

use super::notes;
use crate::output::units::{counted, grouped, moment};
use crate::output::wrap::{add, hanging};

/// Where the texts begin.
const INDENT: usize = 12;

/// Writes the explanation of an answer.
pub(crate) fn write(answer: &Answer, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    let mut rows = vec![("question", format!("{}.", answer.title()))];
    if let Some(question) = &answer.question {
        rows.push(("counted", rule(&question.report).to_owned()));
        rows.push(("flows", flows(answer)));
        rows.push(("fields", fields(answer)));
        rows.push(("window", window(answer, zone)));
        rows.push(("filter", filter(answer)));
        rows.push(("sampling", sampling(answer)));
        rows.push(("times", times(answer, question.flows.repair_times)));
        rows.extend(answer.ranking.as_ref().map(|ranking| ("order", order(ranking))));
        rows.push(("left out", left_out(answer)));
    } else {
        rows.push(("counted", "This is the list of fields; no flow was read.".into()));
    }
    writeln!(out, "\nHow these numbers were computed")?;
    for (label, text) in rows {
        let label = format!("  {label}");
        write!(out, "{}", hanging(&label, label.len(), INDENT, &text))?;
    }
    Ok(())
}

/// How a report counts.
fn rule(report: &Report) -> &'static str {
    match report {
        Report::Top(_) => {
            "Flows are grouped by their keys and summed. Every flow is read, so no row is an estimate."
        }
        Report::Talkers(_) => {
            "Each flow counts at its source address and at its destination address, once if the two are equal. So shares add up to more than 100 %."
        }
        Report::Ports(_) => {
            "Only flows of TCP, UDP, DCCP and SCTP, grouped by protocol and service. The service is the lower of the two ports: right for most flows, wrong where both ports are high."
        }
        Report::Protocols(_) => "Flows are grouped by IP protocol.",
        Report::Pairs(_) => {
            "Flows are grouped by their two addresses, the lower address first, so both directions of a conversation are in one row."
        }
        Report::List(_) => {
            "One row a flow, in the order of the sources, or sorted by a column, largest first; equal values are in the order of the columns shown, unknown last. duration is last_switched - first_switched, bps and pps are over it and 0 if it is 0, bpp is bytes / packets; all are truncated."
        }
        Report::Exporters(_) => {
            "By exporter and engine. A packet says how many flows its engine exported before it (flow_seq_num) and how many it carries (flow_records); the next packet must say the sum, modulo 2^32, and a gap between them was lost. If fewer documents arrived than flow_records says, they were lost behind the collector."
        }
        Report::Timeline(_) => {
            "Bins start at midnight in the time zone, those of several days are counted from 1970-01-01. The title names the time distribution: how the volume of a flow is spread over the bins it spans. A flow counts once, in the bin where it began, or in the bin that gets all of it. Proportional: by the time spent in each bin, in whole bytes that add up exactly. A flow whose times are unknown, inverted, more than 1 h after or 24 h before its export is placed at its export. Volume outside the window is in the rows before and after. A bin is incomplete (edge) if flows exported after the window reach into it."
        }
        Report::Scans(_) => {
            "For each source address, distinct targets are counted exactly: hosts for one protocol and port, and ports of one host."
        }
        Report::Beacons(_) => {
            "For each source, destination, protocol and port: the time from the start of one flow to the start of the next. The interval is the median of these times, the jitter the median deviation from it."
        }
        Report::Diff(_) => {
            "Both sides are grouped by the same keys, all rows, and their sums subtracted; keys whose sums are equal have no row. change is appeared if a key is in b only, vanished if in a only; else grew or shrank by the metric that rows are sorted by (bytes, if they are sorted by another column), and changed if that metric is equal."
        }
        Report::Summary => {
            "All flows are summed. first and last are export times; first_switched and last_switched are the times of the traffic as the documents have them."
        }
        Report::Check => {
            "Each flow is tested for known faults of exporters and Logstash, the sequence numbers of each engine for gaps, the sources for duplicates. `flowkit explain first_switched` explains late times."
        }
    }
}

fn flows(answer: &Answer) -> String {
    let n = grouped(answer.tally.total.flows.into());
    format!(
        "{n} of {}. A flow is a document with a netflow object of version 5, 9 or 10 (IPFIX), or of no stated version, that is no options record. Duplicate documents (same _index and _id) count once.",
        answer.sources.join(", ")
    )
}

/// The keys, and what is summed, with their bytes in the packet.
fn fields(answer: &Answer) -> String {
    let times = answer.question.as_ref().and_then(|question| times_of(&question.report));
    let columns = answer.table.columns.iter();
    let by_name = columns.filter(|column| times.is_none() || !TIMES.contains(&&*column.name));
    let mut used: Vec<&Field> = times.into_iter().flatten().map(|field| field.field()).collect();
    used.extend(by_name.filter_map(|column| field_of(&column.name)));
    let sums = [FieldId::Bytes, FieldId::Packets].map(FieldId::field);
    used.extend(sums);
    let mut told = Vec::new();
    for field in used {
        let place = match field.wire {
            Wire::Header(offset, length) => format!("header bytes {}", span(offset, length)),
            Wire::Record(offset, length) => format!("record bytes {}", span(offset, length)),
            Wire::Nowhere => "not in the packet".into(),
        };
        let text = format!("{} ({place}, {})", field.name, field.module_key);
        if !told.contains(&text) {
            told.push(text);
        }
    }
    format!("{}.", told.join("; "))
}

/// Columns of times that are not those of the field of this name in every report.
const TIMES: [&str; 3] = ["start", "first", "last"];

/// The times that such columns of a report are made of; `None`, if the fields are called
/// as they are.
fn times_of(report: &Report) -> Option<&'static [FieldId]> {
    use FieldId::{FirstSwitched, LastSwitched, Timestamp};
    match report {
        Report::Timeline(timeline) if timeline.distribution == TimeDistribution::Export => {
            Some(&[Timestamp])
        }
        Report::Timeline(_) | Report::Summary => Some(&[Timestamp, FirstSwitched, LastSwitched]),
        Report::Exporters(_) => Some(&[Timestamp]),
        Report::Beacons(_) => Some(&[Timestamp, FirstSwitched]),
        Report::Top(_)
        | Report::Talkers(_)
        | Report::Ports(_)
        | Report::Protocols(_)
        | Report::Pairs(_)
        | Report::List(_)
        | Report::Scans(_)
        | Report::Diff(_)
        | Report::Check => None,
    }
}

/// The field that a column is made of: `src_addr/24`, `distinct_dst_port`.
fn field_of(column: &str) -> Option<&'static Field> {
    let name = column.split('/').next().unwrap_or_default();
    Field::by_name(name.strip_prefix("distinct_").unwrap_or(name))
}

fn span(offset: u8, length: u8) -> String {
    if length == 1 { offset.to_string() } else { format!("{offset}-{}", offset + length - 1) }
}

fn window(answer: &Answer, zone: &TimeZone) -> String {
    let time = |ms: Option<u64>, open: &str| ms.map_or_else(|| open.into(), |ms| moment(ms, zone));
    let seen = answer.tally.seen.map(|(first, last)| {
        format!(" Flows found: {} to {}.", moment(first, zone), moment(last, zone))
    });
    let clock = answer.question.as_ref().map_or(Clock::Export, |question| question.flows.time);
    let by = match clock {
        Clock::Export => "export time (@timestamp), as in Elasticsearch and Kibana",
        clock => clock.words(),
    };
    let rule = match (answer.window, clock) {
        (None, Clock::Export) => {
            "none: all flows. The time of a flow is its export time, @timestamp.".into()
        }
        (None, clock) => format!("none: all flows. The time of a flow is the {}.", clock.words()),
        (Some(window), _) => format!(
            "from {} up to but not including {}, by {by}.",
            time(window.flow_times().0, "the first"),
            time(window.flow_times().1, "the end")
        ),
    };
    rule + &seen.unwrap_or_default()
}

fn filter(answer: &Answer) -> String {
    answer.filter.as_ref().map_or_else(
        || "none.".into(),
        |filter| format!("{filter}. A comparison with an unknown value is false."),
    )
}

fn sampling(answer: &Answer) -> String {
    let sampled = answer.tally.samplings().any(|sampling| sampling.most > 1);
    let scaled_by = answer.tally.scaled_by().join(" and ");
    let text = match (sampled, answer.scaled) {
        _ if !scaled_by.is_empty() => {
            return format!(
                "{scaled_by} multiplied bytes and packets of some flows by their sampling interval before they were stored; those are never multiplied again{}.",
                if answer.scaled { ", the others were" } else { "" }
            );
        }
        (false, _) if answer.tally.is_sampling_unknown() => {
            "no flow states whether its exporter samples: counters are as they stand."
        }
        (false, _) => "no exporter samples (an interval of 0 or 1): counters are the traffic.",
        (true, true) => {
            "bytes and packets of each flow were multiplied by its sampling interval: an estimate. Flows were not multiplied: flows without a sampled packet are unknown."
        }
        (true, false) => {
            "some exporters sample one packet in n; counters are as exported, not corrected for sampling (--scale-sampling corrects them)."
        }
    };
    text.into()
}

fn times(answer: &Answer, is_repaired: bool) -> String {
    let told = match &answer.tally.times {
        _ if is_repaired => {
            "were repaired: corrected for the late second of Logstash 7 and later, and for uptime wraps"
        }
        None => "were not used",
        Some(_) => "are as the documents have them",
    };
    let mut text = format!("first_switched and last_switched {told}.");
    for late in notes::late_times(&answer.tally) {
        add(&mut text, format_args!(" {late}."));
    }
    let mut faults = answer.tally.times.iter().flat_map(|times| times.values());
    if faults.any(|times| times.fault() == Some(Fault::SecondLate)) {
        text.push_str(" --repair-times corrects the late second.");
    }
    text
}

fn order(ranking: &Ranking) -> String {
    let overlap = if ranking.overlapping { " A flow can be in two rows." } else { "" };
    format!(
        "by {}, exact; ties are ordered by key, unknown last. Shares are of the total {}. The row other sums the keys without a row; {} in all.{overlap}",
        ranking.sorted_by,
        ranking.sort.name(),
        counted(ranking.keys, "key")
    )
}

/// What was skipped, dropped or is missing, in the words of the notes.
fn left_out(answer: &Answer) -> String {
    let mut told = notes::of_what_came(&answer.tally);
    told.extend(answer.tally.incomplete.iter().map(|missing| format!("incomplete: {missing}")));
    if told.is_empty() {
        return "nothing: every document was a flow with every field that was needed.".into();
    }
    format!("{}.", told.join(". "))
}

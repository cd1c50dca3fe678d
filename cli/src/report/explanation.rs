//! `--explain`: in plain words how the numbers of a report came about, from
//! the answer itself.

use std::io::{self, Write};

use flowkit_analyze::Answer;
use flowkit_analyze::answer::Ranking;
use flowkit_analyze::quality::Fault;
use flowkit_model::field::Wire;
use flowkit_model::{Field, FieldId};
use jiff::tz::TimeZone;

use super::notes;
use crate::args::selection::Select;
use crate::output::units::{grouped, moment};
use crate::output::wrap::hanging;

/// Where the texts begin.
const INDENT: usize = 12;

/// How each report counts; the first word of its title says which it is.
const RULES: &[(&str, &str)] = &[
    ("top", "Flows are grouped by their keys and added up, all of them, so no row is an estimate."),
    (
        "talkers",
        "Each flow stands at its sender and at its receiver; if the two are equal it counts once. So shares add up to more than 100 %.",
    ),
    (
        "ports",
        "Flows of TCP, UDP, DCCP and SCTP alone, by protocol and service. The service is the lower of the two ports: a guess that is right for most, and wrong where both are high.",
    ),
    ("protocols", "Flows are grouped by the IP protocol."),
    (
        "pairs",
        "Flows are grouped by their two addresses, the lower one first, so both directions of a conversation are in one row.",
    ),
    (
        "summary",
        "All flows are added up. first and last are export times, first_switched and last_switched the times of the traffic as the documents have them.",
    ),
    (
        "timeline",
        "Bins begin at the start of the day in the zone. The volume of a flow is given to bins by the load rule in the title; it counts once, where it began, or in the bin that gets all. Proportional: by the time spent in each, in whole bytes that add up exactly. A flow whose times are unknown, inverted, more than 1 h after or 24 h before its export is placed at its export. Volume outside of the window is in rows before and after.",
    ),
    (
        "scans",
        "For each sender the different targets are counted exactly: hosts for one protocol and port, and ports of one host.",
    ),
    (
        "beacons",
        "For each sender, receiver, protocol and port: the gaps from the start of one flow to the next. The interval is their median, the jitter the median of the deviations from it.",
    ),
    (
        "exporters",
        "By exporter and engine. A packet says how many flows its engine sent before it (flow_seq_num) and how many it carries (flow_records); the next must say the sum, modulo 2^32, and what lies between was lost. Fewer documents than flow_records were lost behind the collector.",
    ),
    (
        "check:",
        "Each flow is tested for what exporters and Logstash are known to get wrong; each engine's sequence for gaps; sources for copies. `flowkit explain first_switched` tells about late times.",
    ),
    (
        "diff",
        "Both sides are grouped by the same keys with all rows, and their sums subtracted; keys whose sums are equal have no row.",
    ),
    ("fields", "This is the catalogue of fields; no flow was read."),
];

/// Writes the explanation of an answer.
pub(crate) fn write(
    answer: &Answer,
    select: Option<&Select>,
    zone: &TimeZone,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut rows = vec![("question", format!("{}.", answer.title))];
    rows.extend(rule(&answer.title).map(|rule| ("counted", rule.to_owned())));
    if answer.title != "fields" {
        rows.push(("flows", flows(answer)));
        rows.push(("fields", fields(answer)));
        rows.push(("window", window(answer, zone)));
        rows.push(("filter", filter(answer)));
        rows.push(("sampling", sampling(answer).to_owned()));
        rows.push(("times", times(answer, select).to_owned()));
        rows.extend(answer.ranking.as_ref().map(|ranking| ("order", order(ranking))));
        rows.push(("left out", left_out(answer)));
    }
    writeln!(out, "\nHow these numbers came about")?;
    for (label, text) in rows {
        let label = format!("  {label}");
        write!(out, "{}", hanging(&label, label.len(), INDENT, &text))?;
    }
    Ok(())
}

/// How a report counts.
fn rule(title: &str) -> Option<&'static str> {
    let word = title.split([' ', ',']).next().unwrap_or_default();
    RULES.iter().find(|(name, _)| *name == word).map(|(_, rule)| *rule)
}

fn flows(answer: &Answer) -> String {
    let n = grouped(answer.tally.total.flows.into());
    format!(
        "{n} of {}. A flow is a document with a netflow object of version 5, or with none stated. A document that is there twice (same _index and _id) counts once.",
        answer.sources.join(", ")
    )
}

/// The keys, and what is added up, with their bytes in the packet.
fn fields(answer: &Answer) -> String {
    let columns = answer.table.columns.iter();
    let mut used: Vec<&Field> = columns.filter_map(|column| field_of(&column.name)).collect();
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
    let seen = answer
        .tally
        .seen
        .map(|(first, last)| format!(" Seen: {} to {}.", moment(first, zone), moment(last, zone)));
    let rule = match answer.window {
        None => {
            "none: all there is. The time of a flow here is that of its export, @timestamp.".into()
        }
        Some((from, to)) => format!(
            "from {} on, and before {}, by the time of export (@timestamp), as Elasticsearch and Kibana count.",
            time(from, "the first"),
            time(to, "the end")
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

fn sampling(answer: &Answer) -> &'static str {
    let sampled = answer.tally.sampling.values().any(|sampling| sampling.most > 1);
    match (sampled, answer.scaled) {
        (false, _) => {
            "none of the exporters samples (an interval of 0 or 1): counters are the traffic."
        }
        (true, true) => {
            "bytes and packets of each flow were multiplied by its sampling interval: an estimate. Flows were not: those that were missed are unknown."
        }
        (true, false) => {
            "some exporters look at one packet in so many; counters are as exported, not multiplied (--scale-sampling does)."
        }
    }
}

fn times(answer: &Answer, select: Option<&Select>) -> &'static str {
    match answer.tally.quality.fault() {
        _ if select.is_some_and(Select::repairs_times) => {
            "first_switched and last_switched were repaired: the late second of Logstash 7 and later, and the wrap of the uptime, taken off."
        }
        Some(Fault::SecondLate) => {
            "first_switched and last_switched are as the documents have them: about half are 1 s late, by a fault of Logstash 7 and later (--repair-times)."
        }
        Some(Fault::LostMilliseconds) => {
            "first_switched and last_switched are as the documents have them: without their own milliseconds, by a fault of Logstash 5.6 to 6.8."
        }
        None => "first_switched and last_switched are as the documents have them.",
    }
}

fn order(ranking: &Ranking) -> String {
    let overlap = if ranking.overlapping { " A flow can stand in two rows." } else { "" };
    format!(
        "by {}, exactly; rows that tie are in the order of their keys, unknown last. Shares are of the {} in the total. The row other sums all keys that have no row; there are {} keys.{overlap}",
        ranking.sorted_by,
        ranking.sort.name(),
        grouped(ranking.keys.into())
    )
}

/// What was skipped, dropped or is missing; the same words as the notes.
fn left_out(answer: &Answer) -> String {
    let mut text = Vec::new();
    let written = notes::of_tally(&answer.tally, &mut text);
    let text = String::from_utf8_lossy(&text);
    let told: Vec<&str> =
        text.lines().map(|line| line.strip_prefix("note: ").unwrap_or(line)).collect();
    match (written, told.as_slice()) {
        (Err(_), _) | (_, []) => {
            "nothing: every document was a flow with all that was needed.".into()
        }
        _ => format!("{}.", told.join(". ")),
    }
}

//! A document, field by field: from which bytes each came or who added it,
//! what is wrong with it, and the record it came from as far as it is known.

use std::path::Path;

use flowkit_model::field::Wire;
use flowkit_model::harmless;
use flowkit_model::lesson::{Adder, added};
use flowkit_model::names::Adaptation;
use flowkit_model::time::format_ms;
use flowkit_model::wire::encode::encode_what_fits;
use flowkit_model::wire::layout::{HEADER, RECORD};
use flowkit_model::wire::{Misfit, Uptime};
use flowkit_model::{Entry, Field, FieldId, FlowRecord, NotAFlow, logstash_times};

use super::field::by_key;
use super::format::bytes;
use super::paint::Paint;
use super::{members, of_templates, record};
use crate::output::wrap::{WIDTH, add, hanging, paragraph};

/// Columns of a path and of a value.
const PATH_WIDTH: usize = 27;
const VALUE_WIDTH: usize = 25;

/// The flow of a document.
pub(super) fn flow(json: &str, path: &Path, number: u64) -> anyhow::Result<FlowRecord> {
    let flow = match Entry::parse(json.as_bytes()) {
        Ok(Entry::Hit(hit)) => hit.into_flow(),
        Ok(Entry::Bare(document)) => document.into_flow(),
        _ => Err(NotAFlow::NotJson),
    };
    flow.map_err(|cause| {
        anyhow::anyhow!(
            "{}: document {number} is not a flow: {}",
            harmless::path(path),
            cause.text()
        )
    })
}

/// The page of a document.
pub(super) fn page(
    json: &str,
    flow: &FlowRecord,
    repair_times: bool,
    paint: Paint,
) -> anyhow::Result<String> {
    let whole = members::leaves(json)?;
    let inside = |(path, value): &(String, String)| {
        let inner = path.strip_prefix("_source.").or_else(|| path.strip_prefix("fields."))?;
        Some((inner.to_owned(), value.clone()))
    };
    let source: Vec<_> = whole.iter().filter_map(inside).collect();
    let leaves = if source.is_empty() { whole } else { source };
    let mut out = format!("{}\n\n", paint.bold("The document, field by field"));
    for (path, value) in &leaves {
        out += &member(path, value, of_templates::is(flow), paint);
    }
    add(&mut out, format_args!("\n{}\n\n", paint.bold("Remarks")));
    out.extend(remarks(flow).iter().map(|remark| hanging("  - ", 4, 4, remark)));
    if of_templates::is(flow) {
        add(&mut out, format_args!("\n{}\n\n", paint.bold("Its record")));
        return Ok(out + &of_templates::record());
    }
    let times = if repair_times { "repaired" } else { "as the document has them" };
    add(
        &mut out,
        format_args!("\n{}\n\n", paint.bold(&format!("Written back as a record, times {times}"))),
    );
    let written = if repair_times { logstash_times::repaired(flow) } else { flow.clone() };
    out += &written_back(&written, paint);
    Ok(out)
}

/// One field: path, value as far as it fits, origin.
fn member(path: &str, value: &str, of_templates: bool, paint: Paint) -> String {
    // What Logstash itself adds may be a key of another pipeline.
    let is_of_logstash = added(path).is_some_and(|added| added.adder == Adder::Logstash);
    let field = Field::by_name(path).or_else(|| by_key(path)).filter(|_| !is_of_logstash);
    let key = format!("{:<PATH_WIDTH$}", cut(path, WIDTH - 4));
    let key_looks = key.chars().count();
    let value = cut(value, (WIDTH - 4).saturating_sub(key_looks).max(VALUE_WIDTH));
    let value = format!("{value:<VALUE_WIDTH$}");
    let place = field.map(|field| field.id as usize);
    let shown = place.map_or_else(|| key.clone(), |place| paint.field(place, &key));
    let origin = if of_templates { of_templates::origin(path, field) } else { origin(path, field) };
    let indent = 2 + PATH_WIDTH + 2 + VALUE_WIDTH + 2;
    if key_looks + value.chars().count() + 4 > WIDTH {
        return format!("  {shown}\n{}", hanging(&format!("    {value}"), WIDTH, indent, &origin));
    }
    let looks = 2 + key_looks + 2 + value.chars().count() + 2;
    hanging(&format!("  {shown}  {value}  "), looks, indent, &origin)
}

/// The first characters of a text that is too long.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let start: String = text.chars().take(width.saturating_sub(3)).collect();
    start + "..."
}

/// Where a field came from.
fn origin(path: &str, field: Option<&Field>) -> String {
    let of = |part: &str, members: &[flowkit_model::wire::layout::Member], id: FieldId| {
        let own = members.iter().filter(|member| member.fields.contains(&id));
        let own: Vec<String> = own.map(|member| format!("{part} {}", bytes(member))).collect();
        own.join(", ")
    };
    match field.map(|field| (field.id, field.wire)) {
        Some((FieldId::Timestamp, _)) => "header 8-15".into(),
        Some((FieldId::SamplingAlgorithm, _)) => "header 22-23, 2 bits".into(),
        Some((FieldId::SamplingInterval, _)) => "header 22-23, 14 bits".into(),
        Some((id @ (FieldId::FirstSwitched | FieldId::LastSwitched), _)) => {
            format!("codec: {}, header 4-15", of("record", RECORD, id))
        }
        Some((id, Wire::Header(..))) => of("header", HEADER, id),
        Some((id, Wire::Record(..))) => of("record", RECORD, id),
        Some((FieldId::Exporter, _)) => "sender of the packet".into(),
        _ => match added(path) {
            Some(added) => format!("{}: {}", added.adder.text(), added.from),
            None => "not in the packet".into(),
        },
    }
}

/// What a reader should know: faults of the times, sampling, what is unknown.
fn remarks(flow: &FlowRecord) -> Vec<String> {
    let mut remarks = Vec::new();
    for id in [FieldId::FirstSwitched, FieldId::LastSwitched] {
        remarks.extend(time_remark(flow, id));
    }
    // Exports of version 9 and IPFIX are in whole seconds.
    if flow.version <= Some(5) && logstash_times::lacks_milliseconds(flow) {
        remarks.push("both times have the milliseconds of the export time: a sign of Logstash 5.6 to 6.8, which lose them (up to 1 s late, cannot be repaired), or chance".into());
    }
    if let (Some(first), Some(last)) = (flow.first_switched_ms, flow.last_switched_ms)
        && last < first
    {
        remarks.push("the flow ends before it starts: its duration is unknown".into());
    }
    remarks.push(sampling(flow));
    if flow.flow_seq_num == Some(0) {
        remarks.push("flow_seq_num is 0: the first packet since the router started, or a router that does not count flows".into());
    }
    let unknown = if of_templates::is(flow) { of_templates::unknown(flow) } else { unknown(flow) };
    if !unknown.is_empty() {
        remarks.push(format!("unknown, so they add nothing to sums: {}", unknown.join(", ")));
    }
    remarks
}

/// The fields of a record of version 5 that a flow lacks.
fn unknown(flow: &FlowRecord) -> Vec<&'static str> {
    let (_, _, misfits) = encode_what_fits(flow, Uptime::default());
    misfits.iter().filter(|misfit| !misfit.is_loss()).map(|misfit| misfit.field()).collect()
}

fn time_remark(flow: &FlowRecord, id: FieldId) -> Option<String> {
    let ms = match id {
        FieldId::FirstSwitched => flow.first_switched_ms?,
        _ => flow.last_switched_ms?,
    };
    let name = id.field().name;
    if flow.version > Some(5) {
        let is_late = flow.adapted.map(u64::from) == Some(Adaptation::LogstashUptimes.number());
        let right = ms.saturating_sub(logstash_times::LATE_UPTIME_MS);
        return is_late.then(|| {
            format!(
                "{name} is 1 s late (Logstash adds a second to times of version 9; codec 3 loses the milliseconds, too): {} should be {}",
                format_ms(ms),
                format_ms(right)
            )
        });
    }
    let (repaired, faults) = logstash_times::repair(ms, flow.timestamp_ms?);
    let fault = match faults.as_slice() {
        [] => return None,
        [logstash_times::Fault::Second] => {
            "1 s late (its milliseconds are above those of @timestamp: Logstash 7 and later forget to borrow a second)"
        }
        [logstash_times::Fault::Wrap] => {
            "49.7 days ahead (the uptime wrapped, which Logstash ignores)"
        }
        _ => "49.7 days and 1 s ahead (the uptime wrapped, and no second was borrowed)",
    };
    Some(format!("{name} is {fault}: {} should be {}", format_ms(ms), format_ms(repaired)))
}

fn sampling(flow: &FlowRecord) -> String {
    let adapted = flow.adapted.and_then(|number| Adaptation::from_number(number.into()));
    match (flow.sampling_algorithm, flow.sampling_interval) {
        _ if adapted.is_some_and(Adaptation::is_scaled) => format!(
            "scaled by {}: packets and bytes were multiplied by the sampling interval before the flow was stored; --scale-sampling leaves them",
            adapted.map_or("", Adaptation::pipeline)
        ),
        (_, None) => "sampling is unknown: the traffic may be more than the counters".into(),
        (_, Some(0 | 1)) => {
            "not sampled (an interval of 0 or 1): the counters are the traffic".into()
        }
        (mode, Some(interval)) => {
            let how = match mode {
                Some(1) => "every n-th packet",
                Some(2) => "random packets",
                Some(0) => "though the mode says not sampled",
                _ => "unknown mode",
            };
            format!(
                "sampled 1 in {interval} ({how}): the traffic is about {interval} times packets and bytes, which are not corrected for sampling without --scale-sampling"
            )
        }
    }
}

/// The record that the document came from, and what the document does not keep.
fn written_back(flow: &FlowRecord, paint: Paint) -> String {
    let times = [flow.timestamp_ms, flow.first_switched_ms, flow.last_switched_ms];
    let oldest = times.into_iter().flatten().min().unwrap_or_default();
    let (header, bytes, misfits) =
        encode_what_fits(flow, Uptime { boot_ms: oldest.cast_signed() - 60_000 });
    let mut out = record::record(&bytes, paint);
    out.push('\n');
    let lost: Vec<&Misfit> = misfits.iter().filter(|misfit| misfit.is_loss()).collect();
    for misfit in lost {
        out += &hanging(
            "  - ",
            4,
            4,
            &format!("does not fit, written as 0 or as the export time: {misfit}"),
        );
    }
    out + &paragraph(&format!(
        "The document does not keep: SysUptime (assumed to be {} ms here, as if the router had started a minute before the flow; First and Last count from there, and only their differences are meaningful), both paddings, the nanoseconds of the header below a millisecond, the UDP source port, and the other records of the packet.",
        header.sys_uptime_ms
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(json: &str) -> String {
        let flow = flow(json, Path::new("x"), 1).unwrap();
        page(json, &flow, false, Paint::OFF).unwrap()
    }

    #[test]
    fn whatever_a_document_holds_the_page_fits() {
        let long = "x".repeat(200);
        let json = format!(
            r#"{{"netflow": {{"bytes": 4294967296, "colour": "{long}", "{long}": 1, "é": "é{long}",
                "src_addr": "{long}", "tcp_flag_tags": ["SYN", "ACK", "{long}"]}}, "a b": null}}"#
        );
        let page = page_of(&json);
        for line in page.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["not in the packet", "bytes 4294967296 does not fit in 32 bits", "src_addr"] {
            assert!(words.contains(part), "{part}\n{page}");
        }
    }

    /// Each fault of Logstash has its remark.
    #[test]
    fn faults_are_told() {
        let export = r#""@timestamp": "2015-05-02T18:38:08.280Z""#;
        for (first, last, part) in [
            ("2015-05-02T18:38:07.100Z", "2015-05-02T18:38:08.476Z", "last_switched is 1 s late"),
            ("2015-06-21T11:40:52.194Z", "2015-05-02T18:38:08.100Z", "the uptime wrapped"),
            ("2015-05-02T18:38:04.280Z", "2015-05-02T18:38:07.280Z", "5.6 to 6.8"),
            ("2015-05-02T18:38:08.476Z", "2015-05-02T18:38:08.100Z", "ends before it starts"),
        ] {
            let json = format!(
                r#"{{{export}, "netflow": {{"first_switched": "{first}", "last_switched": "{last}", "sampling_interval": 0}}}}"#
            );
            let words = page_of(&json).split_whitespace().collect::<Vec<_>>().join(" ");
            for part in [part, "not sampled", "unknown, so they add nothing to sums"] {
                assert!(words.contains(part), "{part}: {words}");
            }
        }
    }
}

//! A datagram of version 9 or IPFIX, set by set: templates with their fields, and each
//! record with its template beside it.

use flowkit_model::harmless::harmless;
use flowkit_model::time::format_ms;
use flowkit_model::wire::layout::Member;
use flowkit_model::wire::templated::layout;
use flowkit_model::wire::templated::{
    Class, Data, Exported, Header, OptionsFound, Record, Scope, Template, Version,
};

use super::load::Piece;
use super::paint::Paint;
use super::walked::{Step, Templated, What};
use super::{elements, record};
use crate::output::wrap::{add, hanging};

/// What of a datagram is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Its number in the file, from 1.
    pub(super) number: usize,
    /// Number of its first record in the file.
    pub(super) first: u64,
    /// The one record that is asked for.
    pub(super) wanted: Option<u64>,
}

/// Name of a version.
fn version_name(version: Version) -> &'static str {
    match version {
        Version::V9 => "NetFlow v9",
        Version::Ipfix => "IPFIX",
    }
}

/// What a set is called.
fn set_name(version: Version) -> &'static str {
    if version == Version::V9 { "Flowset" } else { "Set" }
}

/// A datagram: its header, then its sets.
pub(super) fn datagram(piece: &Piece, read: &Templated, shown: Shown, paint: Paint) -> String {
    let mut out = header(piece, &read.header, shown.number, paint);
    let mut next = shown.first;
    for step in &read.steps {
        match &step.what {
            What::Data(held) => {
                out += &data(step, &held.over(&piece.payload), (&mut next, shown), paint);
            }
            _ if shown.wanted.is_some() => {}
            What::Template(template, is_new) => {
                let text = template_title(template, *is_new);
                out += &title(step, read.header.version, &text, paint);
                if *is_new {
                    out.push('\n');
                    out += &elements::template(template, paint);
                }
            }
            What::Withdrawn(number) => {
                let text = format!("template {number} is withdrawn: its records cannot be read");
                out += &title(step, read.header.version, &text, paint);
            }
            What::AllWithdrawn(is_options) => {
                let of = if *is_options { "options" } else { "flows" };
                let text = format!("all templates of {of} are withdrawn");
                out += &title(step, read.header.version, &text, paint);
            }
            What::Fault(fault) => {
                let text = fault.to_string();
                out += &title(step, read.header.version, &text, paint);
            }
        }
    }
    out
}

fn header(piece: &Piece, header: &Header, number: usize, paint: Paint) -> String {
    let from = piece.exporter.as_deref().map(|exporter| format!(" from {exporter}"));
    let length = header.version.header_length();
    let title = format!(
        "Datagram {number}{}: {}, {} bytes, header of {length}",
        from.unwrap_or_default(),
        version_name(header.version),
        piece.payload.len()
    );
    let members = layout::header(header.version);
    let bytes = piece.payload.get(..length).unwrap_or_default();
    let value = |member: &Member| {
        let number = member.number(bytes).unwrap_or_default();
        match member.name {
            "SysUptime" => format!("{number} ms"),
            "unix_secs" | "export_time" => format!("{number} s"),
            _ => number.to_string(),
        }
    };
    format!(
        "\n{}\n\n{}\n{}  export time {}\n",
        paint.bold(&title),
        record::dump(bytes, members, paint),
        record::members(bytes, members, value, paint),
        format_ms(header.export_ms())
    )
}

/// The heading of a part: its set, where that is, and what it is.
fn title(step: &Step, version: Version, text: &str, paint: Paint) -> String {
    let set = step.set.map_or_else(String::new, |(number, offset, length)| {
        format!("{} {number} at byte {offset}, {length} bytes: ", set_name(version))
    });
    let text = hanging("", 0, 0, &format!("{set}{text}"));
    format!("\n{}\n", paint.bold(text.trim_end()))
}

fn template_title(template: &Template, is_new: bool) -> String {
    let kind = if template.is_options() { "options template" } else { "template" };
    let length = template.record_length().map_or_else(
        || "records of different lengths".to_owned(),
        |length| format!("records of {length} bytes"),
    );
    let again = if is_new { "" } else { ", sent again" };
    let n_fields = template.fields().len();
    format!("{kind} {}{again}, {n_fields} fields, {length}", template.number())
}

fn data(step: &Step, data: &Data<'_>, place: (&mut u64, Shown), paint: Paint) -> String {
    let (next, shown) = place;
    let mut out = String::new();
    let n_records = data.n_records();
    let template = data.template();
    if shown.wanted.is_none() {
        let plural = if n_records == 1 { "" } else { "s" };
        let kind = if template.is_options() { "options template" } else { "template" };
        let text = format!("{n_records} record{plural} of {kind} {}", template.number());
        out += &title(step, data.header().version, &text, paint);
    }
    for (record, index) in data.records().zip(1..) {
        let number = *next;
        *next += 1;
        if shown.wanted.is_some_and(|wanted| wanted != number) {
            continue;
        }
        let heading = format!(
            "Record {number}: number {index} of template {} in datagram {}, {} bytes",
            template.number(),
            shown.number,
            record.bytes().len()
        );
        add(&mut out, format_args!("\n{}\n\n", paint.bold(&heading)));
        out += &elements::record(&record, paint);
        out += &meaning(&record);
    }
    out
}

/// What a record says: of a flow its times, of options what they tell.
fn meaning(record: &Record<'_, '_>) -> String {
    let exported = record.exported();
    let text = match exported.class {
        Class::Options => of_options(&record.options()),
        Class::Layer2 => "a flow of layer 2, without addresses".into(),
        Class::Event => "an event of a connection, without counters; it counts as a flow".into(),
        Class::Flow => "a flow".into(),
    };
    hanging("  ", 2, 11, &format!("is {text}{}", times(&exported)))
}

fn times(exported: &Exported) -> String {
    if !exported.class.is_flow() {
        return String::new();
    }
    let time = |ms: Option<u64>| ms.map_or_else(|| "unknown".to_owned(), format_ms);
    format!("; first packet {}, last {}", time(exported.first_ms), time(exported.last_ms))
}

/// What an options record tells.
fn of_options(found: &OptionsFound<'_>) -> String {
    let scope = match found.scope {
        Scope::System => "the exporter as a whole".to_owned(),
        Scope::Interface(number) => format!("interface {number}"),
        Scope::Other => "a part of the exporter".to_owned(),
    };
    let mut told = Vec::new();
    if let Some(sampling) = found.sampling {
        let how = sampling.algorithm.map(|it| format!(", {}", it.name())).unwrap_or_default();
        let of = sampling.sampler_id.map(|id| format!(", sampler {id}")).unwrap_or_default();
        told.push(format!("samples {} packet in {}{how}{of}", sampling.packets, sampling.of));
    }
    if let Some(interface) = &found.interface {
        let names = [&interface.name, &interface.description];
        let names: Vec<String> =
            names.into_iter().flatten().map(|name| format!("\"{}\"", harmless(name))).collect();
        told.push(format!("interface {} is {}", interface.number, names.join(", ")));
    }
    told.extend(found.boot_ms.map(|ms| format!("started at {}", format_ms(ms))));
    let told = if told.is_empty() { "nothing that flowkit uses".into() } else { told.join("; ") };
    format!("no flow, but an options record on {scope}: {told}")
}

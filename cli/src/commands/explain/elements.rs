//! Fields of templates, one per line: in a template their elements and lengths, in a
//! record their bytes and values beside them.

use flowkit_model::harmless::harmless;
use flowkit_model::names::{protocol_name, tcp_flags};
use flowkit_model::wire::templated::{Element, Field, Kind, Record, Specifier, Template, Version};
use flowkit_model::{FieldId, wire};

use super::paint::Paint;
use crate::output::wrap::{add, hanging};

/// Most bytes of a value that are shown.
const MOST_BYTES: usize = 16;

/// Width of the names of elements that most have.
const NAME_WIDTH: usize = 26;

/// Column of the bytes of a record: behind place, element and name.
const BYTES: usize = 2 + 7 + 2 + 9 + 2 + NAME_WIDTH + 2;

/// The fields of a template.
pub(super) fn template(template: &Template, paint: Paint) -> String {
    let mut out =
        format!("    {:>9}  {:<NAME_WIDTH$}  {:>8}  read as\n", "element", "name", "length");
    for (place, specifier) in template.fields().iter().enumerate() {
        let name = name(specifier, template.version());
        let length = match specifier.length {
            wire::templated::VARIABLE => "variable".to_owned(),
            length => length.to_string(),
        };
        let shown =
            paint.field(place, &format!("{:>9}  {name:<NAME_WIDTH$}", specifier.to_string()));
        let field = field(specifier, template.version());
        let line = format!("    {shown}  {length:>8}  {}", field.map_or("", |id| id.field().name));
        add(&mut out, format_args!("{}\n", line.trim_end()));
    }
    out
}

/// The values of a record, each with the element that its template says.
pub(super) fn record(record: &Record<'_, '_>, paint: Paint) -> String {
    let version = record.template().version();
    let start = record.bytes().as_ptr().addr();
    let mut out = String::new();
    for (place, value) in record.fields().enumerate() {
        let offset = value.bytes.as_ptr().addr() - start;
        let head =
            format!("{:>7}  {:>9}", range(offset, value.bytes.len()), value.specifier.to_string());
        let name = format!("{:<NAME_WIDTH$}", name(value.specifier, version));
        let looks = 2 + head.chars().count() + 2 + name.chars().count() + 2;
        let label = format!("  {}  ", paint.field(place, &format!("{head}  {name}")));
        out += &hanging(&label, looks, BYTES, &bytes_and_value(&value, version));
    }
    out
}

/// `16-19`, `38`; nothing of a value without bytes.
fn range(offset: usize, length: usize) -> String {
    match length {
        0 => String::new(),
        1 => offset.to_string(),
        length => format!("{offset}-{}", offset + length - 1),
    }
}

/// The name of an element; of one that flowkit does not know, that.
fn name(specifier: &Specifier, version: Version) -> &'static str {
    specifier.name(version).unwrap_or("(not known)")
}

/// The field that is read from an element.
fn field(specifier: &Specifier, version: Version) -> Option<FieldId> {
    specifier.known(version).and_then(Element::field).filter(|_| !specifier.is_scope)
}

fn bytes_and_value(value: &Field<'_, '_>, version: Version) -> String {
    let shown = value.bytes.iter().take(MOST_BYTES);
    let mut hex: Vec<String> = shown.map(|byte| format!("{byte:02x}")).collect();
    if value.bytes.len() > MOST_BYTES {
        hex.push(format!("... ({} bytes)", value.bytes.len()));
    }
    if hex.is_empty() {
        return "no bytes".into();
    }
    let kind = value.specifier.kind(version);
    let text = kind.text(value.bytes).map(|text| match kind {
        Kind::Text => format!(" = \"{}\"", harmless(&text)),
        _ => format!(" = {text}"),
    });
    let field = field(value.specifier, version);
    let named = field.and_then(|id| named(id, value.bytes)).unwrap_or_default();
    format!("{}{}{named}", hex.join(" "), text.unwrap_or_default())
}

/// The name that a number has.
fn named(field: FieldId, bytes: &[u8]) -> Option<String> {
    let last = *bytes.last()?;
    let name = match field {
        FieldId::Protocol => protocol_name(last)?.to_owned(),
        FieldId::TcpFlags => tcp_flags(last),
        FieldId::Direction => flowkit_model::names::direction_name(last.into())?.to_owned(),
        _ => return None,
    };
    Some(format!(" {name}"))
}

//! A flow as a csv row, and as a document of Logstash's netflow module.
//!
//! Documents have the fields of a flow; what the module derives from these (names
//! of ports, localities) is not restored.

use std::io::{self, Write};

use flowkit_model::field::Access;
use flowkit_model::names::{direction_name, mac_text};
use flowkit_model::spreadsheet::{self, is_formula};
use flowkit_model::{FIELDS, Family, Field, FieldId, Kind, Row, time};

/// The header: the names of the fields.
pub(super) fn csv_header<W: Write>(out: &mut W) -> io::Result<()> {
    let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    writeln!(out, "{}", names.join(","))
}

/// How values are written in csv.
#[derive(Clone, Copy, Debug)]
pub(super) struct Csv {
    /// Addresses are numbers.
    pub(super) numbers: bool,
    /// Texts that a spreadsheet would run are defused.
    pub(super) safe: bool,
}

/// A row as of RFC 4180; an unknown value is empty. Gives how many texts were defused.
pub(super) fn csv(row: &Row<'_>, how: Csv, out: &mut Vec<u8>) -> u64 {
    let mut defused = 0;
    for (column, field) in FIELDS.iter().enumerate() {
        if column > 0 {
            out.push(b',');
        }
        let value = match field.kind {
            // IPv6 has no number of 64 bits: its text is the only form.
            Kind::Address if how.numbers => row.address(field.id).map(|address| {
                let number = |bits: u32| Value::Number(bits.into());
                address.ipv4_bits().map_or_else(|| Value::Text(address.to_string()), number)
            }),
            _ => value(row, field),
        };
        match value {
            Some(Value::Text(text)) if how.safe && is_formula(&text) => {
                defused += 1;
                text_cell(&spreadsheet::defused(&text), out);
            }
            None => {}
            Some(Value::Number(number)) => append(out, &number.to_string()),
            Some(Value::Text(text)) => text_cell(&text, out),
        }
    }
    out.push(b'\n');
    defused
}

/// A text, in quotation marks where it must be.
fn text_cell(text: &str, out: &mut Vec<u8>) {
    if text.contains([',', '"', '\n', '\r']) {
        append(out, &format!("\"{}\"", text.replace('"', "\"\"")));
    } else {
        append(out, text);
    }
}

enum Value {
    Number(u64),
    Text(String),
}

fn value(row: &Row<'_>, field: &Field) -> Option<Value> {
    if field.kind == Kind::Text {
        return row.text(field.id).map(|text| Value::Text(text.to_owned()));
    }
    if field.kind == Kind::Address {
        return row.address(field.id).map(|address| Value::Text(address.to_string()));
    }
    let number = row.number(field.id)?;
    Some(match field.kind {
        Kind::Time => Value::Text(time::format_ms(number)),
        Kind::Mac => Value::Text(mac_text(number)),
        Kind::Direction => named(number, direction_name(number)),
        Kind::Family => named(number, Family::from_number(number).map(Family::name)),
        _ => Value::Number(number),
    })
}

/// The name of a number, if it has one.
fn named(number: u64, name: Option<&str>) -> Value {
    name.map_or(Value::Number(number), |name| Value::Text(name.to_owned()))
}

fn append(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// A bare document.
pub(crate) fn document_line(row: &Row<'_>, _: u64, out: &mut Vec<u8>) {
    document(row, out);
    out.push(b'\n');
}

/// A hit in the index of the flow's day, with its number in the export as id.
pub(super) fn hit_line(row: &Row<'_>, number: u64, out: &mut Vec<u8>) {
    let day = row.number(FieldId::Timestamp).map(time::format_ms).unwrap_or_default();
    let day = day.get(..10).unwrap_or("unknown").replace('-', ".");
    append(out, &format!(r#"{{"_index":"netflow-{day}","_id":"flowkit-{number}","_source":"#));
    document(row, out);
    append(out, "}\n");
}

/// A time of a flow of version 9 that is right, under the key that the module has for
/// times which exporters state: those that it works out from uptimes are text, and late.
fn stated_time(row: &Row<'_>, field: FieldId) -> Option<(&'static str, u64)> {
    let key = match field {
        FieldId::FirstSwitched => "flow_start_msec",
        FieldId::LastSwitched => "flow_end_msec",
        _ => return None,
    };
    let is_stated =
        row.number(FieldId::Version) == Some(9) && row.number(FieldId::Adapted).is_none();
    Some((key, row.number(field).filter(|_| is_stated)?))
}

/// Whether it is a flow by what is no field or was left out: by itself its document would
/// be one of options.
fn is_of_layer_2(row: &Row<'_>) -> bool {
    let has_end =
        [FieldId::SrcAddr, FieldId::DstAddr].iter().any(|end| row.address(*end).is_some());
    row.number(FieldId::Version) > Some(5) && !has_end
}

/// Whether a value is worked out from others, and so it is again when it is read: a
/// document of version 5 does not have it.
fn is_worked_out(row: &Row<'_>, field: &Field) -> bool {
    let of_port = || {
        let stated = [FieldId::IcmpType, FieldId::IcmpCode].map(|field| row.number(field));
        let icmp = row.icmp_of_port().map(|icmp| icmp.map(|byte| Some(byte.into())));
        row.number(FieldId::Version).is_none_or(|version| version == 5) && Some(stated) == icmp
    };
    match field.id {
        FieldId::IcmpType | FieldId::IcmpCode => of_port(),
        _ => matches!(field.access, Access::Worked { .. }),
    }
}

/// Top-level fields, then the objects, each field under the module's key.
fn document(row: &Row<'_>, out: &mut Vec<u8>) {
    append(out, r#"{"@version":"1","type":"netflow""#);
    if is_of_layer_2(row) {
        append(out, r#","flowkit.layer_2":true"#);
    }
    let mut object = "";
    let mut is_first = false;
    // Fields of one object must be adjacent; in the catalogue those of both geoip
    // objects are not.
    let mut fields: Vec<(&str, &str, &Field)> = FIELDS
        .iter()
        // The family is that of the addresses.
        .filter(|field| field.id != FieldId::Family)
        .map(|field| {
            let (object, key) = field.module_key.split_once('.').unwrap_or(("", field.module_key));
            (object, key, field)
        })
        .collect();
    fields.sort_by_key(|(object, _, _)| *object);
    for (inside, key, field) in fields {
        let Some(value) = value(row, field).filter(|_| !is_worked_out(row, field)) else {
            continue;
        };
        let (key, value) = match stated_time(row, field.id) {
            Some((key, ms)) => (key, Value::Number(ms)),
            None => (key, value),
        };
        if inside != object {
            if !object.is_empty() {
                out.push(b'}');
            }
            object = inside;
            is_first = true;
            append(out, &format!(r#","{object}":{{"#));
        }
        if !std::mem::replace(&mut is_first, false) {
            out.push(b',');
        }
        append(out, &format!(r#""{key}":"#));
        match value {
            Value::Number(number) if field.kind == Kind::Version => {
                append(out, &format!(r#""Netflow v{number}""#));
            }
            Value::Number(number) => append(out, &number.to_string()),
            Value::Text(text) => append(out, &serde_json::Value::from(text).to_string()),
        }
    }
    if !object.is_empty() {
        out.push(b'}');
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use flowkit_model::{Entry, FlowRecord};

    use super::*;

    /// One flow with every field, and one with some, of IPv6.
    fn flows() -> Vec<FlowRecord> {
        let mut all = FlowRecord::default();
        for (number, field) in (1_u64..).zip(FIELDS) {
            match field.access {
                Access::Number { write, .. } => {
                    write(&mut all, Some(if field.kind == Kind::Version { 5 } else { number }));
                }
                Access::Address { write, .. } => {
                    write(&mut all, format!("192.0.2.{number}").parse().ok());
                }
                Access::Text { write, .. } => {
                    write(&mut all, Some(format!("a,\"{number}\"\\")));
                }
                Access::Worked { .. } => {}
            }
        }
        let some = FlowRecord {
            src_addr: "2001:db8::1".parse().ok(),
            next_hop: "::".parse().ok(),
            bytes: Some(7),
            src_city: Some("é".into()),
            ..FlowRecord::default()
        };
        vec![all, some]
    }

    /// Without the values of some fields.
    fn without(mut flow: FlowRecord, is_left_out: impl Fn(&Field) -> bool) -> FlowRecord {
        for field in FIELDS.iter().filter(|field| is_left_out(field)) {
            match field.access {
                Access::Number { write, .. } => write(&mut flow, None),
                Access::Address { write, .. } => write(&mut flow, None),
                Access::Text { .. } | Access::Worked { .. } => {}
            }
        }
        flow
    }

    /// A flow that is written as a document or a hit is read again unchanged, but for what
    /// its version does not have.
    #[test]
    fn documents_and_hits_are_read_again() {
        let of_version_5 = flows().into_iter().map(|flow| {
            let read = without(flow.clone(), Field::is_of_templates);
            (flow, read)
        });
        let header =
            [FieldId::FlowRecords, FieldId::FlowSeqNum, FieldId::EngineType, FieldId::EngineId];
        // Times that are late say so, and those that are right do not.
        let of = [(9, None), (9, Some(4)), (9, Some(2)), (10, None)];
        let of_templates =
            of.into_iter().flat_map(|of| flows().into_iter().map(move |flow| (flow, of)));
        let of_templates = of_templates.map(|(flow, (version, adapted))| {
            // A value that cannot be would not be read.
            let (direction, protocol) = (Some(1), Some(58));
            let flow = FlowRecord { version: Some(version), direction, protocol, adapted, ..flow };
            let read = without(flow.clone(), |field| header.contains(&field.id));
            (flow, read)
        });
        let of_layer_2 = FlowRecord { version: Some(10), bytes: Some(7), ..FlowRecord::default() };
        let of_layer_2 = std::iter::once((of_layer_2.clone(), of_layer_2));
        for (written, flow) in of_version_5.chain(of_templates).chain(of_layer_2) {
            let row = Row::of(&written);
            for write in [document_line, hit_line] {
                let mut line = Vec::new();
                write(&row, 9, &mut line);
                let read = match Entry::parse(&line).unwrap() {
                    Entry::Hit(hit) => hit.into_flow(),
                    Entry::Bare(document) => document.into_flow(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(read.unwrap(), flow, "{}", String::from_utf8_lossy(&line));
            }
        }
    }

    #[test]
    fn a_row_has_a_cell_for_each_field() {
        let flow = FlowRecord {
            exporter: Some("a,\"b".into()),
            src_addr: Some([192, 0, 2, 1].into()),
            timestamp_ms: Some(0),
            ..FlowRecord::default()
        };
        let mut line = Vec::new();
        let plain = Csv { numbers: false, safe: false };
        assert_eq!(csv(&Row::of(&flow), plain, &mut line), 0);
        let line = String::from_utf8(line).unwrap();
        assert!(
            line.starts_with("1970-01-01T00:00:00.000Z,\"a,\"\"b\",,,,,,,,192.0.2.1,,"),
            "{line}"
        );
        assert_eq!(line.matches(',').count(), FIELDS.len());
    }

    /// Of each text that a spreadsheet would run, and of nothing else.
    #[test]
    fn texts_that_would_be_run_are_defused_and_counted() {
        let flow = FlowRecord {
            exporter: Some("=1+1".into()),
            src_city: Some("@a,b".into()),
            dst_city: Some("-5".into()),
            bytes: Some(7),
            ..FlowRecord::default()
        };
        let line = |safe| {
            let mut line = Vec::new();
            let defused = csv(&Row::of(&flow), Csv { numbers: false, safe }, &mut line);
            (String::from_utf8(line).unwrap(), defused)
        };
        let (plain, none) = line(false);
        let (safe, two) = line(true);
        assert_eq!((none, two), (0, 2));
        assert_eq!(safe, plain.replace("=1+1", "'=1+1").replace("@a,b", "'@a,b"));
    }
}

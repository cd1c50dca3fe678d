//! Records for programs: an array with one object per record, every field by
//! its name in the order of `flowkit fields`, then what only the packet has.

use flowkit_model::exported_row::fill;
use flowkit_model::field::Access;
use flowkit_model::wire::{self, Header, Record, templated};
use flowkit_model::{FIELDS, Field, FieldId, FlowRecord, Kind, Row, logstash_times};
use serde_json::{Value, json};

use super::load::PacketFile;
use super::record::value_text;
use super::walked::Read;
use crate::output::wrap::add;

/// A record: names and values, in order.
type Members = Vec<(&'static str, Value)>;

/// The records of a file, or one of them.
pub(super) fn packets(file: &PacketFile, wanted: Option<u64>) -> String {
    let mut records = Vec::new();
    let mut number = 0;
    for piece in &file.pieces {
        if let Read::Templated(read) = &piece.read {
            for data in read.data(&piece.payload) {
                for record in data.records() {
                    number += 1;
                    if wanted.is_none_or(|wanted| wanted == number) {
                        records.push(of_template(&record, piece.exporter.as_deref()));
                    }
                }
            }
            continue;
        }
        let Ok(datagram) = wire::decode(&piece.payload) else { continue };
        for record in datagram.records() {
            number += 1;
            if wanted.is_none_or(|wanted| wanted == number) {
                let flow = record.flow(datagram.header(), piece.exporter.as_deref());
                records.push([fields(&flow), uptimes(datagram.header(), &record)].concat());
            }
        }
    }
    array(&records)
}

/// A record of version 9 or IPFIX: the fields of the flow that it is, what it is, and
/// each of its elements with its bytes.
fn of_template(record: &templated::Record<'_, '_>, exporter: Option<&str>) -> Members {
    let said = record.exported();
    let mut row = Row::default();
    fill(&mut row, &said);
    if let Some(exporter) = exporter {
        row.set_text(FieldId::Exporter, exporter);
    }
    let version = record.template().version();
    let element = |field: templated::Field<'_, '_>| {
        let mut hex = String::new();
        for byte in field.bytes {
            add(&mut hex, format_args!("{byte:02x}"));
        }
        json!({
            "element": field.specifier.element,
            "enterprise": field.specifier.enterprise,
            "scope": field.specifier.is_scope,
            "name": field.specifier.name(version),
            "hex": hex,
        })
    };
    let elements: Vec<Value> = record.fields().map(element).collect();
    let own = vec![("class", json!(said.class.name())), ("elements", json!(elements))];
    [fields(&row.record()), own].concat()
}

/// The flow of a document.
pub(super) fn document(flow: &FlowRecord, repair_times: bool) -> String {
    let flow = if repair_times { logstash_times::repaired(flow) } else { flow.clone() };
    array(&[fields(&flow)])
}

/// The array, its objects indented, members in order.
fn array(records: &[Members]) -> String {
    let object = |members: &Members| {
        let lines: Vec<String> =
            members.iter().map(|(name, value)| format!("    \"{name}\": {value}")).collect();
        format!("  {{\n{}\n  }}", lines.join(",\n"))
    };
    let objects: Vec<String> = records.iter().map(object).collect();
    if objects.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
}

fn fields(flow: &FlowRecord) -> Members {
    let value = |field: &Field| match field.access {
        Access::Text { read, .. } => json!(read(flow)),
        Access::Address { read, .. } => json!(read(flow)),
        Access::Number { read, .. } | Access::Worked { read, .. } => match (read(flow), field.kind)
        {
            (None, _) => Value::Null,
            (Some(_), Kind::Time | Kind::Family | Kind::Direction | Kind::Mac) => {
                json!(value_text(field, flow))
            }
            (Some(number), _) => json!(number),
        },
    };
    FIELDS.iter().map(|field| (field.name, value(field))).collect()
}

/// Members of the packet that a flow does not keep.
fn uptimes(header: &Header, record: &Record) -> Members {
    vec![
        ("sys_uptime_ms", json!(header.sys_uptime_ms)),
        ("unix_secs", json!(header.unix_secs)),
        ("unix_nsecs", json!(header.unix_nsecs)),
        ("first_uptime_ms", json!(record.first_uptime_ms)),
        ("last_uptime_ms", json!(record.last_uptime_ms)),
        ("pad1", json!(record.pad1)),
        ("pad2", json!(record.pad2)),
    ]
}

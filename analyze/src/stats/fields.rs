//! `fields`: the catalogue as an answer. It reads no flows.

use flowkit_model::FIELDS;
use flowkit_model::answer::{Answer, Cell, Column, Meaning, Table};
use flowkit_model::field::Wire;

use crate::store::schema::type_name;

/// One row per field.
#[must_use]
pub fn fields() -> Answer {
    let columns = ["field", "packet", "meaning", "unit", "module", "codec", "aliases", "type"];
    let rows = FIELDS.iter().map(|field| {
        let packet = match field.wire {
            Wire::Header(offset, bytes) => place("header", offset, bytes),
            Wire::Record(offset, bytes) => place("record", offset, bytes),
            Wire::Nowhere => "-".into(),
        };
        let texts = [field.name.into(), packet, field.meaning.into(), field.unit.into()];
        let names = [field.module_key.into(), field.codec_key.into(), field.aliases.join(" ")];
        let names = names.into_iter().chain([type_name(field).into()]);
        texts.into_iter().chain(names).map(Cell::Text).collect()
    });
    let columns = Column::list(columns.map(|name| (name, Meaning::Words)));
    Answer { table: Table { name: "rows", columns, rows: rows.collect() }, ..Answer::default() }
}

/// `record 32-33`: bytes counted from 0.
fn place(part: &str, offset: u8, bytes: u8) -> String {
    match bytes {
        1 => format!("{part} {offset}"),
        _ => format!("{part} {offset}-{}", offset + bytes - 1),
    }
}

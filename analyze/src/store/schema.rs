//! The schema of `columns/*.parquet`: one column per field of the catalogue,
//! under the field's name, null where the value is unknown.
//!
//! | kind of field | type | unit |
//! | --- | --- | --- |
//! | time | `INT64`, `TIMESTAMP(MILLIS, UTC)` | ms since 1970-01-01 UTC |
//! | text (exporter, countries, cities, AS names) | `BYTE_ARRAY`, `STRING`, dictionary | |
//! | address | `INT32`, `UINT_32` | IPv4 in host order: 192.0.2.1 is 3221225985 |
//! | bytes, packets | `INT64`, `UINT_64` | as the documents have them, never scaled here |
//! | other numbers | `INT32`, `UINT_8`, `UINT_16` or `UINT_32` by width | as `flowkit fields` says |
//!
//! How each column is stored is in `tuning`.

use std::sync::Arc;

use flowkit_model::{FIELDS, Field, Kind};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{Type, TypePtr};
use xxhash_rust::xxh3::xxh3_64;

use super::StoreError;

/// How addresses are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// As a number of 32 bits, most significant byte first.
    #[default]
    Number,
    /// As dotted text.
    Text,
}

/// Version of the file layout; files of another version are rebuilt.
pub(crate) const VERSION: u32 = 6;

/// Fingerprint of the catalogue; files of another catalogue are rebuilt.
pub(crate) fn fingerprint() -> u64 {
    let rows: Vec<String> = FIELDS
        .iter()
        .map(|field| format!("{}:{:?}:{:?}", field.name, field.kind, field.bits()))
        .collect();
    xxh3_64(rows.join(",").as_bytes())
}

/// The Parquet schema. In files that flowkit reads, addresses are numbers.
pub(crate) fn schema(addresses: Addresses) -> Result<TypePtr, StoreError> {
    let column = |field| column(field, addresses);
    let columns = FIELDS.iter().map(column).collect::<Result<Vec<_>, _>>();
    columns
        .and_then(|columns| Type::group_type_builder("flows").with_fields(columns).build())
        .map(Arc::new)
        .map_err(|source| StoreError::Parquet { path: "schema".into(), source })
}

fn column(field: &Field, addresses: Addresses) -> Result<TypePtr, parquet::errors::ParquetError> {
    let (physical, logical) = types_with(field, addresses);
    Type::primitive_type_builder(field.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(logical))
        .build()
        .map(Arc::new)
}

/// Physical and logical type of a field's column, given how addresses are stored.
pub(crate) fn types_with(field: &Field, addresses: Addresses) -> (Physical, LogicalType) {
    match (field.kind, addresses) {
        (Kind::Address, Addresses::Text) => (Physical::BYTE_ARRAY, LogicalType::String),
        _ => types(field),
    }
}

/// Physical and logical type of a field's column.
pub(crate) fn types(field: &Field) -> (Physical, LogicalType) {
    let unsigned = |bit_width| LogicalType::integer(bit_width, false);
    match (field.kind, field.bits()) {
        (Kind::Text, _) | (_, None) => (Physical::BYTE_ARRAY, LogicalType::String),
        (Kind::Time, _) => (Physical::INT64, LogicalType::timestamp(true, TimeUnit::MILLIS)),
        (_, Some(0..=8)) => (Physical::INT32, unsigned(8)),
        (_, Some(9..=16)) => (Physical::INT32, unsigned(16)),
        (_, Some(17..=32)) => (Physical::INT32, unsigned(32)),
        (_, Some(_)) => (Physical::INT64, unsigned(64)),
    }
}

/// Name of a column's type, for people.
#[must_use]
pub(crate) fn type_name(field: &Field) -> &'static str {
    match (field.kind, field.bits()) {
        (Kind::Text, _) | (_, None) => "STRING",
        (Kind::Time, _) => "TIMESTAMP(MILLIS, UTC)",
        (_, Some(0..=8)) => "UINT_8",
        (_, Some(9..=16)) => "UINT_16",
        (_, Some(17..=32)) => "UINT_32",
        (_, Some(_)) => "UINT_64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind and width of the catalogue has a type, and names are valid.
    #[test]
    fn every_field_is_a_column() {
        let schema = schema(Addresses::Number).unwrap();
        assert_eq!(schema.get_fields().len(), FIELDS.len());
        for (field, column) in FIELDS.iter().zip(schema.get_fields()) {
            assert_eq!(column.name(), field.name);
            assert!(!type_name(field).is_empty());
        }
    }
}

//! The schema of `columns/*.parquet`: one column per field, under the field's name,
//! null where the value is unknown. A file whose flows are of IPv4 and have nothing that
//! version 5 lacks has the columns of version 5; any other has all of the catalogue, and
//! for each field of addresses a column more: `src_addr` holds those of IPv4,
//! `src_addr_ipv6` those of IPv6, and one of the two is null. Other programs have both as
//! text by `coalesce(src_addr_ipv6, …)`, or ask for an export with addresses as text.
//!
//! | kind of field | type | unit |
//! | --- | --- | --- |
//! | time | `INT64`, `TIMESTAMP(MILLIS, UTC)` | ms since 1970-01-01 UTC |
//! | text (exporter, countries, cities, AS names) | `BYTE_ARRAY`, `STRING`, dictionary | |
//! | address | `INT32`, `UINT_32` | IPv4 in host order: 192.0.2.1 is 3221225985 |
//! | IPv6 address | `BYTE_ARRAY`, `STRING`, dictionary | as RFC 5952 writes it |
//! | bytes, packets | `INT64`, `UINT_64` | as the documents have them, never scaled here |
//! | other numbers | `INT32`, `UINT_8`, `UINT_16` or `UINT_32` by width | as `flowkit fields` says |
//!
//! How each column is stored is in `tuning`.

use std::sync::Arc;

use flowkit_model::{Field, Kind};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{Type, TypePtr};
use xxhash_rust::xxh3::xxh3_64;

use super::StoreError;
use super::layout::{Layout, StoredColumn};
use crate::batch::icmp::ICMP;

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
pub(crate) fn fingerprint(layout: Layout) -> u64 {
    let row = |column: &StoredColumn| match column {
        StoredColumn::Field(id) => {
            let field = id.field();
            // Files from before type and code of version 5 were known are rebuilt.
            let of = if ICMP.contains(id) { ":of ports" } else { "" };
            format!("{}:{:?}:{:?}{of}", field.name, field.kind, layout.bits(field))
        }
        StoredColumn::Ipv6(_) => format!("{}:Text:None", column.name()),
    };
    let rows: Vec<String> = layout.columns().iter().map(row).collect();
    xxh3_64(rows.join(",").as_bytes())
}

/// The Parquet schema. In files that flowkit reads, addresses are numbers.
pub(crate) fn schema(layout: Layout, addresses: Addresses) -> Result<TypePtr, StoreError> {
    let column = |stored: &StoredColumn| column(layout, *stored, addresses);
    let columns = layout.columns().iter().map(column).collect::<Result<Vec<_>, _>>();
    columns
        .and_then(|columns| Type::group_type_builder("flows").with_fields(columns).build())
        .map(Arc::new)
        .map_err(|source| StoreError::Parquet { path: "schema".into(), source })
}

fn column(
    layout: Layout,
    column: StoredColumn,
    addresses: Addresses,
) -> Result<TypePtr, parquet::errors::ParquetError> {
    let (physical, logical) = types_with(layout, column, addresses);
    Type::primitive_type_builder(&column.name(), physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(logical))
        .build()
        .map(Arc::new)
}

/// Physical and logical type of a column, given how addresses are stored.
pub(crate) fn types_with(
    layout: Layout,
    column: StoredColumn,
    addresses: Addresses,
) -> (Physical, LogicalType) {
    let field = column.field();
    let is_text = matches!(column, StoredColumn::Ipv6(_))
        || (field.kind, addresses) == (Kind::Address, Addresses::Text);
    if is_text {
        return (Physical::BYTE_ARRAY, LogicalType::String);
    }
    let unsigned = |bit_width| LogicalType::integer(bit_width, false);
    match (field.kind, layout.bits(field)) {
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
    match (field.kind, Layout::All.bits(field)) {
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

    /// What stands in the files that were written before there were other columns. It may
    /// change only with what these files are.
    const OF_VERSION_5: u64 = 5_406_164_855_774_188_472;

    /// Every kind and width of the catalogue has a type, and names are valid.
    #[test]
    fn every_field_is_a_column() {
        for layout in Layout::EACH {
            let schema = schema(layout, Addresses::Number).unwrap();
            assert_eq!(schema.get_fields().len(), layout.columns().len());
            for (stored, column) in layout.columns().iter().zip(schema.get_fields()) {
                assert_eq!(column.name(), stored.name());
                assert!(!type_name(stored.field()).is_empty());
            }
        }
    }

    /// Files that were written before there was anything but version 5 are still read.
    #[test]
    fn the_columns_of_version_5_are_what_they_were() {
        assert_eq!(fingerprint(Layout::Version5), OF_VERSION_5);
    }
}

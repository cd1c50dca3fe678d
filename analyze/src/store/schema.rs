//! The table that `columns/*.parquet` are: one column per field of the
//! catalogue, under the field's name, null where the value is unknown.
//!
//! | kind of field | type | unit |
//! | --- | --- | --- |
//! | time | `INT64`, `TIMESTAMP(MILLIS, UTC)` | ms since 1970-01-01 UTC |
//! | text (exporter, countries, cities, AS names) | `BYTE_ARRAY`, `STRING`, dictionary | |
//! | address | `INT32`, `UINT_32` | IPv4 in host order: 192.0.2.1 is 3221225985 |
//! | bytes, packets | `INT64`, `UINT_64` | as exported, never scaled |
//! | other numbers | `INT32`, `UINT_8`, `UINT_16` or `UINT_32` by width | as `flowkit fields` says |
//!
//! How each column is stored was chosen by size and reading time over 10 M
//! flows; `benches/README.md` has the numbers:
//!
//! - Columns that most questions group by or add up are not compressed, but for
//!   their dictionaries: indices of up to 18 bits, or packed differences, are
//!   small already, and unpacking zstd would take as long as the rest of the
//!   question.
//! - Times and counters of wide range are packed differences
//!   (`DELTA_BINARY_PACKED`); everything else is a dictionary.
//! - The rest is compressed with zstd, page by page, where that saves a
//!   fiftieth: 0.5 bytes a flow for the source port, 0.3 for the destination
//!   address.

use std::sync::Arc;

use flowkit_model::{FIELDS, Field, FieldId, Kind};
use parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel,
};
use parquet::file::properties::{
    DeltaBinaryPackedEncoderOptions, EnabledStatistics, WriterProperties, WriterVersion,
};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use xxhash_rust::xxh3::xxh3_64;

use super::StoreError;

/// How addresses stand in columns and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// As a number of 32 bits, most significant byte first.
    #[default]
    Number,
    /// As dotted text.
    Text,
}

/// Version of what is written here; files of another are made again.
pub(crate) const VERSION: u32 = 4;
/// Flows in a row group, which is one task of a question.
pub(crate) const GROUP_ROWS: usize = 1 << 19;
/// Flows in a page, and in a batch that is read from it.
pub(crate) const PAGE_ROWS: usize = 1 << 14;
/// More distinct values than fit in so many bytes are stored plainly.
pub(super) const DICTIONARY_BYTES: usize = 8 << 20;

/// Stands for the catalogue: files of another catalogue are made again.
pub(crate) fn fingerprint() -> u64 {
    let rows: Vec<String> = FIELDS
        .iter()
        .map(|field| format!("{}:{:?}:{:?}", field.name, field.kind, field.bits()))
        .collect();
    xxh3_64(rows.join(",").as_bytes())
}

/// The table. Addresses are numbers in what flowkit reads again.
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

/// Physical and logical type of a field's column, by how addresses are stored.
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
pub fn type_name(field: &Field) -> &'static str {
    match (field.kind, field.bits()) {
        (Kind::Text, _) | (_, None) => "STRING",
        (Kind::Time, _) => "TIMESTAMP(MILLIS, UTC)",
        (_, Some(0..=8)) => "UINT_8",
        (_, Some(9..=16)) => "UINT_16",
        (_, Some(17..=32)) => "UINT_32",
        (_, Some(_)) => "UINT_64",
    }
}

/// Fields that most questions group by or add up.
const HOT: &[FieldId] = &[FieldId::SrcAddr, FieldId::Packets, FieldId::Bytes, FieldId::DstPort];

/// Fields whose values hardly repeat: differences take less than a dictionary.
const DIFFERENCES: &[FieldId] = &[
    FieldId::Timestamp,
    FieldId::FirstSwitched,
    FieldId::LastSwitched,
    FieldId::FlowSeqNum,
    FieldId::Bytes,
];

/// Whether most questions group by a field or add it up: its pages are left as
/// they are.
pub(super) fn is_hot(field: FieldId) -> bool {
    HOT.contains(&field)
}

/// Whether a field is stored by the differences of its values.
pub(super) fn is_by_differences(field: FieldId) -> bool {
    DIFFERENCES.contains(&field)
}

/// A page is left as it is unless it shrinks to less than this.
pub(super) const WORTH_COMPRESSING: f64 = 0.98;

/// How hard zstd tries: level 1 takes three times the bytes for sequence numbers.
pub(super) fn zstd_level() -> ZstdLevel {
    ZstdLevel::try_new(3).unwrap_or_default()
}

/// How the columns are stored that are differences.
pub(crate) fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("flowkit ", env!("CARGO_PKG_VERSION")).into())
        .set_compression(Compression::ZSTD(zstd_level()))
        .set_data_page_v2_compression_ratio_threshold(WORTH_COMPRESSING)
        .set_encoding(Encoding::DELTA_BINARY_PACKED)
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(usize::MAX >> 1)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    for field in HOT {
        let path = ColumnPath::from(field.field().name);
        properties = properties.set_column_compression(path, Compression::UNCOMPRESSED);
    }
    // A large count widens no more than 127 others: 2.42 bytes a flow, not 2.47.
    if let Ok(blocks) = DeltaBinaryPackedEncoderOptions::try_new(128, 2) {
        let path = ColumnPath::from(FieldId::Bytes.field().name);
        properties = properties.set_column_delta_binary_packed_encoder_options(path, blocks);
    }
    properties.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The catalogue's kinds and widths all have a type, and names are legal.
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

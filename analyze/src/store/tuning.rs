//! Encoding and compression of each column, and the sizes of row groups, pages
//! and dictionaries.
//!
//! Chosen by size and reading time over 10 M flows; `benches/README.md` has the
//! numbers:
//!
//! - Columns that most questions group by or sum are not compressed, except their
//!   dictionaries: codes of up to 18 bits and bit-packed deltas are small
//!   already, and zstd decompression would take as long as the rest of the
//!   question.
//! - Times and counters of wide range are delta-encoded; everything else is
//!   dictionary-encoded.
//! - The rest is compressed with zstd, page by page, where that saves at least 2
//!   %: 0.5 bytes per flow for the source port, 0.3 for the destination address.

use flowkit_model::FieldId;
use parquet::basic::ZstdLevel;

use super::encoding::Encoding;

/// Rows per row group, which is one task of a question.
pub(crate) const GROUP_ROWS: usize = 1 << 19;

/// Rows per page, and per batch that is read from it.
pub(crate) const PAGE_ROWS: usize = 1 << 14;

/// Size at which the dictionary of a column chunk is full: later pages are
/// plain-encoded.
pub(in crate::store) const DICTIONARY_BYTES: usize = 8 << 20;

/// A longer footer is neither written nor read: a part of a thousand million flows has
/// 25 MB.
pub(super) const MOST_FOOTER: usize = 1 << 26;

/// A page of more bytes, unpacked, is neither written nor read: pages have up to 64 kB
/// and dictionaries 4 MB, unless values are long texts.
pub(super) const MOST_PAGE: usize = 1 << 26;

/// Fields that most questions group by or sum.
pub(super) const HOT: &[FieldId] =
    &[FieldId::SrcAddr, FieldId::Packets, FieldId::Bytes, FieldId::DstPort];

/// Fields whose values hardly repeat: deltas take less space than a dictionary.
const DELTA: &[FieldId] = &[
    FieldId::Timestamp,
    FieldId::FirstSwitched,
    FieldId::LastSwitched,
    FieldId::FlowSeqNum,
    FieldId::Bytes,
];

/// Whether most questions group by a field or sum it: its pages are not
/// compressed.
pub(super) fn is_hot(field: FieldId) -> bool {
    HOT.contains(&field)
}

/// The encoding that a field is written with.
pub(super) fn encoding(field: FieldId) -> Encoding {
    if DELTA.contains(&field) { Encoding::Delta } else { Encoding::Dictionary }
}

/// A page is stored compressed only if it shrinks below this fraction.
pub(super) const WORTH_COMPRESSING: f64 = 0.98;

/// zstd level; with level 1 sequence numbers take three times the space.
pub(super) fn zstd_level() -> ZstdLevel {
    ZstdLevel::try_new(3).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use flowkit_model::FIELDS;

    use super::*;

    #[test]
    fn every_field_has_an_encoding_that_fits() {
        for field in FIELDS {
            assert!(encoding(field.id).fits(field), "{}", field.name);
        }
    }
}

//! How each column is stored, and in pieces of what size.
//!
//! Chosen by size and reading time over 10 M flows; `benches/README.md` has the
//! numbers:
//!
//! - Columns that most questions group by or add up are not compressed, but for
//!   their dictionaries: codes of up to 18 bits, or bit-packed differences, are
//!   small already, and decompressing zstd would take as long as the rest of the
//!   question.
//! - Times and counters of wide range are delta encoded; everything else has a
//!   dictionary.
//! - The rest is compressed with zstd, page by page, where that saves a
//!   fiftieth: 0.5 bytes a flow for the source port, 0.3 for the destination
//!   address.

use flowkit_model::FieldId;
use parquet::basic::ZstdLevel;

use super::encoding::Encoding;

/// Flows in a row group, which is one task of a question.
pub(crate) const GROUP_ROWS: usize = 1 << 19;

/// Flows in a page, and in a batch that is read from it.
pub(crate) const PAGE_ROWS: usize = 1 << 14;

/// Bytes at which the dictionary of a column chunk is full: the values of later
/// pages are plain.
pub(super) const DICTIONARY_BYTES: usize = 8 << 20;

/// Fields that most questions group by or add up.
pub(super) const HOT: &[FieldId] =
    &[FieldId::SrcAddr, FieldId::Packets, FieldId::Bytes, FieldId::DstPort];

/// Fields whose values hardly repeat: differences take less than a dictionary.
const DELTA: &[FieldId] = &[
    FieldId::Timestamp,
    FieldId::FirstSwitched,
    FieldId::LastSwitched,
    FieldId::FlowSeqNum,
    FieldId::Bytes,
];

/// Whether most questions group by a field or add it up: its pages are not
/// compressed.
pub(super) fn is_hot(field: FieldId) -> bool {
    HOT.contains(&field)
}

/// The encoding that a field is written with.
pub(super) fn encoding(field: FieldId) -> Encoding {
    if DELTA.contains(&field) { Encoding::Delta } else { Encoding::Dictionary }
}

/// A page is left as it is unless it shrinks to less than this.
pub(super) const WORTH_COMPRESSING: f64 = 0.98;

/// How hard zstd tries: level 1 takes three times the bytes for sequence numbers.
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

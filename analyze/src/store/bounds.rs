//! What a footer says of a field in a row group: where its bytes are, its
//! smallest and largest value, and whether it is unknown in some flow.

use flowkit_model::FieldId;
use flowkit_model::filter::Bounds;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

/// Bounds of a number in a row group; text has none.
pub(super) fn of(group: &RowGroupMetaData, field: FieldId) -> Option<Bounds> {
    let statistics = group.column(field as usize).statistics()?;
    let n_unknown = statistics.null_count_opt()?;
    if i64::try_from(n_unknown) == Ok(group.num_rows()) {
        return Some(Bounds { known: None, unknown: true });
    }
    let (least, most) = match statistics {
        Statistics::Int32(values) => (narrow(*values.min_opt()?), narrow(*values.max_opt()?)),
        Statistics::Int64(values) => {
            (values.min_opt()?.cast_unsigned(), values.max_opt()?.cast_unsigned())
        }
        _ => return None,
    };
    // Times are ordered as signed numbers: those past 2^63 would come first.
    (least <= most).then_some(Bounds { known: Some((least, most)), unknown: n_unknown > 0 })
}

/// Where the bytes of a column of a group begin and how many they are; `None` if
/// that is no place in a file of so many bytes.
pub(super) fn place(chunk: &ColumnChunkMetaData, file_bytes: u64) -> Option<(u64, u64)> {
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let (start, length) =
        (u64::try_from(start).ok()?, u64::try_from(chunk.compressed_size()).ok()?);
    let end = start.checked_add(length)?;
    (end <= file_bytes).then_some((start, length))
}

fn narrow(value: i32) -> u64 {
    value.cast_unsigned().into()
}

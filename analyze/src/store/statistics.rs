//! Min/max statistics of a column chunk: collected while it is written, and read
//! from the footer for pruning.

use flowkit_model::filter::Bounds;
use parquet::basic::Type as Physical;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

/// A column with a longer text has no minimum and maximum.
const LONGEST: usize = 64;

/// Minimum and maximum of the values so far, in the type of the column.
pub(super) enum MinMax {
    /// Of columns of up to 32 bits.
    Narrow(Option<(u32, u32)>),
    Wide(Option<(u64, u64)>),
    /// Numbers with a sign.
    Signed(Option<(i64, i64)>),
    Texts(Option<(Vec<u8>, Vec<u8>)>),
    /// Of texts of which one is too long: no statistics.
    Long,
}

impl MinMax {
    /// Of no values.
    pub(super) fn new(physical: Physical, is_signed: bool) -> Self {
        match physical {
            Physical::BYTE_ARRAY => Self::Texts(None),
            Physical::INT64 if is_signed => Self::Signed(None),
            Physical::INT64 => Self::Wide(None),
            _ => Self::Narrow(None),
        }
    }

    /// Widens the range by a plain-encoded value, without its length.
    pub(super) fn widen(&mut self, value: &[u8]) {
        match self {
            Self::Narrow(known) => widen(known, u32::from_le_bytes(bytes(value))),
            Self::Wide(known) => widen(known, u64::from_le_bytes(bytes(value))),
            Self::Signed(known) => widen(known, i64::from_le_bytes(bytes(value))),
            Self::Texts(_) if value.len() > LONGEST => *self = Self::Long,
            Self::Texts(Some((least, _))) if value < &**least => *least = value.to_vec(),
            Self::Texts(Some((_, most))) if value > &**most => *most = value.to_vec(),
            Self::Texts(known @ None) => *known = Some((value.to_vec(), value.to_vec())),
            Self::Texts(Some(_)) | Self::Long => {}
        }
    }

    /// The statistics for the footer, with the number of nulls.
    pub(super) fn statistics(self, n_unknown: u64) -> Statistics {
        let n_unknown = Some(n_unknown);
        match self {
            Self::Narrow(known) => {
                let (least, most) = known.unzip();
                let [least, most] = [least, most].map(|bound| bound.map(u32::cast_signed));
                Statistics::int32(least, most, None, n_unknown, false)
            }
            Self::Wide(known) => {
                let (least, most) = known.unzip();
                let [least, most] = [least, most].map(|bound| bound.map(u64::cast_signed));
                Statistics::int64(least, most, None, n_unknown, false)
            }
            Self::Signed(known) => {
                let (least, most) = known.unzip();
                Statistics::int64(least, most, None, n_unknown, false)
            }
            Self::Texts(known) => {
                let (least, most) = known.unzip();
                let [least, most] = [least, most].map(|bound| bound.map(Into::into));
                Statistics::byte_array(least, most, None, n_unknown, false)
            }
            Self::Long => Statistics::byte_array(None, None, None, n_unknown, false),
        }
    }
}

/// How many rows of a column are null in a row group; `None` if it is not known.
pub(super) fn n_null(group: &RowGroupMetaData, place: usize) -> Option<u64> {
    group.column(place).statistics()?.null_count_opt()
}

/// Minimum and maximum of a number in a row group, and whether it is null in some
/// row; texts have none.
pub(super) fn of(group: &RowGroupMetaData, place: usize) -> Option<Bounds> {
    let statistics = group.column(place).statistics()?;
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
    // Times are compared as signed numbers, so that those from 2^63 on would come
    // first.
    let known = Some((least.into(), most.into()));
    (least <= most).then_some(Bounds { known, unknown: n_unknown > 0 })
}

fn widen<V: Copy + Ord>(known: &mut Option<(V, V)>, value: V) {
    let (least, most) = known.unwrap_or((value, value));
    *known = Some((least.min(value), most.max(value)));
}

/// The first `N` bytes, padded with zeros.
fn bytes<const N: usize>(value: &[u8]) -> [u8; N] {
    value.first_chunk().copied().unwrap_or([0; N])
}

fn narrow(value: i32) -> u64 {
    value.cast_unsigned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(physical: Physical, is_signed: bool, values: &[&[u8]]) -> Statistics {
        let mut min_max = MinMax::new(physical, is_signed);
        for value in values {
            min_max.widen(value);
        }
        min_max.statistics(7)
    }

    #[test]
    fn numbers_are_ordered_as_their_column_is_and_texts_by_their_bytes() {
        let narrow = [9_u32, u32::MAX, 8].map(u32::to_le_bytes);
        let narrow = of(Physical::INT32, false, &narrow.each_ref().map(|value| &value[..]));
        assert_eq!(narrow, Statistics::int32(Some(8), Some(-1), None, Some(7), false));
        let wide = [9, u64::MAX, 8].map(u64::to_le_bytes);
        let wide = wide.each_ref().map(|value| &value[..]);
        let expected =
            |least, most| Statistics::int64(Some(least), Some(most), None, Some(7), false);
        assert_eq!(of(Physical::INT64, false, &wide), expected(8, -1));
        assert_eq!(of(Physical::INT64, true, &wide), expected(-1, 9));
        let texts = |least: &str, most: &str| {
            let [least, most] = [least, most].map(|text| Some(text.into()));
            Statistics::byte_array(least, most, None, Some(7), false)
        };
        let some: [&[u8]; 4] = [b"b", b"ab", b"", b"\xc3\xa9"];
        assert_eq!(of(Physical::BYTE_ARRAY, false, &some), texts("", "é"));
        let none = Statistics::byte_array(None, None, None, Some(7), false);
        assert_eq!(of(Physical::BYTE_ARRAY, false, &[]), none);
        assert_eq!(of(Physical::BYTE_ARRAY, false, &[b"a", &[b'x'; 65], b"b"]), none);
    }
}

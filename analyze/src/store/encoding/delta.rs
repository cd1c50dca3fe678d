//! Delta encoding (`DELTA_BINARY_PACKED`): the first value, then blocks of
//! bit-packed deltas, each minus the smallest delta of its block.
//!
//! Written by the encoder of the `parquet` crate, read here.
//!
//! Source: Apache Parquet, *Encodings* (delta encoding).

use std::ops::Range;
use std::sync::Arc;

use parquet::column::page::PageWriter;
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::schema::types::ColumnDescPtr;

use super::bit_packed::unpack_all;
use super::{Fault, Value, levels, varint};
use crate::batch::Values;

/// Writes a column of numbers of 32 or 64 bits.
pub(crate) struct Writer {
    column: ColumnWriter<'static>,
}

impl Writer {
    /// Full pages are passed to `pages`.
    pub(crate) fn new(
        description: &ColumnDescPtr,
        properties: &WriterPropertiesPtr,
        pages: Box<dyn PageWriter>,
    ) -> Self {
        let (description, properties) = (Arc::clone(description), Arc::clone(properties));
        Self { column: get_column_writer(description, properties, pages) }
    }

    /// Adds the values of a page.
    pub(crate) fn page(
        &mut self,
        values: &Values,
        rows: Range<usize>,
        unknown: Option<&[bool]>,
    ) -> Result<(), ParquetError> {
        let levels: Vec<i16> = match unknown {
            None => vec![1; rows.len()],
            Some(unknown) => unknown.iter().map(|unknown| i16::from(!unknown)).collect(),
        };
        let levels = Some(&*levels);
        match (&mut self.column, values) {
            (ColumnWriter::Int32ColumnWriter(column), Values::U32(values)) => {
                let values = known(&values[rows], unknown, u32::cast_signed);
                column.write_batch(&values, levels, None)?
            }
            (ColumnWriter::Int64ColumnWriter(column), Values::U64(values)) => {
                let values = known(&values[rows], unknown, u64::cast_signed);
                column.write_batch(&values, levels, None)?
            }
            _ => return Err(ParquetError::General("no differences of these values".into())),
        };
        Ok(())
    }

    /// Writes the last page; returns the column chunk's metadata for the footer.
    pub(crate) fn finish(self) -> Result<ColumnCloseResult, ParquetError> {
        self.column.close()
    }
}

/// The values of rows that are not null, in the type of the column.
fn known<V: Copy, T>(values: &[V], unknown: Option<&[bool]>, convert: impl Fn(V) -> T) -> Vec<T> {
    match unknown {
        None => values.iter().map(|value| convert(*value)).collect(),
        Some(unknown) => levels::known(values, unknown).into_iter().map(convert).collect(),
    }
}

/// Layout of the deltas in a page.
struct Layout {
    /// Miniblocks per block; each has its own bit width.
    miniblocks: usize,
    /// Deltas per miniblock.
    deltas_each: usize,
}

impl Layout {
    /// Reads the header of a page up to the number of values.
    fn read(bytes: &mut &[u8]) -> Result<Self, Fault> {
        let block =
            usize::try_from(varint::read(bytes)?).map_err(|_| "a block that is too long")?;
        let miniblocks =
            usize::try_from(varint::read(bytes)?).map_err(|_| "too many miniblocks")?;
        let deltas_each = block.checked_div(miniblocks).ok_or("no miniblocks")?;
        if deltas_each == 0
            || deltas_each % 32 != 0
            || deltas_each.checked_mul(miniblocks) != Some(block)
            || block > 1 << 20
        {
            return Err("miniblocks of an odd length");
        }
        Ok(Self { miniblocks, deltas_each })
    }
}

/// Fills `out` with values: unpacks deltas and computes their prefix sums.
///
/// Values of 32 bits wrap at 32 bits, so sums are truncated to the width of `V`.
pub(crate) fn read<V: Value>(mut bytes: &[u8], out: &mut [V]) -> Result<(), Fault> {
    let layout = Layout::read(&mut bytes)?;
    if varint::read(&mut bytes)? < out.len() as u64 {
        return Err("fewer differences than rows");
    }
    let mut value = zigzag(varint::read(&mut bytes)?);
    let Some((first, mut rest)) = out.split_first_mut() else { return Ok(()) };
    *first = V::cut(value);
    while !rest.is_empty() {
        let min_delta = zigzag(varint::read(&mut bytes)?);
        let (widths, behind) =
            bytes.split_at_checked(layout.miniblocks).ok_or("widths that break off")?;
        bytes = behind;
        for width in widths.iter().map(|width| usize::from(*width)) {
            if rest.is_empty() {
                break;
            }
            let n = layout.deltas_each.min(rest.len());
            let now = rest.split_off_mut(..n).unwrap_or_default();
            value = decode_miniblock(bytes, width, min_delta, value, now)?;
            bytes = bytes.get(layout.deltas_each * width / 8..).unwrap_or_default();
        }
    }
    Ok(())
}

/// Decodes a miniblock; `value` is the one before it. Returns the last value.
fn decode_miniblock<V: Value>(
    bytes: &[u8],
    width: usize,
    min_delta: u64,
    value: u64,
    out: &mut [V],
) -> Result<u64, Fault> {
    let mut sum = value;
    let mut rest = out;
    if width > 32 {
        wide(bytes, width, rest.len(), |difference| {
            sum = sum.wrapping_add(min_delta).wrapping_add(difference);
            if let Some(out) = rest.split_off_first_mut() {
                *out = V::cut(sum);
            }
        })?;
        return Ok(sum);
    }
    unpack_all(bytes, width, rest.len(), |differences| {
        let out = rest.split_off_mut(..differences.len()).unwrap_or_default();
        // Local variables stay in registers.
        let (mut now, step) = (sum, min_delta);
        for (difference, out) in differences.iter().zip(out) {
            now = now.wrapping_add(step.wrapping_add((*difference).into()));
            *out = V::cut(now);
        }
        sum = now;
        Ok(())
    })?;
    Ok(sum)
}

/// Unpacks values of 33 to 64 bits, which counters near 2^64 need.
#[expect(clippy::cast_possible_truncation, reason = "masked to at most 64 bits")]
fn wide(bytes: &[u8], width: usize, count: usize, mut take: impl FnMut(u64)) -> Result<(), Fault> {
    if width > 64 {
        return Err("differences wider than 64 bits");
    }
    for index in 0..count {
        let bit = index * width;
        let rest = bytes.get(bit / 8..).unwrap_or_default();
        let needed = (bit % 8 + width).div_ceil(8);
        let mut word = [0; 16];
        word[..needed].copy_from_slice(rest.get(..needed).ok_or("packed values that break off")?);
        let value = u128::from_le_bytes(word) >> (bit % 8);
        take((value & ((1 << width) - 1)) as u64);
    }
    Ok(())
}

/// Decodes zigzag encoding, which stores 0, −1, 1, −2 … as 0, 1, 2, 3 …
fn zigzag(value: u64) -> u64 {
    (value >> 1) ^ (value & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::super::bit_packed::tests::pack;
    use super::*;

    #[test]
    fn every_width_over_32_unpacks_what_was_packed() {
        for width in 33..=64 {
            let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
            let values: Vec<u64> =
                (0..72_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask).collect();
            let mut found = Vec::new();
            wide(&pack(&values, width), width, 72, |value| found.push(value)).unwrap();
            assert_eq!(found, values, "{width} bits");
        }
    }
}

//! Packed differences (`DELTA_BINARY_PACKED`): the first value, then blocks of
//! differences less the smallest of their block.
//!
//! Source: Apache Parquet, *Encodings* (delta encoding).

use super::packed::{unpack_all, varint};
use super::{Fault, Value};

/// How differences are laid out in a page.
struct Layout {
    /// Miniblocks in a block; each has a width of its own.
    minis: usize,
    /// Differences in a miniblock.
    each: usize,
}

impl Layout {
    /// Reads the header of a page, as far as the number of values.
    fn read(bytes: &mut &[u8]) -> Result<Self, Fault> {
        let block = usize::try_from(varint(bytes)?).map_err(|_| "a block that is too long")?;
        let minis = usize::try_from(varint(bytes)?).map_err(|_| "too many miniblocks")?;
        let each = block.checked_div(minis).ok_or("no miniblocks")?;
        if each == 0 || each % 32 != 0 || each.checked_mul(minis) != Some(block) || block > 1 << 20
        {
            return Err("miniblocks of an odd length");
        }
        Ok(Self { minis, each })
    }
}

/// Unpacks differences and adds them up, one sum for each place in `out`.
///
/// Values of 32 bits wrap at 32 bits, so sums are cut to the width of `V`.
pub(crate) fn differences<V: Value>(mut bytes: &[u8], out: &mut [V]) -> Result<(), Fault> {
    let layout = Layout::read(&mut bytes)?;
    if varint(&mut bytes)? < out.len() as u64 {
        return Err("fewer differences than rows");
    }
    let mut value = zigzag(varint(&mut bytes)?);
    let Some((first, mut rest)) = out.split_first_mut() else { return Ok(()) };
    *first = V::cut(value);
    while !rest.is_empty() {
        let least = zigzag(varint(&mut bytes)?);
        let (widths, behind) =
            bytes.split_at_checked(layout.minis).ok_or("widths that break off")?;
        bytes = behind;
        for width in widths.iter().map(|width| usize::from(*width)) {
            if rest.is_empty() {
                break;
            }
            let n = layout.each.min(rest.len());
            let now = rest.split_off_mut(..n).unwrap_or_default();
            value = add_up(bytes, width, least, value, now)?;
            bytes = bytes.get(layout.each * width / 8..).unwrap_or_default();
        }
    }
    Ok(())
}

/// Adds up the differences of a miniblock, from `value` on; gives the last.
fn add_up<V: Value>(
    bytes: &[u8],
    width: usize,
    least: u64,
    value: u64,
    out: &mut [V],
) -> Result<u64, Fault> {
    let mut sum = value;
    let mut rest = out;
    if width > 32 {
        wide(bytes, width, rest.len(), |difference| {
            sum = sum.wrapping_add(least).wrapping_add(difference);
            if let Some(out) = rest.split_off_first_mut() {
                *out = V::cut(sum);
            }
        })?;
        return Ok(sum);
    }
    unpack_all(bytes, width, rest.len(), |differences| {
        let out = rest.split_off_mut(..differences.len()).unwrap_or_default();
        // In variables of their own, which stay in registers.
        let (mut now, step) = (sum, least);
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
    for place in 0..count {
        let bit = place * width;
        let rest = bytes.get(bit / 8..).unwrap_or_default();
        let needed = (bit % 8 + width).div_ceil(8);
        let mut word = [0; 16];
        word[..needed].copy_from_slice(rest.get(..needed).ok_or("packed values that break off")?);
        let value = u128::from_le_bytes(word) >> (bit % 8);
        take((value & ((1 << width) - 1)) as u64);
    }
    Ok(())
}

/// Signed numbers, small ones first: 0, −1, 1, −2 … as 0, 1, 2, 3 …
fn zigzag(value: u64) -> u64 {
    (value >> 1) ^ (value & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::page::packed::tests::pack;

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

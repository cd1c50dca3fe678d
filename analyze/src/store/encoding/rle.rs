//! The RLE/bit-packed hybrid: numbers of one bit width, either bit-packed or as
//! one value and its run length.
//!
//! Used for dictionary codes and definition levels.
//!
//! Source: Apache Parquet, *Encodings* (RLE/bit-packing hybrid).

use super::bit_packed::{PIECE, pack, unpack_all, unpack_into};
use super::{Fault, varint};

/// Bit width that holds all numbers below `end`.
pub(super) fn width_for(end: usize) -> usize {
    (usize::BITS - end.saturating_sub(1).leading_zeros()) as usize
}

/// Appends values of `width` bits, up to 32.
///
/// A run is written only if it saves more than the two headers around it;
/// otherwise values stay bit-packed, since readers are fastest in long bit-packed
/// runs.
pub(super) fn write(values: &[u32], width: usize, out: &mut Vec<u8>) {
    let least = (8 * (width.div_ceil(8) + HEADERS)).div_ceil(width.max(1)).max(8);
    let mut rest = values;
    while let Some((start, end)) = next_run(rest, least) {
        write_packed(&rest[..start], width, out);
        write_run(rest[start], end - start, width, out);
        rest = &rest[end..];
    }
    match rest.first() {
        Some(first) if is_one(rest, *first) => write_run(*first, rest.len(), width, out),
        _ => write_packed(rest, width, out),
    }
}

/// Begin and end of the first run of at least `least` values; it begins at a
/// multiple of eight, since the values before it are packed in eights.
fn next_run(values: &[u32], least: usize) -> Option<(usize, usize)> {
    let (eights, _) = values.as_chunks::<8>();
    let mut from = 0;
    while let Some(ahead) = eights[from..].iter().position(|eight| is_one(eight, eight[0])) {
        let start = (from + ahead) * 8;
        let same = values[start..].iter().take_while(|value| **value == values[start]).count();
        if same >= least {
            return Some((start, start + same));
        }
        from = (start + same) / 8;
    }
    None
}

fn is_one(values: &[u32], value: u32) -> bool {
    // Without an early exit, so that the compiler vectorises it.
    values.iter().fold(0, |differs, other| differs | (other ^ value)) == 0
}

/// Appends an RLE run of at least one value.
pub(super) fn write_run(value: u32, length: usize, width: usize, out: &mut Vec<u8>) {
    varint::write((length as u64) << 1, out);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8)]);
}

/// Bytes that a run costs besides its value: its own header and that of the
/// values behind it.
const HEADERS: usize = 4;

/// Appends a bit-packed run, padded with zeros to a multiple of eight values.
fn write_packed(values: &[u32], width: usize, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    varint::write((values.len().div_ceil(8) as u64) << 1 | 1, out);
    pack(values, width, out);
}

/// A run as it is stored.
enum Run<'p> {
    /// A value and its run length.
    One(u32, usize),
    /// Bit-packed values, and how many.
    Packed(&'p [u8], usize),
}

/// Passes the runs of `count` values to `take`.
fn runs<'p>(
    mut bytes: &'p [u8],
    width: usize,
    count: usize,
    mut take: impl FnMut(Run<'p>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if width > 32 {
        return Err("indices wider than 32 bits");
    }
    let mut left = count;
    while left > 0 {
        let header =
            usize::try_from(varint::read(&mut bytes)?).map_err(|_| "a run that is too long")?;
        let is_run = header & 1 == 0;
        let length = if is_run { header >> 1 } else { (header >> 1).saturating_mul(8) }.min(left);
        if length == 0 {
            return Err("a run of nothing");
        }
        if is_run {
            let (value, behind) =
                bytes.split_at_checked(width.div_ceil(8)).ok_or("a run that breaks off")?;
            take(Run::One(little_endian(value), length))?;
            bytes = behind;
        } else {
            take(Run::Packed(bytes, length))?;
            bytes = bytes.get((header >> 1).saturating_mul(width)..).unwrap_or_default();
        }
        left -= length;
    }
    Ok(())
}

/// A decoded run.
pub(super) enum Stretch<'v> {
    /// A value and its run length.
    Run(u32, usize),
    /// Unpacked values.
    Packed(&'v [u32]),
}

/// Decodes `count` values and passes them to `take`.
pub(super) fn read(
    bytes: &[u8],
    width: usize,
    count: usize,
    mut take: impl FnMut(Stretch<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    runs(bytes, width, count, |run| match run {
        Run::One(value, length) => take(Stretch::Run(value, length)),
        Run::Packed(packed, length) => {
            unpack_all(packed, width, length, |values| take(Stretch::Packed(values)))
        }
    })
}

/// Fills `out` with values; one that is not below `end` is a fault.
pub(super) fn read_below(
    bytes: &[u8],
    width: usize,
    end: usize,
    out: &mut [u32],
) -> Result<(), Fault> {
    let mut rest = &mut *out;
    let mut check = Check::new(end);
    runs(bytes, width, rest.len(), |run| {
        let length = match run {
            Run::One(_, length) | Run::Packed(_, length) => length,
        };
        let now = rest.split_off_mut(..length).ok_or("a run that is too long")?;
        match run {
            Run::One(value, _) => {
                now.fill(value);
                check.add(&[value]);
            }
            Run::Packed(mut packed, _) => {
                // Checked piece by piece, while a piece is in the L1 cache.
                for piece in now.chunks_mut(PIECE) {
                    packed = unpack_into(packed, width, piece)?;
                    check.add(piece);
                }
            }
        }
        Ok(())
    })?;
    if check.is_passed() { Ok(()) } else { Err("an index beyond its dictionary") }
}

/// Checks that all values are below an end, without a branch per value: the sign
/// of `last - value` tells it, and the signs of many values are combined by OR.
/// Computing the maximum takes three times as long on machines without an
/// instruction for it.
struct Check {
    last: u32,
    signs: u32,
    is_passed: bool,
}

impl Check {
    fn new(end: usize) -> Self {
        let last = u32::try_from(end.saturating_sub(1)).unwrap_or(u32::MAX).min(u32::MAX >> 1);
        Self { last, signs: 0, is_passed: end > 0 }
    }

    fn add(&mut self, values: &[u32]) {
        // For a value from 2^31 on the difference may be positive, but then the value
        // has the sign bit.
        let signs = |signs, value: &u32| signs | self.last.wrapping_sub(*value) | value;
        self.signs = values.iter().fold(self.signs, signs);
    }

    fn is_passed(&self) -> bool {
        self.is_passed && self.signs >> 31 == 0
    }
}

/// The value of all `count` values, if they are a single run.
pub(super) fn constant(mut bytes: &[u8], width: usize, count: usize) -> Result<Option<u32>, Fault> {
    if width > 32 {
        return Err("indices wider than 32 bits");
    }
    let header = varint::read(&mut bytes)?;
    if header & 1 == 1 || header >> 1 < count as u64 {
        return Ok(None);
    }
    let value = bytes.get(..width.div_ceil(8)).ok_or("a run that breaks off")?;
    Ok(Some(little_endian(value)))
}

/// A number in up to 4 bytes.
fn little_endian(bytes: &[u8]) -> u32 {
    let mut word = [0; 4];
    word[..bytes.len()].copy_from_slice(bytes);
    u32::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values_of(bytes: &[u8], width: usize, count: usize) -> Vec<u32> {
        let mut found = vec![0; count];
        read_below(bytes, width, 1 << 31, &mut found).unwrap();
        found
    }

    #[test]
    fn widths_hold_all_numbers_below() {
        let widths = [0, 1, 2, 3, 4, 5, 256, 257, 1 << 19].map(width_for);
        assert_eq!(widths, [0, 0, 1, 2, 2, 3, 8, 9, 19]);
    }

    #[test]
    fn one_value_is_one_run_of_any_length() {
        for (count, length) in [(1, 2), (63, 2), (64, 3), (16_384, 4)] {
            let mut bytes = Vec::new();
            write(&vec![5; count], 3, &mut bytes);
            assert_eq!(bytes.len(), length, "{count}");
            assert_eq!(values_of(&bytes, 3, count), vec![5; count]);
        }
        let mut none = Vec::new();
        write(&[], 3, &mut none);
        assert!(none.is_empty());
    }

    #[test]
    fn what_is_packed_is_one_stretch() {
        let values: Vec<u32> = (0..16_384).map(|n| n * 7 % 1000).collect();
        let mut bytes = Vec::new();
        write(&values, 10, &mut bytes);
        assert_eq!(bytes.len(), 2 + 16_384 * 10 / 8);
        assert_eq!(values_of(&bytes, 10, values.len()), values);
    }

    #[test]
    fn values_beyond_the_end_are_seen() {
        for (end, value, passes) in [
            (1, 0, true),
            (1, 1, false),
            (7, 6, true),
            (7, 7, false),
            (7, u32::MAX, false),
            (7, 1 << 31, false),
            (0, 0, false),
            (1 << 31, u32::MAX >> 1, true),
            (1 << 31, 1 << 31, false),
        ] {
            let mut check = Check::new(end);
            check.add(&[0, value, 0]);
            assert_eq!(check.is_passed(), passes, "{value} of {end}");
        }
    }

    proptest! {
        /// Values of any kind are read back, and take no more space than bit-packed.
        #[test]
        fn values_are_read_again(
            width in 0_usize..31,
            runs in proptest::collection::vec((any::<u32>(), prop_oneof![1_usize..4, 1_usize..100]), 1..60),
        ) {
            let mask = (1_u32 << width) - 1;
            let values: Vec<u32> = runs
                .iter()
                .flat_map(|(value, length)| std::iter::repeat_n(value & mask, *length))
                .collect();
            let mut bytes = Vec::new();
            write(&values, width, &mut bytes);
            prop_assert_eq!(values_of(&bytes, width, values.len()), &values[..]);
            prop_assert!(bytes.len() <= 3 + (values.len() * width).div_ceil(8) + width);
        }
    }
}

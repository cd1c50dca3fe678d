//! Packs numbers of so many bits each, between runs of one value: what
//! `page/packed.rs` reads.
//!
//! Source: Apache Parquet, *Encodings* (RLE/bit-packing hybrid).

/// Bits that hold all numbers below `end`.
pub(super) fn width_for(end: usize) -> usize {
    (usize::BITS - end.saturating_sub(1).leading_zeros()) as usize
}

/// Appends values of `width` bits, up to 32.
///
/// Values stay packed together as far as a run does not save more than the two
/// headers around it, since readers are fastest in long stretches.
pub(super) fn write(values: &[u32], width: usize, out: &mut Vec<u8>) {
    let least = (8 * (width.div_ceil(8) + HEADERS)).div_ceil(width.max(1)).max(8);
    let mut rest = values;
    while let Some((start, end)) = next_run(rest, least) {
        pack(&rest[..start], width, out);
        run(rest[start], end - start, width, out);
        rest = &rest[end..];
    }
    match rest.first() {
        Some(first) if is_one(rest, *first) => run(*first, rest.len(), width, out),
        _ => pack(rest, width, out),
    }
}

/// Where the first run of at least so many values begins and ends, behind values
/// that are packed in eights.
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
    // Bit by bit, which becomes a few vectors; whether it is over is not asked
    // after each.
    values.iter().fold(0, |differs, other| differs | (other ^ value)) == 0
}

/// Appends one value so many times, which are not none.
pub(super) fn run(value: u32, length: usize, width: usize, out: &mut Vec<u8>) {
    varint((length as u64) << 1, out);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8)]);
}

/// Bytes around a run: its own header, and that of the values behind it.
const HEADERS: usize = 4;

/// Appends a stretch of packed values, the lowest bits first, filled up to
/// eights with zeros.
fn pack(values: &[u32], width: usize, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let eights = values.len().div_ceil(8);
    varint((eights as u64) << 1 | 1, out);
    let end = out.len() + eights * width;
    out.reserve(eights * width + size_of::<u32>());
    let (mut word, mut bits) = (0_u64, 0);
    for value in values {
        word |= u64::from(*value) << bits;
        bits += width;
        if bits >= 32 {
            let [a, b, c, d, ..] = word.to_le_bytes();
            out.extend_from_slice(&[a, b, c, d]);
            word >>= 32;
            bits -= 32;
        }
    }
    out.extend_from_slice(&word.to_le_bytes());
    out.resize(end, 0);
}

/// Appends a little-endian base-128 number.
pub(super) fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::page;

    fn read(bytes: &[u8], width: usize, count: usize) -> Vec<u32> {
        let bytes = [&[u8::try_from(width).unwrap()], bytes].concat();
        let mut found = vec![0; count];
        page::codes(&bytes, 1 << 31, &mut found).unwrap();
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
            assert_eq!(read(&bytes, 3, count), vec![5; count]);
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
        assert_eq!(read(&bytes, 10, values.len()), values);
    }

    proptest! {
        /// Whatever the values, their runs and their width, they are read again,
        /// and take no more than packed.
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
            prop_assert_eq!(read(&bytes, width, values.len()), &values[..]);
            prop_assert!(bytes.len() <= 3 + (values.len() * width).div_ceil(8) + width);
        }
    }
}

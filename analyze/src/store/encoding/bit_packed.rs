//! Bit-packed numbers: a fixed number of bits each, concatenated, least
//! significant bits first.
//!
//! Source: Apache Parquet, *Encodings* (bit-packed runs of the RLE hybrid, and the
//! miniblocks of delta encoding).

use super::Fault;

/// Appends values of up to 32 bits each, padded with zeros to a multiple of eight
/// values.
pub(super) fn pack(values: &[u32], width: usize, out: &mut Vec<u8>) {
    let eights = values.len().div_ceil(8);
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

/// Unpacks 32 values of one width.
type Unpack = fn(&[u8], &mut [u32; 32]);

/// One function per width, so that shifts are constants.
const UNPACK: [Unpack; 33] = [
    unpack::<0>,
    unpack::<1>,
    unpack::<2>,
    unpack::<3>,
    unpack::<4>,
    unpack::<5>,
    unpack::<6>,
    unpack::<7>,
    unpack::<8>,
    unpack::<9>,
    unpack::<10>,
    unpack::<11>,
    unpack::<12>,
    unpack::<13>,
    unpack::<14>,
    unpack::<15>,
    unpack::<16>,
    unpack::<17>,
    unpack::<18>,
    unpack::<19>,
    unpack::<20>,
    unpack::<21>,
    unpack::<22>,
    unpack::<23>,
    unpack::<24>,
    unpack::<25>,
    unpack::<26>,
    unpack::<27>,
    unpack::<28>,
    unpack::<29>,
    unpack::<30>,
    unpack::<31>,
    unpack::<32>,
];

/// Bytes behind the values that [`unpack`] may load and ignores.
const BEHIND: usize = 8;

/// Unpacks 32 values of `WIDTH` bits, least significant bits first.
///
/// A value of up to 32 bits is in the 8 bytes from where it begins: one load, one
/// shift, one mask. Eight values end at a byte boundary, and the compiler does
/// not vectorise the loop over eights; a single loop of 32 it does vectorise,
/// which takes twice the time. With 32-bit words it takes three times as long.
#[expect(clippy::cast_possible_truncation, reason = "masked to the width")]
fn unpack<const WIDTH: usize>(packed: &[u8], out: &mut [u32; 32]) {
    let packed = &packed[..WIDTH * 4 + BEHIND];
    let mask = ((1_u64 << WIDTH) - 1) as u32;
    for (eight, values) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let packed = &packed[eight * WIDTH..][..WIDTH + BEHIND];
        for (index, value) in values.iter_mut().enumerate() {
            let (byte, bit) = (index * WIDTH / 8, index * WIDTH % 8);
            let mut word = [0; 8];
            word.copy_from_slice(&packed[byte..byte + 8]);
            *value = (u64::from_le_bytes(word) >> bit) as u32 & mask;
        }
    }
}

/// Values per call of `take`: 1 kB, which stays in the L1 cache while the cost of
/// the call is shared by many.
pub(super) const PIECE: usize = 256;

/// Unpacks `count` values of `width` bits and passes them to `take` in pieces.
pub(super) fn unpack_all(
    packed: &[u8],
    width: usize,
    count: usize,
    mut take: impl FnMut(&[u32]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut values = [0_u32; PIECE];
    let mut rest = packed;
    let mut left = count;
    while left > 0 {
        let now = left.min(PIECE);
        rest = unpack_into(rest, width, &mut values[..now])?;
        take(&values[..now])?;
        left -= now;
    }
    Ok(())
}

/// Fills `out` with unpacked values; returns the bytes behind them.
pub(super) fn unpack_into<'p>(
    packed: &'p [u8],
    width: usize,
    out: &mut [u32],
) -> Result<&'p [u8], Fault> {
    let unpack = UNPACK.get(width).ok_or("values wider than 32 bits")?;
    let taken = width * 4;
    let mut rest = packed;
    let (whole, last) = out.as_chunks_mut::<32>();
    for values in whole {
        if rest.len() >= taken + BEHIND {
            unpack(rest, values);
        } else {
            unpack_last(rest, width, values)?;
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    if !last.is_empty() {
        unpack_last(rest, width, last)?;
    }
    Ok(rest.get((last.len() * width).div_ceil(8)..).unwrap_or_default())
}

/// Unpacks up to 32 values that may be at the end of the input, so that `unpack`
/// could not load behind them.
#[cold]
fn unpack_last(rest: &[u8], width: usize, out: &mut [u32]) -> Result<(), Fault> {
    let unpack = UNPACK.get(width).ok_or("values wider than 32 bits")?;
    if rest.len() * 8 < out.len() * width {
        return Err("packed values that break off");
    }
    let mut padded = [0; 32 * 4 + BEHIND];
    let n = rest.len().min(padded.len());
    padded[..n].copy_from_slice(&rest[..n]);
    let mut values = [0; 32];
    unpack(&padded, &mut values);
    out.copy_from_slice(&values[..out.len()]);
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Packs values, least significant bits first.
    pub(in super::super) fn pack(values: &[u64], width: usize) -> Vec<u8> {
        let mut bytes = vec![0; (values.len() * width).div_ceil(8)];
        for (index, value) in values.iter().enumerate() {
            for bit in (0..width).filter(|bit| value >> bit & 1 == 1) {
                let at = index * width + bit;
                bytes[at / 8] |= 1 << (at % 8);
            }
        }
        bytes
    }

    #[test]
    fn every_width_unpacks_what_was_packed() {
        for width in 0..=32 {
            let mask = (1_u64 << width) - 1;
            let values: Vec<u64> =
                (0..600_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask).collect();
            let packed = pack(&values, width);
            let narrow: Vec<u32> = values.iter().map(|n| u32::try_from(*n).unwrap()).collect();
            let mut written = Vec::new();
            super::pack(&narrow, width, &mut written);
            assert_eq!(written, packed, "{width} bits");
            for count in [0, 1, 31, 32, 33, 72, 255, 256, 257, 600] {
                let mut found = Vec::new();
                unpack_all(&packed[..(count * width).div_ceil(8)], width, count, |piece| {
                    found.extend(piece.iter().map(|value| u64::from(*value)));
                    Ok(())
                })
                .unwrap();
                assert_eq!(found, values[..count], "{width} bits");
            }
        }
    }
}

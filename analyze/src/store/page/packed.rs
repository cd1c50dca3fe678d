//! Packed numbers: so many bits each, alone or between runs of one value.
//!
//! Source: Apache Parquet, *Encodings* (RLE/bit-packing hybrid).

use super::Fault;

/// Values packed to so many bits, 32 of them in as many words.
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

/// Bytes that [`unpack`] may look at behind the values, and leaves alone.
const BEHIND: usize = 8;

/// Unpacks 32 values of `WIDTH` bits, the lowest bits first.
///
/// A value of up to 32 bits is in the 8 bytes from where it begins: one load,
/// one shift, one mask. Eight values end at a byte, so the loop over eights is
/// one that the compiler leaves alone; written as one loop of 32 it makes vectors
/// of it that take twice the time. 32-bit words instead take three times as much.
#[expect(clippy::cast_possible_truncation, reason = "masked to the width")]
fn unpack<const WIDTH: usize>(packed: &[u8], out: &mut [u32; 32]) {
    let packed = &packed[..WIDTH * 4 + BEHIND];
    let mask = ((1_u64 << WIDTH) - 1) as u32;
    for (eight, values) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let packed = &packed[eight * WIDTH..][..WIDTH + BEHIND];
        for (place, value) in values.iter_mut().enumerate() {
            let (byte, bit) = (place * WIDTH / 8, place * WIDTH % 8);
            let mut word = [0; 8];
            word.copy_from_slice(&packed[byte..byte + 8]);
            *value = (u64::from_le_bytes(word) >> bit) as u32 & mask;
        }
    }
}

/// Values that are handed on at once: 1 kB of them, which stays in the innermost
/// cache while a call is spread over many.
const PIECE: usize = 256;

/// Unpacks `count` values of `width` bits and hands them on in pieces.
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

/// Unpacks as many values as there is room for; gives the bytes behind them.
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

/// Unpacks up to 32 values behind which there may be nothing to look at.
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

/// A little-endian base-128 number, taken off the front.
pub(super) fn varint(bytes: &mut &[u8]) -> Result<u64, Fault> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("a number that breaks off")?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number of over 64 bits")
}

/// What a hybrid is made of.
enum Run<'p> {
    /// One value, so many times.
    One(u32, usize),
    /// So many values one after the other, packed.
    Packed(&'p [u8], usize),
}

/// Hands on the runs of a hybrid of `count` values.
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
        let header = usize::try_from(varint(&mut bytes)?).map_err(|_| "a run that is too long")?;
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

/// Values of a hybrid.
pub(super) enum Stretch<'v> {
    /// One value, so many times.
    Run(u32, usize),
    /// Values one after the other.
    Packed(&'v [u32]),
}

/// Reads `count` values of the RLE/bit-packing hybrid and hands them on.
pub(super) fn hybrid(
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

/// Reads as many values of a hybrid as there is room for, all of them below
/// `end`, or it is a fault.
pub(super) fn hybrid_into(
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
                // Looked at while they are in the innermost cache.
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

/// Whether values are below an end, looked at in the end: the sign of a
/// difference tells it, and signs of many can be put together. To look for the
/// largest takes three times as long where a machine has no instruction for it.
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
        // Of a value past 2^31 the difference may have no sign, but it has one.
        let signs = |signs, value: &u32| signs | self.last.wrapping_sub(*value) | value;
        self.signs = values.iter().fold(self.signs, signs);
    }

    fn is_passed(&self) -> bool {
        self.is_passed && self.signs >> 31 == 0
    }
}

/// The value that all `count` values of a hybrid have, if they are one run.
pub(super) fn one_run(mut bytes: &[u8], width: usize, count: usize) -> Result<Option<u32>, Fault> {
    if width > 32 {
        return Err("indices wider than 32 bits");
    }
    let header = varint(&mut bytes)?;
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
pub(super) mod tests {
    use super::*;

    /// Packs values, the lowest bits first.
    pub(in super::super) fn pack(values: &[u64], width: usize) -> Vec<u8> {
        let mut bytes = vec![0; (values.len() * width).div_ceil(8)];
        for (place, value) in values.iter().enumerate() {
            for bit in (0..width).filter(|bit| value >> bit & 1 == 1) {
                let at = place * width + bit;
                bytes[at / 8] |= 1 << (at % 8);
            }
        }
        bytes
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

    #[test]
    fn every_width_unpacks_what_was_packed() {
        for width in 0..=32 {
            let mask = (1_u64 << width) - 1;
            let values: Vec<u64> =
                (0..600_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask).collect();
            let packed = pack(&values, width);
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

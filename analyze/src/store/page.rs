//! Decodes the pages of a column: levels, dictionary indices, packed
//! differences and plain values.
//!
//! The crate's readers go value by value through an iterator of levels; here a
//! page becomes a vector at once, and a page without nulls has no levels to
//! look at. Measured over 10 M flows: `benches/README.md`.
//!
//! Nothing is believed: every length is checked, and what does not fit is an
//! error that names itself.
//!
//! Source: Apache Parquet, *Encodings* (RLE/bit-packing hybrid, delta encoding).

/// What is wrong with a page.
pub(crate) type Fault = &'static str;

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

/// Unpacks 32 values of `WIDTH` bits, the lowest bits first.
#[expect(clippy::cast_possible_truncation, reason = "masked to the width")]
fn unpack<const WIDTH: usize>(packed: &[u8], out: &mut [u32; 32]) {
    let mut words = [0_u32; 33];
    for (word, bytes) in words.iter_mut().zip(packed[..WIDTH * 4].chunks_exact(4)) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    let mask = ((1_u64 << WIDTH) - 1) as u32;
    for (place, value) in out.iter_mut().enumerate() {
        let bit = place * WIDTH;
        let pair = u64::from(words[bit / 32]) | u64::from(words[bit / 32 + 1]) << 32;
        *value = (pair >> (bit % 32)) as u32 & mask;
    }
}

/// Unpacks `count` values of `width` bits and hands them on in pieces.
fn unpack_all(
    packed: &[u8],
    width: usize,
    count: usize,
    mut take: impl FnMut(&[u32]),
) -> Result<(), Fault> {
    let unpack = UNPACK.get(width).ok_or("values wider than 32 bits")?;
    let mut values = [0_u32; 32];
    let mut at = 0;
    let mut left = count;
    while left > 0 {
        let now = left.min(32);
        if let Some(whole) = packed.get(at..at + width * 4) {
            unpack(whole, &mut values);
        } else {
            // The last group of 8 need not fill 32 places.
            let rest = packed.get(at..).unwrap_or_default();
            if rest.len() * 8 < now * width {
                return Err("packed values that break off");
            }
            let mut padded = [0; 128];
            padded[..rest.len()].copy_from_slice(rest);
            unpack(&padded[..width * 4], &mut values);
        }
        take(&values[..now]);
        at += width * 4;
        left -= now;
    }
    Ok(())
}

/// A little-endian base-128 number, taken off the front.
fn varint(bytes: &mut &[u8]) -> Result<u64, Fault> {
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

/// Reads `count` values of the RLE/bit-packing hybrid and hands them on: runs
/// of one value, and pieces of packed ones.
pub(crate) fn hybrid(
    mut bytes: &[u8],
    width: usize,
    count: usize,
    mut run: impl FnMut(u32, usize),
    mut packed: impl FnMut(&[u32]),
) -> Result<(), Fault> {
    if width > 32 {
        return Err("indices wider than 32 bits");
    }
    let mut left = count;
    while left > 0 {
        let header = usize::try_from(varint(&mut bytes)?).map_err(|_| "a run that is too long")?;
        if header & 1 == 0 {
            let length = (header >> 1).min(left);
            if length == 0 {
                return Err("a run of nothing");
            }
            let width_bytes = width.div_ceil(8);
            let value = bytes.get(..width_bytes).ok_or("a run that breaks off")?;
            let mut word = [0; 4];
            word[..width_bytes].copy_from_slice(value);
            run(u32::from_le_bytes(word), length);
            bytes = &bytes[width_bytes..];
            left -= length;
        } else {
            let groups = header >> 1;
            let length = groups.saturating_mul(8).min(left);
            if length == 0 {
                return Err("a run of nothing");
            }
            unpack_all(bytes, width, length, &mut packed)?;
            bytes = bytes.get(groups.saturating_mul(width)..).unwrap_or_default();
            left -= length;
        }
    }
    Ok(())
}

/// Which rows of a page are null: `None` if none is.
///
/// `levels` are the definition levels of an optional column: 0 is null.
pub(crate) fn nulls(levels: &[u8], rows: usize) -> Result<Vec<bool>, Fault> {
    let nulls = std::cell::RefCell::new(Vec::with_capacity(rows));
    hybrid(
        levels,
        1,
        rows,
        |level, length| {
            let mut nulls = nulls.borrow_mut();
            let end = nulls.len() + length;
            nulls.resize(end, level == 0);
        },
        |levels| nulls.borrow_mut().extend(levels.iter().map(|level| *level == 0)),
    )?;
    Ok(nulls.into_inner())
}

/// A type that values of a column are kept in.
pub(crate) trait Value: Copy + Default {
    /// From the 64 bits of a stored value; what does not fit is cut off.
    fn cut(value: u64) -> Self;
}

#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
mod values {
    use super::Value;

    impl Value for u8 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u16 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u32 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u64 {
        fn cut(value: u64) -> Self {
            value
        }
    }
}

/// Values of a dictionary, by indices.
pub(crate) fn by_dictionary<V: Value>(
    bytes: &[u8],
    count: usize,
    dictionary: &[V],
    out: &mut Vec<V>,
) -> Result<(), Fault> {
    if count == 0 {
        return Ok(());
    }
    let (width, bytes) = bytes.split_first().ok_or("indices without a width")?;
    let beyond = std::cell::Cell::new(0);
    let out = std::cell::RefCell::new(out);
    let last = dictionary.len().checked_sub(1).ok_or("a dictionary of nothing")?;
    let value = |index: u32| {
        let index = index as usize;
        beyond.set(beyond.get().max(index));
        dictionary[index.min(last)]
    };
    hybrid(
        bytes,
        (*width).into(),
        count,
        |index, length| {
            let mut out = out.borrow_mut();
            let end = out.len() + length;
            out.resize(end, value(index));
        },
        |indices| out.borrow_mut().extend(indices.iter().map(|index| value(*index))),
    )?;
    if beyond.get() > last { Err("an index beyond its dictionary") } else { Ok(()) }
}

/// Values stored one after the other, `bytes_each` little-endian bytes each.
pub(crate) fn plain<V: Value>(
    bytes: &[u8],
    bytes_each: usize,
    count: usize,
    out: &mut Vec<V>,
) -> Result<(), Fault> {
    let length = count.checked_mul(bytes_each).ok_or("too many values")?;
    let bytes = bytes.get(..length).ok_or("values that break off")?;
    out.extend(bytes.chunks_exact(bytes_each).map(|bytes| {
        let mut word = [0; 8];
        word[..bytes_each].copy_from_slice(bytes);
        V::cut(u64::from_le_bytes(word))
    }));
    Ok(())
}

/// Texts stored one after the other, each after its length.
pub(crate) fn plain_texts(mut bytes: &[u8], count: usize) -> Result<Vec<&str>, Fault> {
    let mut texts = Vec::with_capacity(count.min(bytes.len() / 4));
    for _ in 0..count {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or("texts that break off")?;
        let length = u32::from_le_bytes(*length) as usize;
        let text = rest.get(..length).ok_or("a text that breaks off")?;
        texts.push(std::str::from_utf8(text).map_err(|_| "a text that is not UTF-8")?);
        bytes = &rest[length..];
    }
    Ok(texts)
}

/// Packed differences (`DELTA_BINARY_PACKED`).
///
/// Values of 32 bits wrap at 32 bits, so sums are cut to the width of `V`.
pub(crate) fn differences<V: Value>(
    mut bytes: &[u8],
    count: usize,
    out: &mut Vec<V>,
) -> Result<(), Fault> {
    let block = usize::try_from(varint(&mut bytes)?).map_err(|_| "a block that is too long")?;
    let minis = usize::try_from(varint(&mut bytes)?).map_err(|_| "too many miniblocks")?;
    let total = varint(&mut bytes)?;
    if total < count as u64 {
        return Err("fewer differences than rows");
    }
    let mut value = zigzag(varint(&mut bytes)?);
    if count == 0 {
        return Ok(());
    }
    let each = block.checked_div(minis).ok_or("no miniblocks")?;
    if each == 0 || each % 32 != 0 || each.checked_mul(minis) != Some(block) || block > 1 << 20 {
        return Err("miniblocks of an odd length");
    }
    out.push(V::cut(value));
    let mut left = count - 1;
    while left > 0 {
        let least = zigzag(varint(&mut bytes)?);
        let widths = bytes.get(..minis).ok_or("widths that break off")?;
        bytes = &bytes[minis..];
        for width in widths.iter().map(|width| usize::from(*width)) {
            if left == 0 {
                break;
            }
            let now = left.min(each);
            if width <= 32 {
                unpack_all(bytes, width, now, |piece| {
                    out.extend(piece.iter().map(|difference| {
                        value = value.wrapping_add(least).wrapping_add((*difference).into());
                        V::cut(value)
                    }));
                })?;
            } else {
                wide(bytes, width, now, |difference| {
                    value = value.wrapping_add(least).wrapping_add(difference);
                    out.push(V::cut(value));
                })?;
            }
            bytes = bytes.get(each * width / 8..).unwrap_or_default();
            left -= now;
        }
    }
    Ok(())
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
    use proptest::prelude::*;

    use super::*;

    /// Packs values, the lowest bits first.
    fn pack(values: &[u64], width: usize) -> Vec<u8> {
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
    fn every_width_unpacks_what_was_packed() {
        for width in 0..=64 {
            let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
            let values: Vec<u64> =
                (0..72_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask).collect();
            let packed = pack(&values, width);
            let mut found = Vec::new();
            if width <= 32 {
                unpack_all(&packed, width, 72, |piece| {
                    found.extend(piece.iter().map(|value| u64::from(*value)));
                })
                .unwrap();
            } else {
                wide(&packed, width, 72, |value| found.push(value)).unwrap();
            }
            assert_eq!(found, values, "{width} bits");
        }
    }

    #[test]
    fn runs_and_packed_values_come_in_order() {
        // A run of four 7s, then a group of 8 packed in 3 bits.
        let mut bytes = vec![4 << 1, 7, (1 << 1) | 1];
        bytes.extend(pack(&[0, 1, 2, 3, 4, 5, 6, 7], 3));
        let mut found = Vec::new();
        bytes.insert(0, 3);
        by_dictionary(&bytes, 10, &[0_u32, 1, 2, 3, 4, 5, 6, 7], &mut found).unwrap();
        assert_eq!(found, [7, 7, 7, 7, 0, 1, 2, 3, 4, 5]);
        assert_eq!(
            by_dictionary(&bytes, 10, &[1_u8, 2], &mut Vec::new()),
            Err("an index beyond its dictionary")
        );
    }

    proptest! {
        /// Whatever the bytes are, an answer or an error comes.
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), count in 0_usize..500) {
            let _ = nulls(&bytes, count);
            let _ = by_dictionary(&bytes, count, &[1_u16, 2, 3], &mut Vec::new());
            let _ = differences::<u64>(&bytes, count, &mut Vec::new());
            let _ = differences::<u32>(&bytes, count, &mut Vec::new());
            let _ = plain::<u32>(&bytes, 4, count, &mut Vec::new());
            let _ = plain_texts(&bytes, count);
        }
    }
}

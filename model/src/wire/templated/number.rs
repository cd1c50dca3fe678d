//! The bytes of a value as a number, a time or text.

use std::borrow::Cow;

/// Seconds from 1900-01-01 to 1970-01-01.
const SECONDS_1900_TO_1970: u64 = 2_208_988_800;

/// A number in as many bytes as the template gave it: `None` without bytes.
///
/// # Errors
/// If it needs more than 64 bits.
#[inline]
pub(super) fn number(bytes: &[u8]) -> Result<Option<u64>, TooLarge> {
    // The common lengths, without a loop.
    match *bytes {
        [] => return Ok(None),
        [a] => return Ok(Some(a.into())),
        [a, b] => return Ok(Some(u16::from_be_bytes([a, b]).into())),
        [a, b, c, d] => return Ok(Some(u32::from_be_bytes([a, b, c, d]).into())),
        _ => {}
    }
    let start = bytes.len().saturating_sub(8);
    let (high, low) = bytes.split_at(start);
    if high.iter().any(|byte| *byte != 0) {
        return Err(TooLarge);
    }
    let mut whole = [0; 8];
    whole[8 - low.len()..].copy_from_slice(low);
    Ok(Some(u64::from_be_bytes(whole)))
}

/// A number of more than 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Milliseconds since 1970 of a time of NTP: 32 bits of seconds since 1900, 32
/// bits of a fraction. Seconds before 1970 are those after 2036, when the count
/// begins anew.
///
/// The fraction is rounded to microseconds before it is cut to milliseconds:
/// exporters cut it themselves, to the bits that their clock has.
pub(super) fn ntp_ms(ntp: u64) -> u64 {
    let (seconds, fraction) = (ntp >> 32, ntp & 0xffff_ffff);
    let micros = (fraction * 1_000_000 + (1 << 31)) >> 32;
    let era = if seconds < SECONDS_1900_TO_1970 { 1 << 32 } else { 0 };
    (seconds + era - SECONDS_1900_TO_1970) * 1000 + micros / 1000
}

/// Text without the zeros that fill it up.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_any_length() {
        for (bytes, expected) in [
            (&[][..], Ok(None)),
            (&[9], Ok(Some(9))),
            (&[1, 0x11, 0x70], Ok(Some(70_000))),
            (&[255; 8], Ok(Some(u64::MAX))),
            (&[0, 0, 1, 2, 3, 4, 5, 6, 7, 8], Ok(Some(0x0102_0304_0506_0708))),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 0], Err(TooLarge)),
        ] {
            assert_eq!(number(bytes), expected, "{bytes:?}");
        }
    }

    /// 2019-05-14T08:26:39.749Z, and the turn of the era in 2036.
    #[test]
    fn ntp_counts_from_1900() {
        let seconds = 1_557_822_399 + SECONDS_1900_TO_1970;
        assert_eq!(ntp_ms((seconds << 32) + 3_216_930_504), 1_557_822_399_749);
        assert_eq!(ntp_ms(0xffff_ffff << 32), 2_085_978_495_000);
        assert_eq!(ntp_ms(0), 2_085_978_496_000);
    }

    #[test]
    fn text_ends_at_a_zero() {
        assert_eq!(text(b"TenGigE0_0\0\0\0"), "TenGigE0_0");
        assert_eq!(text(b"lo"), "lo");
        assert_eq!(text(&[0xff, 0]), "\u{fffd}");
    }
}

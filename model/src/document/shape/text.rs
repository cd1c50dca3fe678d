//! Values of JSON as they are usually written, eight bytes at a time.
//!
//! What is not in that form is `None` and left to the JSON reader: nothing here
//! accepts what that one would refuse. A loop over bytes ends at a place that
//! the processor cannot foretell for each value; arithmetic on words has no
//! such place.

use std::net::Ipv6Addr;

use crate::address::Address;

/// A byte eight times.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The top bit of each byte.
const TOP: u64 = all(0x80);

/// The first eight bytes, the first one lowest.
#[inline]
fn word(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The top bit of each byte that is no digit, given the word exclusive-or'ed
/// with zeros of ASCII. No sum carries into the next byte.
#[inline]
const fn no_digits(values: u64) -> u64 {
    (((values & !TOP) + all(0x7f - 9)) | values) & TOP
}

/// How many bytes come before the first marked one.
#[inline]
fn before(marks: u64) -> usize {
    (marks.trailing_zeros() / 8) as usize
}

/// The top bit of each byte that is zero; bytes after the first one may be
/// marked wrongly.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(all(1)) & !word & TOP
}

/// Length of a string without escapes, up to its quote, and whether it may hold
/// bytes that are no ASCII.
#[inline]
fn string(text: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut tops) = (0, 0);
    while let Some(word) = word(&text[at..]) {
        // Below a blank, and no byte above ASCII.
        let controls = word.wrapping_sub(all(0x20)) & !word & TOP;
        let ends = zeros(word ^ all(b'"')) | zeros(word ^ all(b'\\')) | controls;
        if ends != 0 {
            let end = at + before(ends);
            return (text[end] == b'"').then_some((end, (tops | word) & TOP != 0));
        }
        tops |= word;
        at += 8;
    }
    let rest = &text[at..];
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    (rest[end] == b'"').then_some((at + end, true))
}

/// Length of a string without escapes, up to its quote.
#[inline]
pub(super) fn string_end(text: &[u8]) -> Option<usize> {
    string(text).map(|(end, _)| end)
}

/// A string without escapes, up to its quote.
#[inline]
pub(super) fn plain_string(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(&text[..string_end(text)?]).ok()
}

/// The bytes of one, which are UTF-8.
#[inline]
pub(super) fn plain_bytes(text: &[u8]) -> Option<&[u8]> {
    let (end, is_wide) = string(text)?;
    let bytes = &text[..end];
    (!is_wide || std::str::from_utf8(bytes).is_ok()).then_some(bytes)
}

/// A string without escapes that has something in it and no blanks around that.
#[inline]
pub(super) fn trimmed_string(text: &[u8]) -> Option<&str> {
    let (end, is_wide) = string(text)?;
    let bytes = &text[..end];
    let has_blanks = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    if bytes.is_empty() || has_blanks {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    (!is_wide || text.trim().len() == text.len()).then_some(text)
}

/// A number without sign, fraction or leading zero, that fits.
#[inline]
pub(super) fn digits(text: &[u8]) -> Option<(u64, usize)> {
    let Some(word) = word(text) else { return digits_one_by_one(text) };
    let values = word ^ all(b'0');
    let length = before(no_digits(values));
    if length == 8 {
        return digits_one_by_one(text);
    }
    let next = word >> (8 * length) & 0xff;
    let has_more = [b'.', b'e', b'E'].iter().any(|byte| next == u64::from(*byte));
    let leading_zero = length > 1 && values.trailing_zeros() >= 8;
    if length == 0 || leading_zero || has_more {
        return None;
    }
    Some((number(values << (64 - 8 * length)), length))
}

/// The number that eight digits are, the first one lowest.
#[inline]
const fn number(values: u64) -> u64 {
    let pairs = (values.wrapping_mul(1 + (10 << 8)) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(1 + (100 << 16)) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(1 + (10_000 << 32)) >> 32
}

fn digits_one_by_one(text: &[u8]) -> Option<(u64, usize)> {
    let (mut value, mut length) = (0_u64, 0);
    while let Some(digit) =
        text.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9)
    {
        // 19 digits always fit.
        if length == 19 {
            return None;
        }
        value = value * 10 + u64::from(digit);
        length += 1;
    }
    let leading_zero = length > 1 && text[0] == b'0';
    (length > 0 && !leading_zero && !matches!(text.get(length), Some(b'.' | b'e' | b'E')))
        .then_some((value, length))
}

/// Length of a number without exponent.
pub(super) fn number_end(text: &[u8]) -> Option<usize> {
    let sign = usize::from(text.first() == Some(&b'-'));
    let whole = n_digits(&text[sign..]);
    if whole == 0 || (whole > 1 && text[sign] == b'0') {
        return None;
    }
    let end = sign + whole;
    match text.get(end) {
        Some(b'.') => match n_digits(&text[end + 1..]) {
            0 => None,
            decimals if matches!(text.get(end + 1 + decimals), Some(b'e' | b'E')) => None,
            decimals => Some(end + 1 + decimals),
        },
        Some(b'e' | b'E') => None,
        _ => Some(end),
    }
}

/// How many digits the text begins with.
fn n_digits(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(word) = word(&text[at..]) {
        let marks = no_digits(word ^ all(b'0'));
        if marks != 0 {
            return at + before(marks);
        }
        at += 8;
    }
    at + text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Length of a list of numbers and of strings without escapes, without blanks.
pub(super) fn list_end(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"[]") {
        return Some(2);
    }
    let mut at = 0;
    let mut before = b'[';
    loop {
        (text.get(at) == Some(&before)).then_some(())?;
        at += 1;
        at += match text.get(at)? {
            b'"' => string_end(&text[at + 1..])? + 2,
            _ => number_end(&text[at..])?,
        };
        match text.get(at)? {
            b']' => return Some(at + 1),
            _ => before = b',',
        }
    }
}

/// An address up to its quote.
#[inline]
pub(super) fn address(text: &[u8]) -> Option<(Address, usize)> {
    match ipv4(text) {
        Some((bits, length)) => Some((Address::from_bits(bits), length)),
        None => ipv6(text),
    }
}

/// An IPv6 address up to its quote.
#[inline(never)]
fn ipv6(text: &[u8]) -> Option<(Address, usize)> {
    const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();
    let length = text.iter().take(LONGEST + 1).position(|byte| *byte == b'"')?;
    let address: Ipv6Addr = std::str::from_utf8(&text[..length]).ok()?.parse().ok()?;
    Some((address.into(), length))
}

/// A dotted IPv4 address up to its quote.
#[inline]
fn ipv4(text: &[u8]) -> Option<(u32, usize)> {
    // The longest is 15 bytes and its quote.
    let bytes = text.first_chunk::<16>().copied().unwrap_or_else(|| {
        let mut bytes = [0; 16];
        let shorter = text.len().min(16);
        bytes[..shorter].copy_from_slice(&text[..shorter]);
        bytes
    });
    let (mut value, mut rest) = (0_u64, u128::from_le_bytes(bytes));
    for byte_after in [b'.', b'.', b'.', b'"'] {
        let (octet, length) = octet(u64::try_from(rest & 0xffff_ffff).ok()?)?;
        if rest >> (8 * length) & 0xff != u128::from(byte_after) {
            return None;
        }
        value = value << 8 | octet;
        rest >>= 8 * (length + 1);
    }
    Some((u32::try_from(value).ok()?, quote(bytes)))
}

/// Where the first quote is. It is also where the last octet ends; but the next
/// value need not wait for the octets, whose places depend on each other.
#[inline]
fn quote(bytes: [u8; 16]) -> usize {
    let word = u128::from_le_bytes(bytes) ^ u128::from_le_bytes([b'"'; 16]);
    let marks =
        word.wrapping_sub(u128::from_le_bytes([1; 16])) & !word & u128::from_le_bytes([0x80; 16]);
    (marks.trailing_zeros() / 8) as usize
}

/// The number up to 255 without leading zero that four bytes begin with.
#[inline]
fn octet(bytes: u64) -> Option<(u64, usize)> {
    let values = bytes ^ all(b'0');
    let length = before(no_digits(values) & 0xffff_ffff);
    if length == 0 || length > 3 {
        return None;
    }
    let leading_zero = length > 1 && values.trailing_zeros() >= 8;
    let placed = (values << (32 - 8 * length)) & 0xffff_ff00;
    let octet = (placed >> 24) + 10 * (placed >> 16 & 0xff) + 100 * (placed >> 8 & 0xff);
    (octet <= 255 && !leading_zero).then_some((octet, length))
}

/// Milliseconds since midnight of `07:17:49.230`.
#[inline]
pub(super) fn clock_ms(text: &[u8; 12]) -> Option<u64> {
    let digit = |place: usize| text[place].wrapping_sub(b'0');
    let two = |place| u64::from(digit(place)) * 10 + u64::from(digit(place + 1));
    let (hour, minute, second) = (two(0), two(3), two(6));
    let ms = two(9) * 10 + u64::from(digit(11));
    let are_digits =
        [0, 1, 3, 4, 6, 7, 9, 10, 11].iter().fold(true, |all, place| all & (digit(*place) <= 9));
    let are_separated = [text[2], text[5], text[8]] == *b"::.";
    let is_time = hour <= 23 && minute <= 59 && second <= 59;
    (are_digits && are_separated && is_time)
        .then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Strings, numbers and addresses of every length in a text that goes on or
    /// ends, held against plain loops.
    fn check(text: &[u8]) {
        let end = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
        let end = end.filter(|end| text[*end] == b'"');
        assert_eq!(string_end(text), end, "{text:?}");
        let plain = end.and_then(|end| std::str::from_utf8(&text[..end]).ok());
        assert_eq!(plain_bytes(text), plain.map(str::as_bytes), "{text:?}");
        let trimmed = plain.filter(|plain| !plain.is_empty() && plain.trim() == *plain);
        assert_eq!(trimmed_string(text), trimmed, "{text:?}");
        assert_eq!(digits(text), digits_one_by_one(text), "{text:?}");
        assert_eq!(n_digits(text), text.iter().take_while(|byte| byte.is_ascii_digit()).count());
        let read = plain.and_then(|plain| plain.parse::<std::net::IpAddr>().ok());
        let read = read.map(|address| (address.into(), end.unwrap_or_default()));
        assert_eq!(address(text), read, "{text:?}");
    }

    #[test]
    fn words_read_what_loops_read() {
        for text in [
            "0",
            "00",
            "07",
            "7.5",
            "7e1",
            "7E1",
            "7,",
            "1234567,",
            "12345678,",
            "12345678.",
            "1234567.8",
            "18446744073709551615,",
            "9999999999999999999,",
            "99999999999999999999,",
            "-1",
            "\"",
            " a\"",
            "a \"",
            "\u{a0}a\"",
            "é\",é",
            "12345678\\\"",
            "1234567\u{1f}\"",
            "1.2.3.4\"",
            "255.255.255.255\"",
            "256.1.1.1\"",
            "1.2.3\"",
            "01.2.3.4\"",
            "1..3.4\"",
            "1.2.3.4.5\"",
            "1.2.3.4",
            "1.2.3.4 \"",
            "1234.2.3.4\"",
            "0.0.0.0\"",
            "1.2.3.00\"",
        ] {
            for more in ["", "x", "\"tail\" and \\ more", "0123456789abcdef"] {
                let text = format!("{text}{more}");
                (0..=text.len()).for_each(|end| check(&text.as_bytes()[..end]));
            }
        }
        for length in 0..40 {
            for odd in [b'"', b'\\', 0x1f, 0x20, 0x7f, 0x80, 0xa2, 0xdc, 0xff, b'0', b'/', b':'] {
                for place in 0..=length {
                    for fill in [b'a', b'7', 0xc3] {
                        let mut text = vec![fill; length];
                        text.insert(place, odd);
                        text.push(b'"');
                        check(&text);
                    }
                }
            }
        }
    }

    #[test]
    fn clocks_are_read_in_one_form_only() {
        for (text, expected) in [
            (b"07:17:49.230", Some(((7 * 60 + 17) * 60 + 49) * 1000 + 230)),
            (b"00:00:00.000", Some(0)),
            (b"23:59:59.999", Some(86_399_999)),
            (b"24:00:00.000", None),
            (b"23:60:00.000", None),
            (b"23:00:60.000", None),
            (b"0a:00:00.000", None),
            (b"00:00:00,000", None),
            (b"00-00:00.000", None),
            (b"00:00:00.00/", None),
        ] {
            assert_eq!(clock_ms(text), expected);
        }
    }

    proptest! {
        #[test]
        fn words_read_what_loops_read_of_anything(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            check(&text);
        }

        #[test]
        fn numbers_of_every_length_are_read(number in any::<u64>(), shift in 0..64, after in "[,}.eE\"x]{0,9}") {
            check(format!("{}{after}", number >> shift).as_bytes());
        }
    }
}

//! TCP flags: one byte, eight flags, written as letters in fixed places.
//!
//! A flow's flags are the OR over all its packets, so `SF` says that both the
//! first and the last packet of a connection were seen, not in what order.
//!
//! | letter | C | E | U | A | P | R | S | F |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | flag | CWR | ECE | URG | ACK | PSH | RST | SYN | FIN |
//! | bit | 128 | 64 | 32 | 16 | 8 | 4 | 2 | 1 |
//!
//! nfdump 1.7 always writes eight places. flowkit writes the last six, and all
//! eight only where C or E is set, because those two are rare and the column is
//! read far more often without them.
//!
//! Source: RFC 9293, section 3.1 (control bits).

use std::fmt;

/// Letters from the highest bit to the lowest.
const LETTERS: [char; 8] = ['C', 'E', 'U', 'A', 'P', 'R', 'S', 'F'];

/// CWR and ECE, the two bits that widen the text to eight places.
const WIDE: u8 = 0b1100_0000;

/// Flags that print as letters, such as `.AP.SF` for 27.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpFlags(pub u8);

impl fmt::Display for TcpFlags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = if self.0 & WIDE == 0 { 2 } else { 0 };
        let mut text = String::with_capacity(LETTERS.len());
        for (place, letter) in LETTERS.into_iter().enumerate().skip(skipped) {
            let is_set = self.0 & (0x80 >> place) != 0;
            text.push(if is_set { letter } else { '.' });
        }
        formatter.pad(&text)
    }
}

/// The flags as text: six places `UAPRSF`, eight `CEUAPRSF` if C or E is set;
/// a dot where a flag is not set.
#[must_use]
pub fn tcp_flags(flags: u8) -> String {
    TcpFlags(flags).to_string()
}

/// Mask of the letters given, in any order and case; `SA` is 0x12.
///
/// Dots and a repeated letter change nothing, so what [`tcp_flags`] writes
/// can be read back. `None` if there is any other character or no character.
#[must_use]
pub fn parse_tcp_flags(letters: &str) -> Option<u8> {
    let bit = |letter: char| {
        let place = LETTERS.iter().position(|known| known.eq_ignore_ascii_case(&letter));
        place.map(|place| 0x80 >> place).or((letter == '.').then_some(0))
    };
    if letters.is_empty() {
        return None;
    }
    letters.chars().try_fold(0, |mask, letter| Some(mask | bit(letter)?))
}

/// The names of the flags, as `LETTERS` has their letters.
const NAMES: [&str; 8] = ["CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"];

/// Mask of flags by name, in any order and case, with anything but letters
/// between them: `FIN-SYN-PSH-ACK` is 27, `none` is 0.
///
/// `None` if there is any other word or no word.
#[must_use]
pub fn parse_tcp_flag_names(names: &str) -> Option<u8> {
    let words = names.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let mut mask = None;
    for word in words {
        let place = NAMES.iter().position(|known| known.eq_ignore_ascii_case(word));
        let bit = place.map(|place| 0x80_u8 >> place);
        let bit = bit.or_else(|| word.eq_ignore_ascii_case("none").then_some(0))?;
        mask = Some(mask.unwrap_or(0) | bit);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_order_and_case() {
        for (names, expected) in [
            ("FIN-SYN-PSH-ACK", Some(27)),
            ("ack,psh,syn,fin", Some(27)),
            ("SYN", Some(2)),
            ("CWR ECE", Some(0xc0)),
            ("none", Some(0)),
            ("", None),
            ("-", None),
            ("SYN-XXX", None),
        ] {
            assert_eq!(parse_tcp_flag_names(names), expected, "{names}");
        }
    }

    #[test]
    fn six_places_until_c_or_e_is_set() {
        let cases = [
            (0, "......"),
            (27, ".AP.SF"),
            (2, "....S."),
            (0x12, ".A..S."),
            (63, "UAPRSF"),
            (64, ".E......"),
            (128, "C......."),
            (255, "CEUAPRSF"),
            (0xc2, "CE....S."),
        ];
        for (flags, text) in cases {
            assert_eq!(tcp_flags(flags), text);
        }
    }

    #[test]
    fn every_value_reads_back() {
        for flags in 0..=255 {
            assert_eq!(parse_tcp_flags(&tcp_flags(flags)), Some(flags));
        }
    }

    #[test]
    fn letters_in_any_order_and_case() {
        assert_eq!(parse_tcp_flags("SA"), Some(0x12));
        assert_eq!(parse_tcp_flags("as"), Some(0x12));
        assert_eq!(parse_tcp_flags("SS"), Some(2));
        assert_eq!(parse_tcp_flags("AFRPU"), Some(0x3d));
        assert_eq!(parse_tcp_flags(""), None);
        assert_eq!(parse_tcp_flags("SX"), None);
        assert_eq!(parse_tcp_flags("2"), None);
    }

    #[test]
    fn pads_as_a_column() {
        assert_eq!(format!("{:>9}|", TcpFlags(2)), "   ....S.|");
    }
}

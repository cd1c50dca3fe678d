//! The bytes of a value as text for people, by what they are.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::element::Kind;
use super::number::{ntp_ms, number, text};
use crate::names::mac_text;
use crate::time::format_ms;

impl Kind {
    /// The value of some bytes, for people; nothing where the bytes say all there is to
    /// say, or are not of this kind. Text is as it was sent, and may hold anything.
    #[must_use]
    pub fn text(self, bytes: &[u8]) -> Option<String> {
        let number = number(bytes).ok().flatten();
        match self {
            Self::Number => number.map(|number| number.to_string()),
            Self::Ipv4 => <[u8; 4]>::try_from(bytes).ok().map(|it| Ipv4Addr::from(it).to_string()),
            Self::Ipv6 => <[u8; 16]>::try_from(bytes).ok().map(|it| Ipv6Addr::from(it).to_string()),
            Self::Mac => number.filter(|_| bytes.len() == 6).map(mac_text),
            Self::Text => Some(text(bytes).into_owned()),
            Self::Octets => None,
            Self::Seconds => number.and_then(|s| s.checked_mul(1000)).map(format_ms),
            Self::Milliseconds => number.map(format_ms),
            Self::Ntp => number.filter(|_| bytes.len() == 8).map(|ntp| format_ms(ntp_ms(ntp))),
            Self::Uptime => number.map(|ms| format!("{ms} ms of uptime")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_units() {
        for (kind, bytes, expected) in [
            (Kind::Number, &[1, 0][..], Some("256")),
            (Kind::Number, &[], None),
            (Kind::Number, &[1; 9], None),
            (Kind::Ipv4, &[192, 0, 2, 1], Some("192.0.2.1")),
            (Kind::Ipv4, &[192, 0, 2], None),
            (Kind::Mac, &[2, 0, 0, 0, 0, 255], Some("02:00:00:00:00:ff")),
            (Kind::Text, b"Gi0/1\0\0", Some("Gi0/1")),
            (Kind::Octets, &[1], None),
            (Kind::Seconds, &[92, 218, 117, 128], Some("2019-05-14T08:00:00.000Z")),
            (Kind::Seconds, &[255; 8], None),
            (Kind::Uptime, &[0, 0, 1, 0], Some("256 ms of uptime")),
        ] {
            assert_eq!(kind.text(bytes).as_deref(), expected, "{kind:?} {bytes:?}");
        }
        let ipv6 = Kind::Ipv6.text(&[32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(ipv6.as_deref(), Some("2001:db8::1"));
        for length in 0..20 {
            for kind in [Kind::Milliseconds, Kind::Ntp, Kind::Seconds, Kind::Uptime, Kind::Mac] {
                let _ = kind.text(&[255; 20][..length]);
            }
        }
    }
}

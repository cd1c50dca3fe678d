//! The bytes before the sets: 20 of version 9, 16 of IPFIX; and what is no
//! datagram of either.
//!
//! Sources: RFC 3954, section 5.1; RFC 7011, section 3.1.

use crate::wire::bytes_at;

/// Milliseconds in a second.
const SECOND_MS: u64 = 1000;

/// Which of the two formats a datagram is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// NetFlow version 9.
    V9,
    /// IPFIX, which calls itself version 10.
    Ipfix,
}

impl Version {
    /// The number that opens a datagram: 9 or 10.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::V9 => 9,
            Self::Ipfix => 10,
        }
    }

    /// The version of a number; `None` if it is another.
    #[must_use]
    pub const fn of(number: u16) -> Option<Self> {
        match number {
            9 => Some(Self::V9),
            10 => Some(Self::Ipfix),
            _ => None,
        }
    }

    /// Bytes of the header.
    #[must_use]
    pub const fn header_length(self) -> usize {
        match self {
            Self::V9 => 20,
            Self::Ipfix => 16,
        }
    }
}

/// Why some bytes are no datagram of version 9 or IPFIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotTemplated {
    /// No bytes, or one: not even a version.
    #[error("a datagram of {length} bytes has no version")]
    NoVersion {
        /// Bytes there are.
        length: usize,
    },
    /// Another format, such as 5.
    #[error("version {version}, not 9 or 10")]
    OtherVersion {
        /// The first two bytes.
        version: u16,
    },
    /// One of the two, but fewer bytes than a header.
    #[error("cut short in the header: {length} of {} bytes", version.header_length())]
    CutInHeader {
        /// Which of the two.
        version: Version,
        /// Bytes there are.
        length: usize,
    },
}

impl NotTemplated {
    /// Name in json.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoVersion { .. } => "no_version",
            Self::OtherVersion { .. } => "other_version",
            Self::CutInHeader { .. } => "cut_in_header",
        }
    }
}

/// The header as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Which of the two formats.
    pub version: Version,
    /// Version 9: records that follow, those of templates too. Some routers
    /// count flowsets instead, so nothing is read by it.
    pub count: Option<u16>,
    /// IPFIX: bytes of the datagram, those of the header too.
    pub length: Option<u16>,
    /// Version 9: milliseconds since the router started, modulo 2³².
    pub sys_uptime_ms: Option<u32>,
    /// The router's clock at export: seconds since 1970-01-01 UTC.
    pub unix_secs: u32,
    /// Version 9: datagrams that this source id had sent before. IPFIX: data
    /// records, those of options too, that this domain had sent before. Both
    /// modulo 2³².
    pub sequence: u32,
    /// The source id of version 9, the observation domain of IPFIX: what of an
    /// exporter the numbers of templates belong to.
    pub domain: u32,
}

impl Header {
    /// Reads the header of a datagram.
    ///
    /// # Errors
    /// If it is of another version, or too short.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotTemplated> {
        let Some((number, _)) = bytes.split_first_chunk() else {
            return Err(NotTemplated::NoVersion { length: bytes.len() });
        };
        let number = u16::from_be_bytes(*number);
        let version = Version::of(number).ok_or(NotTemplated::OtherVersion { version: number })?;
        if bytes.len() < version.header_length() {
            return Err(NotTemplated::CutInHeader { version, length: bytes.len() });
        }
        let word = |offset| u32::from_be_bytes(bytes_at(bytes, offset));
        let second = u16::from_be_bytes(bytes_at(bytes, 2));
        Ok(match version {
            Version::V9 => Self {
                version,
                count: Some(second),
                length: None,
                sys_uptime_ms: Some(word(4)),
                unix_secs: word(8),
                sequence: word(12),
                domain: word(16),
            },
            Version::Ipfix => Self {
                version,
                count: None,
                length: Some(second),
                sys_uptime_ms: None,
                unix_secs: word(4),
                sequence: word(8),
                domain: word(12),
            },
        })
    }

    /// Time of export in milliseconds since 1970-01-01 UTC: `@timestamp`, a
    /// whole second.
    #[must_use]
    pub fn export_ms(&self) -> u64 {
        u64::from(self.unix_secs) * SECOND_MS
    }

    /// The time of an uptime, in milliseconds since 1970-01-01 UTC; unknown
    /// without an uptime to compare it with, and if it is before 1970.
    ///
    /// Version 9 gives the uptime of the export. IPFIX does not: there it
    /// follows from `boot_ms`, the time of the start, if an exporter told that
    /// (`systemInitTimeMilliseconds`). The difference of the two is wrapped to
    /// 32 bits and read as a signed number, as that of version 5.
    #[must_use]
    pub fn time_ms(&self, uptime_ms: u32, boot_ms: Option<u64>) -> Option<u64> {
        let export_ms = self.export_ms();
        let now_ms = match self.sys_uptime_ms {
            Some(sys_uptime_ms) => sys_uptime_ms,
            None => wrapped(export_ms.wrapping_sub(boot_ms?)),
        };
        let age_ms = now_ms.wrapping_sub(uptime_ms).cast_signed();
        u64::try_from(export_ms.cast_signed() - i64::from(age_ms)).ok()
    }
}

/// The lower 32 bits, as an uptime has them.
#[expect(clippy::cast_possible_truncation, reason = "an uptime is a number modulo 2³²")]
fn wrapped(ms: u64) -> u32 {
    ms as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const V9: [u8; 20] = [0, 9, 0, 3, 0, 0, 5, 220, 92, 218, 117, 128, 0, 0, 0, 7, 0, 0, 1, 0];
    const IPFIX: [u8; 16] = [0, 10, 0, 16, 92, 218, 117, 128, 0, 0, 0, 7, 0, 8, 0, 1];

    #[test]
    fn both_headers_are_read() {
        let v9 = Header::decode(&V9).unwrap();
        assert_eq!(
            v9,
            Header {
                version: Version::V9,
                count: Some(3),
                length: None,
                sys_uptime_ms: Some(1500),
                unix_secs: 1_557_820_800,
                sequence: 7,
                domain: 256,
            }
        );
        let ipfix = Header::decode(&IPFIX).unwrap();
        assert_eq!((ipfix.count, ipfix.length, ipfix.sys_uptime_ms), (None, Some(16), None));
        assert_eq!((ipfix.unix_secs, ipfix.sequence), (1_557_820_800, 7));
        assert_eq!(ipfix.domain, 524_289);
    }

    #[test]
    fn what_is_no_header_says_why() {
        let cut = |version, length| NotTemplated::CutInHeader { version, length };
        for (bytes, expected) in [
            (&[][..], NotTemplated::NoVersion { length: 0 }),
            (&[0], NotTemplated::NoVersion { length: 1 }),
            (&[0, 5], NotTemplated::OtherVersion { version: 5 }),
            (&[9, 0], NotTemplated::OtherVersion { version: 0x900 }),
            (&V9[..19], cut(Version::V9, 19)),
            (&IPFIX[..15], cut(Version::Ipfix, 15)),
        ] {
            assert_eq!(Header::decode(bytes), Err(expected));
        }
        assert_eq!(cut(Version::V9, 3).to_string(), "cut short in the header: 3 of 20 bytes");
    }

    /// An uptime of 1.5 s just after its wrap: flows before it, and one ahead.
    #[test]
    fn an_uptime_is_a_signed_difference() {
        let v9 = Header::decode(&V9).unwrap();
        let export_ms = v9.export_ms();
        for (uptime_ms, age_ms) in [(1000, 500), (4_294_964_796, 4000), (6500, -5000)] {
            let time_ms = export_ms.checked_add_signed(-age_ms);
            assert_eq!(v9.time_ms(uptime_ms, None), time_ms, "{uptime_ms}");
            assert_eq!(v9.time_ms(uptime_ms, Some(7)), time_ms, "the header's uptime is taken");
        }
    }

    /// Started 100 days before the export: the uptime has wrapped twice.
    #[test]
    fn without_an_uptime_the_start_must_be_known() {
        let ipfix = Header::decode(&IPFIX).unwrap();
        let boot_ms = ipfix.export_ms() - 100 * 86_400_000;
        let uptime_ms = wrapped(100 * 86_400_000 - 3000);
        assert_eq!(ipfix.time_ms(uptime_ms, None), None);
        assert_eq!(ipfix.time_ms(uptime_ms, Some(boot_ms)), Some(ipfix.export_ms() - 3000));
        assert_eq!(ipfix.time_ms(5, Some(ipfix.export_ms() - 10)), Some(ipfix.export_ms() - 5));
    }

    #[test]
    fn no_time_is_before_1970() {
        let header = Header { unix_secs: 1, ..Header::decode(&V9).unwrap() };
        assert_eq!(header.time_ms(499, None), None);
        assert_eq!(header.time_ms(500, None), Some(0));
    }
}

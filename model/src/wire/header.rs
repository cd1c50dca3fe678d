//! The 24 bytes before the records: when, in which order, how sampled; and the
//! arithmetic that makes a time of an uptime.
//!
//! Source: Cisco, *NetFlow Export Datagram Format*, table B-3.

use super::{HEADER_LENGTH, VERSION, bytes_at};

/// Nanoseconds in a second.
const SECOND_NS: u64 = 1_000_000_000;

/// The header as it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Header {
    /// Records that follow, 1 to 30.
    pub count: u16,
    /// Milliseconds since the router started, modulo 2³²: it wraps after 49
    /// days, 17 h, 2 min and 47.296 s.
    pub sys_uptime_ms: u32,
    /// The router's clock at export: seconds since 1970-01-01 UTC.
    pub unix_secs: u32,
    /// What that clock had beyond the second, in nanoseconds. Should be below
    /// 10⁹; many routers fill it to the millisecond or microsecond only.
    pub unix_nsecs: u32,
    /// Flows that this engine had exported before, modulo 2³².
    pub flow_sequence: u32,
    /// Type of the flow-switching engine.
    pub engine_type: u8,
    /// Number of that engine.
    pub engine_id: u8,
    /// Two bits of sampling mode, then 14 bits of interval.
    pub sampling: u16,
}

impl Header {
    /// Reads the bytes after it was seen that their version is 5.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; HEADER_LENGTH]) -> Self {
        Self {
            count: u16::from_be_bytes(bytes_at(bytes, 2)),
            sys_uptime_ms: u32::from_be_bytes(bytes_at(bytes, 4)),
            unix_secs: u32::from_be_bytes(bytes_at(bytes, 8)),
            unix_nsecs: u32::from_be_bytes(bytes_at(bytes, 12)),
            flow_sequence: u32::from_be_bytes(bytes_at(bytes, 16)),
            engine_type: bytes[20],
            engine_id: bytes[21],
            sampling: u16::from_be_bytes(bytes_at(bytes, 22)),
        }
    }

    /// The bytes, version and all.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LENGTH] {
        let mut bytes = [0; HEADER_LENGTH];
        bytes[0..2].copy_from_slice(&VERSION.to_be_bytes());
        bytes[2..4].copy_from_slice(&self.count.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.sys_uptime_ms.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.unix_secs.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.unix_nsecs.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.flow_sequence.to_be_bytes());
        bytes[20] = self.engine_type;
        bytes[21] = self.engine_id;
        bytes[22..24].copy_from_slice(&self.sampling.to_be_bytes());
        bytes
    }

    /// How packets were sampled: 0 not, 1 every n-th, 2 at random.
    #[must_use]
    pub fn sampling_algorithm(&self) -> u8 {
        (self.sampling >> 14) as u8
    }

    /// One packet in this number was sampled; 0 and 1 both mean every packet.
    #[must_use]
    pub fn sampling_interval(&self) -> u16 {
        self.sampling & 0x3fff
    }

    /// Time of export in milliseconds since 1970-01-01 UTC: `@timestamp`.
    ///
    /// Cut, not rounded. Nanoseconds beyond a second carry into the seconds,
    /// see [`nanoseconds_overflow`](Self::nanoseconds_overflow).
    #[must_use]
    pub fn export_ms(&self) -> u64 {
        u64::from(self.unix_secs) * 1000 + u64::from(self.unix_nsecs) / 1_000_000
    }

    /// Whether the nanoseconds are more than a second can hold.
    #[must_use]
    pub fn nanoseconds_overflow(&self) -> bool {
        u64::from(self.unix_nsecs) >= SECOND_NS
    }

    /// When the router started, by its own clock, in milliseconds since
    /// 1970-01-01 UTC; before that for a router without a clock. After a wrap
    /// of the uptime this is the time of the wrap.
    #[must_use]
    pub fn boot_ms(&self) -> i64 {
        self.export_ms().cast_signed() - i64::from(self.sys_uptime_ms)
    }

    /// How long before the export an uptime was, in milliseconds.
    ///
    /// The difference is wrapped to 32 bits and read as a signed number, so it
    /// is right across one wrap of the uptime and for the routers whose flows
    /// end shortly after the header was made (then it is negative).
    #[must_use]
    pub fn age_ms(&self, uptime_ms: u32) -> i32 {
        self.sys_uptime_ms.wrapping_sub(uptime_ms).cast_signed()
    }

    /// The time of an uptime, such as a record's `First`, in milliseconds since
    /// 1970-01-01 UTC; unknown if that is before 1970.
    #[must_use]
    pub fn time_ms(&self, uptime_ms: u32) -> Option<u64> {
        let ms = self.export_ms().cast_signed() - i64::from(self.age_ms(uptime_ms));
        u64::try_from(ms).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interval of 1000 in mode 1, as a Juniper and the codec's data have it.
    #[test]
    fn sampling_is_two_bits_and_fourteen() {
        for (sampling, algorithm, interval) in
            [(0x43e8, 1, 1000), (0, 0, 0), (0xffff, 3, 16_383), (0x8064, 2, 100), (1000, 0, 1000)]
        {
            let header = Header { sampling, ..Header::default() };
            assert_eq!(header.sampling_algorithm(), algorithm);
            assert_eq!(header.sampling_interval(), interval);
        }
    }

    /// Cases worked out by hand: uptime, then First, then the age.
    #[test]
    fn age_is_wrapped_and_signed() {
        for (sys_uptime_ms, first, age_ms) in [
            (3381, 2577, 804),
            (3381, u32::MAX, 3382),
            (1500, 4_294_964_796, 4000),
            (10_000, 15_000, -5000),
            (0, 0, 0),
            (0, 1 << 31, i32::MIN),
        ] {
            let header = Header { sys_uptime_ms, unix_secs: 1_537_514_269, ..Header::default() };
            assert_eq!(header.age_ms(first), age_ms, "{sys_uptime_ms} - {first}");
            let expected = 1_537_514_269_000 - i64::from(age_ms);
            assert_eq!(header.time_ms(first), u64::try_from(expected).ok());
        }
    }

    #[test]
    fn nanoseconds_are_cut_and_carried() {
        for (unix_nsecs, ms, overflow) in [
            (0, 7000, false),
            (999_999, 7000, false),
            (999_999_999, 7999, false),
            (1_000_000_000, 8000, true),
            (u32::MAX, 11_294, true),
        ] {
            let header = Header { unix_secs: 7, unix_nsecs, ..Header::default() };
            assert_eq!((header.export_ms(), header.nanoseconds_overflow()), (ms, overflow));
        }
    }

    /// A router without a clock: the flow was before 1970, so its time is none.
    #[test]
    fn no_time_is_before_1970() {
        let header = Header { sys_uptime_ms: 5000, unix_secs: 1, ..Header::default() };
        assert_eq!(header.time_ms(3000), None);
        assert_eq!(header.time_ms(4000), Some(0));
        assert_eq!(header.boot_ms(), -4000);
    }
}

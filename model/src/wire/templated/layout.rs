//! The headers as tables: each member with its place, in order.
//!
//! Sources: RFC 3954, section 5.1; RFC 7011, section 3.1.

use super::header::Version;
use crate::field::FieldId;
use crate::wire::layout::Member;

/// The 20 bytes of version 9.
#[rustfmt::skip]
pub const V9_HEADER: &[Member] = &[
    Member { name: "version", offset: 0, length: 2, fields: &[FieldId::Version], meaning: "export format: 9" },
    Member { name: "count", offset: 2, length: 2, fields: &[], meaning: "records that follow, templates too; some routers count flowsets" },
    Member { name: "SysUptime", offset: 4, length: 4, fields: &[], meaning: "ms since the router started, modulo 2^32" },
    Member { name: "unix_secs", offset: 8, length: 4, fields: &[FieldId::Timestamp], meaning: "time of export, s since 1970 UTC" },
    Member { name: "sequence", offset: 12, length: 4, fields: &[], meaning: "datagrams exported before this one, modulo 2^32" },
    Member { name: "source_id", offset: 16, length: 4, fields: &[FieldId::Domain], meaning: "part of the exporter that numbers templates and datagrams" },
];

/// The 16 bytes of IPFIX.
#[rustfmt::skip]
pub const IPFIX_HEADER: &[Member] = &[
    Member { name: "version", offset: 0, length: 2, fields: &[FieldId::Version], meaning: "export format: 10" },
    Member { name: "length", offset: 2, length: 2, fields: &[], meaning: "bytes of the message, this header included" },
    Member { name: "export_time", offset: 4, length: 4, fields: &[FieldId::Timestamp], meaning: "time of export, s since 1970 UTC" },
    Member { name: "sequence", offset: 8, length: 4, fields: &[], meaning: "data records exported before this message, modulo 2^32" },
    Member { name: "domain_id", offset: 12, length: 4, fields: &[FieldId::Domain], meaning: "observation domain: numbers templates and counts records" },
];

/// The header of a version.
#[must_use]
pub const fn header(version: Version) -> &'static [Member] {
    match version {
        Version::V9 => V9_HEADER,
        Version::Ipfix => IPFIX_HEADER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::Header;

    /// Each member is where the header is read, and no byte is left out.
    #[test]
    fn members_stand_where_the_header_is_read() {
        for version in [Version::V9, Version::Ipfix] {
            let mut bytes: Vec<u8> = (1..=20).collect();
            bytes[..2].copy_from_slice(&version.number().to_be_bytes());
            let read = Header::decode(&bytes).unwrap();
            let mut end = 0;
            for member in header(version) {
                assert_eq!(member.offset, end, "{}", member.name);
                end += member.length;
                let expected = match member.name {
                    "version" => Some(version.number().into()),
                    "count" => read.count.map(u32::from),
                    "length" => read.length.map(u32::from),
                    "SysUptime" => read.sys_uptime_ms,
                    "unix_secs" | "export_time" => Some(read.unix_secs),
                    "sequence" => Some(read.sequence),
                    _ => Some(read.domain),
                };
                assert_eq!(member.number(&bytes), expected, "{}", member.name);
            }
            assert_eq!(end, version.header_length());
        }
    }
}

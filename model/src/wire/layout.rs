//! The catalogue of the packet: each member of header and record with its
//! place, in order, those too that no flow keeps (`SysUptime`, padding).
//!
//! [`FIELDS`](crate::FIELDS) says what a flow is made of; this says what the
//! bytes are made of. A test holds the two together.
//!
//! Source: Cisco, *NetFlow Export Datagram Format*, tables B-3 and B-4.

use crate::field::FieldId;

/// Bytes of the packet that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name in Cisco's table.
    pub name: &'static str,
    /// First byte, counted from the start of the header or of the record.
    pub offset: usize,
    /// Number of bytes.
    pub length: usize,
    /// Fields that are made of it: one; two for sampling, none where only the
    /// arithmetic needs it.
    pub fields: &'static [FieldId],
    /// What it says; for people.
    pub meaning: &'static str,
}

impl Member {
    /// The member's part of a header or record; `None` if that is too short.
    #[must_use]
    pub fn of<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        bytes.get(self.offset..self.offset + self.length)
    }

    /// Its bytes as one number, big endian; at most 4 bytes.
    #[must_use]
    pub fn number(&self, bytes: &[u8]) -> Option<u32> {
        let bytes = self.of(bytes)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }
}

/// The 24 bytes of the header.
#[rustfmt::skip]
pub const HEADER: &[Member] = &[
    Member { name: "version", offset: 0, length: 2, fields: &[FieldId::Version], meaning: "export format: 5" },
    Member { name: "count", offset: 2, length: 2, fields: &[FieldId::FlowRecords], meaning: "records that follow, 1 to 30" },
    Member { name: "SysUptime", offset: 4, length: 4, fields: &[], meaning: "ms since the router started, modulo 2^32" },
    Member { name: "unix_secs", offset: 8, length: 4, fields: &[FieldId::Timestamp], meaning: "time of export, s since 1970 UTC" },
    Member { name: "unix_nsecs", offset: 12, length: 4, fields: &[FieldId::Timestamp], meaning: "and the nanoseconds beyond it" },
    Member { name: "flow_sequence", offset: 16, length: 4, fields: &[FieldId::FlowSeqNum], meaning: "flows exported before this packet, modulo 2^32" },
    Member { name: "engine_type", offset: 20, length: 1, fields: &[FieldId::EngineType], meaning: "type of the flow-switching engine" },
    Member { name: "engine_id", offset: 21, length: 1, fields: &[FieldId::EngineId], meaning: "number of that engine" },
    Member { name: "sampling", offset: 22, length: 2, fields: &[FieldId::SamplingAlgorithm, FieldId::SamplingInterval], meaning: "2 bits mode, 14 bits interval n: one packet in n" },
];

/// The 48 bytes of a record.
#[rustfmt::skip]
pub const RECORD: &[Member] = &[
    Member { name: "srcaddr", offset: 0, length: 4, fields: &[FieldId::SrcAddr], meaning: "source address" },
    Member { name: "dstaddr", offset: 4, length: 4, fields: &[FieldId::DstAddr], meaning: "destination address" },
    Member { name: "nexthop", offset: 8, length: 4, fields: &[FieldId::NextHop], meaning: "next router on the way" },
    Member { name: "input", offset: 12, length: 2, fields: &[FieldId::InputSnmp], meaning: "ifIndex the packets came in by" },
    Member { name: "output", offset: 14, length: 2, fields: &[FieldId::OutputSnmp], meaning: "ifIndex they left by" },
    Member { name: "dPkts", offset: 16, length: 4, fields: &[FieldId::Packets], meaning: "packets" },
    Member { name: "dOctets", offset: 20, length: 4, fields: &[FieldId::Bytes], meaning: "layer 3 bytes in those packets" },
    Member { name: "First", offset: 24, length: 4, fields: &[FieldId::FirstSwitched], meaning: "uptime at the first packet, ms" },
    Member { name: "Last", offset: 28, length: 4, fields: &[FieldId::LastSwitched], meaning: "uptime at the last packet, ms" },
    Member { name: "srcport", offset: 32, length: 2, fields: &[FieldId::SrcPort], meaning: "source port" },
    Member { name: "dstport", offset: 34, length: 2, fields: &[FieldId::DstPort], meaning: "destination port; ICMP: type * 256 + code" },
    Member { name: "pad1", offset: 36, length: 1, fields: &[], meaning: "unused" },
    Member { name: "tcp_flags", offset: 37, length: 1, fields: &[FieldId::TcpFlags], meaning: "OR of the flags of all packets" },
    Member { name: "prot", offset: 38, length: 1, fields: &[FieldId::Protocol], meaning: "IP protocol: 6 TCP, 17 UDP, 1 ICMP" },
    Member { name: "tos", offset: 39, length: 1, fields: &[FieldId::Tos], meaning: "type of service" },
    Member { name: "src_as", offset: 40, length: 2, fields: &[FieldId::SrcAs], meaning: "AS of the source, origin or peer" },
    Member { name: "dst_as", offset: 42, length: 2, fields: &[FieldId::DstAs], meaning: "AS of the destination, origin or peer" },
    Member { name: "src_mask", offset: 44, length: 1, fields: &[FieldId::SrcMaskLen], meaning: "prefix length of the source's route" },
    Member { name: "dst_mask", offset: 45, length: 1, fields: &[FieldId::DstMaskLen], meaning: "prefix length of the destination's route" },
    Member { name: "pad2", offset: 46, length: 2, fields: &[], meaning: "unused" },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FIELDS, Wire};
    use crate::wire::{HEADER_LENGTH, RECORD_LENGTH};

    /// Every byte belongs to one member, in order.
    #[test]
    fn members_stand_one_after_the_other() {
        for (members, length) in [(HEADER, HEADER_LENGTH), (RECORD, RECORD_LENGTH)] {
            let end = members.iter().fold(0, |end, member| {
                assert_eq!(member.offset, end, "{}", member.name);
                end + member.length
            });
            assert_eq!(end, length);
        }
    }

    /// The bytes that a field says it stands in are those of its members.
    #[test]
    fn the_two_catalogues_agree() {
        let place = |members: &[Member], id| {
            let own: Vec<&Member> =
                members.iter().filter(|member| member.fields.contains(&id)).collect();
            let offset = own.first().map(|member| member.offset)?;
            Some((offset, own.iter().map(|member| member.length).sum::<usize>()))
        };
        for field in FIELDS {
            let (header, record) = match field.wire {
                Wire::Header(offset, length) => (Some((offset.into(), length.into())), None),
                Wire::Record(offset, length) => (None, Some((offset.into(), length.into()))),
                Wire::Nowhere => (None, None),
            };
            assert_eq!(place(HEADER, field.id), header, "{}", field.name);
            assert_eq!(place(RECORD, field.id), record, "{}", field.name);
        }
    }

    #[test]
    fn a_number_is_big_endian() {
        let bytes = [0, 0, 1, 2, 3, 4, 5, 6];
        assert_eq!(HEADER[1].number(&bytes), Some(0x0102));
        assert_eq!(HEADER[2].number(&bytes), Some(0x0304_0506));
        assert_eq!(HEADER[3].number(&bytes), None);
    }
}

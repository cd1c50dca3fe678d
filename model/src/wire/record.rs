//! The 48 bytes of one flow, before uptime is made into time.
//!
//! Source: Cisco, *NetFlow Export Datagram Format*, table B-4.

use std::net::Ipv4Addr;

use super::{Header, RECORD_LENGTH, VERSION, bytes_at};
use crate::record::FlowRecord;

/// A record as it is sent, padding and all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// `srcaddr`: source address.
    pub src_addr: Ipv4Addr,
    /// `dstaddr`: destination address.
    pub dst_addr: Ipv4Addr,
    /// `nexthop`: next router.
    pub next_hop: Ipv4Addr,
    /// `input`: `ifIndex` of the interface the packets came in by.
    pub input_snmp: u16,
    /// `output`: `ifIndex` of the interface they left by.
    pub output_snmp: u16,
    /// `dPkts`: packets.
    pub packets: u32,
    /// `dOctets`: layer 3 bytes in those packets.
    pub bytes: u32,
    /// `First`: uptime at the first packet, milliseconds.
    pub first_uptime_ms: u32,
    /// `Last`: uptime at the last packet, milliseconds.
    pub last_uptime_ms: u32,
    /// `srcport`: source port.
    pub src_port: u16,
    /// `dstport`: destination port; ICMP: type × 256 + code.
    pub dst_port: u16,
    /// `pad1`: unused; kept so that the bytes can be written back.
    pub pad1: u8,
    /// `tcp_flags`: OR of the flags of all packets.
    pub tcp_flags: u8,
    /// `prot`: IP protocol.
    pub protocol: u8,
    /// `tos`: type of service.
    pub tos: u8,
    /// `src_as`: autonomous system of the source.
    pub src_as: u16,
    /// `dst_as`: autonomous system of the destination.
    pub dst_as: u16,
    /// `src_mask`: prefix length of the source's route.
    pub src_mask_len: u8,
    /// `dst_mask`: prefix length of the destination's route.
    pub dst_mask_len: u8,
    /// `pad2`: unused by the format; kept. Some exporters put the direction of
    /// the flow there (`OpenNMS`, pull request 1819).
    pub pad2: u16,
}

impl Default for Record {
    fn default() -> Self {
        Self::from_bytes(&[0; RECORD_LENGTH])
    }
}

impl Record {
    /// Reads the bytes; any 48 bytes are a record.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; RECORD_LENGTH]) -> Self {
        let address = |offset| Ipv4Addr::from(bytes_at::<4>(bytes, offset));
        let word = |offset| u32::from_be_bytes(bytes_at(bytes, offset));
        let half = |offset| u16::from_be_bytes(bytes_at(bytes, offset));
        Self {
            src_addr: address(0),
            dst_addr: address(4),
            next_hop: address(8),
            input_snmp: half(12),
            output_snmp: half(14),
            packets: word(16),
            bytes: word(20),
            first_uptime_ms: word(24),
            last_uptime_ms: word(28),
            src_port: half(32),
            dst_port: half(34),
            pad1: bytes[36],
            tcp_flags: bytes[37],
            protocol: bytes[38],
            tos: bytes[39],
            src_as: half(40),
            dst_as: half(42),
            src_mask_len: bytes[44],
            dst_mask_len: bytes[45],
            pad2: half(46),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; RECORD_LENGTH] {
        let mut bytes = [0; RECORD_LENGTH];
        bytes[0..4].copy_from_slice(&self.src_addr.octets());
        bytes[4..8].copy_from_slice(&self.dst_addr.octets());
        bytes[8..12].copy_from_slice(&self.next_hop.octets());
        bytes[12..14].copy_from_slice(&self.input_snmp.to_be_bytes());
        bytes[14..16].copy_from_slice(&self.output_snmp.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.packets.to_be_bytes());
        bytes[20..24].copy_from_slice(&self.bytes.to_be_bytes());
        bytes[24..28].copy_from_slice(&self.first_uptime_ms.to_be_bytes());
        bytes[28..32].copy_from_slice(&self.last_uptime_ms.to_be_bytes());
        bytes[32..34].copy_from_slice(&self.src_port.to_be_bytes());
        bytes[34..36].copy_from_slice(&self.dst_port.to_be_bytes());
        bytes[36..40].copy_from_slice(&[self.pad1, self.tcp_flags, self.protocol, self.tos]);
        bytes[40..42].copy_from_slice(&self.src_as.to_be_bytes());
        bytes[42..44].copy_from_slice(&self.dst_as.to_be_bytes());
        bytes[44..46].copy_from_slice(&[self.src_mask_len, self.dst_mask_len]);
        bytes[46..48].copy_from_slice(&self.pad2.to_be_bytes());
        bytes
    }

    /// The flow that this record says together with its header.
    ///
    /// The exporter is the source address of the datagram, which the datagram
    /// itself does not hold.
    #[must_use]
    pub fn flow(&self, header: &Header, exporter: Option<&str>) -> FlowRecord {
        FlowRecord {
            timestamp_ms: Some(header.export_ms()),
            exporter: exporter.map(str::to_owned),
            version: Some(VERSION),
            flow_records: Some(header.count),
            flow_seq_num: Some(header.flow_sequence),
            engine_type: Some(header.engine_type),
            engine_id: Some(header.engine_id),
            sampling_algorithm: Some(header.sampling_algorithm()),
            sampling_interval: Some(header.sampling_interval()),
            src_addr: Some(self.src_addr.into()),
            dst_addr: Some(self.dst_addr.into()),
            next_hop: Some(self.next_hop.into()),
            input_snmp: Some(self.input_snmp.into()),
            output_snmp: Some(self.output_snmp.into()),
            packets: Some(self.packets.into()),
            bytes: Some(self.bytes.into()),
            first_switched_ms: header.time_ms(self.first_uptime_ms),
            last_switched_ms: header.time_ms(self.last_uptime_ms),
            src_port: Some(self.src_port),
            dst_port: Some(self.dst_port),
            tcp_flags: Some(self.tcp_flags),
            protocol: Some(self.protocol),
            tos: Some(self.tos),
            src_as: Some(self.src_as.into()),
            dst_as: Some(self.dst_as.into()),
            src_mask_len: Some(self.src_mask_len),
            dst_mask_len: Some(self.dst_mask_len),
            // What a pipeline looks up is not on the wire.
            ..FlowRecord::default()
        }
    }
}

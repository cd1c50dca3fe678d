//! A flow as the router saw it, with true times; nothing here knows packets or documents.

use std::net::Ipv4Addr;

use crate::exporter::Exporter;

/// Packets that went one way between two sockets.
///
/// Times are the true ones. What a Logstash document says of them can be a
/// second later, see [`document`](crate::document).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The router that saw the flow.
    pub exporter: &'static Exporter,
    /// First packet, milliseconds since 1970-01-01 UTC.
    pub first_ms: i64,
    /// Last packet, milliseconds since 1970-01-01 UTC; never before the first.
    pub last_ms: i64,
    /// Source address.
    pub src_addr: Ipv4Addr,
    /// Destination address.
    pub dst_addr: Ipv4Addr,
    /// Next router; 0.0.0.0 if the destination is directly connected.
    pub next_hop: Ipv4Addr,
    /// Interface the packets came in by (SNMP `ifIndex`).
    pub input_snmp: u16,
    /// Interface the packets left by (SNMP `ifIndex`).
    pub output_snmp: u16,
    /// Packets, as exported: on a sampled export the sampled ones only.
    pub packets: u32,
    /// Layer 3 bytes in those packets.
    pub bytes: u32,
    /// Source port; 0 for a protocol without ports.
    pub src_port: u16,
    /// Destination port; type × 256 + code for ICMP; 0 for other protocols without ports.
    pub dst_port: u16,
    /// OR of the TCP flags of all packets.
    pub tcp_flags: u8,
    /// IP protocol number.
    pub protocol: u8,
    /// Type of service byte.
    pub tos: u8,
    /// Origin AS of the source; 0 where the router does not know it.
    pub src_as: u16,
    /// Origin AS of the destination; 0 where the router does not know it.
    pub dst_as: u16,
    /// Prefix length of the route to the source.
    pub src_mask: u8,
    /// Prefix length of the route to the destination.
    pub dst_mask: u8,
}

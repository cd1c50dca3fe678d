//! One flow: the fields of the version 5 header and record, each with its
//! unit, its source and what to beware of; after them what NetFlow v9 and IPFIX add.
//!
//! A field that a document lacks, or holds in a form that cannot be, is
//! **unknown**: `None`, never 0. What is not in a document at all (`SysUptime`,
//! padding, the exporter's UDP port) is not here either.
//!
//! Third shape of a flow, for one at a time: to show, explain and test.
//!
//! ```
//! use flowkit_model::FlowRecord;
//!
//! let flow = FlowRecord {
//!     packets: Some(8),
//!     bytes: Some(502),
//!     sampling_interval: Some(100),
//!     ..FlowRecord::default()
//! };
//! // Counters are as exported; one sampled packet stands for a hundred.
//! let estimate = flow.bytes.zip(flow.sampling_interval).map(|(b, n)| b * u64::from(n.max(1)));
//! assert_eq!(estimate, Some(50_200));
//! // Nothing is known of its port, so it has none: not 0, which is a port.
//! assert_eq!(flow.dst_port, None);
//! ```
//!
//! Source: Cisco, *NetFlow Export Datagram Format*, tables for version 5.

use crate::address::{Address, Family};
use crate::names::icmp_of_port;

/// Packets that went one way between two sockets, added up by a router.
///
/// Counters are what the router sent. On a sampled export they count sampled
/// packets only; multiply by [`sampling_interval`](Self::sampling_interval) to
/// estimate the traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlowRecord {
    /// When the packet that carried this record was exported, in milliseconds
    /// since 1970-01-01 UTC: `@timestamp`, from the header's `unix_secs` and
    /// `unix_nsecs`. All records of one packet share it, and it is the time
    /// that windows and Kibana use.
    pub timestamp_ms: Option<u64>,
    /// Who exported the flow: the address the packet came from (`host`), or
    /// its name where the pipeline stored a name. Not part of the packet.
    pub exporter: Option<String>,
    /// Export format: 5, 9, or 10 for IPFIX. The module writes `Netflow v5`, the
    /// codec 5.
    pub version: Option<u16>,
    /// Records in the packet that carried this one, 1 to 30.
    pub flow_records: Option<u16>,
    /// Flows that this exporter and engine had sent before this packet, modulo
    /// 2³². All records of a packet share it. Some exporters count packets
    /// instead, or send 0.
    pub flow_seq_num: Option<u32>,
    /// Type of the flow-switching engine (a line card, say).
    pub engine_type: Option<u8>,
    /// Number of that engine.
    pub engine_id: Option<u8>,
    /// How packets were sampled: 0 not at all, 1 every n-th, 2 at random. The
    /// top two bits of the header's sampling field; some routers sample and
    /// leave it 0.
    pub sampling_algorithm: Option<u8>,
    /// One packet in this number was sampled; 0 and 1 both mean every packet.
    /// The low 14 bits of the header's sampling field.
    pub sampling_interval: Option<u16>,
    /// Source address.
    pub src_addr: Option<Address>,
    /// Destination address.
    pub dst_addr: Option<Address>,
    /// Next router on the way; 0.0.0.0 where there is none or it is unknown.
    pub next_hop: Option<Address>,
    /// SNMP index (`ifIndex`) of the interface the packets came in by: 16 bits in
    /// version 5, up to 32 in v9 and IPFIX.
    pub input_snmp: Option<u32>,
    /// SNMP index of the interface they left by. 0 where they did not leave:
    /// refused by an access list or addressed to the router itself (`SiLK`,
    /// packing logic of the generic site); for multicast too (Plixer,
    /// "Interface 0").
    pub output_snmp: Option<u32>,
    /// Packets (`dPkts`). 32 bits on the wire; documents may hold more.
    pub packets: Option<u64>,
    /// Layer 3 bytes in those packets (`dOctets`): IP headers count, Ethernet
    /// does not. 32 bits on the wire; documents may hold more.
    pub bytes: Option<u64>,
    /// First packet, in milliseconds since 1970-01-01 UTC.
    ///
    /// The wire has the router's uptime; Logstash makes a time of it, and not
    /// well: 7 and later are exactly 1 s late for about half of the flows
    /// (logstash-codec-netflow issue 174), 5.6 to 6.8 lose the milliseconds
    /// (issue 172), none minds the uptime's wrap after 49.7 days. So a short
    /// flow can end before it starts.
    pub first_switched_ms: Option<u64>,
    /// Last packet; unit and caveat as [`first_switched_ms`](Self::first_switched_ms).
    pub last_switched_ms: Option<u64>,
    /// Source port of TCP, UDP, SCTP or DCCP; 0 for other protocols.
    pub src_port: Option<u16>,
    /// Destination port. For ICMP: type × 256 + code, so 2048 is an echo
    /// request.
    pub dst_port: Option<u16>,
    /// All TCP flags seen, one bit each: FIN 1, SYN 2, RST 4, PSH 8, ACK 16,
    /// URG 32, ECE 64, CWR 128.
    pub tcp_flags: Option<u8>,
    /// IP protocol: 6 TCP, 17 UDP, 1 ICMP.
    pub protocol: Option<u8>,
    /// Type of service byte: DSCP in the top six bits, ECN in the low two.
    pub tos: Option<u8>,
    /// Autonomous system of the source: origin or peer, as the exporter is set
    /// up. Version 5 has 16 bits: a larger number does not fit. BGP has 23456,
    /// `AS_TRANS`, stand for those (RFC 6793); what an exporter writes is its own
    /// matter. NetFlow v9 and IPFIX have 16 or 32 bits.
    pub src_as: Option<u32>,
    /// Autonomous system of the destination; caveat as [`src_as`](Self::src_as).
    pub dst_as: Option<u32>,
    /// Length of the source's routing prefix, in bits.
    pub src_mask_len: Option<u8>,
    /// Length of the destination's routing prefix, in bits.
    pub dst_mask_len: Option<u8>,
    /// Country of the source, two letters (ISO 3166), from the pipeline's `GeoIP`
    /// lookup. Not part of the packet.
    pub src_country: Option<String>,
    /// Country of the destination, likewise.
    pub dst_country: Option<String>,
    /// City of the source, from the pipeline's `GeoIP` lookup.
    pub src_city: Option<String>,
    /// City of the destination, likewise.
    pub dst_city: Option<String>,
    /// Autonomous system of the source as that lookup names it: `Example Net
    /// (64500)`, or `PRIVATE` for private addresses. Not the exporter's
    /// [`src_as`](Self::src_as).
    pub src_as_name: Option<String>,
    /// Autonomous system of the destination, likewise.
    pub dst_as_name: Option<String>,
    /// What the pipeline changed of the flow, as the number of an
    /// [`Adaptation`](crate::names::Adaptation); `None` where it changed nothing.
    /// Counters that it multiplied are not multiplied again.
    pub adapted: Option<u8>,
    /// Which way the flow went through the interface where it was observed: 0 in
    /// (ingress), 1 out (egress). Information element 61. A router that observes both
    /// reports each flow twice; some exporters mean the two sides of a conversation by it.
    pub direction: Option<u8>,
    /// Number of the virtual LAN, 12 bits. Elements 58 and 243, and 59 where there is
    /// none of the source.
    pub vlan: Option<u16>,
    /// Ethernet address that the packets came from, 48 bits. Element 56; 81 where it is
    /// that of the packets on their way out.
    pub src_mac: Option<u64>,
    /// Ethernet address that they went to, likewise: elements 80 and 57.
    pub dst_mac: Option<u64>,
    /// What a firewall or NAT reports: 1 created, 2 deleted, 3 denied, 4 alert, 5 updated.
    /// Elements 233 (40005 of Cisco's ASA) and 230. A record with an event may have
    /// no counters.
    pub event: Option<u8>,
    /// Bytes the other way, of exporters that report both ways in one record (biflows):
    /// elements 1 and 85 of enterprise 29305 (RFC 5103), and 232. Not in `bytes`.
    pub rev_bytes: Option<u64>,
    /// Packets the other way, likewise: elements 2 and 86, and 299.
    pub rev_packets: Option<u64>,
    /// Type of an ICMP or `ICMPv6` message, if the flow states it: elements 176 and 178,
    /// else the high byte of 32 and 139. [`icmp`](Self::icmp) knows it of version 5, too.
    pub icmp_type: Option<u8>,
    /// Code of that message: elements 177 and 179, else the low byte.
    pub icmp_code: Option<u8>,
    /// Source address after translation (NAT): elements 225 and 281.
    pub nat_src_addr: Option<Address>,
    /// Destination address after translation: elements 226 and 282.
    pub nat_dst_addr: Option<Address>,
    /// Source port after translation: element 227.
    pub nat_src_port: Option<u16>,
    /// Destination port after translation: element 228.
    pub nat_dst_port: Option<u16>,
    /// Number of the template that the record was read by, 256 and above.
    pub flowset: Option<u16>,
    /// Which part of the exporter numbered its templates and datagrams: the source id of
    /// v9, the observation domain of IPFIX.
    pub domain: Option<u32>,
}

impl FlowRecord {
    /// The family of its addresses; unknown where it has none. Never what a member of
    /// its record claims.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        self.src_addr.or(self.dst_addr).map(Address::family)
    }

    /// Type and code of its ICMP message: those that it states, else those in the
    /// destination port, where version 5 has them.
    #[must_use]
    pub fn icmp(&self) -> [Option<u8>; 2] {
        match [self.icmp_type, self.icmp_code] {
            [None, None] => {
                icmp_of_port(self.protocol, self.dst_port).map_or([None; 2], |icmp| icmp.map(Some))
            }
            stated => stated,
        }
    }
}

//! Names that documents of NetFlow v9 and IPFIX have for a field, beside its aliases: those
//! of Logstash's codec. A test beside the rows by which documents are read walks them all.
//!
//! They are looked up last. The rows say that several names stand for one field, of which
//! a document has one; the elements with ICMP's type and code in two bytes are found as
//! the type.

use super::{FieldId, FieldId as F};

/// Names by field; none is a name or an alias of another.
#[rustfmt::skip]
const OTHER_NAMES: &[(F, &[&str])] = &[
    (F::Flowset, &["flowset_id"]),
    (F::Domain, &["observationDomainId"]),
    (F::SrcAddr, &["sourceIPv4Address", "ipv6_src_addr", "sourceIPv6Address"]),
    (F::DstAddr, &["destinationIPv4Address", "ipv6_dst_addr", "destinationIPv6Address"]),
    (F::NextHop, &["ipNextHopIPv4Address", "ipv6_next_hop", "ipNextHopIPv6Address"]),
    (F::Bytes, &["octetDeltaCount", "out_bytes", "postOctetDeltaCount", "in_permanent_bytes", "octetTotalCount", "postOctetTotalCount", "fwd_flow_delta_bytes", "initiatorOctets", "layer2OctetDeltaCount"]),
    (F::Packets, &["packetDeltaCount", "out_pkts", "postPacketDeltaCount", "in_permanent_pkts", "packetTotalCount", "postPacketTotalCount", "initiatorPackets", "layer2FrameDeltaCount"]),
    (F::RevBytes, &["reverseOctetDeltaCount", "reverseOctetTotalCount", "rev_flow_delta_bytes", "responderOctets"]),
    (F::RevPackets, &["reversePacketDeltaCount", "reversePacketTotalCount", "responderPackets"]),
    (F::FirstSwitched, &["flow_start_msec", "flowStartMilliseconds", "flowStartSeconds", "flowStartMicroseconds", "flowStartNanoseconds"]),
    (F::LastSwitched, &["flow_end_msec", "flowEndMilliseconds", "flowEndSeconds", "flowEndMicroseconds", "flowEndNanoseconds"]),
    (F::SrcPort, &["sourceTransportPort", "udp_src_port", "udpSourcePort", "tcp_src_port", "tcpSourcePort"]),
    (F::DstPort, &["destinationTransportPort", "udp_dst_port", "udpDestinationPort", "tcp_dst_port", "tcpDestinationPort"]),
    (F::IcmpType, &["icmpTypeIPv4", "icmpTypeIPv6", "icmp_type_ipv6", "icmpTypeCodeIPv4", "icmpTypeCodeIPv6"]),
    (F::IcmpCode, &["icmpCodeIPv4", "icmpCodeIPv6", "icmp_code_ipv6"]),
    (F::TcpFlags, &["tcpControlBits"]),
    (F::Protocol, &["protocolIdentifier"]),
    (F::Tos, &["ipClassOfService"]),
    (F::InputSnmp, &["ingressInterface"]),
    (F::OutputSnmp, &["egressInterface"]),
    (F::SrcAs, &["bgpSourceAsNumber"]),
    (F::DstAs, &["bgpDestinationAsNumber"]),
    (F::SrcMaskLen, &["sourceIPv4PrefixLength", "ipv6_src_mask", "sourceIPv6PrefixLength"]),
    (F::DstMaskLen, &["destinationIPv4PrefixLength", "ipv6_dst_mask", "destinationIPv6PrefixLength"]),
    (F::SamplingInterval, &["samplingInterval"]),
    (F::SamplingAlgorithm, &["samplingAlgorithm"]),
    (F::Direction, &["flowDirection"]),
    (F::Vlan, &["src_vlan", "vlanId", "dot1qVlanId", "dst_vlan", "postVlanId"]),
    (F::SrcMac, &["in_src_mac", "sourceMacAddress", "out_src_mac", "postSourceMacAddress"]),
    (F::DstMac, &["in_dst_mac", "destinationMacAddress", "out_dst_mac", "postDestinationMacAddress"]),
    (F::Event, &["firewallEvent", "natEvent"]),
    (F::NatSrcAddr, &["xlate_src_addr_ipv4", "postNATSourceIPv4Address", "xlate_src_addr_ipv6", "postNATSourceIPv6Address"]),
    (F::NatDstAddr, &["xlate_dst_addr_ipv4", "postNATDestinationIPv4Address", "xlate_dst_addr_ipv6", "postNATDestinationIPv6Address"]),
    (F::NatSrcPort, &["xlate_src_port", "postNAPTSourceTransportPort"]),
    (F::NatDstPort, &["xlate_dst_port", "postNAPTDestinationTransportPort"]),
];

/// Objects that hold them in documents.
const OBJECTS: [&str; 2] = ["netflow.", "ipfix."];

/// A name without the object that holds it.
pub(super) fn without_object(name: &str) -> Option<&str> {
    OBJECTS.iter().find_map(|object| {
        let start = name.get(..object.len())?;
        start.eq_ignore_ascii_case(object).then(|| &name[object.len()..])
    })
}

/// The field of a name, in any case.
pub(super) fn find(name: &str) -> Option<FieldId> {
    let has = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    OTHER_NAMES.iter().find(|(_, names)| has(names)).map(|(field, _)| *field)
}

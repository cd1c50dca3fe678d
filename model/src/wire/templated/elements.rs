//! The catalogue of information elements: what the fields of a template are
//! called, what their bytes are, and what flowkit takes from them.
//!
//! One list serves both versions, since IPFIX took over the numbers of version
//! 9. An element that is not here is passed over by its length.
//!
//! Sources: IANA, *IP Flow Information Export (IPFIX) Entities*; RFC 5103 for
//! the reverse direction; Cisco, *ASA NetFlow Implementation Guide* for 33000 to
//! 40005; the names of Logstash are those of its codec for version 9.

use super::element::Element;
use super::element::Kind::{
    self, Ipv4, Ipv6, Mac, Milliseconds, Ntp, Number, Octets, Seconds, Text, Uptime,
};
use super::role::Role;
use crate::field::FieldId;

/// The enterprise number that turns an element into that of the other direction
/// (RFC 5103).
pub const REVERSE: u32 = 29_305;

impl Element {
    /// The element of an enterprise and a number; `None` if flowkit does not
    /// know it.
    #[must_use]
    pub fn find(enterprise: u32, number: u16) -> Option<&'static Self> {
        let key = |element: &Self| (element.enterprise, element.number);
        let place = ELEMENTS.binary_search_by_key(&(enterprise, number), key).ok()?;
        Some(&ELEMENTS[place])
    }

    /// The elements that a field is read from, the one that counts first of each kind.
    #[must_use]
    pub fn of(field: FieldId) -> Vec<&'static Self> {
        let mut own: Vec<&Self> =
            ELEMENTS.iter().filter(|element| element.field() == Some(field)).collect();
        own.sort_by_key(|element| element.says.map(|(_, rank)| rank));
        own
    }

    const fn says(self, role: Role, rank: u8) -> Self {
        Self { says: Some((role, rank)), ..self }
    }
}

const fn element(
    enterprise: u32,
    number: u16,
    name: &'static str,
    codec_name: &'static str,
    kind: Kind,
) -> Element {
    Element { enterprise, number, name, codec_name, kind, says: None }
}

/// All that flowkit knows, by enterprise and number.
#[rustfmt::skip]
pub const ELEMENTS: &[Element] = &[
    element(0, 1, "octetDeltaCount", "in_bytes", Number).says(Role::Bytes, 0),
    element(0, 2, "packetDeltaCount", "in_pkts", Number).says(Role::Packets, 0),
    element(0, 3, "deltaFlowCount", "flows", Number),
    element(0, 4, "protocolIdentifier", "protocol", Number).says(Role::Protocol, 0),
    element(0, 5, "ipClassOfService", "src_tos", Number).says(Role::Tos, 0),
    element(0, 6, "tcpControlBits", "tcp_flags", Number).says(Role::TcpFlags, 0),
    element(0, 7, "sourceTransportPort", "l4_src_port", Number).says(Role::SrcPort, 0),
    element(0, 8, "sourceIPv4Address", "ipv4_src_addr", Ipv4).says(Role::SrcIpv4, 0),
    element(0, 9, "sourceIPv4PrefixLength", "src_mask", Number).says(Role::SrcMaskIpv4, 0),
    element(0, 10, "ingressInterface", "input_snmp", Number).says(Role::Input, 0),
    element(0, 11, "destinationTransportPort", "l4_dst_port", Number).says(Role::DstPort, 0),
    element(0, 12, "destinationIPv4Address", "ipv4_dst_addr", Ipv4).says(Role::DstIpv4, 0),
    element(0, 13, "destinationIPv4PrefixLength", "dst_mask", Number).says(Role::DstMaskIpv4, 0),
    element(0, 14, "egressInterface", "output_snmp", Number).says(Role::Output, 0),
    element(0, 15, "ipNextHopIPv4Address", "ipv4_next_hop", Ipv4).says(Role::NextHopIpv4, 0),
    element(0, 16, "bgpSourceAsNumber", "src_as", Number).says(Role::SrcAs, 0),
    element(0, 17, "bgpDestinationAsNumber", "dst_as", Number).says(Role::DstAs, 0),
    element(0, 18, "bgpNextHopIPv4Address", "bgp_ipv4_next_hop", Ipv4),
    element(0, 19, "postMCastPacketDeltaCount", "mul_dst_pkts", Number),
    element(0, 20, "postMCastOctetDeltaCount", "mul_dst_bytes", Number),
    element(0, 21, "flowEndSysUpTime", "last_switched", Uptime).says(Role::Last, 4),
    element(0, 22, "flowStartSysUpTime", "first_switched", Uptime).says(Role::First, 4),
    element(0, 23, "postOctetDeltaCount", "out_bytes", Number).says(Role::Bytes, 1),
    element(0, 24, "postPacketDeltaCount", "out_pkts", Number).says(Role::Packets, 1),
    element(0, 25, "minimumIpTotalLength", "min_pkt_length", Number),
    element(0, 26, "maximumIpTotalLength", "max_pkt_length", Number),
    element(0, 27, "sourceIPv6Address", "ipv6_src_addr", Ipv6).says(Role::SrcIpv6, 0),
    element(0, 28, "destinationIPv6Address", "ipv6_dst_addr", Ipv6).says(Role::DstIpv6, 0),
    element(0, 29, "sourceIPv6PrefixLength", "ipv6_src_mask", Number).says(Role::SrcMaskIpv6, 0),
    element(0, 30, "destinationIPv6PrefixLength", "ipv6_dst_mask", Number).says(Role::DstMaskIpv6, 0),
    element(0, 31, "flowLabelIPv6", "ipv6_flow_label", Number),
    element(0, 32, "icmpTypeCodeIPv4", "icmp_type", Number).says(Role::IcmpTypeCodeIpv4, 0),
    element(0, 33, "igmpType", "mul_igmp_type", Number),
    element(0, 34, "samplingInterval", "sampling_interval", Number).says(Role::SamplingInterval, 0),
    element(0, 35, "samplingAlgorithm", "sampling_algorithm", Number).says(Role::SamplingAlgorithm, 0),
    element(0, 36, "flowActiveTimeout", "flow_active_timeout", Number),
    element(0, 37, "flowIdleTimeout", "flow_inactive_timeout", Number),
    element(0, 38, "engineType", "engine_type", Number),
    element(0, 39, "engineId", "engine_id", Number),
    element(0, 40, "exportedOctetTotalCount", "total_bytes_exp", Number),
    element(0, 41, "exportedMessageTotalCount", "total_pkts_exp", Number),
    element(0, 42, "exportedFlowRecordTotalCount", "total_flows_exp", Number),
    element(0, 44, "sourceIPv4Prefix", "ipv4_src_prefix", Ipv4),
    element(0, 45, "destinationIPv4Prefix", "ipv4_dst_prefix", Ipv4),
    element(0, 46, "mplsTopLabelType", "mpls_top_label_type", Number),
    element(0, 47, "mplsTopLabelIPv4Address", "mpls_top_label_ip_addr", Ipv4),
    element(0, 48, "samplerId", "flow_sampler_id", Number).says(Role::Sampler, 0),
    element(0, 49, "samplerMode", "flow_sampler_mode", Number).says(Role::SamplingAlgorithm, 1),
    element(0, 50, "samplerRandomInterval", "flow_sampler_random_interval", Number).says(Role::SamplingInterval, 1),
    element(0, 52, "minimumTTL", "min_ttl", Number),
    element(0, 53, "maximumTTL", "max_ttl", Number),
    element(0, 54, "fragmentIdentification", "ipv4_ident", Number),
    element(0, 55, "postIpClassOfService", "dst_tos", Number),
    element(0, 56, "sourceMacAddress", "in_src_mac", Mac).says(Role::SrcMac, 0),
    element(0, 57, "postDestinationMacAddress", "out_dst_mac", Mac).says(Role::DstMac, 1),
    element(0, 58, "vlanId", "src_vlan", Number).says(Role::Vlan, 0),
    element(0, 59, "postVlanId", "dst_vlan", Number).says(Role::Vlan, 2),
    element(0, 60, "ipVersion", "ip_protocol_version", Number).says(Role::IpVersion, 0),
    element(0, 61, "flowDirection", "direction", Number).says(Role::Direction, 0),
    element(0, 62, "ipNextHopIPv6Address", "ipv6_next_hop", Ipv6).says(Role::NextHopIpv6, 0),
    element(0, 63, "bgpNextHopIPv6Address", "bgp_ipv6_next_hop", Ipv6),
    element(0, 64, "ipv6ExtensionHeaders", "ipv6_option_headers", Number),
    element(0, 70, "mplsTopLabelStackSection", "", Octets),
    element(0, 80, "destinationMacAddress", "in_dst_mac", Mac).says(Role::DstMac, 0),
    element(0, 81, "postSourceMacAddress", "out_src_mac", Mac).says(Role::SrcMac, 1),
    element(0, 82, "interfaceName", "if_name", Text).says(Role::InterfaceName, 0),
    element(0, 83, "interfaceDescription", "if_desc", Text).says(Role::InterfaceDescription, 0),
    element(0, 84, "samplerName", "sampler_name", Text),
    element(0, 85, "octetTotalCount", "in_permanent_bytes", Number).says(Role::Bytes, 2),
    element(0, 86, "packetTotalCount", "in_permanent_pkts", Number).says(Role::Packets, 2),
    element(0, 88, "fragmentOffset", "", Number),
    element(0, 89, "forwardingStatus", "forwarding_status", Number),
    element(0, 90, "mplsVpnRouteDistinguisher", "", Octets),
    element(0, 94, "applicationDescription", "application_description", Text),
    element(0, 95, "applicationId", "application_id", Octets),
    element(0, 96, "applicationName", "application_name", Text),
    element(0, 98, "postIpDiffServCodePoint", "postIpDiffServCodePoint", Number),
    element(0, 130, "exporterIPv4Address", "", Ipv4),
    element(0, 131, "exporterIPv6Address", "", Ipv6),
    element(0, 132, "droppedOctetDeltaCount", "", Number),
    element(0, 133, "droppedPacketDeltaCount", "", Number),
    element(0, 134, "droppedOctetTotalCount", "", Number),
    element(0, 135, "droppedPacketTotalCount", "", Number),
    element(0, 136, "flowEndReason", "flow_end_reason", Number),
    element(0, 137, "commonPropertiesId", "", Number),
    element(0, 138, "observationPointId", "", Number),
    element(0, 139, "icmpTypeCodeIPv6", "", Number).says(Role::IcmpTypeCodeIpv6, 0),
    element(0, 140, "mplsTopLabelIPv6Address", "", Ipv6),
    element(0, 141, "lineCardId", "", Number),
    element(0, 142, "portId", "", Number),
    element(0, 143, "meteringProcessId", "", Number),
    element(0, 144, "exportingProcessId", "", Number),
    element(0, 145, "templateId", "", Number),
    element(0, 147, "wlanSSID", "wlanSSID", Text),
    element(0, 148, "flowId", "conn_id", Number),
    element(0, 149, "observationDomainId", "", Number),
    element(0, 150, "flowStartSeconds", "", Seconds).says(Role::First, 1),
    element(0, 151, "flowEndSeconds", "", Seconds).says(Role::Last, 1),
    element(0, 152, "flowStartMilliseconds", "flow_start_msec", Milliseconds).says(Role::First, 0),
    element(0, 153, "flowEndMilliseconds", "", Milliseconds).says(Role::Last, 0),
    element(0, 154, "flowStartMicroseconds", "", Ntp).says(Role::First, 2),
    element(0, 155, "flowEndMicroseconds", "", Ntp).says(Role::Last, 2),
    element(0, 156, "flowStartNanoseconds", "", Ntp).says(Role::First, 3),
    element(0, 157, "flowEndNanoseconds", "", Ntp).says(Role::Last, 3),
    element(0, 158, "flowStartDeltaMicroseconds", "", Number),
    element(0, 159, "flowEndDeltaMicroseconds", "", Number),
    element(0, 160, "systemInitTimeMilliseconds", "", Milliseconds).says(Role::Boot, 0),
    element(0, 161, "flowDurationMilliseconds", "", Number),
    element(0, 162, "flowDurationMicroseconds", "", Number),
    element(0, 163, "observedFlowTotalCount", "", Number),
    element(0, 164, "ignoredPacketTotalCount", "", Number),
    element(0, 165, "ignoredOctetTotalCount", "", Number),
    element(0, 166, "notSentFlowTotalCount", "", Number),
    element(0, 167, "notSentPacketTotalCount", "", Number),
    element(0, 168, "notSentOctetTotalCount", "", Number),
    element(0, 171, "postOctetTotalCount", "", Number).says(Role::Bytes, 3),
    element(0, 172, "postPacketTotalCount", "", Number).says(Role::Packets, 3),
    element(0, 173, "flowKeyIndicator", "", Number),
    element(0, 176, "icmpTypeIPv4", "icmp_type", Number).says(Role::IcmpTypeIpv4, 0),
    element(0, 177, "icmpCodeIPv4", "icmp_code", Number).says(Role::IcmpCodeIpv4, 0),
    element(0, 178, "icmpTypeIPv6", "icmp_type_ipv6", Number).says(Role::IcmpTypeIpv6, 0),
    element(0, 179, "icmpCodeIPv6", "icmp_code_ipv6", Number).says(Role::IcmpCodeIpv6, 0),
    element(0, 180, "udpSourcePort", "udp_src_port", Number).says(Role::SrcPort, 1),
    element(0, 181, "udpDestinationPort", "udp_dst_port", Number).says(Role::DstPort, 1),
    element(0, 182, "tcpSourcePort", "tcp_src_port", Number).says(Role::SrcPort, 2),
    element(0, 183, "tcpDestinationPort", "tcp_dst_port", Number).says(Role::DstPort, 2),
    element(0, 184, "tcpSequenceNumber", "", Number),
    element(0, 185, "tcpAcknowledgementNumber", "", Number),
    element(0, 186, "tcpWindowSize", "", Number),
    element(0, 189, "ipHeaderLength", "", Number),
    element(0, 190, "totalLengthIPv4", "", Number),
    element(0, 191, "payloadLengthIPv6", "", Number),
    element(0, 192, "ipTTL", "", Number),
    element(0, 193, "nextHeaderIPv6", "", Number),
    element(0, 195, "ipDiffServCodePoint", "ip_dscp", Number),
    element(0, 196, "ipPrecedence", "", Number),
    element(0, 197, "fragmentFlags", "", Number),
    element(0, 201, "mplsLabelStackLength", "mpls_label_stack_octets", Number),
    element(0, 202, "mplsLabelStackDepth", "", Number),
    element(0, 206, "isMulticast", "", Number),
    element(0, 209, "tcpOptions", "", Number),
    element(0, 210, "paddingOctets", "", Octets),
    element(0, 211, "collectorIPv4Address", "", Ipv4),
    element(0, 212, "collectorIPv6Address", "", Ipv6),
    element(0, 213, "exportInterface", "", Number),
    element(0, 214, "exportProtocolVersion", "", Number),
    element(0, 215, "exportTransportProtocol", "", Number),
    element(0, 216, "collectorTransportPort", "", Number),
    element(0, 217, "exporterTransportPort", "", Number),
    element(0, 224, "ipTotalLength", "", Number),
    element(0, 225, "postNATSourceIPv4Address", "xlate_src_addr_ipv4", Ipv4).says(Role::NatSrcIpv4, 0),
    element(0, 226, "postNATDestinationIPv4Address", "xlate_dst_addr_ipv4", Ipv4).says(Role::NatDstIpv4, 0),
    element(0, 227, "postNAPTSourceTransportPort", "xlate_src_port", Number).says(Role::NatSrcPort, 0),
    element(0, 228, "postNAPTDestinationTransportPort", "xlate_dst_port", Number).says(Role::NatDstPort, 0),
    element(0, 229, "natOriginatingAddressRealm", "", Number),
    element(0, 230, "natEvent", "", Number).says(Role::Event, 2),
    element(0, 231, "initiatorOctets", "fwd_flow_delta_bytes", Number).says(Role::Bytes, 4),
    element(0, 232, "responderOctets", "rev_flow_delta_bytes", Number).says(Role::RevBytes, 2),
    element(0, 233, "firewallEvent", "fw_event", Number).says(Role::Event, 0),
    element(0, 234, "ingressVRFID", "ingressVRFID", Number),
    element(0, 235, "egressVRFID", "egressVRFID", Number),
    element(0, 236, "VRFname", "VRFname", Text),
    element(0, 239, "biflowDirection", "", Number),
    element(0, 243, "dot1qVlanId", "", Number).says(Role::Vlan, 1),
    element(0, 244, "dot1qPriority", "", Number),
    element(0, 245, "dot1qCustomerVlanId", "", Number).says(Role::Layer2, 0),
    element(0, 246, "dot1qCustomerPriority", "", Number),
    element(0, 252, "ingressPhysicalInterface", "", Number),
    element(0, 253, "egressPhysicalInterface", "", Number),
    element(0, 254, "postDot1qVlanId", "", Number).says(Role::Layer2, 0),
    element(0, 255, "postDot1qCustomerVlanId", "", Number).says(Role::Layer2, 0),
    element(0, 256, "ethernetType", "", Number),
    element(0, 258, "collectionTimeMilliseconds", "", Milliseconds),
    element(0, 278, "newConnectionDeltaCount", "", Number),
    element(0, 279, "connectionSumDurationSeconds", "", Number),
    element(0, 281, "postNATSourceIPv6Address", "xlate_src_addr_ipv6", Ipv6).says(Role::NatSrcIpv6, 0),
    element(0, 282, "postNATDestinationIPv6Address", "xlate_dst_addr_ipv6", Ipv6).says(Role::NatDstIpv6, 0),
    element(0, 283, "natPoolId", "", Number),
    element(0, 284, "natPoolName", "", Text),
    element(0, 288, "p2pTechnology", "", Text),
    element(0, 289, "tunnelTechnology", "", Text),
    element(0, 290, "encryptedTechnology", "", Text),
    element(0, 291, "basicList", "", Octets),
    element(0, 292, "subTemplateList", "", Octets),
    element(0, 293, "subTemplateMultiList", "", Octets),
    element(0, 298, "initiatorPackets", "initiatorPackets", Number).says(Role::Packets, 4),
    element(0, 299, "responderPackets", "responderPackets", Number).says(Role::RevPackets, 2),
    element(0, 300, "observationDomainName", "", Text),
    element(0, 301, "selectionSequenceId", "", Number),
    element(0, 302, "selectorId", "", Number).says(Role::Sampler, 1),
    element(0, 303, "informationElementId", "", Number),
    element(0, 304, "selectorAlgorithm", "", Number).says(Role::SelectorAlgorithm, 0),
    element(0, 305, "samplingPacketInterval", "", Number).says(Role::PacketInterval, 0),
    element(0, 306, "samplingPacketSpace", "", Number).says(Role::PacketSpace, 0),
    element(0, 309, "samplingSize", "", Number),
    element(0, 310, "samplingPopulation", "", Number),
    element(0, 322, "observationTimeSeconds", "", Seconds),
    element(0, 323, "observationTimeMilliseconds", "event_time_msec", Milliseconds),
    element(0, 324, "observationTimeMicroseconds", "", Ntp),
    element(0, 335, "selectorName", "", Text),
    element(0, 346, "privateEnterpriseNumber", "", Number),
    element(0, 351, "layer2SegmentId", "", Number),
    element(0, 352, "layer2OctetDeltaCount", "", Number).says(Role::Bytes, 5),
    element(0, 353, "layer2OctetTotalCount", "", Number),
    element(0, 361, "portRangeStart", "postNATPortBlockStart", Number),
    element(0, 362, "portRangeEnd", "postNATPortBlockEnd", Number),
    element(0, 365, "staMacAddress", "staMacAddress", Mac).says(Role::Layer2, 0),
    element(0, 366, "staIPv4Address", "staIPv4Address", Ipv4).says(Role::Layer2, 0),
    element(0, 367, "wtpMacAddress", "wtpMacAddress", Mac).says(Role::Layer2, 0),
    element(0, 368, "ingressInterfaceType", "", Number),
    element(0, 369, "egressInterfaceType", "", Number),
    element(0, 371, "userName", "", Text),
    element(0, 372, "applicationCategoryName", "applicationCategoryName", Text),
    element(0, 430, "layer2FrameDeltaCount", "", Number).says(Role::Packets, 5),
    element(0, 431, "layer2FrameTotalCount", "", Number),
    element(0, 33000, "NF_F_INGRESS_ACL_ID", "ingress_acl_id", Octets),
    element(0, 33001, "NF_F_EGRESS_ACL_ID", "egress_acl_id", Octets),
    element(0, 33002, "NF_F_FW_EXT_EVENT", "fw_ext_event", Number),
    element(0, 40000, "NF_F_USERNAME", "username", Text),
    element(0, 40001, "NF_F_XLATE_SRC_ADDR_IPV4", "xlate_src_addr_ipv4", Ipv4).says(Role::NatSrcIpv4, 1),
    element(0, 40002, "NF_F_XLATE_DST_ADDR_IPV4", "xlate_dst_addr_ipv4", Ipv4).says(Role::NatDstIpv4, 1),
    element(0, 40003, "NF_F_XLATE_SRC_PORT", "xlate_src_port", Number).says(Role::NatSrcPort, 1),
    element(0, 40004, "NF_F_XLATE_DST_PORT", "xlate_dst_port", Number).says(Role::NatDstPort, 1),
    element(0, 40005, "NF_F_FW_EVENT", "fw_event", Number).says(Role::Event, 1),
    element(0, 56701, "APP_ID", "app_id", Text),
    element(0, 56702, "USER_ID", "user_id", Text),
    element(0, 57590, "L7_PROTO", "nprobe_proto", Number),
    element(0, 57591, "L7_PROTO_NAME", "nprobe_proto_name", Text),
    element(REVERSE, 1, "reverseOctetDeltaCount", "", Number).says(Role::RevBytes, 0),
    element(REVERSE, 2, "reversePacketDeltaCount", "", Number).says(Role::RevPackets, 0),
    element(REVERSE, 5, "reverseIpClassOfService", "", Number),
    element(REVERSE, 6, "reverseTcpControlBits", "", Number),
    element(REVERSE, 32, "reverseIcmpTypeCodeIPv4", "", Number),
    element(REVERSE, 58, "reverseVlanId", "", Number),
    element(REVERSE, 85, "reverseOctetTotalCount", "", Number).says(Role::RevBytes, 1),
    element(REVERSE, 86, "reversePacketTotalCount", "", Number).says(Role::RevPackets, 1),
    element(REVERSE, 139, "reverseIcmpTypeCodeIPv6", "", Number),
    element(REVERSE, 184, "reverseTcpSequenceNumber", "", Number),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_found_and_stands_once() {
        let key = |element: &Element| (element.enterprise, element.number);
        assert!(ELEMENTS.is_sorted_by(|one, next| key(one) < key(next)));
        for element in ELEMENTS {
            assert_eq!(Element::find(element.enterprise, element.number), Some(element));
        }
        assert_eq!(Element::find(0, 0), None);
        assert_eq!(Element::find(9, 1), None);
    }

    /// Of the elements that say the like no two have one rank, but for those
    /// that only make a flow one of layer 2.
    #[test]
    fn ranks_are_an_order() {
        for (place, element) in ELEMENTS.iter().enumerate() {
            let Some(says) = element.says.filter(|says| says.0 != Role::Layer2) else { continue };
            let others = &ELEMENTS[place + 1..];
            assert!(others.iter().all(|other| other.says != Some(says)), "{}", element.name);
        }
    }

    /// Types of IANA's list, looked up there.
    #[test]
    fn lengths_are_those_of_the_list() {
        for (number, length) in [
            (1, Some(8)),
            (4, Some(1)),
            (6, Some(2)),
            (7, Some(2)),
            (8, Some(4)),
            (9, Some(1)),
            (10, Some(4)),
            (16, Some(4)),
            (22, Some(4)),
            (27, Some(16)),
            (32, Some(2)),
            (56, Some(6)),
            (58, Some(2)),
            (61, Some(1)),
            (82, None),
            (152, Some(8)),
            (154, Some(8)),
            (176, Some(1)),
            (227, Some(2)),
            (233, Some(1)),
        ] {
            assert_eq!(Element::find(0, number).and_then(Element::length), length, "{number}");
        }
        let of = |field| -> Vec<u16> {
            Element::of(field).iter().map(|element| element.number).collect()
        };
        assert_eq!(of(FieldId::Vlan), [58, 243, 59]);
        assert_eq!(of(FieldId::Event), [233, 40_005, 230]);
        assert_eq!(of(FieldId::EngineId), [0; 0]);
    }

    /// Bytes and packets in the order of their elements.
    #[test]
    fn counters_rank_from_delta_to_layer_2() {
        for (role, expected) in
            [(Role::Bytes, [1, 23, 85, 171, 231, 352]), (Role::Packets, [2, 24, 86, 172, 298, 430])]
        {
            let numbers = (0..6).map(|rank| {
                let says = |element: &&Element| element.says == Some((role, rank));
                ELEMENTS.iter().find(says).map(|element| element.number)
            });
            assert!(numbers.eq(expected.map(Some)), "{role:?}");
        }
    }
}

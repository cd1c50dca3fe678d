//! Where documents of NetFlow v9 and IPFIX have the fields of a flow.
//!
//! A document is first read as one of version 5; one that states version 9 or 10 is read
//! again by these rows alone, so that those of version 5 cost no more than before. Of
//! several rows of one field the first counts in which something stands: a counter that
//! is 0 is one, an address that is unspecified is none as long as there is another.
//! Counters are never added up. The sequence number is not read: it counts datagrams
//! there, not flows.
//!
//! Sources: logstash-codec-netflow (`netflow.yaml`, `ipfix.yaml`); Logstash's netflow
//! module (`netflow.conf.erb`), and elastic/logstash pull request 10677, which adds IPFIX
//! to it; elastic/beats `x-pack/filebeat/input/netflow`; robcowart/elastiflow 3.5.3 and
//! 4.0.1; netsampler/goflow2 `producer/proto`.

use std::sync::LazyLock;

use super::place::{Form, Place};
use crate::field::FieldId as F;

use Form::{
    BottomByte, IcmpCode, IcmpType, Microseconds, Milliseconds, Nanoseconds, Plain, Sampler,
    Seconds, TextTime, TopByte, Wide,
};

pub(super) type Row = (F, &'static str, Form);

/// Names in `netflow` or `ipfix` of the module, of the plain codec, and of both after a
/// filter renamed some: no name has two meanings.
pub(super) const LOGSTASH: &[Row] = &[
    (F::Version, "version", Plain),
    (F::Flowset, "flowset_id", Plain),
    (F::Domain, "source_id", Plain),
    (F::Domain, "observationDomainId", Plain),
    (F::SrcAddr, "src_addr", Plain),
    (F::SrcAddr, "ipv4_src_addr", Plain),
    (F::SrcAddr, "sourceIPv4Address", Plain),
    (F::SrcAddr, "ipv6_src_addr", Plain),
    (F::SrcAddr, "sourceIPv6Address", Plain),
    (F::DstAddr, "dst_addr", Plain),
    (F::DstAddr, "ipv4_dst_addr", Plain),
    (F::DstAddr, "destinationIPv4Address", Plain),
    (F::DstAddr, "ipv6_dst_addr", Plain),
    (F::DstAddr, "destinationIPv6Address", Plain),
    (F::NextHop, "next_hop", Plain),
    (F::NextHop, "ipv4_next_hop", Plain),
    (F::NextHop, "ipNextHopIPv4Address", Plain),
    (F::NextHop, "ipv6_next_hop", Plain),
    (F::NextHop, "ipNextHopIPv6Address", Plain),
    (F::Bytes, "bytes", Plain),
    (F::Bytes, "in_bytes", Plain),
    (F::Bytes, "octetDeltaCount", Plain),
    (F::Bytes, "out_bytes", Plain),
    (F::Bytes, "postOctetDeltaCount", Plain),
    (F::Bytes, "in_permanent_bytes", Plain),
    (F::Bytes, "octetTotalCount", Plain),
    (F::Bytes, "postOctetTotalCount", Plain),
    (F::Bytes, "fwd_flow_delta_bytes", Plain),
    (F::Bytes, "initiatorOctets", Plain),
    (F::Bytes, "layer2OctetDeltaCount", Plain),
    (F::Packets, "packets", Plain),
    (F::Packets, "in_pkts", Plain),
    (F::Packets, "packetDeltaCount", Plain),
    (F::Packets, "out_pkts", Plain),
    (F::Packets, "postPacketDeltaCount", Plain),
    (F::Packets, "in_permanent_pkts", Plain),
    (F::Packets, "packetTotalCount", Plain),
    (F::Packets, "postPacketTotalCount", Plain),
    (F::Packets, "initiatorPackets", Plain),
    (F::Packets, "layer2FrameDeltaCount", Plain),
    (F::RevBytes, "reverseOctetDeltaCount", Plain),
    (F::RevBytes, "reverseOctetTotalCount", Plain),
    (F::RevBytes, "rev_flow_delta_bytes", Plain),
    (F::RevBytes, "responderOctets", Plain),
    (F::RevPackets, "reversePacketDeltaCount", Plain),
    (F::RevPackets, "reversePacketTotalCount", Plain),
    (F::RevPackets, "responderPackets", Plain),
    (F::FirstSwitched, "flow_start_msec", Milliseconds),
    (F::FirstSwitched, "flowStartMilliseconds", Milliseconds),
    (F::FirstSwitched, "flowStartSeconds", Seconds),
    (F::FirstSwitched, "flowStartMicroseconds", Microseconds),
    (F::FirstSwitched, "flowStartNanoseconds", Nanoseconds),
    // A number there is an uptime, of which nothing says when it was 0.
    (F::FirstSwitched, "first_switched", TextTime),
    (F::LastSwitched, "flow_end_msec", Milliseconds),
    (F::LastSwitched, "flowEndMilliseconds", Milliseconds),
    (F::LastSwitched, "flowEndSeconds", Seconds),
    (F::LastSwitched, "flowEndMicroseconds", Microseconds),
    (F::LastSwitched, "flowEndNanoseconds", Nanoseconds),
    (F::LastSwitched, "last_switched", TextTime),
    (F::SrcPort, "src_port", Plain),
    (F::SrcPort, "l4_src_port", Plain),
    (F::SrcPort, "sourceTransportPort", Plain),
    (F::SrcPort, "udp_src_port", Plain),
    (F::SrcPort, "udpSourcePort", Plain),
    (F::SrcPort, "tcp_src_port", Plain),
    (F::SrcPort, "tcpSourcePort", Plain),
    (F::DstPort, "dst_port", Plain),
    (F::DstPort, "l4_dst_port", Plain),
    (F::DstPort, "destinationTransportPort", Plain),
    (F::DstPort, "udp_dst_port", Plain),
    (F::DstPort, "udpDestinationPort", Plain),
    (F::DstPort, "tcp_dst_port", Plain),
    (F::DstPort, "tcpDestinationPort", Plain),
    (F::IcmpType, "icmpTypeIPv4", Plain),
    (F::IcmpType, "icmpTypeIPv6", Plain),
    (F::IcmpType, "icmp_type", IcmpType),
    (F::IcmpType, "icmp_type_ipv6", Plain),
    (F::IcmpType, "icmpTypeCodeIPv4", TopByte),
    (F::IcmpType, "icmpTypeCodeIPv6", TopByte),
    (F::IcmpCode, "icmpCodeIPv4", Plain),
    (F::IcmpCode, "icmpCodeIPv6", Plain),
    (F::IcmpCode, "icmp_code", Plain),
    (F::IcmpCode, "icmp_code_ipv6", Plain),
    (F::IcmpCode, "icmp_type", IcmpCode),
    (F::IcmpCode, "icmpTypeCodeIPv4", BottomByte),
    (F::IcmpCode, "icmpTypeCodeIPv6", BottomByte),
    (F::TcpFlags, "tcp_flags", Plain),
    (F::TcpFlags, "tcpControlBits", BottomByte),
    (F::Protocol, "protocol", Plain),
    (F::Protocol, "protocolIdentifier", Plain),
    (F::Tos, "tos", Plain),
    (F::Tos, "src_tos", Plain),
    (F::Tos, "ipClassOfService", Plain),
    (F::InputSnmp, "input_snmp", Wide),
    (F::InputSnmp, "ingressInterface", Wide),
    (F::OutputSnmp, "output_snmp", Wide),
    (F::OutputSnmp, "egressInterface", Wide),
    (F::SrcAs, "src_as", Wide),
    (F::SrcAs, "bgpSourceAsNumber", Wide),
    (F::DstAs, "dst_as", Wide),
    (F::DstAs, "bgpDestinationAsNumber", Wide),
    (F::SrcMaskLen, "src_mask_len", Plain),
    (F::SrcMaskLen, "src_mask", Plain),
    (F::SrcMaskLen, "sourceIPv4PrefixLength", Plain),
    (F::SrcMaskLen, "ipv6_src_mask", Plain),
    (F::SrcMaskLen, "sourceIPv6PrefixLength", Plain),
    (F::DstMaskLen, "dst_mask_len", Plain),
    (F::DstMaskLen, "dst_mask", Plain),
    (F::DstMaskLen, "destinationIPv4PrefixLength", Plain),
    (F::DstMaskLen, "ipv6_dst_mask", Plain),
    (F::DstMaskLen, "destinationIPv6PrefixLength", Plain),
    (F::SamplingInterval, "sampling_interval", Plain),
    (F::SamplingInterval, "samplingInterval", Plain),
    (F::SamplingInterval, "flow_sampler_id", Sampler),
    (F::SamplingInterval, "samplerId", Sampler),
    (F::SamplingAlgorithm, "sampling_algorithm", Plain),
    (F::SamplingAlgorithm, "samplingAlgorithm", Plain),
    (F::Direction, "direction", Plain),
    (F::Direction, "flowDirection", Plain),
    (F::Vlan, "vlan", Plain),
    (F::Vlan, "src_vlan", Plain),
    (F::Vlan, "vlanId", Plain),
    (F::Vlan, "dot1qVlanId", Plain),
    (F::Vlan, "dst_vlan", Plain),
    (F::Vlan, "postVlanId", Plain),
    (F::SrcMac, "src_mac", Plain),
    (F::SrcMac, "in_src_mac", Plain),
    (F::SrcMac, "sourceMacAddress", Plain),
    (F::SrcMac, "out_src_mac", Plain),
    (F::SrcMac, "postSourceMacAddress", Plain),
    (F::DstMac, "dst_mac", Plain),
    (F::DstMac, "in_dst_mac", Plain),
    (F::DstMac, "destinationMacAddress", Plain),
    (F::DstMac, "out_dst_mac", Plain),
    (F::DstMac, "postDestinationMacAddress", Plain),
    (F::Event, "fw_event", Plain),
    (F::Event, "firewallEvent", Plain),
    (F::Event, "natEvent", Plain),
    (F::NatSrcAddr, "xlate_src_addr_ipv4", Plain),
    (F::NatSrcAddr, "postNATSourceIPv4Address", Plain),
    (F::NatSrcAddr, "xlate_src_addr_ipv6", Plain),
    (F::NatSrcAddr, "postNATSourceIPv6Address", Plain),
    (F::NatDstAddr, "xlate_dst_addr_ipv4", Plain),
    (F::NatDstAddr, "postNATDestinationIPv4Address", Plain),
    (F::NatDstAddr, "xlate_dst_addr_ipv6", Plain),
    (F::NatDstAddr, "postNATDestinationIPv6Address", Plain),
    (F::NatSrcPort, "xlate_src_port", Plain),
    (F::NatSrcPort, "postNAPTSourceTransportPort", Plain),
    (F::NatDstPort, "xlate_dst_port", Plain),
    (F::NatDstPort, "postNAPTDestinationTransportPort", Plain),
];

/// Names that only documents of v9 and IPFIX have, where the version is not stated.
pub(super) const SIGNS: &[&str] = &[
    "sourceIPv4Address",
    "sourceIPv6Address",
    "destinationIPv4Address",
    "destinationIPv6Address",
    "ipv6_src_addr",
    "ipv6_dst_addr",
    "octetDeltaCount",
    "octetTotalCount",
];

/// Names of stations of wireless networks and of further VLANs: they show traffic of
/// layer 2, without the ends of a flow.
pub(super) const OF_LAYER_2: &[&str] = &[
    "staMacAddress",
    "staIPv4Address",
    "wtpMacAddress",
    "dot1qCustomerVlanId",
    "postDot1qVlanId",
    "postDot1qCustomerVlanId",
    // Filebeat's.
    "sta_mac_address",
    "sta_ipv4_address",
    "wtp_mac_address",
    "dot1q_customer_vlan_id",
    "post_dot1q_vlan_id",
    "post_dot1q_customer_vlan_id",
];

/// Where flowkit's exports say of traffic of layer 2 that it is a flow: what made it one
/// is no field, or was left out.
pub(super) const OWN_LAYER_2: &str = "flowkit.layer_2";

/// The paths of what shows traffic of layer 2, in documents of Logstash and in exports.
pub fn layer_2_paths() -> impl Iterator<Item = &'static str> {
    static PATHS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let path = |name: &&str| OBJECTS.map(|object| &*format!("{object}{name}").leak());
        OF_LAYER_2.iter().flat_map(path).chain([OWN_LAYER_2]).collect()
    });
    PATHS.iter().copied()
}

/// Objects that hold them.
pub(super) const OBJECTS: [&str; 2] = ["netflow.", "ipfix."];

/// What Logstash adds beside that object, and flowkit in its exports; the same for both.
const BESIDE: &[Row] = &[
    (F::Timestamp, "@timestamp", Plain),
    (F::Exporter, "host", Plain),
    (F::Exporter, "host.ip", Plain),
    (F::Exporter, "host.name", Plain),
    (F::SrcCountry, "geoip_src.country_code2", Plain),
    (F::DstCountry, "geoip_dst.country_code2", Plain),
    (F::SrcCity, "geoip_src.city_name", Plain),
    (F::DstCity, "geoip_dst.city_name", Plain),
    (F::SrcAsName, "geoip_src.autonomous_system", Plain),
    (F::DstAsName, "geoip_dst.autonomous_system", Plain),
    (F::Adapted, "flowkit.adapted", Plain),
];

/// What `ElastiFlow` has beside its rows for version 5: under `flow`, whatever the
/// exporter called it, and the rest under the codec's names.
const ELASTIFLOW: &[Row] = &[
    (F::Direction, "flow.direction", Plain),
    (F::Vlan, "flow.vlan", Plain),
    (F::SrcMac, "flow.src_mac", Plain),
    (F::DstMac, "flow.dst_mac", Plain),
    (F::Flowset, "netflow.flowset_id", Plain),
];

/// What goflow2 has beside its rows for version 5.
const GOFLOW2: &[Row] = &[
    (F::Vlan, "src_vlan", Plain),
    (F::Vlan, "vlan_id", Plain),
    (F::SrcMac, "src_mac", Plain),
    (F::DstMac, "dst_mac", Plain),
    (F::IcmpType, "icmp_type", Plain),
    (F::IcmpCode, "icmp_code", Plain),
    (F::Vlan, "VlanId", Plain),
    (F::SrcMac, "SrcMac", Plain),
    (F::DstMac, "DstMac", Plain),
    (F::IcmpType, "IcmpType", Plain),
    (F::IcmpCode, "IcmpCode", Plain),
];

pub(super) fn place(row: &Row) -> Place {
    Place { field: row.0, path: row.1, form: row.2 }
}

/// Rows under each of some objects; made once in a run.
fn under(objects: &[&str], rows: &[Row]) -> Vec<Place> {
    let path = |object: &&str, name: &str| -> &'static str { format!("{object}{name}").leak() };
    let of_row = |(field, name, form): &Row| -> Vec<Place> {
        let place = |object| Place { field: *field, path: path(object, name), form: *form };
        objects.iter().map(place).collect()
    };
    rows.iter().flat_map(of_row).collect()
}

static LOGSTASH_PLACES: LazyLock<Vec<Place>> =
    LazyLock::new(|| BESIDE.iter().map(place).chain(under(&OBJECTS, LOGSTASH)).collect());

static FLAT_PLACES: LazyLock<Vec<Place>> =
    LazyLock::new(|| BESIDE.iter().chain(LOGSTASH).map(place).collect());

/// The module's and the codec's.
pub(super) fn logstash() -> Vec<Place> {
    LOGSTASH_PLACES.clone()
}

/// The codec's without an object around them.
pub(super) fn flat() -> Vec<Place> {
    FLAT_PLACES.clone()
}

/// Where documents of Logstash have a field only if they are of v9 or IPFIX, for whoever
/// asks a server for them.
pub fn logstash_places(field: F) -> impl Iterator<Item = &'static Place> {
    LOGSTASH_PLACES.iter().filter(move |place| place.field == field)
}

/// The rows of `ElastiFlow` for version 5, with what others have.
pub(super) fn elastiflow(of_version_5: Vec<Place>) -> Vec<Place> {
    static REST: LazyLock<Vec<Place>> = LazyLock::new(|| {
        let fields = [F::FirstSwitched, F::LastSwitched, F::RevBytes, F::RevPackets, F::Event];
        let rows: Vec<Row> =
            LOGSTASH.iter().filter(|row| fields.contains(&row.0)).copied().collect();
        under(&OBJECTS, &rows)
    });
    let is_time = |place: &Place| matches!(place.field, F::FirstSwitched | F::LastSwitched);
    // A number in `netflow.first_switched` is an uptime.
    let kept =
        of_version_5.into_iter().filter(|place| !is_time(place) || place.path.starts_with("event"));
    widened(kept).chain(ELASTIFLOW.iter().map(place)).chain(REST.iter().copied()).collect()
}

/// The rows of goflow2 for version 5, with what others have.
pub(super) fn goflow2(of_version_5: Vec<Place>) -> Vec<Place> {
    static REST: LazyLock<Vec<Place>> = LazyLock::new(|| under(&["", "flow."], GOFLOW2));
    widened(of_version_5.into_iter()).chain(REST.iter().copied()).collect()
}

/// The rows of a collector for version 5, with the widths of v9 and IPFIX, without what
/// the header of version 5 says.
pub(super) fn widened(places: impl Iterator<Item = Place>) -> impl Iterator<Item = Place> {
    let header = [F::FlowRecords, F::FlowSeqNum, F::EngineType, F::EngineId];
    let places = places.filter(move |place| !header.contains(&place.field));
    places.map(|place| match place.field {
        F::InputSnmp | F::OutputSnmp | F::SrcAs | F::DstAs if place.form == Plain => {
            Place { form: Wide, ..place }
        }
        _ => place,
    })
}

/// Of a program whose documents state no version.
pub(super) fn none() -> Vec<Place> {
    Vec::new()
}

/// goflow2's word for a version.
pub(in crate::document) fn version_of_word(word: &str) -> Option<u64> {
    let words = [("NETFLOW_V5", 5), ("NETFLOW_V9", 9), ("IPFIX", 10)];
    words.into_iter().find(|(known, _)| *known == word).map(|(_, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field that v9 and IPFIX have stands somewhere in what Logstash writes.
    #[test]
    fn every_field_of_templates_has_a_place() {
        for field in crate::FIELDS.iter().filter(|field| field.id != F::Family) {
            let of_version_5 = [F::FlowRecords, F::FlowSeqNum, F::EngineType, F::EngineId];
            let has = logstash().iter().any(|place| place.field == field.id);
            assert_eq!(has, !of_version_5.contains(&field.id), "{}", field.name);
        }
    }

    /// In the order of rows: a name that has a meaning keeps it.
    #[test]
    fn every_name_of_a_row_is_one_of_its_field() {
        let mut seen: Vec<&str> = Vec::new();
        // The number of a sampler is no interval, but for 0.
        let is_named = |row: &&Row| row.0 != F::Version && row.2 != Sampler;
        for (field, name, _) in LOGSTASH.iter().filter(is_named) {
            if !seen.contains(name) {
                seen.push(name);
                for name in ["", OBJECTS[0], OBJECTS[1]].map(|object| format!("{object}{name}")) {
                    let found = crate::Field::by_name(&name).map(|field| field.id);
                    assert_eq!(found, Some(*field), "{name}");
                }
            }
        }
    }

    #[test]
    fn signs_are_names_of_rows() {
        assert!(SIGNS.iter().all(|sign| LOGSTASH.iter().any(|row| row.1 == *sign)));
    }
}

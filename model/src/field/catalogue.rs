//! The rows of the catalogue: version 5 in the order of its packet, what the pipeline
//! adds, and what NetFlow v9 and IPFIX have beside it.

use super::{Access, Field, FieldId, Kind, Wire};
use crate::address::Family;

/// The value in the type of the record's field, or unknown where it does not fit.
fn fit<T: TryFrom<u64>>(value: Option<u64>) -> Option<T> {
    value.and_then(|value| value.try_into().ok())
}

use Access::{Address, Number, Text, Worked};
use Wire::{Header, Nowhere, Record};

/// Every field.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    Field { id: FieldId::Timestamp, name: "timestamp", aliases: &["received", "tr", "unix_secs"], module_key: "@timestamp", codec_key: "@timestamp",
        wire: Header(8, 8), kind: Kind::Time, unit: "ms since 1970, UTC", meaning: "export of the packet that carried the flow",
        access: Number { bits: 48, read: |flow| flow.timestamp_ms, write: |flow, value| flow.timestamp_ms = value.filter(|ms| ms >> 48 == 0) } },
    Field { id: FieldId::Exporter, name: "exporter", aliases: &["router", "ra", "agent"], module_key: "host", codec_key: "host",
        wire: Nowhere, kind: Kind::Text, unit: "address or name", meaning: "router that exported the flow",
        access: Text { read: |flow| flow.exporter.as_deref(), write: |flow, value| flow.exporter = value } },
    Field { id: FieldId::Version, name: "version", aliases: &[], module_key: "netflow.version", codec_key: "netflow.version",
        wire: Header(0, 2), kind: Kind::Version, unit: "5, 9, 10 for IPFIX", meaning: "export format",
        access: Number { bits: 16, read: |flow| flow.version.map(u64::from), write: |flow, value| flow.version = fit(value) } },
    Field { id: FieldId::FlowRecords, name: "flow_records", aliases: &["count"], module_key: "netflow.flow_records", codec_key: "netflow.flow_records",
        wire: Header(2, 2), kind: Kind::Code, unit: "records, 1 to 30", meaning: "records in the same packet",
        access: Number { bits: 16, read: |flow| flow.flow_records.map(u64::from), write: |flow, value| flow.flow_records = fit(value) } },
    Field { id: FieldId::FlowSeqNum, name: "flow_seq_num", aliases: &["flow_sequence", "sequence"], module_key: "netflow.flow_seq_num", codec_key: "netflow.flow_seq_num",
        wire: Header(16, 4), kind: Kind::Code, unit: "flows, modulo 2^32", meaning: "flows this engine exported before the packet",
        access: Number { bits: 32, read: |flow| flow.flow_seq_num.map(u64::from), write: |flow, value| flow.flow_seq_num = fit(value) } },
    Field { id: FieldId::EngineType, name: "engine_type", aliases: &["engine-type"], module_key: "netflow.engine_type", codec_key: "netflow.engine_type",
        wire: Header(20, 1), kind: Kind::Code, unit: "number", meaning: "type of the flow-switching engine",
        access: Number { bits: 8, read: |flow| flow.engine_type.map(u64::from), write: |flow, value| flow.engine_type = fit(value) } },
    Field { id: FieldId::EngineId, name: "engine_id", aliases: &["engine-id"], module_key: "netflow.engine_id", codec_key: "netflow.engine_id",
        wire: Header(21, 1), kind: Kind::Code, unit: "number", meaning: "number of the flow-switching engine",
        access: Number { bits: 8, read: |flow| flow.engine_id.map(u64::from), write: |flow, value| flow.engine_id = fit(value) } },
    Field { id: FieldId::SamplingAlgorithm, name: "sampling_algorithm", aliases: &["sampling_mode"], module_key: "netflow.sampling_algorithm", codec_key: "netflow.sampling_algorithm",
        wire: Header(22, 2), kind: Kind::Code, unit: "0 none, 1 every n-th, 2 random", meaning: "how packets were sampled (top 2 of 16 bits)",
        access: Number { bits: 8, read: |flow| flow.sampling_algorithm.map(u64::from), write: |flow, value| flow.sampling_algorithm = fit(value) } },
    Field { id: FieldId::SamplingInterval, name: "sampling_interval", aliases: &["sampling"], module_key: "netflow.sampling_interval", codec_key: "netflow.sampling_interval",
        wire: Header(22, 2), kind: Kind::Code, unit: "1 in n packets; 0 and 1: all", meaning: "how many packets stand for one (low 14 of 16 bits)",
        access: Number { bits: 16, read: |flow| flow.sampling_interval.map(u64::from), write: |flow, value| flow.sampling_interval = fit(value) } },
    Field { id: FieldId::SrcAddr, name: "src_addr", aliases: &["srcaddr", "srcip", "src_ip", "sip", "sa", "ipv4_src_addr"], module_key: "netflow.src_addr", codec_key: "netflow.ipv4_src_addr",
        wire: Record(0, 4), kind: Kind::Address, unit: "IPv4 or IPv6 address", meaning: "source address",
        access: Address { read: |flow| flow.src_addr, write: |flow, value| flow.src_addr = value } },
    Field { id: FieldId::DstAddr, name: "dst_addr", aliases: &["dstaddr", "dstip", "dst_ip", "dip", "da", "ipv4_dst_addr"], module_key: "netflow.dst_addr", codec_key: "netflow.ipv4_dst_addr",
        wire: Record(4, 4), kind: Kind::Address, unit: "IPv4 or IPv6 address", meaning: "destination address",
        access: Address { read: |flow| flow.dst_addr, write: |flow, value| flow.dst_addr = value } },
    Field { id: FieldId::NextHop, name: "next_hop", aliases: &["nexthop", "nhip", "nh", "ipv4_next_hop"], module_key: "netflow.next_hop", codec_key: "netflow.ipv4_next_hop",
        wire: Record(8, 4), kind: Kind::Address, unit: "IPv4 or IPv6 address", meaning: "next router; 0.0.0.0 and ::: none",
        access: Address { read: |flow| flow.next_hop, write: |flow, value| flow.next_hop = value } },
    Field { id: FieldId::InputSnmp, name: "input_snmp", aliases: &["input", "inif", "in_if", "in"], module_key: "netflow.input_snmp", codec_key: "netflow.input_snmp",
        wire: Record(12, 2), kind: Kind::Code, unit: "ifIndex", meaning: "interface the packets came in by",
        access: Number { bits: 32, read: |flow| flow.input_snmp.map(u64::from), write: |flow, value| flow.input_snmp = fit(value) } },
    Field { id: FieldId::OutputSnmp, name: "output_snmp", aliases: &["output", "outif", "out_if", "out"], module_key: "netflow.output_snmp", codec_key: "netflow.output_snmp",
        wire: Record(14, 2), kind: Kind::Code, unit: "ifIndex", meaning: "interface they left by; 0: none",
        access: Number { bits: 32, read: |flow| flow.output_snmp.map(u64::from), write: |flow, value| flow.output_snmp = fit(value) } },
    Field { id: FieldId::Packets, name: "packets", aliases: &["dpkts", "pkt", "ipkt", "in_pkts"], module_key: "netflow.packets", codec_key: "netflow.in_pkts",
        wire: Record(16, 4), kind: Kind::Count, unit: "packets", meaning: "packets in the flow",
        access: Number { bits: 64, read: |flow| flow.packets, write: |flow, value| flow.packets = value } },
    Field { id: FieldId::Bytes, name: "bytes", aliases: &["doctets", "octets", "byt", "ibyt", "in_bytes"], module_key: "netflow.bytes", codec_key: "netflow.in_bytes",
        wire: Record(20, 4), kind: Kind::Count, unit: "bytes, layer 3", meaning: "bytes in those packets",
        access: Number { bits: 64, read: |flow| flow.bytes, write: |flow, value| flow.bytes = value } },
    Field { id: FieldId::FirstSwitched, name: "first_switched", aliases: &["first", "ts", "start"], module_key: "netflow.first_switched", codec_key: "netflow.first_switched",
        wire: Record(24, 4), kind: Kind::Time, unit: "ms since 1970, UTC (wire: ms of uptime)", meaning: "first packet",
        access: Number { bits: 48, read: |flow| flow.first_switched_ms, write: |flow, value| flow.first_switched_ms = value.filter(|ms| ms >> 48 == 0) } },
    Field { id: FieldId::LastSwitched, name: "last_switched", aliases: &["last", "te", "end"], module_key: "netflow.last_switched", codec_key: "netflow.last_switched",
        wire: Record(28, 4), kind: Kind::Time, unit: "ms since 1970, UTC (wire: ms of uptime)", meaning: "last packet",
        access: Number { bits: 48, read: |flow| flow.last_switched_ms, write: |flow, value| flow.last_switched_ms = value.filter(|ms| ms >> 48 == 0) } },
    Field { id: FieldId::SrcPort, name: "src_port", aliases: &["srcport", "sport", "sp", "l4_src_port"], module_key: "netflow.src_port", codec_key: "netflow.l4_src_port",
        wire: Record(32, 2), kind: Kind::Port, unit: "port", meaning: "source port",
        access: Number { bits: 16, read: |flow| flow.src_port.map(u64::from), write: |flow, value| flow.src_port = fit(value) } },
    Field { id: FieldId::DstPort, name: "dst_port", aliases: &["dstport", "dport", "dp", "l4_dst_port"], module_key: "netflow.dst_port", codec_key: "netflow.l4_dst_port",
        wire: Record(34, 2), kind: Kind::Port, unit: "port; ICMP: type * 256 + code", meaning: "destination port",
        access: Number { bits: 16, read: |flow| flow.dst_port.map(u64::from), write: |flow, value| flow.dst_port = fit(value) } },
    Field { id: FieldId::TcpFlags, name: "tcp_flags", aliases: &["flags", "flg"], module_key: "netflow.tcp_flags", codec_key: "netflow.tcp_flags",
        wire: Record(37, 1), kind: Kind::Flags, unit: "bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128", meaning: "all TCP flags seen",
        access: Number { bits: 8, read: |flow| flow.tcp_flags.map(u64::from), write: |flow, value| flow.tcp_flags = fit(value) } },
    Field { id: FieldId::Protocol, name: "protocol", aliases: &["proto", "prot", "pr"], module_key: "netflow.protocol", codec_key: "netflow.protocol",
        wire: Record(38, 1), kind: Kind::Protocol, unit: "IP protocol number", meaning: "6 TCP, 17 UDP, 1 ICMP",
        access: Number { bits: 8, read: |flow| flow.protocol.map(u64::from), write: |flow, value| flow.protocol = fit(value) } },
    Field { id: FieldId::Tos, name: "tos", aliases: &["src_tos", "dscp_byte"], module_key: "netflow.tos", codec_key: "netflow.src_tos",
        wire: Record(39, 1), kind: Kind::Code, unit: "byte: DSCP * 4 + ECN", meaning: "type of service",
        access: Number { bits: 8, read: |flow| flow.tos.map(u64::from), write: |flow, value| flow.tos = fit(value) } },
    Field { id: FieldId::SrcAs, name: "src_as", aliases: &["srcas", "sas"], module_key: "netflow.src_as", codec_key: "netflow.src_as",
        wire: Record(40, 2), kind: Kind::Code, unit: "AS number", meaning: "autonomous system of the source, origin or peer",
        access: Number { bits: 32, read: |flow| flow.src_as.map(u64::from), write: |flow, value| flow.src_as = fit(value) } },
    Field { id: FieldId::DstAs, name: "dst_as", aliases: &["dstas", "das"], module_key: "netflow.dst_as", codec_key: "netflow.dst_as",
        wire: Record(42, 2), kind: Kind::Code, unit: "AS number", meaning: "autonomous system of the destination, origin or peer",
        access: Number { bits: 32, read: |flow| flow.dst_as.map(u64::from), write: |flow, value| flow.dst_as = fit(value) } },
    Field { id: FieldId::SrcMaskLen, name: "src_mask_len", aliases: &["src_mask", "srcmask", "smk"], module_key: "netflow.src_mask_len", codec_key: "netflow.src_mask",
        wire: Record(44, 1), kind: Kind::Code, unit: "bits", meaning: "length of the source's routing prefix",
        access: Number { bits: 8, read: |flow| flow.src_mask_len.map(u64::from), write: |flow, value| flow.src_mask_len = fit(value) } },
    Field { id: FieldId::DstMaskLen, name: "dst_mask_len", aliases: &["dst_mask", "dstmask", "dmk"], module_key: "netflow.dst_mask_len", codec_key: "netflow.dst_mask",
        wire: Record(45, 1), kind: Kind::Code, unit: "bits", meaning: "length of the destination's routing prefix",
        access: Number { bits: 8, read: |flow| flow.dst_mask_len.map(u64::from), write: |flow, value| flow.dst_mask_len = fit(value) } },
    Field { id: FieldId::SrcCountry, name: "src_country", aliases: &["src_geo"], module_key: "geoip_src.country_code2", codec_key: "geoip_src.country_code2",
        wire: Nowhere, kind: Kind::Text, unit: "two letters", meaning: "country of the source, by GeoIP",
        access: Text { read: |flow| flow.src_country.as_deref(), write: |flow, value| flow.src_country = value } },
    Field { id: FieldId::DstCountry, name: "dst_country", aliases: &["dst_geo"], module_key: "geoip_dst.country_code2", codec_key: "geoip_dst.country_code2",
        wire: Nowhere, kind: Kind::Text, unit: "two letters", meaning: "country of the destination, by GeoIP",
        access: Text { read: |flow| flow.dst_country.as_deref(), write: |flow, value| flow.dst_country = value } },
    Field { id: FieldId::SrcCity, name: "src_city", aliases: &[], module_key: "geoip_src.city_name", codec_key: "geoip_src.city_name",
        wire: Nowhere, kind: Kind::Text, unit: "name", meaning: "city of the source, by GeoIP",
        access: Text { read: |flow| flow.src_city.as_deref(), write: |flow, value| flow.src_city = value } },
    Field { id: FieldId::DstCity, name: "dst_city", aliases: &[], module_key: "geoip_dst.city_name", codec_key: "geoip_dst.city_name",
        wire: Nowhere, kind: Kind::Text, unit: "name", meaning: "city of the destination, by GeoIP",
        access: Text { read: |flow| flow.dst_city.as_deref(), write: |flow, value| flow.dst_city = value } },
    Field { id: FieldId::SrcAsName, name: "src_as_name", aliases: &["src_as_org"], module_key: "geoip_src.autonomous_system", codec_key: "geoip_src.autonomous_system",
        wire: Nowhere, kind: Kind::Text, unit: "name (number)", meaning: "AS of the source, by GeoIP; PRIVATE: a private address",
        access: Text { read: |flow| flow.src_as_name.as_deref(), write: |flow, value| flow.src_as_name = value } },
    Field { id: FieldId::DstAsName, name: "dst_as_name", aliases: &["dst_as_org"], module_key: "geoip_dst.autonomous_system", codec_key: "geoip_dst.autonomous_system",
        wire: Nowhere, kind: Kind::Text, unit: "name (number)", meaning: "AS of the destination, by GeoIP; PRIVATE: a private address",
        access: Text { read: |flow| flow.dst_as_name.as_deref(), write: |flow, value| flow.dst_as_name = value } },
    Field { id: FieldId::Adapted, name: "adapted", aliases: &[], module_key: "flowkit.adapted", codec_key: "flowkit.adapted",
        wire: Nowhere, kind: Kind::Adaptation, unit: "1 ElastiFlow, 2 ElastiFlow scaled, 3 nfcapd scaled, 4 Logstash uptimes", meaning: "what the pipeline changed; scaled: counters are multiplied by the sampling interval; uptimes: times are 1 s late",
        access: Number { bits: 8, read: |flow| flow.adapted.map(u64::from), write: |flow, value| flow.adapted = fit(value) } },
    Field { id: FieldId::Family, name: "family", aliases: &["af"], module_key: "flowkit.family", codec_key: "flowkit.family",
        wire: Nowhere, kind: Kind::Family, unit: "ipv4 or ipv6", meaning: "family of the addresses; worked out from them",
        access: Worked { bits: 8, read: |flow| flow.family().map(Family::number).map(u64::from) } },
    Field { id: FieldId::Direction, name: "direction", aliases: &["dir"], module_key: "netflow.direction", codec_key: "netflow.flowDirection",
        wire: Nowhere, kind: Kind::Direction, unit: "0 ingress, 1 egress", meaning: "which way the flow went through the interface that observed it",
        access: Number { bits: 8, read: |flow| flow.direction.map(u64::from), write: |flow, value| flow.direction = fit(value) } },
    Field { id: FieldId::Vlan, name: "vlan", aliases: &["vlan_id"], module_key: "netflow.vlan", codec_key: "netflow.vlanId",
        wire: Nowhere, kind: Kind::Code, unit: "number of 12 bits", meaning: "virtual LAN",
        access: Number { bits: 16, read: |flow| flow.vlan.map(u64::from), write: |flow, value| flow.vlan = fit(value) } },
    Field { id: FieldId::SrcMac, name: "src_mac", aliases: &["smac"], module_key: "netflow.src_mac", codec_key: "netflow.sourceMacAddress",
        wire: Nowhere, kind: Kind::Mac, unit: "Ethernet address", meaning: "Ethernet address that the packets came from",
        access: Number { bits: 48, read: |flow| flow.src_mac, write: |flow, value| flow.src_mac = value.filter(|mac| mac >> 48 == 0) } },
    Field { id: FieldId::DstMac, name: "dst_mac", aliases: &["dmac"], module_key: "netflow.dst_mac", codec_key: "netflow.destinationMacAddress",
        wire: Nowhere, kind: Kind::Mac, unit: "Ethernet address", meaning: "Ethernet address that they went to",
        access: Number { bits: 48, read: |flow| flow.dst_mac, write: |flow, value| flow.dst_mac = value.filter(|mac| mac >> 48 == 0) } },
    Field { id: FieldId::Event, name: "event", aliases: &["fw_event"], module_key: "netflow.fw_event", codec_key: "netflow.firewallEvent",
        wire: Nowhere, kind: Kind::Code, unit: "1 created, 2 deleted, 3 denied, 4 alert, 5 updated", meaning: "what a firewall or NAT reports",
        access: Number { bits: 8, read: |flow| flow.event.map(u64::from), write: |flow, value| flow.event = fit(value) } },
    Field { id: FieldId::RevBytes, name: "rev_bytes", aliases: &["rev_octets"], module_key: "netflow.rev_flow_delta_bytes", codec_key: "netflow.reverseOctetDeltaCount",
        wire: Nowhere, kind: Kind::Count, unit: "bytes, layer 3", meaning: "bytes the other way, of exporters that report both ways in one record",
        access: Number { bits: 64, read: |flow| flow.rev_bytes, write: |flow, value| flow.rev_bytes = value } },
    Field { id: FieldId::RevPackets, name: "rev_packets", aliases: &["rev_pkts"], module_key: "netflow.responderPackets", codec_key: "netflow.reversePacketDeltaCount",
        wire: Nowhere, kind: Kind::Count, unit: "packets", meaning: "packets the other way, likewise",
        access: Number { bits: 64, read: |flow| flow.rev_packets, write: |flow, value| flow.rev_packets = value } },
    Field { id: FieldId::IcmpType, name: "icmp_type", aliases: &[], module_key: "netflow.icmp_type", codec_key: "netflow.icmpTypeIPv4",
        wire: Nowhere, kind: Kind::Code, unit: "number", meaning: "type of an ICMP message",
        access: Number { bits: 8, read: |flow| flow.icmp()[0].map(u64::from), write: |flow, value| flow.icmp_type = fit(value) } },
    Field { id: FieldId::IcmpCode, name: "icmp_code", aliases: &[], module_key: "netflow.icmp_code", codec_key: "netflow.icmpCodeIPv4",
        wire: Nowhere, kind: Kind::Code, unit: "number", meaning: "code of an ICMP message",
        access: Number { bits: 8, read: |flow| flow.icmp()[1].map(u64::from), write: |flow, value| flow.icmp_code = fit(value) } },
    Field { id: FieldId::NatSrcAddr, name: "nat_src_addr", aliases: &["xlate_src_addr"], module_key: "netflow.xlate_src_addr_ipv4", codec_key: "netflow.postNATSourceIPv4Address",
        wire: Nowhere, kind: Kind::Address, unit: "IPv4 or IPv6 address", meaning: "source address after translation (NAT)",
        access: Address { read: |flow| flow.nat_src_addr, write: |flow, value| flow.nat_src_addr = value } },
    Field { id: FieldId::NatDstAddr, name: "nat_dst_addr", aliases: &["xlate_dst_addr"], module_key: "netflow.xlate_dst_addr_ipv4", codec_key: "netflow.postNATDestinationIPv4Address",
        wire: Nowhere, kind: Kind::Address, unit: "IPv4 or IPv6 address", meaning: "destination address after translation",
        access: Address { read: |flow| flow.nat_dst_addr, write: |flow, value| flow.nat_dst_addr = value } },
    Field { id: FieldId::NatSrcPort, name: "nat_src_port", aliases: &[], module_key: "netflow.xlate_src_port", codec_key: "netflow.postNAPTSourceTransportPort",
        wire: Nowhere, kind: Kind::Port, unit: "port", meaning: "source port after translation",
        access: Number { bits: 16, read: |flow| flow.nat_src_port.map(u64::from), write: |flow, value| flow.nat_src_port = fit(value) } },
    Field { id: FieldId::NatDstPort, name: "nat_dst_port", aliases: &[], module_key: "netflow.xlate_dst_port", codec_key: "netflow.postNAPTDestinationTransportPort",
        wire: Nowhere, kind: Kind::Port, unit: "port", meaning: "destination port after translation",
        access: Number { bits: 16, read: |flow| flow.nat_dst_port.map(u64::from), write: |flow, value| flow.nat_dst_port = fit(value) } },
    Field { id: FieldId::Flowset, name: "flowset", aliases: &["template"], module_key: "netflow.flowset_id", codec_key: "netflow.flowset_id",
        wire: Nowhere, kind: Kind::Code, unit: "number from 256", meaning: "template that the record was read by",
        access: Number { bits: 16, read: |flow| flow.flowset.map(u64::from), write: |flow, value| flow.flowset = fit(value) } },
    Field { id: FieldId::Domain, name: "domain", aliases: &["source_id", "observation_domain"], module_key: "netflow.source_id", codec_key: "netflow.observationDomainId",
        wire: Nowhere, kind: Kind::Code, unit: "number", meaning: "source id of v9, observation domain of IPFIX",
        access: Number { bits: 32, read: |flow| flow.domain.map(u64::from), write: |flow, value| flow.domain = fit(value) } },
];

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::record::FlowRecord;

    #[test]
    fn rows_stand_where_their_id_says() {
        for (place, field) in FIELDS.iter().enumerate() {
            assert_eq!(field.id as usize, place, "{}", field.name);
        }
    }

    /// A name may not lead to two fields.
    #[test]
    fn names_are_unique() {
        let mut seen = HashMap::new();
        for field in FIELDS {
            let keys = [field.module_key, field.codec_key];
            for name in [field.name].iter().chain(field.aliases).chain(&keys) {
                if let Some(other) = seen.insert(name.to_lowercase(), field.name) {
                    assert_eq!(other, field.name, "{name}");
                }
                assert_eq!(Field::by_name(name), Some(field), "{name}");
            }
        }
        assert_eq!(Field::by_name("DST_PORT").unwrap().id, FieldId::DstPort);
        assert_eq!(Field::by_name("colour"), None);
    }

    /// The catalogue alone says which fields hold addresses.
    #[test]
    fn addresses_are_known_as_such() {
        for field in FIELDS {
            let is_address = matches!(field.access, Address { .. });
            assert_eq!(field.id.is_address(), is_address, "{}", field.name);
            assert_eq!(field.bits() == Some(128), is_address, "{}", field.name);
            assert!(!field.codec_key.starts_with("netflow.ipv4_") || is_address);
        }
    }

    /// What is written is read again, by that field alone.
    #[test]
    fn each_row_reads_what_it_writes() {
        for field in FIELDS {
            let mut flow = FlowRecord::default();
            match field.access {
                Number { bits, read, write } => {
                    write(&mut flow, Some(5));
                    assert_eq!(read(&flow), Some(5), "{}", field.name);
                    if bits < 48 {
                        write(&mut flow, Some(1 << bits));
                        assert_eq!(read(&flow), None, "{} is wider than it says", field.name);
                    }
                    write(&mut flow, Some((1 << (bits - 1)) + 1));
                    assert_eq!(read(&flow), Some((1 << (bits - 1)) + 1), "{}", field.name);
                }
                Address { read, write } => {
                    let address = "2001:db8::1".parse().ok();
                    write(&mut flow, address);
                    assert_eq!(read(&flow), address);
                }
                Text { read, write } => {
                    write(&mut flow, Some("r1".into()));
                    assert_eq!(read(&flow), Some("r1"));
                }
                Worked { .. } => {
                    assert_eq!(field.id, FieldId::Family, "has a test of its own");
                    flow.src_addr = "2001:db8::1".parse().ok();
                    assert_eq!(field.number(&flow), Some(6));
                    flow.src_addr = None;
                    continue;
                }
            }
            let is_worked = |other: &Field| matches!(other.access, Worked { .. });
            let known = FIELDS.iter().filter(|other| !other.is_unknown(&flow) && !is_worked(other));
            assert_eq!(known.map(|field| field.name).collect::<Vec<_>>(), [field.name]);
        }
    }

    /// Header and record are covered but for `SysUptime` and padding, without
    /// overlap (sampling shares two bytes).
    #[test]
    fn the_wire_is_covered_once() {
        let mut bytes: Vec<(bool, u8)> = Vec::new();
        for field in FIELDS.iter().filter(|field| field.id != FieldId::SamplingInterval) {
            match field.wire {
                Wire::Header(offset, length) => {
                    bytes.extend((offset..offset + length).map(|byte| (true, byte)));
                }
                Wire::Record(offset, length) => {
                    bytes.extend((offset..offset + length).map(|byte| (false, byte)));
                }
                Wire::Nowhere => {}
            }
        }
        bytes.sort_unstable();
        let header = (0..24).filter(|byte| !(4..8).contains(byte)).map(|byte| (true, byte));
        let record = (0..48).filter(|byte| ![36, 46, 47].contains(byte)).map(|byte| (false, byte));
        assert_eq!(bytes, record.chain(header).collect::<Vec<_>>());
    }
}

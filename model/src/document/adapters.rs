//! Where pipelines other than Logstash's module and codec put the fields of a
//! version 5 flow: the rows of the dialect table, one list a pipeline.
//!
//! What a pipeline does not keep has no row (Filebeat drops the sequence
//! number, goflow2 the engine). Several rows for one field are several copies
//! of one value; any of them that can be read counts.

use super::dialect::{Dialect, Form, Place};
use crate::field::FieldId as F;

/// Rows as places.
fn places(rows: &[(F, &'static str, Form)]) -> Vec<Place> {
    rows.iter().map(|(field, path, form)| Place { field: *field, path, form: *form }).collect()
}

use Form::{Endpoint, ExportType, Low14, Nanoseconds, Network, Plain, ProtocolName, Seconds, Top2};

/// Filebeat's netflow input and Elastic Agent's netflow integration.
///
/// `source.as.number` is `GeoIP`'s there, not the exporter's; the sampling
/// interval is the header's 16 bits as they came.
pub(super) const FILEBEAT: Dialect = Dialect {
    name: "Filebeat or Elastic Agent netflow (ECS)",
    marks: &[&["netflow.exporter"]],
    places: || {
        places(&[
            (F::Timestamp, "@timestamp", Plain),
            (F::Exporter, "netflow.exporter.address", Endpoint),
            (F::Version, "netflow.exporter.version", Plain),
            (F::EngineType, "netflow.exporter.engine_type", Plain),
            (F::EngineId, "netflow.exporter.engine_id", Plain),
            (F::SamplingAlgorithm, "netflow.exporter.sampling_interval", Top2),
            (F::SamplingInterval, "netflow.exporter.sampling_interval", Low14),
            (F::SrcAddr, "source.ip", Plain),
            (F::SrcAddr, "netflow.source_ipv4_address", Plain),
            (F::DstAddr, "destination.ip", Plain),
            (F::DstAddr, "netflow.destination_ipv4_address", Plain),
            (F::NextHop, "netflow.ip_next_hop_ipv4_address", Plain),
            (F::InputSnmp, "netflow.ingress_interface", Plain),
            (F::OutputSnmp, "netflow.egress_interface", Plain),
            (F::Packets, "source.packets", Plain),
            (F::Packets, "network.packets", Plain),
            (F::Packets, "netflow.packet_delta_count", Plain),
            (F::Bytes, "source.bytes", Plain),
            (F::Bytes, "network.bytes", Plain),
            (F::Bytes, "netflow.octet_delta_count", Plain),
            (F::FirstSwitched, "event.start", Plain),
            (F::LastSwitched, "event.end", Plain),
            (F::SrcPort, "source.port", Plain),
            (F::SrcPort, "netflow.source_transport_port", Plain),
            (F::DstPort, "destination.port", Plain),
            (F::DstPort, "netflow.destination_transport_port", Plain),
            (F::TcpFlags, "netflow.tcp_control_bits", Plain),
            (F::Protocol, "network.iana_number", Plain),
            (F::Protocol, "netflow.protocol_identifier", Plain),
            (F::Protocol, "network.transport", ProtocolName),
            (F::Tos, "netflow.ip_class_of_service", Plain),
            (F::SrcAs, "netflow.bgp_source_as_number", Plain),
            (F::DstAs, "netflow.bgp_destination_as_number", Plain),
            (F::SrcMaskLen, "netflow.source_ipv4_prefix_length", Plain),
            (F::DstMaskLen, "netflow.destination_ipv4_prefix_length", Plain),
            (F::SrcCountry, "source.geo.country_iso_code", Plain),
            (F::DstCountry, "destination.geo.country_iso_code", Plain),
            (F::SrcCity, "source.geo.city_name", Plain),
            (F::DstCity, "destination.geo.city_name", Plain),
            (F::SrcAsName, "source.as.organization.name", Plain),
            (F::DstAsName, "destination.as.organization.name", Plain),
        ])
    },
};

/// `ElastiFlow` 3.
pub(super) const ELASTIFLOW_3: Dialect = Dialect {
    name: "ElastiFlow 3",
    marks: &[&["flow.src_addr"]],
    places: || {
        places(&[
            (F::Timestamp, "@timestamp", Plain),
            (F::Exporter, "node.ipaddr", Plain),
            (F::Version, "netflow.version", Plain),
            (F::FlowRecords, "netflow.flow_records", Plain),
            (F::FlowSeqNum, "netflow.flow_seq_num", Plain),
            (F::EngineType, "netflow.engine_type", Plain),
            (F::EngineId, "netflow.engine_id", Plain),
            (F::SamplingAlgorithm, "netflow.sampling_algorithm", Plain),
            (F::SamplingInterval, "flow.sampling_interval", Plain),
            (F::SrcAddr, "flow.src_addr", Plain),
            (F::DstAddr, "flow.dst_addr", Plain),
            (F::NextHop, "flow.next_hop", Plain),
            (F::InputSnmp, "flow.input_snmp", Plain),
            (F::OutputSnmp, "flow.output_snmp", Plain),
            (F::Packets, "flow.packets", Plain),
            (F::Bytes, "flow.bytes", Plain),
            (F::FirstSwitched, "netflow.first_switched", Plain),
            (F::LastSwitched, "netflow.last_switched", Plain),
            (F::SrcPort, "flow.src_port", Plain),
            (F::DstPort, "flow.dst_port", Plain),
            (F::TcpFlags, "flow.tcp_flags", Plain),
            (F::Protocol, "netflow.protocol", Plain),
            (F::Protocol, "flow.ip_protocol", ProtocolName),
            (F::Tos, "flow.tos", Plain),
            (F::SrcAs, "netflow.src_as", Plain),
            (F::SrcAs, "flow.src_asn", Plain),
            (F::DstAs, "netflow.dst_as", Plain),
            (F::DstAs, "flow.dst_asn", Plain),
            (F::SrcMaskLen, "flow.src_mask_len", Plain),
            (F::DstMaskLen, "flow.dst_mask_len", Plain),
            (F::SrcAsName, "flow.src_autonomous_system", Plain),
            (F::DstAsName, "flow.dst_autonomous_system", Plain),
        ])
    },
};

/// `ElastiFlow` 4.0, before it left Logstash.
pub(super) const ELASTIFLOW_4: Dialect = Dialect {
    name: "ElastiFlow 4",
    marks: &[
        &["source.ip", "flow.next_hop"],
        &["source.ip", "flow.tos"],
        &["source.ip", "flow.tcp_flags"],
        &["source.ip", "flow.input_snmp"],
        &["source.ip", "flow.sampling_interval"],
    ],
    places: || {
        places(&[
            (F::Timestamp, "@timestamp", Plain),
            (F::Exporter, "host.ip", Plain),
            (F::Version, "netflow.version", Plain),
            (F::FlowRecords, "netflow.flow_records", Plain),
            (F::FlowSeqNum, "netflow.flow_seq_num", Plain),
            (F::EngineType, "netflow.engine_type", Plain),
            (F::EngineId, "netflow.engine_id", Plain),
            (F::SamplingAlgorithm, "netflow.sampling_algorithm", Plain),
            (F::SamplingInterval, "flow.sampling_interval", Plain),
            (F::SrcAddr, "source.ip", Plain),
            (F::DstAddr, "destination.ip", Plain),
            (F::NextHop, "flow.next_hop", Plain),
            (F::InputSnmp, "flow.input_snmp", Plain),
            (F::OutputSnmp, "flow.output_snmp", Plain),
            (F::Packets, "source.packets", Plain),
            (F::Packets, "network.packets", Plain),
            (F::Bytes, "source.bytes", Plain),
            (F::Bytes, "network.bytes", Plain),
            (F::FirstSwitched, "event.start", Plain),
            (F::LastSwitched, "event.end", Plain),
            (F::SrcPort, "source.port", Plain),
            (F::DstPort, "destination.port", Plain),
            (F::TcpFlags, "flow.tcp_flags", Plain),
            (F::Protocol, "network.iana_number", Plain),
            (F::Protocol, "network.transport", ProtocolName),
            (F::Tos, "flow.tos", Plain),
            (F::SrcAs, "source.as.number", Plain),
            (F::DstAs, "destination.as.number", Plain),
            (F::SrcMaskLen, "flow.src_mask_len", Plain),
            (F::DstMaskLen, "flow.dst_mask_len", Plain),
            (F::SrcCountry, "source.geo.country_iso_code", Plain),
            (F::DstCountry, "destination.geo.country_iso_code", Plain),
            (F::SrcCity, "source.geo.city_name", Plain),
            (F::DstCity, "destination.geo.city_name", Plain),
            (F::SrcAsName, "source.as.organization.name", Plain),
            (F::DstAsName, "destination.as.organization.name", Plain),
        ])
    },
};

/// goflow2's JSON: `snake_case` since 2.0.0, `CamelCase` before; at the top of a
/// line, or under `flow` as in its Elasticsearch example.
pub(super) const GOFLOW2: Dialect = Dialect {
    name: "goflow2",
    marks: &[
        &["time_flow_start_ns"],
        &["TimeFlowStart"],
        &["flow.time_flow_start_ns"],
        &["flow.TimeFlowStart"],
    ],
    places: || {
        places(&[
            (F::Timestamp, "time_received_ns", Nanoseconds),
            (F::Exporter, "sampler_address", Plain),
            (F::Version, "type", ExportType),
            (F::FlowSeqNum, "sequence_num", Plain),
            (F::SamplingInterval, "sampling_rate", Plain),
            (F::SrcAddr, "src_addr", Plain),
            (F::DstAddr, "dst_addr", Plain),
            (F::NextHop, "next_hop", Plain),
            (F::InputSnmp, "in_if", Plain),
            (F::OutputSnmp, "out_if", Plain),
            (F::Packets, "packets", Plain),
            (F::Bytes, "bytes", Plain),
            (F::FirstSwitched, "time_flow_start_ns", Nanoseconds),
            (F::LastSwitched, "time_flow_end_ns", Nanoseconds),
            (F::SrcPort, "src_port", Plain),
            (F::DstPort, "dst_port", Plain),
            (F::TcpFlags, "tcp_flags", Plain),
            (F::Protocol, "proto", ProtocolName),
            (F::Tos, "ip_tos", Plain),
            (F::SrcAs, "src_as", Plain),
            (F::DstAs, "dst_as", Plain),
            (F::SrcMaskLen, "src_net", Network),
            (F::DstMaskLen, "dst_net", Network),
            (F::Timestamp, "TimeReceived", Seconds),
            (F::Exporter, "SamplerAddress", Plain),
            (F::Version, "Type", ExportType),
            (F::FlowSeqNum, "SequenceNum", Plain),
            (F::SamplingInterval, "SamplingRate", Plain),
            (F::SrcAddr, "SrcAddr", Plain),
            (F::DstAddr, "DstAddr", Plain),
            (F::NextHop, "NextHop", Plain),
            (F::InputSnmp, "InIf", Plain),
            (F::OutputSnmp, "OutIf", Plain),
            (F::Packets, "Packets", Plain),
            (F::Bytes, "Bytes", Plain),
            (F::FirstSwitched, "TimeFlowStart", Seconds),
            (F::LastSwitched, "TimeFlowEnd", Seconds),
            (F::SrcPort, "SrcPort", Plain),
            (F::DstPort, "DstPort", Plain),
            (F::TcpFlags, "TCPFlags", Plain),
            (F::Protocol, "Proto", ProtocolName),
            (F::Tos, "IPTos", Plain),
            (F::SrcAs, "SrcAS", Plain),
            (F::DstAs, "DstAS", Plain),
            (F::SrcMaskLen, "SrcNet", Network),
            (F::DstMaskLen, "DstNet", Network),
            (F::Timestamp, "flow.time_received_ns", Nanoseconds),
            (F::Exporter, "flow.sampler_address", Plain),
            (F::Version, "flow.type", ExportType),
            (F::FlowSeqNum, "flow.sequence_num", Plain),
            (F::SamplingInterval, "flow.sampling_rate", Plain),
            (F::SrcAddr, "flow.src_addr", Plain),
            (F::DstAddr, "flow.dst_addr", Plain),
            (F::NextHop, "flow.next_hop", Plain),
            (F::InputSnmp, "flow.in_if", Plain),
            (F::OutputSnmp, "flow.out_if", Plain),
            (F::Packets, "flow.packets", Plain),
            (F::Bytes, "flow.bytes", Plain),
            (F::FirstSwitched, "flow.time_flow_start_ns", Nanoseconds),
            (F::LastSwitched, "flow.time_flow_end_ns", Nanoseconds),
            (F::SrcPort, "flow.src_port", Plain),
            (F::DstPort, "flow.dst_port", Plain),
            (F::TcpFlags, "flow.tcp_flags", Plain),
            (F::Protocol, "flow.proto", ProtocolName),
            (F::Tos, "flow.ip_tos", Plain),
            (F::SrcAs, "flow.src_as", Plain),
            (F::DstAs, "flow.dst_as", Plain),
            (F::SrcMaskLen, "flow.src_net", Network),
            (F::DstMaskLen, "flow.dst_net", Network),
        ])
    },
};

//! Where pipelines other than Logstash's module and codec put the fields of a
//! version 5 flow: the rows of the dialect table, one list a pipeline.
//!
//! What a pipeline does not keep has no row (Filebeat drops the sequence
//! number, goflow2 the engine). Several rows for one field are several copies
//! of one value: the first that can be read counts, in whatever order they stand
//! in a document.

use std::sync::LazyLock;

use super::place::{Dialect, Form, Place, places};
use super::{templates, templates_of_filebeat};
use crate::field::FieldId as F;
use crate::names::Adaptation;

use Form::{
    Endpoint, ExportType, Low14, Milliseconds, Nanoseconds, Network, Plain, Scaled, Seconds, Top2,
};

/// Filebeat's netflow input and Elastic Agent's netflow integration.
///
/// `source.as.number` is `GeoIP`'s there, not the exporter's; the sampling
/// interval is the header's 16 bits as they came.
pub(super) const FILEBEAT: Dialect = Dialect {
    name: "Filebeat or Elastic Agent netflow (ECS)",
    changes: None,
    marks: &[&["netflow.exporter"]],
    templates: templates_of_filebeat::filebeat,
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
            (F::Protocol, "network.transport", Plain),
            (F::Tos, "netflow.ip_class_of_service", Plain),
            (F::SrcAs, "netflow.bgp_source_as_number", Plain),
            (F::DstAs, "netflow.bgp_destination_as_number", Plain),
            (F::SrcMaskLen, "netflow.source_ipv4_prefix_length", Plain),
            (F::DstMaskLen, "netflow.destination_ipv4_prefix_length", Plain),
        ])
        .into_iter()
        .chain(places(templates_of_filebeat::LOOKED_UP))
        .collect()
    },
};

/// `ElastiFlow` 3. It multiplies bytes and packets by the sampling interval, and
/// `flow.src_asn` is looked up by address where the exporter's number is 0.
pub(super) const ELASTIFLOW_3: Dialect = Dialect {
    name: "ElastiFlow 3",
    changes: Some((Adaptation::ElastiFlow, Adaptation::ElastiFlowScaled)),
    marks: &[&["flow.src_addr"]],
    templates: || templates::elastiflow((ELASTIFLOW_3.places)()),
    places: || {
        places(&[
            (F::Timestamp, "@timestamp", Plain),
            (F::Exporter, "node.ipaddr", Plain),
            (F::Version, "netflow.version", Plain),
            (F::Version, "ipfix.version", Plain),
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
            (F::Packets, "flow.packets", Scaled),
            (F::Bytes, "flow.bytes", Scaled),
            (F::FirstSwitched, "netflow.first_switched", Plain),
            (F::LastSwitched, "netflow.last_switched", Plain),
            (F::SrcPort, "flow.src_port", Plain),
            (F::DstPort, "flow.dst_port", Plain),
            (F::TcpFlags, "flow.tcp_flags", Plain),
            (F::Protocol, "netflow.protocol", Plain),
            (F::Protocol, "flow.ip_protocol", Plain),
            (F::Tos, "flow.tos", Plain),
            (F::SrcAs, "flow.src_asn", Plain),
            (F::SrcAs, "netflow.src_as", Plain),
            (F::DstAs, "flow.dst_asn", Plain),
            (F::DstAs, "netflow.dst_as", Plain),
            (F::SrcMaskLen, "flow.src_mask_len", Plain),
            (F::DstMaskLen, "flow.dst_mask_len", Plain),
            (F::SrcAsName, "flow.src_autonomous_system", Plain),
            (F::DstAsName, "flow.dst_autonomous_system", Plain),
        ])
    },
};

/// `ElastiFlow` 4.0, before it left Logstash. It multiplies `network.bytes` and
/// leaves `source.bytes` as exported.
pub(super) const ELASTIFLOW_4: Dialect = Dialect {
    name: "ElastiFlow 4",
    changes: Some((Adaptation::ElastiFlow, Adaptation::ElastiFlowScaled)),
    marks: &[
        &["source.ip", "flow.next_hop"],
        &["source.ip", "flow.tos"],
        &["source.ip", "flow.tcp_flags"],
        &["source.ip", "flow.input_snmp"],
        &["source.ip", "flow.sampling_interval"],
    ],
    templates: || templates::elastiflow((ELASTIFLOW_4.places)()),
    places: || {
        places(&[
            (F::Timestamp, "@timestamp", Plain),
            (F::Exporter, "host.ip", Plain),
            (F::Version, "netflow.version", Plain),
            (F::Version, "ipfix.version", Plain),
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
            (F::Packets, "network.packets", Scaled),
            (F::Bytes, "source.bytes", Plain),
            (F::Bytes, "network.bytes", Scaled),
            (F::FirstSwitched, "event.start", Plain),
            (F::LastSwitched, "event.end", Plain),
            (F::SrcPort, "source.port", Plain),
            (F::DstPort, "destination.port", Plain),
            (F::TcpFlags, "flow.tcp_flags", Plain),
            (F::Protocol, "network.iana_number", Plain),
            (F::Protocol, "network.transport", Plain),
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
    changes: None,
    marks: &[
        &["time_flow_start_ns"],
        &["TimeFlowStart"],
        &["TimeFlowStartMs"],
        &["flow.time_flow_start_ns"],
        &["flow.TimeFlowStart"],
        &["flow.TimeFlowStartMs"],
    ],
    templates: || templates::goflow2((GOFLOW2.places)()),
    places: || GOFLOW2_PLACES.clone(),
};

/// The rows at the top, then the same under `flow`.
static GOFLOW2_PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let mut places = places(GOFLOW2_ROWS);
    places.extend(GOFLOW2_ROWS.iter().map(|(field, path, form)| {
        // Once in a run.
        let path: &'static str = Box::leak(format!("flow.{path}").into_boxed_str());
        Place { field: *field, path, form: *form }
    }));
    places
});

/// The finer of two times comes first.
const GOFLOW2_ROWS: &[(F, &str, Form)] = &[
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
    (F::Protocol, "proto", Plain),
    (F::Tos, "ip_tos", Plain),
    (F::SrcAs, "src_as", Plain),
    (F::DstAs, "dst_as", Plain),
    (F::SrcMaskLen, "src_net", Network),
    (F::DstMaskLen, "dst_net", Network),
    (F::Timestamp, "TimeReceivedNs", Nanoseconds),
    (F::Timestamp, "TimeReceivedMs", Milliseconds),
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
    (F::FirstSwitched, "TimeFlowStartNs", Nanoseconds),
    (F::LastSwitched, "TimeFlowEndNs", Nanoseconds),
    (F::FirstSwitched, "TimeFlowStartMs", Milliseconds),
    (F::LastSwitched, "TimeFlowEndMs", Milliseconds),
    (F::FirstSwitched, "TimeFlowStart", Seconds),
    (F::LastSwitched, "TimeFlowEnd", Seconds),
    (F::SrcPort, "SrcPort", Plain),
    (F::DstPort, "DstPort", Plain),
    (F::TcpFlags, "TCPFlags", Plain),
    (F::Protocol, "Proto", Plain),
    (F::Tos, "IPTos", Plain),
    (F::SrcAs, "SrcAS", Plain),
    (F::DstAs, "DstAS", Plain),
    (F::SrcMaskLen, "SrcNet", Network),
    (F::DstMaskLen, "DstNet", Network),
];

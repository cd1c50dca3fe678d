//! Where other pipelines than Logstash's module and codec put the fields, as documents
//! that they wrote show: Filebeat's netflow input, `ElastiFlow` 3, and Fluentd, which has
//! the codec's names at the top.

use serde_json::Value;

use super::flows::{Field, at};

/// A pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The module's names and the codec's.
    Logstash,
    Filebeat,
    /// It multiplies bytes and packets by the sampling interval.
    ElastiFlow,
    Fluentd,
}

/// A field, and where Filebeat and `ElastiFlow` put it, if they keep it.
#[rustfmt::skip]
const PLACES: [(&str, &str, &str); 31] = [
    ("timestamp", "@timestamp", "@timestamp"),
    ("exporter", "netflow.exporter.address", "node.ipaddr"),
    ("version", "netflow.exporter.version", "netflow.version"),
    ("flow_records", "", "netflow.flow_records"),
    ("flow_seq_num", "", "netflow.flow_seq_num"),
    ("engine_type", "netflow.exporter.engine_type", "netflow.engine_type"),
    ("engine_id", "netflow.exporter.engine_id", "netflow.engine_id"),
    ("sampling_algorithm", "netflow.exporter.sampling_interval", "netflow.sampling_algorithm"),
    ("sampling_interval", "netflow.exporter.sampling_interval", "flow.sampling_interval"),
    ("src_addr", "source.ip", "flow.src_addr"),
    ("dst_addr", "destination.ip", "flow.dst_addr"),
    ("next_hop", "netflow.ip_next_hop_ipv4_address", "flow.next_hop"),
    ("input_snmp", "netflow.ingress_interface", "flow.input_snmp"),
    ("output_snmp", "netflow.egress_interface", "flow.output_snmp"),
    ("packets", "network.packets", "flow.packets"),
    ("bytes", "network.bytes", "flow.bytes"),
    ("first_switched", "event.start", "netflow.first_switched"),
    ("last_switched", "event.end", "netflow.last_switched"),
    ("src_port", "source.port", "flow.src_port"),
    ("dst_port", "destination.port", "flow.dst_port"),
    ("tcp_flags", "netflow.tcp_control_bits", "flow.tcp_flags"),
    ("protocol", "network.iana_number", "netflow.protocol"),
    ("tos", "netflow.ip_class_of_service", "flow.tos"),
    ("src_as", "netflow.bgp_source_as_number", "flow.src_asn"),
    ("dst_as", "netflow.bgp_destination_as_number", "flow.dst_asn"),
    ("src_mask_len", "netflow.source_ipv4_prefix_length", "flow.src_mask_len"),
    ("dst_mask_len", "netflow.destination_ipv4_prefix_length", "flow.dst_mask_len"),
    ("src_country", "source.geo.country_iso_code", ""),
    ("dst_country", "destination.geo.country_iso_code", ""),
    ("src_city", "source.geo.city_name", ""),
    ("dst_city", "destination.geo.city_name", ""),
];

impl Dialect {
    /// That of a document.
    pub(crate) fn of(source: &Value) -> Self {
        let has = |path: &str| at(source, path).is_some();
        match () {
            () if has("netflow.exporter.address") => Self::Filebeat,
            () if has("flow.src_addr") => Self::ElastiFlow,
            () if has("ipv4_src_addr") && has("ipv4_dst_addr") => Self::Fluentd,
            () => Self::Logstash,
        }
    }

    /// Where a field stands: in one of these places.
    pub(crate) fn paths(self, (name, logstash, ..): &Field) -> Vec<&'static str> {
        let place = || PLACES.iter().find(|place| place.0 == *name);
        let path = match self {
            Self::Logstash => return logstash.to_vec(),
            Self::Fluentd if *name == "exporter" => Some("host"),
            Self::Fluentd => Some(logstash[1].strip_prefix("netflow.").unwrap_or(logstash[1])),
            Self::Filebeat => place().map(|place| place.1),
            Self::ElastiFlow => place().map(|place| place.2),
        };
        path.into_iter().filter(|path| !path.is_empty()).collect()
    }

    /// Whether a document is known by a field, so that it has it.
    pub(crate) fn is_known_by(self, name: &str) -> bool {
        match self {
            Self::Logstash => false,
            Self::Filebeat => name == "exporter",
            Self::ElastiFlow => name == "src_addr",
            Self::Fluentd => ["src_addr", "dst_addr"].contains(&name),
        }
    }
}

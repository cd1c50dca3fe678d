//! Documents of pipelines other than Logstash's module and codec, member by
//! member, in the order in which the pipelines write them.

use flowkit_model::FlowRecord;
use flowkit_model::address::Address;

use super::json::Json;
use super::members::{Leaf, Members, date};
use super::names::{flag_letters, protocol_name};

/// Header fields, which Logstash and `ElastiFlow` have under `netflow`.
pub(super) fn header(flow: &FlowRecord, out: &mut Members) {
    out.number("netflow.flow_records", flow.flow_records);
    out.number("netflow.flow_seq_num", flow.flow_seq_num);
    out.number("netflow.engine_type", flow.engine_type);
    out.number("netflow.engine_id", flow.engine_id);
    out.number("netflow.sampling_algorithm", flow.sampling_algorithm);
}

/// Filebeat's own documents, or those of Elastic Agent's integration, whose
/// protocol number is a text and whose observer has a list of addresses.
pub(super) fn filebeat(flow: &FlowRecord, out: &mut Members, is_agent: bool) {
    out.time("@timestamp", flow.timestamp_ms);
    out.aside("input.type", "netflow");
    out.aside("agent.type", "filebeat");
    out.aside("ecs.version", "8.0.0");
    match &flow.exporter {
        Some(exporter) if is_agent => {
            out.push("observer.ip", Leaf::Fixed(Json::List(vec![Json::text(exporter)])));
        }
        exporter => out.text("observer.ip", exporter.as_ref()),
    }
    out.aside("flow.id", "YraVvKNEO6M");
    out.aside("flow.locality", "external");
    out.aside("event.action", "netflow_flow");
    out.time("event.start", flow.first_switched_ms);
    out.time("event.end", flow.last_switched_ms);
    out.number("network.bytes", flow.bytes);
    out.number("network.packets", flow.packets);
    match flow.protocol {
        Some(protocol) if is_agent => {
            out.aside("network.iana_number", &protocol.to_string());
        }
        protocol => out.number("network.iana_number", protocol),
    }
    let transport = flow.protocol.map(|protocol| protocol_name(protocol).to_lowercase());
    out.text("network.transport", transport);
    out.address("source.ip", flow.src_addr);
    out.number("source.port", flow.src_port);
    out.number("source.bytes", flow.bytes);
    out.number("source.packets", flow.packets);
    // GeoIP's, which is not the exporter's.
    out.number("source.as.number", Some(64_999_u64));
    out.address("destination.ip", flow.dst_addr);
    out.number("destination.port", flow.dst_port);
    filebeat_fields(flow, out);
}

/// What Filebeat has under `netflow`.
fn filebeat_fields(flow: &FlowRecord, out: &mut Members) {
    out.aside("netflow.type", "netflow_flow");
    out.number("netflow.exporter.version", flow.version);
    out.text(
        "netflow.exporter.address",
        flow.exporter.as_ref().map(|name| format!("{name}:40455")),
    );
    out.number("netflow.exporter.uptime_millis", Some(1_065_133_457_u64));
    out.time("netflow.exporter.timestamp", flow.timestamp_ms);
    out.number("netflow.exporter.engine_type", flow.engine_type);
    out.number("netflow.exporter.engine_id", flow.engine_id);
    let sampling = flow.sampling_algorithm.zip(flow.sampling_interval);
    let sampling = sampling.map(|(how, interval)| u64::from(how) << 14 | u64::from(interval));
    out.number("netflow.exporter.sampling_interval", sampling);
    out.address("netflow.source_ipv4_address", flow.src_addr);
    out.address("netflow.destination_ipv4_address", flow.dst_addr);
    out.address("netflow.ip_next_hop_ipv4_address", flow.next_hop);
    out.number("netflow.ingress_interface", flow.input_snmp);
    out.number("netflow.egress_interface", flow.output_snmp);
    out.number("netflow.packet_delta_count", flow.packets);
    out.number("netflow.octet_delta_count", flow.bytes);
    out.number("netflow.flow_start_sys_up_time", Some(1_065_123_457_u64));
    out.number("netflow.source_transport_port", flow.src_port);
    out.number("netflow.destination_transport_port", flow.dst_port);
    out.number("netflow.tcp_control_bits", flow.tcp_flags);
    out.number("netflow.protocol_identifier", flow.protocol);
    out.number("netflow.ip_class_of_service", flow.tos);
    out.number("netflow.bgp_source_as_number", flow.src_as);
    out.number("netflow.bgp_destination_as_number", flow.dst_as);
    out.number("netflow.source_ipv4_prefix_length", flow.src_mask_len);
    out.number("netflow.destination_ipv4_prefix_length", flow.dst_mask_len);
}

/// Flags as `ElastiFlow` has them: the number, or a list of names, or `none`.
fn elastiflow_flags(flow: &FlowRecord, out: &mut Members, has_names: bool) {
    const NAMES: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    let Some(flags) = flow.tcp_flags.filter(|_| has_names) else {
        return out.number("flow.tcp_flags", flow.tcp_flags);
    };
    let set: Vec<Json> =
        (0..8).filter(|bit| flags >> bit & 1 == 1).map(|bit| Json::text(NAMES[bit])).collect();
    let value = if set.is_empty() { Json::text("none") } else { Json::List(set) };
    out.push("flow.tcp_flags", Leaf::Fixed(value));
}

/// What both versions of `ElastiFlow` have under `flow`.
fn elastiflow(flow: &FlowRecord, out: &mut Members, has_names: bool) {
    out.address("flow.next_hop", flow.next_hop);
    out.text("flow.input_snmp", flow.input_snmp.map(|number| number.to_string()));
    out.text("flow.output_snmp", flow.output_snmp.map(|number| number.to_string()));
    elastiflow_flags(flow, out, has_names);
    out.number("flow.tos", flow.tos);
    out.number("flow.src_mask_len", flow.src_mask_len);
    out.number("flow.dst_mask_len", flow.dst_mask_len);
    out.number("flow.sampling_interval", flow.sampling_interval);
}

/// `flow.bytes` and `flow.packets` are what it multiplied them to.
pub(super) fn elastiflow_3(flow: &FlowRecord, out: &mut Members, has_names: bool) {
    out.time("@timestamp", flow.timestamp_ms);
    out.aside("@version", "3.5.3");
    out.aside("event.type", "netflow");
    out.aside("node.hostname", "r1");
    out.text("node.ipaddr", flow.exporter.as_ref());
    out.number("netflow.version", flow.version);
    header(flow, out);
    out.time("netflow.first_switched", flow.first_switched_ms);
    out.time("netflow.last_switched", flow.last_switched_ms);
    out.number("netflow.src_as", flow.src_as);
    out.number("netflow.dst_as", flow.dst_as);
    out.number("netflow.protocol", flow.protocol);
    out.aside("flow.ip_version", "IPv4");
    out.address("flow.src_addr", flow.src_addr);
    out.address("flow.dst_addr", flow.dst_addr);
    out.number("flow.src_port", flow.src_port);
    out.number("flow.dst_port", flow.dst_port);
    out.text("flow.ip_protocol", flow.protocol.map(protocol_name));
    out.number("flow.bytes", flow.bytes);
    out.number("flow.packets", flow.packets);
    elastiflow(flow, out, has_names);
}

/// Counters under `source` are as exported, those under `network` multiplied.
pub(super) fn elastiflow_4(flow: &FlowRecord, out: &mut Members, has_names: bool) {
    out.time("@timestamp", flow.timestamp_ms);
    out.aside("@version", "4.0.1");
    out.aside("event.type", "netflow");
    out.time("event.start", flow.first_switched_ms);
    out.time("event.end", flow.last_switched_ms);
    out.text("host.ip", flow.exporter.as_ref());
    out.aside("host.name", "r1");
    out.number("netflow.version", flow.version);
    header(flow, out);
    elastiflow(flow, out, has_names);
    let interval = flow.sampling_interval.map_or(1, |interval| u64::from(interval.max(1)));
    out.number("network.bytes", flow.bytes.map(|bytes| bytes * interval));
    out.number("network.packets", flow.packets.map(|packets| packets * interval));
    out.text("network.transport", flow.protocol.map(protocol_name));
    out.number("network.iana_number", flow.protocol);
    out.address("source.ip", flow.src_addr);
    out.number("source.port", flow.src_port);
    out.number("source.bytes", flow.bytes);
    out.number("source.packets", flow.packets);
    out.number("source.as.number", flow.src_as);
    out.address("destination.ip", flow.dst_addr);
    out.number("destination.port", flow.dst_port);
    out.number("destination.as.number", flow.dst_as);
}

/// The network of an address, as goflow2 renders it.
fn network(address: Option<Address>, length: Option<u8>) -> Option<String> {
    let (address, length) = (address.unwrap_or(Address::UNSPECIFIED), length?);
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    Some(format!("{}/{length}", Address::from_bits(address.ipv4_bits()? & mask)))
}

pub(super) fn goflow2(flow: &FlowRecord, out: &mut Members, under: &str) {
    let at = |name: &str| format!("{under}{name}");
    let nanoseconds = |ms: Option<u64>| ms.map(|ms| ms * 1_000_000 + 456_789);
    out.aside(&at("type"), "NETFLOW_V5");
    out.number(&at("time_received_ns"), nanoseconds(flow.timestamp_ms));
    out.number(&at("sequence_num"), flow.flow_seq_num);
    out.number(&at("sampling_rate"), flow.sampling_interval);
    out.text(&at("sampler_address"), flow.exporter.as_ref());
    out.number(&at("time_flow_start_ns"), nanoseconds(flow.first_switched_ms));
    out.number(&at("time_flow_end_ns"), nanoseconds(flow.last_switched_ms));
    out.number(&at("bytes"), flow.bytes);
    out.number(&at("packets"), flow.packets);
    out.address(&at("src_addr"), flow.src_addr);
    out.address(&at("dst_addr"), flow.dst_addr);
    out.aside(&at("etype"), "IPv4");
    out.text(&at("proto"), flow.protocol.map(protocol_name));
    out.number(&at("src_port"), flow.src_port);
    out.number(&at("dst_port"), flow.dst_port);
    out.number(&at("in_if"), flow.input_snmp);
    out.number(&at("out_if"), flow.output_snmp);
    out.number(&at("ip_tos"), flow.tos);
    out.number(&at("tcp_flags"), flow.tcp_flags);
    out.number(&at("src_as"), flow.src_as);
    out.number(&at("dst_as"), flow.dst_as);
    out.address(&at("next_hop"), flow.next_hop);
    out.text(&at("src_net"), network(flow.src_addr, flow.src_mask_len));
    out.text(&at("dst_net"), network(flow.dst_addr, flow.dst_mask_len));
}

pub(super) fn goflow2_1(flow: &FlowRecord, out: &mut Members) {
    let seconds = |ms: Option<u64>| ms.map(|ms| ms / 1000);
    out.aside("Type", "NETFLOW_V5");
    out.number("TimeReceived", seconds(flow.timestamp_ms));
    out.number("SequenceNum", flow.flow_seq_num);
    out.number("SamplingRate", flow.sampling_interval);
    out.text("SamplerAddress", flow.exporter.as_ref());
    out.number("TimeFlowStart", seconds(flow.first_switched_ms));
    out.number("TimeFlowEnd", seconds(flow.last_switched_ms));
    out.number("Bytes", flow.bytes);
    out.number("Packets", flow.packets);
    out.address("SrcAddr", flow.src_addr);
    out.address("DstAddr", flow.dst_addr);
    out.number("Etype", Some(2048_u64));
    out.number("Proto", flow.protocol);
    out.number("SrcPort", flow.src_port);
    out.number("DstPort", flow.dst_port);
    out.number("InIf", flow.input_snmp);
    out.number("OutIf", flow.output_snmp);
    out.number("IPTos", flow.tos);
    out.number("TCPFlags", flow.tcp_flags);
    out.number("SrcAS", flow.src_as);
    out.number("DstAS", flow.dst_as);
    out.address("NextHop", flow.next_hop);
    out.number("SrcNet", flow.src_mask_len);
    out.number("DstNet", flow.dst_mask_len);
}

/// nfdump has no zone in its times, which are those of `TZ=UTC`.
pub(super) fn nfdump(flow: &FlowRecord, out: &mut Members) {
    let time = |ms: Option<u64>| ms.map(|ms| date(ms, 'T'));
    out.aside("type", "FLOW");
    out.number("export_sysid", Some(1_u64));
    out.text("first", time(flow.first_switched_ms));
    out.text("last", time(flow.last_switched_ms));
    out.text("received", time(flow.timestamp_ms));
    out.number("in_packets", flow.packets);
    out.number("in_bytes", flow.bytes);
    out.number("proto", flow.protocol);
    out.text("tcp_flags", flow.tcp_flags.map(flag_letters));
    if flow.protocol == Some(1) {
        out.number("icmp_type", flow.dst_port.map(|port| port >> 8));
        out.number("icmp_code", flow.dst_port.map(|port| port & 255));
    } else {
        out.number("src_port", flow.src_port);
        out.number("dst_port", flow.dst_port);
    }
    out.number("src_tos", flow.tos);
    out.address("src4_addr", flow.src_addr);
    out.address("dst4_addr", flow.dst_addr);
    out.address("ip4_next_hop", flow.next_hop);
    out.number("input_snmp", flow.input_snmp);
    out.number("output_snmp", flow.output_snmp);
    out.number("src_mask", Some(0_u64));
    out.number("dst_mask", Some(0_u64));
    out.aside("src_net", "");
    out.number("src_as", flow.src_as);
    out.number("dst_as", flow.dst_as);
    out.text("ip4_router", flow.exporter.as_ref());
    out.aside("label", "<none>");
}

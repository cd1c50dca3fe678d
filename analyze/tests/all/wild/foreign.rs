//! Documents of programs whose names few pipelines share: read, or refused by
//! what they have instead.

use flowkit_model::FlowRecord;

use super::members::Members;
use super::names::protocol_name;

/// fluent-plugin-netflow: the codec's names without an object around them.
pub(super) fn fluentd(flow: &FlowRecord, out: &mut Members) {
    out.number("version", flow.version);
    out.number("flow_seq_num", flow.flow_seq_num);
    out.address("ipv4_src_addr", flow.src_addr);
    out.address("ipv4_dst_addr", flow.dst_addr);
    out.number("l4_src_port", flow.src_port);
    out.number("l4_dst_port", flow.dst_port);
    out.number("protocol", flow.protocol);
    out.number("in_bytes", flow.bytes);
    out.number("in_pkts", flow.packets);
    out.text("host", flow.exporter.as_ref());
    out.time("@timestamp", flow.timestamp_ms);
}

/// pmacct's print and kafka plugins with `json` and `timestamps_since_epoch`.
pub(super) fn pmacct(flow: &FlowRecord, out: &mut Members) {
    let seconds = |ms: Option<u64>| ms.map(|ms| format!("{}.{:03}000", ms / 1000, ms % 1000));
    out.aside("event_type", "purge");
    out.text("peer_ip_src", flow.exporter.as_ref());
    out.number("iface_in", flow.input_snmp);
    out.number("iface_out", flow.output_snmp);
    out.number("as_src", flow.src_as);
    out.number("as_dst", flow.dst_as);
    out.address("ip_src", flow.src_addr);
    out.address("ip_dst", flow.dst_addr);
    out.number("mask_src", flow.src_mask_len);
    out.number("mask_dst", flow.dst_mask_len);
    out.number("port_src", flow.src_port);
    out.number("port_dst", flow.dst_port);
    out.text("tcp_flags", flow.tcp_flags.map(|flags| flags.to_string()));
    out.text("ip_proto", flow.protocol.map(|protocol| protocol_name(protocol).to_lowercase()));
    out.number("tos", flow.tos);
    out.number("sampling_rate", flow.sampling_interval);
    out.text("timestamp_start", seconds(flow.first_switched_ms));
    out.text("timestamp_end", seconds(flow.last_switched_ms));
    out.text("timestamp_export", seconds(flow.timestamp_ms));
    out.number("export_proto_seqno", flow.flow_seq_num);
    out.number("export_proto_version", flow.version);
    out.number("packets", flow.packets);
    out.number("bytes", flow.bytes);
}

/// nProbe's export to Elasticsearch.
pub(super) fn nprobe(flow: &FlowRecord, out: &mut Members) {
    out.time("@timestamp", flow.timestamp_ms);
    out.address("IPV4_SRC_ADDR", flow.src_addr);
    out.address("IPV4_DST_ADDR", flow.dst_addr);
    out.number("L4_SRC_PORT", flow.src_port);
    out.number("L4_DST_PORT", flow.dst_port);
    out.number("PROTOCOL", flow.protocol);
    out.number("IN_BYTES", flow.bytes);
    out.number("IN_PKTS", flow.packets);
}

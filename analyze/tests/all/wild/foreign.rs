//! Documents of programs whose flows flowkit does not know: they are refused by
//! what they have instead.

use flowkit_model::FlowRecord;

use super::members::{Members, date};

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

/// pmacct's print and kafka plugins with `json`.
pub(super) fn pmacct(flow: &FlowRecord, out: &mut Members) {
    out.aside("event_type", "purge");
    out.address("ip_src", flow.src_addr);
    out.address("ip_dst", flow.dst_addr);
    out.number("port_src", flow.src_port);
    out.number("port_dst", flow.dst_port);
    out.aside("ip_proto", "tcp");
    out.text("stamp_inserted", flow.timestamp_ms.map(|ms| date(ms, ' ')));
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

//! The columns of csv by the names that programs give them.

use super::cells::{
    Cell, Column, UPTIME, blank, duration, fixed, iso, number, port_or_type, seconds, silk,
    silk_flags, text, uptime,
};
use super::names::{flag_letters, protocol_name};

/// What `flowkit export --format csv` writes.
#[rustfmt::skip]
pub(super) const FLOWKIT: &[Column] = &[
    ("timestamp", |flow| iso(flow.timestamp_ms)),
    ("exporter", |flow| text(flow.exporter.as_ref())),
    ("version", |flow| number(flow.version)),
    ("flow_records", |flow| number(flow.flow_records)),
    ("flow_seq_num", |flow| number(flow.flow_seq_num)),
    ("engine_type", |flow| number(flow.engine_type)),
    ("engine_id", |flow| number(flow.engine_id)),
    ("sampling_algorithm", |flow| number(flow.sampling_algorithm)),
    ("sampling_interval", |flow| number(flow.sampling_interval)),
    ("src_addr", |flow| text(flow.src_addr)),
    ("dst_addr", |flow| text(flow.dst_addr)),
    ("next_hop", |flow| text(flow.next_hop)),
    ("input_snmp", |flow| number(flow.input_snmp)),
    ("output_snmp", |flow| number(flow.output_snmp)),
    ("packets", |flow| number(flow.packets)),
    ("bytes", |flow| number(flow.bytes)),
    ("first_switched", |flow| iso(flow.first_switched_ms)),
    ("last_switched", |flow| iso(flow.last_switched_ms)),
    ("src_port", |flow| number(flow.src_port)),
    ("dst_port", |flow| number(flow.dst_port)),
    ("tcp_flags", |flow| number(flow.tcp_flags)),
    ("protocol", |flow| number(flow.protocol)),
    ("tos", |flow| number(flow.tos)),
    ("src_as", |flow| number(flow.src_as)),
    ("dst_as", |flow| number(flow.dst_as)),
    ("src_mask_len", |flow| number(flow.src_mask_len)),
    ("dst_mask_len", |flow| number(flow.dst_mask_len)),
    ("src_country", |_| fixed("")),
];

/// `TZ=UTC nfdump -o csv` of 1.6 and of 1.7 up to 1.7.1.
#[rustfmt::skip]
pub(super) const NFDUMP_1_7_1: &[Column] = &[
    ("ts", |flow| seconds(flow.first_switched_ms)),
    ("te", |flow| seconds(flow.last_switched_ms)),
    ("td", duration),
    ("sa", |flow| text(flow.src_addr)),
    ("da", |flow| text(flow.dst_addr)),
    ("sp", |flow| number(flow.src_port)),
    ("dp", |flow| number(flow.dst_port)),
    ("pr", |flow| text(flow.protocol.map(protocol_name))),
    ("flg", |flow| text(flow.tcp_flags.map(flag_letters))),
    ("fwd", |_| Cell::Number("0".into())),
    ("stos", |flow| number(flow.tos)),
    ("ipkt", |flow| number(flow.packets)),
    ("ibyt", |flow| number(flow.bytes)),
    ("opkt", |_| Cell::Number("0".into())),
    ("obyt", |_| Cell::Number("0".into())),
    ("in", |flow| number(flow.input_snmp)),
    ("out", |flow| number(flow.output_snmp)),
    ("sas", |flow| number(flow.src_as)),
    ("das", |flow| number(flow.dst_as)),
    ("smk", |_| Cell::Number("0".into())),
    ("dmk", |_| Cell::Number("0".into())),
    ("dtos", |_| Cell::Number("0".into())),
    ("dir", |_| Cell::Number("0".into())),
    ("nh", |flow| text(flow.next_hop)),
    ("nhb", |_| fixed("0.0.0.0")),
    ("svln", |_| Cell::Number("0".into())),
    ("dvln", |_| Cell::Number("0".into())),
    ("ismc", |_| fixed("00:00:00:00:00:00")),
    ("mpls1", |_| fixed("0-0-0")),
    ("cl", |_| fixed("    0.000")),
    ("ra", |flow| text(flow.exporter.as_ref())),
    ("eng", |flow| fixed(&format!("{}/{}", flow.engine_type.unwrap(), flow.engine_id.unwrap()))),
    ("exid", |_| Cell::Number("0".into())),
    ("tr", |flow| blank(flow.timestamp_ms)),
];

/// The same of 1.7.5.
#[rustfmt::skip]
pub(super) const NFDUMP_1_7_5: &[Column] = &[
    ("firstSeen", |flow| blank(flow.first_switched_ms)),
    ("duration", duration),
    ("proto", |flow| number(flow.protocol)),
    ("srcAddr", |flow| text(flow.src_addr)),
    ("srcPort", |flow| number(flow.src_port)),
    ("dstAddr", |flow| text(flow.dst_addr)),
    ("dstPort", port_or_type),
    ("packets", |flow| number(flow.packets)),
    ("bytes", |flow| number(flow.bytes)),
    ("flows", |_| Cell::Number("1".into())),
];

/// A list of columns of `nfdump -o csv:…` since 1.7.6.
#[rustfmt::skip]
pub(super) const NFDUMP_1_7_6: &[Column] = &[
    ("routerIP", |flow| text(flow.exporter.as_ref())),
    ("engine", |flow| fixed(&format!("{}/{}", flow.engine_type.unwrap(), flow.engine_id.unwrap()))),
    ("firstSeen", |flow| blank(flow.first_switched_ms)),
    ("lastSeen", |flow| blank(flow.last_switched_ms)),
    ("received", |flow| blank(flow.timestamp_ms)),
    ("duration", duration),
    ("proto", |flow| number(flow.protocol)),
    ("srcAddr", |flow| text(flow.src_addr)),
    ("srcPort", |flow| number(flow.src_port)),
    ("dstAddr", |flow| text(flow.dst_addr)),
    ("dstPort", port_or_type),
    ("nextIP", |flow| text(flow.next_hop)),
    ("inPackets", |flow| number(flow.packets)),
    ("inBytes", |flow| number(flow.bytes)),
    ("outPackets", |_| Cell::Number("0".into())),
    ("outBytes", |_| Cell::Number("0".into())),
    ("flows", |_| Cell::Number("1".into())),
];

/// What SiLK's rwcut writes by itself.
#[rustfmt::skip]
pub(super) const RWCUT: &[Column] = &[
    ("sIP", |flow| text(flow.src_addr)),
    ("dIP", |flow| text(flow.dst_addr)),
    ("sPort", |flow| number(flow.src_port)),
    ("dPort", |flow| number(flow.dst_port)),
    ("pro", |flow| number(flow.protocol)),
    ("packets", |flow| number(flow.packets)),
    ("bytes", |flow| number(flow.bytes)),
    ("flags", |flow| text(flow.tcp_flags.map(silk_flags))),
    ("sTime", |flow| silk(flow.first_switched_ms)),
    ("duration", duration),
    ("eTime", |flow| silk(flow.last_switched_ms)),
    ("sen", |_| fixed("S0")),
];

/// What rwcut writes with `--delimited=,`: flags have no blanks for those not set.
#[rustfmt::skip]
pub(super) const RWCUT_DELIMITED: &[Column] = &[
    ("sIP", |flow| text(flow.src_addr)),
    ("dIP", |flow| text(flow.dst_addr)),
    ("sPort", |flow| number(flow.src_port)),
    ("dPort", |flow| number(flow.dst_port)),
    ("pro", |flow| number(flow.protocol)),
    ("packets", |flow| number(flow.packets)),
    ("bytes", |flow| number(flow.bytes)),
    ("flags", |flow| text(flow.tcp_flags.map(|flags| silk_flags(flags).replace(' ', "")))),
    ("sTime", |flow| silk(flow.first_switched_ms)),
    ("duration", duration),
    ("eTime", |flow| silk(flow.last_switched_ms)),
    ("sen", |_| fixed("S0")),
];

/// `flow-export -f2` of flow-tools.
#[rustfmt::skip]
pub(super) const FLOW_EXPORT: &[Column] = &[
    ("unix_secs", |flow| number(flow.timestamp_ms.map(|ms| ms / 1000))),
    ("unix_nsecs", |flow| number(flow.timestamp_ms.map(|ms| ms % 1000 * 1_000_000))),
    ("sysuptime", |_| number(Some(UPTIME))),
    ("exaddr", |flow| text(flow.exporter.as_ref())),
    ("dpkts", |flow| number(flow.packets)),
    ("doctets", |flow| number(flow.bytes)),
    ("first", |flow| uptime(flow, flow.first_switched_ms)),
    ("last", |flow| uptime(flow, flow.last_switched_ms)),
    ("engine_type", |flow| number(flow.engine_type)),
    ("engine_id", |flow| number(flow.engine_id)),
    ("srcaddr", |flow| text(flow.src_addr)),
    ("dstaddr", |flow| text(flow.dst_addr)),
    ("nexthop", |flow| text(flow.next_hop)),
    ("input", |flow| number(flow.input_snmp)),
    ("output", |flow| number(flow.output_snmp)),
    ("srcport", |flow| number(flow.src_port)),
    ("dstport", |flow| number(flow.dst_port)),
    ("prot", |flow| number(flow.protocol)),
    ("tos", |flow| number(flow.tos)),
    ("tcp_flags", |flow| number(flow.tcp_flags)),
    ("src_mask", |flow| number(flow.src_mask_len)),
    ("dst_mask", |flow| number(flow.dst_mask_len)),
    ("src_as", |flow| number(flow.src_as)),
    ("dst_as", |flow| number(flow.dst_as)),
];

/// Columns of a saved search, as Kibana shares them.
#[rustfmt::skip]
pub(super) const KIBANA: &[Column] = &[
    ("@timestamp", |flow| iso(flow.timestamp_ms)),
    ("host", |flow| text(flow.exporter.as_ref())),
    ("netflow.version", |_| fixed("Netflow v5")),
    ("netflow.src_addr", |flow| text(flow.src_addr)),
    ("netflow.dst_addr", |flow| text(flow.dst_addr)),
    ("netflow.src_port", |flow| number(flow.src_port)),
    ("netflow.dst_port", |flow| number(flow.dst_port)),
    ("netflow.protocol", |flow| number(flow.protocol)),
    ("netflow.tcp_flags", |flow| number(flow.tcp_flags)),
    ("netflow.bytes", |flow| number(flow.bytes)),
    ("netflow.packets", |flow| number(flow.packets)),
    ("netflow.first_switched", |flow| iso(flow.first_switched_ms)),
    ("netflow.last_switched", |flow| iso(flow.last_switched_ms)),
    ("netflow.src_port_name", |_| fixed("TCP/80 (http), \"web\"")),
    ("_index", |_| fixed("netflow-2018.09.21")),
];

/// What es2csv writes with `-k` left out.
#[rustfmt::skip]
pub(super) const ES2CSV: &[Column] = &[
    ("@timestamp", |flow| iso(flow.timestamp_ms)),
    ("host", |flow| text(flow.exporter.as_ref())),
    ("netflow.version", |_| fixed("Netflow v5")),
    ("netflow.src_addr", |flow| text(flow.src_addr)),
    ("netflow.dst_addr", |flow| text(flow.dst_addr)),
    ("netflow.src_port", |flow| number(flow.src_port)),
    ("netflow.dst_port", |flow| number(flow.dst_port)),
    ("netflow.protocol", |flow| number(flow.protocol)),
    ("netflow.tcp_flags", |flow| number(flow.tcp_flags)),
    ("netflow.bytes", |flow| number(flow.bytes)),
    ("netflow.packets", |flow| number(flow.packets)),
    ("netflow.first_switched", |flow| iso(flow.first_switched_ms)),
    ("netflow.last_switched", |flow| iso(flow.last_switched_ms)),
    ("netflow.src_port_name", |_| fixed("TCP/80 (http), \"web\"")),
];

/// `pandas.json_normalize(hits).to_csv()`, whose first column has no name.
#[rustfmt::skip]
pub(super) const PANDAS: &[Column] = &[
    ("", |flow| number(flow.packets)),
    ("_index", |_| fixed("netflow-2018.09.21")),
    ("_score", |_| fixed("")),
    ("_source.@timestamp", |flow| iso(flow.timestamp_ms)),
    ("_source.host", |flow| text(flow.exporter.as_ref())),
    ("_source.netflow.version", |_| fixed("Netflow v5")),
    ("_source.netflow.src_addr", |flow| text(flow.src_addr)),
    ("_source.netflow.dst_addr", |flow| text(flow.dst_addr)),
    ("_source.netflow.src_port", |flow| number(flow.src_port)),
    ("_source.netflow.dst_port", |flow| number(flow.dst_port)),
    ("_source.netflow.protocol", |flow| number(flow.protocol)),
    ("_source.netflow.tcp_flags", |flow| number(flow.tcp_flags)),
    ("_source.netflow.bytes", |flow| number(flow.bytes)),
    ("_source.netflow.packets", |flow| number(flow.packets)),
    ("_source.netflow.first_switched", |flow| iso(flow.first_switched_ms)),
    ("_source.netflow.last_switched", |flow| iso(flow.last_switched_ms)),
    ("_source.netflow.src_port_name", |_| fixed("TCP/80 (http), \"web\"")),
];

/// Logstash's csv output of the codec's fields.
#[rustfmt::skip]
pub(super) const CODEC: &[Column] = &[
    ("@timestamp", |flow| iso(flow.timestamp_ms)),
    ("ipv4_src_addr", |flow| text(flow.src_addr)),
    ("ipv4_dst_addr", |flow| text(flow.dst_addr)),
    ("l4_src_port", |flow| number(flow.src_port)),
    ("l4_dst_port", |flow| number(flow.dst_port)),
    ("protocol", |flow| number(flow.protocol)),
    ("in_bytes", |flow| number(flow.bytes)),
    ("in_pkts", |flow| number(flow.packets)),
];

/// Names that no program writes.
#[rustfmt::skip]
pub(super) const NOBODY: &[Column] = &[
    ("when", |flow| iso(flow.timestamp_ms)),
    ("who", |flow| text(flow.src_addr)),
    ("whom", |flow| text(flow.dst_addr)),
    ("much", |flow| number(flow.bytes)),
];

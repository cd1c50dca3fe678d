//! Where collectors that keep no netflow object put the fields: the codec's names
//! at the top of a document, pmacct's JSON, Akvorado's rows.
//!
//! Sources: codeout/fluent-plugin-netflow; pmacct `src/plugin_cmn_json.c` and
//! issue 795; akvorado/akvorado `common/schema/definition.go`.

use super::place::{Dialect, Form, Place, places};
use super::{of_version_5, templates};
use crate::field::FieldId as F;

use Form::{Endpoint, Plain, Seconds};

/// The codec's names without an object around them, as Fluentd writes them, and
/// Logstash with a filter that moves them up.
pub(super) const FLAT: Dialect = Dialect {
    name: "Fluentd",
    changes: None,
    marks: &[
        &["ipv4_src_addr", "ipv4_dst_addr"],
        &["ipv4_src_addr", "l4_src_port"],
        &["ipv6_src_addr", "ipv6_dst_addr"],
        &["sourceIPv4Address", "destinationIPv4Address"],
        &["sourceIPv6Address", "destinationIPv6Address"],
    ],
    templates: templates::flat,
    places: || {
        let row = |field: &crate::Field| {
            let path = field.codec_key.strip_prefix("netflow.").unwrap_or(field.codec_key);
            Place { field: field.id, path, form: Plain }
        };
        of_version_5().map(row).collect()
    },
};

/// pmacct's JSON of version 5 exports. Its times are without a zone, or seconds
/// with decimals; where it does not know one it writes that of 0.
pub(super) const PMACCT: Dialect = Dialect {
    name: "pmacct",
    changes: None,
    marks: &[&["ip_src", "ip_dst", "ip_proto"], &["ip_src", "ip_dst", "peer_ip_src"]],
    templates: || templates::widened((PMACCT.places)().into_iter()).collect(),
    places: || {
        places(&[
            (F::Timestamp, "timestamp_export", Seconds),
            (F::Timestamp, "timestamp_arrival", Seconds),
            (F::Exporter, "peer_ip_src", Plain),
            (F::Version, "export_proto_version", Plain),
            (F::FlowSeqNum, "export_proto_seqno", Plain),
            (F::SamplingInterval, "sampling_rate", Plain),
            (F::SrcAddr, "ip_src", Plain),
            (F::DstAddr, "ip_dst", Plain),
            (F::InputSnmp, "iface_in", Plain),
            (F::OutputSnmp, "iface_out", Plain),
            (F::Packets, "packets", Plain),
            (F::Bytes, "bytes", Plain),
            (F::FirstSwitched, "timestamp_start", Seconds),
            (F::LastSwitched, "timestamp_end", Seconds),
            (F::SrcPort, "port_src", Plain),
            (F::DstPort, "port_dst", Plain),
            (F::TcpFlags, "tcp_flags", Plain),
            (F::Protocol, "ip_proto", Plain),
            (F::Tos, "tos", Plain),
            (F::SrcAs, "as_src", Plain),
            (F::DstAs, "as_dst", Plain),
            (F::SrcMaskLen, "mask_src", Plain),
            (F::DstMaskLen, "mask_dst", Plain),
        ])
    },
};

/// Rows of Akvorado's table of flows, as ClickHouse prints them as JSON: wide
/// numbers in quotes, IPv4 addresses mapped into IPv6, times without a zone.
pub(super) const AKVORADO: Dialect = Dialect {
    name: "Akvorado",
    changes: None,
    marks: &[&["ExporterAddress", "SrcAddr", "DstAddr"]],
    templates: templates::none,
    places: || {
        places(&[
            (F::Timestamp, "TimeReceived", Seconds),
            (F::Exporter, "ExporterAddress", Endpoint),
            (F::SamplingInterval, "SamplingRate", Plain),
            (F::SrcAddr, "SrcAddr", Plain),
            (F::DstAddr, "DstAddr", Plain),
            (F::NextHop, "NextHop", Plain),
            (F::Packets, "Packets", Plain),
            (F::Bytes, "Bytes", Plain),
            (F::SrcPort, "SrcPort", Plain),
            (F::DstPort, "DstPort", Plain),
            (F::TcpFlags, "TCPFlags", Plain),
            (F::Protocol, "Proto", Plain),
            (F::Tos, "IPTos", Plain),
            (F::SrcAs, "SrcAS", Plain),
            (F::DstAs, "DstAS", Plain),
            (F::SrcMaskLen, "SrcNetMask", Plain),
            (F::DstMaskLen, "DstNetMask", Plain),
            (F::SrcCountry, "SrcCountry", Plain),
            (F::DstCountry, "DstCountry", Plain),
        ])
    },
};

//! The objects of `nfdump -o json`.
//!
//! nfdump writes times in the zone of its own process, without saying which;
//! they are read as UTC (`TZ=UTC nfdump …`). Packets and bytes of sampled
//! exports were multiplied when nfcapd received them. Prefix lengths of version
//! 5 are not kept by nfcapd (always 0), so they are not read.
//!
//! Up to 1.6.23 and 1.7.0 milliseconds are written without leading zeros:
//! `10:00:00.7` is 7 ms (phaag/nfdump issue 294).
//!
//! Source: what nfdump 1.7.1 writes; phaag/nfdump `bin/output_json.c` of 1.6.18
//! and `src/output/output_json.c`.

use super::place::{Dialect, Form, places};
use super::templates;
use crate::field::FieldId as F;

use Form::{FlagLetters, HighByte, LowByte, Plain, SampledFlag, ShortMs};

/// Objects of `nfdump -o json`. A field that a record has no extension for is
/// not there: next hop, interfaces and AS numbers where they are all 0, ports of
/// ICMP.
pub(super) const NFDUMP: Dialect = Dialect {
    name: "nfdump -o json",
    changes: None,
    marks: &[
        &["in_packets", "src4_addr"],
        &["in_packets", "src6_addr"],
        // Aggregated rows may have no address.
        &["in_packets", "in_bytes", "export_sysid"],
    ],
    templates: templates::none,
    places: || {
        places(&[
            (F::Timestamp, "received", ShortMs),
            (F::Exporter, "ip4_router", Plain),
            (F::Exporter, "ip6_router", Plain),
            (F::SrcAddr, "src4_addr", Plain),
            (F::SrcAddr, "src6_addr", Plain),
            (F::DstAddr, "dst4_addr", Plain),
            (F::DstAddr, "dst6_addr", Plain),
            (F::NextHop, "ip4_next_hop", Plain),
            (F::NextHop, "ip6_next_hop", Plain),
            (F::InputSnmp, "input_snmp", Plain),
            (F::OutputSnmp, "output_snmp", Plain),
            (F::Packets, "in_packets", Plain),
            (F::Bytes, "in_bytes", Plain),
            (F::FirstSwitched, "first", ShortMs),
            (F::LastSwitched, "last", ShortMs),
            // Of 1.6.
            (F::FirstSwitched, "t_first", ShortMs),
            (F::LastSwitched, "t_last", ShortMs),
            (F::Timestamp, "t_received", ShortMs),
            (F::EngineType, "engine_type", Plain),
            (F::EngineId, "engine_id", Plain),
            (F::SrcPort, "src_port", Plain),
            (F::DstPort, "dst_port", Plain),
            (F::DstPort, "icmp_type", HighByte),
            (F::DstPort, "icmp_code", LowByte),
            (F::TcpFlags, "tcp_flags", FlagLetters),
            (F::Protocol, "proto", Plain),
            (F::Tos, "src_tos", Plain),
            (F::SrcAs, "src_as", Plain),
            (F::DstAs, "dst_as", Plain),
            (F::Adapted, "sampled", SampledFlag),
        ])
    },
};

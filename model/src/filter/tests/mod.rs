//! Which flows a filter matches, and what is said of a text that is no filter.

mod files;
mod mistakes;
mod properties;
mod words;

use super::*;
use crate::address::Address;
use crate::record::FlowRecord;

fn flow() -> FlowRecord {
    FlowRecord {
        timestamp_ms: Some(1_537_514_269_230),
        exporter: Some("192.0.2.77".into()),
        engine_id: Some(7),
        src_addr: Some(Address::from([10, 1, 2, 3])),
        dst_addr: Some(Address::from([192, 0, 2, 1])),
        next_hop: Some(Address::from([198, 51, 100, 2])),
        input_snmp: Some(3),
        output_snmp: Some(0),
        packets: Some(10),
        bytes: Some(12_345),
        first_switched_ms: Some(1_537_514_268_000),
        last_switched_ms: Some(1_537_514_269_500),
        src_port: Some(47_228),
        dst_port: Some(443),
        tcp_flags: Some(0x1b),
        protocol: Some(6),
        tos: Some(192),
        src_as: Some(64_500),
        dst_as: Some(0),
        src_mask_len: Some(24),
        dst_mask_len: Some(0),
        ..FlowRecord::default()
    }
}

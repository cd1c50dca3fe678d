//! Flows at random, with the values at the ends of their ranges among them.

use flowkit_model::FlowRecord;
use flowkit_model::address::Address;

use crate::random::Random;

/// Protocols that every pipeline has a name for.
const PROTOCOLS: [u8; 7] = [6, 6, 6, 17, 17, 1, 50];
/// 2018-09-21 UTC in milliseconds.
const DAY: u64 = 1_537_488_000_000;

/// What limits the values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Some fields are unknown.
    pub(super) has_gaps: bool,
    /// Exporters may have names, with letters beyond ASCII.
    pub(super) has_names: bool,
    /// Counters may be wider than the packet's 32 bits.
    pub(super) has_wide_counters: bool,
}

fn number<T: TryFrom<u64>>(random: &mut Random, most: u64) -> T {
    let value = match random.below(12) {
        0 => 0,
        1 => most,
        _ => random.below(most + 1),
    };
    T::try_from(value).ok().unwrap()
}

fn address(random: &mut Random) -> Address {
    let host = u32::try_from(random.below(1 << 10)).unwrap();
    Address::from_bits(match random.below(10) {
        0 => u32::MAX,
        1..=4 => 0x0a00_0000 + host,
        5..=7 => 0xc0a8_0000 + host,
        _ => number(random, u32::MAX.into()),
    })
}

fn counter(random: &mut Random, is_wide: bool) -> u64 {
    match random.below(8) {
        0 => u32::MAX.into(),
        1 if is_wide => (1 << 40) + random.below(1 << 40),
        _ => random.below(1 << 20),
    }
}

/// A few exporters, so that they meet.
fn exporter(random: &mut Random, has_names: bool) -> String {
    match random.below(6) {
        4 if has_names => "r1.example.net".into(),
        5 if has_names => "größe/𝄞 \"1\"".into(),
        n => format!("192.0.2.{}", 1 + n),
    }
}

/// One flow.
pub(super) fn flow(random: &mut Random, limits: Limits) -> FlowRecord {
    let timestamp = DAY + random.below(86_400_000);
    let first = timestamp - random.below(3_600_000);
    let last = first + random.below(timestamp - first + 1);
    let protocol = PROTOCOLS[usize::try_from(random.below(7)).unwrap()];
    let is_icmp = protocol == 1;
    let has_ports = matches!(protocol, 6 | 17);
    let port = |random: &mut Random| if has_ports { number(random, 65_535) } else { 0 };
    let mut flow = FlowRecord {
        timestamp_ms: Some(timestamp),
        exporter: Some(exporter(random, limits.has_names)),
        version: Some(5),
        flow_records: Some(1 + number::<u16>(random, 29)),
        flow_seq_num: Some(number(random, u32::MAX.into())),
        engine_type: Some(number(random, 255)),
        engine_id: Some(number(random, 255)),
        sampling_algorithm: Some(number(random, 2)),
        sampling_interval: Some(number(random, 16_383)),
        src_addr: Some(address(random)),
        dst_addr: Some(address(random)),
        next_hop: Some(address(random)),
        input_snmp: Some(number(random, 65_535)),
        output_snmp: Some(number(random, 65_535)),
        packets: Some(counter(random, limits.has_wide_counters)),
        bytes: Some(counter(random, limits.has_wide_counters)),
        first_switched_ms: Some(first),
        last_switched_ms: Some(last),
        src_port: Some(port(random)),
        dst_port: Some(if is_icmp {
            256 * number::<u16>(random, 11) + number::<u16>(random, 5)
        } else {
            port(random)
        }),
        tcp_flags: Some(if protocol == 6 { number(random, 255) } else { 0 }),
        protocol: Some(protocol),
        tos: Some(number(random, 255)),
        src_as: Some(number(random, 65_535)),
        dst_as: Some(number(random, 65_535)),
        src_mask_len: Some(number(random, 32)),
        dst_mask_len: Some(number(random, 32)),
        ..FlowRecord::default()
    };
    if limits.has_gaps {
        forget(&mut flow, random);
    }
    flow
}

/// What may be unknown. By the others a pipeline is known: source, packets,
/// first, flags, ToS and version. Two of sampling share 16 bits in some documents.
#[rustfmt::skip]
const FORGETTABLE: &[fn(&mut FlowRecord)] = &[
    |flow| flow.timestamp_ms = None,
    |flow| flow.exporter = None,
    |flow| flow.flow_records = None,
    |flow| flow.flow_seq_num = None,
    |flow| flow.engine_type = None,
    |flow| flow.engine_id = None,
    |flow| flow.dst_addr = None,
    |flow| flow.next_hop = None,
    |flow| flow.input_snmp = None,
    |flow| flow.output_snmp = None,
    |flow| flow.bytes = None,
    |flow| flow.last_switched_ms = None,
    |flow| flow.src_port = None,
    |flow| flow.dst_port = None,
    |flow| flow.protocol = None,
    |flow| flow.src_as = None,
    |flow| flow.dst_as = None,
    |flow| flow.src_mask_len = None,
    |flow| flow.dst_mask_len = None,
    |flow| (flow.sampling_algorithm, flow.sampling_interval) = (None, None),
];

/// Makes some fields unknown.
fn forget(flow: &mut FlowRecord, random: &mut Random) {
    for forget in FORGETTABLE {
        if random.below(6) == 0 {
            forget(flow);
        }
    }
}

/// Flows, some of them equal.
pub(super) fn flows(random: &mut Random, n: usize, limits: Limits) -> Vec<FlowRecord> {
    let mut flows: Vec<FlowRecord> = Vec::with_capacity(n);
    while flows.len() < n {
        let next = match flows.last() {
            Some(last) if random.below(20) == 0 => last.clone(),
            _ => flow(random, limits),
        };
        flows.push(next);
    }
    flows
}

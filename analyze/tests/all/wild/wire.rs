//! Flows as datagrams of version 5, byte by byte: at most 30 of one exporter, one
//! export time, one engine and one sampling, as a router sends them.

use flowkit_model::FlowRecord;

use crate::random::Random;

/// A datagram and who sends it.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) exporter: String,
    pub(super) bytes: Vec<u8>,
}

/// Datagrams of some flows, of at most so many each, and the flows as they are in them: with their number
/// and the sequence of the datagram.
pub(super) fn datagrams(
    flows: &[FlowRecord],
    most: u64,
    random: &mut Random,
) -> (Vec<Datagram>, Vec<FlowRecord>) {
    let (mut datagrams, mut sent) = (Vec::new(), Vec::new());
    let mut rest = flows;
    let mut sequence = 4_294_967_290_u32;
    while let Some(first) = rest.first() {
        let n = 1 + usize::try_from(random.below(most.min(rest.len() as u64))).unwrap();
        let (records, more) = rest.split_at(n);
        rest = more;
        let records: Vec<FlowRecord> = records
            .iter()
            .map(|flow| FlowRecord {
                timestamp_ms: first.timestamp_ms,
                exporter: first.exporter.clone(),
                engine_type: first.engine_type,
                engine_id: first.engine_id,
                sampling_algorithm: first.sampling_algorithm,
                sampling_interval: first.sampling_interval,
                flow_records: Some(u16::try_from(n).unwrap()),
                flow_seq_num: Some(sequence),
                ..flow.clone()
            })
            .collect();
        // The uptime may wrap between a flow and its export.
        let uptime = u32::try_from(random.below(1 << 32)).unwrap();
        let exporter = first.exporter.clone().unwrap();
        datagrams.push(Datagram { exporter, bytes: datagram(&records, uptime) });
        sequence = sequence.wrapping_add(u32::try_from(n).unwrap());
        sent.extend(records);
    }
    (datagrams, sent)
}

/// Header of 24 bytes and records of 48, by Cisco's tables.
fn datagram(records: &[FlowRecord], uptime: u32) -> Vec<u8> {
    let first = &records[0];
    let export = first.timestamp_ms.unwrap();
    let mut out = Vec::new();
    put(&mut out, 2, 5);
    put(&mut out, 2, records.len() as u64);
    put(&mut out, 4, uptime.into());
    put(&mut out, 4, export / 1000);
    put(&mut out, 4, export % 1000 * 1_000_000);
    put(&mut out, 4, first.flow_seq_num.unwrap().into());
    put(&mut out, 1, first.engine_type.unwrap().into());
    put(&mut out, 1, first.engine_id.unwrap().into());
    let sampling = u64::from(first.sampling_algorithm.unwrap()) << 14;
    put(&mut out, 2, sampling | u64::from(first.sampling_interval.unwrap()));
    let bits =
        |address: Option<flowkit_model::Address>| address.unwrap().ipv4_bits().unwrap().into();
    for flow in records {
        let uptime_at = |ms: Option<u64>| {
            let age = i64::try_from(export).unwrap() - i64::try_from(ms.unwrap()).unwrap();
            (i64::from(uptime) - age).rem_euclid(1 << 32).unsigned_abs()
        };
        put(&mut out, 4, bits(flow.src_addr));
        put(&mut out, 4, bits(flow.dst_addr));
        put(&mut out, 4, bits(flow.next_hop));
        put(&mut out, 2, flow.input_snmp.unwrap().into());
        put(&mut out, 2, flow.output_snmp.unwrap().into());
        put(&mut out, 4, flow.packets.unwrap());
        put(&mut out, 4, flow.bytes.unwrap());
        put(&mut out, 4, uptime_at(flow.first_switched_ms));
        put(&mut out, 4, uptime_at(flow.last_switched_ms));
        put(&mut out, 2, flow.src_port.unwrap().into());
        put(&mut out, 2, flow.dst_port.unwrap().into());
        put(&mut out, 1, 0);
        put(&mut out, 1, flow.tcp_flags.unwrap().into());
        put(&mut out, 1, flow.protocol.unwrap().into());
        put(&mut out, 1, flow.tos.unwrap().into());
        put(&mut out, 2, flow.src_as.unwrap().into());
        put(&mut out, 2, flow.dst_as.unwrap().into());
        put(&mut out, 1, flow.src_mask_len.unwrap().into());
        put(&mut out, 1, flow.dst_mask_len.unwrap().into());
        put(&mut out, 2, 0);
    }
    out
}

/// Appends a number of some bytes, the highest first.
fn put(out: &mut Vec<u8>, n_bytes: usize, value: u64) {
    out.extend(&value.to_be_bytes()[8 - n_bytes..]);
}

/// A datagram written by hand, field by field as in Cisco's tables.
#[test]
fn a_datagram_is_what_a_hand_writes() {
    let flow = FlowRecord {
        timestamp_ms: Some(1_537_524_000_123),
        exporter: Some("192.0.2.1".into()),
        flow_seq_num: Some(0x0102_0304),
        engine_type: Some(1),
        engine_id: Some(3),
        sampling_algorithm: Some(1),
        sampling_interval: Some(100),
        src_addr: Some([192, 0, 2, 10].into()),
        dst_addr: Some([198, 51, 100, 20].into()),
        next_hop: Some([192, 0, 2, 254].into()),
        input_snmp: Some(1),
        output_snmp: Some(2),
        packets: Some(10),
        bytes: Some(1500),
        first_switched_ms: Some(1_537_523_990_123),
        last_switched_ms: Some(1_537_523_995_123),
        src_port: Some(51_000),
        dst_port: Some(443),
        tcp_flags: Some(27),
        protocol: Some(6),
        tos: Some(8),
        src_as: Some(64_500),
        dst_as: Some(64_501),
        src_mask_len: Some(24),
        dst_mask_len: Some(16),
        ..FlowRecord::default()
    };
    #[rustfmt::skip]
    let by_hand = [
        0, 5, 0, 1, 0x00, 0x98, 0x96, 0x80, // version, count, uptime 10,000,000
        0x5b, 0xa4, 0xc1, 0x20, 0x07, 0x54, 0xd4, 0xc0, // seconds, nanoseconds 123,000,000
        1, 2, 3, 4, 1, 3, 0x40, 0x64, // sequence, engine, sampling
        192, 0, 2, 10, 198, 51, 100, 20, 192, 0, 2, 254, 0, 1, 0, 2,
        0, 0, 0, 10, 0, 0, 0x05, 0xdc, // packets, bytes
        0x00, 0x98, 0x6f, 0x70, 0x00, 0x98, 0x82, 0xf8, // uptimes 9,990,000 and 9,995,000
        0xc7, 0x38, 0x01, 0xbb, 0, 27, 6, 8, // ports, padding, flags, protocol, ToS
        0xfb, 0xf4, 0xfb, 0xf5, 24, 16, 0, 0, // AS numbers, prefixes, padding
    ];
    assert_eq!(datagram(&[flow], 10_000_000), by_hand);
}

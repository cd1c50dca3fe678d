//! Flows into export packets, as a router's cache does it.
//!
//! A flow leaves the cache when its connection was closed or reset, when it
//! reached the active timeout, or 15 s after its last packet. Every half minute
//! the router looks for such flows and sends them in packets of at most 30.
//!
//! Packets are in order of export time; within a packet flows are in the order
//! in which they left the cache.

pub use flowkit_model::wire::MOST_RECORDS;
use flowkit_model::wire::{Header, Record, Uptime};

use crate::exporter::{BORDER, Exporter, OFFICE};
use crate::flow::Flow;
use crate::talk::{ACTIVE_MS, FIN, RST};

/// Inactive timeout: time without a packet after which a flow is over.
const INACTIVE_MS: i64 = 15_000;

/// Time between two scans of the cache.
pub(crate) const SCAN_MS: i64 = 30_000;

/// Time between two packets sent in a row.
pub(crate) const SPACING_MS: i64 = 2;

/// A NetFlow v5 datagram: what its header says, and its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The router that sent it.
    pub exporter: &'static Exporter,
    /// Time of export, milliseconds since 1970-01-01 UTC: `unix_secs` and
    /// `unix_nsecs` of the header.
    pub export_ms: i64,
    /// Flows this exporter sent before this packet, modulo 2³².
    pub flow_sequence: u32,
    /// The records, 1 to 30.
    pub flows: Vec<Flow>,
}

impl Packet {
    /// The header as it is sent.
    #[must_use]
    pub fn header(&self) -> Header {
        let exporter = self.exporter;
        let unsigned = |number: i64| u32::try_from(number).unwrap_or_default();
        Header {
            count: u16::try_from(self.flows.len()).unwrap_or(u16::MAX),
            sys_uptime_ms: self.uptime().at(self.export_ms),
            unix_secs: unsigned(self.export_ms.div_euclid(1000)),
            unix_nsecs: unsigned(self.export_ms.rem_euclid(1000) * 1_000_000),
            flow_sequence: self.flow_sequence,
            engine_type: exporter.engine_type,
            engine_id: exporter.engine_id,
            sampling: u16::from(exporter.sampling_algorithm) << 14 | exporter.sampling_interval,
        }
    }

    /// The router's uptime clock.
    #[must_use]
    pub fn uptime(&self) -> Uptime {
        Uptime { boot_ms: self.exporter.boot_ms }
    }

    /// The datagram: header and records.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header().to_bytes().to_vec();
        for flow in &self.flows {
            bytes.extend(self.record(flow).to_bytes());
        }
        bytes
    }

    fn record(&self, flow: &Flow) -> Record {
        Record {
            src_addr: flow.src_addr,
            dst_addr: flow.dst_addr,
            next_hop: flow.next_hop,
            input_snmp: flow.input_snmp,
            output_snmp: flow.output_snmp,
            packets: flow.packets,
            bytes: flow.bytes,
            first_uptime_ms: self.uptime().at(flow.first_ms),
            last_uptime_ms: self.uptime().at(flow.last_ms),
            src_port: flow.src_port,
            dst_port: flow.dst_port,
            pad1: 0,
            tcp_flags: flow.tcp_flags,
            protocol: flow.protocol,
            tos: flow.tos,
            src_as: flow.src_as,
            dst_as: flow.dst_as,
            src_mask_len: flow.src_mask,
            dst_mask_len: flow.dst_mask,
            pad2: 0,
        }
    }
}

/// All packets the routers send for these flows, by time of export.
#[must_use]
pub fn export(flows: &[Flow]) -> Vec<Packet> {
    let mut packets = Vec::new();
    for exporter in [&OFFICE, &BORDER] {
        let own = flows.iter().filter(|flow| std::ptr::eq(flow.exporter, exporter));
        let mut expired: Vec<(i64, &Flow)> = own.map(|flow| (expiry_ms(flow), flow)).collect();
        expired.sort_by_key(|&(ms, flow)| (ms, flow.first_ms, flow.src_addr, flow.src_port));
        let mut flow_sequence = exporter.flows_before;
        for scan in expired.chunk_by(|a, b| scan_ms(exporter, a.0) == scan_ms(exporter, b.0)) {
            let mut export_ms = scan_ms(exporter, scan[0].0);
            for records in scan.chunks(MOST_RECORDS) {
                let flows: Vec<Flow> = records.iter().map(|&(_, flow)| flow.clone()).collect();
                let count = u32::try_from(flows.len()).unwrap_or_default();
                packets.push(Packet { exporter, export_ms, flow_sequence, flows });
                flow_sequence = flow_sequence.wrapping_add(count);
                export_ms += SPACING_MS;
            }
        }
    }
    packets.sort_by_key(|packet| (packet.export_ms, packet.exporter.addr));
    packets
}

fn expiry_ms(flow: &Flow) -> i64 {
    let closed = flow.tcp_flags & (FIN | RST) != 0;
    let cut = flow.last_ms - flow.first_ms + 1 >= ACTIVE_MS;
    if closed || cut { flow.last_ms } else { flow.last_ms + INACTIVE_MS }
}

/// The first scan of the cache after `ms`.
fn scan_ms(exporter: &Exporter, ms: i64) -> i64 {
    ((ms - exporter.phase_ms).div_euclid(SCAN_MS) + 1) * SCAN_MS + exporter.phase_ms
}

#[cfg(test)]
mod tests {
    use flowkit_model::{Document, FlowRecord, logstash_times, wire};

    use super::*;
    use crate::day::practice_flows;

    #[test]
    fn a_packet_says_how_many_flows_went_before() {
        let packets = export(&practice_flows());
        for exporter in [&OFFICE, &BORDER] {
            let mut expected = exporter.flows_before;
            for packet in packets.iter().filter(|packet| packet.exporter == exporter) {
                assert_eq!(packet.flow_sequence, expected);
                assert!((1..=MOST_RECORDS).contains(&packet.flows.len()));
                expected = expected.wrapping_add(u32::try_from(packet.flows.len()).unwrap());
            }
            assert_ne!(expected, exporter.flows_before);
        }
    }

    #[test]
    fn every_flow_is_exported_once_and_after_it_ended() {
        let flows = practice_flows();
        let packets = export(&flows);
        assert_eq!(packets.iter().map(|packet| packet.flows.len()).sum::<usize>(), flows.len());
        for packet in &packets {
            for flow in &packet.flows {
                let age_ms = packet.export_ms - flow.last_ms;
                assert!((0..=SCAN_MS + INACTIVE_MS + 100).contains(&age_ms), "{age_ms}");
            }
        }
    }

    /// What is read from the bytes is what the router saw, and what the
    /// documents say once the late second is taken off.
    #[test]
    fn the_bytes_and_the_documents_say_the_same() {
        let packets = crate::day::practice_packets();
        let documents = crate::document::documents(&packets);
        let mut documents = documents.iter();
        for packet in &packets {
            let bytes = packet.to_bytes();
            let datagram = wire::decode(&bytes).unwrap();
            assert_eq!(datagram.faults(), []);
            let exporter = packet.exporter.addr.to_string();
            for (flow, seen) in datagram.flows(Some(&exporter)).zip(&packet.flows) {
                let time = |ms| Some(u64::try_from(ms).unwrap());
                assert_eq!(flow.first_switched_ms, time(seen.first_ms));
                assert_eq!(flow.last_switched_ms, time(seen.last_ms));
                let source = &documents.next().unwrap().source;
                let document = Document::parse(source.as_bytes()).unwrap().into_flow().unwrap();
                let late = |ms| {
                    time(logstash_times::written_ms(datagram.header(), packet.uptime().at(ms)))
                };
                let expected = FlowRecord {
                    first_switched_ms: late(seen.first_ms),
                    last_switched_ms: late(seen.last_ms),
                    // What the pipeline looked up is in the document alone.
                    src_as_name: document.src_as_name.clone(),
                    dst_as_name: document.dst_as_name.clone(),
                    ..flow
                };
                assert_eq!(document, expected);
            }
        }
        assert_eq!(documents.next(), None);
    }

    #[test]
    fn no_two_packets_of_an_exporter_have_the_same_time() {
        let packets = export(&practice_flows());
        let mut seen = std::collections::HashSet::new();
        assert!(packets.iter().all(|packet| seen.insert((packet.exporter.addr, packet.export_ms))));
    }
}

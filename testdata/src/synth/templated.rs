//! Synthetic flows as datagrams of NetFlow v9 or IPFIX, a part of them of IPv6.
//!
//! They are the flows of version 5, with the same counters, ports and times; those of
//! some conversations have other addresses, and are of `ICMPv6` where they were of ICMP.
//! Export times are cut to seconds, as these versions have them.

use std::net::{IpAddr, Ipv6Addr};

use flowkit_model::wire::packets::{BootTimes, Engine};
use flowkit_model::wire::templated::Version;
use flowkit_model::wire::templated::encode::Packetizer;
use flowkit_model::wire::{self, packets};
use flowkit_model::{Address, FlowRecord};

use crate::exporter::{BORDER, OFFICE};
use crate::packet::Packet;
use crate::random::spread;

/// `2001:db8::/96`, of the prefix for documentation (RFC 3849): an address of IPv4 is in
/// the last 32 bits.
const NETWORK: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0);

/// Bits of that network.
const NETWORK_BITS: u8 = 96;

/// Types of ICMP, and of the messages of `ICMPv6` that say the like (RFC 4443).
const ICMP: [(u8, u8); 4] = [(0, 129), (3, 1), (8, 128), (11, 3)];

/// What is packed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Templated {
    /// The version.
    pub version: Version,
    /// Percentage of the conversations that are of IPv6.
    pub ipv6_percent: u8,
}

impl Templated {
    /// The flows of packets of version 5, packed anew. All of one exporter and second
    /// are sent before the next.
    ///
    /// # Panics
    /// If a flow is so far from its export that no uptime can say its time: weeks.
    pub fn packets(
        self,
        packets: impl Iterator<Item = Packet>,
    ) -> impl Iterator<Item = packets::Packet> {
        let mut packetizer = Packetizer::new(self.version, boot_times());
        let mut last = None;
        packets.map(Some).chain([None]).flat_map(move |packet| {
            let mut sent = Vec::new();
            let moment = |packet: &Packet| (packet.exporter.addr, packet.export_ms / 1000);
            let next = packet.as_ref().map(moment);
            if next != last {
                sent = packetizer.flush();
                last = next;
            }
            for flow in packet.iter().flat_map(|packet| self.flows(packet)) {
                let pushed = packetizer.push(&flow);
                sent.extend(pushed.expect("a flow ends shortly before its export"));
            }
            sent
        })
    }

    /// The flows of a packet, some of them of IPv6.
    fn flows(self, packet: &Packet) -> Vec<FlowRecord> {
        let bytes = packet.to_bytes();
        let exporter = packet.exporter.addr.to_string();
        let datagram = wire::decode(&bytes).expect("a packet of version 5");
        let flows = datagram.flows(Some(&exporter)).zip(&packet.flows);
        flows
            .map(|(flow, seen)| {
                let mut ends = [seen.src_addr, seen.dst_addr].map(|addr| addr.octets());
                // Both ways of a conversation are of one family.
                ends.sort_unstable();
                let share = spread(ends.as_flattened()) % 100;
                if share < self.ipv6_percent.into() { of_ipv6(flow) } else { flow }
            })
            .collect()
    }
}

/// Boot times of the routers.
fn boot_times() -> BootTimes {
    let mut boot_times = BootTimes::default();
    for exporter in [&OFFICE, &BORDER] {
        let engine = Engine {
            exporter: Some(exporter.addr.to_string()),
            engine_type: exporter.engine_type,
            engine_id: exporter.engine_id,
        };
        boot_times.set(engine, exporter.boot_ms);
    }
    boot_times
}

/// The flow with addresses of IPv6.
fn of_ipv6(mut flow: FlowRecord) -> FlowRecord {
    let moved = |address: Address| {
        let bits = address.ipv4_bits().filter(|bits| *bits != 0);
        let of_ipv6 = |bits: u32| Ipv6Addr::from_bits(NETWORK.to_bits() | u128::from(bits));
        Address::from(IpAddr::from(bits.map_or(Ipv6Addr::UNSPECIFIED, of_ipv6)))
    };
    // A prefix of 0 bits is one that is not known.
    let longer = |bits: u8| if bits == 0 { 0 } else { NETWORK_BITS + bits };
    flow.src_addr = flow.src_addr.map(moved);
    flow.dst_addr = flow.dst_addr.map(moved);
    flow.next_hop = flow.next_hop.map(moved);
    flow.src_mask_len = flow.src_mask_len.map(longer);
    flow.dst_mask_len = flow.dst_mask_len.map(longer);
    if flow.protocol == Some(1) {
        flow.protocol = Some(58);
        flow.dst_port = flow.dst_port.map(|port| {
            let [kind, code] = port.to_be_bytes();
            let of_ipv6 = ICMP.iter().find(|row| row.0 == kind).map_or(kind, |row| row.1);
            u16::from_be_bytes([of_ipv6, code])
        });
    }
    flow
}

#[cfg(test)]
mod tests {
    use flowkit_model::exported_row::fill;
    use flowkit_model::wire::templated::{Part, Templates};
    use flowkit_model::{Family, Row};

    use super::*;
    use crate::Synth;

    const SYNTH: Synth = Synth { flows: 3000, seed: 1, days: 2 };

    /// The flows as a reader finds them, and whether frames are in order of time.
    fn read(version: Version, ipv6_percent: u8) -> Vec<FlowRecord> {
        let mut templates = Templates::new();
        let (mut flows, mut last_ms) = (Vec::new(), 0);
        for packet in (Templated { version, ipv6_percent }).packets(SYNTH.packets()) {
            assert!(packet.export_ms >= last_ms);
            last_ms = packet.export_ms;
            let exporter = packet.exporter.as_deref().unwrap();
            for part in templates.read(exporter.parse().ok(), &packet.bytes).unwrap() {
                let Part::Data(data) = part else { continue };
                for record in data.records().map(|record| record.exported()) {
                    if record.class.is_flow() {
                        let mut row = Row::default();
                        fill(&mut row, &record);
                        row.set_text(flowkit_model::FieldId::Exporter, exporter);
                        flows.push(row.record());
                    }
                }
            }
        }
        flows
    }

    /// Sums, ports and times are those of version 5, whatever is of IPv6.
    #[test]
    fn they_are_the_flows_of_version_5() {
        let of_v5: Vec<FlowRecord> = SYNTH
            .packets()
            .flat_map(|packet| {
                let exporter = packet.exporter.addr.to_string();
                let bytes = packet.to_bytes();
                wire::decode(&bytes).unwrap().flows(Some(&exporter)).collect::<Vec<_>>()
            })
            .collect();
        let key = |flow: &FlowRecord| {
            let second = flow.timestamp_ms.map(|ms| ms / 1000);
            let times = (second, flow.first_switched_ms, flow.last_switched_ms);
            (flow.exporter.clone(), times, flow.bytes, flow.packets, flow.src_port, flow.tcp_flags)
        };
        for version in [Version::V9, Version::Ipfix] {
            for percent in [0, 25, 100] {
                let flows = read(version, percent);
                assert_eq!(flows.len(), of_v5.len());
                assert!(flows.iter().map(key).eq(of_v5.iter().map(key)), "{version:?} {percent}");
                let n_ipv6 =
                    flows.iter().filter(|flow| flow.family() == Some(Family::Ipv6)).count();
                let share = n_ipv6 * 100 / flows.len();
                let around = usize::from(percent);
                assert!(share.abs_diff(around) < 10, "{share} of {around}");
                assert!(percent != 0 || n_ipv6 == 0);
                assert!(percent != 100 || n_ipv6 == flows.len());
            }
        }
    }

    #[test]
    fn addresses_prefixes_and_icmp_are_those_of_ipv6() {
        let flow = of_ipv6(FlowRecord {
            src_addr: "198.18.7.9".parse().ok(),
            next_hop: "0.0.0.0".parse().ok(),
            src_mask_len: Some(24),
            dst_mask_len: Some(0),
            protocol: Some(1),
            dst_port: Some(8 << 8),
            ..FlowRecord::default()
        });
        assert_eq!(flow.src_addr, "2001:db8::c612:709".parse().ok());
        assert_eq!(flow.next_hop, "::".parse().ok());
        assert_eq!((flow.src_mask_len, flow.dst_mask_len), (Some(120), Some(0)));
        assert_eq!((flow.protocol, flow.dst_port), (Some(58), Some(128 << 8)));
    }
}

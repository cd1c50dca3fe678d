//! A conversation between two hosts, and the flows a router makes of it.

use std::net::Ipv4Addr;

use crate::exporter::Exporter;
use crate::flow::Flow;
use crate::network::{UPLINK, route_to};

/// Longest life of a flow in the router's cache: after that it is exported and
/// a new one begins, so a transfer of an hour is 12 flows in a row.
pub(crate) const ACTIVE_MS: i64 = 300_000;

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;
/// A connection that was opened, used and closed.
pub(crate) const WHOLE: u8 = FIN | SYN | PSH | ACK;

/// Packets and bytes of one direction, and the TCP flags they carried.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Volume {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) tcp_flags: u8,
}

impl Volume {
    /// Full-size packets for the bytes given, plus one for what is left over.
    pub(crate) fn of_bytes(bytes: u64, tcp_flags: u8) -> Volume {
        Volume { packets: bytes / 1400 + 1, bytes, tcp_flags }
    }

    /// `packets` packets of `size` bytes each.
    pub(crate) fn of_packets(packets: u64, size: u64, tcp_flags: u8) -> Volume {
        Volume { packets, bytes: packets * size, tcp_flags }
    }
}

/// Who talked with whom, when and how much.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) exporter: &'static Exporter,
    pub(crate) protocol: u8,
    pub(crate) client: (Ipv4Addr, u16),
    /// For ICMP the port is type × 256 + code of what the client sent.
    pub(crate) server: (Ipv4Addr, u16),
    pub(crate) tos: u8,
    pub(crate) start_ms: i64,
    pub(crate) duration_ms: i64,
    /// Time until the first answer.
    pub(crate) latency_ms: i64,
    pub(crate) sent: Volume,
    /// Nothing if the server did not answer.
    pub(crate) received: Volume,
}

impl Talk {
    /// The flows of both directions, cut at the active timeout.
    pub(crate) fn flows(&self) -> Vec<Flow> {
        let end_ms = self.start_ms + self.duration_ms;
        let answer_ms = self.start_ms + self.latency_ms;
        let mut flows = self.one_way(self.client, self.server, (self.start_ms, end_ms), self.sent);
        let server_port = if self.protocol == ICMP { 0 } else { self.server.1 };
        flows.extend(self.one_way(
            (self.server.0, server_port),
            self.client,
            (answer_ms, end_ms.max(answer_ms)),
            self.received,
        ));
        flows
    }

    fn one_way(
        &self,
        from: (Ipv4Addr, u16),
        to: (Ipv4Addr, u16),
        (first_ms, last_ms): (i64, i64),
        volume: Volume,
    ) -> Vec<Flow> {
        let last_ms = if volume.packets == 1 { first_ms } else { last_ms };
        let pieces = ((last_ms - first_ms) / ACTIVE_MS + 1).unsigned_abs().min(volume.packets);
        let mut flows = Vec::new();
        for piece in 0..pieces {
            let piece_first_ms = first_ms + ACTIVE_MS * piece.cast_signed();
            let piece_last_ms = (piece_first_ms + ACTIVE_MS - 1).min(last_ms);
            let part = |whole: u64| whole * (piece + 1) / pieces - whole * piece / pieces;
            flows.push(Flow {
                first_ms: piece_first_ms,
                last_ms: piece_last_ms,
                packets: saturated(part(volume.packets)),
                bytes: saturated(part(volume.bytes)),
                tcp_flags: flags_of_piece(volume.tcp_flags, piece == 0, piece + 1 == pieces),
                src_port: from.1,
                dst_port: to.1,
                ..self.blank(from.0, to.0)
            });
        }
        flows
    }

    fn blank(&self, from: Ipv4Addr, to: Ipv4Addr) -> Flow {
        let (source, target) = (route_to(from), route_to(to));
        let number = |owner: Option<(u16, &str)>| match owner {
            Some((number, _)) if self.exporter.knows_as => number,
            _ => 0,
        };
        let next_hop = if target.interface == UPLINK {
            Ipv4Addr::new(192, 168, 254, 1)
        } else {
            Ipv4Addr::UNSPECIFIED
        };
        Flow {
            exporter: self.exporter,
            first_ms: 0,
            last_ms: 0,
            src_addr: from,
            dst_addr: to,
            next_hop,
            input_snmp: source.interface,
            output_snmp: target.interface,
            packets: 0,
            bytes: 0,
            src_port: 0,
            dst_port: 0,
            tcp_flags: 0,
            protocol: self.protocol,
            tos: self.tos,
            src_as: number(source.owner),
            dst_as: number(target.owner),
            src_mask: source.mask(),
            dst_mask: target.mask(),
        }
    }
}

fn saturated(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// SYN is in the first piece only, FIN and RST in the last.
fn flags_of_piece(flags: u8, is_first: bool, is_last: bool) -> u8 {
    let without_start = if is_first { flags } else { flags & !SYN };
    if is_last { without_start } else { without_start & !(FIN | RST) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exporter::OFFICE;

    fn talk(duration_ms: i64, packets: u64) -> Talk {
        Talk {
            exporter: &OFFICE,
            protocol: TCP,
            client: (Ipv4Addr::new(192, 168, 100, 1), 40000),
            server: (Ipv4Addr::new(203, 0, 113, 70), 443),
            tos: 0,
            start_ms: 1000,
            duration_ms,
            latency_ms: 20,
            sent: Volume::of_packets(packets, 100, WHOLE),
            received: Volume::default(),
        }
    }

    #[test]
    fn a_long_talk_is_cut_and_loses_nothing() {
        let flows = talk(ACTIVE_MS * 2 + 5, 1001).flows();
        assert_eq!(flows.len(), 3);
        assert_eq!(flows.iter().map(|flow| flow.packets).sum::<u32>(), 1001);
        assert_eq!(flows.iter().map(|flow| flow.bytes).sum::<u32>(), 100_100);
        let flags: Vec<u8> = flows.iter().map(|flow| flow.tcp_flags).collect();
        assert_eq!(flags, [SYN | PSH | ACK, PSH | ACK, FIN | PSH | ACK]);
        assert_eq!(flows[2].last_ms, 1000 + ACTIVE_MS * 2 + 5);
        assert!(flows.windows(2).all(|pair| pair[0].last_ms < pair[1].first_ms));
    }

    #[test]
    fn one_packet_has_no_duration_and_no_answer_is_no_flow() {
        let flows = talk(500, 1).flows();
        assert_eq!(flows.len(), 1);
        assert_eq!((flows[0].first_ms, flows[0].last_ms), (1000, 1000));
        assert_eq!((flows[0].input_snmp, flows[0].output_snmp), (3, 2));
    }
}

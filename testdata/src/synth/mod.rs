//! Synthetic flows in any number, for courses and benchmarks.
//!
//! A seed always gives the same flows. They come packet by packet, so that ten
//! million need no memory.
//!
//! An office and its web server as on the practice day, but with some 130,000
//! addresses outside (198.18.0.0/15, which RFC 2544 sets aside for
//! measurements), and without a story. Hours are as busy as in an office.
//!
//! ```
//! use flowkit_testdata::Synth;
//!
//! let synth = Synth { flows: 1000, seed: 7, days: 2 };
//! let packets: Vec<_> = synth.packets().collect();
//! assert_eq!(packets.iter().map(|packet| packet.flows.len()).sum::<usize>(), 1000);
//! assert!(packets.windows(2).all(|pair| pair[0].export_ms <= pair[1].export_ms));
//! ```

pub mod dump;
mod talks;
pub mod templated;

use std::collections::VecDeque;

use crate::day::DAY_START_MS;
use crate::exporter::{BORDER, Exporter, OFFICE};
use crate::flow::Flow;
use crate::packet::{MOST_RECORDS, Packet, SCAN_MS, SPACING_MS};
use crate::random::Random;
use crate::time::DAY_MS;

/// Scans of the cache within an hour.
const SCANS_PER_HOUR: u64 = 120;

/// How busy each hour of a day is.
const HOURS: [u64; 24] =
    [3, 2, 2, 2, 2, 3, 6, 12, 22, 24, 22, 20, 15, 20, 22, 20, 18, 14, 10, 9, 8, 7, 5, 4];

/// Most flows a day: beyond that a router's packets would overtake its next scan.
pub const MOST_FLOWS_A_DAY: u64 = 500_000_000;

/// The number of flows, a seed, and the number of days from 2018-09-21 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synth {
    /// Flows.
    pub flows: u64,
    /// Another seed gives other flows.
    pub seed: u64,
    /// Days they are spread over; 0 counts as 1.
    pub days: u32,
}

impl Synth {
    /// The packets, by time of export.
    pub fn packets(self) -> impl Iterator<Item = Packet> {
        let mut office = Router::new(&OFFICE);
        let mut border = Router::new(&BORDER);
        let mut random = Random::seeded(self.seed);
        let mut waiting = VecDeque::new();
        (0..self.n_scans()).flat_map(move |scan| {
            let scan_ms = DAY_START_MS + SCAN_MS * scan.cast_signed();
            for _ in self.before(scan)..self.before(scan + 1) {
                let flow = next(&mut waiting, &mut random, scan_ms);
                let router = if flow.exporter == &BORDER { &mut border } else { &mut office };
                router.flows.push(flow);
            }
            office.packets(scan_ms).into_iter().chain(border.packets(scan_ms)).collect::<Vec<_>>()
        })
    }

    /// A window that holds every export, in milliseconds since 1970.
    #[must_use]
    pub fn window_ms(self) -> (i64, i64) {
        // What is exported shortly after midnight is still inside.
        (DAY_START_MS, DAY_START_MS + DAY_MS * i64::from(self.days.max(1)) + DAY_MS)
    }

    fn n_scans(self) -> u64 {
        u64::from(self.days.max(1)) * 24 * SCANS_PER_HOUR
    }

    /// Flows exported before a scan: in proportion to the hours before it.
    fn before(self, scan: u64) -> u64 {
        let a_day: u64 = HOURS.iter().sum::<u64>() * SCANS_PER_HOUR;
        let (hours, scans) = (scan / SCANS_PER_HOUR, scan % SCANS_PER_HOUR);
        let (days, hour) = (hours / 24, usize::try_from(hours % 24).unwrap_or_default());
        let today = HOURS[..hour].iter().sum::<u64>() * SCANS_PER_HOUR + HOURS[hour] * scans;
        let so_far = u128::from(days * a_day + today) * u128::from(self.flows);
        let share = so_far / (u128::from(a_day) * u128::from(self.days.max(1)));
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

/// A flow that left the cache before a scan; a new talk where none waits.
fn next(waiting: &mut VecDeque<Flow>, random: &mut Random, scan_ms: i64) -> Flow {
    loop {
        if let Some(flow) = waiting.pop_front() {
            return flow;
        }
        let end_ms = scan_ms - random.below(SCAN_MS.unsigned_abs()).cast_signed();
        waiting.extend(talks::talk(random, end_ms).flows());
    }
}

/// What a router has sent and is about to send.
struct Router {
    exporter: &'static Exporter,
    flow_sequence: u32,
    flows: Vec<Flow>,
}

impl Router {
    fn new(exporter: &'static Exporter) -> Self {
        Self { exporter, flow_sequence: exporter.flows_before, flows: Vec::new() }
    }

    fn packets(&mut self, scan_ms: i64) -> Vec<Packet> {
        let mut packets = Vec::with_capacity(self.flows.len() / MOST_RECORDS + 1);
        let mut flows = std::mem::take(&mut self.flows).into_iter().peekable();
        let mut export_ms = scan_ms + self.exporter.phase_ms;
        while flows.peek().is_some() {
            let flows: Vec<Flow> = flows.by_ref().take(MOST_RECORDS).collect();
            let count = u32::try_from(flows.len()).unwrap_or_default();
            let (exporter, flow_sequence) = (self.exporter, self.flow_sequence);
            packets.push(Packet { exporter, export_ms, flow_sequence, flows });
            self.flow_sequence = flow_sequence.wrapping_add(count);
            export_ms += SPACING_MS;
        }
        packets
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::random::fnv1a;

    fn bytes(synth: Synth) -> Vec<u8> {
        synth.packets().flat_map(|packet| packet.to_bytes()).collect()
    }

    /// Also across releases: benchmarks quote these flows.
    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let synth = Synth { flows: 2000, seed: 1, days: 3 };
        let first = bytes(synth);
        assert_eq!(first, bytes(synth));
        assert_eq!(fnv1a(&first), 0x4847_3f6b_6e0c_f964);
        assert_ne!(first, bytes(Synth { seed: 2, ..synth }));
    }

    #[test]
    fn there_are_as_many_as_wanted_and_they_fit_their_packets() {
        for (flows, days) in [(0, 1), (1, 1), (7, 5), (5000, 1), (5000, 0), (3000, 60)] {
            let (mut n_flows, mut last_ms) = (0, 0);
            for packet in (Synth { flows, seed: 3, days }).packets() {
                assert!((1..=MOST_RECORDS).contains(&packet.flows.len()));
                assert!(packet.export_ms >= last_ms);
                last_ms = packet.export_ms;
                n_flows += packet.flows.len() as u64;
                for flow in &packet.flows {
                    assert!(flow.first_ms <= flow.last_ms && flow.last_ms <= packet.export_ms);
                    assert!(flow.packets > 0 && flow.bytes / flow.packets >= 20);
                }
            }
            assert_eq!(n_flows, flows);
        }
    }

    #[test]
    fn the_flows_are_of_many_kinds() {
        let synth = Synth { flows: 20_000, seed: 1, days: 1 };
        let flows: Vec<Flow> = synth.packets().flat_map(|packet| packet.flows).collect();
        let addresses: HashSet<_> = flows.iter().map(|flow| flow.src_addr).collect();
        let ports: HashSet<_> = flows.iter().map(|flow| (flow.protocol, flow.dst_port)).collect();
        let protocols: HashSet<_> = flows.iter().map(|flow| flow.protocol).collect();
        assert!(addresses.len() > 4000, "{}", addresses.len());
        assert!(ports.len() > 3000, "{}", ports.len());
        assert_eq!(protocols, HashSet::from([1, 6, 17, 50]));
        assert!(flows.iter().any(|flow| flow.exporter == &BORDER));
    }
}

//! Flows that are missing, by the sequence numbers of export packets.
//!
//! A packet states how many flows its exporter and engine had sent before it,
//! and how many it carries; all its documents repeat both. So the packet that
//! follows must state the sum, modulo 2^32; what lies between was lost on the
//! way. And a packet whose documents are fewer than it carried was lost in part
//! behind the collector.

use std::collections::BTreeMap;

use flowkit_model::FieldId;
use hashbrown::HashMap;

use crate::columns::Batch;

/// Exporter (its number in the dictionary), type and number of the engine.
pub(super) type Engine = [Option<u64>; 3];

/// Packets of all engines.
#[derive(Debug, Default)]
pub(super) struct Packets {
    engines: HashMap<Engine, Runs>,
}

/// Packets of one engine: flows of one packet mostly come in a row, and each
/// such run has a place. Twice what was left when they were last put together,
/// they are put together again.
#[derive(Debug, Default)]
struct Runs {
    known: Vec<Packet>,
    most: usize,
}

/// Flows that were seen of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Packet {
    time: u64,
    sequence: u32,
    /// How many it carried, as it says.
    stated: u32,
    seen: u64,
}

/// Runs that are kept at least before they are put together: 1.5 MB.
const FEWEST_RUNS: usize = 1 << 16;

impl Runs {
    fn push(&mut self, packet: Packet) {
        if self.known.len() >= self.most.max(FEWEST_RUNS) {
            self.together();
            self.most = self.known.len() * 2;
        }
        self.known.push(packet);
    }

    /// One place a packet, in the order of time and number.
    fn together(&mut self) {
        self.known.sort_unstable_by_key(|packet| (packet.time, packet.sequence));
        self.known.dedup_by(|more, kept| {
            let same = (kept.time, kept.sequence) == (more.time, more.sequence);
            if same {
                kept.stated = kept.stated.max(more.stated);
                kept.seen += more.seen;
            }
            same
        });
    }
}

/// What is missing of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) packets: u64,
    /// Flows between packets that follow each other.
    pub(super) lost_flows: u64,
    /// Places where some are missing.
    pub(super) gaps: u64,
    /// Packets whose number is lower than was to be expected: the exporter
    /// started again, or they are out of order.
    pub(super) restarts: u64,
    /// Flows that a packet carried and that have no document.
    pub(super) missing_documents: u64,
    /// All packets state 0, or count packets: nothing can be told.
    pub(super) has_no_sequence: bool,
    /// Longest time without a packet, in ms, and when it began.
    pub(super) silence: Option<(u64, u64)>,
}

pub(super) const FIELDS: [FieldId; 6] = [
    FieldId::Exporter,
    FieldId::EngineType,
    FieldId::EngineId,
    FieldId::Timestamp,
    FieldId::FlowSeqNum,
    FieldId::FlowRecords,
];

impl Packets {
    pub(super) fn add(&mut self, batch: &Batch) {
        let [exporter, kind, id, time, sequence, records] = FIELDS.map(|field| batch.column(field));
        let mut run: Option<(Engine, Packet)> = None;
        for row in 0..batch.rows() {
            let (Some(time), Some(sequence)) = (time.get(row), sequence.get(row)) else { continue };
            let engine = [exporter.get(row), kind.get(row), id.get(row)];
            let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
            let (sequence, stated) = (narrow(sequence), narrow(records.get(row).unwrap_or(0)));
            match &mut run {
                Some((known, packet))
                    if (packet.time, packet.sequence) == (time, sequence) && *known == engine =>
                {
                    packet.stated = packet.stated.max(stated);
                    packet.seen += 1;
                }
                _ => {
                    let next = (engine, Packet { time, sequence, stated, seen: 1 });
                    self.push(run.replace(next));
                }
            }
        }
        self.push(run);
    }

    fn push(&mut self, run: Option<(Engine, Packet)>) {
        if let Some((engine, packet)) = run {
            self.engines.entry(engine).or_default().push(packet);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (engine, runs) in other.engines {
            let known = self.engines.entry(engine).or_default();
            if known.known.is_empty() {
                *known = runs;
            } else {
                known.known.extend(runs.known);
            }
        }
    }

    /// What is missing, by engine.
    pub(super) fn loss(self) -> BTreeMap<Engine, Loss> {
        let of = |(engine, mut runs): (Engine, Runs)| {
            runs.together();
            (engine, of(&runs.known))
        };
        self.engines.into_iter().map(of).collect()
    }
}

/// The missing flows of one engine's packets, in the order of their time.
fn of(packets: &[Packet]) -> Loss {
    let carried = |packet: &Packet| u64::from(packet.stated).max(packet.seen);
    let mut loss = Loss { packets: packets.len() as u64, ..Loss::default() };
    for packet in packets {
        loss.missing_documents += u64::from(packet.stated).saturating_sub(packet.seen);
    }
    // Steps of exactly one where more than one flow was carried: packets.
    let pairs = || packets.windows(2);
    let step = |pair: &[Packet]| u64::from(pair[1].sequence.wrapping_sub(pair[0].sequence));
    let counts_packets =
        pairs().any(|pair| carried(&pair[0]) > 1) && pairs().all(|pair| step(pair) == 1);
    let all_zero = packets.len() > 1 && packets.iter().all(|packet| packet.sequence == 0);
    loss.has_no_sequence = counts_packets || all_zero;
    for pair in pairs() {
        let silence = (pair[1].time - pair[0].time, pair[0].time);
        if loss.silence.is_none_or(|longest| silence.0 > longest.0) {
            loss.silence = Some(silence);
        }
        if loss.has_no_sequence {
            continue;
        }
        match step(pair).wrapping_sub(carried(&pair[0])) & 0xffff_ffff {
            0 => {}
            gap if gap < 1 << 31 => {
                loss.lost_flows += gap;
                loss.gaps += 1;
            }
            _ => loss.restarts += 1,
        }
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(packets: &[(u64, u32, u32, u64)]) -> Loss {
        let packet = |(time, sequence, stated, seen): &(u64, u32, u32, u64)| Packet {
            time: *time,
            sequence: *sequence,
            stated: *stated,
            seen: *seen,
        };
        of(&packets.iter().map(packet).collect::<Vec<_>>())
    }

    #[test]
    fn gaps_are_counted_over_the_wrap() {
        let found = loss(&[
            (1, 4_294_967_290, 4, 4),
            (2, 4_294_967_294, 5, 5),
            (3, 3, 1, 1),
            (9, 10, 2, 1),
        ]);
        assert_eq!((found.lost_flows, found.gaps, found.restarts), (6, 1, 0));
        assert_eq!(found.missing_documents, 1);
        assert_eq!(found.silence, Some((6, 3)));
    }

    /// Packets whose flows are scattered are put together all the same.
    #[test]
    fn runs_of_one_packet_become_one() {
        let mut runs = Runs::default();
        for n in 0..400_000_u64 {
            let packet = n * 7919 % 5000;
            let sequence = u32::try_from(packet).unwrap();
            runs.push(Packet { time: packet / 3, sequence, stated: 80, seen: 1 });
        }
        assert!(runs.known.len() <= 2 * FEWEST_RUNS);
        runs.together();
        assert_eq!(runs.known.len(), 5000);
        assert!(runs.known.iter().all(|packet| packet.seen == 80));
    }

    #[test]
    fn restarts_and_strange_counters_are_no_loss() {
        assert_eq!(loss(&[(1, 500, 3, 3), (2, 0, 2, 2)]).restarts, 1);
        for odd in [[(1, 0, 3, 3), (2, 0, 3, 3)], [(1, 7, 3, 3), (2, 8, 3, 3)]] {
            let found = loss(&odd);
            assert!(found.has_no_sequence);
            assert_eq!(found.lost_flows, 0);
        }
    }
}

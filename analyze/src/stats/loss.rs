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

/// Packets of all engines, by export time and sequence number.
#[derive(Debug, Default)]
pub(super) struct Packets {
    known: HashMap<(Engine, u64, u64), Carried>,
}

/// Flows of a packet.
#[derive(Clone, Copy, Debug, Default)]
struct Carried {
    stated: u64,
    seen: u64,
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
        for row in 0..batch.rows() {
            let (Some(time), Some(sequence)) = (time.get(row), sequence.get(row)) else { continue };
            let engine = [exporter.get(row), kind.get(row), id.get(row)];
            let carried = self.known.entry((engine, time, sequence)).or_default();
            carried.stated = carried.stated.max(records.get(row).unwrap_or(0));
            carried.seen += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (packet, more) in other.known {
            let carried = self.known.entry(packet).or_default();
            carried.stated = carried.stated.max(more.stated);
            carried.seen += more.seen;
        }
    }

    /// What is missing, by engine.
    pub(super) fn loss(self) -> BTreeMap<Engine, Loss> {
        let mut packets: Vec<_> = self
            .known
            .into_iter()
            .map(|((engine, time, sequence), carried)| (engine, time, sequence, carried))
            .collect();
        packets.sort_unstable_by_key(|(engine, time, sequence, _)| (*engine, *time, *sequence));
        let mut losses = BTreeMap::new();
        for engine in packets.chunk_by(|a, b| a.0 == b.0) {
            let of_engine: Vec<_> = engine
                .iter()
                .map(|(_, time, sequence, carried)| (*time, *sequence, *carried))
                .collect();
            losses.insert(engine[0].0, of(&of_engine));
        }
        losses
    }
}

/// The missing flows of one engine's packets, in the order of their time.
fn of(packets: &[(u64, u64, Carried)]) -> Loss {
    let mut loss = Loss { packets: packets.len() as u64, ..Loss::default() };
    for (_, _, carried) in packets {
        loss.missing_documents += carried.stated.saturating_sub(carried.seen);
    }
    // Steps of exactly one where more than one flow was carried: packets.
    let pairs = || packets.windows(2);
    let step = |pair: &[(u64, u64, Carried)]| pair[1].1.wrapping_sub(pair[0].1) & 0xffff_ffff;
    let counts_packets = pairs().any(|pair| pair[0].2.stated.max(pair[0].2.seen) > 1)
        && pairs().all(|pair| step(pair) == 1);
    let all_zero = packets.len() > 1 && packets.iter().all(|packet| packet.1 == 0);
    loss.has_no_sequence = counts_packets || all_zero;
    for pair in pairs() {
        let silence = (pair[1].0 - pair[0].0, pair[0].0);
        if loss.silence.is_none_or(|longest| silence.0 > longest.0) {
            loss.silence = Some(silence);
        }
        if loss.has_no_sequence {
            continue;
        }
        let carried = pair[0].2.stated.max(pair[0].2.seen);
        match step(pair).wrapping_sub(carried) & 0xffff_ffff {
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

    fn loss(packets: &[(u64, u64, u64, u64)]) -> Loss {
        let packets: Vec<_> = packets
            .iter()
            .map(|(time, sequence, stated, seen)| {
                (*time, *sequence, Carried { stated: *stated, seen: *seen })
            })
            .collect();
        of(&packets)
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

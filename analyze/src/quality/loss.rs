//! Lost flows, by the sequence numbers of export packets.
//!
//! A packet states how many flows its exporter and engine had sent before it,
//! and how many it carries; all its documents repeat both. So the packet that
//! follows must state the sum, modulo 2^32; a difference was lost on the way. And a
//! packet with fewer documents than it carried flows was lost in part behind the
//! collector.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use flowkit_model::FieldId;
use hashbrown::HashMap;

use super::packet_runs::{Packet, PacketRuns};
use super::sequence::{Found, Sequence};
use crate::batch::Batch;
use crate::spill::memory::Memory;

/// Exporter (its dictionary code), type and number of the engine.
pub(crate) type Engine = [Option<u64>; 3];

/// Packets of all engines.
#[derive(Debug)]
pub(crate) struct Packets {
    /// Engines by index.
    engines: Vec<Engine>,
    indices: HashMap<Engine, u32>,
    runs: PacketRuns,
}

/// The losses of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) packets: u64,
    /// Flows that are missing between consecutive packets.
    pub(crate) lost_flows: u64,
    /// Pairs of consecutive packets between which some are missing.
    pub(crate) gaps: u64,
    /// Packets whose sequence number went backwards: exporter restart or reordered
    /// packets.
    pub(crate) restarts: u64,
    /// Flows beyond those that their packets carried: the packets came twice.
    pub(crate) repeated_flows: u64,
    /// Flows that packets carried and that have no document.
    pub(crate) missing_documents: u64,
    /// Some packet states how many flows it carried; else documents may be missing
    /// without a trace.
    pub(crate) states_records: bool,
    /// The sequence numbers are all 0, or count packets: loss cannot be computed.
    pub(crate) has_no_sequence: bool,
    /// Exporters that the sequence numbers tell apart.
    pub(crate) exporters: u64,
    /// The longest gap in the export, in ms, and when it began.
    pub(crate) longest_gap: Option<(u64, u64)>,
}

pub(crate) const FIELDS: [FieldId; 6] = [
    FieldId::Exporter,
    FieldId::EngineType,
    FieldId::EngineId,
    FieldId::Timestamp,
    FieldId::FlowSeqNum,
    FieldId::FlowRecords,
];

impl Packets {
    /// None yet; beyond a part of the memory budget they are spilled.
    pub(crate) fn new(memory: &Arc<Memory>) -> Self {
        Self { engines: Vec::new(), indices: HashMap::new(), runs: PacketRuns::new(memory) }
    }

    /// Adds the flows of a batch; those of one packet are mostly consecutive.
    pub(crate) fn add(&mut self, batch: &Batch) {
        let [exporter, kind, id, time, sequence, records] = FIELDS.map(|field| batch.column(field));
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let mut engine = (Engine::default(), self.index_of(Engine::default()));
        let mut run: Option<Packet> = None;
        for row in 0..batch.rows() {
            let (Some(time), Some(sequence)) = (time.get(row), sequence.get(row)) else { continue };
            let of = [exporter.get(row), kind.get(row), id.get(row)];
            if of != engine.0 {
                engine = (of, self.index_of(of));
            }
            let (sequence, stated) = (narrow(sequence), narrow(records.get(row).unwrap_or(0)));
            let next = Packet { time, sequence, engine: engine.1, stated, seen: 1 };
            match &mut run {
                Some(packet) if packet.is_same(&next) => packet.merge(&next),
                _ => self.runs.push(run.replace(next)),
            }
        }
        self.runs.push(run);
    }

    fn index_of(&mut self, engine: Engine) -> u32 {
        *self.indices.entry(engine).or_insert_with(|| {
            self.engines.push(engine);
            u32::try_from(self.engines.len() - 1).expect("exporters and engines are few")
        })
    }

    pub(crate) fn merge(&mut self, other: Self) {
        let numbers = other.engines.into_iter().map(|engine| self.index_of(engine)).collect();
        self.runs.append(other.runs, numbers);
    }

    /// The losses of each engine.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn loss(self) -> io::Result<BTreeMap<Engine, Loss>> {
        let mut sequences = vec![EngineSequence::default(); self.engines.len()];
        self.runs.in_order(|packet| sequences[packet.engine as usize].follow(packet))?;
        let all = self.engines.into_iter().zip(sequences);
        let with_packets = all.filter(|(_, sequence)| sequence.loss.packets > 0);
        Ok(with_packets.map(|(engine, sequence)| (engine, sequence.loss())).collect())
    }
}

/// The packets of one engine, in the order of time.
#[derive(Clone, Debug, Default)]
struct EngineSequence {
    last: Option<Packet>,
    loss: Loss,
    sequence: Sequence,
}

impl EngineSequence {
    fn follow(&mut self, packet: Packet) {
        let loss = &mut self.loss;
        loss.packets += 1;
        loss.states_records |= packet.stated > 0;
        loss.missing_documents += u64::from(packet.stated.saturating_sub(packet.seen));
        if packet.stated > 0 {
            loss.repeated_flows += u64::from(packet.seen.saturating_sub(packet.stated));
        }
        self.sequence.follow(packet);
        let Some(last) = self.last.replace(packet) else { return };
        let gap = (packet.time - last.time, last.time);
        if loss.longest_gap.is_none_or(|longest| gap.0 > longest.0) {
            loss.longest_gap = Some(gap);
        }
    }

    fn loss(self) -> Loss {
        let Found { lost_flows, gaps, restarts, exporters, has_no_sequence } =
            self.sequence.finish();
        Loss { lost_flows, gaps, restarts, has_no_sequence, exporters, ..self.loss }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(packets: &[(u64, u32, u32, u32)]) -> Loss {
        let mut engine = EngineSequence::default();
        for (time, sequence, stated, seen) in packets.iter().copied() {
            engine.follow(Packet { time, sequence, engine: 0, stated, seen });
        }
        engine.loss()
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
        assert_eq!(found.longest_gap, Some((6, 3)));
    }

    #[test]
    fn packets_that_came_twice_are_neither_loss_nor_missing() {
        let found = loss(&[(1, 0, 3, 6), (2, 3, 2, 4), (3, 5, 4, 4)]);
        let expected = Loss {
            packets: 3,
            repeated_flows: 5,
            states_records: true,
            exporters: 1,
            longest_gap: found.longest_gap,
            ..Loss::default()
        };
        assert_eq!(found, expected);
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

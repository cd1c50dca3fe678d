//! Flows that are missing, by the sequence numbers of export packets.
//!
//! A packet states how many flows its exporter and engine had sent before it,
//! and how many it carries; all its documents repeat both. So the packet that
//! follows must state the sum, modulo 2^32; what lies between was lost on the
//! way. And a packet whose documents are fewer than it carried was lost in part
//! behind the collector.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use flowkit_model::FieldId;
use hashbrown::HashMap;

use super::packet_runs::{Packet, Runs};
use crate::batch::Batch;
use crate::spill::memory::Memory;

/// Exporter (its number in the dictionary), type and number of the engine.
pub(crate) type Engine = [Option<u64>; 3];

/// Packets of all engines.
#[derive(Debug)]
pub(crate) struct Packets {
    /// Engines by number.
    engines: Vec<Engine>,
    numbers: HashMap<Engine, u32>,
    runs: Runs,
}

/// What is missing of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) packets: u64,
    /// Flows between packets that follow each other.
    pub(crate) lost_flows: u64,
    /// Places where some are missing.
    pub(crate) gaps: u64,
    /// Packets whose number is lower than was to be expected: the exporter
    /// started again, or they are out of order.
    pub(crate) restarts: u64,
    /// Flows that a packet carried and that have no document.
    pub(crate) missing_documents: u64,
    /// All packets state 0, or count packets: nothing can be told.
    pub(crate) has_no_sequence: bool,
    /// Longest time without a packet, in ms, and when it began.
    pub(crate) silence: Option<(u64, u64)>,
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
    /// None yet; those beyond a part of the budget go to temporary files.
    pub(crate) fn new(memory: &Arc<Memory>) -> Self {
        Self { engines: Vec::new(), numbers: HashMap::new(), runs: Runs::new(memory) }
    }

    /// Takes in flows; those of one packet mostly come in a row.
    pub(crate) fn add(&mut self, batch: &Batch) {
        let [exporter, kind, id, time, sequence, records] = FIELDS.map(|field| batch.column(field));
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let mut engine = (Engine::default(), self.number(Engine::default()));
        let mut run: Option<Packet> = None;
        for row in 0..batch.rows() {
            let (Some(time), Some(sequence)) = (time.get(row), sequence.get(row)) else { continue };
            let of = [exporter.get(row), kind.get(row), id.get(row)];
            if of != engine.0 {
                engine = (of, self.number(of));
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

    fn number(&mut self, engine: Engine) -> u32 {
        *self.numbers.entry(engine).or_insert_with(|| {
            self.engines.push(engine);
            u32::try_from(self.engines.len() - 1).expect("exporters and engines are few")
        })
    }

    pub(crate) fn merge(&mut self, other: Self) {
        let numbers = other.engines.into_iter().map(|engine| self.number(engine)).collect();
        self.runs.append(other.runs, numbers);
    }

    /// What is missing, by engine.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn loss(self) -> io::Result<BTreeMap<Engine, Loss>> {
        let mut courses = vec![Course::default(); self.engines.len()];
        self.runs.in_order(|packet| courses[packet.engine as usize].follow(packet))?;
        let losses = self.engines.into_iter().zip(courses);
        let known = losses.filter(|(_, course)| course.loss.packets > 0);
        Ok(known.map(|(engine, course)| (engine, course.loss())).collect())
    }
}

/// The packets of one engine, in the order of their time.
#[derive(Clone, Debug)]
struct Course {
    last: Option<Packet>,
    loss: Loss,
    /// All packets so far have the number after that of the one before.
    steps_of_one: bool,
    /// One before the last carried more than one flow.
    carried_more: bool,
    all_zero: bool,
}

impl Default for Course {
    fn default() -> Self {
        let (last, loss) = (None, Loss::default());
        Self { last, loss, steps_of_one: true, carried_more: false, all_zero: true }
    }
}

impl Course {
    fn follow(&mut self, packet: Packet) {
        let loss = &mut self.loss;
        loss.packets += 1;
        loss.missing_documents += u64::from(packet.stated.saturating_sub(packet.seen));
        self.all_zero &= packet.sequence == 0;
        let Some(last) = self.last.replace(packet) else { return };
        let silence = (packet.time - last.time, last.time);
        if loss.silence.is_none_or(|longest| silence.0 > longest.0) {
            loss.silence = Some(silence);
        }
        let carried = last.stated.max(last.seen);
        let step = packet.sequence.wrapping_sub(last.sequence);
        self.steps_of_one &= step == 1;
        self.carried_more |= carried > 1;
        match step.wrapping_sub(carried) {
            0 => {}
            gap if gap < 1 << 31 => {
                loss.lost_flows += u64::from(gap);
                loss.gaps += 1;
            }
            _ => loss.restarts += 1,
        }
    }

    /// Where the numbers count packets (steps of exactly one where more than
    /// one flow was carried), or are all 0, nothing can be told.
    fn loss(self) -> Loss {
        let mut loss = self.loss;
        let counts_packets = self.carried_more && self.steps_of_one;
        loss.has_no_sequence = counts_packets || loss.packets > 1 && self.all_zero;
        if loss.has_no_sequence {
            (loss.lost_flows, loss.gaps, loss.restarts) = (0, 0, 0);
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(packets: &[(u64, u32, u32, u32)]) -> Loss {
        let mut course = Course::default();
        for (time, sequence, stated, seen) in packets.iter().copied() {
            course.follow(Packet { time, sequence, engine: 0, stated, seen });
        }
        course.loss()
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

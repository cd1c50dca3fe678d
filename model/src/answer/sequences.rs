//! Compares the number of flows sent, by the sequence numbers of export packets,
//! with the number of flows present: a few numbers per engine, which can be
//! merged over any parts.
//!
//! A packet states how many flows its engine sent before it. The difference
//! between last and first packet is the number of flows there should be. `check`,
//! which looks at every packet, finds the same total of gaps, unless an exporter
//! restarted or counts something else: then there are more flows than expected,
//! and nothing is reported.

use serde::{Deserialize, Serialize};

use crate::{FieldId, FlowRecord, Row};

/// First and last packet of each engine that exported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequences {
    engines: Vec<Engine>,
}

/// An engine's first and last packet, and the number of its flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Engine {
    exporter: Option<String>,
    kind: Option<u64>,
    id: Option<u64>,
    /// Time in ms and sequence number of the first packet.
    first: (u64, u64),
    /// Time, sequence number and number of flows of the last packet.
    last: (u64, u64, u64),
    flows: u64,
    /// Some of its packets are outside of the window.
    #[serde(skip)]
    is_cut: bool,
}

impl Engine {
    fn is(&self, exporter: Option<&str>, kind: Option<u64>, id: Option<u64>) -> bool {
        self.exporter.as_deref() == exporter && self.kind == kind && self.id == id
    }

    fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.flows += other.flows;
        self.is_cut |= other.is_cut;
    }

    /// Flows that were sent and are missing; sequence numbers are modulo 2^32.
    fn missing(&self) -> u64 {
        let ((_, first), (_, last, carried)) = (self.first, self.last);
        let sent = last.wrapping_add(carried).wrapping_sub(first) & 0xffff_ffff;
        if sent < 1 << 31 { sent.saturating_sub(self.flows) } else { 0 }
    }
}

impl Sequences {
    /// The fields that a filter may test and every engine is still whole or absent:
    /// its sequence numbers tell what is missing.
    pub const OF_ENGINE: [FieldId; 3] = [FieldId::Exporter, FieldId::EngineType, FieldId::EngineId];

    /// Counts a flow.
    pub fn add(&mut self, row: &Row<'_>) {
        let (time, sequence) = (row.number(FieldId::Timestamp), row.number(FieldId::FlowSeqNum));
        let (Some(time), Some(sequence)) = (time, sequence) else { return };
        let exporter = row.text(FieldId::Exporter);
        let (kind, id) = (row.number(FieldId::EngineType), row.number(FieldId::EngineId));
        let carried = row.number(FieldId::FlowRecords).unwrap_or(1);
        let (first, last) = ((time, sequence), (time, sequence, carried));
        if let Some(known) = self.engines.iter_mut().find(|known| known.is(exporter, kind, id)) {
            known.first = known.first.min(first);
            known.last = known.last.max(last);
            known.flows += 1;
        } else {
            let exporter = exporter.map(str::to_owned);
            let (flows, is_cut) = (1, false);
            self.engines.push(Engine { exporter, kind, id, first, last, flows, is_cut });
        }
    }

    /// Merges the numbers of other flows.
    pub fn merge(&mut self, other: &Self) {
        for engine in &other.engines {
            let is =
                |known: &&mut Engine| known.is(engine.exporter.as_deref(), engine.kind, engine.id);
            match self.engines.iter_mut().find(is) {
                Some(known) => known.merge(engine),
                None => self.engines.push(engine.clone()),
            }
        }
    }

    /// Renames the exporters; an exporter for which `name` is `None` is removed with
    /// its engines.
    #[must_use]
    pub fn renamed(self, name: impl Fn(&str) -> Option<String>) -> Self {
        let renamed = |engine: Engine| match &engine.exporter {
            Some(exporter) => Some(Engine { exporter: Some(name(exporter)?), ..engine }),
            None => Some(engine),
        };
        Self { engines: self.engines.into_iter().filter_map(renamed).collect() }
    }

    /// Keeps the engines of which `matches` some packet from a time in ms on, given as
    /// a flow that has time, exporter and engine alone. Those with packets that do not
    /// match as well, outside of a window, are [cut](Self::missing_around): of the
    /// packets inside of it nothing is known here.
    pub fn restrict(&mut self, from: u64, matches: impl Fn(&FlowRecord) -> bool) {
        let narrow = |value: Option<u64>| value.and_then(|value| u8::try_from(value).ok());
        self.engines.retain_mut(|engine| {
            let matches_at = |time| {
                matches(&FlowRecord {
                    timestamp_ms: Some(time),
                    exporter: engine.exporter.clone(),
                    engine_type: narrow(engine.kind),
                    engine_id: narrow(engine.id),
                    ..FlowRecord::default()
                })
            };
            let (first, last) = (engine.first.0, engine.last.0);
            let is_cut = !(matches_at(first) && matches_at(last));
            engine.is_cut |= is_cut;
            from <= last && matches_at(first.max(from))
        });
    }

    /// The engines that are not cut by a window.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.engines.retain(|engine| !engine.is_cut);
        self
    }

    /// Flows that were sent and are missing, of engines that are cut by a window: in it
    /// or outside of it.
    #[must_use]
    pub fn missing_around(&self) -> u64 {
        self.engines.iter().filter(|engine| engine.is_cut).map(Engine::missing).sum()
    }

    /// Flows that were sent and are missing, of all engines that are not cut.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.engines.iter().filter(|engine| !engine.is_cut).map(Engine::missing).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FlowRecord;

    #[test]
    fn engines_are_told_under_other_names() {
        let flow = |exporter: &str| FlowRecord {
            exporter: Some(exporter.into()),
            timestamp_ms: Some(1),
            flow_seq_num: Some(0),
            flow_records: Some(9),
            ..FlowRecord::default()
        };
        let mut sequences = sequences(&[(1, 0, 4, 1)]);
        for exporter in ["r1", "r2"] {
            sequences.add(&Row::of(&flow(exporter)));
        }
        assert_eq!(sequences.missing(), 3 + 8 + 8);
        let renamed = sequences.renamed(|name| (name == "r2").then(|| "hidden".into()));
        assert_eq!(renamed.missing(), 3 + 8);
        let names: Vec<_> =
            renamed.engines.iter().map(|engine| engine.exporter.as_deref()).collect();
        assert_eq!(names, [None, Some("hidden")]);
    }

    /// The packets of an engine: time, sequence number, flows carried, flows
    /// seen.
    fn sequences(packets: &[(u64, u32, u16, usize)]) -> Sequences {
        let mut sequences = Sequences::default();
        for (time, sequence, carried, seen) in packets {
            let flow = FlowRecord {
                timestamp_ms: Some(*time),
                flow_seq_num: Some(*sequence),
                flow_records: Some(*carried),
                ..FlowRecord::default()
            };
            (0..*seen).for_each(|_| sequences.add(&Row::of(&flow)));
        }
        sequences
    }

    /// Of an engine with packets outside of the window it is not known where its flows
    /// are missing; engines that do not match are not spoken of.
    #[test]
    fn only_engines_that_match_are_told_and_a_window_cuts_them() {
        let flow = |exporter: &str, time, sequence| FlowRecord {
            exporter: Some(exporter.into()),
            timestamp_ms: Some(time),
            flow_seq_num: Some(sequence),
            flow_records: Some(1),
            ..FlowRecord::default()
        };
        // r1 lost 3 flows from 100 to 200 ms, r2 lost 7 from 150 to 900 ms.
        let mut all = Sequences::default();
        for (exporter, time, sequence) in
            [("r1", 100, 0), ("r1", 200, 4), ("r2", 150, 0), ("r2", 900, 8)]
        {
            all.add(&Row::of(&flow(exporter, time, sequence)));
        }
        for (name, window, told) in [
            ("", 0..u64::MAX, (3 + 7, 0)),
            ("r1", 0..u64::MAX, (3, 0)),
            ("r2", 0..u64::MAX, (7, 0)),
            ("", 100..201, (3, 7)),
            ("", 160..901, (0, 3 + 7)),
            ("", 300..400, (0, 7)),
            ("", 901..999, (0, 0)),
        ] {
            let mut some = all.clone();
            some.restrict(window.start, |flow| {
                let is_named = name.is_empty() || flow.exporter.as_deref() == Some(name);
                is_named && flow.timestamp_ms.is_some_and(|time| window.contains(&time))
            });
            assert_eq!((some.missing(), some.missing_around()), told, "{name} {window:?}");
        }
    }

    #[test]
    fn what_is_missing_shows_and_a_restart_does_not() {
        for (packets, missing) in [
            (vec![(1, 4_294_967_290, 4, 4), (2, 4_294_967_294, 5, 5), (9, 10, 2, 1)], 7 + 1),
            (vec![(1, 4_294_967_290, 4, 4), (2, 4_294_967_294, 5, 5), (9, 3, 2, 2)], 0),
            (vec![(1, 500, 3, 3), (2, 0, 2, 2)], 0),
            (vec![(1, 0, 3, 3), (2, 0, 3, 3)], 0),
            (vec![(1, 7, 3, 3), (2, 8, 3, 3)], 0),
            (vec![], 0),
        ] {
            let all = sequences(&packets);
            assert_eq!(all.missing(), missing, "{packets:?}");
            // Cut anywhere, and merged in reverse order.
            for cut in 0..packets.len() {
                let (a, b) = packets.split_at(cut);
                let mut both = sequences(b);
                both.merge(&sequences(a));
                assert_eq!(both.missing(), missing);
            }
        }
    }
}

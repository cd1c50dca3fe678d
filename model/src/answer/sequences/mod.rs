//! Compares the number of flows sent, by the sequence numbers of export packets,
//! with the number of flows present: a few numbers per engine, which can be
//! merged over any parts.
//!
//! A packet states how many flows its engine sent before it. Packets whose numbers
//! touch make a span; between the spans of one exporter flows are missing. Spans
//! that overlap in time are those of two exporters under one address, and a number
//! that falls is a restart. `check`, which looks at every packet in order, finds the
//! same gaps; here there are a few numbers per engine, however many packets.

mod chains;
mod engines;
mod span;

use serde::{Deserialize, Serialize};

use crate::{FieldId, FlowRecord, Row};
use engines::{Engines, Name};
use span::{Span, Spans, low};

/// Spans of sequence numbers of each engine that exported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequences {
    engines: Engines,
}

/// An engine and its spans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Engine {
    exporter: Option<String>,
    kind: Option<u64>,
    id: Option<u64>,
    /// Its packets where numbers count the flows before them, as the format says.
    before: Spans,
    /// Its packets where numbers count their own flows as well, as some exporters do.
    with_own: Spans,
    /// Some of its packets are outside of the window.
    #[serde(skip)]
    is_cut: bool,
}

impl Engine {
    fn name(&self) -> Name<'_> {
        (self.exporter.as_deref(), self.kind, self.id)
    }

    /// Adds a flow of a packet.
    fn add(&mut self, sequence: u32, carried: Option<u64>, time: u64) {
        self.before.add(Span::of_flow(sequence, carried, time));
        // What a packet does not state cannot be taken from its number.
        let own = carried.map_or(0, low);
        self.with_own.add(Span::of_flow(sequence.wrapping_sub(own), carried, time));
    }

    /// Time in ms of the first and of the last packet.
    fn seen(&self) -> Option<(u64, u64)> {
        self.before.seen()
    }

    /// Flows that were sent and are missing.
    fn missing(&self) -> u64 {
        let (before, with_own) = (self.before.found(), self.with_own.found());
        let found = if with_own.is_likelier_than(before) { with_own } else { before };
        if found.counts_something_else() { 0 } else { found.missing }
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
        let carried = row.number(FieldId::FlowRecords).filter(|carried| *carried > 0);
        let new =
            || Engine { exporter: exporter.map(str::to_owned), kind, id, ..Engine::default() };
        self.engines.of((exporter, kind, id), new).add(low(sequence), carried, time);
    }

    /// Merges the numbers of other flows.
    pub fn merge(&mut self, other: &Self) {
        for engine in other.engines.iter() {
            let mut is_new = false;
            let known = self.engines.of(engine.name(), || {
                is_new = true;
                engine.clone()
            });
            if !is_new {
                known.before.merge(&engine.before);
                known.with_own.merge(&engine.with_own);
                known.is_cut |= engine.is_cut;
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
        Self { engines: self.engines.into_list().into_iter().filter_map(renamed).collect() }
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
            let Some((first, last)) = engine.seen() else { return false };
            let is_cut = !(matches_at(first) && matches_at(last));
            engine.is_cut |= is_cut;
            from <= last && matches_at(first.max(from))
        });
    }

    /// The engines that are not cut by a window.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.engines.retain_mut(|engine| !engine.is_cut);
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
            // Two exporters under one address, of which one lost 30 flows.
            (
                (0..40_u64)
                    .flat_map(|n| {
                        let n32 = u32::try_from(n).unwrap();
                        let late = if n < 20 { 0 } else { 30 };
                        [(n * 2, n32 * 5, 5, 5), (n * 2 + 1, 9_000_000 + n32 * 3 + late, 3, 3)]
                    })
                    .collect(),
                30,
            ),
            // Reset after three thousand million flows.
            (vec![(1, 3_000_000_000, 3, 3), (2, 0, 2, 2), (3, 2, 2, 2)], 0),
            // More gaps than spans are kept.
            ((0..500).map(|n| (u64::from(n), n * 60, 30, 30)).collect(), 499 * 30),
            (vec![], 0),
        ] {
            let all = sequences(&packets);
            assert_eq!(all.missing(), missing, "{packets:?}");
            // Cut anywhere, and merged in reverse order.
            for cut in (0..packets.len()).step_by(packets.len() / 9 + 1) {
                let (a, b) = packets.split_at(cut);
                let mut both = sequences(b);
                both.merge(&sequences(a));
                assert_eq!(both.missing(), missing);
            }
        }
    }
}

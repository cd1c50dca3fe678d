//! What was read: flows and their sums, and everything that was not as it
//! should be. Every answer carries it.

use std::collections::BTreeMap;

use flowkit_model::{FIELDS, FieldId, NotAFlow};
use hashbrown::HashMap;

use crate::columns::{Batch, FieldSet};
use crate::dictionary::Dictionary;
use crate::input::Source;
use crate::quality::Quality;
use crate::sequences::Sequences;

/// Sums over flows. They hold 2^64 of the largest values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Layer 3 bytes.
    pub bytes: u128,
    /// Packets.
    pub packets: u128,
    /// Flows.
    pub flows: u64,
}

impl Sums {
    /// Adds other sums.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.packets += other.packets;
        self.flows += other.flows;
    }
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// File, or part of a dump.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.file, self.line)
    }
}

/// Documents that are no flows, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The reason.
    pub cause: NotAFlow,
    /// How many.
    pub n: u64,
    /// The first.
    pub first: Position,
    /// What is wrong with it, where more is known.
    pub reason: Option<String>,
}

/// Copies of documents that were dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// All of them.
    pub n: u64,
    /// Those that said something else than the first copy.
    pub conflicting: u64,
    /// The first dropped.
    pub first: Option<Position>,
}

/// How one exporter sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Smallest interval it stated; 0 and 1 mean every packet.
    pub least: u64,
    /// Largest.
    pub most: u64,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// All flows.
    pub total: Sums,
    /// Flows in which a field is unknown, for the fields that were read.
    pub unknown: Vec<(FieldId, u64)>,
    /// First and last `@timestamp`, in milliseconds; both belong to it.
    pub seen: Option<(u64, u64)>,
    /// Sampling by exporter; `None` is the unknown exporter.
    pub sampling: BTreeMap<Option<String>, Sampling>,
    /// Documents that are no flows.
    pub skipped: Vec<Skipped>,
    /// The times of all flows that were read, whatever was asked of them.
    pub quality: Quality,
    /// Flows that there should be, likewise.
    pub sequences: Sequences,
    /// Copies that were dropped.
    pub duplicates: Duplicates,
    /// What is known to be missing, one sentence each. Not empty: the answer
    /// is over less than it should be.
    pub incomplete: Vec<String>,
    /// What else a reader should know.
    pub notes: Vec<String>,
}

impl Tally {
    /// What is known of sources before they are read.
    pub(crate) fn of_sources(sources: &[Source]) -> Self {
        let incomplete = sources
            .iter()
            .filter_map(|source| Some(format!("{} {}", source.name(), source.incomplete()?)));
        Self { incomplete: incomplete.collect(), ..Self::default() }
    }

    /// What was read of two sets of sources.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.total.add(&other.total);
        self.quality.merge(&other.quality);
        self.sequences.merge(&other.sequences);
        for (field, n) in other.unknown {
            match self.unknown.iter_mut().find(|known| known.0 == field) {
                Some(known) => known.1 += n,
                None => self.unknown.push((field, n)),
            }
        }
        if let Some(seen) = other.seen {
            self.seen = Some(widen(self.seen, seen));
        }
        for (exporter, sampling) in other.sampling {
            let known = self.sampling.entry(exporter).or_insert(sampling);
            known.least = known.least.min(sampling.least);
            known.most = known.most.max(sampling.most);
        }
        for skipped in other.skipped {
            self.skip(skipped.cause, skipped.n, skipped.first, skipped.reason);
        }
        self.duplicates.n += other.duplicates.n;
        self.duplicates.conflicting += other.duplicates.conflicting;
        self.duplicates.first = self.duplicates.first.or(other.duplicates.first);
        for (mine, others) in
            [(&mut self.incomplete, other.incomplete), (&mut self.notes, other.notes)]
        {
            for text in others {
                if !mine.contains(&text) {
                    mine.push(text);
                }
            }
        }
        self
    }

    /// Counts documents that are no flows; the first position of each cause
    /// stays.
    pub(crate) fn skip(
        &mut self,
        cause: NotAFlow,
        n: u64,
        first: Position,
        reason: Option<String>,
    ) {
        match self.skipped.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.n += n,
            None => self.skipped.push(Skipped { cause, n, first, reason }),
        }
    }
}

/// The part of a tally that is counted batch by batch, on any thread.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    total: Sums,
    unknown: Vec<u64>,
    seen: Option<(u64, u64)>,
    sampling: HashMap<Option<u64>, Sampling>,
}

impl Measures {
    /// The fields it reads.
    pub(crate) const FIELDS: [FieldId; 5] = [
        FieldId::Timestamp,
        FieldId::Exporter,
        FieldId::SamplingInterval,
        FieldId::Packets,
        FieldId::Bytes,
    ];

    pub(crate) fn add(&mut self, batch: &Batch) {
        let sum = |field| sum(batch.counters(field));
        self.total.add(&Sums {
            bytes: sum(FieldId::Bytes),
            packets: sum(FieldId::Packets),
            flows: batch.rows() as u64,
        });
        self.unknown.resize(FIELDS.len(), 0);
        for (field, column) in batch.columns() {
            self.unknown[field as usize] += column.n_unknown();
        }
        for (field, coded) in batch.all_coded() {
            self.unknown[field as usize] += coded.n_unknown();
        }
        if let Some(seen) = batch.column(FieldId::Timestamp).bounds() {
            self.seen = Some(widen(self.seen, seen));
        }
        self.add_sampling(batch);
    }

    fn add_sampling(&mut self, batch: &Batch) {
        let (exporters, intervals) =
            (batch.column(FieldId::Exporter), batch.column(FieldId::SamplingInterval));
        let mut before = None;
        if let (Some(exporter), Some(interval)) = (exporters.constant(), intervals.constant()) {
            let interval = interval.unwrap_or(0);
            return self.merge_sampling(exporter, Sampling { least: interval, most: interval });
        }
        for row in 0..batch.rows() {
            let state = (exporters.get(row), intervals.get(row).unwrap_or(0));
            // Flows of one exporter come in a row; only changes are looked up.
            if before != Some(state) {
                before = Some(state);
                let (exporter, interval) = state;
                self.merge_sampling(exporter, Sampling { least: interval, most: interval });
            }
        }
    }

    fn merge_sampling(&mut self, exporter: Option<u64>, other: Sampling) {
        let sampling = self.sampling.entry(exporter).or_insert(other);
        sampling.least = sampling.least.min(other.least);
        sampling.most = sampling.most.max(other.most);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.total.add(&other.total);
        self.unknown.resize(FIELDS.len(), 0);
        for (sum, n) in self.unknown.iter_mut().zip(other.unknown) {
            *sum += n;
        }
        if let Some(seen) = other.seen {
            self.seen = Some(widen(self.seen, seen));
        }
        for (exporter, sampling) in other.sampling {
            self.merge_sampling(exporter, sampling);
        }
    }

    /// The counts that a tally has; exporters are numbered by `dictionary`.
    pub(crate) fn of_tally(tally: &Tally, dictionary: &Dictionary) -> Self {
        let mut unknown = vec![0; FIELDS.len()];
        for (field, n) in &tally.unknown {
            unknown[*field as usize] = *n;
        }
        let code = |exporter: &Option<String>| {
            exporter.as_ref().map(|exporter| u64::from(dictionary.code(exporter)))
        };
        let sampling =
            tally.sampling.iter().map(|(exporter, sampling)| (code(exporter), *sampling));
        Self { total: tally.total, unknown, seen: tally.seen, sampling: sampling.collect() }
    }

    /// Moves the counts into a tally.
    pub(crate) fn finish(self, tally: &mut Tally, fields: FieldSet, texts: &[String]) {
        tally.total = self.total;
        tally.seen = self.seen;
        tally.unknown = fields
            .iter()
            .filter_map(|field| Some((field, *self.unknown.get(field as usize)?)))
            .filter(|(field, n)| *n > 0 && !field.field().is_looked_up())
            .collect();
        let text = |code: u64| usize::try_from(code).ok().and_then(|code| texts.get(code)).cloned();
        tally.sampling = self
            .sampling
            .into_iter()
            .map(|(exporter, sampling)| (exporter.and_then(text), sampling))
            .collect();
    }
}

/// The sum of values, most of which have 32 bits: those are added up by thousands
/// in one word.
fn sum(values: &[u64]) -> u128 {
    let of = |values: &[u64]| {
        let all = values.iter().fold(0, |all, value| all | value);
        if u32::try_from(all).is_ok() {
            values.iter().sum::<u64>().into()
        } else {
            values.iter().map(|value| u128::from(*value)).sum::<u128>()
        }
    };
    values.chunks(1024).map(of).sum()
}

fn widen(range: Option<(u64, u64)>, other: (u64, u64)) -> (u64, u64) {
    range.map_or(other, |range| (range.0.min(other.0), range.1.max(other.1)))
}

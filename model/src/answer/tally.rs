//! What was read: flows and their sums, and everything that was skipped, dropped
//! or is missing. Every answer has one.

use std::collections::BTreeMap;

use super::exporters::OfExporter;
use super::{Exporters, Quality, Sequences};
use crate::names::Adaptation;
use crate::{FieldId, NotAFlow, Sums};

/// A position in the sources.
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

/// Documents that are no flows, by cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The cause.
    pub cause: NotAFlow,
    /// How many.
    pub n: u64,
    /// Position of the first.
    pub first: Position,
    /// What is wrong with the first, if more is known than the cause.
    pub reason: Option<String>,
}

/// Duplicate documents that were dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Number of duplicates.
    pub n: u64,
    /// Duplicates whose content differs from that of the first copy.
    pub conflicting: u64,
    /// Position of the first one.
    pub first: Option<Position>,
}

/// Sampling of one exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Smallest interval it stated; 0 and 1 mean every packet.
    pub least: u64,
    /// Largest interval it stated.
    pub most: u64,
}

impl Sampling {
    /// The sampling of flows that state one interval.
    #[must_use]
    pub fn of(interval: u64) -> Self {
        Self { least: interval, most: interval }
    }

    /// The sampling of two sets of flows: one that states no interval changes nothing.
    #[must_use]
    pub fn of_both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => {
                Some(Self { least: one.least.min(other.least), most: one.most.max(other.most) })
            }
            (one, other) => one.or(other),
        }
    }
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// All flows.
    pub total: Sums,
    /// Flows in which a field is unknown, for the fields that were read.
    pub unknown: Vec<(FieldId, u64)>,
    /// First and last `@timestamp`, in milliseconds, both inclusive.
    pub seen: Option<(u64, u64)>,
    /// Sampling by exporter, of which `None` is the unknown one; it is `None` where no
    /// flow states an interval.
    pub sampling: BTreeMap<Option<String>, Option<Sampling>>,
    /// Flows that their pipeline changed, by the number of the
    /// [`Adaptation`](crate::names::Adaptation).
    pub adapted: BTreeMap<u64, u64>,
    /// What exporters of v9 and IPFIX tell in options records, and what of their records
    /// cannot be; of all that was read, whether flows match or not.
    pub exporters: Exporters,
    /// Documents that are no flows.
    pub skipped: Vec<Skipped>,
    /// Quality of the times of all flows that were read, whether they match or
    /// not.
    pub quality: Quality,
    /// Quality of the times of the flows that match, by exporter, as the answer used
    /// them; `None` if it used neither first nor last.
    pub times: Option<BTreeMap<Option<String>, Quality>>,
    /// Sequence numbers of all flows that were read, of the engines that the filter
    /// and the window leave whole.
    pub sequences: Sequences,
    /// A filter on more than exporter and engine left flows out, now or when the
    /// source was made: sequence numbers cannot tell what is missing.
    pub is_filtered: bool,
    /// Copies that were dropped.
    pub duplicates: Duplicates,
    /// What is known to be missing, one sentence each. If there is any, the
    /// answer is incomplete.
    pub incomplete: Vec<String>,
    /// Other remarks on the sources.
    pub notes: Vec<String>,
}

impl Tally {
    /// Merges the tallies of two sets of sources.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.total.add(&other.total);
        self.quality.merge(&other.quality);
        self.sequences.merge(&other.sequences);
        self.exporters.merge(&other.exporters);
        self.is_filtered |= other.is_filtered;
        self.times = match (self.times, other.times) {
            (Some(mut times), Some(others)) => {
                for (exporter, quality) in others {
                    times.entry(exporter).or_default().merge(&quality);
                }
                Some(times)
            }
            (times, others) => times.or(others),
        };
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
            let known = self.sampling.entry(exporter).or_default();
            *known = Sampling::of_both(*known, sampling);
        }
        for (adapted, n) in other.adapted {
            *self.adapted.entry(adapted).or_default() += n;
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

    /// What pipelines changed, and of how many flows.
    pub fn adaptations(&self) -> impl Iterator<Item = (Adaptation, u64)> {
        let known = |(number, n): (&u64, &u64)| Some((Adaptation::from_number(*number)?, *n));
        self.adapted.iter().filter_map(known)
    }

    /// Whether there are flows, and none of them states a sampling interval, nor does an
    /// exporter in options records: as in what nfdump prints, and of many exporters of v9.
    #[must_use]
    pub fn is_sampling_unknown(&self) -> bool {
        let mut unknown = self.unknown.iter().filter(|(id, _)| *id == FieldId::SamplingInterval);
        let flows = self.total.flows;
        let is_untold = !self.sampling.is_empty() && self.samplings().next().is_none();
        flows > 0 && (is_untold || unknown.any(|(_, n)| *n >= flows) && !self.is_told())
    }

    /// Whether an exporter tells in options records how it samples.
    fn is_told(&self) -> bool {
        self.exporters.iter().any(|(_, of)| of.intervals().is_some())
    }

    /// The sampling of the exporters that state one, in their flows or in options records.
    pub fn samplings(&self) -> impl Iterator<Item = Sampling> {
        let all = self.sampling.iter();
        all.filter_map(|(exporter, stated)| self.sampling_of(exporter.as_deref(), *stated))
    }

    /// The sampling of an exporter, given what its flows state. Options records tell of
    /// those that state none; where some state that they were not sampled, others were.
    #[must_use]
    pub fn sampling_of(
        &self,
        exporter: Option<&str>,
        stated: Option<Sampling>,
    ) -> Option<Sampling> {
        if stated.is_some_and(|stated| stated.most > 1) {
            return stated;
        }
        let told = self.exporters.get(exporter).and_then(OfExporter::intervals);
        Sampling::of_both(stated, told.map(|(least, most)| Sampling { least, most }))
    }

    /// Pipelines that multiplied the counters of some flows.
    #[must_use]
    pub fn scaled_by(&self) -> Vec<&'static str> {
        let scaled = self.adaptations().filter(|(adaptation, _)| adaptation.is_scaled());
        scaled.map(|(adaptation, _)| adaptation.pipeline()).collect()
    }

    /// Merges the tally of another window of the sources that this one is of; `twice`
    /// is that of the flows in both windows.
    ///
    /// What is counted document by document, whatever the window, counts once:
    /// skipped, duplicates, quality and sequence numbers.
    #[must_use]
    pub fn and_window(self, other: Self, twice: &Self) -> Self {
        let once = Self {
            skipped: Vec::new(),
            duplicates: Duplicates::default(),
            quality: Quality::default(),
            sequences: Sequences::default(),
            exporters: other.exporters.uncounted(),
            ..other
        };
        let mut both = self.and(once);
        both.total.bytes -= twice.total.bytes;
        both.total.packets -= twice.total.packets;
        both.total.flows -= twice.total.flows;
        for (adaptation, n) in &mut both.adapted {
            *n -= twice.adapted.get(adaptation).copied().unwrap_or(0);
        }
        for (field, n) in &mut both.unknown {
            let twice = twice.unknown.iter().find(|(other, _)| other == field);
            *n -= twice.map_or(0, |(_, n)| *n);
        }
        both
    }

    /// Counts documents that are no flows; keeps the first position of each
    /// cause.
    pub fn skip(&mut self, cause: NotAFlow, n: u64, first: Position, reason: Option<String>) {
        match self.skipped.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.n += n,
            None => self.skipped.push(Skipped { cause, n, first, reason }),
        }
    }
}

fn widen(range: Option<(u64, u64)>, other: (u64, u64)) -> (u64, u64) {
    range.map_or(other, |range| (range.0.min(other.0), range.1.max(other.1)))
}

//! The part of a tally that is counted batch by batch, on any thread.

use std::collections::BTreeMap;

use flowkit_model::answer::{Sampling, Tally};
use flowkit_model::{FIELDS, FieldId, Sums};
use hashbrown::HashMap;

use crate::batch::dictionary::{Codebook, Dictionary};
use crate::batch::{Batch, FieldSet, Wide};
use crate::quality::times::Times;

/// The part of a tally that is counted batch by batch, on any thread.
#[derive(Debug, Default)]
pub(crate) struct BatchTally {
    total: Sums,
    unknown: Vec<u64>,
    seen: Option<(u64, u64)>,
    sampling: HashMap<Option<u64>, Option<Sampling>>,
    adapted: BTreeMap<u64, u64>,
    /// Measured where the answer uses first or last.
    times: Option<Times>,
    /// Flows whose scaled counters do not fit in 64 bits.
    wide: u64,
}

impl BatchTally {
    /// An empty tally; with the quality of times if the answer uses first or last.
    pub(crate) fn new(with_times: bool) -> Self {
        Self { times: with_times.then(Times::default), ..Self::default() }
    }

    /// The fields whose unknown values every answer tells.
    pub(crate) const TOLD: [FieldId; 6] = [
        FieldId::Timestamp,
        FieldId::Exporter,
        FieldId::SamplingInterval,
        FieldId::Packets,
        FieldId::Bytes,
        FieldId::Adapted,
    ];

    /// The fields it needs: the version says whether a flow has the fields of a header of
    /// version 5 at all.
    pub(crate) fn fields() -> FieldSet {
        Self::TOLD.into_iter().chain([FieldId::Version]).collect()
    }

    /// Adds the flows of a batch.
    pub(crate) fn add(&mut self, batch: &Batch) {
        self.add_times(batch);
        let sum = |field| sum(batch.counters(field));
        let [more_bytes, more_packets] = batch.wide().map(Wide::sum).unwrap_or_default();
        self.total.add(&Sums {
            bytes: sum(FieldId::Bytes) + more_bytes,
            packets: sum(FieldId::Packets) + more_packets,
            flows: batch.rows() as u64,
        });
        self.wide += batch.wide().map_or(0, Wide::len);
        self.unknown.resize(FIELDS.len(), 0);
        let has_header = has_header(batch);
        for (field, column) in batch.columns() {
            self.unknown[field as usize] += match &has_header {
                Some(has_header) if field.field().is_of_version_5() => {
                    let is_missing = |row: &usize| has_header[*row] && column.is_unknown(*row);
                    (0..batch.rows()).filter(is_missing).count() as u64
                }
                _ => column.n_unknown(),
            };
        }
        for (field, column) in batch.dictionary_columns() {
            self.unknown[field as usize] += match &has_header {
                Some(has_header) if field.field().is_of_version_5() => {
                    let unknown = column.values().len();
                    let codes = column.codes().iter().zip(has_header);
                    let is_missing =
                        |(code, has): &(&u32, &bool)| **has && **code as usize == unknown;
                    codes.filter(is_missing).count() as u64
                }
                _ => column.n_unknown(),
            };
        }
        if let Some(seen) = batch.column(FieldId::Timestamp).min_max() {
            self.seen = Some(widen(self.seen, seen));
        }
        self.add_sampling(batch);
        self.add_adapted(batch);
    }

    fn add_adapted(&mut self, batch: &Batch) {
        let column = batch.column(FieldId::Adapted);
        match column.constant() {
            Some(None) => {}
            Some(Some(adapted)) => *self.adapted.entry(adapted).or_default() += batch.rows() as u64,
            None => {
                for adapted in (0..batch.rows()).filter_map(|row| column.get(row)) {
                    *self.adapted.entry(adapted).or_default() += 1;
                }
            }
        }
    }

    /// Adds the quality of the times alone, if it is measured.
    pub(crate) fn add_times(&mut self, batch: &Batch) {
        if let Some(times) = &mut self.times {
            times.add(batch);
        }
    }

    fn add_sampling(&mut self, batch: &Batch) {
        let (exporters, intervals) =
            (batch.column(FieldId::Exporter), batch.column(FieldId::SamplingInterval));
        let mut before = None;
        if let (Some(exporter), Some(interval)) = (exporters.constant(), intervals.constant()) {
            return self.merge_sampling(exporter, interval.map(Sampling::of));
        }
        for row in 0..batch.rows() {
            let state = (exporters.get(row), intervals.get(row));
            // Flows of one exporter are adjacent; only changes are looked up.
            if before != Some(state) {
                before = Some(state);
                let (exporter, interval) = state;
                self.merge_sampling(exporter, interval.map(Sampling::of));
            }
        }
    }

    fn merge_sampling(&mut self, exporter: Option<u64>, other: Option<Sampling>) {
        let sampling = self.sampling.entry(exporter).or_default();
        *sampling = Sampling::of_both(*sampling, other);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.total.add(&other.total);
        self.wide += other.wide;
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
        for (adapted, n) in other.adapted {
            *self.adapted.entry(adapted).or_default() += n;
        }
        if let (Some(times), Some(others)) = (&mut self.times, other.times) {
            times.merge(others);
        }
    }

    /// The counts of a tally, with its quality of times if that is wanted and there;
    /// `dictionary` gives the codes of exporters.
    pub(crate) fn of_tally(tally: &Tally, dictionary: &Dictionary, with_times: bool) -> Self {
        let mut unknown = vec![0; FIELDS.len()];
        for (field, n) in &tally.unknown {
            unknown[*field as usize] = *n;
        }
        let code = |exporter: &Option<String>| {
            exporter.as_ref().map(|exporter| u64::from(dictionary.code(exporter)))
        };
        let sampling =
            tally.sampling.iter().map(|(exporter, sampling)| (code(exporter), *sampling));
        let sampling = sampling.collect();
        let times = tally.times.as_ref().filter(|_| with_times).map(|times| {
            Times::of(times.iter().map(|(exporter, quality)| (code(exporter), *quality)))
        });
        Self {
            total: tally.total,
            unknown,
            seen: tally.seen,
            sampling,
            adapted: tally.adapted.clone(),
            times,
            wide: 0,
        }
    }

    /// Moves the counts into a tally.
    pub(crate) fn finish(self, tally: &mut Tally, fields: FieldSet, codes: &Codebook) {
        tally.total = self.total;
        tally.seen = self.seen;
        if self.wide > 0 {
            tally.notes.push(format!(
                "{} flows have 2^64 bytes or packets or more when corrected for sampling: sums \
                 are exact, filters and distributions take 2^64 - 1 for each",
                self.wide
            ));
        }
        tally.unknown = fields
            .iter()
            .filter_map(|field| Some((field, *self.unknown.get(field as usize)?)))
            .filter(|(field, n)| *n > 0 && field.field().is_expected())
            .collect();
        let text = |code: u64| codes.text(code).map(str::to_owned);
        tally.adapted = self.adapted;
        tally.sampling = self
            .sampling
            .into_iter()
            .map(|(exporter, sampling)| (exporter.and_then(text), sampling))
            .collect();
        tally.times = self.times.map(|times| {
            let times = times.by_exporter();
            times.map(|(exporter, quality)| (exporter.and_then(text), quality)).collect()
        });
    }
}

/// Which flows came in packets with the header of version 5; `None` if all did, as far as
/// is known.
fn has_header(batch: &Batch) -> Option<Vec<bool>> {
    let is_old = |version: Option<u64>| version.is_none_or(|version| version <= 5);
    if let Some(column) = batch.dictionary_column(FieldId::Version) {
        let column = column.to_column();
        let rows: Vec<bool> = (0..batch.rows()).map(|row| is_old(column.get(row))).collect();
        return rows.contains(&false).then_some(rows);
    }
    let column = batch.column(FieldId::Version);
    if column.min_max().is_none_or(|(_, most)| most <= 5) {
        return None;
    }
    Some((0..batch.rows()).map(|row| is_old(column.get(row))).collect())
}

/// The sum of values. Most have at most 32 bits, so that a thousand of them are
/// added in one 64-bit word. It cannot overflow, and is not checked for it: a checked
/// sum is not vectorised.
fn sum(values: &[u64]) -> u128 {
    let of_chunk = |values: &[u64]| {
        let bits = values.iter().fold(0, |bits, value| bits | value);
        if u32::try_from(bits).is_ok() {
            values.iter().fold(0_u64, |sum, value| sum.wrapping_add(*value)).into()
        } else {
            values.iter().map(|value| u128::from(*value)).sum::<u128>()
        }
    };
    values.chunks(1024).map(of_chunk).sum()
}

fn widen(range: Option<(u64, u64)>, other: (u64, u64)) -> (u64, u64) {
    range.map_or(other, |range| (range.0.min(other.0), range.1.max(other.1)))
}

//! `beacons`: pairs that talk at a regular interval, as malware does that asks
//! for orders, and as time servers, monitors and updates do.
//!
//! For each sender, receiver, protocol and port, the times between one flow
//! and the next are compared with their median. The jitter is the median of
//! the deviations, in percent of the interval: half of the gaps are not
//! farther off.

use flowkit_model::{FieldId, Kind};

use super::Statistic;
use super::gather::at;
use super::measure::Point;
use super::ranking::key_cell;
use crate::answer::Metric;
use crate::answer::{Answer, Cell, Column, Meaning, Table as Rows};
use crate::columns::Batch;
use crate::group::key::{KeyLayout, KeyPart};
use crate::group::table::Table;
use crate::group::{Accumulator, Counters};
use crate::tally::{Sums, Tally};

/// Pairs that talk regularly.
#[derive(Debug)]
pub struct Beacons {
    layout: KeyLayout,
    /// Fewest flows that have a row.
    least: usize,
    /// Largest jitter that has a row, in percent.
    most_jitter: u64,
    limit: usize,
}

const KEY: [FieldId; 4] = [FieldId::SrcAddr, FieldId::DstAddr, FieldId::Protocol, FieldId::DstPort];

/// When flows of a key began.
#[derive(Clone, Debug, Default)]
pub struct Beats {
    all: Counters,
    starts: Vec<u64>,
}

impl Accumulator for Beats {
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.starts.extend_from_slice(&other.starts);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}

/// Flows closer than this are one: a connection and its retries.
const SHORTEST_MS: u64 = 1000;

impl Beats {
    /// Number of beats, the interval and the jitter, in ms.
    fn rhythm(&mut self) -> Option<(usize, u64, u64)> {
        self.starts.sort_unstable();
        let mut starts: Vec<u64> = Vec::with_capacity(self.starts.len());
        for start in &self.starts {
            if starts.last().is_none_or(|last| start - last >= SHORTEST_MS) {
                starts.push(*start);
            }
        }
        let mut gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let interval = u64::try_from(at(&mut gaps, Point::Median)?).ok()?;
        let mut off: Vec<u64> = gaps.iter().map(|gap| gap.abs_diff(interval)).collect();
        let jitter = u64::try_from(at(&mut off, Point::Median)?).ok()?;
        Some((starts.len(), interval, jitter))
    }
}

impl Beacons {
    /// Keys with at least so many beats and at most so much jitter in percent.
    #[must_use]
    pub fn new(least: usize, most_jitter: u64, limit: usize) -> Self {
        let layout = KeyLayout::new(KEY.map(|field| KeyPart::of(field.field())).into());
        Self { layout, least: least.max(3), most_jitter, limit }
    }
}

impl Statistic for Beacons {
    type Partial = Table<Beats>;

    fn fields(&self) -> Vec<FieldId> {
        KEY.into_iter().chain([FieldId::FirstSwitched, FieldId::Timestamp]).collect()
    }

    fn start(&self) -> Self::Partial {
        Table::new(&self.layout)
    }

    /// A flow whose start is unknown began, as far as is known, at its export.
    fn add(&self, table: &mut Self::Partial, batch: &Batch) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let columns = KEY.map(|field| batch.column(field));
        let first = batch.column(FieldId::FirstSwitched);
        let exported = batch.column(FieldId::Timestamp);
        let known: Vec<bool> = (0..batch.rows())
            .map(|row| columns.iter().all(|column| column.get(row).is_some()))
            .collect();
        table.add(&self.layout, &columns, Some(&known), |beats, row| {
            beats.all.add(bytes[row], packets[row]);
            beats.starts.extend(first.get(row).or_else(|| exported.get(row)));
        });
    }

    fn merge(&self, table: &mut Self::Partial, other: Self::Partial) {
        table.merge(other);
    }

    fn answer(&self, table: Self::Partial, texts: &[String], _: &Tally) -> Answer {
        let all = table.rank(&self.layout, Metric::Flows, 0, texts);
        let mut found = Vec::new();
        for (key, mut beats) in all.rows {
            if beats.starts.len() < self.least {
                continue;
            }
            if let Some((n, interval, jitter)) = beats.rhythm()
                && n >= self.least
                && jitter.saturating_mul(100) <= interval.saturating_mul(self.most_jitter)
            {
                found.push((n, interval, jitter, key, beats));
            }
        }
        // The steadiest first, then the one with more beats.
        found.sort_unstable_by(|a, b| {
            let jitter = |row: &(usize, u64, u64, Vec<Option<u64>>, Beats)| {
                u128::from(row.2) * 1_000_000 / u128::from(row.1.max(1))
            };
            jitter(a).cmp(&jitter(b)).then(b.0.cmp(&a.0)).then_with(|| a.3.cmp(&b.3))
        });
        found.truncate(if self.limit == 0 { usize::MAX } else { self.limit });
        let rows = found.into_iter().map(|(n, interval, jitter, key, beats)| {
            let cells = KEY.iter().zip(&key);
            let mut cells: Vec<Cell> =
                cells.map(|(field, value)| key_cell(field.field().kind, *value, texts)).collect();
            let sums = beats.sums();
            cells.extend([
                Cell::from(n as u64),
                Cell::from(interval),
                Cell::Share { part: jitter.into(), whole: interval.into() },
                Cell::from(sums.flows),
                Cell::Number(sums.bytes),
                sums.bytes.checked_div(sums.flows.into()).map_or(Cell::Unknown, Cell::Number),
                beats.starts.first().copied().into(),
                beats.starts.last().copied().into(),
            ]);
            cells
        });
        let columns = [
            ("src_addr", Meaning::Key(Kind::Address)),
            ("dst_addr", Meaning::Key(Kind::Address)),
            ("protocol", Meaning::Key(Kind::Protocol)),
            ("dst_port", Meaning::Key(Kind::Port)),
            ("beats", Meaning::Count),
            ("interval", Meaning::Duration),
            ("jitter", Meaning::Fraction),
            ("flows", Meaning::Count),
            ("bytes", Meaning::Bytes),
            ("mean_bytes", Meaning::Bytes),
            ("first", Meaning::Value(Kind::Time)),
            ("last", Meaning::Value(Kind::Time)),
        ];
        let columns = columns.map(|(name, meaning)| Column { name: name.into(), meaning }).into();
        let rows = rows.collect();
        Answer {
            title: format!(
                "beacons, {} or more beats with a jitter of at most {} %",
                self.least, self.most_jitter
            ),
            table: Rows { name: "rows", columns, rows },
            ..Answer::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_survives_retries_and_a_gap() {
        let mut beats = Beats::default();
        let regular = (0..20).filter(|n| *n != 7).map(|n| 1_000_000 + n * 60_000 + n % 3 * 100);
        beats.starts.extend(regular.clone());
        beats.starts.extend(regular.map(|start| start + 50));
        let (n, interval, jitter) = beats.rhythm().unwrap();
        assert_eq!(n, 19);
        assert!((59_800..=60_200).contains(&interval) && jitter <= 200, "{interval} {jitter}");
        assert_eq!(Beats::default().rhythm(), None);
    }
}

//! `summary`: totals, times and exporters.

use std::sync::Arc;

use flowkit_model::answer::{Answer, Cell, Column, Meaning, Table as Rows, Tally};
use flowkit_model::{FIELDS, FieldId, Kind, Metric};

use super::exporters::Exported;
use super::versions::{self, Versions};
use crate::batch::Batch;
use crate::batch::dictionary::Codebook;
use crate::group::counters::{Accumulator, Counters};
use crate::group::key::KeyLayout;
use crate::group::key_part::KeyPart;
use crate::group::table::{Extras, Table};
use crate::spill::memory::Memory;
use crate::statistic::{NoAnswer, Statistic, key_cell};

/// Totals, times and exporters.
#[derive(Debug)]
pub(crate) struct Summary {
    layout: KeyLayout,
}

/// Sums by exporter, and the earliest and latest times.
#[derive(Debug)]
pub(crate) struct SummarySums {
    exporters: Table<Exported>,
    first: Option<(u64, u64)>,
    last: Option<(u64, u64)>,
    versions: Versions,
}

impl Default for Summary {
    fn default() -> Self {
        Self { layout: KeyLayout::new(vec![KeyPart::of(FieldId::Exporter.field())]) }
    }
}

/// The smallest and largest of two ranges.
fn widen(range: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (range, other) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (range, other) => range.or(other),
    }
}

impl Statistic for Summary {
    type Partial = SummarySums;

    /// All fields that an exporter states: unknown values are counted for each. Fields
    /// that a pipeline adds by lookup may be missing without a fault.
    fn fields(&self) -> Vec<FieldId> {
        FIELDS.iter().filter(|field| field.is_expected()).map(|field| field.id).collect()
    }

    fn fields_if_any(&self) -> Vec<FieldId> {
        Versions::FIELDS_IF_ANY.into()
    }

    fn start(&self, memory: &Arc<Memory>) -> SummarySums {
        let exporters = Table::new(&self.layout, &Extras::default(), memory);
        SummarySums { exporters, first: None, last: None, versions: Versions::default() }
    }

    fn add(&self, sums: &mut SummarySums, batch: &Batch) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let sampling = batch.column(FieldId::SamplingInterval);
        sums.exporters.add(&[batch.column(FieldId::Exporter)], None, |row| {
            let interval = sampling.get(row);
            Counters::row(bytes[row], packets[row])
                .map(|volume| (volume, (None, interval)))
                .map_err(|all| Exported::of(all.raised(batch.more(row)), None, interval))
        });
        sums.versions.add(batch);
        let range = |field| batch.column(field).min_max();
        sums.first = widen(sums.first, range(FieldId::FirstSwitched));
        sums.last = widen(sums.last, range(FieldId::LastSwitched));
    }

    fn merge(&self, sums: &mut SummarySums, other: SummarySums) {
        sums.exporters.merge(other.exporters);
        sums.first = widen(sums.first, other.first);
        sums.last = widen(sums.last, other.last);
        sums.versions.merge(&other.versions);
    }

    fn answer(
        &self,
        sums: SummarySums,
        codes: &Codebook,
        tally: &Tally,
    ) -> Result<Answer, NoAnswer> {
        let ranked = sums.exporters.all(Metric::Bytes, codes)?;
        let (first, last) = (tally.seen.map(|seen| seen.0), tally.seen.map(|seen| seen.1));
        let total = tally.total;
        let mut facts = vec![
            ("flows", Meaning::Count, Cell::from(total.flows)),
            ("packets", Meaning::Count, Cell::Number(total.packets)),
            ("bytes", Meaning::Bytes, Cell::Number(total.bytes)),
            ("first", Meaning::Value(Kind::Time), first.into()),
            ("last", Meaning::Value(Kind::Time), last.into()),
            ("first_switched", Meaning::Value(Kind::Time), sums.first.map(|range| range.0).into()),
            ("last_switched", Meaning::Value(Kind::Time), sums.last.map(|range| range.1).into()),
        ];
        facts.extend(sums.versions.facts());
        let columns = [
            ("exporter", Meaning::Key(Kind::Text)),
            ("bytes", Meaning::Bytes),
            ("packets", Meaning::Count),
            ("flows", Meaning::Count),
            ("sampling_interval_min", Meaning::Count),
            ("sampling_interval_max", Meaning::Count),
        ];
        let rows = ranked.iter().map(|group| {
            let exporter = key_cell(Kind::Text, group.key[0], codes);
            let sums = group.sums.sums();
            let mut cells = vec![
                exporter,
                Cell::Number(sums.bytes),
                Cell::Number(sums.packets),
                Cell::from(sums.flows),
            ];
            cells.extend(group.sums.sampling_cells(&cells[0], tally));
            cells
        });
        let table =
            Rows { name: "exporters", columns: Column::list(columns), rows: rows.collect() };
        let notes = versions::interfaces(tally);
        Ok(Answer { facts, facts_alone: true, table, notes, ..Answer::default() })
    }
}

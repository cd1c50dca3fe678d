//! `exporters`: flows and losses of each exporter and engine.

use std::sync::Arc;

use flowkit_model::answer::{
    Answer, Cell, Column, Meaning, RowOrder, RowOrderError, Sampling, Table as Rows, Tally,
};
use flowkit_model::question::Choice;
use flowkit_model::{FieldId, Kind, Metric, Sums};
use jiff::tz::TimeZone;

use crate::batch::Batch;
use crate::batch::dictionary::Codebook;
use crate::group::counters::{Accumulator, Counters};
use crate::group::key::KeyLayout;
use crate::group::key_part::KeyPart;
use crate::group::packed_flow::PackedFlow;
use crate::group::table::{Extras, Table};
use crate::quality::loss::{self, Loss, Packets};
use crate::spill::memory::Memory;
use crate::spill::record::Record;
use crate::statistic::{NoAnswer, Statistic, key_cell};
use crate::stats::grouping::accumulators::earliest;

/// Flows by exporter and engine.
#[derive(Debug)]
pub(crate) struct Exporters {
    layout: KeyLayout,
    order: RowOrder,
}

const KEY: [FieldId; 3] = [FieldId::Exporter, FieldId::EngineType, FieldId::EngineId];

/// The accumulators of an engine, or of an exporter.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exported {
    all: Counters,
    first: Option<u64>,
    last: Option<u64>,
    sampling: Option<Sampling>,
}

impl Exported {
    /// The smallest and the largest interval that was stated, and of flows that state none
    /// those which the exporter told in options records.
    pub(super) fn sampling_cells(&self, exporter: &Cell, tally: &Tally) -> [Cell; 2] {
        let exporter = match exporter {
            Cell::Text(name) => Some(name.as_str()),
            _ => None,
        };
        let sampling = tally.sampling_of(exporter, self.sampling);
        let (least, most) = sampling.map(|sampling| (sampling.least, sampling.most)).unzip();
        [least.into(), most.into()]
    }

    fn intervals(&self) -> (Option<u64>, Option<u64>) {
        self.sampling.map(|sampling| (sampling.least, sampling.most)).unzip()
    }

    pub(super) fn of(all: Counters, time: Option<u64>, interval: Option<u64>) -> Self {
        Self { all, first: time, last: time, sampling: interval.map(Sampling::of) }
    }
}

impl Record for Exported {
    fn write(&self, out: &mut Vec<u8>) {
        (self.all, ((self.first, self.last), self.intervals())).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (all, ((first, last), sampling)) = Record::read(bytes)?;
        let (lowest, highest): (Option<u64>, Option<u64>) = sampling;
        let of = |(least, most)| Sampling { least, most };
        Some(Self { all, first, last, sampling: lowest.zip(highest).map(of) })
    }
}

impl Accumulator for Exported {
    /// Bytes and packets, export time, sampling interval.
    type Row = (PackedFlow, (Option<u64>, Option<u64>));

    #[inline]
    fn take(&mut self, (volume, (time, interval)): Self::Row) {
        self.all.take(volume);
        self.first = earliest(self.first, time);
        self.last = self.last.max(time);
        self.sampling = Sampling::of_both(self.sampling, interval.map(Sampling::of));
    }

    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.first = earliest(self.first, other.first);
        self.last = self.last.max(other.last);
        self.sampling = Sampling::of_both(self.sampling, other.sampling);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}

/// The engines of one thread.
#[derive(Debug)]
pub(crate) struct ExporterPartial {
    table: Table<Exported>,
    packets: Packets,
}

impl Exporters {
    /// With the rows of a choice, whose times are in a zone.
    ///
    /// # Errors
    /// If a column is unknown or a condition invalid.
    pub(crate) fn new(choice: Choice<'_>, zone: &TimeZone) -> Result<Self, RowOrderError> {
        let layout = KeyLayout::new(KEY.map(|field| KeyPart::of(field.field())).into());
        Ok(Self { layout, order: RowOrder::new(columns(), choice, Some(BYTES), zone)? })
    }
}

/// The column that rows are sorted by.
const BYTES: &str = "bytes";

impl Statistic for Exporters {
    type Partial = ExporterPartial;

    fn fields(&self) -> Vec<FieldId> {
        loss::FIELDS.into_iter().chain([FieldId::SamplingInterval]).collect()
    }

    fn start(&self, memory: &Arc<Memory>) -> ExporterPartial {
        let table = Table::new(&self.layout, &Extras::default(), memory);
        ExporterPartial { table, packets: Packets::new(memory) }
    }

    fn add(&self, partial: &mut ExporterPartial, batch: &Batch) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let (times, sampling) =
            (batch.column(FieldId::Timestamp), batch.column(FieldId::SamplingInterval));
        let columns = KEY.map(|field| batch.column(field));
        partial.table.add(&columns, None, |row| {
            let (time, interval) = (times.get(row), sampling.get(row));
            Counters::row(bytes[row], packets[row])
                .map(|volume| (volume, (time, interval)))
                .map_err(|all| Exported::of(all.raised(batch.more(row)), time, interval))
        });
        partial.packets.add(batch);
    }

    fn merge(&self, partial: &mut ExporterPartial, other: ExporterPartial) {
        partial.table.merge(other.table);
        partial.packets.merge(other.packets);
    }

    fn answer(
        &self,
        partial: ExporterPartial,
        codes: &Codebook,
        tally: &Tally,
    ) -> Result<Answer, NoAnswer> {
        let losses = partial.packets.loss()?;
        let ranked = partial.table.all(Metric::Bytes, codes)?;
        let rows = ranked.iter().map(|group| {
            let (key, engine) = (&group.key, &group.sums);
            let engine_key = [key[0], key[1], key[2]];
            row(key, engine, losses.get(&engine_key).copied(), codes, tally)
        });
        let rows = rows.collect::<Vec<_>>();
        let notes = self.order.note_on(&rows).into_iter().collect();
        Ok(Answer {
            table: Rows { name: "rows", columns: columns(), rows: self.order.choose(rows) },
            bars: self.order.bars(BYTES),
            notes,
            ..Answer::default()
        })
    }
}

fn columns() -> Vec<Column> {
    Column::list([
        ("exporter", Meaning::Key(Kind::Text)),
        ("engine_type", Meaning::Key(Kind::Code)),
        ("engine_id", Meaning::Key(Kind::Code)),
        ("bytes", Meaning::Bytes),
        ("packets", Meaning::Count),
        ("flows", Meaning::Count),
        ("bytes_share", Meaning::Share(Metric::Bytes)),
        ("lost_flows", Meaning::Count),
        ("missing_documents", Meaning::Count),
        ("export_packets", Meaning::Count),
        ("sampling_interval_min", Meaning::Count),
        ("sampling_interval_max", Meaning::Count),
        ("first", Meaning::Value(Kind::Time)),
        ("last", Meaning::Value(Kind::Time)),
    ])
}

fn row(
    key: &[Option<u64>],
    engine: &Exported,
    loss: Option<Loss>,
    codes: &Codebook,
    tally: &Tally,
) -> Vec<Cell> {
    let sums = engine.sums();
    let keys = KEY.iter().zip(key);
    let mut cells: Vec<Cell> =
        keys.map(|(field, value)| key_cell(field.field().kind, *value, codes)).collect();
    let told = |told: Option<u64>| if tally.is_filtered { Cell::Filtered } else { told.into() };
    let between = loss.filter(|loss| !loss.has_no_sequence).map(|loss| loss.lost_flows);
    let missing = loss.filter(|loss| loss.states_records).map(|loss| loss.missing_documents);
    cells.extend([
        Cell::Number(sums.bytes),
        Cell::Number(sums.packets),
        Cell::from(sums.flows),
        Cell::Share { part: sums.bytes, whole: tally.total.bytes },
        told(between),
        told(missing),
        loss.map(|loss| loss.packets).into(),
    ]);
    cells.extend(engine.sampling_cells(&cells[0], tally));
    cells.extend([engine.first.into(), engine.last.into()]);
    cells
}

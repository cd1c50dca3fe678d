//! `list`: single flows, in the order of the sources or sorted by a column.
//!
//! A row is a byte string: what it is sorted by, then its cells ([`cells`]), so that equal
//! values are in the order of the columns, whatever the threads and the sources. The first
//! N rows are kept in memory; all of them are an external merge sort
//! ([`SortedRows`]).

mod cells;
mod columns;

use std::sync::Arc;

use flowkit_model::FieldId;
use flowkit_model::answer::{
    Answer, Cell, Column, FlowLayout, Protocols, RowOrderError, Table, Tally,
};
use flowkit_model::question::{FlowColumn, List, most_rows};

use self::columns::Columns;
use crate::batch::Batch;
use crate::batch::dictionary::Codebook;
use crate::spill::memory::Memory;
use crate::spill::sorted_rows::SortedRows;
use crate::statistic::{NoAnswer, Place, Statistic};

/// The statistic of a question.
#[derive(Debug)]
pub(crate) struct Listing {
    shown: Vec<FlowColumn>,
    /// The columns were asked for.
    are_chosen: bool,
    sort: Option<FlowColumn>,
    bottom: bool,
    most: usize,
}

/// The rows of one thread.
#[derive(Debug)]
pub(crate) struct Rows {
    sorted: SortedRows,
    /// The row that is made.
    row: Vec<u8>,
}

/// What tells how a port is to be read.
const PROTOCOL: FlowColumn = FlowColumn::Field(FieldId::Protocol);

impl Listing {
    /// The list of a question.
    ///
    /// # Errors
    /// If the smallest rows are asked for, and no column.
    pub(crate) fn new(question: &List) -> Result<Self, RowOrderError> {
        let shown = question.shown();
        if question.bottom && question.sort.is_none() {
            let names: Vec<&str> = shown.iter().map(|column| column.name()).collect();
            return Err(RowOrderError::Bottom(names.join(", ")));
        }
        let most = most_rows(question.limit.unwrap_or_default());
        let are_chosen = question.columns.is_some();
        let (sort, bottom) = (question.sort, question.bottom);
        Ok(Self { shown, are_chosen, sort, bottom, most })
    }

    /// The columns of a row: those that are shown, and the protocol behind them where a
    /// port is shown without it.
    fn cells(&self) -> Vec<FlowColumn> {
        let lacks_protocol = self.shows_ports() && !self.shown.contains(&PROTOCOL);
        self.shown.iter().copied().chain(lacks_protocol.then_some(PROTOCOL)).collect()
    }

    fn shows_ports(&self) -> bool {
        let ports = [FieldId::SrcPort, FieldId::DstPort].map(FlowColumn::Field);
        self.shown.iter().any(|column| ports.contains(column))
    }

    /// The columns of the table.
    fn table_columns(&self) -> Vec<Column> {
        let column = |column: &FlowColumn| Column {
            name: column.name().to_owned(),
            meaning: column.meaning(),
        };
        self.shown.iter().map(column).collect()
    }

    /// Addresses stand with their ports; columns that are asked for are shown, and else
    /// when, who with whom, and how much.
    fn layout(&self) -> FlowLayout {
        let fields = |fields: &[FieldId]| fields.iter().copied().map(FlowColumn::Field).collect();
        let ends: [Vec<FlowColumn>; 2] = [
            fields(&[FieldId::SrcAddr, FieldId::SrcPort]),
            fields(&[FieldId::DstAddr, FieldId::DstPort]),
        ];
        let is_end = |place: &usize| {
            ends.iter().any(|end| self.shown.get(*place..*place + 2) == Some(end.as_slice()))
        };
        let amount = self.sort.unwrap_or(FlowColumn::Field(FieldId::Bytes));
        let is_decisive = |place: &usize| {
            let column = self.shown[*place];
            self.are_chosen
                || column == amount
                || column == FlowColumn::Field(FieldId::FirstSwitched)
                || ends.concat().contains(&column)
        };
        let places = 0..self.shown.len();
        FlowLayout {
            ends: places.clone().filter(is_end).collect(),
            decisive: places.filter(is_decisive).collect(),
        }
    }

    /// The cells of a row as it is kept, without what it is sorted by.
    fn decoded(&self, mut row: &[u8]) -> Vec<Cell> {
        let key = if self.sort.is_some() { cells::length(row) } else { PLACE_BYTES };
        row = row.get(key..).unwrap_or_default();
        self.cells().iter().map(|_| cells::take(&mut row)).collect()
    }
}

/// Bytes of the place of a row in the sources.
const PLACE_BYTES: usize = 16;

impl Statistic for Listing {
    type Partial = Rows;

    fn fields(&self) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> =
            self.cells().into_iter().chain(self.sort).flat_map(FlowColumn::fields).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    fn is_ordered(&self) -> bool {
        self.sort.is_none()
    }

    fn start(&self, memory: &Arc<Memory>) -> Rows {
        Rows { sorted: SortedRows::new(self.most, memory), row: Vec::new() }
    }

    fn add(&self, rows: &mut Rows, batch: &Batch) {
        self.add_at(rows, batch, Place::default());
    }

    fn add_at(&self, Rows { sorted, row: bytes }: &mut Rows, batch: &Batch, place: Place) {
        let (shown, sort) = (self.cells(), self.sort);
        Columns::with(batch, shown.iter().copied().chain(sort), |columns| {
            for row in 0..batch.rows() {
                bytes.clear();
                if self.sort.is_some() {
                    columns.append(shown.len(), row, bytes);
                    if !self.bottom {
                        cells::upside_down(bytes);
                    }
                } else {
                    bytes.extend(place.block.to_be_bytes());
                    bytes.extend(place.batch.to_be_bytes());
                    bytes.extend(u32::try_from(row).unwrap_or(u32::MAX).to_be_bytes());
                }
                if !sorted.wants(bytes) {
                    if self.sort.is_none() {
                        break;
                    }
                    continue;
                }
                (0..shown.len()).for_each(|column| columns.append(column, row, bytes));
                sorted.push(bytes);
            }
        });
    }

    fn merge(&self, rows: &mut Rows, other: Rows) {
        rows.sorted.append(other.sorted);
    }

    fn answer(&self, rows: Rows, _: &Codebook, tally: &Tally) -> Result<Answer, NoAnswer> {
        let mut merged = rows.sorted.finish()?;
        let (mut rows, mut protocols) = (Vec::new(), Vec::new());
        while let Some(row) = merged.next()? {
            let mut cells = self.decoded(&row);
            if cells.len() > self.shown.len() {
                protocols.extend(cells.pop().map(|protocol| Protocols::of_cell(&protocol)));
            }
            rows.push(cells);
        }
        let (n, all) = (rows.len(), tally.total.flows);
        let outcome = (n as u64 != all).then(|| format!("{n} of {all} flows"));
        let table = Table { name: "rows", columns: self.table_columns(), rows };
        Ok(Answer { outcome, table, protocols, flows: Some(self.layout()), ..Answer::default() })
    }
}

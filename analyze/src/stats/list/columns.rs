//! The values of the columns of a list in one batch.

use flowkit_model::filter::Derived;
use flowkit_model::question::FlowColumn;
use flowkit_model::{Address, FieldId, Kind};

use super::cells;
use crate::batch::dictionary::address_of;
use crate::batch::{Batch, Column};
use crate::filter::derived_values;

/// The columns of a batch, in the order of the list.
pub(super) struct Columns<'b> {
    batch: &'b Batch,
    texts: &'b [String],
    addresses: &'b [Address],
    values: Vec<Of<'b>>,
}

/// The values of one column.
enum Of<'b> {
    Text(&'b Column),
    Address(&'b Column),
    Number(&'b Column),
    /// Bytes or packets, which scaled may have more than 64 bits: the place among these.
    Counter(&'b Column, usize),
    Derived(Vec<Option<u64>>),
}

impl Columns<'_> {
    /// Lends the columns of a batch.
    pub(super) fn with<T>(
        batch: &Batch,
        columns: impl Iterator<Item = FlowColumn>,
        look: impl FnOnce(&Columns<'_>) -> T,
    ) -> T {
        let values = columns.map(|column| Of::column(batch, column)).collect();
        batch.dictionary().with_texts(|texts| {
            batch
                .dictionary()
                .with_addresses(|addresses| look(&Columns { batch, texts, addresses, values }))
        })
    }

    /// Appends a cell.
    pub(super) fn append(&self, column: usize, row: usize, out: &mut Vec<u8>) {
        match &self.values[column] {
            Of::Text(column) => {
                let text = column.get(row).and_then(|code| usize::try_from(code).ok());
                let text = text.and_then(|code| self.texts.get(code));
                cells::text(text.map(String::as_str), out);
            }
            Of::Address(column) => {
                let code = column.get(row).and_then(|code| u32::try_from(code).ok());
                let address = code.and_then(|code| address_of(code, self.addresses));
                cells::number(address.map(Address::number), out);
            }
            Of::Number(column) => cells::number(column.get(row).map(Into::into), out),
            Of::Counter(column, place) => {
                let more = self.batch.more(row).map_or(0, |more| more[*place]);
                cells::number(column.get(row).map(|value| u128::from(value) + more), out);
            }
            Of::Derived(values) => cells::number(values[row].map(Into::into), out),
        }
    }
}

impl<'b> Of<'b> {
    fn column(batch: &'b Batch, column: FlowColumn) -> Self {
        match column {
            FlowColumn::Derived(derived) => Self::derived(batch, derived),
            FlowColumn::Field(FieldId::Bytes) => Self::Counter(batch.column(FieldId::Bytes), 0),
            FlowColumn::Field(FieldId::Packets) => Self::Counter(batch.column(FieldId::Packets), 1),
            FlowColumn::Field(field) => {
                let column = batch.column(field);
                match field.field().kind {
                    Kind::Text => Self::Text(column),
                    Kind::Address => Self::Address(column),
                    _ => Self::Number(column),
                }
            }
        }
    }

    fn derived(batch: &'b Batch, derived: Derived) -> Self {
        Self::Derived(derived_values(derived, batch).collect())
    }
}

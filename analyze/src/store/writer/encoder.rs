//! A column of a row group while it is encoded: values go in piece by piece, and
//! what they shrink to is all that is kept.

use std::net::Ipv4Addr;
use std::ops::Range;

use bytes::Bytes;
use flowkit_model::Field;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::schema::types::ColumnDescPtr;

use super::differences::Differences;
use super::list::List;
use crate::batch::{Column, Values};
use crate::store::schema::{self, PAGE_ROWS};

/// A column under way.
pub(super) enum Encoder {
    /// By places in a list of its values.
    U8(List<u8>),
    /// The same.
    U16(List<u16>),
    /// The same; texts by their numbers.
    U32(List<u32>),
    /// The same.
    U64(List<u64>),
    /// By differences.
    Differences(Box<Differences>),
}

impl Encoder {
    pub(super) fn new(
        field: &Field,
        description: &ColumnDescPtr,
        properties: &WriterPropertiesPtr,
    ) -> Result<Self, ParquetError> {
        if schema::is_by_differences(field.id) {
            return Ok(Self::Differences(Box::new(Differences::new(description, properties))));
        }
        // As wide as the columns of batches.
        Ok(match Column::for_field(field.id, 0).values {
            Values::U8(_) => Self::U8(List::new(field, description)?),
            Values::U16(_) => Self::U16(List::new(field, description)?),
            Values::U32(_) => Self::U32(List::new(field, description)?),
            Values::U64(_) => Self::U64(List::new(field, description)?),
        })
    }

    /// Adds values, in their order. A piece that is not the last of its group
    /// fills whole pages.
    pub(super) fn push(&mut self, column: &Column, texts: Texts<'_>) -> Result<(), ParquetError> {
        for from in (0..column.len()).step_by(PAGE_ROWS) {
            self.page(column, from..column.len().min(from + PAGE_ROWS), texts)?;
        }
        Ok(())
    }

    fn page(
        &mut self,
        column: &Column,
        rows: Range<usize>,
        texts: Texts<'_>,
    ) -> Result<(), ParquetError> {
        let unknown = column.unknown.as_deref().map(|unknown| &unknown[rows.clone()]);
        match (self, &column.values) {
            (Self::U8(list), Values::U8(values)) => list.page(&values[rows], unknown, texts),
            (Self::U16(list), Values::U16(values)) => list.page(&values[rows], unknown, texts),
            (Self::U32(list), Values::U32(values)) => list.page(&values[rows], unknown, texts),
            (Self::U64(list), Values::U64(values)) => list.page(&values[rows], unknown, texts),
            (Self::Differences(differences), values) => differences.page(values, rows, unknown),
            _ => Err(ParquetError::General("a column of another width than its field".into())),
        }
    }

    /// The column as the bytes that stand in the file.
    pub(super) fn finish(self) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        match self {
            Self::U8(list) => list.finish(),
            Self::U16(list) => list.finish(),
            Self::U32(list) => list.finish(),
            Self::U64(list) => list.finish(),
            Self::Differences(differences) => differences.finish(),
        }
    }
}

/// What the numbers of a column of texts stand for.
#[derive(Clone, Copy)]
pub(super) enum Texts<'t> {
    /// Places in the dictionary.
    Dictionary(&'t [Box<str>]),
    /// Addresses.
    Addresses,
}

impl Texts<'_> {
    /// Lends the text of a number, which is one of the column's.
    pub(super) fn with<T>(self, number: u64, look: impl FnOnce(&[u8]) -> T) -> T {
        let number = u32::try_from(number).expect("texts and addresses have 32 bits");
        match self {
            Self::Dictionary(texts) => look(texts[number as usize].as_bytes()),
            Self::Addresses => look(Ipv4Addr::from_bits(number).to_string().as_bytes()),
        }
    }
}

/// The values that are known.
pub(super) fn known<V: Copy>(values: &[V], unknown: &[bool]) -> Vec<V> {
    let rows = values.iter().zip(unknown);
    rows.filter(|(_, unknown)| !**unknown).map(|(value, _)| *value).collect()
}

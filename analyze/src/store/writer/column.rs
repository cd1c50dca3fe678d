//! Encodes a column of a row group page by page; only the encoded pages stay in
//! memory.

use std::ops::Range;

use flowkit_model::Field;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::schema::types::ColumnDescPtr;

use super::delta_column::DeltaColumn;
use super::dictionary_column::DictionaryColumn;
use crate::batch::{Column, Values};
use crate::store::encoding::Encoding;
use crate::store::encoding::plain::Texts;
use crate::store::page_header::Pages;
use crate::store::tuning::{DICTIONARY_BYTES, PAGE_ROWS};

/// A column that is being encoded.
pub(super) enum ColumnWriter {
    /// Values of up to 8 bits, dictionary- or plain-encoded.
    U8(DictionaryColumn<u8>),
    /// Values of up to 16 bits.
    U16(DictionaryColumn<u16>),
    /// Values of up to 32 bits; texts as codes.
    U32(DictionaryColumn<u32>),
    /// Values of up to 64 bits.
    U64(DictionaryColumn<u64>),
    /// Delta-encoded.
    Delta(Box<DeltaColumn>),
}

impl ColumnWriter {
    pub(super) fn new(
        field: &Field,
        encoding: Encoding,
        description: &ColumnDescPtr,
        properties: &WriterPropertiesPtr,
    ) -> Result<Self, ParquetError> {
        if !encoding.fits(field) {
            return Err(ParquetError::General(format!("no {encoding:?} of {}", field.name)));
        }
        let most_bytes = match encoding {
            Encoding::Delta => {
                return Ok(Self::Delta(Box::new(DeltaColumn::new(description, properties))));
            }
            Encoding::Dictionary => DICTIONARY_BYTES,
            Encoding::Plain => 0,
        };
        // The width is that of the columns of batches.
        Ok(match Column::for_field(field.id, 0).values {
            Values::U8(_) => Self::U8(DictionaryColumn::new(field, description, most_bytes)?),
            Values::U16(_) => Self::U16(DictionaryColumn::new(field, description, most_bytes)?),
            Values::U32(_) => Self::U32(DictionaryColumn::new(field, description, most_bytes)?),
            Values::U64(_) => Self::U64(DictionaryColumn::new(field, description, most_bytes)?),
        })
    }

    /// Appends values. All calls but the last of a row group must pass whole
    /// pages.
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
            (Self::U8(column), Values::U8(values)) => column.page(&values[rows], unknown, texts),
            (Self::U16(column), Values::U16(values)) => column.page(&values[rows], unknown, texts),
            (Self::U32(column), Values::U32(values)) => column.page(&values[rows], unknown, texts),
            (Self::U64(column), Values::U64(values)) => column.page(&values[rows], unknown, texts),
            (Self::Delta(column), values) => column.page(values, rows, unknown),
            _ => Err(ParquetError::General("a column of another width than its field".into())),
        }
    }

    /// The column chunk: pages and metadata.
    pub(super) fn finish(self) -> Result<(Pages, ColumnCloseResult), ParquetError> {
        match self {
            Self::U8(column) => column.finish(),
            Self::U16(column) => column.finish(),
            Self::U32(column) => column.finish(),
            Self::U64(column) => column.finish(),
            Self::Delta(column) => column.finish(),
        }
    }
}

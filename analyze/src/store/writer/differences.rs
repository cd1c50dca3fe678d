//! A column by the differences of its values: the crate's encoder does that.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::schema::types::ColumnDescPtr;

use super::page;
use crate::batch::Values;

/// Differences under way.
pub(super) struct Differences {
    column: ColumnWriter<'static>,
    pages: Pages,
}

impl Differences {
    pub(super) fn new(description: &ColumnDescPtr, properties: &WriterPropertiesPtr) -> Self {
        let pages = Pages::default();
        let (description, properties) = (Arc::clone(description), Arc::clone(properties));
        let column = get_column_writer(description, properties, Box::new(pages.clone()));
        Self { column, pages }
    }

    /// Adds the values of a page.
    pub(super) fn page(
        &mut self,
        values: &Values,
        rows: Range<usize>,
        unknown: Option<&[bool]>,
    ) -> Result<(), ParquetError> {
        let levels: Vec<i16> = match unknown {
            None => vec![1; rows.len()],
            Some(unknown) => unknown.iter().map(|unknown| i16::from(!unknown)).collect(),
        };
        let levels = Some(&*levels);
        match (&mut self.column, values) {
            (ColumnWriter::Int32ColumnWriter(column), Values::U32(values)) => {
                let values = known(&values[rows], unknown, u32::cast_signed);
                column.write_batch(&values, levels, None)?
            }
            (ColumnWriter::Int64ColumnWriter(column), Values::U64(values)) => {
                let values = known(&values[rows], unknown, u64::cast_signed);
                column.write_batch(&values, levels, None)?
            }
            _ => return Err(ParquetError::General("no differences of these values".into())),
        };
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        let close = self.column.close()?;
        let bytes = std::mem::take(&mut *self.pages.lock());
        Ok((bytes.into(), close))
    }
}

/// The values that are known, in the type of the column.
fn known<V: Copy, T>(values: &[V], unknown: Option<&[bool]>, convert: impl Fn(V) -> T) -> Vec<T> {
    match unknown {
        None => values.iter().map(|value| convert(*value)).collect(),
        Some(unknown) => {
            crate::store::writer::encoder::known(values, unknown).into_iter().map(convert).collect()
        }
    }
}

/// Pages one after the other. The encoder writes them, and their owner wants
/// them in the end.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Pages {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageWriter for Pages {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        page::append(&page, &mut self.lock())
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        Ok(())
    }
}

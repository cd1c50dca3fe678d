//! A delta-encoded column: the crate's encoder writes its pages and statistics,
//! the page headers are ours.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::schema::types::ColumnDescPtr;

use crate::batch::Values;
use crate::store::encoding::delta;
use crate::store::page_header;

/// A column that is being encoded.
pub(super) struct DeltaColumn {
    writer: delta::Writer,
    pages: Pages,
}

impl DeltaColumn {
    pub(super) fn new(description: &ColumnDescPtr, properties: &WriterPropertiesPtr) -> Self {
        let pages = Pages::default();
        let writer = delta::Writer::new(description, properties, Box::new(pages.clone()));
        Self { writer, pages }
    }

    /// Adds a page.
    pub(super) fn page(
        &mut self,
        values: &Values,
        rows: Range<usize>,
        unknown: Option<&[bool]>,
    ) -> Result<(), ParquetError> {
        self.writer.page(values, rows, unknown)
    }

    /// The column chunk: bytes and metadata.
    pub(super) fn finish(self) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        let close = self.writer.finish()?;
        let bytes = std::mem::take(&mut *self.pages.lock());
        Ok((bytes.into(), close))
    }
}

/// Concatenated pages, shared by the encoder, which writes them, and the column,
/// which takes them at the end.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Pages {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageWriter for Pages {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        page_header::append(&page, &mut self.lock())
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        Ok(())
    }
}

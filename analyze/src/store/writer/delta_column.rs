//! A delta-encoded column: the crate's encoder writes its pages and statistics,
//! the page headers are ours.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::schema::types::ColumnDescPtr;

use crate::batch::Values;
use crate::store::encoding::delta;
use crate::store::page_header::Pages;

/// A column that is being encoded.
pub(super) struct DeltaColumn {
    writer: delta::Writer,
    pages: Shared,
}

impl DeltaColumn {
    pub(super) fn new(description: &ColumnDescPtr, properties: &WriterPropertiesPtr) -> Self {
        let pages = Shared::default();
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

    /// The column chunk: pages and metadata.
    pub(super) fn finish(self) -> Result<(Pages, ColumnCloseResult), ParquetError> {
        let close = self.writer.finish()?;
        let pages = std::mem::take(&mut *self.pages.lock());
        Ok((pages, close))
    }
}

/// Pages shared by the encoder, which writes them, and the column, which takes
/// them at the end.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Pages>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageWriter for Shared {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        self.lock().append(&page)
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        Ok(())
    }
}

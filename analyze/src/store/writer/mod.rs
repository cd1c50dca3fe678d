//! Writes flows as a Parquet file, a row group at a time.
//!
//! Columns are encoded in parallel, some pages at a time, and written one after
//! the other when the row group is full. Only encoded pages are in memory: 9 MB
//! and the dictionaries for half a million flows.
//!
//! | to learn | read |
//! | --- | --- |
//! | which encoding a column has | `column`, over `dictionary_column` and `delta_column` |
//! | what stands in the file of a column, and in the footer | `chunk` |
//! | how addresses of both families become two columns | `families` |
//! | how values are encoded | [`encoding`](super::encoding) |

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use flowkit_model::{FieldId, Kind};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use xxhash_rust::xxh3::Xxh3;

use super::StoreError;
use super::encoding::Encoding;
use super::encoding::plain::Texts;
use super::error::TooLong;
use super::footer::{self, Belongs, Footer, Headers, StoredTally};
use super::layout::{Layout, StoredColumn};
use super::page_header::Pages;
use super::properties::properties;
use super::schema::{self, Addresses};
use super::tuning::{self, GROUP_ROWS, MOST_FOOTER, PAGE_ROWS};
use crate::batch::dictionary::{Codebook, Dictionary};
use crate::batch::{Batch, FieldSet};
use crate::threads::{map, try_each};

mod chunk;
mod column;
mod delta_column;
mod dictionary_column;
mod families;
use column::ColumnWriter;
use families::{fits_version_5, stored_values};

/// A file that is being written.
pub(crate) struct FlowWriter<W: Write + Send> {
    path: PathBuf,
    file: Begun<W>,
    properties: WriterPropertiesPtr,
    addresses: Addresses,
    dictionary: Arc<Dictionary>,
    /// Copy of what its codes stand for.
    codes: Codebook,
    /// Rows that are not encoded yet.
    pending: Batch,
    group: Group,
    group_rows: usize,
    /// Encoding of each field.
    encoding: fn(FieldId) -> Encoding,
    checksum: Xxh3,
    /// Of the row groups that were written.
    headers: Headers,
}

/// A file whose columns are known once its first flows are.
enum Begun<W: Write + Send> {
    Not(W),
    With(Layout, SerializedFileWriter<W>),
}

/// The current row group; no columns before its first rows.
#[derive(Default)]
struct Group {
    columns: Vec<ColumnWriter>,
    rows: usize,
}

/// Rows that are encoded at a time: some pages.
const ROWS_AT_ONCE: usize = 4 * PAGE_ROWS;

/// Fewer rows than this are encoded before a thread pool would have started.
const SMALL_GROUP: usize = 20_000;

/// The most bytes of a footer that describe a row group, or the columns.
const GROUP_FOOTER: usize = 1 << 14;

impl<W: Write + Send> FlowWriter<W> {
    /// Starts a file; `path` is for messages. Without a layout its first flows decide
    /// which columns it has.
    pub(crate) fn new(
        out: W,
        path: impl Into<PathBuf>,
        dictionary: &Arc<Dictionary>,
        (layout, addresses): (Option<Layout>, Addresses),
    ) -> Result<Self, StoreError> {
        let (path, properties) = (path.into(), Arc::new(properties()));
        let dictionary = Arc::clone(dictionary);
        let pending = Batch::new(FieldSet::all(), 0, Arc::clone(&dictionary));
        let writer = Self {
            path,
            file: Begun::Not(out),
            properties,
            addresses,
            dictionary,
            codes: Codebook::default(),
            pending,
            group: Group::default(),
            group_rows: GROUP_ROWS,
            encoding: tuning::encoding,
            checksum: Xxh3::new(),
            headers: Headers::default(),
        };
        match layout {
            Some(layout) => writer.begin(layout),
            None => Ok(writer),
        }
    }

    /// Begins the file with these columns, unless it is begun.
    fn begin(mut self, layout: Layout) -> Result<Self, StoreError> {
        self.file = match self.file {
            Begun::Not(out) => {
                let table = schema::schema(layout, self.addresses)?;
                let file = SerializedFileWriter::new(out, table, Arc::clone(&self.properties));
                let failed = |met| StoreError::of_writing(self.path.clone(), met);
                Begun::With(layout, file.map_err(failed)?)
            }
            begun @ Begun::With(..) => begun,
        };
        Ok(self)
    }

    /// Without delta encoding, which not every reader of Parquet decodes as it was
    /// written.
    #[must_use]
    pub(crate) fn without_deltas(mut self) -> Self {
        self.encoding = |_| Encoding::Dictionary;
        self
    }

    /// Appends flows.
    ///
    /// # Errors
    /// If the file cannot be written to; [`StoreError::Wider`] if it has the columns of
    /// version 5, and the flows need others.
    pub(crate) fn push(self, batch: &Batch) -> Result<Self, StoreError> {
        if batch.rows() == 0 {
            return Ok(self);
        }
        let needed = if fits_version_5(batch) { Layout::Version5 } else { Layout::All };
        let mut writer = self.begin(needed)?;
        match &writer.file {
            Begun::With(Layout::Version5, _) if needed == Layout::All => {
                Err(StoreError::Wider { path: writer.path })
            }
            _ => writer.append(batch).map(|()| writer),
        }
    }

    fn append(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut at = 0;
        while at < batch.rows() {
            let room = ROWS_AT_ONCE.min(self.group_rows - self.group.rows) - self.pending.rows();
            let end = batch.rows().min(at + room);
            self.pending.append(batch, at..end);
            at = end;
            let is_group = self.group.rows + self.pending.rows() == self.group_rows;
            if is_group || self.pending.rows() == ROWS_AT_ONCE {
                self.encode().map_err(|met| self.failed(met))?;
            }
            if is_group {
                self.write_group().map_err(|met| self.failed(met))?;
            }
        }
        Ok(())
    }

    /// Writes the remaining flows and the footer.
    pub(crate) fn finish(self, belongs: Belongs, tally: StoredTally) -> Result<W, StoreError> {
        let mut writer = self.begin(Layout::Version5)?;
        writer.encode().map_err(|met| writer.failed(met))?;
        writer.write_group().map_err(|met| writer.failed(met))?;
        let Self { path, file, checksum, headers, .. } = writer;
        let Begun::With(layout, mut file) = file else { unreachable!("it is begun") };
        let checksum = format!("{:016x}", checksum.digest());
        let groups = file.flushed_row_groups().iter();
        let of_groups = groups.len() * GROUP_FOOTER;
        let belongs = belongs.with(layout);
        let footer = Footer::new(belongs, tally, checksum, headers, groups);
        let text = footer
            .and_then(|footer| serde_json::to_string(&footer))
            .map_err(|error| StoreError::Foreign { path: path.clone(), what: error.to_string() })?;
        if text.len().saturating_add(of_groups) > MOST_FOOTER - GROUP_FOOTER {
            return Err(StoreError::TooLong { path, what: TooLong::Footer });
        }
        file.append_key_value_metadata(KeyValue::new(footer::KEY.to_owned(), text));
        file.into_inner().map_err(|met| StoreError::of_writing(path, met))
    }

    fn failed(&self, met: ParquetError) -> StoreError {
        StoreError::of_writing(self.path.clone(), met)
    }

    /// Encodes the pending flows.
    fn encode(&mut self) -> Result<(), ParquetError> {
        let Self { pending, group, codes, file, addresses, .. } = self;
        let Begun::With(layout, file) = file else { return Ok(()) };
        if pending.rows() == 0 {
            return Ok(());
        }
        // Copied, so that other threads can add to it while this one encodes.
        self.dictionary.update(codes);
        let columns = layout.columns();
        if group.columns.is_empty() {
            let column = |(stored, description): (&StoredColumn, _)| {
                let encoding = match stored {
                    StoredColumn::Field(field) => (self.encoding)(*field),
                    StoredColumn::Ipv6(_) => Encoding::Dictionary,
                };
                ColumnWriter::new(stored.field(), encoding, description, &self.properties)
            };
            let descriptions = file.schema_descr().columns();
            group.columns =
                columns.iter().zip(descriptions).map(column).collect::<Result<_, _>>()?;
        }
        let push = |(stored, column): (&StoredColumn, &mut ColumnWriter)| {
            let texts = match stored.field().kind {
                Kind::Address => Texts::Addresses(&codes.addresses),
                _ => Texts::Dictionary(&codes.texts),
            };
            let values = stored_values(*stored, pending, *addresses, &codes.addresses);
            column.push(&values, texts)
        };
        if pending.rows() < SMALL_GROUP {
            columns.iter().zip(&mut group.columns).try_for_each(push)?;
        } else {
            try_each(columns.iter().zip(&mut group.columns).collect(), push)?;
        }
        group.rows += pending.rows();
        // Clears but keeps the vectors for the next flows.
        pending.clear();
        Ok(())
    }

    /// Writes the current row group, if it has rows.
    fn write_group(&mut self) -> Result<(), ParquetError> {
        let Group { columns, rows } = std::mem::take(&mut self.group);
        if rows == 0 {
            return Ok(());
        }
        let encoded: Vec<_> = if rows < SMALL_GROUP {
            columns.into_iter().map(ColumnWriter::finish).collect::<Result<_, _>>()?
        } else {
            map(columns, ColumnWriter::finish).into_iter().collect::<Result<_, _>>()?
        };
        let Begun::With(_, file) = &mut self.file else { return Ok(()) };
        let mut out = file.next_row_group()?;
        for (Pages { bytes, headers }, close) in encoded {
            self.checksum.update(&bytes);
            self.headers.push(&headers);
            out.append_column(&Bytes::from(bytes), close)?;
        }
        out.close().map(drop)
    }
}

#[cfg(test)]
pub(crate) mod tests;

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
//! | how values are encoded | [`encoding`](super::encoding) |

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use flowkit_model::{FIELDS, Field, FieldId, Kind};
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
use super::page_header::Pages;
use super::properties::properties;
use super::schema::{self, Addresses};
use super::tuning::{self, GROUP_ROWS, MOST_FOOTER, PAGE_ROWS};
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::threads::{map, try_each};

mod chunk;
mod column;
mod delta_column;
mod dictionary_column;
use column::ColumnWriter;

/// A file that is being written.
pub(crate) struct FlowWriter<W: Write + Send> {
    path: PathBuf,
    file: SerializedFileWriter<W>,
    properties: WriterPropertiesPtr,
    dictionary: Arc<Dictionary>,
    /// Copy of the dictionary's texts.
    texts: Vec<Box<str>>,
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
    /// Starts a file; `path` is for messages.
    pub(crate) fn new(
        out: W,
        path: impl Into<PathBuf>,
        dictionary: &Arc<Dictionary>,
        addresses: Addresses,
    ) -> Result<Self, StoreError> {
        let path = path.into();
        let properties = Arc::new(properties());
        let table = schema::schema(addresses)?;
        let file = SerializedFileWriter::new(out, table, Arc::clone(&properties))
            .map_err(|met| StoreError::of_writing(path.clone(), met))?;
        let dictionary = Arc::clone(dictionary);
        let pending = Batch::new(FieldSet::all(), 0, Arc::clone(&dictionary));
        Ok(Self {
            path,
            file,
            properties,
            dictionary,
            texts: Vec::new(),
            pending,
            group: Group::default(),
            group_rows: GROUP_ROWS,
            encoding: tuning::encoding,
            checksum: Xxh3::new(),
            headers: Headers::default(),
        })
    }

    /// Without delta encoding, which not every reader of Parquet decodes as it was
    /// written.
    #[must_use]
    pub(crate) fn without_deltas(mut self) -> Self {
        self.encoding = |_| Encoding::Dictionary;
        self
    }

    /// Appends flows.
    pub(crate) fn push(&mut self, batch: &Batch) -> Result<(), StoreError> {
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
    pub(crate) fn finish(mut self, belongs: Belongs, tally: StoredTally) -> Result<W, StoreError> {
        self.encode().map_err(|met| self.failed(met))?;
        self.write_group().map_err(|met| self.failed(met))?;
        let checksum = format!("{:016x}", self.checksum.digest());
        let groups = self.file.flushed_row_groups().iter();
        let of_groups = groups.len() * GROUP_FOOTER;
        let footer = Footer::new(belongs, tally, checksum, self.headers, groups);
        let text = footer.and_then(|footer| serde_json::to_string(&footer)).map_err(|error| {
            StoreError::Foreign { path: self.path.clone(), what: error.to_string() }
        })?;
        if text.len().saturating_add(of_groups) > MOST_FOOTER - GROUP_FOOTER {
            return Err(StoreError::TooLong { path: self.path, what: TooLong::Footer });
        }
        self.file.append_key_value_metadata(KeyValue::new(footer::KEY.to_owned(), text));
        self.file.into_inner().map_err(|met| StoreError::of_writing(self.path, met))
    }

    fn failed(&self, met: ParquetError) -> StoreError {
        StoreError::of_writing(self.path.clone(), met)
    }

    /// Encodes the pending flows.
    fn encode(&mut self) -> Result<(), ParquetError> {
        let Self { pending, group, texts, .. } = self;
        if pending.rows() == 0 {
            return Ok(());
        }
        // Copied, so that other threads can add texts while this one encodes.
        let new = |text: &String| text.as_str().into();
        self.dictionary.with_texts(|all| texts.extend(all[texts.len()..].iter().map(new)));
        if group.columns.is_empty() {
            let column = |(field, description): (&Field, _)| {
                ColumnWriter::new(field, (self.encoding)(field.id), description, &self.properties)
            };
            let descriptions = self.file.schema_descr().columns();
            group.columns =
                FIELDS.iter().zip(descriptions).map(column).collect::<Result<_, _>>()?;
        }
        let push = |(field, column): (&Field, &mut ColumnWriter)| {
            let texts = match field.kind {
                Kind::Address => Texts::Addresses,
                _ => Texts::Dictionary(texts),
            };
            column.push(pending.column(field.id), texts)
        };
        if pending.rows() < SMALL_GROUP {
            FIELDS.iter().zip(&mut group.columns).try_for_each(push)?;
        } else {
            try_each(FIELDS.iter().zip(&mut group.columns).collect(), push)?;
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
        let mut out = self.file.next_row_group()?;
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

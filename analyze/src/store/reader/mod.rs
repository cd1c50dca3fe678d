//! Reads a Parquet file of flows, one row group at a time: only the columns that
//! are asked for, and only what the filter cannot rule out.
//!
//! Each row group is read with `pread`, by a task of its own; the file of a part is
//! opened for it and closed after it (`handle`).
//!
//! | to learn | read |
//! | --- | --- |
//! | what is skipped | `pruning` |
//! | how the pages of a column follow each other | `pages`, over `read_ahead` |
//! | how both families of addresses become one column | `field_pages` |
//! | what a field is that the file has no column of | `absent` |
//! | how a page becomes values or dictionary codes | `page_rows`, over [`encoding`](super::encoding) |
//! | where their memory comes from | `buffers` |

mod absent;
mod any_page;
mod buffers;
mod field_pages;
mod handle;
mod page_rows;
mod pages;
mod pruning;
mod read_ahead;
mod stored_part;

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_model::FieldId;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::schema::types::ColumnDescPtr;
use xxhash_rust::xxh3::Xxh3;

pub(crate) use self::any_page::any_page;
pub(crate) use self::buffers::Buffers;
use self::field_pages::FieldPages;
use self::handle::{Handle, Opened};
use self::page_rows::{PageRows, Wanted};
use self::pages::{ColumnPages, Damage, MISALIGNED};
pub(crate) use self::stored_part::StoredPart;
use super::StoreError;
use super::footer::{self, Footer, chunk_range};
use super::layout::{Layout, StoredColumn};
use super::outline;
use super::schema::{self, Addresses};
use super::statistics;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::filter::Filter;

/// What to read of a row group.
pub(crate) struct Request<'d> {
    /// The fields to read as values.
    pub(crate) columns: FieldSet,
    /// A field to read as dictionary codes if it is dictionary-encoded, else as
    /// values.
    pub(crate) coded: Option<FieldId>,
    /// The filter that flows must match; `None` is all flows. It tests some
    /// field. A field that only the filter needs may be left in codes.
    pub(crate) filter: Option<&'d Filter>,
    /// The dictionary that gives texts their codes.
    pub(crate) dictionary: &'d Arc<Dictionary>,
}

impl Request<'_> {
    /// The fields that the filter tests, which are read first.
    fn tested(&self) -> FieldSet {
        self.filter.map(Filter::fields).unwrap_or_default()
    }

    /// Whether a field is read as dictionary codes. A field from which the filter
    /// derives a value is not, even if codes are asked for.
    fn wants_codes(&self, field: FieldId) -> bool {
        match self.filter {
            Some(filter) if filter.fields().contains(field) => {
                filter.dictionary_fields().contains(field)
            }
            _ => self.coded == Some(field),
        }
    }

    /// The other fields, which are read if some flow of a page matches.
    fn others(&self) -> FieldSet {
        let tested = self.tested();
        let all = self.columns.iter().chain(self.coded);
        all.filter(|field| !tested.contains(*field)).collect()
    }
}

/// An open Parquet file of flows.
pub(crate) struct ColumnFile {
    path: PathBuf,
    handle: Handle,
    file_bytes: u64,
    metadata: ParquetMetaData,
    layout: Layout,
    footer: Footer,
}

impl std::fmt::Debug for ColumnFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("ColumnFile").field(&self.path).finish()
    }
}

impl ColumnFile {
    /// Opens a file and checks that this version of flowkit wrote it.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or was written otherwise.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file =
            File::open(path).map_err(|source| StoreError::Io { path: path.into(), source })?;
        Self::of(file, path.into())
    }

    /// Like [`open`](Self::open), for bytes in memory, spooled to an unlinked
    /// temporary file.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let name = PathBuf::from("bytes");
        let file = tempfile::tempfile()
            .and_then(|mut file| file.write_all(bytes).map(|()| file))
            .map_err(|source| StoreError::Io { path: name.clone(), source })?;
        Self::of(file, name)
    }

    /// Like [`open`](Self::open), for a file that is open; messages call it `name`.
    pub(crate) fn of(file: File, name: PathBuf) -> Result<Self, StoreError> {
        let file_bytes =
            file.metadata().map_err(|source| StoreError::Io { path: name.clone(), source })?.len();
        let foreign = |what: &str| StoreError::Foreign { path: name.clone(), what: what.into() };
        let footer = outline::footer(&file, file_bytes)
            .map_err(|source| StoreError::Io { path: name.clone(), source })?
            .map_err(|what| foreign(&what))?;
        let layout = outline::check(&footer).map_err(|what| foreign(&what))?;
        let metadata = ParquetMetaDataReader::decode_metadata(&footer)
            .map_err(|source| StoreError::Parquet { path: name.clone(), source })?;
        let footer = metadata
            .file_metadata()
            .key_value_metadata()
            .into_iter()
            .flatten()
            .find(|pair| pair.key == footer::KEY)
            .and_then(|pair| pair.value.as_deref())
            .ok_or_else(|| foreign("flowkit did not write it"))?;
        let footer: Footer =
            serde_json::from_str(footer).map_err(|_| foreign("it is of another version"))?;
        if footer.belongs.version != schema::VERSION
            || footer.belongs.catalogue != schema::fingerprint(layout)
        {
            return Err(foreign("it is of another version"));
        }
        let columns = metadata.file_metadata().schema_descr().columns();
        let of_another_type = |addresses| {
            let is_ours = |(column, stored): &(&ColumnDescPtr, &StoredColumn)| {
                column.physical_type() == schema::types_with(layout, **stored, addresses).0
                    && column.max_def_level() == 1
                    && column.max_rep_level() == 0
            };
            let other = columns.iter().zip(layout.columns()).find(|both| !is_ours(both));
            other.map(|(_, stored)| stored.name())
        };
        if let Some(column) = of_another_type(Addresses::Number) {
            return Err(match of_another_type(Addresses::Text) {
                None => StoreError::AddressesAsText { path: name },
                Some(_) => foreign(&format!("its column {column} is of another type")),
            });
        }
        let checksum = footer.checksum_over(metadata.row_groups().iter());
        if !checksum.is_ok_and(|checksum| checksum == footer.own_checksum) {
            return Err(foreign("its footer is damaged"));
        }
        if !footer.tally.is_of(metadata.row_groups()) {
            return Err(foreign("it counts other flows than it has"));
        }
        let handle = Handle::Open(file);
        Ok(Self { path: name, handle, file_bytes, metadata, layout, footer })
    }

    /// The same file, closed until it is read; `open` opens it again.
    ///
    /// # Errors
    /// If nothing can be told of the file.
    pub(crate) fn reopened_by(
        self,
        open: impl Fn() -> io::Result<File> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let io = |source| StoreError::Io { path: self.path.clone(), source };
        let handle = self.handle.closed(open).map_err(io)?;
        Ok(Self { handle, ..self })
    }

    fn file(&self) -> Result<Opened<'_>, StoreError> {
        self.handle.file().map_err(|source| StoreError::Io { path: self.path.clone(), source })
    }

    /// Our metadata in its footer.
    pub(crate) fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Number of row groups.
    pub(crate) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Reads a row group and passes it to `take` batch by batch; vectors come
    /// from the pool `buffers` and return there.
    ///
    /// With a filter, the fields that it tests are read first, and of the others
    /// only the pages with a matching flow.
    ///
    /// # Errors
    /// If the file cannot be read, or is damaged.
    pub(crate) fn read(
        &self,
        group: usize,
        request: &Request<'_>,
        buffers: &mut Buffers,
        mut take: impl FnMut(&mut Batch),
    ) -> Result<(), StoreError> {
        let file = self.file()?;
        // What the filter tests is not read again for the others.
        let tested = self.present(request.tested());
        let others = self.present(request.others());
        let others = others.iter().filter(|field| !tested.contains(*field)).collect();
        let mut tested = self.columns(&file, (group, tested), request, buffers)?;
        let mut others = self.columns(&file, (group, others), request, buffers)?;
        let mut left = usize::try_from(self.metadata.row_group(group).num_rows()).unwrap_or(0);
        while left > 0 {
            let read = match request.filter {
                None => {
                    let batch = self.batch(&mut others, Wanted::All, request, buffers)?;
                    (batch.rows(), Some(self.with_absent(batch, request.others())))
                }
                Some(filter) => {
                    let batch = self.batch(&mut tested, Wanted::All, request, buffers)?;
                    let batch = self.with_absent(batch, request.tested());
                    (batch.rows(), self.filtered(batch, filter, &mut others, request, buffers)?)
                }
            };
            let (rows, batch) = read;
            left = left.checked_sub(rows).filter(|_| rows > 0).ok_or_else(|| {
                let damage = Damage::Fault("pages of another number of rows");
                self.damaged(FieldId::Timestamp, damage)
            })?;
            if let Some(mut batch) = batch {
                take(&mut batch);
                buffers.take_back(batch);
            }
        }
        tested.into_iter().chain(others).for_each(|column| column.done(buffers));
        Ok(())
    }

    /// The wanted rows of the next page of each column.
    fn batch(
        &self,
        columns: &mut [FieldPages<'_>],
        wanted: Wanted<'_>,
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Batch, StoreError> {
        let mut rows = None;
        let mut read = Vec::with_capacity(columns.len());
        let mut dictionary_columns = Vec::new();
        for column in columns {
            let field = column.field();
            let stored =
                column.next(wanted, buffers).map_err(|error| self.damaged(field, error))?;
            if *rows.get_or_insert(stored.rows()) != stored.rows() {
                return Err(self.damaged(field, MISALIGNED.into()));
            }
            match stored {
                PageRows::Column(column) => read.push((field, column)),
                PageRows::DictionaryColumn(column) => dictionary_columns.push((field, column)),
            }
        }
        let dictionary = Arc::clone(request.dictionary);
        Ok(Batch::of_columns(rows.unwrap_or(0), read, dictionary)
            .with_dictionary_columns(dictionary_columns))
    }

    fn columns<'f>(
        &'f self,
        file: &'f File,
        (group, fields): (usize, FieldSet),
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Vec<FieldPages<'f>>, StoreError> {
        let mut column = |stored: StoredColumn, place: usize| {
            let field = stored.field().id;
            let chunk = self.metadata.row_group(group).column(place);
            let range = chunk_range(chunk, self.file_bytes).ok_or_else(|| {
                let damage = Damage::Fault("a column beyond the end of the file");
                self.damaged(field, damage)
            })?;
            let headers = self.footer.headers.of_chunk(self.layout, (group, place));
            ColumnPages::new(stored, chunk, (file, range), headers, request, buffers)
                .map_err(|error| self.damaged(field, error))
        };
        let mut all = Vec::new();
        for field in fields.iter() {
            let stored = StoredColumn::Field(field);
            let Some(place) = self.layout.place(stored) else { continue };
            let pages = column(stored, place)?;
            let ipv6 = self.ipv6(group, field);
            let ipv6 = ipv6.map(|place| column(StoredColumn::Ipv6(field), place)).transpose()?;
            all.push(FieldPages::new(field, pages, ipv6));
        }
        Ok(all)
    }

    /// The column of a field's IPv6 addresses, if it has some in a row group.
    fn ipv6(&self, group: usize, field: FieldId) -> Option<usize> {
        let place = self.layout.place(StoredColumn::Ipv6(field))?;
        let group = self.metadata.row_group(group);
        let n_null = statistics::n_null(group, place);
        (n_null.and_then(|n| i64::try_from(n).ok()) != Some(group.num_rows())).then_some(place)
    }

    /// Whether the bytes of the columns are those that were written.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn is_as_written(&self) -> Result<bool, StoreError> {
        let mut checksum = Xxh3::new();
        let (file, mut bytes) = (self.file()?, Vec::new());
        for chunk in self.metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
            let Some((start, length)) = chunk_range(chunk, self.file_bytes) else {
                return Ok(false);
            };
            bytes.resize(usize::try_from(length).unwrap_or(0), 0);
            file.read_exact_at(&mut bytes, start)
                .map_err(|source| StoreError::Io { path: self.path.clone(), source })?;
            checksum.update(&bytes);
        }
        Ok(format!("{:016x}", checksum.digest()) == self.footer.checksum)
    }

    fn damaged(&self, field: FieldId, damage: Damage) -> StoreError {
        match damage {
            Damage::Io(source) => StoreError::Io { path: self.path.clone(), source },
            Damage::Fault(fault) => StoreError::Foreign {
                path: self.path.clone(),
                what: format!("{fault} in the column {}", field.field().name),
            },
        }
    }
}

#[cfg(test)]
mod forged;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;

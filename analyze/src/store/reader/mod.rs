//! Reads a Parquet file of flows: only the columns that are asked for, a row group
//! at a time, and of these only what a filter can match.
//!
//! Every task reads at its own positions (`pread`), so tasks share one open
//! file and no offset in it.
//!
//! | to learn | read |
//! | --- | --- |
//! | what is skipped | `pruning` |
//! | how the pages of a column follow each other | `pages`, over `read_ahead` |
//! | how a page becomes values or dictionary codes | `page_rows`, over [`encoding`](super::encoding) |
//! | where their memory comes from | `buffers` |

mod buffers;
mod page_rows;
mod pages;
mod pruning;
mod read_ahead;
mod stored_part;

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_model::{FIELDS, FieldId};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use xxhash_rust::xxh3::Xxh3;

pub(crate) use self::buffers::Buffers;
use self::page_rows::{PageRows, Wanted};
use self::pages::{ColumnPages, Damage, MISALIGNED};
pub(crate) use self::stored_part::StoredPart;
use super::StoreError;
use super::footer::{self, Footer, chunk_range};
use super::schema::{self, Addresses};
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::filter::Filter;

/// What is read of a row group.
pub(crate) struct Request<'d> {
    /// The fields that are wanted value by value.
    pub(crate) columns: FieldSet,
    /// A field that is wanted as dictionary codes, where the file has it so, and
    /// else value by value.
    pub(crate) coded: Option<FieldId>,
    /// Which flows are handed on; `None` is all. It tests some field. Fields that
    /// only the filter reads come in any form.
    pub(crate) filter: Option<&'d Filter>,
    /// Where texts are numbered.
    pub(crate) dictionary: &'d Arc<Dictionary>,
}

impl Request<'_> {
    /// The fields that the filter tests, which are read before the others.
    fn tested(&self) -> FieldSet {
        self.filter.map(Filter::fields).unwrap_or_default()
    }

    /// Whether a field is read as dictionary codes: one from which the filter
    /// derives a value is not, even where a question asks for codes.
    fn wants_codes(&self, field: FieldId) -> bool {
        match self.filter {
            Some(filter) if filter.fields().contains(field) => {
                filter.dictionary_fields().contains(field)
            }
            _ => self.coded == Some(field),
        }
    }

    /// The fields that are read if some flow of a page matches.
    fn others(&self) -> FieldSet {
        let tested = self.tested();
        let all = self.columns.iter().chain(self.coded);
        all.filter(|field| !tested.contains(*field)).collect()
    }
}

/// An open Parquet file of flows.
pub(crate) struct ColumnFile {
    path: PathBuf,
    file: File,
    file_bytes: u64,
    metadata: ParquetMetaData,
    footer: Footer,
}

impl std::fmt::Debug for ColumnFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("ColumnFile").field(&self.path).finish()
    }
}

impl ColumnFile {
    /// Opens a file and checks that it holds what this flowkit writes.
    ///
    /// # Errors
    /// If it cannot be read or is something else.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file =
            File::open(path).map_err(|source| StoreError::Io { path: path.into(), source })?;
        Self::of(file, path.into())
    }

    /// Like [`open`](Self::open), for bytes in memory, spooled to an unlinked
    /// temporary file.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let name = PathBuf::from("bytes");
        let file = crate::spill::temp_file::unlinked()
            .and_then(|mut file| file.write_all(bytes).map(|()| file))
            .map_err(|source| StoreError::Io { path: name.clone(), source })?;
        Self::of(file, name)
    }

    fn of(file: File, name: PathBuf) -> Result<Self, StoreError> {
        let file_bytes =
            file.metadata().map_err(|source| StoreError::Io { path: name.clone(), source })?.len();
        let metadata = ParquetMetaDataReader::new()
            .parse_and_finish(&file)
            .map_err(|source| StoreError::Parquet { path: name.clone(), source })?;
        let foreign = |what: &str| StoreError::Foreign { path: name.clone(), what: what.into() };
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
            || footer.belongs.catalogue != schema::fingerprint()
        {
            return Err(foreign("it is of another version"));
        }
        let columns = metadata.file_metadata().schema_descr().columns();
        let are_ours = |addresses| {
            columns.len() == FIELDS.len()
                && columns.iter().zip(FIELDS).all(|(column, field)| {
                    column.name() == field.name
                        && column.physical_type() == schema::types_with(field, addresses).0
                        && column.max_def_level() == 1
                        && column.max_rep_level() == 0
                })
        };
        if are_ours(Addresses::Text) {
            return Err(StoreError::AddressesAsText { path: name });
        }
        if !are_ours(Addresses::Number) {
            return Err(foreign("its columns are others"));
        }
        let checksum = footer.checksum_over(metadata.row_groups().iter());
        if !checksum.is_ok_and(|checksum| checksum == footer.own_checksum) {
            return Err(foreign("its footer is damaged"));
        }
        Ok(Self { path: name, file, file_bytes, metadata, footer })
    }

    /// What its footer says of its part.
    pub(crate) fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Row groups.
    pub(crate) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Reads a row group and hands it on batch by batch; memory is taken from
    /// `buffers` and goes back there.
    ///
    /// With a filter, the fields that it tests are read first, and of the others
    /// only the pages with a flow that matches.
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
        let group = self.metadata.row_group(group);
        let mut tested = self.columns(group, request.tested(), request, buffers)?;
        let mut others = self.columns(group, request.others(), request, buffers)?;
        let mut left = usize::try_from(group.num_rows()).unwrap_or(0);
        while left > 0 {
            let read = match request.filter {
                None => {
                    let batch = self.batch(&mut others, Wanted::All, request, buffers)?;
                    (batch.rows(), Some(batch))
                }
                Some(filter) => {
                    let batch = self.batch(&mut tested, Wanted::All, request, buffers)?;
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
        columns: &mut [ColumnPages<'_>],
        wanted: Wanted<'_>,
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Batch, StoreError> {
        let mut rows = None;
        let mut read = Vec::with_capacity(columns.len());
        let mut coded = Vec::new();
        for column in columns {
            let field = column.field();
            let stored =
                column.next(wanted, buffers).map_err(|error| self.damaged(field, error))?;
            if *rows.get_or_insert(stored.rows()) != stored.rows() {
                return Err(self.damaged(field, MISALIGNED.into()));
            }
            match stored {
                PageRows::Column(column) => read.push((field, column)),
                PageRows::DictionaryColumn(column) => coded.push((field, column)),
            }
        }
        let dictionary = Arc::clone(request.dictionary);
        Ok(Batch::of_columns(rows.unwrap_or(0), read, dictionary).with_dictionary_columns(coded))
    }

    fn columns<'f>(
        &'f self,
        group: &RowGroupMetaData,
        fields: FieldSet,
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Vec<ColumnPages<'f>>, StoreError> {
        let column = |field: FieldId| {
            let chunk = group.column(field as usize);
            let place = chunk_range(chunk, self.file_bytes).ok_or_else(|| {
                let damage = Damage::Fault("a column beyond the end of the file");
                self.damaged(field, damage)
            })?;
            ColumnPages::new(field, chunk, (&self.file, place), request, buffers)
                .map_err(|error| self.damaged(field, error))
        };
        fields.iter().map(column).collect()
    }

    /// Whether the bytes of the columns are those that were written.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn is_as_written(&self) -> Result<bool, StoreError> {
        let mut checksum = Xxh3::new();
        let mut bytes = Vec::new();
        for chunk in self.metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
            let Some((start, length)) = chunk_range(chunk, self.file_bytes) else {
                return Ok(false);
            };
            bytes.resize(usize::try_from(length).unwrap_or(0), 0);
            self.file
                .read_exact_at(&mut bytes, start)
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
mod round_trip;
#[cfg(test)]
mod tests;

//! Reads a file of columns: only the columns that are asked for, a row group at
//! a time.
//!
//! Every task reads at its own positions (`pread`), so tasks share one open
//! file and no offset in it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use flowkit_model::{FIELDS, FieldId};
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::StoreError;
use super::facts::{self, About};
use super::page::{self, Fault, Value};
use super::schema;
use crate::columns::{Batch, Column, FieldSet, Values};
use crate::dictionary::Dictionary;

/// An open file of columns.
pub(crate) struct ColumnFile {
    path: String,
    file: File,
    metadata: ParquetMetaData,
    about: About,
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
        let name = path.display().to_string();
        let file =
            File::open(path).map_err(|source| StoreError::Io { path: name.clone(), source })?;
        Self::of(file, name)
    }

    /// The same of bytes in memory, through a file that has no name.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let name = String::from("bytes");
        let file = crate::duplicates::nameless()
            .and_then(|mut file| file.write_all(bytes).map(|()| file))
            .map_err(|source| StoreError::Io { path: name.clone(), source })?;
        Self::of(file, name)
    }

    fn of(file: File, name: String) -> Result<Self, StoreError> {
        let metadata = ParquetMetaDataReader::new()
            .parse_and_finish(&file)
            .map_err(|source| StoreError::Parquet { path: name.clone(), source })?;
        let foreign = |what: &str| StoreError::Foreign { path: name.clone(), what: what.into() };
        let about = metadata
            .file_metadata()
            .key_value_metadata()
            .into_iter()
            .flatten()
            .find(|pair| pair.key == facts::KEY)
            .and_then(|pair| pair.value.as_deref())
            .ok_or_else(|| foreign("flowkit did not write it"))?;
        let about: About =
            serde_json::from_str(about).map_err(|_| foreign("it is of another version"))?;
        if about.belongs.version != schema::VERSION
            || about.belongs.catalogue != schema::fingerprint()
        {
            return Err(foreign("it is of another version"));
        }
        let columns = metadata.file_metadata().schema_descr().columns();
        let ours = columns.len() == FIELDS.len()
            && columns.iter().zip(FIELDS).all(|(column, field)| {
                column.name() == field.name
                    && column.physical_type() == schema::types(field).0
                    && column.max_def_level() == 1
                    && column.max_rep_level() == 0
            });
        if !ours {
            return Err(foreign("its columns are others"));
        }
        Ok(Self { path: name, file, metadata, about })
    }

    /// What it says of its part.
    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    /// Row groups.
    pub(crate) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Reads a row group and hands it on batch by batch.
    ///
    /// # Errors
    /// If the file cannot be read, or is damaged.
    pub(crate) fn read(
        &self,
        group: usize,
        fields: FieldSet,
        dictionary: &Arc<Dictionary>,
        mut take: impl FnMut(Batch),
    ) -> Result<(), StoreError> {
        let group = self.metadata.row_group(group);
        let mut columns = fields
            .iter()
            .map(|field| Ok((field, self.column(group.column(field as usize), field, dictionary)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut left = usize::try_from(group.num_rows()).unwrap_or(0);
        while left > 0 {
            let mut rows = None;
            let mut batch = Vec::with_capacity(columns.len());
            for (field, column) in &mut columns {
                let values = column.next().map_err(|error| self.damaged(*field, error))?;
                if *rows.get_or_insert(values.len()) != values.len() {
                    return Err(self.damaged(*field, Damage::Fault("pages that do not line up")));
                }
                batch.push((*field, values));
            }
            let rows = rows.unwrap_or(left);
            left = left.checked_sub(rows).filter(|_| rows > 0).ok_or_else(|| {
                self.damaged(FieldId::Timestamp, Damage::Fault("pages of another number of rows"))
            })?;
            take(Batch::of_columns(rows, batch, Arc::clone(dictionary)));
        }
        Ok(())
    }

    fn column(
        &self,
        chunk: &ColumnChunkMetaData,
        field: FieldId,
        texts: &Arc<Dictionary>,
    ) -> Result<ColumnPages, StoreError> {
        let (start, length) = chunk.byte_range();
        let size = self.file.metadata().map_or(0, |metadata| metadata.len());
        if start.checked_add(length).is_none_or(|end| end > size) {
            return Err(self.damaged(field, Damage::Fault("a column beyond the end of the file")));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file
            .read_exact_at(&mut bytes, start)
            .map_err(|source| StoreError::Io { path: self.path.clone(), source })?;
        let rows = usize::try_from(chunk.num_values()).unwrap_or(0);
        let piece = Arc::new(Piece { start, bytes: bytes.into() });
        let pages = SerializedPageReader::new(piece, chunk, rows, None)
            .map_err(|error| self.damaged(field, Damage::Parquet(error)))?;
        Ok(ColumnPages { field, pages, dictionary: None, texts: Arc::clone(texts) })
    }

    fn damaged(&self, field: FieldId, damage: Damage) -> StoreError {
        match damage {
            Damage::Parquet(source) => StoreError::Parquet { path: self.path.clone(), source },
            Damage::Fault(fault) => StoreError::Foreign {
                path: self.path.clone(),
                what: format!("{fault} in the column {}", field.field().name),
            },
        }
    }
}

/// Why a page cannot be read.
enum Damage {
    Parquet(ParquetError),
    Fault(Fault),
}

impl From<ParquetError> for Damage {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

impl From<Fault> for Damage {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A column of a group in memory, at its place in the file.
struct Piece {
    start: u64,
    bytes: Bytes,
}

impl Length for Piece {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Piece {
    fn from(&self, start: u64) -> ParquetResult<Bytes> {
        let start = start.checked_sub(self.start).and_then(|start| usize::try_from(start).ok());
        start
            .filter(|start| *start <= self.bytes.len())
            .map(|start| self.bytes.slice(start..))
            .ok_or_else(|| ParquetError::EOF("outside of the column".into()))
    }
}

impl ChunkReader for Piece {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(Box::new(self.from(start)?.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF("outside of the column".into()));
        }
        Ok(bytes.slice(..length))
    }
}

/// The pages of a column of a group.
struct ColumnPages {
    field: FieldId,
    pages: SerializedPageReader<Piece>,
    /// Values by index; of texts, their numbers in the dictionary of the scan.
    dictionary: Option<Values>,
    texts: Arc<Dictionary>,
}

/// Rows that are believed of one page: ours have [`schema::PAGE_ROWS`].
const MOST_ROWS: usize = 1 << 24;

impl ColumnPages {
    /// The next page of values.
    fn next(&mut self) -> Result<Column, Damage> {
        loop {
            match self.pages.get_next_page()? {
                None => return Err("fewer pages than rows".into()),
                Some(Page::DictionaryPage { buf, num_values, .. }) => {
                    self.dictionary = Some(self.plain(&buf, num_values as usize)?);
                }
                Some(Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    num_nulls,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    ..
                }) => {
                    let (rows, nulls) = (num_values as usize, num_nulls as usize);
                    let levels = buf.get(..def_levels_byte_len as usize);
                    let values = buf.get(def_levels_byte_len as usize..);
                    let (Some(levels), Some(values), 0) = (levels, values, rep_levels_byte_len)
                    else {
                        return Err("levels that break off".into());
                    };
                    if rows > MOST_ROWS || nulls > rows {
                        return Err("too many rows".into());
                    }
                    let values = self.values(values, encoding, rows - nulls)?;
                    if nulls == 0 {
                        return Ok(Column { values, unknown: None });
                    }
                    let unknown = page::nulls(levels, rows)?;
                    return Ok(spread(values, unknown)?);
                }
                Some(Page::DataPage { .. }) => return Err("a page of an older layout".into()),
            }
        }
    }

    fn values(&self, bytes: &[u8], encoding: Encoding, count: usize) -> Result<Values, Fault> {
        match encoding {
            Encoding::RLE_DICTIONARY => {
                let dictionary = self.dictionary.as_ref();
                match dictionary {
                    None if count == 0 => self.plain(&[], 0),
                    None => Err("indices without a dictionary"),
                    Some(Values::U8(values)) => look_up(bytes, count, values).map(Values::U8),
                    Some(Values::U16(values)) => look_up(bytes, count, values).map(Values::U16),
                    Some(Values::U32(values)) => look_up(bytes, count, values).map(Values::U32),
                    Some(Values::U64(values)) => look_up(bytes, count, values).map(Values::U64),
                }
            }
            Encoding::PLAIN => self.plain(bytes, count),
            Encoding::DELTA_BINARY_PACKED => match self.field.field().bits() {
                None => Err("differences of texts"),
                Some(0..=8) => differences(bytes, count).map(Values::U8),
                Some(9..=16) => differences(bytes, count).map(Values::U16),
                Some(17..=32) => differences(bytes, count).map(Values::U32),
                Some(_) => differences(bytes, count).map(Values::U64),
            },
            _ => Err("an encoding that flowkit does not use"),
        }
    }

    /// Plain values, of a page or a dictionary.
    fn plain(&self, bytes: &[u8], count: usize) -> Result<Values, Fault> {
        Ok(match self.field.field().bits() {
            None => {
                let texts = page::plain_texts(bytes, count)?;
                Values::U32(texts.into_iter().map(|text| self.texts.code(text)).collect())
            }
            Some(0..=8) => Values::U8(plain(bytes, 4, count)?),
            Some(9..=16) => Values::U16(plain(bytes, 4, count)?),
            Some(17..=32) => Values::U32(plain(bytes, 4, count)?),
            Some(_) => Values::U64(plain(bytes, 8, count)?),
        })
    }
}

fn look_up<V: Value>(bytes: &[u8], count: usize, dictionary: &[V]) -> Result<Vec<V>, Fault> {
    let mut values = Vec::with_capacity(count);
    page::by_dictionary(bytes, count, dictionary, &mut values)?;
    Ok(values)
}

fn differences<V: Value>(bytes: &[u8], count: usize) -> Result<Vec<V>, Fault> {
    let mut values = Vec::with_capacity(count);
    page::differences(bytes, count, &mut values)?;
    Ok(values)
}

fn plain<V: Value>(bytes: &[u8], bytes_each: usize, count: usize) -> Result<Vec<V>, Fault> {
    let mut values = Vec::with_capacity(count.min(bytes.len()));
    page::plain(bytes, bytes_each, count, &mut values)?;
    Ok(values)
}

/// Puts known values in their rows, 0 in the others.
fn spread(values: Values, unknown: Vec<bool>) -> Result<Column, Fault> {
    fn rows<V: Value>(values: Vec<V>, unknown: &[bool]) -> Result<Vec<V>, Fault> {
        let n_known = unknown.iter().filter(|unknown| !**unknown).count();
        if n_known != values.len() {
            return Err("levels and values that do not agree");
        }
        let mut values = values.into_iter();
        let value = |unknown: &bool| {
            if *unknown { V::default() } else { values.next().unwrap_or_default() }
        };
        Ok(unknown.iter().map(value).collect())
    }
    let values = match values {
        Values::U8(values) => Values::U8(rows(values, &unknown)?),
        Values::U16(values) => Values::U16(rows(values, &unknown)?),
        Values::U32(values) => Values::U32(rows(values, &unknown)?),
        Values::U64(values) => Values::U64(rows(values, &unknown)?),
    };
    Ok(Column { values, unknown: Some(unknown) })
}

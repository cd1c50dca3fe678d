//! The pages of a column of a row group, one after the other, as columns.

use std::io::Read;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use flowkit_model::FieldId;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::Request;
use super::spare::{Reused, Spare};
use crate::columns::{Coded, Column, Values};
use crate::dictionary::Dictionary;
use crate::store::page::{self, Fault};

/// Why a page cannot be read.
pub(super) enum Damage {
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

/// A page of a column.
pub(super) enum Stored {
    /// Value by value.
    Column(Column),
    /// By places in the dictionary of the column's row group.
    Coded(Coded),
}

impl Stored {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Column(column) => column.len(),
            Self::Coded(coded) => coded.codes().len(),
        }
    }
}

/// The pages of a column of a group.
pub(super) struct ColumnPages {
    field: FieldId,
    pages: SerializedPageReader<Piece>,
    bytes: Bytes,
    /// Whether places in the dictionary are wanted.
    by_place: bool,
    /// Values by index; of texts, their numbers in the dictionary of the scan.
    dictionary: Option<Arc<Values>>,
    texts: Arc<Dictionary>,
}

/// Rows that are believed of one page: ours have [`schema::PAGE_ROWS`].
const MOST_ROWS: usize = 1 << 24;

impl ColumnPages {
    /// The pages that are in the bytes of a column of a group.
    pub(super) fn new(
        field: FieldId,
        chunk: &ColumnChunkMetaData,
        bytes: Bytes,
        request: &Request<'_>,
    ) -> Result<Self, Damage> {
        let rows = usize::try_from(chunk.num_values()).unwrap_or(0);
        let piece = Arc::new(Piece { start: chunk.byte_range().0, bytes: bytes.clone() });
        let pages = SerializedPageReader::new(piece, chunk, rows, None)?;
        let (by_place, texts) = (request.coded == Some(field), Arc::clone(request.dictionary));
        Ok(Self { field, pages, bytes, by_place, dictionary: None, texts })
    }

    /// Whose pages they are.
    pub(super) fn field(&self) -> FieldId {
        self.field
    }

    /// The bytes, when no page is needed any more.
    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The next page of values.
    pub(super) fn next(&mut self, spare: &mut Spare) -> Result<Stored, Damage> {
        loop {
            match self.pages.get_next_page()? {
                None => return Err("fewer pages than rows".into()),
                Some(Page::DictionaryPage { buf, num_values, .. }) => {
                    let values = self.plain(&buf, num_values as usize, &mut Spare::default())?;
                    self.dictionary = Some(Arc::new(values));
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
                    let levels = buf.get(..def_levels_byte_len as usize);
                    let values = buf.get(def_levels_byte_len as usize..);
                    let (Some(levels), Some(values), 0) = (levels, values, rep_levels_byte_len)
                    else {
                        return Err("levels that break off".into());
                    };
                    let (rows, nulls) = (num_values as usize, num_nulls as usize);
                    return Ok(self.rows(levels, values, encoding, (rows, nulls), spare)?);
                }
                Some(Page::DataPage { .. }) => return Err("a page of an older layout".into()),
            }
        }
    }

    /// The rows of a page, of which so many are null.
    fn rows(
        &self,
        levels: &[u8],
        bytes: &[u8],
        encoding: Encoding,
        (rows, nulls): (usize, usize),
        spare: &mut Spare,
    ) -> Result<Stored, Fault> {
        if rows > MOST_ROWS || nulls > rows {
            return Err("too many rows");
        }
        let unknown = if nulls == 0 { None } else { Some(page::nulls(levels, rows)?) };
        if unknown.as_ref().is_some_and(|unknown| n_known(unknown) != rows - nulls) {
            return Err("levels and values that do not agree");
        }
        if let (true, Encoding::RLE_DICTIONARY, Some(list)) =
            (self.by_place, encoding, &self.dictionary)
        {
            let mut places = spare.vec();
            page::codes(bytes, rows - nulls, list.len(), &mut places)?;
            if let Some(unknown) = unknown {
                let behind = u32::try_from(list.len()).map_err(|_| "too long a dictionary")?;
                places = spread(&places, &unknown, behind);
            }
            return Ok(Stored::Coded(Coded::of_checked(places, Arc::clone(list))));
        }
        let values = self.values(bytes, encoding, rows - nulls, spare)?;
        let Some(unknown) = unknown else {
            return Ok(Stored::Column(Column { values, unknown: None }));
        };
        let values = match values {
            Values::U8(values) => Values::U8(spread(&values, &unknown, 0)),
            Values::U16(values) => Values::U16(spread(&values, &unknown, 0)),
            Values::U32(values) => Values::U32(spread(&values, &unknown, 0)),
            Values::U64(values) => Values::U64(spread(&values, &unknown, 0)),
        };
        Ok(Stored::Column(Column { values, unknown: Some(unknown) }))
    }

    fn values(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        count: usize,
        spare: &mut Spare,
    ) -> Result<Values, Fault> {
        match encoding {
            Encoding::RLE_DICTIONARY => match self.dictionary.as_deref() {
                None if count == 0 => self.plain(&[], 0, spare),
                None => Err("indices without a dictionary"),
                Some(Values::U8(list)) => look_up(bytes, count, list, spare).map(Values::U8),
                Some(Values::U16(list)) => look_up(bytes, count, list, spare).map(Values::U16),
                Some(Values::U32(list)) => look_up(bytes, count, list, spare).map(Values::U32),
                Some(Values::U64(list)) => look_up(bytes, count, list, spare).map(Values::U64),
            },
            Encoding::PLAIN => self.plain(bytes, count, spare),
            Encoding::DELTA_BINARY_PACKED => match self.field.field().bits() {
                None => Err("differences of texts"),
                Some(0..=8) => differences(bytes, count, spare).map(Values::U8),
                Some(9..=16) => differences(bytes, count, spare).map(Values::U16),
                Some(17..=32) => differences(bytes, count, spare).map(Values::U32),
                Some(_) => differences(bytes, count, spare).map(Values::U64),
            },
            _ => Err("an encoding that flowkit does not use"),
        }
    }

    /// Plain values, of a page or a dictionary.
    fn plain(&self, bytes: &[u8], count: usize, spare: &mut Spare) -> Result<Values, Fault> {
        Ok(match self.field.field().bits() {
            None => {
                let texts = page::plain_texts(bytes, count)?;
                Values::U32(texts.into_iter().map(|text| self.texts.code(text)).collect())
            }
            Some(0..=8) => Values::U8(plain(bytes, 4, count, spare)?),
            Some(9..=16) => Values::U16(plain(bytes, 4, count, spare)?),
            Some(17..=32) => Values::U32(plain(bytes, 4, count, spare)?),
            Some(_) => Values::U64(plain(bytes, 8, count, spare)?),
        })
    }
}

fn look_up<V: Reused>(
    bytes: &[u8],
    count: usize,
    list: &[V],
    spare: &mut Spare,
) -> Result<Vec<V>, Fault> {
    let mut values = spare.vec();
    page::by_dictionary(bytes, count, list, &mut values)?;
    Ok(values)
}

fn differences<V: Reused>(bytes: &[u8], count: usize, spare: &mut Spare) -> Result<Vec<V>, Fault> {
    let mut values = spare.vec();
    page::differences(bytes, count, &mut values)?;
    Ok(values)
}

fn plain<V: Reused>(
    bytes: &[u8],
    bytes_each: usize,
    count: usize,
    spare: &mut Spare,
) -> Result<Vec<V>, Fault> {
    let mut values = spare.vec();
    page::plain(bytes, bytes_each, count, &mut values)?;
    Ok(values)
}

fn n_known(unknown: &[bool]) -> usize {
    unknown.iter().filter(|unknown| !**unknown).count()
}

/// Puts known values in their rows, and another in the rest.
fn spread<V: Copy>(values: &[V], unknown: &[bool], other: V) -> Vec<V> {
    let mut values = values.iter();
    let value = |unknown: &bool| {
        if *unknown { other } else { values.next().copied().unwrap_or(other) }
    };
    unknown.iter().map(value).collect()
}

//! A column of a row group while it is encoded: values go in piece by piece, and
//! what they shrink to is all that is kept.

use std::io::Cursor;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use parquet::basic::Type as Physical;
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use crate::columns::{Column, Values};
use crate::store::schema::PAGE_ROWS;

/// A column under way.
pub(super) struct Encoder {
    column: ColumnWriter<'static>,
    physical: Physical,
    pages: Pages,
}

impl Encoder {
    pub(super) fn new(description: &ColumnDescPtr, properties: &WriterPropertiesPtr) -> Self {
        let pages = Pages::default();
        let (description, properties) = (Arc::clone(description), Arc::clone(properties));
        let physical = description.physical_type();
        let column = get_column_writer(description, properties, Box::new(pages.clone()));
        Self { column, physical, pages }
    }

    /// Adds values, in their order. A piece that is not the last of its group
    /// fills whole pages.
    pub(super) fn push(&mut self, column: &Column, texts: Texts<'_>) -> Result<(), ParquetError> {
        write_values(&mut self.column, column, self.physical, texts)
    }

    /// The column as the bytes that stand in the file.
    pub(super) fn finish(self) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        let close = self.column.close()?;
        let bytes = std::mem::take(self.pages.lock().inner_mut().get_mut());
        Ok((bytes.into(), close))
    }
}

/// Pages one after the other. The encoder writes them, and their owner wants
/// them in the end.
#[derive(Clone)]
struct Pages(Arc<Mutex<TrackedWrite<Cursor<Vec<u8>>>>>);

impl Default for Pages {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(TrackedWrite::new(Cursor::default()))))
    }
}

impl Pages {
    fn lock(&self) -> MutexGuard<'_, TrackedWrite<Cursor<Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageWriter for Pages {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        SerializedPageWriter::new(&mut self.lock()).write_page(page)
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        SerializedPageWriter::new(&mut self.lock()).close()
    }
}

/// What the numbers of a column of texts stand for.
#[derive(Clone, Copy)]
pub(super) enum Texts<'t> {
    /// Places in the dictionary.
    Dictionary(&'t [ByteArray]),
    /// Addresses.
    Addresses,
}

impl Texts<'_> {
    fn of(self, number: u32) -> ByteArray {
        match self {
            Self::Dictionary(texts) => texts[number as usize].clone(),
            Self::Addresses => Ipv4Addr::from_bits(number).to_string().into_bytes().into(),
        }
    }
}

/// Values that are handed to an encoder together: a page of them, for which
/// memory stays in the cache. A text takes 32 bytes and more while it is encoded.
const VALUES_AT_ONCE: usize = PAGE_ROWS;

fn write_values(
    encoder: &mut ColumnWriter<'_>,
    column: &Column,
    physical: Physical,
    texts: Texts<'_>,
) -> Result<(), ParquetError> {
    for from in (0..column.len()).step_by(VALUES_AT_ONCE) {
        let rows = from..column.len().min(from + VALUES_AT_ONCE);
        write_some(encoder, column, rows, physical, texts)?;
    }
    Ok(())
}

fn write_some(
    encoder: &mut ColumnWriter<'_>,
    column: &Column,
    rows: Range<usize>,
    physical: Physical,
    texts: Texts<'_>,
) -> Result<(), ParquetError> {
    let unknown = column.unknown.as_deref().map(|unknown| &unknown[rows.clone()]);
    let levels: Vec<i16> = match unknown {
        None => vec![1; rows.len()],
        Some(unknown) => unknown.iter().map(|unknown| i16::from(!unknown)).collect(),
    };
    let levels = Some(&*levels);
    match (encoder, &column.values, physical) {
        (ColumnWriter::Int32ColumnWriter(encoder), Values::U8(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, i32::from), levels, None)?;
        }
        (ColumnWriter::Int32ColumnWriter(encoder), Values::U16(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, i32::from), levels, None)?;
        }
        (ColumnWriter::Int32ColumnWriter(encoder), Values::U32(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, u32::cast_signed), levels, None)?;
        }
        (ColumnWriter::Int64ColumnWriter(encoder), Values::U64(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, u64::cast_signed), levels, None)?;
        }
        (ColumnWriter::ByteArrayColumnWriter(encoder), Values::U32(codes), _) => {
            let texts = known(&codes[rows], unknown, |code| texts.of(code));
            encoder.write_batch(&texts, levels, None)?;
        }
        (_, _, physical) => {
            return Err(ParquetError::General(format!("no {physical} column for these values")));
        }
    }
    Ok(())
}

/// The values that are known, in the type of the column.
fn known<V: Copy, T>(values: &[V], unknown: Option<&[bool]>, convert: impl Fn(V) -> T) -> Vec<T> {
    match unknown {
        None => values.iter().map(|value| convert(*value)).collect(),
        Some(unknown) => values
            .iter()
            .zip(unknown)
            .filter(|(_, unknown)| !**unknown)
            .map(|(value, _)| convert(*value))
            .collect(),
    }
}

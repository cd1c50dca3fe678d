//! Writes flows as a file of columns, a row group at a time.
//!
//! The columns of a group are encoded side by side and then put one after the
//! other, so a group of half a million flows is all that is in memory: about
//! 45 MB of values and what they shrink to.

use std::io::{Cursor, Write};
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::Arc;

use flowkit_model::{FIELDS, Field, Kind};
use parquet::basic::Type as Physical;
use parquet::column::writer::{ColumnCloseResult, ColumnWriter as Encoder, get_column_writer};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

use super::StoreError;
use super::facts::{self, About, Belongs, Facts};
use super::schema::{self, GROUP_ROWS, PAGE_ROWS};
use crate::columns::{Batch, Column, FieldSet, Values};
use crate::dictionary::Dictionary;
use crate::export::Addresses;

/// A file of columns under way.
pub(crate) struct FlowWriter<W: Write + Send> {
    path: String,
    file: SerializedFileWriter<W>,
    properties: WriterPropertiesPtr,
    dictionary: Arc<Dictionary>,
    pending: Batch,
    group_rows: usize,
    checksum: Xxh3,
}

impl<W: Write + Send> FlowWriter<W> {
    /// Starts a file; `path` is for messages.
    pub(crate) fn new(
        out: W,
        path: String,
        dictionary: &Arc<Dictionary>,
        addresses: Addresses,
    ) -> Result<Self, StoreError> {
        let properties = Arc::new(schema::properties());
        let table = schema::schema(addresses)?;
        let file = SerializedFileWriter::new(out, table, Arc::clone(&properties))
            .map_err(|source| StoreError::Parquet { path: path.clone(), source })?;
        let dictionary = Arc::clone(dictionary);
        let pending = Batch::new(FieldSet::all(), 0, Arc::clone(&dictionary));
        Ok(Self {
            path,
            file,
            properties,
            dictionary,
            pending,
            group_rows: GROUP_ROWS,
            checksum: Xxh3::new(),
        })
    }

    /// Adds flows, in their order.
    pub(crate) fn push(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut at = 0;
        while at < batch.rows() {
            let end = batch.rows().min(at + self.group_rows - self.pending.rows());
            self.pending.append(batch, at..end);
            at = end;
            if self.pending.rows() == self.group_rows {
                self.write_group()?;
            }
        }
        Ok(())
    }

    /// Writes what is left and what the file says of its part.
    pub(crate) fn finish(mut self, belongs: Belongs, facts: Facts) -> Result<W, StoreError> {
        if self.pending.rows() > 0 {
            self.write_group()?;
        }
        let checksum = format!("{:016x}", self.checksum.digest());
        let text = serde_json::to_string(&About { belongs, facts, checksum }).map_err(|error| {
            StoreError::Foreign { path: self.path.clone(), what: error.to_string() }
        })?;
        self.file.append_key_value_metadata(KeyValue::new(facts::KEY.to_owned(), text));
        self.file.into_inner().map_err(|source| StoreError::Parquet { path: self.path, source })
    }

    fn write_group(&mut self) -> Result<(), StoreError> {
        let group = &self.pending;
        let texts: Vec<ByteArray> = self
            .dictionary
            .texts()
            .into_iter()
            .map(|text| ByteArray::from(text.into_bytes()))
            .collect();
        let columns = self.file.schema_descr().columns().to_vec();
        let encode = |(field, column): (&Field, &ColumnDescPtr)| {
            let texts = match field.kind {
                Kind::Address => Texts::Addresses,
                _ => Texts::Dictionary(&texts),
            };
            encode(group.column(field.id), column, &self.properties, texts)
        };
        let encoded: Result<Vec<_>, ParquetError> = if group.rows() < SMALL_GROUP {
            FIELDS.iter().zip(&columns).map(encode).collect()
        } else {
            FIELDS.par_iter().zip(&columns).map(encode).collect()
        };
        let write = || {
            let mut out = self.file.next_row_group()?;
            for (bytes, close) in encoded? {
                self.checksum.update(&bytes);
                out.append_column(&bytes, close)?;
            }
            out.close().map(drop)
        };
        write().map_err(|source| StoreError::Parquet { path: self.path.clone(), source })?;
        // Its memory holds the next group.
        self.pending.clear();
        Ok(())
    }
}

/// What the numbers of a column of texts stand for.
#[derive(Clone, Copy)]
enum Texts<'t> {
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

/// Fewer flows than this are encoded before a thread pool has started.
const SMALL_GROUP: usize = 20_000;

/// A column of a group as the bytes that stand in the file.
fn encode(
    column: &Column,
    description: &ColumnDescPtr,
    properties: &WriterPropertiesPtr,
    texts: Texts<'_>,
) -> Result<(bytes::Bytes, ColumnCloseResult), ParquetError> {
    let mut out = TrackedWrite::new(Cursor::new(Vec::new()));
    let close = {
        let pages = Box::new(SerializedPageWriter::new(&mut out));
        let mut encoder = get_column_writer(Arc::clone(description), Arc::clone(properties), pages);
        write_values(&mut encoder, column, description.physical_type(), texts)?;
        encoder.close()?
    };
    Ok((out.into_inner()?.into_inner().into(), close))
}

/// Values that are handed to an encoder together: a page of them, for which
/// memory stays in the cache. A text takes 32 bytes and more while it is encoded.
const VALUES_AT_ONCE: usize = PAGE_ROWS;

fn write_values(
    encoder: &mut Encoder<'_>,
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
    encoder: &mut Encoder<'_>,
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
        (Encoder::Int32ColumnWriter(encoder), Values::U8(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, i32::from), levels, None)?;
        }
        (Encoder::Int32ColumnWriter(encoder), Values::U16(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, i32::from), levels, None)?;
        }
        (Encoder::Int32ColumnWriter(encoder), Values::U32(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, u32::cast_signed), levels, None)?;
        }
        (Encoder::Int64ColumnWriter(encoder), Values::U64(values), _) => {
            encoder.write_batch(&known(&values[rows], unknown, u64::cast_signed), levels, None)?;
        }
        (Encoder::ByteArrayColumnWriter(encoder), Values::U32(codes), _) => {
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::tally::{Measures, Tally};

    /// A file of some flows in row groups of so many.
    pub(crate) fn file_of(batch: &Batch, group_rows: usize) -> Vec<u8> {
        let dictionary = Arc::clone(batch.shared_dictionary());
        let mut writer =
            FlowWriter::new(Vec::new(), "test".into(), &dictionary, Addresses::Number).unwrap();
        writer.group_rows = group_rows;
        writer.push(batch).unwrap();
        let (mut measures, mut tally) = (Measures::default(), Tally::default());
        measures.add(batch);
        measures.finish(&mut tally, FieldSet::all(), &dictionary.texts());
        let belongs = Belongs {
            version: schema::VERSION,
            catalogue: schema::fingerprint(),
            part: String::new(),
            file_bytes: 0,
            sha256: String::new(),
            after: Vec::new(),
        };
        writer.finish(belongs, Facts::of(&tally)).unwrap()
    }
}

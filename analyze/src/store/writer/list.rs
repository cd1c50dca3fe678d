//! A column by places in a list of its values.
//!
//! The crate's encoder looks up each value in a table of all kinds of values,
//! and compresses pages that will not be kept compressed. Here a value of up to
//! 16 bits has its place in an array, a page of one value is seen at once, and a
//! column that is not compressed is not tried. Measured over 1 M documents:
//! `benches/README.md`.

use bytes::Bytes;
use flowkit_model::{Field, Kind};
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Chunk, ValuePage};
use super::encoder::{Texts, known};
use super::extremes::Extremes;
use super::hybrid;
use super::places::{Listed, Lookup};
use crate::store::schema::{self, DICTIONARY_BYTES};

/// A column under way.
pub(super) struct List<V: Listed> {
    description: ColumnDescPtr,
    /// Its pages are left as they are: most questions read them.
    is_hot: bool,
    places: V::Places,
    /// The list, one value after the other, as it stands in the file.
    values: Vec<u8>,
    n_values: u32,
    extremes: Extremes,
    n_unknown: u64,
    /// Places of a page, used again.
    page: Vec<u32>,
    chunk: Chunk,
}

impl<V: Listed> List<V> {
    pub(super) fn new(field: &Field, description: &ColumnDescPtr) -> Result<Self, ParquetError> {
        Ok(Self {
            description: description.clone(),
            is_hot: schema::is_hot(field.id),
            places: V::Places::default(),
            values: Vec::new(),
            n_values: 0,
            extremes: Extremes::new(description.physical_type(), field.kind == Kind::Time),
            n_unknown: 0,
            page: Vec::new(),
            chunk: Chunk::new()?,
        })
    }

    /// Adds a page.
    pub(super) fn page(
        &mut self,
        values: &[V],
        unknown: Option<&[bool]>,
        texts: Texts<'_>,
    ) -> Result<(), ParquetError> {
        let n_rows = values.len();
        let mut levels = Vec::new();
        let some;
        let values = match unknown {
            None => {
                hybrid::run(1, n_rows, 1, &mut levels);
                values
            }
            Some(unknown) => {
                let known_rows = unknown.iter().map(|unknown| u32::from(!unknown));
                hybrid::write(&known_rows.collect::<Vec<_>>(), 1, &mut levels);
                some = known(values, unknown);
                &some
            }
        };
        let n_unknown = n_rows - values.len();
        self.n_unknown += n_unknown as u64;
        let mut content = Vec::new();
        let encoding = if self.values.len() < DICTIONARY_BYTES {
            self.by_place(values, texts, &mut content);
            Encoding::RLE_DICTIONARY
        } else {
            self.plainly(values, texts, &mut content);
            Encoding::PLAIN
        };
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.chunk.add(ValuePage {
            n_rows: number(n_rows),
            n_unknown: number(n_unknown),
            levels,
            encoding,
            content,
            may_be_compressed: !self.is_hot,
        })
    }

    /// Values by their places.
    fn by_place(&mut self, values: &[V], texts: Texts<'_>, out: &mut Vec<u8>) {
        let mut page = std::mem::take(&mut self.page);
        page.clear();
        match values.first() {
            Some(first) if values.iter().all(|value| value == first) => {
                let place = self.place(*first, texts);
                page.resize(values.len(), place);
            }
            _ => page.extend(values.iter().map(|value| self.place(*value, texts))),
        }
        let width = hybrid::width_for(self.n_values as usize);
        out.push(u8::try_from(width).unwrap_or(u8::MAX));
        hybrid::write(&page, width, out);
        self.page = page;
    }

    #[inline]
    fn place(&mut self, value: V, texts: Texts<'_>) -> u32 {
        let place = self.places.place(value, self.n_values);
        if place == self.n_values {
            self.add(value.into(), texts);
        }
        place
    }

    /// Adds a value to the list.
    #[cold]
    fn add(&mut self, value: u64, texts: Texts<'_>) {
        self.n_values += 1;
        put(self.description.physical_type(), value, texts, &mut self.values, &mut self.extremes);
    }

    /// Values that stand for themselves, once the list is too long.
    fn plainly(&mut self, values: &[V], texts: Texts<'_>, out: &mut Vec<u8>) {
        let physical = self.description.physical_type();
        for value in values {
            put(physical, (*value).into(), texts, out, &mut self.extremes);
        }
    }

    pub(super) fn finish(self) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        let statistics = self.extremes.statistics(self.n_unknown);
        self.chunk.finish(self.description, &self.values, self.n_values, statistics)
    }
}

/// Appends a value as it stands in a file.
fn put(
    physical: Physical,
    value: u64,
    texts: Texts<'_>,
    out: &mut Vec<u8>,
    extremes: &mut Extremes,
) {
    if physical == Physical::BYTE_ARRAY {
        return texts.with(value, |text| {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(text);
            extremes.widen(text);
        });
    }
    let bytes = value.to_le_bytes();
    let bytes = if physical == Physical::INT64 { &bytes[..] } else { &bytes[..4] };
    out.extend_from_slice(bytes);
    extremes.widen(bytes);
}

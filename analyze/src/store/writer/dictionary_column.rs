//! A dictionary-encoded column; once the dictionary is full, pages are
//! plain-encoded.
//!
//! Pages of a column that most questions read are not compressed, so that
//! compression is not even tried.

use flowkit_model::{Field, Kind};
use parquet::basic::Type as Physical;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Chunk, ValuePage};
use crate::store::encoding::plain::{self, Texts};
use crate::store::encoding::{Encoding, Indexed, dictionary, levels};
use crate::store::page_header::Pages;
use crate::store::statistics::MinMax;
use crate::store::tuning;

/// A column that is being encoded.
pub(super) struct DictionaryColumn<V: Indexed> {
    description: ColumnDescPtr,
    /// Most questions read the column: its pages are not compressed.
    is_hot: bool,
    dictionary: dictionary::Writer<V>,
    /// Size at which the dictionary is full.
    most_bytes: usize,
    min_max: MinMax,
    n_unknown: u64,
    chunk: Chunk,
}

impl<V: Indexed> DictionaryColumn<V> {
    /// A column whose dictionary is full at `most_bytes`; with 0, all pages are
    /// plain-encoded.
    pub(super) fn new(
        field: &Field,
        description: &ColumnDescPtr,
        most_bytes: usize,
    ) -> Result<Self, ParquetError> {
        Ok(Self {
            description: description.clone(),
            is_hot: tuning::is_hot(field.id),
            dictionary: dictionary::Writer::default(),
            most_bytes,
            min_max: MinMax::new(description.physical_type(), field.kind == Kind::Time),
            n_unknown: 0,
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
        let mut level_bytes = Vec::new();
        levels::write(unknown, n_rows, &mut level_bytes);
        let some;
        let values = match unknown {
            None => values,
            Some(unknown) => {
                some = levels::known(values, unknown);
                &some
            }
        };
        let n_unknown = n_rows - values.len();
        self.n_unknown += n_unknown as u64;
        let mut content = Vec::new();
        let encoding = self.values(values, texts, &mut content);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.chunk.add(ValuePage {
            n_rows: number(n_rows),
            n_unknown: number(n_unknown),
            levels: level_bytes,
            encoding,
            content,
            may_be_compressed: !self.is_hot,
        })
    }

    /// Appends the values of a page; returns their encoding.
    fn values(&mut self, values: &[V], texts: Texts<'_>, out: &mut Vec<u8>) -> Encoding {
        let physical: Physical = self.description.physical_type();
        let min_max = &mut self.min_max;
        let mut put = |value: V, out: &mut Vec<u8>| {
            plain::write(physical, value.into(), texts, out, |bytes| min_max.widen(bytes));
        };
        if self.dictionary.bytes().len() < self.most_bytes {
            self.dictionary.page(values, put, out);
            Encoding::Dictionary
        } else {
            for value in values {
                put(*value, out);
            }
            Encoding::Plain
        }
    }

    /// The column chunk: pages and metadata.
    pub(super) fn finish(self) -> Result<(Pages, ColumnCloseResult), ParquetError> {
        let statistics = self.min_max.statistics(self.n_unknown);
        let (values, n_values) = (self.dictionary.bytes(), self.dictionary.n_values());
        self.chunk.finish(self.description, values, n_values, statistics)
    }
}

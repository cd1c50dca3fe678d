//! Buffer pool of one reader thread: vectors of finished columns, for reuse.
//!
//! A row group takes some 10 MB of short-lived vectors; allocating them anew,
//! page by page, took a sixth of the time of a question.

use zstd::bulk::Decompressor;

use crate::batch::{Batch, Column, Values, select};
use crate::filter::DictionaryMasks;
use crate::store::encoding::{Fault, Value};
use crate::store::tuning::MOST_PAGE;

/// Vectors that are not in use.
#[derive(Default)]
pub(crate) struct Buffers {
    bytes: Vec<Vec<u8>>,
    decompressed: Vec<u8>,
    decompressor: Option<Decompressor<'static>>,
    dictionary_masks: DictionaryMasks,
    u8: Vec<Vec<u8>>,
    u16: Vec<Vec<u16>>,
    u32: Vec<Vec<u32>>,
    u64: Vec<Vec<u64>>,
}

/// Vectors of a type that the pool keeps. Some come from elsewhere, so that
/// without a limit the pool would grow beyond what is in use at a time.
const MOST_POOLED: usize = 8;

/// A value whose vectors are pooled.
pub(crate) trait Reused: Value {
    /// The pooled vectors of this type.
    fn pool(buffers: &mut Buffers) -> &mut Vec<Vec<Self>>;
}

impl Reused for u8 {
    fn pool(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u8
    }
}

impl Reused for u16 {
    fn pool(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u16
    }
}

impl Reused for u32 {
    fn pool(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u32
    }
}

impl Reused for u64 {
    fn pool(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u64
    }
}

impl Buffers {
    /// An empty vector.
    pub(super) fn vec<V: Reused>(&mut self) -> Vec<V> {
        let pool = V::pool(self);
        let shortest = (0..pool.len()).min_by_key(|index| pool[*index].len());
        let mut values = shortest.map(|index| pool.swap_remove(index)).unwrap_or_default();
        values.clear();
        values
    }

    /// A vector of `length` arbitrary values, to be overwritten.
    pub(super) fn whole<V: Reused>(&mut self, length: usize) -> Vec<V> {
        let pool = V::pool(self);
        let longest = (0..pool.len()).max_by_key(|index| pool[*index].len());
        let mut values = longest.map(|index| pool.swap_remove(index)).unwrap_or_default();
        values.resize(length, V::default());
        values
    }

    /// Some of the values. The source vector returns to the pool at its full
    /// length, so that it need not be extended again.
    pub(super) fn pick<V: Reused>(&mut self, values: Vec<V>, rows: &[u32]) -> Vec<V> {
        let mut picked = self.vec();
        picked.extend(rows.iter().map(|row| values[*row as usize]));
        self.take_back_vec(values);
        picked
    }

    /// Selects rows of a column.
    pub(super) fn pick_column(&mut self, column: &mut Column, rows: &[u32]) {
        let none = || Values::U8(Vec::new());
        column.values = match std::mem::replace(&mut column.values, none()) {
            Values::U8(values) => Values::U8(self.pick(values, rows)),
            Values::U16(values) => Values::U16(self.pick(values, rows)),
            Values::U32(values) => Values::U32(self.pick(values, rows)),
            Values::U64(values) => Values::U64(self.pick(values, rows)),
        };
        if let Some(unknown) = &mut column.unknown {
            select(unknown, rows);
        }
    }

    /// Selects rows of a batch.
    pub(super) fn pick_batch(&mut self, batch: &mut Batch, rows: &[u32]) {
        batch.pick(rows.len(), |column, codes| match (column, codes) {
            (Some(column), _) => self.pick_column(column, rows),
            (None, Some(codes)) => *codes = self.pick(std::mem::take(codes), rows),
            (None, None) => {}
        });
    }

    /// The filter's masks over the dictionaries of the current row group.
    pub(super) fn dictionary_masks(&mut self) -> &mut DictionaryMasks {
        &mut self.dictionary_masks
    }

    /// A buffer for stored bytes, with arbitrary content.
    pub(super) fn bytes(&mut self) -> Vec<u8> {
        self.bytes.pop().unwrap_or_default()
    }

    /// Returns a buffer for stored bytes to the pool.
    pub(super) fn take_back_bytes(&mut self, bytes: Vec<u8>) {
        self.bytes.push(bytes);
    }

    /// An empty buffer for a decompressed page.
    pub(super) fn decompressed(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.decompressed)
    }

    /// Returns a buffer for a decompressed page to the pool.
    pub(super) fn take_back_decompressed(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        self.decompressed = bytes;
    }

    /// Decompresses a page whose header states `length` bytes.
    pub(super) fn decompress(
        &mut self,
        compressed: &[u8],
        length: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        if length > MOST_PAGE {
            return Err("too large a page");
        }
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::new().map_err(|_| "no memory to unpack")?),
        };
        out.reserve(length);
        let found = decompressor.decompress_to_buffer(compressed, out);
        if found.is_ok_and(|found| found == length) { Ok(()) } else { Err("damaged zstd") }
    }

    /// Returns the vectors of a batch to the pool.
    pub(super) fn take_back(&mut self, batch: Batch) {
        let (columns, dictionary_columns) = batch.into_parts();
        for column in columns {
            match column.values {
                Values::U8(values) => self.take_back_vec(values),
                Values::U16(values) => self.take_back_vec(values),
                Values::U32(values) => self.take_back_vec(values),
                Values::U64(values) => self.take_back_vec(values),
            }
        }
        for column in dictionary_columns {
            self.take_back_vec(column.into_codes());
        }
    }

    /// Returns a vector to the pool.
    pub(super) fn take_back_vec<V: Reused>(&mut self, values: Vec<V>) {
        let pool = V::pool(self);
        if pool.len() < MOST_POOLED {
            pool.push(values);
        }
    }
}

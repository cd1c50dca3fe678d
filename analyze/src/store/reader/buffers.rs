//! Buffer pool of one reader thread: vectors of columns that are done with, to be
//! filled again.
//!
//! A row group is some 10 MB of short-lived vectors; asking the system for
//! them anew, page by page, took a sixth of the time of a question.

use zstd::bulk::Decompressor;

use crate::batch::{Batch, Column, Values, select};
use crate::filter::DictionaryMasks;
use crate::store::encoding::{Fault, Value};

/// Vectors with room in them.
#[derive(Default)]
pub(crate) struct Buffers {
    bytes: Vec<Vec<u8>>,
    decompressed: Vec<u8>,
    decompressor: Option<Decompressor<'static>>,
    lists: DictionaryMasks,
    u8: Vec<Vec<u8>>,
    u16: Vec<Vec<u16>>,
    u32: Vec<Vec<u32>>,
    u64: Vec<Vec<u64>>,
}

/// Bytes that a page or dictionary is believed to have: ours have up to 64 kB,
/// and dictionaries 4 MB.
const MOST_DECOMPRESSED: usize = 1 << 26;

/// Vectors of a type that are kept: some come from elsewhere, and more than are
/// in use at a time would only take memory.
const MOST_KEPT: usize = 8;

/// A value whose vectors are kept.
pub(crate) trait Reused: Value {
    /// Where they are kept.
    fn kept(buffers: &mut Buffers) -> &mut Vec<Vec<Self>>;
}

impl Reused for u8 {
    fn kept(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u8
    }
}

impl Reused for u16 {
    fn kept(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u16
    }
}

impl Reused for u32 {
    fn kept(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u32
    }
}

impl Reused for u64 {
    fn kept(buffers: &mut Buffers) -> &mut Vec<Vec<Self>> {
        &mut buffers.u64
    }
}

impl Buffers {
    /// An empty vector.
    pub(super) fn vec<V: Reused>(&mut self) -> Vec<V> {
        let kept = V::kept(self);
        let shortest = (0..kept.len()).min_by_key(|place| kept[*place].len());
        let mut values = shortest.map(|place| kept.swap_remove(place)).unwrap_or_default();
        values.clear();
        values
    }

    /// A vector of `length` values, left over from something else.
    pub(super) fn whole<V: Reused>(&mut self, length: usize) -> Vec<V> {
        let kept = V::kept(self);
        let longest = (0..kept.len()).max_by_key(|place| kept[*place].len());
        let mut values = longest.map(|place| kept.swap_remove(place)).unwrap_or_default();
        values.resize(length, V::default());
        values
    }

    /// Some of the values; the vector is kept as long as it is, so that it needs
    /// not be made so long again.
    pub(super) fn pick<V: Reused>(&mut self, values: Vec<V>, rows: &[u32]) -> Vec<V> {
        let mut picked = self.vec();
        picked.extend(rows.iter().map(|row| values[*row as usize]));
        self.keep(values);
        picked
    }

    /// Keeps some rows of a column.
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

    /// Keeps some rows of a batch.
    pub(super) fn pick_batch(&mut self, batch: &mut Batch, rows: &[u32]) {
        batch.pick(rows.len(), |column, coded| match (column, coded) {
            (Some(column), _) => self.pick_column(column, rows),
            (None, Some(codes)) => *codes = self.pick(std::mem::take(codes), rows),
            (None, None) => {}
        });
    }

    /// What a filter knows of the dictionaries of the row group being read.
    pub(super) fn lists(&mut self) -> &mut DictionaryMasks {
        &mut self.lists
    }

    /// A buffer for stored bytes, with something in it.
    pub(super) fn bytes(&mut self) -> Vec<u8> {
        self.bytes.pop().unwrap_or_default()
    }

    /// Takes back a buffer for stored bytes.
    pub(super) fn take_back_bytes(&mut self, bytes: Vec<u8>) {
        self.bytes.push(bytes);
    }

    /// An empty buffer for a decompressed page.
    pub(super) fn decompressed(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.decompressed)
    }

    /// Takes back a buffer for a decompressed page.
    pub(super) fn take_back_decompressed(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        self.decompressed = bytes;
    }

    /// Decompresses what is said to be `length` bytes.
    pub(super) fn decompress(
        &mut self,
        compressed: &[u8],
        length: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        if length > MOST_DECOMPRESSED {
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

    /// Takes back the columns of a batch.
    pub(super) fn take_back(&mut self, batch: Batch) {
        let (columns, coded) = batch.into_parts();
        for column in columns {
            match column.values {
                Values::U8(values) => self.keep(values),
                Values::U16(values) => self.keep(values),
                Values::U32(values) => self.keep(values),
                Values::U64(values) => self.keep(values),
            }
        }
        for coded in coded {
            self.keep(coded.into_codes());
        }
    }

    /// Takes back a vector.
    pub(super) fn keep<V: Reused>(&mut self, values: Vec<V>) {
        let kept = V::kept(self);
        if kept.len() < MOST_KEPT {
            kept.push(values);
        }
    }
}

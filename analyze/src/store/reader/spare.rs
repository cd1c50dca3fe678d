//! Memory of columns that were read and done with, to be filled again.
//!
//! A row group is some 10 MB of short-lived vectors; asking the system for
//! them anew, page by page, took a sixth of the time of a question.

use bytes::{Bytes, BytesMut};

use crate::columns::{Batch, Values};
use crate::store::page::Value;

/// Empty vectors with room in them.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    bytes: Vec<BytesMut>,
    u8: Vec<Vec<u8>>,
    u16: Vec<Vec<u16>>,
    u32: Vec<Vec<u32>>,
    u64: Vec<Vec<u64>>,
}

/// A value whose vectors are kept.
pub(crate) trait Reused: Value {
    /// Where they are kept.
    fn kept(spare: &mut Spare) -> &mut Vec<Vec<Self>>;
}

impl Reused for u8 {
    fn kept(spare: &mut Spare) -> &mut Vec<Vec<Self>> {
        &mut spare.u8
    }
}

impl Reused for u16 {
    fn kept(spare: &mut Spare) -> &mut Vec<Vec<Self>> {
        &mut spare.u16
    }
}

impl Reused for u32 {
    fn kept(spare: &mut Spare) -> &mut Vec<Vec<Self>> {
        &mut spare.u32
    }
}

impl Reused for u64 {
    fn kept(spare: &mut Spare) -> &mut Vec<Vec<Self>> {
        &mut spare.u64
    }
}

impl Spare {
    /// An empty vector.
    pub(super) fn vec<V: Reused>(&mut self) -> Vec<V> {
        V::kept(self).pop().unwrap_or_default()
    }

    /// So many bytes, of any value.
    pub(super) fn bytes(&mut self, length: usize) -> BytesMut {
        let mut bytes = self.bytes.pop().unwrap_or_default();
        bytes.resize(length, 0);
        bytes
    }

    /// Takes back the bytes of a column, if no page of it is left.
    pub(super) fn take_back_bytes(&mut self, bytes: Bytes) {
        if let Ok(bytes) = bytes.try_into_mut() {
            self.bytes.push(bytes);
        }
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
        if let Some(coded) = coded {
            self.keep(coded.into_codes());
        }
    }

    fn keep<V: Reused>(&mut self, mut values: Vec<V>) {
        values.clear();
        V::kept(self).push(values);
    }
}

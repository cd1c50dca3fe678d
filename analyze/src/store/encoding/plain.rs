//! Plain values: one after the other, numbers little-endian, texts each after
//! its length.
//!
//! Dictionaries are stored so, and pages of columns whose dictionary is full.
//!
//! Source: Apache Parquet, *Encodings* (plain).

use flowkit_model::Address;
use parquet::basic::Type as Physical;

use super::{Fault, Value};

/// What the numbers of a column of texts stand for.
#[derive(Clone, Copy)]
pub(crate) enum Texts<'t> {
    /// Places in the dictionary of a batch.
    Dictionary(&'t [Box<str>]),
    /// IPv4 addresses.
    Addresses,
}

impl Texts<'_> {
    /// Lends the text of a number, which is one of the column's.
    fn with<T>(self, number: u64, look: impl FnOnce(&[u8]) -> T) -> T {
        let number = u32::try_from(number).expect("texts and addresses have 32 bits");
        match self {
            Self::Dictionary(texts) => look(texts[number as usize].as_bytes()),
            Self::Addresses => look(Address::from_bits(number).to_string().as_bytes()),
        }
    }
}

/// Appends a value as a column of a type has it; `look` sees its bytes without
/// the length.
pub(crate) fn write(
    physical: Physical,
    value: u64,
    texts: Texts<'_>,
    out: &mut Vec<u8>,
    look: impl FnOnce(&[u8]),
) {
    if physical == Physical::BYTE_ARRAY {
        return texts.with(value, |text| {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(text);
            look(text);
        });
    }
    let bytes = value.to_le_bytes();
    let bytes = if physical == Physical::INT64 { &bytes[..] } else { &bytes[..4] };
    out.extend_from_slice(bytes);
    look(bytes);
}

/// Reads numbers of `bytes_each` bytes, one for each place in `out`.
pub(crate) fn read<V: Value>(bytes: &[u8], bytes_each: usize, out: &mut [V]) -> Result<(), Fault> {
    let length = out.len().checked_mul(bytes_each).ok_or("too many values")?;
    let bytes = bytes.get(..length).ok_or("values that break off")?;
    for (out, bytes) in out.iter_mut().zip(bytes.chunks_exact(bytes_each)) {
        let mut word = [0; 8];
        word[..bytes_each].copy_from_slice(bytes);
        *out = V::cut(u64::from_le_bytes(word));
    }
    Ok(())
}

/// Reads `count` texts.
pub(crate) fn read_texts(mut bytes: &[u8], count: usize) -> Result<Vec<&str>, Fault> {
    let mut texts = Vec::with_capacity(count.min(bytes.len() / 4));
    for _ in 0..count {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or("texts that break off")?;
        let length = u32::from_le_bytes(*length) as usize;
        let text = rest.get(..length).ok_or("a text that breaks off")?;
        texts.push(std::str::from_utf8(text).map_err(|_| "a text that is not UTF-8")?);
        bytes = &rest[length..];
    }
    Ok(texts)
}

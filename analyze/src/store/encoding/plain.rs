//! Plain encoding: values concatenated, numbers little-endian, texts each
//! preceded by its length.
//!
//! Used for dictionaries, and for pages of columns whose dictionary is full.
//!
//! Source: Apache Parquet, *Encodings* (plain).

use flowkit_model::Address;
use parquet::basic::Type as Physical;

use super::{BEYOND, Fault, Value};
use crate::batch::dictionary::address_of;

/// What the codes of a text column refer to.
#[derive(Clone, Copy)]
pub(crate) enum Texts<'t> {
    /// Codes of the dictionary of a batch.
    Dictionary(&'t [String]),
    /// Codes of addresses, and those that are not their own number.
    Addresses(&'t [Address]),
}

impl Texts<'_> {
    /// Passes the text of a value of the column to `look`.
    fn with(self, value: u64, look: impl FnOnce(&[u8])) {
        let value = u32::try_from(value).expect("texts and addresses have 32 bits");
        match self {
            Self::Dictionary(texts) => look(texts[value as usize].as_bytes()),
            Self::Addresses(addresses) => {
                let address = address_of(value, addresses).expect("a code is of its dictionary");
                look(address.to_string().as_bytes());
            }
        }
    }
}

/// Appends a value in the column's physical type; `look` gets its bytes without
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

/// The bytes of `count` numbers of `bytes_each` bytes, so that no memory is taken for
/// more of them than there are.
pub(crate) fn numbers(bytes: &[u8], bytes_each: usize, count: usize) -> Result<&[u8], Fault> {
    let length = count.checked_mul(bytes_each).ok_or("too many values")?;
    bytes.get(..length).ok_or("values that break off")
}

/// Fills `out` with numbers of `bytes_each` bytes, of which none may be over `most`.
pub(crate) fn read<V: Value>(
    bytes: &[u8],
    bytes_each: usize,
    most: u64,
    out: &mut [V],
) -> Result<(), Fault> {
    let bytes = numbers(bytes, bytes_each, out.len())?;
    let mut is_beyond = false;
    for (out, bytes) in out.iter_mut().zip(bytes.chunks_exact(bytes_each)) {
        let mut word = [0; 8];
        word[..bytes_each].copy_from_slice(bytes);
        let value = u64::from_le_bytes(word);
        is_beyond |= value > most;
        *out = V::cut(value);
    }
    if is_beyond { Err(BEYOND) } else { Ok(()) }
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

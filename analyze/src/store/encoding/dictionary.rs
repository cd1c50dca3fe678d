//! Dictionary encoding (`RLE_DICTIONARY`): the distinct values of a column chunk
//! in order of first occurrence, and for each row the index of its value in that
//! list, its code.
//!
//! The crate's encoder looks up each value in a hash table for values of any
//! type, and compresses pages even if they are then stored uncompressed. Here the
//! codes of values of up to 16 bits are in an array, and a page of one value is
//! detected first. Measured over 1 M documents: `benches/README.md`.
//!
//! Source: Apache Parquet, *Encodings* (dictionary encoding).

use super::dictionary_index::{Index, Indexed};
use super::{Fault, Value, rle};

/// Builds the dictionary of a column chunk and encodes its pages.
pub(crate) struct Writer<V: Indexed> {
    index: V::Index,
    /// The plain-encoded values, as in the file.
    values: Vec<u8>,
    n_values: u32,
    /// Codes of a page; the buffer is reused.
    codes: Vec<u32>,
}

impl<V: Indexed> Default for Writer<V> {
    fn default() -> Self {
        let (index, values, codes) = (V::Index::default(), Vec::new(), Vec::new());
        Self { index, values, n_values: 0, codes }
    }
}

impl<V: Indexed> Writer<V> {
    /// The plain-encoded values of the dictionary.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.values
    }

    /// Number of values in the dictionary.
    pub(crate) fn n_values(&self) -> u32 {
        self.n_values
    }

    /// Appends a page of codes to `out`; `add` plain-encodes a value that is new
    /// to the dictionary.
    pub(crate) fn page(
        &mut self,
        values: &[V],
        mut add: impl FnMut(V, &mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        let mut codes = std::mem::take(&mut self.codes);
        codes.clear();
        match values.first() {
            Some(first) if values.iter().all(|value| value == first) => {
                let code = self.code(*first, &mut add);
                codes.resize(values.len(), code);
            }
            _ => codes.extend(values.iter().map(|value| self.code(*value, &mut add))),
        }
        let width = rle::width_for(self.n_values as usize);
        out.push(u8::try_from(width).unwrap_or(u8::MAX));
        rle::write(&codes, width, out);
        self.codes = codes;
    }

    #[inline]
    fn code(&mut self, value: V, add: &mut impl FnMut(V, &mut Vec<u8>)) -> u32 {
        let code = self.index.code(value, self.n_values);
        if code == self.n_values {
            self.add(value, add);
        }
        code
    }

    /// Adds a value to the dictionary.
    #[cold]
    fn add(&mut self, value: V, add: &mut impl FnMut(V, &mut Vec<u8>)) {
        self.n_values += 1;
        add(value, &mut self.values);
    }
}

/// The code of all `count` values, if the page is a single run.
pub(crate) fn constant(bytes: &[u8], count: usize, n_values: usize) -> Result<Option<u32>, Fault> {
    let Some((width, bytes)) = bytes.split_first() else { return Ok(None) };
    let Some(index) = rle::constant(bytes, (*width).into(), count)? else { return Ok(None) };
    if index as usize >= n_values {
        return Err("an index beyond its dictionary");
    }
    Ok(Some(index))
}

/// Fills `out` with codes of a dictionary of `n_values`.
pub(crate) fn read_codes(bytes: &[u8], n_values: usize, out: &mut [u32]) -> Result<(), Fault> {
    if out.is_empty() {
        return Ok(());
    }
    let (width, bytes) = bytes.split_first().ok_or("indices without a width")?;
    rle::read_below(bytes, (*width).into(), n_values, out)
}

/// Fills `out` with the values of codes.
pub(crate) fn read_values<V: Value>(
    bytes: &[u8],
    dictionary: &[V],
    out: &mut [V],
) -> Result<(), Fault> {
    if out.is_empty() {
        return Ok(());
    }
    let (width, bytes) = bytes.split_first().ok_or("indices without a width")?;
    let mut rest = &mut *out;
    let mut is_beyond = false;
    let mut value = |index: u32| {
        let value = dictionary.get(index as usize);
        is_beyond |= value.is_none();
        value.copied().unwrap_or_default()
    };
    rle::read(bytes, (*width).into(), rest.len(), |stretch| {
        let length = match stretch {
            rle::Stretch::Run(_, length) => length,
            rle::Stretch::Packed(indices) => indices.len(),
        };
        let now = rest.split_off_mut(..length).ok_or("a run that is too long")?;
        match stretch {
            rle::Stretch::Run(index, _) => now.fill(value(index)),
            rle::Stretch::Packed(indices) => {
                now.iter_mut().zip(indices).for_each(|(out, index)| *out = value(*index));
            }
        }
        Ok(())
    })?;
    if is_beyond { Err("an index beyond its dictionary") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bit_packed::tests::pack;
    use super::*;

    #[test]
    fn runs_and_packed_values_come_in_order() {
        // A run of four 7s, then a group of 8 packed in 3 bits.
        let mut bytes = vec![3, 4 << 1, 7, (1 << 1) | 1];
        bytes.extend(pack(&[0, 1, 2, 3, 4, 5, 6, 7], 3));
        let expected = [7, 7, 7, 7, 0, 1, 2, 3, 4, 5];
        let mut found = [9; 10];
        read_codes(&bytes, 8, &mut found).unwrap();
        assert_eq!(found, expected);
        let mut found = [0_u8; 10];
        read_values(&bytes, &[0, 10, 20, 30, 40, 50, 60, 70], &mut found).unwrap();
        assert_eq!(found.map(u32::from), expected.map(|code| code * 10));
        let beyond = Err("an index beyond its dictionary");
        assert_eq!(read_values(&bytes, &[0; 7], &mut found), beyond);
        assert_eq!(read_codes(&bytes, 7, &mut [0; 1]), beyond);
        assert_eq!(read_codes(&bytes[..4], 8, &mut [0; 4]), Ok(()));
        assert!(read_codes(&bytes[..4], 8, &mut [0; 5]).is_err());
    }

    proptest! {
        /// Codes are one run only if all are equal.
        #[test]
        fn one_run_is_what_all_codes_are(head in 0_u8..20, value in 0_u8..4, count in 1_usize..20) {
            let bytes = [2, head, value, 0, 0, 0, 0];
            let mut found = vec![0; count];
            if let Ok(Some(index)) = constant(&bytes, count, 4) {
                read_codes(&bytes, 4, &mut found).unwrap();
                prop_assert_eq!(found, vec![index; count]);
            } else if head & 1 == 0 && usize::from(head >> 1) >= count {
                prop_assert!(false, "a run was not seen");
            }
        }
    }
}

//! Decodes the pages of a column: levels, dictionary indices, packed
//! differences and plain values.
//!
//! The crate's readers go value by value through an iterator of levels; here a
//! page becomes a vector at once, and a page without nulls has no levels to
//! look at. Measured over 10 M flows: `benches/README.md`.
//!
//! Nothing is believed: every length is checked, and what does not fit is an
//! error that names itself.
//!
//! Source: Apache Parquet, *Encodings*.

mod differences;
pub(crate) mod header;
mod packed;

pub(crate) use self::differences::differences;
use self::packed::{Stretch, hybrid};

/// What is wrong with a page.
pub(crate) type Fault = &'static str;

/// Which rows of a page are null: `None` if none is.
///
/// `levels` are the definition levels of an optional column: 0 is null.
pub(crate) fn nulls(levels: &[u8], rows: usize) -> Result<Vec<bool>, Fault> {
    let mut nulls = Vec::with_capacity(rows);
    hybrid(levels, 1, rows, |stretch| {
        match stretch {
            Stretch::Run(level, length) => nulls.resize(nulls.len() + length, level == 0),
            Stretch::Packed(levels) => nulls.extend(levels.iter().map(|level| *level == 0)),
        }
        Ok(())
    })?;
    Ok(nulls)
}

/// A type that values of a column are kept in.
pub(crate) trait Value: Copy + Default {
    /// From the 64 bits of a stored value; what does not fit is cut off.
    fn cut(value: u64) -> Self;
}

#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
mod values {
    use super::Value;

    impl Value for u8 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u16 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u32 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u64 {
        fn cut(value: u64) -> Self {
            value
        }
    }
}

/// The index that all `count` values have, if they are one run.
pub(crate) fn one_run(bytes: &[u8], count: usize, n_values: usize) -> Result<Option<u32>, Fault> {
    let Some((width, bytes)) = bytes.split_first() else { return Ok(None) };
    let Some(index) = packed::one_run(bytes, (*width).into(), count)? else { return Ok(None) };
    if index as usize >= n_values {
        return Err("an index beyond its dictionary");
    }
    Ok(Some(index))
}

/// Indices into a dictionary of so many values, one for each place in `out`.
pub(crate) fn codes(bytes: &[u8], n_values: usize, out: &mut [u32]) -> Result<(), Fault> {
    if out.is_empty() {
        return Ok(());
    }
    let (width, bytes) = bytes.split_first().ok_or("indices without a width")?;
    packed::hybrid_into(bytes, (*width).into(), n_values, out)
}

/// Values of a dictionary, by indices, one for each place in `out`.
pub(crate) fn by_dictionary<V: Value>(
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
    hybrid(bytes, (*width).into(), rest.len(), |stretch| {
        let length = match stretch {
            Stretch::Run(_, length) => length,
            Stretch::Packed(indices) => indices.len(),
        };
        let now = rest.split_off_mut(..length).ok_or("a run that is too long")?;
        match stretch {
            Stretch::Run(index, _) => now.fill(value(index)),
            Stretch::Packed(indices) => {
                now.iter_mut().zip(indices).for_each(|(out, index)| *out = value(*index));
            }
        }
        Ok(())
    })?;
    if is_beyond { Err("an index beyond its dictionary") } else { Ok(()) }
}

/// Values stored one after the other, `bytes_each` little-endian bytes each; one
/// for each place in `out`.
pub(crate) fn plain<V: Value>(bytes: &[u8], bytes_each: usize, out: &mut [V]) -> Result<(), Fault> {
    let length = out.len().checked_mul(bytes_each).ok_or("too many values")?;
    let bytes = bytes.get(..length).ok_or("values that break off")?;
    for (out, bytes) in out.iter_mut().zip(bytes.chunks_exact(bytes_each)) {
        let mut word = [0; 8];
        word[..bytes_each].copy_from_slice(bytes);
        *out = V::cut(u64::from_le_bytes(word));
    }
    Ok(())
}

/// Texts stored one after the other, each after its length.
pub(crate) fn plain_texts(mut bytes: &[u8], count: usize) -> Result<Vec<&str>, Fault> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::packed::tests::pack;
    use super::*;

    #[test]
    fn runs_and_packed_values_come_in_order() {
        // A run of four 7s, then a group of 8 packed in 3 bits.
        let mut bytes = vec![3, 4 << 1, 7, (1 << 1) | 1];
        bytes.extend(pack(&[0, 1, 2, 3, 4, 5, 6, 7], 3));
        let expected = [7, 7, 7, 7, 0, 1, 2, 3, 4, 5];
        let mut found = [9; 10];
        codes(&bytes, 8, &mut found).unwrap();
        assert_eq!(found, expected);
        let mut found = [0_u8; 10];
        by_dictionary(&bytes, &[0, 10, 20, 30, 40, 50, 60, 70], &mut found).unwrap();
        assert_eq!(found.map(u32::from), expected.map(|code| code * 10));
        let beyond = Err("an index beyond its dictionary");
        assert_eq!(by_dictionary(&bytes, &[0; 7], &mut found), beyond);
        assert_eq!(codes(&bytes, 7, &mut [0; 1]), beyond);
        assert_eq!(codes(&bytes[..4], 8, &mut [0; 4]), Ok(()));
        assert!(codes(&bytes[..4], 8, &mut [0; 5]).is_err());
    }

    proptest! {
        /// Indices are one run only if they are all the same.
        #[test]
        fn one_run_is_what_all_indices_are(head in 0_u8..20, value in 0_u8..4, count in 1_usize..20) {
            let bytes = [2, head, value, 0, 0, 0, 0];
            let mut found = vec![0; count];
            if let Ok(Some(index)) = one_run(&bytes, count, 4) {
                codes(&bytes, 4, &mut found).unwrap();
                prop_assert_eq!(found, vec![index; count]);
            } else if head & 1 == 0 && usize::from(head >> 1) >= count {
                prop_assert!(false, "a run was not seen");
            }
        }

        /// Whatever the bytes are, an answer or an error comes.
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), count in 0_usize..500) {
            let _ = nulls(&bytes, count);
            let _ = one_run(&bytes, count, 3);
            let _ = codes(&bytes, 3, &mut vec![0; count]);
            let _ = by_dictionary(&bytes, &[1_u16, 2, 3], &mut vec![0; count]);
            let _ = differences(&bytes, &mut vec![0_u64; count]);
            let _ = differences(&bytes, &mut vec![0_u32; count]);
            let _ = plain(&bytes, 4, &mut vec![0_u32; count]);
            let _ = plain_texts(&bytes, count);
        }
    }
}

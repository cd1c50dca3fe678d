//! Definition levels, Parquet's validity: which rows of a page are known (1) and
//! which null (0); moves values between dense and per-row form.
//!
//! Source: Apache Parquet, *Nulls*.

use super::{Fault, rle};

/// Bits per definition level of an optional column.
const WIDTH: usize = 1;

/// Appends the definition levels of a page of `n_rows`.
pub(crate) fn write(unknown: Option<&[bool]>, n_rows: usize, out: &mut Vec<u8>) {
    match unknown {
        None => rle::write_run(1, n_rows, WIDTH, out),
        Some(unknown) => {
            let levels = unknown.iter().map(|unknown| u32::from(!unknown));
            rle::write(&levels.collect::<Vec<_>>(), WIDTH, out);
        }
    }
}

/// Decodes which rows of a page are null.
pub(crate) fn read(levels: &[u8], rows: usize) -> Result<Vec<bool>, Fault> {
    let mut nulls = Vec::with_capacity(rows);
    rle::read(levels, WIDTH, rows, |stretch| {
        match stretch {
            rle::Stretch::Run(level, length) => nulls.resize(nulls.len() + length, level == 0),
            rle::Stretch::Packed(levels) => nulls.extend(levels.iter().map(|level| *level == 0)),
        }
        Ok(())
    })?;
    Ok(nulls)
}

/// The values of the rows that are not null.
pub(crate) fn known<V: Copy>(values: &[V], unknown: &[bool]) -> Vec<V> {
    let rows = values.iter().zip(unknown);
    rows.filter(|(_, unknown)| !**unknown).map(|(value, _)| *value).collect()
}

/// Spreads dense values to their rows; null rows get `other`.
pub(crate) fn spread<V: Copy>(values: &[V], unknown: &[bool], other: V) -> Vec<V> {
    let mut values = values.iter();
    let value = |unknown: &bool| {
        if *unknown { other } else { values.next().copied().unwrap_or(other) }
    };
    unknown.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_are_read_again_and_values_find_their_rows() {
        for every in [1, 2, 7, 1000] {
            let unknown: Vec<bool> = (0..300).map(|row| row % every == 0).collect();
            let mut bytes = Vec::new();
            write(Some(&unknown), 300, &mut bytes);
            assert_eq!(read(&bytes, 300).as_ref(), Ok(&unknown));
            let values: Vec<u32> =
                (0..300).map(|row| if row % every == 0 { 9 } else { row }).collect();
            assert_eq!(spread(&known(&values, &unknown), &unknown, 9), values);
        }
        let mut bytes = Vec::new();
        write(None, 300, &mut bytes);
        assert_eq!(read(&bytes, 300), Ok(vec![false; 300]));
    }
}

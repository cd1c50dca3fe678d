//! A column: the values of one field, one per flow, and its validity.

use std::ops::Range;

use flowkit_model::{Field, FieldId, Kind};

/// Values of one field, one per flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Up to 8 bits.
    U8(Vec<u8>),
    /// Up to 16 bits.
    U16(Vec<u16>),
    /// Up to 32 bits; for texts and addresses, their code in the batch's dictionary.
    U32(Vec<u32>),
    /// Up to 64 bits.
    U64(Vec<u64>),
}

impl Values {
    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::U64(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bits that a value of a field has in a column: texts and addresses are codes.
#[must_use]
pub(crate) fn bits(field: &Field) -> u32 {
    match (field.kind, field.bits()) {
        (Kind::Text | Kind::Address, _) | (_, None) => 32,
        (_, Some(bits)) => bits,
    }
}

/// One field of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Values; 0 where unknown.
    pub values: Values,
    /// Which rows are unknown; `None` if none is.
    pub unknown: Option<Vec<bool>>,
}

impl Column {
    /// An empty column for a field.
    pub(crate) fn for_field(field: FieldId, rows: usize) -> Self {
        let values = match bits(field.field()) {
            0..=8 => Values::U8(Vec::with_capacity(rows)),
            9..=16 => Values::U16(Vec::with_capacity(rows)),
            17..=32 => Values::U32(Vec::with_capacity(rows)),
            _ => Values::U64(Vec::with_capacity(rows)),
        };
        Self { values, unknown: None }
    }

    /// A column of which no row is known.
    pub(crate) fn unknown(field: FieldId, rows: usize) -> Self {
        let mut column = Self::for_field(field, 0);
        match &mut column.values {
            Values::U8(values) => values.resize(rows, 0),
            Values::U16(values) => values.resize(rows, 0),
            Values::U32(values) => values.resize(rows, 0),
            Values::U64(values) => values.resize(rows, 0),
        }
        Self { unknown: Some(vec![true; rows]), ..column }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows are unknown.
    #[must_use]
    pub fn n_unknown(&self) -> u64 {
        self.unknown.as_ref().map_or(0, |mask| mask.iter().filter(|row| **row).count() as u64)
    }

    /// Whether a row is unknown.
    #[must_use]
    pub fn is_unknown(&self, row: usize) -> bool {
        self.unknown.as_ref().is_some_and(|mask| mask[row])
    }

    /// The smallest and largest known value; `None` if none is known.
    #[must_use]
    pub fn min_max(&self) -> Option<(u64, u64)> {
        fn of<V: Copy + Ord + Into<u64>>(values: &[V]) -> Option<(u64, u64)> {
            let first = *values.first()?;
            let widen = |(least, most): (V, V), value: &V| (least.min(*value), most.max(*value));
            let (least, most) = values.iter().fold((first, first), widen);
            Some((least.into(), most.into()))
        }
        if self.unknown.is_some() {
            let known = (0..self.len()).filter_map(|row| self.get(row));
            return known.fold(None, |range: Option<(u64, u64)>, value| {
                Some(
                    range.map_or((value, value), |(least, most)| {
                        (least.min(value), most.max(value))
                    }),
                )
            });
        }
        match &self.values {
            Values::U8(values) => of(values),
            Values::U16(values) => of(values),
            Values::U32(values) => of(values),
            Values::U64(values) => of(values),
        }
    }

    /// The value that all rows have, if they are equal; `Some(None)` if all are unknown.
    #[must_use]
    pub fn constant(&self) -> Option<Option<u64>> {
        match self.n_unknown() {
            0 => self.min_max().filter(|(least, most)| least == most).map(|(value, _)| Some(value)),
            n_unknown => (n_unknown == self.len() as u64).then_some(None),
        }
    }

    /// The value of a row, widened; `None` if it is unknown.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<u64> {
        if self.unknown.as_ref().is_some_and(|mask| mask[row]) {
            return None;
        }
        Some(match &self.values {
            Values::U8(values) => values[row].into(),
            Values::U16(values) => values[row].into(),
            Values::U32(values) => values[row].into(),
            Values::U64(values) => values[row],
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "the column is as wide as its field")]
    #[inline]
    pub(crate) fn push(&mut self, value: Option<u64>) {
        match &mut self.unknown {
            Some(mask) => mask.push(value.is_none()),
            None if value.is_some() => {}
            None => {
                let mut mask = vec![false; self.len()];
                mask.push(true);
                self.unknown = Some(mask);
            }
        }
        let value = value.unwrap_or(0);
        match &mut self.values {
            Values::U8(values) => values.push(value as u8),
            Values::U16(values) => values.push(value as u16),
            Values::U32(values) => values.push(value as u32),
            Values::U64(values) => values.push(value),
        }
    }

    /// Appends a range of rows of another column of this field.
    pub(crate) fn append(&mut self, other: &Self, rows: Range<usize>) {
        if let Some(unknown) = &other.unknown {
            let before = self.len();
            self.unknown
                .get_or_insert_with(|| vec![false; before])
                .extend_from_slice(&unknown[rows.clone()]);
        } else if let Some(mask) = &mut self.unknown {
            mask.resize(mask.len() + rows.len(), false);
        }
        match (&mut self.values, &other.values) {
            (Values::U8(values), Values::U8(more)) => values.extend_from_slice(&more[rows]),
            (Values::U16(values), Values::U16(more)) => values.extend_from_slice(&more[rows]),
            (Values::U32(values), Values::U32(more)) => values.extend_from_slice(&more[rows]),
            (Values::U64(values), Values::U64(more)) => values.extend_from_slice(&more[rows]),
            _ => unreachable!("columns of one field have one width"),
        }
    }

    pub(crate) fn select(&mut self, rows: &[u32]) {
        match &mut self.values {
            Values::U8(values) => select(values, rows),
            Values::U16(values) => select(values, rows),
            Values::U32(values) => select(values, rows),
            Values::U64(values) => select(values, rows),
        }
        if let Some(mask) = &mut self.unknown {
            select(mask, rows);
        }
    }
}

/// Writes the indices of the rows whose flag is true to the front of `rows`; the
/// result is how many they are.
///
/// Without a branch per row, since which rows match a filter is hard to predict.
/// Eight consecutive rows that do not match are skipped at once.
pub(crate) fn rows_where(keep: &[bool], rows: &mut Vec<u32>) -> usize {
    rows.resize(keep.len(), 0);
    let mut n_rows = 0;
    let mut take = |row: usize, keep: bool| {
        #[expect(clippy::cast_possible_truncation, reason = "a batch has fewer rows")]
        let index = row as u32;
        rows[n_rows] = index;
        n_rows += usize::from(keep);
    };
    let (eights, rest) = keep.as_chunks::<8>();
    for (eight, flags) in eights.iter().enumerate() {
        if *flags != [false; 8] {
            for (bit, keep) in flags.iter().enumerate() {
                take(eight * 8 + bit, *keep);
            }
        }
    }
    for (bit, keep) in rest.iter().enumerate() {
        take(eights.len() * 8 + bit, *keep);
    }
    n_rows
}

/// Keeps the values at these rows, which are in ascending order.
pub(crate) fn select<T: Copy>(values: &mut Vec<T>, rows: &[u32]) {
    for (to, row) in rows.iter().enumerate() {
        values[to] = values[*row as usize];
    }
    values.truncate(rows.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_whose_flag_is_true() {
        for n in [0, 1, 7, 8, 9, 40, 1000] {
            for step in [1, 2, 3, 9, 50] {
                let keep: Vec<bool> = (0..n).map(|row| row % step == step / 2).collect();
                let rows: Vec<u32> = (0..n).filter(|row| row % step == step / 2).collect();
                let mut found = vec![7; 20];
                let n_rows = rows_where(&keep, &mut found);
                assert_eq!(found[..n_rows], rows, "{n} {step}");
            }
        }
    }

    #[test]
    fn min_max_and_constants_are_of_known_values() {
        let column = |values: &[u16], unknown: Option<&[bool]>| Column {
            values: Values::U16(values.to_vec()),
            unknown: unknown.map(<[bool]>::to_vec),
        };
        for (column, min_max, constant) in [
            (column(&[], None), None, None),
            (column(&[7, 7], None), Some((7, 7)), Some(Some(7))),
            (column(&[7, 9, 8], None), Some((7, 9)), None),
            (column(&[0, 9], Some(&[true, false])), Some((9, 9)), None),
            (column(&[0, 0], Some(&[true, true])), None, Some(None)),
        ] {
            assert_eq!((column.min_max(), column.constant()), (min_max, constant), "{column:?}");
        }
    }
}

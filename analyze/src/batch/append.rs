//! Appends flows, one or many at once, column by column: the width of a column is then
//! matched once for all of them, not once for each value.

use flowkit_model::{FIELDS, FieldId, FlowRecord, Kind, Row};

use super::{Batch, Column, FieldSet, Values};

impl Batch {
    /// Appends a flow.
    pub fn push(&mut self, flow: &FlowRecord) {
        self.push_row(&Row::of(flow));
    }

    /// Appends a flow that is given as a row.
    pub fn push_row(&mut self, row: &Row<'_>) {
        self.rows += 1;
        for (field, column) in FIELDS.iter().zip(&mut self.columns) {
            let Some(column) = column else { continue };
            let (cache, dictionary) = (&mut self.code_cache, &self.dictionary);
            column.push(match field.kind {
                Kind::Text => row.text(field.id).map(|text| cache.code(text, dictionary).into()),
                Kind::Address => row
                    .address(field.id)
                    .map(|address| cache.address_code(address, dictionary).into()),
                _ => row.number(field.id),
            });
        }
    }

    /// Appends flows, in their order.
    pub(crate) fn push_rows(&mut self, rows: &[Row<'_>]) {
        if rows.is_empty() {
            return;
        }
        self.rows += rows.len();
        let known = FieldSet(rows.iter().fold(u64::MAX, |all, row| all & row.known()));
        let some = FieldSet(rows.iter().fold(0, |some, row| some | row.known()));
        for (field, column) in FIELDS.iter().zip(&mut self.columns) {
            let Some(column) = column else { continue };
            if !some.contains(field.id) {
                // Flows of version 5 have none of a third of the fields.
                column.append(&Column::unknown(field.id, rows.len()), 0..rows.len());
                continue;
            }
            column.extend_mask(rows, field.id, known.contains(field.id));
            if field.kind == Kind::Address {
                let (cache, dictionary) = (&mut self.code_cache, &self.dictionary);
                column.extend(rows, |row| {
                    let code = |address| cache.address_code(address, dictionary).into();
                    row.address(field.id).map_or(0, code)
                });
            } else if field.kind == Kind::Text {
                // Consecutive flows mostly have equal texts.
                let mut before = ("", 0);
                column.extend(rows, |row| {
                    let Some(text) = row.text(field.id) else { return 0 };
                    if text != before.0 {
                        before = (text, self.code_cache.code(text, &self.dictionary).into());
                    }
                    before.1
                });
            } else {
                column.extend(rows, |row| row.number(field.id).unwrap_or(0));
            }
        }
    }
}

impl Batch {
    /// Removes all flows, and keeps the memory of the columns.
    pub(crate) fn clear(&mut self) {
        self.rows = 0;
        for column in self.columns.iter_mut().flatten() {
            column.unknown = None;
            match &mut column.values {
                Values::U8(values) => values.clear(),
                Values::U16(values) => values.clear(),
                Values::U32(values) => values.clear(),
                Values::U64(values) => values.clear(),
            }
        }
    }
}

impl Column {
    /// Extends the validity mask, before the values are added.
    fn extend_mask(&mut self, rows: &[Row<'_>], field: FieldId, all_known: bool) {
        match &mut self.unknown {
            None if all_known => {}
            Some(mask) if all_known => mask.resize(mask.len() + rows.len(), false),
            unknown => {
                let before = self.values.len();
                let mask = unknown.get_or_insert_with(|| vec![false; before]);
                mask.extend(rows.iter().map(|row| !FieldSet(row.known()).contains(field)));
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the column is as wide as its field")]
    fn extend<'r, 't: 'r>(&mut self, rows: &'r [Row<'t>], value: impl FnMut(&'r Row<'t>) -> u64) {
        let new = rows.iter().map(value);
        match &mut self.values {
            Values::U8(values) => values.extend(new.map(|value| value as u8)),
            Values::U16(values) => values.extend(new.map(|value| value as u16)),
            Values::U32(values) => values.extend(new.map(|value| value as u32)),
            Values::U64(values) => values.extend(new),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flowkit_model::Address;

    use super::*;
    use crate::batch::dictionary::Dictionary;

    /// Rows with every field known here and there, in pieces of several lengths.
    #[test]
    fn many_rows_at_once_equal_one_after_the_other() {
        let texts: Vec<String> = (0..4).map(|n| "r".repeat(n)).collect();
        let rows: Vec<Row<'_>> = (0..70_u64)
            .map(|n| {
                let mut row = Row::default();
                for field in FIELDS {
                    let place = field.id as u64;
                    if (n / (1 + place % 7)) % 3 == 1 && place > 2 {
                        continue;
                    }
                    // Only the last flows have what version 5 lacks.
                    if field.is_of_templates() && n < 40 {
                        continue;
                    }
                    let most = u64::try_from(field.most()).unwrap_or(u64::MAX);
                    let value = n * 0x0123_4567_89ab_cdef;
                    match field.kind {
                        Kind::Text => row.set_text(field.id, &texts[(n / 3 % 4) as usize]),
                        Kind::Address => {
                            let shift = [0, 32, 64][(n % 3) as usize];
                            let address = Address::from_number(u128::from(value) << shift >> 28);
                            row.set_address(field.id, address);
                        }
                        _ => row.set(field.id, value & most),
                    }
                }
                row
            })
            .collect();
        for fields in [FieldSet::all(), [FieldId::Bytes, FieldId::Exporter].into_iter().collect()] {
            for piece in [1, 2, 31, 70] {
                let dictionary = Arc::new(Dictionary::default());
                let mut expected = Batch::new(fields, 0, Arc::clone(&dictionary));
                let mut batch = Batch::new(fields, 0, Arc::clone(&dictionary));
                for row in &rows {
                    expected.push_row(row);
                }
                for rows in rows.chunks(piece) {
                    batch.push_rows(rows);
                }
                batch.push_rows(&[]);
                assert_eq!(batch.rows(), 70);
                assert!(batch.columns().eq(expected.columns()), "{piece}");
            }
        }
    }
}

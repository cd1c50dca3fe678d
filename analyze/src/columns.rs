//! A batch of flows as columns: what statistics run on.
//!
//! One vector of plain values per field, in the field's own width, and a mask
//! of the rows where it is unknown. An unknown value is stored as 0, so sums
//! need no mask.

use std::ops::Range;
use std::sync::Arc;

use flowkit_model::{FIELDS, FieldId, FlowRecord, Kind, Row};
use hashbrown::HashMap;

use crate::dictionary::{Dictionary, Recent};
use crate::export::ADDRESSES;

mod coded;
mod push;
pub use coded::Coded;

/// Rows a batch has when one is cut from a long block.
pub const BATCH_ROWS: usize = 65_536;

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u64);

impl FieldSet {
    /// Every field.
    #[must_use]
    pub fn all() -> Self {
        FIELDS.iter().map(|field| field.id).collect()
    }

    /// Whether a field is in the set.
    #[must_use]
    pub fn contains(self, field: FieldId) -> bool {
        self.0 & Self::bit(field) != 0
    }

    /// The fields, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = FieldId> {
        FIELDS.iter().map(|field| field.id).filter(move |field| self.contains(*field))
    }

    /// Both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn bit(field: FieldId) -> u64 {
        1 << field as u64
    }
}

impl FromIterator<FieldId> for FieldSet {
    fn from_iter<I: IntoIterator<Item = FieldId>>(fields: I) -> Self {
        Self(fields.into_iter().fold(0, |set, field| set | Self::bit(field)))
    }
}

/// Values of one field, one per flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Up to 8 bits.
    U8(Vec<u8>),
    /// Up to 16 bits.
    U16(Vec<u16>),
    /// Up to 32 bits; for text, its number in the batch's dictionary.
    U32(Vec<u32>),
    /// Up to 64 bits.
    U64(Vec<u64>),
}

impl Values {
    /// How many there are.
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
    fn for_field(field: FieldId, rows: usize) -> Self {
        let values = match field.field().bits() {
            Some(0..=8) => Values::U8(Vec::with_capacity(rows)),
            Some(9..=16) => Values::U16(Vec::with_capacity(rows)),
            None | Some(17..=32) => Values::U32(Vec::with_capacity(rows)),
            Some(_) => Values::U64(Vec::with_capacity(rows)),
        };
        Self { values, unknown: None }
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
    pub fn bounds(&self) -> Option<(u64, u64)> {
        fn of<V: Copy + Ord + Into<u64>>(values: &[V]) -> Option<(u64, u64)> {
            let first = *values.first()?;
            let widen = |(least, most): (V, V), value: &V| (least.min(*value), most.max(*value));
            let (least, most) = values.iter().fold((first, first), widen);
            Some((least.into(), most.into()))
        }
        if self.unknown.is_some() {
            let known = || (0..self.len()).filter_map(|row| self.get(row));
            return known().min().zip(known().max());
        }
        match &self.values {
            Values::U8(values) => of(values),
            Values::U16(values) => of(values),
            Values::U32(values) => of(values),
            Values::U64(values) => of(values),
        }
    }

    /// The value that all rows have, if they have one; unknown is one, too.
    #[must_use]
    pub fn constant(&self) -> Option<Option<u64>> {
        match self.n_unknown() {
            0 => self.bounds().filter(|(least, most)| least == most).map(|(value, _)| Some(value)),
            n_unknown => (n_unknown == self.len() as u64).then_some(None),
        }
    }

    /// A row's value, widened.
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
    fn push(&mut self, value: Option<u64>) {
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

    /// Adds some rows of another column of the same field.
    fn append(&mut self, other: &Self, rows: Range<usize>) {
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

    fn select(&mut self, rows: &[u32]) {
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

/// The numbers of the rows whose flag is true, found without a branch for each:
/// which rows a filter means is hard to foretell.
fn rows_of(keep: &[bool]) -> Vec<u32> {
    let mut rows = vec![0; keep.len()];
    let mut n_rows = 0;
    for (row, keep) in (0..).zip(keep) {
        rows[n_rows] = row;
        n_rows += usize::from(*keep);
    }
    rows.truncate(n_rows);
    rows
}

/// Keeps the values of some rows, in ascending order.
fn select<T: Copy>(values: &mut Vec<T>, rows: &[u32]) {
    for (place, row) in rows.iter().enumerate() {
        values[place] = values[*row as usize];
    }
    values.truncate(rows.len());
}

/// Flows as columns.
#[derive(Clone, Debug)]
pub struct Batch {
    rows: usize,
    columns: Vec<Option<Column>>,
    /// A field that is there by places in a list, and has no column.
    coded: Option<(FieldId, Coded)>,
    dictionary: Arc<Dictionary>,
    recent: Recent,
}

impl Batch {
    /// An empty batch that will have these fields.
    #[must_use]
    pub fn new(fields: FieldSet, rows: usize, dictionary: Arc<Dictionary>) -> Self {
        let columns = FIELDS
            .iter()
            .map(|field| fields.contains(field.id).then(|| Column::for_field(field.id, rows)))
            .collect();
        Self { rows: 0, columns, coded: None, dictionary, recent: Recent::default() }
    }

    /// A batch of columns that are there already.
    pub(crate) fn of_columns(
        rows: usize,
        columns: impl IntoIterator<Item = (FieldId, Column)>,
        dictionary: Arc<Dictionary>,
    ) -> Self {
        let mut batch = Self {
            rows,
            columns: vec![None; FIELDS.len()],
            coded: None,
            dictionary,
            recent: Recent::default(),
        };
        for (field, column) in columns {
            batch.columns[field as usize] = Some(column);
        }
        batch
    }

    /// Number of flows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The texts that the numbers of text columns stand for.
    #[must_use]
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// The same, to be kept.
    #[cfg(test)]
    pub(crate) fn shared_dictionary(&self) -> &Arc<Dictionary> {
        &self.dictionary
    }

    /// The column of a field.
    ///
    /// # Panics
    /// If the batch was made without it: a statistic must name the fields it
    /// reads.
    #[must_use]
    pub fn column(&self, field: FieldId) -> &Column {
        self.columns[field as usize].as_ref().expect("a statistic names the fields that it reads")
    }

    /// The field that is there by places in a list of values: the one that a
    /// statistic asked for so ([`Statistic::coded`](crate::stats::Statistic::coded)),
    /// if the file has it so. Such a field has no column.
    #[must_use]
    pub fn coded(&self) -> Option<(FieldId, &Coded)> {
        self.coded.as_ref().map(|(field, coded)| (*field, coded))
    }

    /// The same batch with a field by places.
    pub(crate) fn with_coded(self, coded: Option<(FieldId, Coded)>) -> Self {
        Self { coded, ..self }
    }

    /// Its columns, and the field by places.
    pub(crate) fn into_parts(self) -> (impl Iterator<Item = Column>, Option<Coded>) {
        (self.columns.into_iter().flatten(), self.coded.map(|(_, coded)| coded))
    }

    /// Makes a column of the field that is there by places.
    pub fn uncode(&mut self) {
        if let Some((field, coded)) = self.coded.take() {
            self.columns[field as usize] = Some(coded.to_column());
        }
    }

    /// Every column there is, with its field.
    pub fn columns(&self) -> impl Iterator<Item = (FieldId, &Column)> {
        FIELDS
            .iter()
            .zip(&self.columns)
            .filter_map(|(field, column)| Some((field.id, column.as_ref()?)))
    }

    /// Counters of a field, one per flow, 0 where unknown.
    ///
    /// # Panics
    /// If the field is no counter, or the batch was made without it.
    #[must_use]
    pub fn counters(&self, field: FieldId) -> &[u64] {
        match &self.column(field).values {
            Values::U64(values) => values,
            _ => panic!("{field:?} is no counter"),
        }
    }

    /// Adds a flow.
    pub fn push(&mut self, flow: &FlowRecord) {
        self.push_row(&Row::of(flow));
    }

    /// Adds a flow.
    pub fn push_row(&mut self, row: &Row<'_>) {
        self.rows += 1;
        for (field, column) in FIELDS.iter().zip(&mut self.columns) {
            let Some(column) = column else { continue };
            column.push(if field.kind == Kind::Text {
                let code = |text| self.recent.code(text, &self.dictionary).into();
                row.text(field.id).map(code)
            } else {
                row.number(field.id)
            });
        }
    }

    /// A row; `texts` are the dictionary's. What has no column is unknown.
    pub(crate) fn row<'t>(&self, row: usize, texts: &'t [String]) -> Row<'t> {
        let mut values = Row::default();
        for (field, column) in self.columns() {
            match column.get(row) {
                None => {}
                Some(value) if field.field().kind == Kind::Text => {
                    let text = usize::try_from(value).ok().and_then(|code| texts.get(code));
                    if let Some(text) = text {
                        values.set_text(field, text);
                    }
                }
                Some(value) => values.set(field, value),
            }
        }
        values
    }

    /// Replaces addresses of hosts and exporters.
    pub(crate) fn map_addresses(
        &mut self,
        address: impl Fn(u32) -> u32,
        text: impl Fn(&str) -> Option<String>,
    ) {
        for field in ADDRESSES {
            let Some(column) = &mut self.columns[field as usize] else { continue };
            let unknown = column.unknown.as_deref();
            let Values::U32(values) = &mut column.values else { continue };
            for (row, value) in values.iter_mut().enumerate() {
                let is_none = field == FieldId::NextHop && *value == 0;
                if !is_none && !unknown.is_some_and(|unknown| unknown[row]) {
                    *value = address(*value);
                }
            }
        }
        let rows = self.rows;
        let Some(column) = &mut self.columns[FieldId::Exporter as usize] else { return };
        let texts = self.dictionary.texts();
        let mut known = HashMap::new();
        let mut hidden = Column::for_field(FieldId::Exporter, rows);
        for row in 0..rows {
            let code = column.get(row).and_then(|code| {
                *known.entry(code).or_insert_with(|| {
                    let text = text(texts.get(usize::try_from(code).ok()?)?)?;
                    Some(u64::from(self.dictionary.code(&text)))
                })
            });
            hidden.push(code);
        }
        *column = hidden;
    }

    /// Makes all values of some fields unknown.
    pub(crate) fn forget(&mut self, fields: &[FieldId]) {
        for field in fields {
            let rows = self.rows;
            if let Some(column) = &mut self.columns[*field as usize] {
                *column = Column::for_field(*field, rows);
                (0..rows).for_each(|_| column.push(None));
            }
        }
    }

    /// Adds some rows of another batch of the same fields and dictionary.
    pub(crate) fn append(&mut self, other: &Self, rows: Range<usize>) {
        self.rows += rows.len();
        for (column, more) in self.columns.iter_mut().zip(&other.columns) {
            if let (Some(column), Some(more)) = (column, more) {
                column.append(more, rows.clone());
            }
        }
    }

    /// Changes the known values of a field of times or counters, given another
    /// field's value in the same row.
    ///
    /// # Panics
    /// If the batch was made without one of them, or the first is narrower.
    pub fn change(
        &mut self,
        field: FieldId,
        other: FieldId,
        change: impl Fn(u64, Option<u64>) -> u64,
    ) {
        let known: Vec<Option<u64>> =
            (0..self.rows).map(|row| self.column(other).get(row)).collect();
        let column = self.columns[field as usize].as_mut().expect("the batch has the field");
        let Values::U64(values) = &mut column.values else { panic!("{field:?} is narrow") };
        for (row, (value, known)) in values.iter_mut().zip(known).enumerate() {
            if column.unknown.as_ref().is_none_or(|unknown| !unknown[row]) {
                *value = change(*value, known);
            }
        }
    }

    /// Keeps the rows whose flag is true.
    ///
    /// # Panics
    /// If there is not one flag per row.
    pub fn retain(&mut self, keep: &[bool]) {
        assert_eq!(keep.len(), self.rows, "one flag per row");
        let rows = rows_of(keep);
        self.rows = rows.len();
        for column in self.columns.iter_mut().flatten() {
            column.select(&rows);
        }
        if let Some((_, coded)) = &mut self.coded {
            coded.select(&rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::field::Access;

    use super::*;

    fn flows() -> Vec<FlowRecord> {
        (0..5_u16)
            .map(|n| FlowRecord {
                dst_port: (n != 2).then_some(n),
                bytes: (n != 3).then_some(u64::MAX - u64::from(n)),
                exporter: (n > 0).then(|| format!("r{}", n % 2)),
                protocol: Some(6),
                ..FlowRecord::default()
            })
            .collect()
    }

    fn batch(flows: &[FlowRecord]) -> Batch {
        let all = FIELDS.iter().map(|field| field.id).collect();
        let mut batch = Batch::new(all, 0, Arc::default());
        for flow in flows {
            batch.push(flow);
        }
        batch
    }

    /// Every field of every row is what the record says, also after rows went.
    #[test]
    fn columns_hold_what_the_records_held() {
        let mut flows = flows();
        let mut batch = batch(&flows);
        for keep in [vec![true; 5], vec![true, false, true, true, false], vec![false; 3]] {
            batch.retain(&keep);
            let mut flag = keep.iter();
            flows.retain(|_| *flag.next().unwrap());
            assert_eq!(batch.rows(), flows.len());
            let texts = batch.dictionary.texts();
            for (row, flow) in flows.iter().enumerate() {
                for field in FIELDS {
                    let value = batch.column(field.id).get(row);
                    match field.access {
                        Access::Number { read, .. } => {
                            assert_eq!(value, read(flow), "{}", field.name);
                        }
                        Access::Text { read, .. } => {
                            let text = value.map(|code| &*texts[usize::try_from(code).unwrap()]);
                            assert_eq!(text, read(flow));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn bounds_and_constants_are_of_known_values() {
        let column = |values: &[u16], unknown: Option<&[bool]>| Column {
            values: Values::U16(values.to_vec()),
            unknown: unknown.map(<[bool]>::to_vec),
        };
        for (column, bounds, constant) in [
            (column(&[], None), None, None),
            (column(&[7, 7], None), Some((7, 7)), Some(Some(7))),
            (column(&[7, 9, 8], None), Some((7, 9)), None),
            (column(&[0, 9], Some(&[true, false])), Some((9, 9)), None),
            (column(&[0, 0], Some(&[true, true])), None, Some(None)),
        ] {
            assert_eq!((column.bounds(), column.constant()), (bounds, constant), "{column:?}");
        }
    }

    #[test]
    fn unknown_is_counted_and_stored_as_zero() {
        let batch = batch(&flows());
        assert_eq!(batch.column(FieldId::DstPort).n_unknown(), 1);
        assert_eq!(batch.column(FieldId::SrcPort).n_unknown(), 5);
        assert_eq!(batch.column(FieldId::Protocol).unknown, None);
        assert_eq!(batch.counters(FieldId::Bytes)[3], 0);
    }
}

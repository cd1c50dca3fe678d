//! Record batches: flows as columns, which statistics run on.
//!
//! One vector of plain values per field, in the field's own width, and a validity
//! mask that is true where the value is unknown. An unknown value is stored as 0,
//! so sums need no mask. Fields that a file stores dictionary-encoded may stay so.

use std::ops::Range;
use std::sync::Arc;

use flowkit_model::names::Adaptation;
use flowkit_model::{FIELDS, FieldId, Kind, Row};

use self::dictionary::{CodeCache, Codebook, Dictionary};

pub(crate) mod append;
pub(crate) mod column;
pub(crate) mod dictionary;
pub(crate) mod dictionary_column;
pub(crate) mod field_set;
pub(crate) mod icmp;
mod rates;
mod wide;
pub use self::column::{Column, Values};
pub(crate) use self::column::{rows_where, select};
pub(crate) use self::dictionary_column::DictionaryColumn;
pub use self::field_set::FieldSet;
pub(crate) use self::rates::Rates;
pub(crate) use self::wide::Wide;

/// Flows as columns.
#[derive(Clone, Debug)]
pub struct Batch {
    rows: usize,
    columns: Vec<Option<Column>>,
    /// Fields that are dictionary-encoded, and have no plain column.
    dictionary_columns: Vec<(FieldId, DictionaryColumn)>,
    dictionary: Arc<Dictionary>,
    code_cache: CodeCache,
    /// What scaled counters have beyond 64 bits; `None` if all fit.
    wide: Option<Box<Wide>>,
}

impl Batch {
    /// An empty batch that will have these fields.
    #[must_use]
    pub fn new(fields: FieldSet, rows: usize, dictionary: Arc<Dictionary>) -> Self {
        let columns = FIELDS
            .iter()
            .map(|field| fields.contains(field.id).then(|| Column::for_field(field.id, rows)))
            .collect();
        Self {
            rows: 0,
            columns,
            dictionary_columns: Vec::new(),
            dictionary,
            code_cache: CodeCache::default(),
            wide: None,
        }
    }

    /// A batch of these columns.
    pub(crate) fn of_columns(
        rows: usize,
        columns: impl IntoIterator<Item = (FieldId, Column)>,
        dictionary: Arc<Dictionary>,
    ) -> Self {
        let mut batch = Self {
            rows,
            columns: vec![None; FIELDS.len()],
            dictionary_columns: Vec::new(),
            dictionary,
            code_cache: CodeCache::default(),
            wide: None,
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

    /// The dictionary of texts and addresses.
    #[must_use]
    pub fn dictionary(&self) -> &Arc<Dictionary> {
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

    /// The column of a field that only NetFlow v9 and IPFIX have; `None` if the batch is
    /// of a file of version 5, which has none.
    #[must_use]
    pub(crate) fn column_if_any(&self, field: FieldId) -> Option<&Column> {
        self.columns[field as usize].as_ref()
    }

    /// A field that is dictionary-encoded: one that a statistic
    /// ([`dictionary_key`](crate::stats::Statistic::dictionary_key)) or a filter
    /// accepts so, and that the file stores so. Such a field has no plain column.
    #[must_use]
    pub fn dictionary_column(&self, field: FieldId) -> Option<&DictionaryColumn> {
        self.dictionary_columns.iter().find(|(other, _)| *other == field).map(|(_, column)| column)
    }

    /// Every field that is dictionary-encoded.
    pub(crate) fn dictionary_columns(&self) -> impl Iterator<Item = (FieldId, &DictionaryColumn)> {
        self.dictionary_columns.iter().map(|(field, column)| (*field, column))
    }

    /// This batch with dictionary-encoded fields.
    pub(crate) fn with_dictionary_columns(
        self,
        dictionary_columns: Vec<(FieldId, DictionaryColumn)>,
    ) -> Self {
        Self { dictionary_columns, ..self }
    }

    /// This batch with the columns of another batch of these flows.
    pub(crate) fn and(mut self, other: Self) -> Self {
        for (own, column) in self.columns.iter_mut().zip(other.columns) {
            if column.is_some() {
                *own = column;
            }
        }
        self.dictionary_columns.extend(other.dictionary_columns);
        self
    }

    /// Its plain columns, and its dictionary-encoded ones.
    pub(crate) fn into_parts(
        self,
    ) -> (impl Iterator<Item = Column>, impl Iterator<Item = DictionaryColumn>) {
        (
            self.columns.into_iter().flatten(),
            self.dictionary_columns.into_iter().map(|(_, column)| column),
        )
    }

    /// Makes a plain column of a field that is dictionary-encoded.
    pub fn materialise(&mut self, field: FieldId) {
        if let Some(at) = self.dictionary_columns.iter().position(|(other, _)| *other == field) {
            let (_, column) = self.dictionary_columns.swap_remove(at);
            self.columns[field as usize] = Some(column.to_column());
        }
    }

    /// Every plain column, with its field.
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

    /// Multiplies bytes and packets by the sampling interval of each flow.
    ///
    /// # Panics
    /// If the batch was made without one of the four.
    ///
    /// Where a flow states no interval, that of its exporter in `told` counts.
    pub(crate) fn scale_sampling(&mut self, told: &Rates) {
        let exporters = (!told.is_empty()).then(|| {
            let dictionary = self.dictionary_column(FieldId::Exporter);
            let column = dictionary.map(DictionaryColumn::to_column);
            let column = column.as_ref().unwrap_or_else(|| self.column(FieldId::Exporter));
            (0..self.rows).map(|row| column.get(row)).collect::<Vec<_>>()
        });
        let of_exporter = |row: usize| told.get(exporters.as_ref()?[row]?);
        let factors: Vec<u64> = {
            let column = |field| self.column(field);
            let (intervals, adapted) =
                (column(FieldId::SamplingInterval), column(FieldId::Adapted));
            // 1 where the pipeline has multiplied the counters.
            let factor = |row| match adapted.get(row).and_then(Adaptation::from_number) {
                Some(adapted) if adapted.is_scaled() => 1,
                _ => intervals.get(row).or_else(|| of_exporter(row)).unwrap_or(1).max(1),
            };
            (0..self.rows).map(factor).collect()
        };
        let mut columns = [FieldId::Bytes, FieldId::Packets]
            .map(|field| self.columns[field as usize].take().expect("the batch has the field"));
        let counters = columns.each_mut().map(|column| match &mut column.values {
            Values::U64(values) => values.as_mut_slice(),
            _ => panic!("counters have 64 bits"),
        });
        self.wide = Wide::scale(counters, |row| factors[row]).map(Box::new);
        for (field, column) in [FieldId::Bytes, FieldId::Packets].into_iter().zip(columns) {
            self.columns[field as usize] = Some(column);
        }
    }

    /// What scaled counters have beyond 64 bits.
    pub(crate) fn wide(&self) -> Option<&Wide> {
        self.wide.as_deref()
    }

    /// What a flow has beyond its bytes and packets of 64 bits.
    #[inline]
    pub(crate) fn more(&self, row: usize) -> Option<[u128; 2]> {
        self.wide.as_ref().and_then(|wide| wide.of(row))
    }

    /// A row; `codes` are the dictionary's. Fields without a plain column are unknown.
    pub(crate) fn row<'t>(&self, row: usize, codes: &'t Codebook) -> Row<'t> {
        let mut values = Row::default();
        for (field, column) in self.columns() {
            let Some(value) = column.get(row) else { continue };
            match field.field().kind {
                Kind::Text => {
                    if let Some(text) = codes.text(value) {
                        values.set_text(field, text);
                    }
                }
                Kind::Address => {
                    if let Some(address) = codes.address(value) {
                        values.set_address(field, address);
                    }
                }
                _ => values.set(field, value),
            }
        }
        values
    }

    /// Adds a column, or changes it.
    pub(crate) fn set_column(&mut self, field: FieldId, column: Column) {
        self.columns[field as usize] = Some(column);
    }

    /// A column to be changed; `None` if the batch does not have it.
    pub(crate) fn column_mut(&mut self, field: FieldId) -> Option<&mut Column> {
        self.columns[field as usize].as_mut()
    }

    /// Appends a range of rows of another batch, which must have these fields and this
    /// dictionary.
    pub(crate) fn append(&mut self, other: &Self, rows: Range<usize>) {
        self.rows += rows.len();
        for (column, more) in self.columns.iter_mut().zip(&other.columns) {
            if let (Some(column), Some(more)) = (column, more) {
                column.append(more, rows.clone());
            }
        }
    }

    /// Changes the known values of a field of times or counters, given the row.
    ///
    /// # Panics
    /// If the batch was made without it, or it is narrower.
    pub fn change_rows(&mut self, field: FieldId, change: impl Fn(usize, u64) -> u64) {
        let column = self.columns[field as usize].as_mut().expect("the batch has the field");
        let Values::U64(values) = &mut column.values else { panic!("{field:?} is narrow") };
        for (row, value) in values.iter_mut().enumerate() {
            if column.unknown.as_ref().is_none_or(|unknown| !unknown[row]) {
                *value = change(row, *value);
            }
        }
    }

    /// Keeps the rows whose flag is true.
    ///
    /// # Panics
    /// If there is not one flag per row.
    pub fn retain(&mut self, keep: &[bool]) {
        assert_eq!(keep.len(), self.rows, "one flag per row");
        let mut rows = Vec::new();
        let n_rows = rows_where(keep, &mut rows);
        self.select(&rows[..n_rows]);
    }

    /// Keeps these rows, which are in ascending order.
    fn select(&mut self, rows: &[u32]) {
        self.wide = self.wide.take().and_then(|wide| wide.select(rows)).map(Box::new);
        self.pick(rows.len(), |column, codes| match (column, codes) {
            (Some(column), _) => column.select(rows),
            (None, Some(codes)) => select(codes, rows),
            (None, None) => {}
        });
    }

    /// Calls `pick` with each plain column and with the codes of each dictionary-encoded
    /// one, to cut it down to `rows` rows.
    pub(crate) fn pick(
        &mut self,
        rows: usize,
        mut pick: impl FnMut(Option<&mut Column>, Option<&mut Vec<u32>>),
    ) {
        self.rows = rows;
        self.columns.iter_mut().flatten().for_each(|column| pick(Some(column), None));
        self.dictionary_columns
            .iter_mut()
            .for_each(|(_, column)| pick(None, Some(column.codes_mut())));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use flowkit_model::FlowRecord;
    use flowkit_model::field::Access;

    use super::*;

    fn flows() -> Vec<FlowRecord> {
        let addresses = ["10.0.0.1", "255.255.255.255", "::", "2001:db8::1", "240.0.0.0"];
        (0..5_u16)
            .map(|n| FlowRecord {
                src_addr: addresses[usize::from(n)].parse().ok(),
                dst_addr: addresses[usize::from(4 - n)].parse().ok().filter(|_| n != 1),
                direction: (n % 2 == 0).then_some(1),
                dst_port: (n != 2).then_some(n),
                bytes: (n != 3).then_some(u64::MAX - u64::from(n)),
                exporter: (n > 0).then(|| format!("r{}", n % 2)),
                protocol: Some(6),
                ..FlowRecord::default()
            })
            .collect()
    }

    /// All fields of some flows.
    pub(crate) fn batch(flows: &[FlowRecord]) -> Batch {
        let all = FIELDS.iter().map(|field| field.id).collect();
        let mut batch = Batch::new(all, 0, Arc::default());
        for flow in flows {
            batch.push(flow);
        }
        batch
    }

    /// Every field of every row is that of the record, also after rows were removed.
    #[test]
    fn columns_hold_what_the_records_held() {
        let mut flows = flows();
        let mut batch = batch(&flows);
        for keep in [vec![true; 5], vec![true, false, true, true, false], vec![false; 3]] {
            batch.retain(&keep);
            let mut flag = keep.iter();
            flows.retain(|_| *flag.next().unwrap());
            assert_eq!(batch.rows(), flows.len());
            let codes = batch.dictionary.codebook();
            for (row, flow) in flows.iter().enumerate() {
                for field in FIELDS {
                    let value = batch.column(field.id).get(row);
                    match field.access {
                        Access::Number { read, .. } | Access::Worked { read, .. } => {
                            assert_eq!(value, read(flow), "{}", field.name);
                        }
                        Access::Address { read, .. } => {
                            let address = value.map(|code| codes.address(code).unwrap());
                            assert_eq!(address, read(flow), "{}", field.name);
                        }
                        Access::Text { read, .. } => {
                            let text = value.map(|code| codes.text(code).unwrap());
                            assert_eq!(text, read(flow));
                        }
                    }
                }
            }
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

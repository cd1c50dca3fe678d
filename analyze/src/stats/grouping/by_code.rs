//! Grouping by one dictionary-encoded field: flows are aggregated by code, and the
//! group of each dictionary value is looked up once per row group.

use std::sync::Arc;

use flowkit_model::question::Key;
use flowkit_model::{FieldId, Row};

use super::accumulators::Accumulators;
use super::with_protocols::FromCode;
use super::{GroupBy, Groups, Tables};
use crate::batch::{Batch, Column, DictionaryColumn, FieldSet};
use crate::group::dictionary_sums::{CodeSums, CodedFlows, Codes};
use crate::group::table::Table;
use crate::statistic::Statistic;

impl GroupBy {
    /// The field that is accepted dictionary-encoded: that of the only key, if nothing
    /// but bytes, packets and flows is accumulated.
    pub(super) fn dictionary_field(&self) -> Option<FieldId> {
        match &*self.question.keys {
            [Key::Field(field) | Key::Network(field, _)]
                if self.accumulators == Accumulators::Plain
                    && self.counted.is_empty()
                    && self.distributions.is_empty()
                    && !self.question.with_ports_only
                    && !matches!(field, FieldId::Bytes | FieldId::Packets) =>
            {
                Some(*field)
            }
            _ => None,
        }
    }

    pub(super) fn add_dictionary_column(
        &self,
        groups: &mut Groups,
        batch: &Batch,
        field: FieldId,
        keys: &DictionaryColumn,
    ) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let protocols = self.question.needs_protocols().then(|| batch.column(FieldId::Protocol));
        let flows = CodedFlows { keys, bytes, packets, protocols };
        let is_wide = batch.wide().is_some();
        if !is_wide && groups.dictionary_sums.add(&flows) {
            return;
        }
        // Another row group, or sums that might overflow.
        self.finish_row_group_codes(groups);
        if is_wide || !groups.dictionary_sums.add(&flows) {
            let mut batch = batch.clone();
            batch.materialise(field);
            self.add(groups, &batch);
        }
    }

    /// Moves the sums of the codes of a row group into the table.
    pub(super) fn finish_row_group_codes(&self, groups: &mut Groups) {
        let Groups { tables, dictionary_sums, .. } = groups;
        match tables {
            Tables::Plain(table) => {
                dictionary_sums.finish_row_group(|codes| self.add_values(table, &codes));
            }
            Tables::PlainWithProtocols(table) => {
                dictionary_sums.finish_row_group(|codes| self.add_values(table, &codes));
            }
            _ => {}
        }
    }

    /// Moves all sums by code into the table.
    pub(super) fn finish_codes(&self, groups: &mut Groups) {
        let Groups { tables, dictionary_sums, .. } = groups;
        match tables {
            Tables::Plain(table) => dictionary_sums.finish(|codes| self.add_values(table, &codes)),
            Tables::PlainWithProtocols(table) => {
                dictionary_sums.finish(|codes| self.add_values(table, &codes));
            }
            _ => {}
        }
    }

    /// Adds the sums of each dictionary value to its group.
    fn add_values<A: FromCode>(&self, table: &mut Table<A>, codes: &Codes<'_>) {
        let Some(field) = self.dictionary_field() else { return };
        let Codes { values: dictionary, known, unknown, .. } = *codes;
        let column = Column { values: dictionary.clone(), unknown: None };
        let values = Batch::of_columns(dictionary.len(), [(field, column)], Arc::default());
        let has_unused = !table.is_dense() && known.iter().any(CodeSums::is_empty);
        let used: Option<Vec<bool>> =
            has_unused.then(|| known.iter().map(|sums| !sums.is_empty()).collect());
        let key = self.keys[0].column(&values, 0);
        table.add(&[&key], used.as_deref(), |code| {
            A::of_code(known[code], || codes.protocols(code))
        });
        if !unknown.is_empty() {
            let mut none = Batch::new(FieldSet::from_iter([field]), 1, Arc::default());
            none.push_row(&Row::default());
            let key = self.keys[0].column(&none, 0);
            let protocols = codes.unknown_protocols();
            table.add(&[&key], None, |_| Err(A::of_counters(unknown.counters(), protocols)));
        }
    }
}

//! One key that a file has by places in a list of values: flows are added up by
//! place, and each value's group is looked up once a row group.

use std::sync::Arc;

use flowkit_model::question::Key;
use flowkit_model::{FieldId, Row};

use super::accumulators::Size;
use super::{GroupBy, Groups, Tables};
use crate::batch::{Batch, Coded, Column, FieldSet, Values};
use crate::group::counters::Counters;
use crate::group::dictionary_sums::Place;
use crate::group::table::Table;
use crate::statistic::Statistic;

impl GroupBy {
    /// The field that is wanted by places: that of the only dimension, if
    /// nothing but bytes, packets and flows is told of it.
    pub(super) fn coded_key(&self) -> Option<FieldId> {
        match &*self.question.keys {
            [Key::Field(field) | Key::Network(field, _)]
                if self.size == Size::Plain
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

    pub(super) fn add_coded(
        &self,
        groups: &mut Groups,
        batch: &Batch,
        field: FieldId,
        coded: &Coded,
    ) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        if groups.coded.add(coded, bytes, packets) {
            return;
        }
        // Another row group, or sums that are too large for a place.
        self.settle_codes(groups);
        if !groups.coded.add(coded, bytes, packets) {
            let mut batch = batch.clone();
            batch.uncode(field);
            self.add(groups, &batch);
        }
    }

    /// Moves what is under the places of a row group away from there.
    pub(super) fn settle_codes(&self, groups: &mut Groups) {
        let Groups { tables: Tables::Plain(table), coded, .. } = groups else { return };
        coded.take(|list, known, unknown| self.settle_list(table, list, known, unknown));
    }

    /// Moves all that was added by places into the table.
    pub(super) fn settle_all_codes(&self, groups: &mut Groups) {
        let Groups { tables: Tables::Plain(table), coded, .. } = groups else { return };
        coded.take_all(|list, known, unknown| self.settle_list(table, list, known, unknown));
    }

    fn settle_list(
        &self,
        table: &mut Table<Counters>,
        list: &Values,
        known: &[Place],
        unknown: Place,
    ) {
        let Some(field) = self.coded_key() else { return };
        let column = Column { values: list.clone(), unknown: None };
        let values = Batch::of_columns(list.len(), [(field, column)], Arc::default());
        let has_unused = !table.is_dense() && known.iter().any(Place::is_empty);
        let used: Option<Vec<bool>> =
            has_unused.then(|| known.iter().map(|place| !place.is_empty()).collect());
        let key = self.keys[0].column(&values, 0);
        table.add(&[&key], used.as_deref(), |place| known[place].record());
        if !unknown.is_empty() {
            let mut none = Batch::new(FieldSet::from_iter([field]), 1, Arc::default());
            none.push_row(&Row::default());
            let key = self.keys[0].column(&none, 0);
            table.add(&[&key], None, |_| Err(unknown.counters()));
        }
    }
}

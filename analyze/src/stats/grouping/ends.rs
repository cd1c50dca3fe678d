//! Adds up the flows of a batch under their keys at one end, or at each.

use std::borrow::Cow;

use flowkit_model::FieldId;
use flowkit_model::filter::End;
use flowkit_model::question::{Counted, Forward, Of};

use super::accumulators::{Flow, Gather, Size, Way, spread_of};
use super::keys::{is_to_service, is_upward};
use super::{GroupBy, Groups, Tables};
use crate::batch::{Batch, Column};
use crate::group::table::Table;

impl GroupBy {
    /// Which way the flows of a batch go at an end.
    fn ways(&self, batch: &Batch, end: usize, again: Option<&[bool]>) -> Vec<Way> {
        let of = |forward: &bool| if *forward { Way::Forward } else { Way::Backward };
        match (self.question.forward, again) {
            (_, Some(again)) => again
                .iter()
                .map(|again| if *again { Way::BackAgain } else { Way::Backward })
                .collect(),
            (Forward::Upward, None) => is_upward(batch).iter().map(of).collect(),
            (Forward::ToService, None) => is_to_service(batch).iter().map(of).collect(),
            (Forward::Sent, None) => vec![of(&(end == 0)); batch.rows()],
        }
    }

    /// Columns of what is counted, each to be paired with the key at an end.
    fn counted_columns(counted: Counted, batch: &Batch, end: usize) -> Vec<&Column> {
        match counted {
            Counted::Field(field) => vec![batch.column(field)],
            Counted::End(ends) => ends.fields().map(|field| batch.column(field)).into(),
            Counted::Peer => vec![batch.column(End::Address.fields()[1 - end])],
        }
    }

    /// Rows whose key is the same at both ends.
    pub(super) fn same(
        &self,
        sources: &[Cow<'_, Column>],
        destinations: &[Cow<'_, Column>],
        rows: usize,
    ) -> Vec<bool> {
        let mut same = vec![true; rows];
        let ends = self.question.keys.iter().zip(sources.iter().zip(destinations));
        for (_, (src, dst)) in ends.filter(|(key, _)| key.is_either()) {
            for (row, same) in same.iter_mut().enumerate() {
                *same &= src.get(row) == dst.get(row);
            }
        }
        same
    }

    /// Adds the flows of a batch under their keys at one end.
    pub(super) fn add_end(
        &self,
        groups: &mut Groups,
        batch: &Batch,
        keys: &[Cow<'_, Column>],
        end: usize,
        again: Option<&[bool]>,
        selected: Option<&[bool]>,
    ) {
        let columns: Vec<&Column> = keys.iter().map(AsRef::as_ref).collect();
        let place = Place { columns: &columns, batch, end, again, selected };
        match &mut groups.tables {
            Tables::Plain(table) => self.gather(table, &place),
            Tables::Directed(table) => self.gather(table, &place),
            Tables::Spanned(table) => self.gather(table, &place),
        }
    }

    fn gather<A: Gather>(&self, table: &mut Table<A>, place: &Place<'_>) {
        let Place { columns, batch, end, again, selected } = *place;
        // A flow whose ends are the same is there once, but for what went each way.
        let once: Option<Vec<bool>> = again.map(|again| {
            let selected = |row: usize| selected.is_none_or(|selected| selected[row]);
            again.iter().enumerate().map(|(row, again)| !again && selected(row)).collect()
        });
        let once = once.as_deref().or(selected);
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let times = (self.size >= Size::Spanned || self.distributions.contains(&Of::Duration))
            .then(|| (batch.column(FieldId::FirstSwitched), batch.column(FieldId::LastSwitched)));
        let flow = |row: usize| Flow {
            bytes: bytes[row],
            packets: packets[row],
            first: times.and_then(|times| times.0.get(row)),
            last: times.and_then(|times| times.1.get(row)),
        };
        if self.size == Size::Plain {
            let row = |row: usize| {
                let (bytes, packets) = (bytes[row], packets[row]);
                A::row(Flow { bytes, packets, first: None, last: None }, Way::Forward)
            };
            table.add(columns, once, row);
        } else {
            let ways = self.ways(batch, end, again);
            table.add(columns, selected, |row| A::row(flow(row), ways[row]));
        }
        for (n, counted) in self.counted.iter().enumerate() {
            for values in Self::counted_columns(*counted, batch, end) {
                let only_unknown = end == 1 && self.is_mirrored(*counted);
                table.count(n, columns, selected, only_unknown, |row| values.get(row));
            }
        }
        let unknown = batch.column(FieldId::Bytes).unknown.as_deref();
        for (n, of) in self.distributions.iter().enumerate() {
            table.spread(n, columns, once, |row| {
                // What a sum takes as 0 is no value of a distribution.
                let is_unknown = *of == Of::Bytes && unknown.is_some_and(|rows| rows[row]);
                let value = spread_of(*of, flow(row)).filter(|_| !is_unknown);
                value.map(|value| (value, Ok(())))
            });
        }
    }
}

/// The flows of a batch under their keys at one end.
struct Place<'b> {
    columns: &'b [&'b Column],
    batch: &'b Batch,
    end: usize,
    /// Which have the same key at the other end and are there.
    again: Option<&'b [bool]>,
    selected: Option<&'b [bool]>,
}

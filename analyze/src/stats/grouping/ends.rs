//! Accumulates the flows of a batch by their keys at one end, source or destination.

use std::borrow::Cow;

use flowkit_model::FieldId;
use flowkit_model::answer::Protocols;
use flowkit_model::filter::End;
use flowkit_model::question::{Counted, Forward, Of};

use super::accumulators::{Accumulators, Direction, Flow, FlowAccumulator, spread_of};
use super::keys::{is_to_service, is_upward};
use super::{GroupBy, Groups, Tables};
use crate::batch::{Batch, Column};
use crate::group::table::Table;

impl GroupBy {
    /// The direction of each flow of a batch, seen from an end.
    fn ways(&self, batch: &Batch, end: usize, again: Option<&[bool]>) -> Vec<Direction> {
        let of = |forward: &bool| if *forward { Direction::Forward } else { Direction::Backward };
        match (self.question.forward, again) {
            (_, Some(again)) => again
                .iter()
                .map(|again| if *again { Direction::BackwardSameKey } else { Direction::Backward })
                .collect(),
            (Forward::Upward, None) => is_upward(batch).iter().map(of).collect(),
            (Forward::ToService, None) => is_to_service(batch).iter().map(of).collect(),
            (Forward::Sent, None) => vec![of(&(end == 0)); batch.rows()],
        }
    }

    /// Columns whose distinct values are counted for the key at an end.
    fn counted_columns(counted: Counted, batch: &Batch, end: usize) -> Vec<&Column> {
        match counted {
            Counted::Field(field) => vec![batch.column(field)],
            Counted::End(ends) => ends.fields().map(|field| batch.column(field)).into(),
            Counted::Peer => vec![batch.column(End::Address.fields()[1 - end])],
        }
    }

    /// Rows whose source and destination have one key.
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

    /// Accumulates the flows of a batch by their keys at one end.
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
        let keyed = KeyedBatch { columns: &columns, batch, end, again, selected };
        match &mut groups.tables {
            Tables::Plain(table) => self.accumulate(table, &keyed),
            Tables::Directed(table) => self.accumulate(table, &keyed),
            Tables::Spanned(table) => self.accumulate(table, &keyed),
            Tables::PlainWithProtocols(table) => self.accumulate(table, &keyed),
            Tables::SpannedWithProtocols(table) => self.accumulate(table, &keyed),
        }
    }

    fn accumulate<A: FlowAccumulator>(&self, table: &mut Table<A>, keyed: &KeyedBatch<'_>) {
        let KeyedBatch { columns, batch, end, again, selected } = *keyed;
        // A flow with one key at both ends counts once, except for bytes by direction.
        let once: Option<Vec<bool>> = again.map(|again| {
            let selected = |row: usize| selected.is_none_or(|selected| selected[row]);
            again.iter().enumerate().map(|(row, again)| !again && selected(row)).collect()
        });
        let once = once.as_deref().or(selected);
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let times = (self.accumulators >= Accumulators::Spanned
            || self.distributions.contains(&Of::Duration))
        .then(|| (batch.column(FieldId::FirstSwitched), batch.column(FieldId::LastSwitched)));
        let protocols = A::TAKES_PROTOCOLS.then(|| batch.column(FieldId::Protocol));
        let protocols = |row: usize| match protocols {
            Some(column) if A::TAKES_PROTOCOLS => Protocols::of(column.get(row)),
            _ => Protocols::default(),
        };
        let flow = |row: usize| Flow {
            protocols: protocols(row),
            bytes: bytes[row],
            packets: packets[row],
            first: times.and_then(|times| times.0.get(row)),
            last: times.and_then(|times| times.1.get(row)),
        };
        if self.accumulators == Accumulators::Plain {
            let row = |row: usize| {
                let flow = Flow::of(bytes[row], packets[row], protocols(row));
                A::row_with(flow, Direction::Forward, || batch.more(row))
            };
            table.add(columns, once, row);
        } else {
            let ways = self.ways(batch, end, again);
            table.add(columns, selected, |row| {
                A::row_with(flow(row), ways[row], || batch.more(row))
            });
        }
        for (n, counted) in self.counted.iter().enumerate() {
            // An address is not a peer of its own.
            let own = (*counted == Counted::Peer).then(|| batch.column(End::Address.fields()[end]));
            for values in Self::counted_columns(*counted, batch, end) {
                let only_unknown = end == 1 && self.is_mirrored(*counted);
                table.count(n, columns, selected, only_unknown, |row| {
                    let value = values.get(row)?;
                    own.is_none_or(|own| own.get(row) != Some(value)).then_some(value)
                });
            }
        }
        let unknown = batch.column(FieldId::Bytes).unknown.as_deref();
        for (n, of) in self.distributions.iter().enumerate() {
            table.spread(n, columns, once, |row| {
                // An unknown value is 0 in a sum, and none in a distribution.
                let is_unknown = *of == Of::Bytes && unknown.is_some_and(|rows| rows[row]);
                let value = spread_of(*of, flow(row)).filter(|_| !is_unknown);
                value.map(|value| (value, Ok(())))
            });
        }
    }
}

/// A batch with the keys of its flows at one end.
struct KeyedBatch<'b> {
    columns: &'b [&'b Column],
    batch: &'b Batch,
    end: usize,
    /// Rows that were counted already at the source, whose key they share.
    again: Option<&'b [bool]>,
    selected: Option<&'b [bool]>,
}

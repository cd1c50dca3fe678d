//! The statistic behind every ranking: flows grouped by some dimensions, and
//! the groups told by some measures.

use std::borrow::Cow;
use std::cmp::Ordering;

use flowkit_model::filter::End;
use flowkit_model::{FieldId, Kind};

use super::dimension::{Dimension, is_to_service, is_upward};
use super::gather::{Directed, Flow, Full, Gather, Size, Spanned, Way};
use super::measure::{Counted, Measure};
use super::ranking::key_cell;
use super::{Order, Statistic};
use crate::answer::{Answer, Cell, Column as Head, Meaning, Metric, Ranking, Table as Rows};
use crate::columns::{Batch, Column};
use crate::group::Counters;
use crate::group::distinct::{Distinct, DistinctCounts};
use crate::group::key::{KeyLayout, KeyPart};
use crate::group::rank::Ranked;
use crate::group::table::Table;
use crate::tally::{Sums, Tally};

/// Flows by key.
#[derive(Debug)]
pub struct Grouping {
    title: String,
    dimensions: Vec<Dimension>,
    layout: KeyLayout,
    columns: Vec<(String, Measure)>,
    /// What is counted once per value, for columns, sort and conditions.
    counted: Vec<Counted>,
    size: Size,
    order: Order,
    forward: Forward,
    with_ports_only: bool,
}

/// What is forward for a key that has no end of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// The key is an end: what it sent. Other keys: everything.
    Sent,
    /// From the lower address to the higher.
    Upward,
    /// To the service.
    ToService,
}

/// Protocols that have ports: TCP, UDP, DCCP, SCTP.
const WITH_PORTS: [u64; 4] = [6, 17, 33, 132];

impl Grouping {
    /// Groups by dimensions, and tells the usual measures.
    #[must_use]
    pub fn new(title: String, dimensions: Vec<Dimension>, order: Order) -> Self {
        let layout = KeyLayout::new(dimensions.iter().map(Dimension::part).collect());
        let usual = Measure::USUAL.map(|measure| (measure.name(), measure));
        let (size, counted) = (Size::Plain, Vec::new());
        let (forward, with_ports_only) = (Forward::Sent, false);
        Self {
            title,
            dimensions,
            layout,
            columns: Vec::new(),
            counted,
            size,
            order,
            forward,
            with_ports_only,
        }
        .with_columns(usual.into())
    }

    /// The same with these columns behind the key.
    #[must_use]
    pub fn with_columns(mut self, columns: Vec<(String, Measure)>) -> Self {
        self.columns = columns;
        let conditions = self.order.having.iter().map(|condition| condition.measure);
        let measures: Vec<Measure> = self
            .columns
            .iter()
            .map(|(_, measure)| *measure)
            .chain(conditions)
            .chain([self.order.sort])
            .collect();
        self.size = measures.iter().map(|measure| Size::of(*measure)).max().unwrap_or(Size::Plain);
        self.counted.clear();
        for measure in measures {
            if let Measure::Distinct(counted) = measure
                && !self.counted.contains(&counted)
            {
                self.counted.push(counted);
            }
        }
        self
    }

    /// The same with another meaning of forward.
    #[must_use]
    pub fn forward(self, forward: Forward) -> Self {
        Self { forward, ..self }
    }

    /// The same of flows whose protocol has ports; the others are counted.
    #[must_use]
    pub fn with_ports_only(self) -> Self {
        Self { with_ports_only: true, ..self }
    }

    fn is_either(&self) -> bool {
        self.dimensions.iter().any(Dimension::is_either)
    }

    /// Which way the flows of a batch go at an end.
    fn ways(&self, batch: &Batch, end: usize, again: Option<&[bool]>) -> Vec<Way> {
        let of = |forward: &bool| if *forward { Way::Forward } else { Way::Backward };
        match (self.forward, again) {
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
}

/// What one thread has gathered.
#[derive(Debug)]
pub struct Groups {
    tables: Tables,
    distinct: Vec<Distinct>,
    /// Flows that are in no group.
    left_out: u64,
}

#[derive(Debug)]
enum Tables {
    Plain(Table<Counters>),
    Directed(Table<Directed>),
    Spanned(Table<Spanned>),
    Full(Table<Full>),
}

impl Statistic for Grouping {
    type Partial = Groups;

    fn fields(&self) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = self.dimensions.iter().flat_map(Dimension::fields).collect();
        for counted in &self.counted {
            match counted {
                Counted::Field(field) => fields.push(*field),
                Counted::End(end) => fields.extend(end.fields()),
                Counted::Peer => fields.extend(End::Address.fields()),
            }
        }
        if self.size >= Size::Spanned {
            fields.extend([FieldId::FirstSwitched, FieldId::LastSwitched]);
        }
        if self.size >= Size::Directed {
            match self.forward {
                Forward::Sent => {}
                Forward::Upward => fields.extend(End::Address.fields()),
                Forward::ToService => fields.extend(End::Port.fields()),
            }
        }
        if self.with_ports_only {
            fields.push(FieldId::Protocol);
        }
        fields
    }

    fn start(&self) -> Groups {
        let tables = match self.size {
            Size::Plain => Tables::Plain(Table::new(&self.layout)),
            Size::Directed => Tables::Directed(Table::new(&self.layout)),
            Size::Spanned => Tables::Spanned(Table::new(&self.layout)),
            Size::Full => Tables::Full(Table::new(&self.layout)),
        };
        let distinct = self.counted.iter().map(|counted| {
            let counted = match counted {
                Counted::Field(field) => KeyPart::of(field.field()),
                Counted::End(end) => KeyPart::of(end.fields()[0].field()),
                Counted::Peer => KeyPart::of(FieldId::DstAddr.field()),
            };
            let parts = self.layout.parts().iter().cloned().chain([counted]).collect();
            Distinct::new(KeyLayout::new(parts))
        });
        Groups { tables, distinct: distinct.collect(), left_out: 0 }
    }

    fn add(&self, groups: &mut Groups, batch: &Batch) {
        let with_ports: Option<Vec<bool>> = self.with_ports_only.then(|| {
            let protocols = batch.column(FieldId::Protocol);
            (0..batch.rows())
                .map(|row| protocols.get(row).is_some_and(|number| WITH_PORTS.contains(&number)))
                .collect()
        });
        if let Some(selected) = &with_ports {
            groups.left_out += selected.iter().filter(|selected| !**selected).count() as u64;
        }
        let keys = |end| -> Vec<Cow<'_, Column>> {
            self.dimensions.iter().map(|dimension| dimension.column(batch, end)).collect()
        };
        let sources = keys(0);
        self.add_end(groups, batch, &sources, 0, None, with_ports.as_deref());
        if self.is_either() {
            let destinations = keys(1);
            let same = self.same(&sources, &destinations, batch.rows());
            self.add_end(groups, batch, &destinations, 1, Some(&same), with_ports.as_deref());
        }
    }

    fn merge(&self, groups: &mut Groups, other: Groups) {
        groups.left_out += other.left_out;
        for (distinct, other) in groups.distinct.iter_mut().zip(other.distinct) {
            distinct.merge(other);
        }
        match (&mut groups.tables, other.tables) {
            (Tables::Plain(table), Tables::Plain(other)) => table.merge(other),
            (Tables::Directed(table), Tables::Directed(other)) => table.merge(other),
            (Tables::Spanned(table), Tables::Spanned(other)) => table.merge(other),
            (Tables::Full(table), Tables::Full(other)) => table.merge(other),
            _ => unreachable!("all threads keep tables of one size"),
        }
    }

    fn answer(&self, groups: Groups, texts: &[String], tally: &Tally) -> Answer {
        let counts: Vec<DistinctCounts> =
            groups.distinct.into_iter().map(Distinct::counts).collect();
        let mut answer = match groups.tables {
            Tables::Plain(table) => self.ranked(table, &counts, texts, tally),
            Tables::Directed(table) => self.ranked(table, &counts, texts, tally),
            Tables::Spanned(table) => self.ranked(table, &counts, texts, tally),
            Tables::Full(table) => self.ranked(table, &counts, texts, tally),
        };
        if groups.left_out > 0 {
            answer.notes.push(format!(
                "{} flows are not TCP, UDP, SCTP or DCCP and have no port: in the total, in no row",
                groups.left_out
            ));
        }
        answer
    }
}

impl Grouping {
    /// Rows whose key is the same at both ends.
    fn same(
        &self,
        sources: &[Cow<'_, Column>],
        destinations: &[Cow<'_, Column>],
        rows: usize,
    ) -> Vec<bool> {
        let mut same = vec![true; rows];
        let ends = self.dimensions.iter().zip(sources.iter().zip(destinations));
        for (_, (src, dst)) in ends.filter(|(dimension, _)| dimension.is_either()) {
            for (row, same) in same.iter_mut().enumerate() {
                *same &= src.get(row) == dst.get(row);
            }
        }
        same
    }

    /// Adds the flows of a batch under their keys at one end.
    fn add_end(
        &self,
        groups: &mut Groups,
        batch: &Batch,
        keys: &[Cow<'_, Column>],
        end: usize,
        again: Option<&[bool]>,
        selected: Option<&[bool]>,
    ) {
        let mut columns: Vec<&Column> = keys.iter().map(AsRef::as_ref).collect();
        match &mut groups.tables {
            Tables::Plain(table) => {
                let new: Option<Vec<bool>> = again.map(|again| {
                    let selected = |row: usize| selected.is_none_or(|selected| selected[row]);
                    again.iter().enumerate().map(|(row, again)| !again && selected(row)).collect()
                });
                let bytes = batch.counters(FieldId::Bytes);
                let packets = batch.counters(FieldId::Packets);
                table.add(&self.layout, &columns, new.as_deref().or(selected), |sums, row| {
                    sums.add(bytes[row], packets[row]);
                });
            }
            Tables::Directed(table) => {
                self.gather(table, &columns, batch, &self.ways(batch, end, again), selected);
            }
            Tables::Spanned(table) => {
                self.gather(table, &columns, batch, &self.ways(batch, end, again), selected);
            }
            Tables::Full(table) => {
                self.gather(table, &columns, batch, &self.ways(batch, end, again), selected);
            }
        }
        for (counted, distinct) in self.counted.iter().zip(&mut groups.distinct) {
            for values in Self::counted_columns(*counted, batch, end) {
                columns.push(values);
                distinct.add(&columns, selected);
                columns.pop();
            }
        }
    }

    fn gather<A: Gather>(
        &self,
        table: &mut Table<A>,
        columns: &[&Column],
        batch: &Batch,
        ways: &[Way],
        selected: Option<&[bool]>,
    ) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let times = (self.size >= Size::Spanned)
            .then(|| (batch.column(FieldId::FirstSwitched), batch.column(FieldId::LastSwitched)));
        table.add(&self.layout, columns, selected, |group, row| {
            let flow = Flow {
                bytes: bytes[row],
                packets: packets[row],
                first: times.and_then(|times| times.0.get(row)),
                last: times.and_then(|times| times.1.get(row)),
            };
            group.gather(flow, ways[row]);
        });
    }

    fn ranked<A: Gather>(
        &self,
        table: Table<A>,
        counts: &[DistinctCounts],
        texts: &[String],
        tally: &Tally,
    ) -> Answer {
        let ranked = if let Some(metric) = self.order.plain_sort() {
            table.rank(&self.layout, metric, self.order.limit, texts)
        } else {
            let all = table.rank(&self.layout, Metric::Bytes, 0, texts);
            self.reordered(all, counts, texts, tally)
        };
        let keys = self
            .dimensions
            .iter()
            .map(|dimension| Head { name: dimension.name(), meaning: dimension.meaning() });
        let columns = self
            .columns
            .iter()
            .map(|(name, measure)| Head { name: name.clone(), meaning: measure.meaning() });
        let head = keys.chain(columns).collect();
        let rows = ranked.rows.into_iter().map(|(key, mut group)| {
            let parts = self.layout.parts().iter().zip(&key);
            let mut cells: Vec<Cell> =
                parts.map(|(part, value)| key_cell(part.kind, *value, texts)).collect();
            for (_, measure) in &self.columns {
                cells.push(self.cell(*measure, &mut group, &key, counts, tally));
            }
            cells
        });
        Answer {
            title: self.title.clone(),
            table: Rows { name: "rows", columns: head, rows: rows.collect() },
            bars: Some(self.sorted_by()),
            ranking: Some(Ranking {
                total: tally.total,
                other: ranked.other,
                keys: ranked.keys,
                sort: self.order.metric(),
                sorted_by: self.sorted_by(),
                overlapping: self.is_either(),
            }),
            ..Answer::default()
        }
    }

    /// The name of the column that is sorted by, as it is called here.
    fn sorted_by(&self) -> String {
        let sort = self.order.sort;
        let column = self.columns.iter().find(|(_, measure)| *measure == sort);
        column.map_or_else(|| sort.name(), |(name, _)| name.clone())
    }

    fn cell<A: Gather>(
        &self,
        measure: Measure,
        group: &mut A,
        key: &[Option<u64>],
        counts: &[DistinctCounts],
        tally: &Tally,
    ) -> Cell {
        match measure {
            Measure::Share(metric) => {
                Cell::Share { part: metric.of(&group.sums()), whole: metric.of(&tally.total) }
            }
            measure => self.value(measure, group, key, counts).map_or(Cell::Unknown, Cell::Number),
        }
    }

    fn value<A: Gather>(
        &self,
        measure: Measure,
        group: &mut A,
        key: &[Option<u64>],
        counts: &[DistinctCounts],
    ) -> Option<u128> {
        if let Measure::Distinct(counted) = measure {
            let place = self.counted.iter().position(|known| *known == counted)?;
            return Some(counts[place].of(key).into());
        }
        group.measure(measure)
    }

    /// Rows that fulfil the conditions, in the order asked for.
    fn reordered<A: Gather>(
        &self,
        all: Ranked<A>,
        counts: &[DistinctCounts],
        texts: &[String],
        tally: &Tally,
    ) -> Ranked<A> {
        let mut other = Sums::default();
        let mut rows = Vec::with_capacity(all.rows.len());
        for (key, mut group) in all.rows {
            let holds = self.order.having.iter().all(|condition| {
                condition.holds(self.value(condition.measure, &mut group, &key, counts))
            });
            if holds && self.order.is_large_enough(&group.sums(), &tally.total) {
                let value = self.value(self.order.sort, &mut group, &key, counts);
                rows.push((value, key, group));
            } else {
                other.add(&group.sums());
            }
        }
        rows.sort_unstable_by(|a, b| {
            self.by_value(a.0, b.0).then_with(|| self.by_key(&a.1, &b.1, texts))
        });
        let limit = if self.order.limit == 0 { rows.len() } else { self.order.limit };
        for (_, _, group) in rows.iter().skip(limit) {
            other.add(&group.sums());
        }
        rows.truncate(limit);
        let rows = rows.into_iter().map(|(_, key, group)| (key, group)).collect();
        Ranked { rows, other, keys: all.keys }
    }

    /// The largest first, or the smallest; unknown last.
    fn by_value(&self, a: Option<u128>, b: Option<u128>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.order.bottom => a.cmp(&b),
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }

    /// By the key's fields; unknown last, texts by their letters.
    fn by_key(&self, a: &[Option<u64>], b: &[Option<u64>], texts: &[String]) -> Ordering {
        let text = |code: u64| usize::try_from(code).ok().and_then(|code| texts.get(code));
        for ((part, a), b) in self.layout.parts().iter().zip(a).zip(b) {
            let order = match (a, b) {
                (Some(a), Some(b)) if part.kind == Kind::Text => text(*a).cmp(&text(*b)),
                (Some(a), Some(b)) => a.cmp(b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl Dimension {
    /// What the cells of its column mean, for a head.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { name: self.name(), meaning: self.meaning() }
    }
}

/// A head of a measure.
#[must_use]
pub fn named(name: &str, measure: Measure) -> (String, Measure) {
    (name.to_owned(), measure)
}

/// The usual columns behind some others, and more behind them.
#[must_use]
pub fn around_usual(
    before: &[(&str, Measure)],
    after: &[(&str, Measure)],
) -> Vec<(String, Measure)> {
    let own = |list: &[(&str, Measure)]| -> Vec<_> {
        list.iter().map(|(name, measure)| named(name, *measure)).collect()
    };
    let usual = Measure::USUAL.map(|measure| (measure.name(), measure));
    own(before).into_iter().chain(usual).chain(own(after)).collect()
}

/// Whether a meaning is that of a key.
#[must_use]
pub fn is_key(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Key(_) | Meaning::Network(_))
}

//! The statistic behind every ranking: flows grouped by some dimensions, and
//! the groups told by some measures.

pub(crate) mod accumulators;
mod by_code;
mod compare;
mod ends;
mod rows;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use flowkit_model::FieldId;
use flowkit_model::answer::{Answer, Meaning, Tally};
use flowkit_model::filter::End;

use self::accumulators::{Directed, Size, Spanned};
use super::{Order, Statistic};
use crate::batch::{Batch, Column};
use crate::group::counters::Counters;
use crate::group::dictionary_sums::CodedSums;
use crate::group::key::KeyLayout;
use crate::group::table::{Besides, Counting, Table};
use crate::question::dimension::Dimension;
use crate::question::measure::{Counted, Measure, Of};
use crate::spill::memory::Memory;

/// Flows by key.
#[derive(Debug)]
pub struct Grouping {
    title: String,
    dimensions: Vec<Dimension>,
    layout: KeyLayout,
    columns: Vec<(String, Measure)>,
    /// What is counted once per value, for columns, sort and conditions.
    counted: Vec<Counted>,
    /// Of what the distribution is told.
    spread: Vec<Of>,
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
        let (size, counted, spread) = (Size::Plain, Vec::new(), Vec::new());
        let (forward, with_ports_only) = (Forward::Sent, false);
        Self {
            title,
            dimensions,
            layout,
            columns: Vec::new(),
            counted,
            spread,
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
        self.spread.clear();
        for measure in measures {
            match measure {
                Measure::Distinct(counted) if !self.counted.contains(&counted) => {
                    self.counted.push(counted);
                }
                Measure::Spread(of, _) if !self.spread.contains(&of) => self.spread.push(of),
                _ => {}
            }
        }
        self
    }

    /// The same with what rows are sorted by as the last column, if it has none.
    #[must_use]
    pub fn telling_sorted(self) -> Self {
        let sort = self.order.sort;
        if self.columns.iter().any(|(_, measure)| *measure == sort) {
            return self;
        }
        let mut columns = self.columns.clone();
        columns.push((sort.name(), sort));
        self.with_columns(columns)
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

    /// Whether a pair of key and value is one of value and key too.
    fn is_mirrored(&self, counted: Counted) -> bool {
        counted == Counted::Peer
            && self.dimensions == [Dimension::Either(End::Address, None)]
            && !self.with_ports_only
    }
}

/// What one thread has gathered.
#[derive(Debug)]
pub struct Groups {
    tables: Tables,
    /// What is still under the places of a row group's list.
    coded: CodedSums,
    /// Flows that are in no group.
    left_out: u64,
}

#[derive(Debug)]
enum Tables {
    Plain(Table<Counters>),
    Directed(Table<Directed>),
    Spanned(Table<Spanned>),
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
        if self.size >= Size::Spanned || self.spread.contains(&Of::Duration) {
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

    fn coded(&self) -> Option<FieldId> {
        self.coded_key()
    }

    fn start(&self, memory: &Arc<Memory>) -> Groups {
        let counting = |counted: &Counted| Counting {
            bits: counted.field().field().bits().unwrap_or(32),
            mirrored: self.is_mirrored(*counted),
        };
        let distinct = self.counted.iter().map(counting).collect();
        let besides = Besides { distinct, spread: self.spread.len() };
        let tables = match self.size {
            Size::Plain => Tables::Plain(Table::new(&self.layout, &besides, memory)),
            Size::Directed => Tables::Directed(Table::new(&self.layout, &besides, memory)),
            Size::Spanned => Tables::Spanned(Table::new(&self.layout, &besides, memory)),
        };
        Groups { tables, coded: CodedSums::default(), left_out: 0 }
    }

    fn add(&self, groups: &mut Groups, batch: &Batch) {
        if let Some(field) = self.coded_key()
            && let Some(coded) = batch.coded(field)
        {
            return self.add_coded(groups, batch, field, coded);
        }
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

    fn settle(&self, groups: &mut Groups) {
        self.settle_codes(groups);
    }

    fn merge(&self, groups: &mut Groups, mut other: Groups) {
        self.settle_all_codes(groups);
        self.settle_all_codes(&mut other);
        groups.left_out += other.left_out;
        match (&mut groups.tables, other.tables) {
            (Tables::Plain(table), Tables::Plain(other)) => table.merge(other),
            (Tables::Directed(table), Tables::Directed(other)) => table.merge(other),
            (Tables::Spanned(table), Tables::Spanned(other)) => table.merge(other),
            _ => unreachable!("all threads keep tables of one size"),
        }
    }

    fn answer(&self, mut groups: Groups, texts: &[String], tally: &Tally) -> io::Result<Answer> {
        self.settle_all_codes(&mut groups);
        let mut answer = match groups.tables {
            Tables::Plain(table) => self.ranked(table, texts, tally),
            Tables::Directed(table) => self.ranked(table, texts, tally),
            Tables::Spanned(table) => self.ranked(table, texts, tally),
        }?;
        if groups.left_out > 0 {
            answer.notes.push(format!(
                "{} flows are not TCP, UDP, SCTP or DCCP and have no port: in the total, in no row",
                groups.left_out
            ));
        }
        Ok(answer)
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

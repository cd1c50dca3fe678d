//! The statistic behind every ranking: flows grouped by some dimensions, and
//! the groups told by some measures.

pub(crate) mod accumulators;
mod by_code;
mod compare;
mod ends;
pub(crate) mod keys;
mod rows;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use flowkit_model::FieldId;
use flowkit_model::answer::{Answer, Cell, Tally};
use flowkit_model::filter::End;
use flowkit_model::question::{Counted, Forward, Grouping, Key, Of};
use jiff::tz::TimeZone;

use self::accumulators::{Directed, Size, Spanned};
use self::keys::KeyColumn;
use crate::batch::{Batch, Column};
use crate::group::counters::Counters;
use crate::group::dictionary_sums::CodedSums;
use crate::group::key::KeyLayout;
use crate::group::table::{Besides, Counting, Table};
use crate::spill::memory::Memory;
use crate::statistic::Statistic;
use crate::statistic::key_cell;

/// Flows by key, on this machine's columns.
#[derive(Debug)]
pub(crate) struct GroupBy {
    question: Grouping,
    keys: Vec<KeyColumn>,
    layout: KeyLayout,
    /// What is counted once per value, for columns, sort and conditions.
    counted: Vec<Counted>,
    /// Of what the distribution is told.
    distributions: Vec<Of>,
    size: Size,
}

/// Protocols that have ports: TCP, UDP, DCCP, SCTP.
const WITH_PORTS: [u64; 4] = [6, 17, 33, 132];

impl GroupBy {
    /// As is asked; bins of time begin at midnight in a zone.
    pub(crate) fn new(question: Grouping, zone: &TimeZone) -> Self {
        let keys = KeyColumn::of_all(&question.keys, zone);
        let layout = KeyLayout::new(keys.iter().map(KeyColumn::part).collect());
        let (counted, distributions) = (question.counted(), question.distributions());
        let size = question.measures().map(Size::of).max().unwrap_or(Size::Plain);
        Self { question, keys, layout, counted, distributions, size }
    }

    /// The parts of a key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.question.keys.iter()
    }

    /// The cells of a key.
    pub(crate) fn key_cells(&self, key: &[Option<u64>], texts: &[String]) -> Vec<Cell> {
        let parts = self.layout.parts().iter().zip(key);
        parts.map(|(part, value)| key_cell(part.kind, *value, texts)).collect()
    }

    fn is_either(&self) -> bool {
        self.question.is_overlapping()
    }

    /// Whether a pair of key and value is one of value and key too.
    fn is_mirrored(&self, counted: Counted) -> bool {
        counted == Counted::Peer
            && self.question.keys == [Key::Either(End::Address, None)]
            && !self.question.with_ports_only
    }
}

/// What one thread has gathered.
#[derive(Debug)]
pub(crate) struct Groups {
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

impl Statistic for GroupBy {
    type Partial = Groups;

    fn fields(&self) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = self.question.keys.iter().flat_map(Key::fields).collect();
        for counted in &self.counted {
            match counted {
                Counted::Field(field) => fields.push(*field),
                Counted::End(end) => fields.extend(end.fields()),
                Counted::Peer => fields.extend(End::Address.fields()),
            }
        }
        if self.size >= Size::Spanned || self.distributions.contains(&Of::Duration) {
            fields.extend([FieldId::FirstSwitched, FieldId::LastSwitched]);
        }
        if self.size >= Size::Directed {
            match self.question.forward {
                Forward::Sent => {}
                Forward::Upward => fields.extend(End::Address.fields()),
                Forward::ToService => fields.extend(End::Port.fields()),
            }
        }
        if self.question.with_ports_only {
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
        let besides = Besides { distinct, spread: self.distributions.len() };
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
        let with_ports: Option<Vec<bool>> = self.question.with_ports_only.then(|| {
            let protocols = batch.column(FieldId::Protocol);
            (0..batch.rows())
                .map(|row| protocols.get(row).is_some_and(|number| WITH_PORTS.contains(&number)))
                .collect()
        });
        if let Some(selected) = &with_ports {
            groups.left_out += selected.iter().filter(|selected| !**selected).count() as u64;
        }
        let keys = |end| -> Vec<Cow<'_, Column>> {
            self.keys.iter().map(|key| key.column(batch, end)).collect()
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
        let left_out = groups.left_out;
        match groups.tables {
            Tables::Plain(table) => self.ranked(table, texts, tally, left_out),
            Tables::Directed(table) => self.ranked(table, texts, tally, left_out),
            Tables::Spanned(table) => self.ranked(table, texts, tally, left_out),
        }
    }
}

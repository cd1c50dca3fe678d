//! The statistic behind every ranking: flows are grouped by keys, and measures are
//! accumulated for each group.

pub(crate) mod accumulators;
mod by_code;
pub(crate) mod compare;
mod ends;
pub(crate) mod keys;
mod rows;
pub(crate) mod with_protocols;

use std::borrow::Cow;
use std::sync::Arc;

use flowkit_model::FieldId;
use flowkit_model::answer::{Answer, Cell, Tally};
use flowkit_model::filter::End;
use flowkit_model::names::has_ports;
use flowkit_model::question::{Counted, Forward, Grouping, Key, Of};
use flowkit_model::window::Span;
use jiff::tz::TimeZone;

use self::accumulators::{Accumulators, Directed, Spanned};
use self::keys::KeyColumn;
use self::with_protocols::WithProtocols;
use crate::batch::column::bits;
use crate::batch::dictionary::Codebook;
use crate::batch::{Batch, Column};
use crate::bins::Days;
use crate::group::counters::Counters;
use crate::group::dictionary_sums::DictionarySums;
use crate::group::key::KeyLayout;
use crate::group::table::{Counting, Extras, Table};
use crate::spill::memory::Memory;
use crate::statistic::{NoAnswer, Statistic, key_cell};

/// Flows grouped by key, from record batches.
#[derive(Debug)]
pub(crate) struct GroupBy {
    question: Grouping,
    keys: Vec<KeyColumn>,
    layout: KeyLayout,
    /// Distinct counts, for columns, order and conditions.
    counted: Vec<Counted>,
    /// Distributions whose quantiles are computed.
    distributions: Vec<Of>,
    accumulators: Accumulators,
    /// The window, where bins of time are cut.
    window: Span,
}

impl GroupBy {
    /// Grouping as the question says; bins of time begin at midnight in a zone, and
    /// count as far as they lie in the window.
    pub(crate) fn new(question: Grouping, zone: &TimeZone, window: Span) -> Self {
        let question = question.in_zone(zone);
        let keys = KeyColumn::of_all(&question.keys, zone);
        let layout = KeyLayout::new(keys.iter().map(KeyColumn::part).collect());
        let (counted, distributions) = (question.counted(), question.distributions());
        let accumulators =
            question.measures().map(|measure| Accumulators::of(measure, question.is_binned()));
        let accumulators = accumulators.max().unwrap_or(Accumulators::Plain);
        Self { question, keys, layout, counted, distributions, accumulators, window }
    }

    /// Length in ms of the bin of time of a key, as far as it lies in the window: of
    /// several bins the part that they share.
    fn bin_ms(&self, key: &[Option<u64>]) -> Option<u64> {
        let columns = self.keys.iter().zip(key);
        let bins = columns.filter_map(|(column, start)| Some((column.bins()?, *start)));
        let bins = bins.map(|(bins, start)| Some((bins, start?))).collect::<Option<Vec<_>>>()?;
        if bins.is_empty() {
            return None;
        }
        let (from, to) = self.window.flow_times();
        let starts = bins.iter().map(|(_, start)| *start);
        let ends = bins.iter().map(|(bins, start)| bins.is_over_at(*start));
        let mut at = starts.chain(from).max()?;
        let end = ends.chain(to).min()?;
        let (mut shared_ms, mut days) = (0, Days::default());
        while at < end {
            let (mut next, mut is_shared) = (end, true);
            for (bins, start) in &bins {
                let stretch = bins.stretch(at, &mut days);
                next = next.min(stretch.to);
                is_shared &= stretch.bin == *start;
            }
            shared_ms += if is_shared { next - at } else { 0 };
            at = next;
        }
        Some(shared_ms)
    }

    /// What is grouped.
    pub(crate) fn question(&self) -> &Grouping {
        &self.question
    }

    /// The parts of a key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.question.keys.iter()
    }

    /// The cells of a key.
    pub(crate) fn key_cells(&self, key: &[Option<u64>], codes: &Codebook) -> Vec<Cell> {
        let parts = self.layout.parts().iter().zip(key);
        parts.map(|(part, value)| key_cell(part.kind, *value, codes)).collect()
    }

    fn is_either(&self) -> bool {
        self.question.is_overlapping()
    }

    /// Whether a pair of key and value is also one of value and key.
    fn is_mirrored(&self, counted: Counted) -> bool {
        counted == Counted::Peer
            && self.question.keys == [Key::Either(End::Address, None)]
            && !self.question.with_ports_only
    }
}

/// The groups of one thread.
#[derive(Debug)]
pub(crate) struct Groups {
    tables: Tables,
    /// Sums that are still by dictionary code.
    dictionary_sums: DictionarySums,
    /// Number of flows that are in no group.
    left_out: u64,
}

#[derive(Debug)]
enum Tables {
    Plain(Table<Counters>),
    Directed(Table<Directed>),
    Spanned(Table<Spanned>),
    /// By port: what is more than sums is as rare as it is large.
    PlainWithProtocols(Table<WithProtocols<Counters>>),
    SpannedWithProtocols(Table<WithProtocols<Spanned>>),
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
        if self.accumulators >= Accumulators::Spanned || self.distributions.contains(&Of::Duration)
        {
            fields.extend([FieldId::FirstSwitched, FieldId::LastSwitched]);
        }
        if self.accumulators >= Accumulators::Directed {
            match self.question.forward {
                Forward::Sent => {}
                Forward::Upward => fields.extend(End::Address.fields()),
                Forward::ToService => fields.extend(End::Port.fields()),
            }
        }
        if self.question.with_ports_only || self.question.needs_protocols() {
            fields.push(FieldId::Protocol);
        }
        fields
    }

    fn dictionary_key(&self) -> Option<FieldId> {
        self.dictionary_field()
    }

    fn start(&self, memory: &Arc<Memory>) -> Groups {
        let counting = |counted: &Counted| Counting {
            bits: bits(counted.field().field()),
            mirrored: self.is_mirrored(*counted),
        };
        let distinct = self.counted.iter().map(counting).collect();
        let extras = Extras { distinct, distributions: self.distributions.len() };
        let layout = &self.layout;
        let tables = match (self.accumulators, self.question.needs_protocols()) {
            (Accumulators::Plain, false) => Tables::Plain(Table::new(layout, &extras, memory)),
            (Accumulators::Directed, false) => {
                Tables::Directed(Table::new(layout, &extras, memory))
            }
            (Accumulators::Spanned, false) => Tables::Spanned(Table::new(layout, &extras, memory)),
            (Accumulators::Plain, true) => {
                Tables::PlainWithProtocols(Table::new(layout, &extras, memory))
            }
            (Accumulators::Directed | Accumulators::Spanned, true) => {
                Tables::SpannedWithProtocols(Table::new(layout, &extras, memory))
            }
        };
        Groups { tables, dictionary_sums: DictionarySums::default(), left_out: 0 }
    }

    fn add(&self, groups: &mut Groups, batch: &Batch) {
        if let Some(field) = self.dictionary_field()
            && let Some(column) = batch.dictionary_column(field)
        {
            return self.add_dictionary_column(groups, batch, field, column);
        }
        let with_ports: Option<Vec<bool>> = self.question.with_ports_only.then(|| {
            let protocols = batch.column(FieldId::Protocol);
            (0..batch.rows()).map(|row| protocols.get(row).is_some_and(has_ports)).collect()
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

    fn finish_row_group(&self, groups: &mut Groups) {
        self.finish_row_group_codes(groups);
    }

    fn merge(&self, groups: &mut Groups, mut other: Groups) {
        self.finish_codes(groups);
        self.finish_codes(&mut other);
        groups.left_out += other.left_out;
        match (&mut groups.tables, other.tables) {
            (Tables::Plain(table), Tables::Plain(other)) => table.merge(other),
            (Tables::Directed(table), Tables::Directed(other)) => table.merge(other),
            (Tables::Spanned(table), Tables::Spanned(other)) => table.merge(other),
            (Tables::PlainWithProtocols(table), Tables::PlainWithProtocols(other)) => {
                table.merge(other);
            }
            (Tables::SpannedWithProtocols(table), Tables::SpannedWithProtocols(other)) => {
                table.merge(other);
            }
            _ => unreachable!("all threads keep tables of one size"),
        }
    }

    fn answer(
        &self,
        mut groups: Groups,
        codes: &Codebook,
        tally: &Tally,
    ) -> Result<Answer, NoAnswer> {
        self.finish_codes(&mut groups);
        let left_out = groups.left_out;
        Ok(match groups.tables {
            Tables::Plain(table) => self.ranked(table, codes, tally, left_out),
            Tables::Directed(table) => self.ranked(table, codes, tally, left_out),
            Tables::Spanned(table) => self.ranked(table, codes, tally, left_out),
            Tables::PlainWithProtocols(table) => self.ranked(table, codes, tally, left_out),
            Tables::SpannedWithProtocols(table) => self.ranked(table, codes, tally, left_out),
        }?)
    }
}

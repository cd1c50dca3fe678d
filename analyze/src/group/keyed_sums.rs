//! Adaptive hash aggregation: one table, then radix partitions, then spill.
//!
//! The first keys fill a hash table that stays in the cache. Once it is full,
//! flows of other keys go to the partition of their hash as records, to be
//! aggregated at the end. Where most flows have other keys, the table is emptied
//! into the partitions: looking up keys in vain would cost more than it saves.

use std::io;
use std::sync::Arc;

use super::counters::Accumulator;
use crate::spill::hash::{Hashed, seed};
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, Partitions};

/// Sums by key.
#[derive(Debug)]
pub(crate) struct KeyedSums<K, A: Accumulator> {
    table: Map<K, A>,
    mode: Mode,
    /// Flows as records.
    rows: Partitions<(K, A::Row)>,
    /// Sums of several flows, and flows that do not fit in a record.
    sums: Partitions<(K, A)>,
    seed: u64,
    /// The table is full with more keys than this.
    max_table_keys: usize,
}

/// Where flows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// To the table, which has room.
    Table,
    /// To the table if it has their key, else to partitions.
    Both,
    /// To partitions; the table is empty.
    Partitions,
}

/// Rows of a batch that are looked up in the full table before its hit rate is
/// judged.
const TRIAL: usize = 4096;

impl<K: Hashed, A: Accumulator> KeyedSums<K, A> {
    pub(crate) fn new(memory: &Arc<Memory>) -> Self {
        Self {
            table: Map::new(),
            mode: Mode::Table,
            rows: Partitions::new(Arc::clone(memory)),
            sums: Partitions::new(Arc::clone(memory)),
            seed: seed(),
            max_table_keys: memory.max_table_keys(),
        }
    }

    /// Adds flows: the record of each, or its sums where they do not fit in a
    /// record.
    pub(crate) fn add(&mut self, flows: impl Iterator<Item = (K, Result<A::Row, A>)>) {
        let mut flows = flows;
        if self.mode == Mode::Table {
            for (key, row) in flows.by_ref() {
                self.table.at(key).take_or_merge(row);
                if self.table.len() > self.max_table_keys {
                    self.mode = Mode::Both;
                    break;
                }
            }
        }
        if self.mode == Mode::Both {
            let (mut tries, mut hits) = (0, 0);
            for (key, row) in flows.by_ref() {
                tries += 1;
                match self.table.get_mut(&key) {
                    Some(sums) => {
                        hits += 1;
                        sums.take_or_merge(row);
                    }
                    None => self.push(key, row),
                }
                if tries == TRIAL && hits < TRIAL / 2 {
                    self.empty_table();
                    break;
                }
            }
        }
        for (key, row) in flows {
            self.push(key, row);
        }
    }

    #[inline]
    fn push(&mut self, key: K, row: Result<A::Row, A>) {
        let hash = key.partition_hash(self.seed);
        match row {
            Ok(row) => self.rows.push(hash, (key, row)),
            Err(sums) => self.sums.push(hash, (key, sums)),
        }
    }

    /// Moves the table to the partitions; all later flows go there too.
    pub(crate) fn empty_table(&mut self) {
        self.mode = Mode::Partitions;
        for (key, sums) in std::mem::replace(&mut self.table, Map::new()).into_entries() {
            self.sums.push(key.partition_hash(self.seed), (key, sums));
        }
    }

    /// Adds what another thread accumulated.
    pub(crate) fn merge(&mut self, mut other: Self) {
        if self.mode == Mode::Table && other.mode == Mode::Table {
            if other.table.len() > self.table.len() {
                std::mem::swap(&mut self.table, &mut other.table);
            }
            return self.add(other.table.into_entries().map(|(key, sums)| (key, Err(sums))));
        }
        for sums in [&mut *self, &mut other] {
            sums.empty_table();
        }
        self.rows.append(other.rows);
        self.sums.append(other.sums);
    }

    /// Whether keys are in partitions.
    pub(crate) fn is_split(&self) -> bool {
        self.mode != Mode::Table
    }

    /// How many parts there are: the partitions, or the table alone. If two
    /// aggregations are both split, a key is in equally numbered parts of them.
    pub(crate) fn parts(&self) -> usize {
        if self.is_split() { PARTITIONS } else { usize::from(!self.table.is_empty()) }
    }

    /// The keys of a part and their sums, in any order.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn part(&self, part: usize) -> io::Result<Map<K, A>> {
        if !self.is_split() {
            return Ok(self.table.clone());
        }
        // Most keys have more than one flow; a map that is too small grows.
        let records = self.rows.len(part) / 2 + self.sums.len(part);
        let mut map: Map<K, A> = Map::with_capacity(records.min(1 << 20));
        self.rows.each(part, |(key, row)| map.at(key).take(row))?;
        self.sums.each(part, |(key, sums)| map.at(key).merge(&sums))?;
        Ok(map)
    }

    /// Drops all keys and their memory.
    pub(crate) fn clear(&mut self) {
        self.table = Map::new();
        self.rows.clear();
        self.sums.clear();
    }

    /// Calls `take` with each key of a part, with some of them repeatedly.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn each_key(&self, part: usize, mut take: impl FnMut(K)) -> io::Result<()> {
        if !self.is_split() {
            self.table.keys().for_each(|key| take(key.clone()));
            return Ok(());
        }
        self.rows.each(part, |(key, _)| take(key))?;
        self.sums.each(part, |(key, _)| take(key))
    }

    /// Calls `take` with each key of a part and a record or sums of it, with some keys
    /// repeatedly.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn each(
        &self,
        part: usize,
        mut take: impl FnMut(K, Result<A::Row, A>),
    ) -> io::Result<()> {
        if !self.is_split() {
            let entries = self.table.clone().into_entries();
            entries.for_each(|(key, sums)| take(key, Err(sums)));
            return Ok(());
        }
        self.rows.each(part, |(key, row)| take(key, Ok(row)))?;
        self.sums.each(part, |(key, sums)| take(key, Err(sums)))
    }

    /// Moves the table to the partitions if these are in use, or are to be (`split`),
    /// so that [`Self::part`] finds all keys there.
    pub(crate) fn finish(&mut self, split: bool) {
        if (split || self.is_split()) && self.mode != Mode::Partitions {
            self.empty_table();
        }
    }
}

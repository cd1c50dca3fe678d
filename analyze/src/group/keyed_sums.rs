//! Sums of the flows of each key: few keys in one table, many in partitions.
//!
//! The first keys that come fill a table that stays in the cache. Once it is
//! full, flows of other keys go to their partition as they are, to be added up
//! at the end. Where most flows are of other keys, the table is given up: to
//! look into it for nothing would cost more than it saves.

use std::io;
use std::sync::Arc;

use super::counters::Accumulator;
use crate::spill::hash::{Hashed, seed};
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, Partitions};

/// Sums by key.
#[derive(Debug)]
pub(crate) struct Store<K, A: Accumulator> {
    head: Map<K, A>,
    mode: Mode,
    rows: Partitions<(K, A::Row)>,
    sums: Partitions<(K, A)>,
    seed: u64,
    most: usize,
}

/// Where flows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// To the table: it has room.
    Head,
    /// To the table if it has their key.
    Both,
    /// To partitions.
    Partitions,
}

/// Rows of a batch that are looked up before it is judged whether that pays.
const TRIAL: usize = 4096;

impl<K: Hashed, A: Accumulator> Store<K, A> {
    pub(crate) fn new(memory: &Arc<Memory>) -> Self {
        Self {
            head: Map::new(),
            mode: Mode::Head,
            rows: Partitions::new(Arc::clone(memory)),
            sums: Partitions::new(Arc::clone(memory)),
            seed: seed(),
            most: memory.head_keys(),
        }
    }

    /// Adds flows: the record of each, or its sums where they do not fit in a
    /// record.
    pub(crate) fn add(&mut self, flows: impl Iterator<Item = (K, Result<A::Row, A>)>) {
        let mut flows = flows;
        if self.mode == Mode::Head {
            for (key, row) in flows.by_ref() {
                self.head.at(key).take_or_merge(row);
                if self.head.len() > self.most {
                    self.mode = Mode::Both;
                    break;
                }
            }
        }
        if self.mode == Mode::Both {
            let (mut tries, mut hits) = (0, 0);
            for (key, row) in flows.by_ref() {
                tries += 1;
                match self.head.get_mut(&key) {
                    Some(known) => {
                        hits += 1;
                        known.take_or_merge(row);
                    }
                    None => self.push(key, row),
                }
                if tries == TRIAL && hits < TRIAL / 2 {
                    self.give_up_head();
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
        let hash = key.place(self.seed);
        match row {
            Ok(row) => self.rows.push(hash, (key, row)),
            Err(sums) => self.sums.push(hash, (key, sums)),
        }
    }

    /// Moves the table to the partitions; all that comes goes there too.
    pub(crate) fn give_up_head(&mut self) {
        self.mode = Mode::Partitions;
        for (key, sums) in std::mem::replace(&mut self.head, Map::new()).into_entries() {
            self.sums.push(key.place(self.seed), (key, sums));
        }
    }

    /// Adds what another thread has.
    pub(crate) fn merge(&mut self, mut other: Self) {
        if self.mode == Mode::Head && other.mode == Mode::Head {
            if other.head.len() > self.head.len() {
                std::mem::swap(&mut self.head, &mut other.head);
            }
            return self.add(other.head.into_entries().map(|(key, sums)| (key, Err(sums))));
        }
        for store in [&mut *self, &mut other] {
            store.give_up_head();
        }
        self.rows.append(other.rows);
        self.sums.append(other.sums);
    }

    /// Whether there are partitions.
    pub(crate) fn is_split(&self) -> bool {
        self.mode != Mode::Head
    }

    /// How many parts the keys are in: of two stores that are split, a key is
    /// in parts of the same number.
    pub(crate) fn parts(&self) -> usize {
        if self.is_split() { PARTITIONS } else { usize::from(!self.head.is_empty()) }
    }

    /// The keys of a part and their sums, in no order.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn part(&self, part: usize) -> io::Result<Map<K, A>> {
        if !self.is_split() {
            return Ok(self.head.clone());
        }
        // Most keys have more than one flow; a table that is too small grows.
        let records = self.rows.len(part) / 2 + self.sums.len(part);
        let mut map: Map<K, A> = Map::with_capacity(records.min(1 << 20));
        self.rows.each(part, |(key, row)| map.at(key).take(row))?;
        self.sums.each(part, |(key, sums)| map.at(key).merge(&sums))?;
        Ok(map)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.head = Map::new();
        self.rows.clear();
        self.sums.clear();
    }

    /// Hands on the keys of a part, some of them more than once.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn each_key(&self, part: usize, mut take: impl FnMut(K)) -> io::Result<()> {
        if !self.is_split() {
            self.head.keys().for_each(|key| take(key.clone()));
            return Ok(());
        }
        self.rows.each(part, |(key, _)| take(key))?;
        self.sums.each(part, |(key, _)| take(key))
    }

    /// Hands on what is known of the keys of a part, some of them more than
    /// once.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn each(
        &self,
        part: usize,
        mut take: impl FnMut(K, Result<A::Row, A>),
    ) -> io::Result<()> {
        if !self.is_split() {
            let entries = self.head.clone().into_entries();
            entries.for_each(|(key, sums)| take(key, Err(sums)));
            return Ok(());
        }
        self.rows.each(part, |(key, row)| take(key, Ok(row)))?;
        self.sums.each(part, |(key, sums)| take(key, Err(sums)))
    }

    /// Moves the table to the partitions if these are in use, so that all keys
    /// are where [`Self::part`] looks for them.
    pub(crate) fn finish(&mut self, split: bool) {
        if (split || self.is_split()) && self.mode != Mode::Partitions {
            self.give_up_head();
        }
    }
}

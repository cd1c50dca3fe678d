//! The keys of two tables side by side, part by part: what is in memory at a
//! time is one part of each a thread, and the wanted rows.

use std::io;

use flowkit_model::Sums;

use super::{Ranked, Ranking, TextOrder, Wanted};
use crate::group::counters::Accumulator;
use crate::group::key::Key;
use crate::group::keyed_sums::Store;
use crate::group::table::Table;
use crate::spill::map::Map;
use crate::spill::partitions::each_part;
use crate::spill::record::Stored;

/// What two tables have of a key; nothing, where a table does not have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Both<A> {
    /// In the first.
    pub a: A,
    /// In the second.
    pub b: A,
}

impl<A: Stored> Stored for Both<A> {
    fn write(&self, out: &mut Vec<u8>) {
        self.a.write(out);
        self.b.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { a: A::read(bytes)?, b: A::read(bytes)? })
    }

    fn heap_bytes(&self) -> usize {
        self.a.heap_bytes() + self.b.heap_bytes()
    }
}

impl<A: Accumulator> Accumulator for Both<A> {
    /// 0 for the first table, and the record of a flow.
    type Row = (u8, A::Row);

    fn take(&mut self, (side, row): Self::Row) {
        if side == 0 { &mut self.a } else { &mut self.b }.take(row);
    }

    fn merge(&mut self, other: &Self) {
        self.a.merge(&other.a);
        self.b.merge(&other.b);
    }

    fn sums(&self) -> Sums {
        let mut sums = self.a.sums();
        sums.add(&self.b.sums());
        sums
    }
}

impl<A: Accumulator, V: Accumulator> Table<A, V> {
    /// The first keys of this table and another of the same layout and texts,
    /// by their sums in both.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub fn compare(
        mut self,
        mut other: Self,
        wanted: &Wanted<'_, Both<A>>,
    ) -> io::Result<Ranked<Both<A>>> {
        self.close();
        other.close();
        let order = TextOrder::new(self.layout(), wanted.texts);
        let layout = self.layout().clone();
        let ranking = Ranking { wanted, order: &order, layout: &layout };
        let mut parts = ranking.both(self.known.sums, other.known.sums)?;
        parts.extend(ranking.both(self.wide.sums, other.wide.sums)?);
        parts.extend(ranking.both(self.double.sums, other.double.sums)?);
        parts.extend(ranking.both(self.long.sums, other.long.sums)?);
        Ok(ranking.together(parts))
    }
}

impl<A: Accumulator> Ranking<'_, Both<A>> {
    /// The first keys of each part of two stores.
    fn both<K: Key>(
        &self,
        mut a: Store<K, A>,
        mut b: Store<K, A>,
    ) -> io::Result<Vec<Ranked<Both<A>>>> {
        // Once both are split, a key is in the same part of each.
        let split = a.is_split() || b.is_split();
        a.finish(split);
        b.finish(split);
        each_part(a.parts().max(b.parts()), |part| {
            let mut keys: Map<K, Both<A>> = Map::new();
            a.each(part, |key, row| keys.at(key).a.take_or_merge(row))?;
            b.each(part, |key, row| keys.at(key).b.take_or_merge(row))?;
            let groups: Vec<(K, Both<A>)> = keys.into_entries().collect();
            Ok(self.first(&groups, &[]))
        })
    }
}

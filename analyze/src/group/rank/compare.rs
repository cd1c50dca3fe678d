//! Ranks the keys of two tables side by side, partition by partition: each thread
//! has one partition of each in memory at a time.

use std::io;

use flowkit_model::Sums;

use super::{CodeOrder, RankBy, Ranked, Ranking};
use crate::group::counters::Accumulator;
use crate::group::distinct::GroupKey;
use crate::group::key::Key;
use crate::group::keyed_groups::KeyedGroups;
use crate::group::keyed_sums::KeyedSums;
use crate::group::table::Table;
use crate::group::widths::{EachWidth, Owned};
use crate::spill::map::Map;
use crate::spill::partitions::each_part;
use crate::spill::record::Record;

/// What two tables have accumulated for a key; the default, where a table does not
/// have the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Both<A> {
    /// In the first.
    pub a: A,
    /// In the second.
    pub b: A,
}

impl<A: Record> Record for Both<A> {
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
    /// 0 for the first table or 1 for the second, and the record of a flow.
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
    /// The top N keys by their sums in this table and another, which must have its
    /// layout and its texts.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn compare(
        mut self,
        mut other: Self,
        rank_by: &RankBy<'_, Both<A>>,
    ) -> io::Result<Ranked<Both<A>>> {
        self.empty_dense();
        other.empty_dense();
        let order = CodeOrder::new(self.layout(), rank_by.codes);
        let layout = self.layout().clone();
        let ranking = Ranking { rank_by, order: &order, layout: &layout };
        let parts = self.widths.zip(other.widths).try_each(&mut Compare(&ranking))?;
        Ok(ranking.merge(parts.into_iter().flatten()))
    }
}

/// Ranks the keys of a width of two tables.
struct Compare<'r, 'w, A>(&'r Ranking<'w, Both<A>>);

impl<A: Accumulator, V: Accumulator> EachWidth<(Owned<A, V>, Owned<A, V>)> for Compare<'_, '_, A> {
    type Output = io::Result<Vec<Ranked<Both<A>>>>;

    fn visit<K: GroupKey>(
        &mut self,
        (a, b): (KeyedGroups<K, A, V>, KeyedGroups<K, A, V>),
    ) -> Self::Output {
        self.0.parts_of_both(a.sums, b.sums)
    }
}

impl<A: Accumulator> Ranking<'_, Both<A>> {
    /// The top N of each part of two aggregations.
    fn parts_of_both<K: Key>(
        &self,
        mut a: KeyedSums<K, A>,
        mut b: KeyedSums<K, A>,
    ) -> io::Result<Vec<Ranked<Both<A>>>> {
        // Once both are split, a key is in equally numbered parts of them.
        let split = a.is_split() || b.is_split();
        a.finish(split);
        b.finish(split);
        each_part(a.parts().max(b.parts()), |part| {
            let mut keys: Map<K, Both<A>> = Map::new();
            a.each(part, |key, row| keys.at(key).a.take_or_merge(row))?;
            b.each(part, |key, row| keys.at(key).b.take_or_merge(row))?;
            let groups: Vec<(K, Both<A>)> = keys.into_entries().collect();
            Ok(self.top_n(&groups, &[]))
        })
    }
}

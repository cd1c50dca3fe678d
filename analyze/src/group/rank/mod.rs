//! The top N keys: the largest by a value, ties by key, unknown last among these.
//! Partitions are ranked in parallel, then the top N of each are merged.

mod code_order;
mod compare;
mod extras;
mod top_n;

use std::cmp::Ordering;
use std::io;

use flowkit_model::answer::Quantiles;
use flowkit_model::{Metric, Sums};
use rayon::prelude::*;

pub(crate) use self::code_order::CodeOrder;
pub(crate) use self::compare::Both;
use self::extras::{Fill, extras_of_part};
use self::top_n::TopN;
use super::counters::Accumulator;
use super::distinct::{Distinct, GroupKey};
use super::key::{Key, KeyLayout};
use super::keyed_groups::KeyedGroups;
use super::keyed_sums::KeyedSums;
use super::quantiles::Occurrences;
use super::table::Table;
use super::widths::{Borrowed, EachWidth, Owned};
use crate::batch::dictionary::Codebook;
use crate::spill::partitions::each_part;
use crate::threads::is_pool;

/// The top N keys.
#[derive(Debug)]
pub(crate) struct Ranked<A> {
    /// The top N, in order.
    pub rows: Vec<RankedGroup<A>>,
    /// Sums over the keys that are not among them.
    pub other: Sums,
    /// How many keys there are.
    pub keys: u64,
    /// How many of them pass [`RankBy::having`].
    pub having: u64,
}

/// A key and what was accumulated for it.
#[derive(Clone, Debug)]
pub(crate) struct RankedGroup<A> {
    /// Its values; unknown is `None`.
    pub key: Vec<Option<u64>>,
    /// Its sums.
    pub sums: A,
    /// Its distinct counts and quantiles.
    pub extras: ExtraValues,
    /// What it is ranked by.
    value: Option<u128>,
}

/// What a key has in addition to its sums, in the order of [`Extras`].
///
/// [`Extras`]: super::table::Extras
#[derive(Clone, Debug, Default)]
pub(crate) struct ExtraValues {
    /// Numbers of distinct values.
    pub distinct: Vec<u64>,
    /// Quantiles of distributions.
    pub quantiles: Vec<Quantiles>,
    /// Length of the bin of time of its key, if [`RankBy::bin_ms`] gives it.
    pub bin_ms: Option<u64>,
    /// The parts of the key, if the ranking looks at them; else empty.
    pub key: Vec<Option<u64>>,
}

/// What a key is ranked by; `None`, unknown, comes last.
pub(crate) type RankValue<'w, A> = &'w (dyn Fn(&A, &ExtraValues) -> Option<u128> + Sync);

/// Length in ms of the bin of time of a key, given by its values.
pub(crate) type BinLength<'w> = &'w (dyn Fn(&[Option<u64>]) -> Option<u64> + Sync);

/// By what keys are ranked, and which of them have a row.
pub(crate) struct RankBy<'w, A> {
    /// The value that they are ranked by.
    pub value: RankValue<'w, A>,
    /// Whether a key may have a row.
    pub having: &'w (dyn Fn(&A, &ExtraValues) -> bool + Sync),
    /// Gives the length of the bin of time of a key in ms, if these two look at it.
    pub bin_ms: Option<BinLength<'w>>,
    /// Whether these two look at distinct counts or quantiles. If not, those are
    /// computed for the top N alone.
    pub uses_extras: bool,
    /// Whether they look at the key.
    pub uses_keys: bool,
    /// The smallest first.
    pub bottom: bool,
    /// N; 0 is all.
    pub limit: usize,
    /// The texts of the dictionary: text keys sort by their letters.
    pub codes: &'w Codebook,
}

impl<'w, A> RankBy<'w, A> {
    /// The keys with the largest sums, the largest first.
    pub(crate) fn largest(value: RankValue<'w, A>, limit: usize, codes: &'w Codebook) -> Self {
        let having = &|_: &A, _: &ExtraValues| true;
        let (bin_ms, uses_extras, uses_keys, bottom) = (None, false, false, false);
        Self { value, having, bin_ms, uses_extras, uses_keys, bottom, limit, codes }
    }
}

impl<A: Accumulator, V: Accumulator> Table<A, V> {
    /// The top N keys.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn rank(mut self, rank_by: &RankBy<'_, A>) -> io::Result<Ranked<A>> {
        let order = CodeOrder::new(self.layout(), rank_by.codes);
        let layout = self.layout().clone();
        let ranking = Ranking { rank_by, order: &order, layout: &layout };
        if rank_by.uses_extras || rank_by.limit == 0 {
            self.empty_dense();
            let parts = self.widths.try_each(&mut RankAll(&ranking))?;
            return Ok(ranking.merge(parts.into_iter().flatten()));
        }
        let mut ranked = self.rank_sums(&ranking)?;
        self.widths.try_each(&mut Fill { layout: &layout, rows: &mut ranked.rows })?;
        Ok(ranked)
    }

    /// The top N keys by their sums, which are dropped.
    fn rank_sums(&mut self, ranking: &Ranking<'_, A>) -> io::Result<Ranked<A>> {
        // A key of the array is in no part.
        let mut dense = Vec::new();
        self.drain_dense(|groups| dense.push(ranking.top_n(groups, &[])));
        let parts = self.widths.as_mut().try_each(&mut RankSums(ranking))?;
        Ok(ranking.merge(dense.into_iter().chain(parts.into_iter().flatten())))
    }

    /// All keys, the largest by a metric first.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn all(self, metric: Metric, codes: &Codebook) -> io::Result<Vec<RankedGroup<A>>> {
        let value = |sums: &A, _: &ExtraValues| Some(metric.of(&sums.sums()));
        Ok(self.rank(&RankBy::largest(&value, 0, codes))?.rows)
    }
}

/// A ranking in progress.
struct Ranking<'w, A> {
    rank_by: &'w RankBy<'w, A>,
    order: &'w CodeOrder,
    layout: &'w KeyLayout,
}

impl<A: Accumulator> Ranking<'_, A> {
    /// The top N of each part by sums.
    fn parts_by_sums<K: Key>(&self, sums: &mut KeyedSums<K, A>) -> io::Result<Vec<Ranked<A>>> {
        sums.finish(false);
        let parts = each_part(sums.parts(), |part| {
            let groups: Vec<(K, A)> = sums.part(part)?.into_entries().collect();
            Ok(self.top_n(&groups, &[]))
        });
        sums.clear();
        parts
    }

    /// The top N of each part, with distinct counts and quantiles.
    fn parts<K: GroupKey, V: Accumulator>(
        &self,
        groups: KeyedGroups<K, A, V>,
    ) -> io::Result<Vec<Ranked<A>>> {
        let mut sums = groups.sums;
        let mut counts: Vec<KeyedSums<K, Occurrences>> =
            groups.distinct.into_iter().map(Distinct::counts).collect::<io::Result<_>>()?;
        let mut values = groups.values;
        let split = sums.is_split()
            || counts.iter().any(KeyedSums::is_split)
            || values.iter().any(KeyedSums::is_split);
        sums.finish(split);
        for counts in &mut counts {
            counts.finish(split);
        }
        for values in &mut values {
            values.finish(split);
        }
        each_part(sums.parts(), |part| {
            let groups: Vec<(K, A)> = sums.part(part)?.into_entries().collect();
            let extras = extras_of_part(&groups, part, &counts, &values)?;
            Ok(self.top_n(&groups, &extras))
        })
    }

    /// The top N of some keys; `extras` is empty or has one for each.
    fn top_n<K: Key>(&self, groups: &[(K, A)], extras: &[ExtraValues]) -> Ranked<A> {
        let nothing = ExtraValues::default();
        let keys = groups.len() as u64;
        let ordered = self.order.ordered_keys(self.layout, groups);
        let mut other = Sums::default();
        let key = |at: usize| ordered.as_ref().map_or(&groups[at].0, |keys| &keys[at]);
        let order = |a: &(Option<u128>, usize), b: &(Option<u128>, usize)| {
            self.by_value(a.0, b.0).then_with(|| key(a.1).cmp(key(b.1)))
        };
        let mut top: TopN<(Option<u128>, usize)> = TopN::new(self.rank_by.limit);
        let mut n_having = 0;
        let mut with_key;
        for (at, (_, sums)) in groups.iter().enumerate() {
            let mut found = extras.get(at).unwrap_or(&nothing);
            if self.rank_by.uses_keys || self.rank_by.bin_ms.is_some() {
                // With the codes of its texts, not with their positions.
                let key = self.layout.decode(groups[at].0.clone());
                let bin_ms = self.rank_by.bin_ms.and_then(|bin_ms| bin_ms(&key));
                with_key = ExtraValues { bin_ms, key, ..found.clone() };
                found = &with_key;
            }
            let value = (self.rank_by.value)(sums, found);
            let having = (self.rank_by.having)(sums, found);
            n_having += u64::from(having);
            if having && top.cut_off().is_none_or(|last| self.by_value(value, last.0).is_le()) {
                top.add((value, at), order, |(_, at)| other.add(&groups[at].1.sums()));
            } else {
                other.add(&sums.sums());
            }
        }
        let candidates = top.finish(order, |(_, at)| other.add(&groups[at].1.sums()));
        let rows = candidates.into_iter().map(|(value, at)| RankedGroup {
            key: self.layout.decode(key(at).clone()),
            sums: groups[at].1.clone(),
            extras: extras.get(at).cloned().unwrap_or_default(),
            value,
        });
        Ranked { rows: rows.collect(), other, keys, having: n_having }
    }

    /// Merges the top N of all parts, and translates texts back to their codes.
    fn merge(&self, parts: impl Iterator<Item = Ranked<A>>) -> Ranked<A> {
        let mut all = Ranked { rows: Vec::new(), other: Sums::default(), keys: 0, having: 0 };
        for part in parts {
            all.rows.extend(part.rows);
            all.other.add(&part.other);
            all.keys += part.keys;
            all.having += part.having;
        }
        let order = |a: &RankedGroup<A>, b: &RankedGroup<A>| {
            self.by_value(a.value, b.value).then_with(|| by_key(&a.key, &b.key))
        };
        let limit = self.rank_by.limit;
        if limit > 0 && limit < all.rows.len() {
            all.rows.select_nth_unstable_by(limit, order);
            for row in all.rows.drain(limit..) {
                all.other.add(&row.sums.sums());
            }
        }
        if all.rows.len() > MANY && is_pool() {
            all.rows.par_sort_unstable_by(order);
        } else {
            all.rows.sort_unstable_by(order);
        }
        for row in &mut all.rows {
            self.order.to_codes(self.layout, &mut row.key);
        }
        all
    }

    /// The order of values: the largest first, or the smallest; unknown last.
    fn by_value(&self, a: Option<u128>, b: Option<u128>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.rank_by.bottom => a.cmp(&b),
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

/// Ranks the keys of a width, distinct counts and quantiles known.
struct RankAll<'r, 'w, A>(&'r Ranking<'w, A>);

impl<A: Accumulator, V: Accumulator> EachWidth<Owned<A, V>> for RankAll<'_, '_, A> {
    type Output = io::Result<Vec<Ranked<A>>>;

    fn visit<K: GroupKey>(&mut self, groups: KeyedGroups<K, A, V>) -> Self::Output {
        self.0.parts(groups)
    }
}

/// Ranks the keys of a width by their sums.
struct RankSums<'r, 'w, A>(&'r Ranking<'w, A>);

impl<A: Accumulator, V: Accumulator> EachWidth<Borrowed<'_, A, V>> for RankSums<'_, '_, A> {
    type Output = io::Result<Vec<Ranked<A>>>;

    fn visit<K: GroupKey>(&mut self, groups: &mut KeyedGroups<K, A, V>) -> Self::Output {
        self.0.parts_by_sums(&mut groups.sums)
    }
}

/// More rows than this are sorted by several threads.
const MANY: usize = 100_000;

/// The order of keys: unknown last.
fn by_key(a: &[Option<u64>], b: &[Option<u64>]) -> Ordering {
    let one = |(a, b): (&Option<u64>, &Option<u64>)| match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    a.iter().zip(b).map(one).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests;

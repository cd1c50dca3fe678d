//! Distinct counts, quantiles and sums by value: of all keys of a part, or of the
//! top N alone.

use std::io;

use flowkit_model::answer::Quantiles;

use super::{CodeOrder, ExtraValues, RankBy, RankedGroup, Ranking};
use crate::group::counters::Accumulator;
use crate::group::distinct::{Distinct, GroupKey};
use crate::group::key::{Key, KeyLayout};
use crate::group::keyed_groups::KeyedGroups;
use crate::group::keyed_sums::KeyedSums;
use crate::group::quantiles::{Occurrences, quantiles_by_key};
use crate::group::table::Table;
use crate::group::widths::{EachWidth, Owned};
use crate::spill::hash::Valued;
use crate::spill::map::Map;
use crate::spill::partitions::each_part;

impl<A: Accumulator, V: Accumulator> Table<A, V> {
    /// The top N keys with the sums of their values, and those of the values of all
    /// other keys together. The ranking must be by sums.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn rank_values(mut self, rank_by: &RankBy<'_, A>) -> io::Result<ByValue<A, V>> {
        let order = CodeOrder::new(self.layout(), rank_by.codes);
        let layout = self.layout().clone();
        let ranking = Ranking { rank_by, order: &order, layout: &layout };
        let ranked = self.rank_sums(&ranking)?;
        let mut all = vec![Map::new(); ranked.rows.len() + 1];
        self.widths.try_each(&mut ValuesOf {
            layout: &layout,
            rows: &ranked.rows,
            all: &mut all,
        })?;
        let others = all.pop().unwrap_or_else(Map::new);
        Ok(ByValue { rows: ranked.rows.into_iter().zip(all).collect(), others, keys: ranked.keys })
    }
}

/// The top N keys with the sums of each of their values, and those of others.
pub(crate) struct ByValue<A, V> {
    pub(crate) rows: Vec<(RankedGroup<A>, Map<u64, V>)>,
    pub(crate) others: Map<u64, V>,
    /// How many keys there are.
    pub(crate) keys: u64,
}

/// Computes the distinct counts and quantiles of some rows.
pub(super) struct Fill<'r, A> {
    pub(super) layout: &'r KeyLayout,
    pub(super) rows: &'r mut [RankedGroup<A>],
}

impl<A: Accumulator, V: Accumulator> EachWidth<Owned<A, V>> for Fill<'_, A> {
    type Output = io::Result<()>;

    fn visit<K: GroupKey>(&mut self, groups: KeyedGroups<K, A, V>) -> io::Result<()> {
        groups.fill(self.layout, self.rows)
    }
}

/// Adds the values of each row to the map of that index, those of other keys to the
/// last map.
struct ValuesOf<'r, A, V> {
    layout: &'r KeyLayout,
    rows: &'r [RankedGroup<A>],
    all: &'r mut [Map<u64, V>],
}

impl<A: Accumulator, V: Accumulator> EachWidth<Owned<A, V>> for ValuesOf<'_, A, V> {
    type Output = io::Result<()>;

    fn visit<K: GroupKey>(&mut self, groups: KeyedGroups<K, A, V>) -> io::Result<()> {
        groups.values_of(self.layout, self.rows, self.all)
    }
}

impl<K: GroupKey, A: Accumulator, V: Accumulator> KeyedGroups<K, A, V> {
    /// The indices of the rows whose keys have this type.
    fn row_indices<B>(layout: &KeyLayout, rows: &[RankedGroup<B>]) -> Map<K, usize> {
        let mut indices = Map::new();
        for (index, row) in rows.iter().enumerate() {
            if K::is_of(layout, &row.key) {
                *indices.at(layout.of_values(&row.key)) = index;
            }
        }
        indices
    }

    /// Computes the distinct counts and quantiles of some keys.
    fn fill(self, layout: &KeyLayout, rows: &mut [RankedGroup<A>]) -> io::Result<()> {
        let indices = Self::row_indices(layout, rows);
        if indices.is_empty() {
            return Ok(());
        }
        for distinct in self.distinct {
            let counts = distinct.counts_of(&indices)?;
            for (key, index) in indices.entries() {
                let count = counts.get(key).map_or(0, |times| times.0);
                rows[*index].extras.distinct.push(count);
            }
        }
        for mut values in self.values {
            values.finish(false);
            let parts = each_part(values.parts(), |part| {
                let mut of_wanted: Map<Valued<K>, Occurrences> = Map::new();
                values.each(part, |valued, row| {
                    if indices.get(&valued.0).is_some() {
                        of_wanted.at(valued).0 += n_flows::<V>(&row);
                    }
                })?;
                Ok(quantiles_of(of_wanted))
            })?;
            for (key, index) in indices.entries() {
                let points = parts.iter().find_map(|points| points.get(key).copied());
                rows[*index].extras.quantiles.push(points.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Adds the values of each row to the map of that index, those of other keys
    /// to the last map.
    fn values_of(
        self,
        layout: &KeyLayout,
        rows: &[RankedGroup<A>],
        all: &mut [Map<u64, V>],
    ) -> io::Result<()> {
        let indices = Self::row_indices(layout, rows);
        let last = rows.len();
        for mut values in self.values {
            values.finish(false);
            let parts = each_part(values.parts(), |part| {
                let mut sums: Map<(u64, u64), V> = Map::new();
                values.each(part, |Valued(key, value), row| {
                    let index = indices.get(&key).copied().unwrap_or(last);
                    sums.at((index as u64, value)).take_or_merge(row);
                })?;
                Ok(sums)
            })?;
            for ((index, value), sums) in parts.into_iter().flat_map(Map::into_entries) {
                let index = usize::try_from(index).expect("it was a usize");
                all[index].at(value).merge(&sums);
            }
        }
        Ok(())
    }
}

/// How many flows a record of a value stands for.
fn n_flows<V: Accumulator>(row: &Result<V::Row, V>) -> u64 {
    match row {
        Ok(_) => 1,
        Err(sums) => sums.sums().flows,
    }
}

fn quantiles_of<K: Key>(values: Map<Valued<K>, Occurrences>) -> Map<K, Quantiles> {
    let entries = values.into_entries().map(|(Valued(key, value), times)| (key, value, times.0));
    quantiles_by_key(entries.collect())
}

/// The extras of each of some keys of a part; empty if there are none.
pub(super) fn extras_of_part<K: Key, A, V: Accumulator>(
    groups: &[(K, A)],
    part: usize,
    counts: &[KeyedSums<K, Occurrences>],
    values: &[KeyedSums<Valued<K>, V>],
) -> io::Result<Vec<ExtraValues>> {
    if counts.is_empty() && values.is_empty() {
        return Ok(Vec::new());
    }
    let counts: Vec<Map<K, Occurrences>> =
        counts.iter().map(|counts| counts.part(part)).collect::<io::Result<_>>()?;
    let points: Vec<Map<K, Quantiles>> = values
        .iter()
        .map(|values| {
            let mut all: Map<Valued<K>, Occurrences> = Map::new();
            values.each(part, |valued, row| all.at(valued).0 += n_flows::<V>(&row))?;
            Ok(quantiles_of(all))
        })
        .collect::<io::Result<_>>()?;
    let found = groups.iter().map(|(key, _)| ExtraValues {
        distinct: counts.iter().map(|counts| counts.get(key).map_or(0, |times| times.0)).collect(),
        quantiles: points
            .iter()
            .map(|points| points.get(key).copied().unwrap_or_default())
            .collect(),
        bin_ms: None,
        key: Vec::new(),
    });
    Ok(found.collect())
}

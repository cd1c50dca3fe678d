//! What keys have besides their sums: different values, distributions, sums by
//! value; of all keys of a part, or of the wanted ones alone.

use std::io;

use flowkit_model::answer::Quantiles;

use super::{Found, Group, Ranking, TextOrder, Wanted};
use crate::group::counters::Accumulator;
use crate::group::key::{Key, KeyLayout};
use crate::group::keyed_sums::Store;
use crate::group::quantiles::{Times, quantiles_by_key};
use crate::group::table::{Gathered, Table};
use crate::spill::hash::Valued;
use crate::spill::map::Map;
use crate::spill::partitions::each_part;

impl<A: Accumulator, V: Accumulator> Table<A, V> {
    /// The first keys with their values, and the values of all other keys
    /// together. What is looked at must be the sums.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn rank_values(mut self, wanted: &Wanted<'_, A>) -> io::Result<ByValue<A, V>> {
        let order = TextOrder::new(self.layout(), wanted.texts);
        let layout = self.layout().clone();
        let ranking = Ranking { wanted, order: &order, layout: &layout };
        let ranked = self.rank_sums(&ranking)?;
        let mut all = vec![Map::new(); ranked.rows.len() + 1];
        self.known.values_of(&layout, &ranked.rows, &mut all)?;
        self.wide.values_of(&layout, &ranked.rows, &mut all)?;
        self.double.values_of(&layout, &ranked.rows, &mut all)?;
        self.long.values_of(&layout, &ranked.rows, &mut all)?;
        let others = all.pop().unwrap_or_else(Map::new);
        Ok(ByValue { rows: ranked.rows.into_iter().zip(all).collect(), others, keys: ranked.keys })
    }
}

/// The first keys with the sums of each of their values, and those of others.
pub(crate) struct ByValue<A, V> {
    pub(crate) rows: Vec<(Group<A>, Map<u64, V>)>,
    pub(crate) others: Map<u64, V>,
    /// All keys.
    pub(crate) keys: u64,
}

impl<K: Key, A: Accumulator, V: Accumulator> Gathered<K, A, V> {
    /// The places of those rows whose keys are kept here.
    fn places<B>(layout: &KeyLayout, rows: &[Group<B>]) -> Map<K, usize> {
        let mut places = Map::new();
        for (place, row) in rows.iter().enumerate() {
            if K::is_of(layout, &row.key) {
                *places.at(layout.of_values(&row.key)) = place;
            }
        }
        places
    }

    /// Works out what else was gathered of some keys.
    pub(super) fn fill(self, layout: &KeyLayout, rows: &mut [Group<A>]) -> io::Result<()> {
        let places = Self::places(layout, rows);
        if places.is_empty() {
            return Ok(());
        }
        for pairs in self.pairs {
            let counts = pairs.counts_of(&places)?;
            for (key, place) in places.entries() {
                let count = counts.get(key).map_or(0, |times| times.0);
                rows[*place].besides.distinct.push(count);
            }
        }
        for mut values in self.values {
            values.finish(false);
            let parts = each_part(values.parts(), |part| {
                let mut of_wanted: Map<Valued<K>, Times> = Map::new();
                values.each(part, |valued, row| {
                    if places.get(&valued.0).is_some() {
                        of_wanted.at(valued).0 += times::<V>(&row);
                    }
                })?;
                Ok(points(of_wanted))
            })?;
            for (key, place) in places.entries() {
                let points = parts.iter().find_map(|points| points.get(key).copied());
                rows[*place].besides.spread.push(points.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Adds the values of each row to the map at its place, those of other keys
    /// to the last.
    fn values_of(
        self,
        layout: &KeyLayout,
        rows: &[Group<A>],
        all: &mut [Map<u64, V>],
    ) -> io::Result<()> {
        let places = Self::places(layout, rows);
        let last = rows.len();
        for mut values in self.values {
            values.finish(false);
            let parts = each_part(values.parts(), |part| {
                let mut sums: Map<(u64, u64), V> = Map::new();
                values.each(part, |Valued(key, value), row| {
                    let place = places.get(&key).copied().unwrap_or(last);
                    sums.at((place as u64, value)).take_or_merge(row);
                })?;
                Ok(sums)
            })?;
            for ((place, value), sums) in parts.into_iter().flat_map(Map::into_entries) {
                let place = usize::try_from(place).expect("it was one");
                all[place].at(value).merge(&sums);
            }
        }
        Ok(())
    }
}

/// How many flows a record of a value stands for.
fn times<V: Accumulator>(row: &Result<V::Row, V>) -> u64 {
    match row {
        Ok(_) => 1,
        Err(sums) => sums.sums().flows,
    }
}

fn points<K: Key>(values: Map<Valued<K>, Times>) -> Map<K, Quantiles> {
    let entries = values.into_entries().map(|(Valued(key, value), times)| (key, value, times.0));
    quantiles_by_key(entries.collect())
}

/// What each of some keys has besides; empty if nothing is asked for.
pub(super) fn besides<K: Key, A, V: Accumulator>(
    groups: &[(K, A)],
    part: usize,
    counts: &[Store<K, Times>],
    values: &[Store<Valued<K>, V>],
) -> io::Result<Vec<Found>> {
    if counts.is_empty() && values.is_empty() {
        return Ok(Vec::new());
    }
    let counts: Vec<Map<K, Times>> =
        counts.iter().map(|counts| counts.part(part)).collect::<io::Result<_>>()?;
    let points: Vec<Map<K, Quantiles>> = values
        .iter()
        .map(|values| {
            let mut all: Map<Valued<K>, Times> = Map::new();
            values.each(part, |valued, row| all.at(valued).0 += times::<V>(&row))?;
            Ok(points(all))
        })
        .collect::<io::Result<_>>()?;
    let found = groups.iter().map(|(key, _)| Found {
        distinct: counts.iter().map(|counts| counts.get(key).map_or(0, |times| times.0)).collect(),
        spread: points.iter().map(|points| points.get(key).copied().unwrap_or_default()).collect(),
    });
    Ok(found.collect())
}

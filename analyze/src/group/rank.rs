//! Which keys come first: the largest by a value, ties by key, unknown last
//! among them. Parts of the keys are ranked side by side, then their first
//! ones together.

use std::cmp::Ordering;
use std::io;

use flowkit_model::Kind;
use rayon::prelude::*;

use super::Accumulator;
use super::key::{Key, KeyLayout, Valued};
use super::map::Map;
use super::pairs::Pairs;
use super::points::{Points, Times};
use super::store::Store;
use super::table::{Gathered, Table};
use crate::answer::Metric;
use crate::tally::Sums;

/// The first keys of a ranking.
#[derive(Debug)]
pub struct Ranked<A> {
    /// The first keys, in order.
    pub rows: Vec<Group<A>>,
    /// Sums over the keys that are not among them.
    pub other: Sums,
    /// All keys.
    pub keys: u64,
}

/// A key and what is known of it.
#[derive(Clone, Debug)]
pub struct Group<A> {
    /// Its values; unknown is `None`.
    pub key: Vec<Option<u64>>,
    /// Its sums.
    pub sums: A,
    /// What else was gathered.
    pub besides: Found,
    /// What it is ranked by.
    value: Option<u128>,
}

/// What a key has besides its sums, in the order in which it was gathered.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Different values.
    pub distinct: Vec<u64>,
    /// Points of distributions.
    pub spread: Vec<Points>,
}

/// What a key is ranked by; `None`, unknown, comes last.
pub type Value<'w, A> = &'w (dyn Fn(&A, &Found) -> Option<u128> + Sync);

/// Which keys are wanted.
pub struct Wanted<'w, A> {
    /// What they are ranked by.
    pub value: Value<'w, A>,
    /// Whether a key may have a row.
    pub holds: &'w (dyn Fn(&A, &Found) -> bool + Sync),
    /// Whether these two look at what was gathered besides sums. If not, that
    /// is worked out for the wanted keys alone.
    pub besides: bool,
    /// The smallest first.
    pub bottom: bool,
    /// How many; 0 is all.
    pub limit: usize,
    /// The texts of the dictionary: text keys sort by their letters.
    pub texts: &'w [String],
}

impl<A: Accumulator, V: Accumulator> Table<A, V> {
    /// The first keys, largest first.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub fn rank(mut self, wanted: &Wanted<'_, A>) -> io::Result<Ranked<A>> {
        self.close();
        let order = TextOrder::new(self.layout(), wanted.texts);
        let layout = self.layout().clone();
        let ranking = Ranking { wanted, order: &order, layout: &layout };
        if wanted.besides || wanted.limit == 0 {
            let mut parts = ranking.all(self.known)?;
            parts.extend(ranking.all(self.wide)?);
            parts.extend(ranking.all(self.long)?);
            return Ok(ranking.together(parts));
        }
        let mut ranked = self.rank_sums(&ranking)?;
        self.known.fill(&layout, &mut ranked.rows)?;
        self.wide.fill(&layout, &mut ranked.rows)?;
        self.long.fill(&layout, &mut ranked.rows)?;
        Ok(ranked)
    }

    /// The first keys, by sums alone; these are then gone.
    fn rank_sums(&mut self, ranking: &Ranking<'_, A>) -> io::Result<Ranked<A>> {
        let mut parts = ranking.of(&mut self.known.sums)?;
        parts.extend(ranking.of(&mut self.wide.sums)?);
        parts.extend(ranking.of(&mut self.long.sums)?);
        Ok(ranking.together(parts))
    }

    /// The first keys with their values, and the values of all other keys
    /// together. What is looked at must be the sums.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn rank_values(mut self, wanted: &Wanted<'_, A>) -> io::Result<ByValue<A, V>> {
        self.close();
        let order = TextOrder::new(self.layout(), wanted.texts);
        let layout = self.layout().clone();
        let ranking = Ranking { wanted, order: &order, layout: &layout };
        let ranked = self.rank_sums(&ranking)?;
        let mut all = vec![Map::new(); ranked.rows.len() + 1];
        self.known.values_of(&layout, &ranked.rows, &mut all)?;
        self.wide.values_of(&layout, &ranked.rows, &mut all)?;
        self.long.values_of(&layout, &ranked.rows, &mut all)?;
        let others = all.pop().unwrap_or_else(Map::new);
        Ok(ByValue { rows: ranked.rows.into_iter().zip(all).collect(), others, keys: ranked.keys })
    }

    /// All keys, the largest by a metric first.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub fn all(self, metric: Metric, texts: &[String]) -> io::Result<Vec<Group<A>>> {
        let value = |sums: &A, _: &Found| Some(metric.of(&sums.sums()));
        let holds = |_: &A, _: &Found| true;
        let (value, holds): (Value<'_, A>, _) = (&value, &holds);
        let wanted = Wanted { value, holds, besides: false, bottom: false, limit: 0, texts };
        Ok(self.rank(&wanted)?.rows)
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
    fn fill(self, layout: &KeyLayout, rows: &mut [Group<A>]) -> io::Result<()> {
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

fn points<K: Key>(values: Map<Valued<K>, Times>) -> Map<K, Points> {
    let entries = values.into_entries().map(|(Valued(key, value), times)| (key, value, times.0));
    Points::by_key(entries.collect())
}

/// A ranking under way.
struct Ranking<'w, A> {
    wanted: &'w Wanted<'w, A>,
    order: &'w TextOrder,
    layout: &'w KeyLayout,
}

impl<A: Accumulator> Ranking<'_, A> {
    /// The first keys of each part, by sums alone.
    fn of<K: Key>(&self, sums: &mut Store<K, A>) -> io::Result<Vec<Ranked<A>>> {
        sums.finish(false);
        let parts = each_part(sums.parts(), |part| {
            Ok(self.first(sums.part(part)?.into_entries().collect(), Vec::new()))
        });
        sums.clear();
        parts
    }

    /// The first keys of each part, with all that is known of them.
    fn all<K: Key, V: Accumulator>(
        &self,
        gathered: Gathered<K, A, V>,
    ) -> io::Result<Vec<Ranked<A>>> {
        let mut sums = gathered.sums;
        let mut counts: Vec<Store<K, Times>> =
            gathered.pairs.into_iter().map(Pairs::counts).collect::<io::Result<_>>()?;
        let mut values = gathered.values;
        let split = sums.is_split()
            || counts.iter().any(Store::is_split)
            || values.iter().any(Store::is_split);
        sums.finish(split);
        counts.iter_mut().for_each(|counts| counts.finish(split));
        values.iter_mut().for_each(|values| values.finish(split));
        each_part(sums.parts(), |part| {
            let groups: Vec<(K, A)> = sums.part(part)?.into_entries().collect();
            let besides = besides(&groups, part, &counts, &values)?;
            Ok(self.first(groups, besides))
        })
    }

    /// The first of some keys; `besides` is empty or has one for each.
    fn first<K: Key>(&self, groups: Vec<(K, A)>, besides: Vec<Found>) -> Ranked<A> {
        let nothing = Found::default();
        let keys = groups.len() as u64;
        let places = self.order.places_of(self.layout, &groups);
        let mut other = Sums::default();
        let mut candidates = Vec::with_capacity(groups.len());
        for (at, (_, sums)) in groups.iter().enumerate() {
            let found = besides.get(at).unwrap_or(&nothing);
            if (self.wanted.holds)(sums, found) {
                candidates.push(((self.wanted.value)(sums, found), at));
            } else {
                other.add(&sums.sums());
            }
        }
        let key = |at: usize| places.as_ref().map_or(&groups[at].0, |places| &places[at]);
        let order = |a: &(Option<u128>, usize), b: &(Option<u128>, usize)| {
            self.by_value(a.0, b.0).then_with(|| key(a.1).cmp(key(b.1)))
        };
        // Only the rows that are shown need to be in order.
        let limit = self.wanted.limit;
        if limit > 0 && limit < candidates.len() {
            candidates.select_nth_unstable_by(limit, order);
            for (_, at) in candidates.drain(limit..) {
                other.add(&groups[at].1.sums());
            }
        }
        let rows = candidates.into_iter().map(|(value, at)| Group {
            key: self.layout.decode(key(at).clone()),
            sums: groups[at].1.clone(),
            besides: besides.get(at).cloned().unwrap_or_default(),
            value,
        });
        Ranked { rows: rows.collect(), other, keys }
    }

    /// The first of the first; texts are by their places until then.
    fn together(&self, parts: Vec<Ranked<A>>) -> Ranked<A> {
        let mut all = Ranked { rows: Vec::new(), other: Sums::default(), keys: 0 };
        for part in parts {
            all.rows.extend(part.rows);
            all.other.add(&part.other);
            all.keys += part.keys;
        }
        let order = |a: &Group<A>, b: &Group<A>| {
            self.by_value(a.value, b.value).then_with(|| by_key(&a.key, &b.key))
        };
        let limit = self.wanted.limit;
        if limit > 0 && limit < all.rows.len() {
            all.rows.select_nth_unstable_by(limit, order);
            for row in all.rows.drain(limit..) {
                all.other.add(&row.sums.sums());
            }
        }
        if all.rows.len() > MANY {
            all.rows.par_sort_unstable_by(order);
        } else {
            all.rows.sort_unstable_by(order);
        }
        for row in &mut all.rows {
            self.order.to_numbers(self.layout, &mut row.key);
        }
        all
    }

    /// The largest first, or the smallest; unknown last.
    fn by_value(&self, a: Option<u128>, b: Option<u128>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.wanted.bottom => a.cmp(&b),
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

/// Rows that are sorted by more than one thread.
const MANY: usize = 100_000;

/// Keys as they sort: unknown last.
fn by_key(a: &[Option<u64>], b: &[Option<u64>]) -> Ordering {
    let one = |(a, b): (&Option<u64>, &Option<u64>)| match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    a.iter().zip(b).map(one).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Does parts side by side; a single one needs no other thread.
pub(crate) fn each_part<T: Send>(
    parts: usize,
    work: impl Fn(usize) -> io::Result<T> + Sync + Send,
) -> io::Result<Vec<T>> {
    if parts <= 1 {
        return (0..parts).map(work).collect();
    }
    (0..parts).into_par_iter().map(work).collect()
}

/// What each of some keys has besides; empty if nothing is asked for.
fn besides<K: Key, A, V: Accumulator>(
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
    let points: Vec<Map<K, Points>> = values
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

/// Numbers of texts by first come, and places by letters.
struct TextOrder {
    /// By number; empty if the key has no text.
    places: Vec<u64>,
    numbers: Vec<u64>,
}

impl TextOrder {
    fn new(layout: &KeyLayout, texts: &[String]) -> Self {
        if layout.parts().iter().all(|part| part.kind != Kind::Text) {
            return Self { places: Vec::new(), numbers: Vec::new() };
        }
        let mut by_letters: Vec<(u64, &String)> = (0..).zip(texts).collect();
        by_letters.sort_unstable_by_key(|(_, text)| *text);
        let numbers: Vec<u64> = by_letters.into_iter().map(|(number, _)| number).collect();
        let mut places: Vec<(u64, u64)> = numbers.iter().copied().zip(0..).collect();
        places.sort_unstable();
        Self { places: places.into_iter().map(|(_, place)| place).collect(), numbers }
    }

    /// The keys with the places of their texts; `None` if they have none.
    fn places_of<K: Key, A>(&self, layout: &KeyLayout, groups: &[(K, A)]) -> Option<Vec<K>> {
        let places = |(key, _): &(K, A)| {
            let mut values = layout.decode(key.clone());
            translate(layout, &mut values, &self.places);
            layout.of_values(&values)
        };
        (!self.places.is_empty()).then(|| groups.iter().map(places).collect())
    }

    /// Numbers instead of places again.
    fn to_numbers(&self, layout: &KeyLayout, key: &mut [Option<u64>]) {
        translate(layout, key, &self.numbers);
    }
}

/// Looks the texts of a key up in `map`.
fn translate(layout: &KeyLayout, values: &mut [Option<u64>], map: &[u64]) {
    for (part, value) in layout.parts().iter().zip(values) {
        if part.kind == Kind::Text {
            *value = value.and_then(|value| map.get(usize::try_from(value).ok()?).copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::*;
    use crate::columns::{Column, Values};
    use crate::group::Counters;
    use crate::group::key::KeyPart;
    use crate::group::memory::Memory;
    use crate::group::table::{Besides, Counting};

    fn layout(kind: Kind, bits: &[u32]) -> KeyLayout {
        KeyLayout::new(
            bits.iter().map(|bits| KeyPart { name: String::new(), kind, bits: *bits }).collect(),
        )
    }

    fn column(rows: u64, value: &dyn Fn(u64) -> Option<u64>) -> Column {
        let unknown: Vec<bool> = (0..rows).map(|row| value(row).is_none()).collect();
        Column {
            values: Values::U64((0..rows).map(|row| value(row).unwrap_or(0)).collect()),
            unknown: unknown.contains(&true).then_some(unknown),
        }
    }

    fn ranked(
        kind: Kind,
        groups: &[(Option<u64>, u64)],
        limit: usize,
        texts: &[String],
    ) -> (Vec<Option<u64>>, u128, u64) {
        let layout = layout(kind, &[32]);
        let mut table = Table::<Counters>::new(&layout, &Besides::default(), &Arc::default());
        let keys = column(groups.len() as u64, &|row| groups[usize::try_from(row).unwrap()].0);
        table.add(&[&keys], None, |row| Counters::row(groups[row].1, 1));
        let value = |sums: &Counters, _: &Found| Some(sums.sums().bytes);
        let holds = |_: &Counters, _: &Found| true;
        let (value, holds): (Value<'_, Counters>, _) = (&value, &holds);
        let wanted = Wanted { value, holds, besides: false, bottom: false, limit, texts };
        let ranked = table.rank(&wanted).unwrap();
        (ranked.rows.into_iter().map(|row| row.key[0]).collect(), ranked.other.bytes, ranked.keys)
    }

    #[test]
    fn the_largest_come_first_and_ties_by_key() {
        let groups = [(Some(3), 10), (None, 10), (Some(1), 10), (Some(9), 70), (Some(2), 5)];
        let all = vec![Some(9), Some(1), Some(3), None, Some(2)];
        assert_eq!(ranked(Kind::Code, &groups, 0, &[]), (all.clone(), 0, 5));
        assert_eq!(ranked(Kind::Code, &groups, 9, &[]), (all.clone(), 0, 5));
        assert_eq!(ranked(Kind::Code, &groups, 2, &[]), (all[..2].to_vec(), 25, 5));
        assert_eq!(ranked(Kind::Code, &[], 2, &[]), (vec![], 0, 0));
    }

    #[test]
    fn texts_sort_by_their_letters() {
        let texts = ["r9", "r1", "r5"].map(String::from);
        let groups = [(Some(0), 10), (Some(1), 10), (None, 10), (Some(2), 10)];
        assert_eq!(
            ranked(Kind::Text, &groups, 0, &texts),
            (vec![Some(1), Some(2), Some(0), None], 0, 4)
        );
    }

    type Plain = BTreeMap<Vec<Option<u64>>, (u128, u64, BTreeSet<u64>, Vec<u64>)>;

    /// Keys of every width, some of them unknown, over two threads' tables,
    /// with memory for all and for nearly none, against the plain loop.
    #[test]
    fn every_way_to_keep_keys_equals_the_plain_loop() {
        const ROWS: u64 = 30_000;
        let key = |row: u64| (row % 10 != 3).then_some(row * row % 1511);
        let value = |row: u64| (row % 11 != 5).then_some(row * 7 % 23);
        let bytes = |row: u64| if row % 1000 == 9 { u64::MAX - row } else { row };
        let keys = [column(ROWS, &key), column(ROWS, &|row| Some(key(row).unwrap_or(0)))];
        for bits in [vec![11], vec![16], vec![5, 11], vec![32, 32], vec![64, 60], vec![48, 48, 48]]
        {
            for most in [10_000, usize::MAX] {
                let layout = layout(Kind::Code, &bits);
                let memory = Arc::new(Memory::of(most));
                let counting = Counting { bits: 5, mirrored: false };
                let besides = Besides { distinct: vec![counting], spread: 1 };
                let mut tables = [0, 1].map(|_| Table::<Counters>::new(&layout, &besides, &memory));
                let mut expected = Plain::new();
                for (batch, keys) in keys.iter().enumerate() {
                    let mut columns = vec![keys; bits.len()];
                    let low = column(ROWS, &|row| {
                        keys.get(usize::try_from(row).unwrap()).map(|key| key % 32)
                    });
                    if bits == [5, 11] {
                        columns[0] = &low;
                    }
                    let half = |half: u64| -> Vec<bool> {
                        (0..ROWS).map(|row| row != 7 && row % 2 == half).collect()
                    };
                    for (table, half) in tables.iter_mut().zip([half(0), half(1)]) {
                        let row = |at: usize| Counters::row(bytes(at as u64), 1);
                        table.add(&columns, Some(&half), row);
                        let value = |at: usize| value(at as u64);
                        table.count(0, &columns, Some(&half), false, value);
                        table.spread(0, &columns, Some(&half), |row| Some((value(row)?, Ok(()))));
                    }
                    for row in (0..ROWS).filter(|row| *row != 7) {
                        let at = usize::try_from(row).unwrap();
                        let key = columns.iter().map(|column| column.get(at)).collect();
                        let plain = expected.entry(key).or_default();
                        plain.0 += u128::from(bytes(row));
                        plain.1 += 1;
                        plain.2.extend(value(row));
                        plain.3.extend(value(row));
                    }
                    assert!(batch < 2);
                }
                let [mut table, other] = tables;
                table.merge(other);
                let found = table.all(Metric::Bytes, &[]).unwrap();
                assert_eq!(found.len(), expected.len(), "{bits:?}");
                for row in found {
                    let (sum, flows, values, mut all) = expected.remove(&row.key).unwrap();
                    let sums = row.sums.sums();
                    assert_eq!((sums.bytes, sums.flows), (sum, flows), "{:?}", row.key);
                    assert_eq!(row.besides.distinct, [values.len() as u64]);
                    all.sort_unstable();
                    let points = row.besides.spread[0];
                    assert_eq!(points.n, all.len() as u64);
                    let middle = all.get((all.len().max(1) - 1) / 2).copied();
                    assert_eq!(points.median, middle.unwrap_or(0));
                }
                assert!(memory.failure().is_none());
            }
        }
    }
}

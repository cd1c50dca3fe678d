//! Which keys come first: the largest by a value, ties by key, unknown last
//! among them. Parts of the keys are ranked side by side, then their first
//! ones together.

mod compare;
mod extras;
mod text_order;
mod top_n;

use std::cmp::Ordering;
use std::io;

use flowkit_model::answer::Quantiles;
use flowkit_model::{Metric, Sums};
use rayon::prelude::*;

pub use self::compare::Both;
use self::extras::besides;
use self::text_order::TextOrder;
use self::top_n::First;
use super::distinct::Pairs;
use super::key::{Key, KeyLayout};
use super::keyed_sums::Store;
use super::quantiles::Times;
use super::table::{Gathered, Table};
use crate::group::counters::Accumulator;
use crate::spill::partitions::each_part;

/// The first keys of a ranking.
#[derive(Debug)]
pub struct Ranked<A> {
    /// The first keys, in order.
    pub rows: Vec<Group<A>>,
    /// Sums over the keys that are not among them.
    pub other: Sums,
    /// All keys.
    pub keys: u64,
    /// Those that may have a row.
    pub holding: u64,
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
    /// Quantiles of distributions.
    pub spread: Vec<Quantiles>,
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
        let order = TextOrder::new(self.layout(), wanted.texts);
        let layout = self.layout().clone();
        let ranking = Ranking { wanted, order: &order, layout: &layout };
        if wanted.besides || wanted.limit == 0 {
            self.close();
            let mut parts = ranking.all(self.known)?;
            parts.extend(ranking.all(self.wide)?);
            parts.extend(ranking.all(self.double)?);
            parts.extend(ranking.all(self.long)?);
            return Ok(ranking.together(parts));
        }
        let mut ranked = self.rank_sums(&ranking)?;
        self.known.fill(&layout, &mut ranked.rows)?;
        self.wide.fill(&layout, &mut ranked.rows)?;
        self.double.fill(&layout, &mut ranked.rows)?;
        self.long.fill(&layout, &mut ranked.rows)?;
        Ok(ranked)
    }

    /// The first keys, by sums alone; these are then gone.
    fn rank_sums(&mut self, ranking: &Ranking<'_, A>) -> io::Result<Ranked<A>> {
        // Keys that stand in an array are nowhere else.
        let mut parts = ranking.of(&mut self.known.sums)?;
        self.take_dense(|groups| parts.push(ranking.first(groups, &[])));
        parts.extend(ranking.of(&mut self.wide.sums)?);
        parts.extend(ranking.of(&mut self.double.sums)?);
        parts.extend(ranking.of(&mut self.long.sums)?);
        Ok(ranking.together(parts))
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
            let groups: Vec<(K, A)> = sums.part(part)?.into_entries().collect();
            Ok(self.first(&groups, &[]))
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
        for counts in &mut counts {
            counts.finish(split);
        }
        for values in &mut values {
            values.finish(split);
        }
        each_part(sums.parts(), |part| {
            let groups: Vec<(K, A)> = sums.part(part)?.into_entries().collect();
            let besides = besides(&groups, part, &counts, &values)?;
            Ok(self.first(&groups, &besides))
        })
    }

    /// The first of some keys; `besides` is empty or has one for each.
    fn first<K: Key>(&self, groups: &[(K, A)], besides: &[Found]) -> Ranked<A> {
        let nothing = Found::default();
        let keys = groups.len() as u64;
        let places = self.order.places_of(self.layout, groups);
        let mut other = Sums::default();
        let key = |at: usize| places.as_ref().map_or(&groups[at].0, |places| &places[at]);
        let order = |a: &(Option<u128>, usize), b: &(Option<u128>, usize)| {
            self.by_value(a.0, b.0).then_with(|| key(a.1).cmp(key(b.1)))
        };
        let mut first: First<(Option<u128>, usize)> = First::new(self.wanted.limit);
        let mut holding = 0;
        for (at, (_, sums)) in groups.iter().enumerate() {
            let found = besides.get(at).unwrap_or(&nothing);
            let value = (self.wanted.value)(sums, found);
            let holds = (self.wanted.holds)(sums, found);
            holding += u64::from(holds);
            if holds && first.last().is_none_or(|last| self.by_value(value, last.0).is_le()) {
                first.add((value, at), order, |(_, at)| other.add(&groups[at].1.sums()));
            } else {
                other.add(&sums.sums());
            }
        }
        let candidates = first.finish(order, |(_, at)| other.add(&groups[at].1.sums()));
        let rows = candidates.into_iter().map(|(value, at)| Group {
            key: self.layout.decode(key(at).clone()),
            sums: groups[at].1.clone(),
            besides: besides.get(at).cloned().unwrap_or_default(),
            value,
        });
        Ranked { rows: rows.collect(), other, keys, holding }
    }

    /// The first of the first; texts are by their places until then.
    fn together(&self, parts: Vec<Ranked<A>>) -> Ranked<A> {
        let mut all = Ranked { rows: Vec::new(), other: Sums::default(), keys: 0, holding: 0 };
        for part in parts {
            all.rows.extend(part.rows);
            all.other.add(&part.other);
            all.keys += part.keys;
            all.holding += part.holding;
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

#[cfg(test)]
mod tests;

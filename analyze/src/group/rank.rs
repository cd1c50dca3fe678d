//! Which keys come first: the largest by a metric, ties by key, unknown last
//! among them.

use flowkit_model::Kind;

use super::Accumulator;
use super::key::{Key, KeyLayout};
use crate::answer::Metric;
use crate::tally::Sums;

/// The first keys of a ranking.
#[derive(Debug)]
pub struct Ranked<A> {
    /// Key values and sums, the largest first.
    pub rows: Vec<(Vec<Option<u64>>, A)>,
    /// Sums over the keys that are not among them.
    pub other: Sums,
    /// All keys.
    pub keys: u64,
}

/// Ranks groups and keeps the first `limit`; 0 keeps all.
///
/// `texts` are the dictionary's: text keys sort by their letters.
#[must_use]
pub fn rank<K: Key, A: Accumulator>(
    mut groups: Vec<(K, A)>,
    layout: &KeyLayout,
    metric: Metric,
    limit: usize,
    texts: &[String],
) -> Ranked<A> {
    let places = TextOrder::new(layout, texts);
    places.to_places(layout, &mut groups);
    let keys = groups.len() as u64;
    let order = |a: &(K, A), b: &(K, A)| {
        let value = |group: &(K, A)| metric.of(&group.1.sums());
        value(b).cmp(&value(a)).then_with(|| a.0.cmp(&b.0))
    };
    let limit = if limit == 0 { groups.len() } else { limit.min(groups.len()) };
    // Only the rows that are shown need to be in order.
    if limit < groups.len() {
        groups.select_nth_unstable_by(limit, order);
    }
    let mut other = Sums::default();
    for (_, sums) in groups.drain(limit..) {
        other.add(&sums.sums());
    }
    groups.sort_unstable_by(order);
    let rows = groups.into_iter().map(|(key, sums)| (places.decode(layout, key), sums)).collect();
    Ranked { rows, other, keys }
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

    fn to_places<K: Key, A>(&self, layout: &KeyLayout, groups: &mut [(K, A)]) {
        if !self.places.is_empty() {
            for (key, _) in groups {
                *key = layout.of_values(&translate(layout, key.clone(), &self.places));
            }
        }
    }

    fn decode<K: Key>(&self, layout: &KeyLayout, key: K) -> Vec<Option<u64>> {
        translate(layout, key, &self.numbers)
    }
}

/// The values of a key, its texts looked up in `map`.
fn translate<K: Key>(layout: &KeyLayout, key: K, map: &[u64]) -> Vec<Option<u64>> {
    let mut values = layout.decode(key);
    for (part, value) in layout.parts().iter().zip(&mut values) {
        if part.kind == Kind::Text {
            *value = value.and_then(|value| map.get(usize::try_from(value).ok()?).copied());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Counters;
    use crate::group::key::KeyPart;

    fn counters(bytes: u64) -> Counters {
        let mut counters = Counters::default();
        counters.add(bytes, 1);
        counters
    }

    fn ranked(
        kind: Kind,
        groups: &[(Option<u64>, u64)],
        limit: usize,
        texts: &[String],
    ) -> (Vec<Option<u64>>, u128, u64) {
        let layout = KeyLayout::new(vec![KeyPart { name: String::new(), kind, bits: 32 }]);
        let groups = groups
            .iter()
            .map(|(key, bytes)| (layout.of_values::<u64>(&[*key]), counters(*bytes)))
            .collect();
        let ranked = rank(groups, &layout, Metric::Bytes, limit, texts);
        (ranked.rows.into_iter().map(|(key, _)| key[0]).collect(), ranked.other.bytes, ranked.keys)
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
}

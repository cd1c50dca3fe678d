//! Sorts keys by what their codes stand for: texts by their letters, addresses by
//! family and value. Codes of the dictionary are in the order of first occurrence.

use flowkit_model::Kind;

use crate::batch::dictionary::{Codebook, FIRST_CODED};
use crate::group::key::{Key, KeyLayout};

/// Translates between dictionary codes and positions in order.
pub(crate) struct CodeOrder {
    texts: Positions,
    addresses: Positions,
}

/// Codes that count from `first`, and their order.
struct Positions {
    first: u64,
    /// Position of each code; empty if they are in order, as of none or one.
    of_codes: Vec<u64>,
    /// Code at each position.
    codes: Vec<u64>,
}

impl Positions {
    fn new<T: Ord>(first: u64, values: &[T]) -> Self {
        let mut sorted: Vec<(u64, &T)> = (first..).zip(values).collect();
        sorted.sort_unstable_by_key(|(_, value)| *value);
        let codes: Vec<u64> = sorted.into_iter().map(|(code, _)| code).collect();
        // Most often there is one, or none.
        if codes.is_sorted() {
            return Self { first, of_codes: Vec::new(), codes: Vec::new() };
        }
        let mut positions: Vec<(u64, u64)> = codes.iter().copied().zip(first..).collect();
        positions.sort_unstable();
        let of_codes = positions.into_iter().map(|(_, position)| position).collect();
        Self { first, of_codes, codes }
    }

    /// What stands for a value in `map`: the value itself, if it is below the first code,
    /// or all codes are in order.
    fn look_up(&self, map: &[u64], value: u64) -> Option<u64> {
        match value.checked_sub(self.first) {
            Some(place) if !map.is_empty() => map.get(usize::try_from(place).ok()?).copied(),
            _ => Some(value),
        }
    }
}

impl CodeOrder {
    pub(super) fn new(layout: &KeyLayout, codes: &Codebook) -> Self {
        let has = |kind| layout.parts().iter().any(|part| part.kind == kind);
        let texts: &[String] = if has(Kind::Text) { &codes.texts } else { &[] };
        let addresses = if has(Kind::Address) { &*codes.addresses } else { &[] };
        let first = u64::from(FIRST_CODED);
        Self { texts: Positions::new(0, texts), addresses: Positions::new(first, addresses) }
    }

    /// The order of all addresses.
    pub(crate) fn of_addresses(codes: &Codebook) -> Self {
        let addresses = Positions::new(FIRST_CODED.into(), &codes.addresses);
        Self { texts: Positions::new::<String>(0, &[]), addresses }
    }

    /// Where an address comes, by its code.
    pub(crate) fn of_address(&self, code: u64) -> u64 {
        self.addresses.look_up(&self.addresses.of_codes, code).unwrap_or(code)
    }

    /// A key with positions instead of codes.
    pub(crate) fn of_key<K: Key>(&self, layout: &KeyLayout, key: K) -> K {
        let mut values = layout.decode(key);
        self.translate(layout, &mut values, |positions| &positions.of_codes);
        layout.of_values(&values)
    }

    /// The keys with positions instead of codes; `None` if they have no code.
    pub(super) fn ordered_keys<K: Key, A>(
        &self,
        layout: &KeyLayout,
        groups: &[(K, A)],
    ) -> Option<Vec<K>> {
        let ordered = |(key, _): &(K, A)| self.of_key(layout, key.clone());
        let has_codes = !self.texts.codes.is_empty() || !self.addresses.codes.is_empty();
        has_codes.then(|| groups.iter().map(ordered).collect())
    }

    /// Translates the positions of a key back to codes.
    pub(super) fn to_codes(&self, layout: &KeyLayout, key: &mut [Option<u64>]) {
        self.translate(layout, key, |positions| &positions.codes);
    }

    fn translate(
        &self,
        layout: &KeyLayout,
        values: &mut [Option<u64>],
        map: impl Fn(&Positions) -> &[u64],
    ) {
        for (part, value) in layout.parts().iter().zip(values) {
            let positions = match part.kind {
                Kind::Text => &self.texts,
                Kind::Address => &self.addresses,
                _ => continue,
            };
            *value = value.and_then(|value| positions.look_up(map(positions), value));
        }
    }
}

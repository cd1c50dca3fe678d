//! Sorts text keys by their letters: keys hold dictionary codes, which are in the
//! order of first occurrence.

use flowkit_model::Kind;

use crate::group::key::{Key, KeyLayout};

/// Translates between dictionary codes and positions in alphabetical order.
pub(super) struct TextOrder {
    /// Position of each code; empty if the key has no text.
    positions: Vec<u64>,
    /// Code at each position.
    codes: Vec<u64>,
}

impl TextOrder {
    pub(super) fn new(layout: &KeyLayout, texts: &[String]) -> Self {
        if layout.parts().iter().all(|part| part.kind != Kind::Text) {
            return Self { positions: Vec::new(), codes: Vec::new() };
        }
        let mut by_letters: Vec<(u64, &String)> = (0..).zip(texts).collect();
        by_letters.sort_unstable_by_key(|(_, text)| *text);
        let codes: Vec<u64> = by_letters.into_iter().map(|(code, _)| code).collect();
        let mut positions: Vec<(u64, u64)> = codes.iter().copied().zip(0..).collect();
        positions.sort_unstable();
        Self { positions: positions.into_iter().map(|(_, position)| position).collect(), codes }
    }

    /// The keys with positions instead of codes; `None` if they have no text.
    pub(super) fn ordered_keys<K: Key, A>(
        &self,
        layout: &KeyLayout,
        groups: &[(K, A)],
    ) -> Option<Vec<K>> {
        let ordered = |(key, _): &(K, A)| {
            let mut values = layout.decode(key.clone());
            translate(layout, &mut values, &self.positions);
            layout.of_values(&values)
        };
        (!self.positions.is_empty()).then(|| groups.iter().map(ordered).collect())
    }

    /// Translates the positions of a key back to codes.
    pub(super) fn to_codes(&self, layout: &KeyLayout, key: &mut [Option<u64>]) {
        translate(layout, key, &self.codes);
    }
}

/// Looks up the text values of a key in `map`.
fn translate(layout: &KeyLayout, values: &mut [Option<u64>], map: &[u64]) {
    for (part, value) in layout.parts().iter().zip(values) {
        if part.kind == Kind::Text {
            *value = value.and_then(|value| map.get(usize::try_from(value).ok()?).copied());
        }
    }
}

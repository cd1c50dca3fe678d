//! Texts by their letters: keys hold the numbers that texts got as they came.

use flowkit_model::Kind;

use crate::group::key::{Key, KeyLayout};

/// Numbers of texts by first come, and places by letters.
pub(super) struct TextOrder {
    /// By number; empty if the key has no text.
    places: Vec<u64>,
    numbers: Vec<u64>,
}

impl TextOrder {
    pub(super) fn new(layout: &KeyLayout, texts: &[String]) -> Self {
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
    pub(super) fn places_of<K: Key, A>(
        &self,
        layout: &KeyLayout,
        groups: &[(K, A)],
    ) -> Option<Vec<K>> {
        let places = |(key, _): &(K, A)| {
            let mut values = layout.decode(key.clone());
            translate(layout, &mut values, &self.places);
            layout.of_values(&values)
        };
        (!self.places.is_empty()).then(|| groups.iter().map(places).collect())
    }

    /// Numbers instead of places again.
    pub(super) fn to_numbers(&self, layout: &KeyLayout, key: &mut [Option<u64>]) {
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

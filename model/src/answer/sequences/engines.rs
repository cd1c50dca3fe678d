//! The engines of a dump in the order in which they were met, found by their names in
//! constant time: a dump may have as many exporters as flows.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};

use super::Engine;

/// So few engines are compared one by one, which is faster than to hash a name.
const FEW: usize = 8;

/// Engines, each once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Engines {
    list: Vec<Engine>,
    /// Where each is, once they are more than a few.
    #[serde(skip)]
    index: Option<Index>,
    /// Where the one is that was looked up last: flows of one engine follow each other.
    #[serde(skip)]
    last: usize,
}

/// Places in the list, by the hash of the engine's name.
#[derive(Clone, Debug, Default)]
struct Index {
    hasher: RandomState,
    places: HashMap<u64, Vec<usize>>,
}

/// Exporter, kind and number of an engine.
pub(super) type Name<'a> = (Option<&'a str>, Option<u64>, Option<u64>);

impl PartialEq for Engines {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Eq for Engines {}

impl FromIterator<Engine> for Engines {
    fn from_iter<I: IntoIterator<Item = Engine>>(engines: I) -> Self {
        Self { list: engines.into_iter().collect(), index: None, last: 0 }
    }
}

impl Engines {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Engine> {
        self.list.iter()
    }

    pub(super) fn into_list(self) -> Vec<Engine> {
        self.list
    }

    /// Keeps the engines for which `keep` is true.
    pub(super) fn retain_mut(&mut self, keep: impl FnMut(&mut Engine) -> bool) {
        self.list.retain_mut(keep);
        self.index = None;
    }

    /// The engine of a name; one that was not met yet is made by `new`.
    pub(super) fn of(&mut self, name: Name<'_>, new: impl FnOnce() -> Engine) -> &mut Engine {
        let is_last = self.list.get(self.last).is_some_and(|known| known.name() == name);
        if !is_last {
            self.last = self.place(name).unwrap_or_else(|| self.push(name, new()));
        }
        &mut self.list[self.last]
    }

    fn place(&mut self, name: Name<'_>) -> Option<usize> {
        let is = |place: &usize| self.list[*place].name() == name;
        if self.list.len() <= FEW {
            return (0..self.list.len()).find(is);
        }
        let index = self.index.get_or_insert_with(|| {
            let mut index = Index::default();
            for (place, engine) in self.list.iter().enumerate() {
                index.places.entry(index.hasher.hash_one(engine.name())).or_default().push(place);
            }
            index
        });
        index.places.get(&index.hasher.hash_one(name))?.iter().copied().find(is)
    }

    fn push(&mut self, name: Name<'_>, engine: Engine) -> usize {
        let place = self.list.len();
        self.list.push(engine);
        if let Some(Index { hasher, places }) = &mut self.index {
            places.entry(hasher.hash_one(name)).or_default().push(place);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine((exporter, kind, id): Name<'_>) -> Engine {
        Engine { exporter: exporter.map(str::to_owned), kind, id, ..Engine::default() }
    }

    /// Few and many, met twice, after some were removed, and read back.
    #[test]
    fn each_engine_is_found_where_it_was_met() {
        for n in [3, 8, 9, 500] {
            let names: Vec<String> = (0..n).map(|number| format!("r{}", number % 7)).collect();
            let name = |number: usize| {
                let exporter = (!number.is_multiple_of(5)).then_some(&*names[number]);
                (exporter, Some(number as u64), None)
            };
            let mut engines = Engines::default();
            for number in (0..n).chain(0..n) {
                assert_eq!(engines.of(name(number), || engine(name(number))).name(), name(number));
            }
            assert_eq!(engines.iter().map(Engine::name).collect::<Vec<_>>(), {
                (0..n).map(name).collect::<Vec<_>>()
            });
            engines.retain_mut(|engine| engine.id.is_none() && engine.kind != Some(1));
            let text = serde_json::to_string(&engines).unwrap();
            let mut read: Engines = serde_json::from_str(&text).unwrap();
            assert_eq!(read, engines);
            for engines in [&mut engines, &mut read] {
                for number in (0..n).filter(|number| *number != 1) {
                    let known = engines.of(name(number), || panic!("{number} is known"));
                    assert_eq!(known.name(), name(number));
                }
                engines.of(name(1), || engine(name(1)));
                assert_eq!(engines.iter().count(), n);
            }
        }
    }
}

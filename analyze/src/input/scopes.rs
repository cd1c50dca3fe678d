//! Which parts of dumps may share documents, by their scopes (index, window and slice):
//! found without a look at each pair of parts.
//!
//! Parts of one scope are looked at together, and of one index in the order in which
//! their windows begin. Windows that follow each other, as those of a fetch, cost a look
//! or two a part; a window is compared with those alone that begin before it ends and,
//! back to where all before are over, those before them.

use std::collections::HashMap;
use std::ops::Range;

use flowkit_model::dump::{PartScope, Slice};
use flowkit_model::window::Span;

use super::source::{Location, Source};

/// The scopes of some parts, each once; parts have numbers from 0, in their order.
#[derive(Debug)]
pub(crate) struct Scopes<'p> {
    all: Vec<Scope<'p>>,
    /// The scope of each part.
    of_parts: Vec<usize>,
    indices: Vec<Index>,
    by_name: HashMap<&'p str, usize>,
    /// Those of the indices that are patterns, or have no name: they may be any index.
    patterns: Vec<usize>,
}

#[derive(Debug)]
struct Scope<'p> {
    scope: &'p PartScope,
    /// Its parts, in their order.
    parts: Vec<usize>,
}

/// The scopes of one index or pattern.
#[derive(Debug, Default)]
struct Index {
    /// In the order in which their windows begin.
    scopes: Vec<usize>,
    /// The latest end of a window among these up to each.
    latest_ends: Vec<i128>,
}

impl<'p> Scopes<'p> {
    pub(crate) fn of(parts: impl IntoIterator<Item = &'p PartScope>) -> Self {
        let mut scopes = Self {
            all: Vec::new(),
            of_parts: Vec::new(),
            indices: Vec::new(),
            by_name: HashMap::new(),
            patterns: Vec::new(),
        };
        let mut known: HashMap<(&str, Span, Option<Slice>), usize> = HashMap::new();
        for (part, scope) in parts.into_iter().enumerate() {
            let key = (scope.index.as_str(), scope.window, scope.slice);
            let number = *known.entry(key).or_insert_with(|| scopes.add(scope));
            scopes.all[number].parts.push(part);
            scopes.of_parts.push(number);
        }
        for index in &mut scopes.indices {
            index.order(&scopes.all);
        }
        scopes
    }

    /// A scope that was not there, and its number.
    fn add(&mut self, scope: &'p PartScope) -> usize {
        let number = self.all.len();
        self.all.push(Scope { scope, parts: Vec::new() });
        let index = *self.by_name.entry(&scope.index).or_insert_with(|| {
            let index = self.indices.len();
            self.indices.push(Index::default());
            if !is_one(&scope.index) {
                self.patterns.push(index);
            }
            index
        });
        self.indices[index].scopes.push(number);
        number
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// That of a part.
    pub(crate) fn of_part(&self, part: usize) -> usize {
        self.of_parts[part]
    }

    /// Those whose parts may share documents with the parts of one; itself, too, unless
    /// its window is empty.
    pub(crate) fn sharing(&self, scope: usize) -> impl Iterator<Item = usize> {
        let mine = self.all[scope].scope;
        self.candidates(scope).filter(move |other| may_share(self.all[*other].scope, mine))
    }

    /// Those that are looked at for that.
    fn candidates(&self, scope: usize) -> impl Iterator<Item = usize> {
        let PartScope { index, window, .. } = self.all[scope].scope;
        let indices: Vec<usize> = if is_one(index) {
            let own = self.by_name.get(index.as_str());
            own.into_iter().chain(&self.patterns).copied().collect()
        } else {
            (0..self.indices.len()).collect()
        };
        indices.into_iter().flat_map(|index| self.indices[index].around(*window, &self.all))
    }

    /// The parts in a range of numbers that may share documents with the parts of a
    /// scope, in their order.
    pub(crate) fn parts_sharing(&self, scope: usize, range: &Range<usize>) -> Vec<usize> {
        let inside = |other: usize| {
            let parts = &self.all[other].parts;
            let at = |number: usize| parts.partition_point(|part| *part < number);
            parts[at(range.start)..at(range.end)].iter().copied()
        };
        let mut parts: Vec<usize> = self.sharing(scope).flat_map(inside).collect();
        parts.sort_unstable();
        parts
    }
}

impl Index {
    fn order(&mut self, scopes: &[Scope<'_>]) {
        let window = |scope: usize| scopes[scope].scope.window;
        self.scopes.sort_by_key(|scope| window(*scope).from_ms);
        let mut latest = i128::MIN;
        let ends = self.scopes.iter().map(|scope| {
            latest = latest.max(window(*scope).to_ms.map_or(i128::MAX, i128::from));
            latest
        });
        self.latest_ends = ends.collect();
    }

    /// All scopes whose windows overlap one, and some others.
    fn around(&self, window: Span, scopes: &[Scope<'_>]) -> impl Iterator<Item = usize> {
        let begins_before_the_end = |scope: &usize| {
            let from = scopes[*scope].scope.window.from_ms;
            window.to_ms.is_none_or(|to| from.is_none_or(|from| from < to))
        };
        let is_over =
            move |latest: i128| window.from_ms.is_some_and(|from| latest <= i128::from(from));
        (0..self.scopes.partition_point(begins_before_the_end))
            .rev()
            .take_while(move |at| !is_over(self.latest_ends[*at]))
            .map(|at| self.scopes[at])
    }
}

/// Whether some sources may hold the same document; dumps may if they overlap in index
/// and window. Files of columns share none, however many they are.
pub(crate) fn may_overlap(sources: &[Source]) -> bool {
    let is_columns = |location: &Location| matches!(location, Location::Columns(_));
    let readable: Vec<&Source> = sources
        .iter()
        .filter(|source| source.streams.iter().any(|stream| !is_columns(&stream.location)))
        .collect();
    let is_loose = |source: &&Source| {
        let mut streams = source.streams.iter();
        streams.any(|stream| stream.part.is_none() && !is_columns(&stream.location))
    };
    if readable.len() < 2 || readable.iter().any(is_loose) {
        return readable.len() > 1;
    }
    let mut dump_of_parts = Vec::new();
    let scopes = Scopes::of(readable.iter().enumerate().flat_map(|(dump, source)| {
        let scopes: Vec<&PartScope> = source.scopes().collect();
        dump_of_parts.extend(std::iter::repeat_n(dump, scopes.len()));
        scopes
    }));
    let dumps = |scope: usize| {
        let parts = &scopes.all[scope].parts;
        parts.first().zip(parts.last()).map(|(a, b)| (dump_of_parts[*a], dump_of_parts[*b]))
    };
    // Two scopes of one dump have the same single dump.
    let are_of_one = |a: usize, b: usize| {
        dumps(a) == dumps(b) && dumps(a).is_none_or(|(first, last)| first == last)
    };
    (0..scopes.len()).any(|scope| scopes.sharing(scope).any(|other| !are_of_one(scope, other)))
}

/// Whether parts of two scopes may hold the same document.
pub(super) fn may_share(a: &PartScope, b: &PartScope) -> bool {
    if !a.window.overlaps(b.window) {
        return false;
    }
    if is_one(&a.index) && is_one(&b.index) && a.index != b.index {
        return false;
    }
    let disjoint_slices = a.index == b.index
        && matches!((a.slice, b.slice), (Some(a), Some(b)) if a.max == b.max && a.id != b.id);
    !disjoint_slices
}

/// Whether a name is that of one index.
fn is_one(index: &str) -> bool {
    !index.is_empty() && !index.contains(['*', ',', '?'])
}

#[cfg(test)]
pub(super) mod tests {
    use std::iter::repeat_with;

    use super::*;

    /// Scopes of all kinds: windows that overlap or do not, that are open or empty, slices,
    /// indices and patterns.
    pub(in super::super) fn any_scopes() -> Vec<PartScope> {
        let mut state = 7_u32;
        let mut next = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % n
        };
        let scope = || {
            let index = match next(20) {
                0 => "a*",
                1 => "",
                2 => "a,b",
                n if n % 2 == 0 => "a",
                _ => "b",
            };
            let mut end = || Some(i64::from(next(40))).filter(|end| *end > 2);
            let (from_ms, to_ms) = (end(), end());
            let id = next(9);
            let slice = Some(Slice { id, max: 3 }).filter(|slice| slice.id < slice.max);
            let window = Span { from_ms, to_ms };
            PartScope { index: index.into(), window, slice, ..PartScope::default() }
        };
        repeat_with(scope).take(400).collect()
    }

    #[test]
    fn parts_share_as_each_pair_of_them_does() {
        let parts = any_scopes();
        let scopes = Scopes::of(&parts);
        let (mut n_shared, mut n_not) = (0, 0);
        for (number, part) in parts.iter().enumerate() {
            let range = number / 3..parts.len() - number / 5;
            let shares = |other: &usize| may_share(&parts[*other], part);
            let expected: Vec<usize> = range.clone().filter(shares).collect();
            n_shared += expected.len();
            n_not += range.len() - expected.len();
            assert_eq!(scopes.parts_sharing(scopes.of_part(number), &range), expected, "{part:?}");
        }
        assert!(n_shared > 1000 && n_not > 1000, "{n_shared} {n_not}");
    }

    #[test]
    fn windows_that_follow_each_other_are_not_all_compared() {
        let window = |n: i64| Span { from_ms: Some(n * 10), to_ms: Some(n * 10 + 10) };
        let index = |n: i64| format!("netflow-{}", n / 100);
        let parts: Vec<PartScope> = (0..5000)
            .map(|n| PartScope { index: index(n), window: window(n), ..PartScope::default() })
            .collect();
        let scopes = Scopes::of(&parts);
        let looks: usize = (0..scopes.len()).map(|scope| scopes.candidates(scope).count()).sum();
        assert_eq!((scopes.len(), looks), (5000, 5000));
    }
}

//! What stands before each part of a dump and may hold the same documents, in a text of
//! constant length: the Parquet file of a part is bound to it.
//!
//! Parts of one scope (index, window and slice) share the parts before them, so one
//! running hash for each scope is enough, however many parts there are.

use flowkit_model::dump::{Part, PartScope};

use super::source::may_share;
use crate::store::before::Before;

/// The parts of a dump so far, in their order.
#[derive(Default)]
pub(crate) struct Earlier {
    /// The scope of each part, by its place among the scopes, and its SHA-256.
    parts: Vec<(usize, String)>,
    /// Each scope once, with what is before a further part of it.
    scopes: Vec<(PartScope, Before)>,
}

impl Earlier {
    /// What is before the next part, which then counts as an earlier one.
    pub(crate) fn next(&mut self, part: &Part) -> Vec<String> {
        let scope = self.scope_of(part);
        let names = self.scopes[scope].1.names();
        for (known, before) in &mut self.scopes {
            if may_share(known, &part.scope) {
                before.push(&part.sha256);
            }
        }
        self.parts.push((scope, part.sha256.clone()));
        names
    }

    /// The place of a part's scope.
    fn scope_of(&mut self, part: &Part) -> usize {
        let PartScope { index, window, slice, .. } = &part.scope;
        let is = |(known, _): &(PartScope, Before)| {
            known.window == *window && known.slice == *slice && known.index == *index
        };
        self.scopes.iter().position(is).unwrap_or_else(|| {
            let shares: Vec<bool> =
                self.scopes.iter().map(|(known, _)| may_share(known, &part.scope)).collect();
            let before = self.parts.iter().filter(|(scope, _)| shares[*scope]);
            let before = Before::of(before.map(|(_, sha256)| sha256.as_str()));
            let (index, window, slice) = (index.clone(), *window, *slice);
            self.scopes.push((PartScope { index, window, slice, ..PartScope::default() }, before));
            self.scopes.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::dump::Slice;
    use flowkit_model::window::Span;

    use super::*;

    /// Against the list of all parts before that may share documents: windows that
    /// overlap or do not, slices, indices and patterns.
    #[test]
    fn the_digest_is_that_of_the_parts_before_which_may_share_documents() {
        let window = |from, to| Span::from((Some(from), Some(to)));
        let slice = |id| Some(Slice { id, max: 2 });
        let scope = |index: &str, window, slice| PartScope {
            index: index.into(),
            window,
            slice,
            ..PartScope::default()
        };
        let scopes = [
            scope("a", window(0, 100), None),
            scope("a", window(100, 200), None),
            scope("a", window(50, 150), None),
            scope("b", Span::default(), slice(0)),
            scope("b", Span::default(), slice(1)),
            scope("a*", Span::default(), None),
            scope("", Span::default(), None),
        ];
        let parts: Vec<Part> = (0..60)
            .map(|n: usize| {
                let scope = scopes[n * n % 11 % scopes.len()].clone();
                Part { scope, sha256: format!("{n:064x}"), ..Part::default() }
            })
            .collect();
        let (mut earlier, mut lengths) = (Earlier::default(), Vec::new());
        for (at, part) in parts.iter().enumerate() {
            let shares = |known: &&Part| may_share(&known.scope, &part.scope);
            let before: Vec<&str> =
                parts[..at].iter().filter(shares).map(|known| &*known.sha256).collect();
            let names = earlier.next(part);
            assert_eq!(names, Before::of(before.iter().copied()).names(), "{at}");
            assert!(before.len() != 1 || names == before);
            lengths.push(before.len());
        }
        assert!(lengths.iter().any(|length| *length > 1) && lengths.contains(&0));
    }
}

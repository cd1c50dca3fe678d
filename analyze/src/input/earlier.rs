//! What stands before each part of a dump and may hold the same documents, in a text of
//! constant length: the Parquet file of a part is bound to it.
//!
//! Parts of one scope (index, window and slice) share the parts before them, so one
//! running hash for each scope is enough, however many parts there are.

use flowkit_model::dump::Part;

use super::scopes::Scopes;
use super::source::Source;
use crate::store::before::Before;

/// The parts of a dump so far, in their order.
pub(crate) struct Earlier<'s> {
    scopes: Scopes<'s>,
    /// For each scope, what is before a further part of it.
    before: Vec<Before>,
    /// How many parts there were.
    n: usize,
}

impl<'s> Earlier<'s> {
    /// None yet of a dump.
    pub(crate) fn of(source: &'s Source) -> Self {
        Self::among(Scopes::of(source.scopes()))
    }

    fn among(scopes: Scopes<'s>) -> Self {
        Self { before: vec![Before::default(); scopes.len()], scopes, n: 0 }
    }

    /// What is before the next part, which then counts as an earlier one.
    pub(crate) fn next(&mut self, part: &Part) -> Vec<String> {
        let scope = self.scopes.of_part(self.n);
        self.n += 1;
        let names = self.before[scope].names();
        for other in self.scopes.sharing(scope) {
            self.before[other].push(&part.sha256);
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::super::scopes::may_share;
    use super::super::scopes::tests::any_scopes;
    use super::*;

    /// Against the list of all parts before that may share documents.
    #[test]
    fn the_digest_is_that_of_the_parts_before_which_may_share_documents() {
        let scopes = any_scopes();
        let number = |(n, scope): (usize, &_)| Part {
            scope: Clone::clone(scope),
            sha256: format!("{n:064x}"),
            ..Part::default()
        };
        let parts: Vec<Part> = scopes.iter().enumerate().map(number).collect();
        let (mut earlier, mut lengths) = (Earlier::among(Scopes::of(&scopes)), Vec::new());
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

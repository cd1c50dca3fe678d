//! Two sets of groups side by side.

use std::io;

use flowkit_model::answer::Answer;

use super::accumulators::FlowAccumulator;
use super::{GroupBy, Groups, Tables};
use crate::group::table::Table;

/// Makes an answer of two tables of groups, whatever they accumulate.
pub(crate) trait Comparison {
    /// The answer.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    fn compare<A: FlowAccumulator>(&self, a: Table<A>, b: Table<A>) -> io::Result<Answer>;
}

impl GroupBy {
    /// Compares two sets of groups.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    ///
    /// # Panics
    /// If more than sums and protocols is accumulated for these groups.
    pub(crate) fn compare(
        &self,
        mut a: Groups,
        mut b: Groups,
        comparison: &impl Comparison,
    ) -> io::Result<Answer> {
        self.finish_codes(&mut a);
        self.finish_codes(&mut b);
        match (a.tables, b.tables) {
            (Tables::Plain(a), Tables::Plain(b)) => comparison.compare(a, b),
            (Tables::PlainWithProtocols(a), Tables::PlainWithProtocols(b)) => {
                comparison.compare(a, b)
            }
            _ => unreachable!("sums alone are kept in plain tables"),
        }
    }
}

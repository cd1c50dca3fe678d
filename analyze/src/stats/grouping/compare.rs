//! Two sets of groups side by side.

use std::io;

use super::{GroupBy, Groups, Tables};
use crate::group::counters::Counters;
use crate::group::rank::{Both, RankBy, Ranked};

impl GroupBy {
    /// The top N groups by their sums in both sets.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    ///
    /// # Panics
    /// If more than sums is accumulated for these groups.
    pub(crate) fn compare(
        &self,
        mut a: Groups,
        mut b: Groups,
        rank_by: &RankBy<'_, Both<Counters>>,
    ) -> io::Result<Ranked<Both<Counters>>> {
        self.finish_codes(&mut a);
        self.finish_codes(&mut b);
        let (Tables::Plain(a), Tables::Plain(b)) = (a.tables, b.tables) else {
            unreachable!("sums alone are kept in plain tables");
        };
        a.compare(b, rank_by)
    }
}

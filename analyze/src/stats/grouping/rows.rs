//! The groups as group rows, the first of each partition, for the ranking that
//! all engines share.

use std::io;

use flowkit_model::Sums;
use flowkit_model::answer::{Answer, Group, GroupRow, More, Quantiles, Ranker, Rest, Tally};

use super::GroupBy;
use super::accumulators::{Gather, Size};
use crate::group::rank::{Found, Ranked, Wanted};
use crate::group::table::Table;
use crate::statistic::key_cell;

/// A key's sums and what else was gathered, as the ranking sees them.
struct Seen<'g, A>(&'g A, &'g Found);

impl<A: Gather> Group for Seen<'_, A> {
    #[inline]
    fn sums(&self) -> Sums {
        self.0.sums()
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.0.ways()
    }

    fn span_ms(&self) -> (Option<u64>, Option<u64>) {
        self.0.span()
    }

    fn distinct(&self, place: usize) -> Option<u64> {
        self.1.distinct.get(place).copied()
    }

    fn quantiles(&self, place: usize) -> Option<&Quantiles> {
        self.1.spread.get(place)
    }
}

impl GroupBy {
    pub(super) fn ranked<A: Gather>(
        &self,
        table: Table<A>,
        texts: &[String],
        tally: &Tally,
        left_out: u64,
    ) -> io::Result<Answer> {
        let ranker = Ranker::new(&self.question, tally.total);
        let value = |sums: &A, found: &Found| ranker.value(&Seen(sums, found));
        let holds = |sums: &A, found: &Found| ranker.has_row(&Seen(sums, found));
        let ranked = table.rank(&Wanted {
            value: &value,
            holds: &holds,
            besides: ranker.ranks_by_more_than_sums(),
            bottom: self.question.order.bottom,
            limit: self.question.order.limit,
            texts,
        })?;
        let Ranked { rows, other, keys, .. } = ranked;
        let rest = Rest { keys: keys - rows.len() as u64, sums: other, left_out };
        let has_more =
            self.size > Size::Plain || !self.counted.is_empty() || !self.distributions.is_empty();
        let row = |group: crate::group::rank::Group<A>| {
            let parts = self.layout.parts().iter().zip(&group.key);
            let more = has_more.then(|| {
                let Found { distinct, spread } = group.besides;
                let (ways, span_ms) = (group.sums.ways(), group.sums.span());
                Box::new(More { ways, span_ms, distinct, quantiles: spread })
            });
            let mut key =
                Vec::with_capacity(self.layout.parts().len() + self.question.columns.len());
            key.extend(parts.map(|(part, value)| key_cell(part.kind, *value, texts)));
            GroupRow { key, sums: group.sums.sums(), more }
        };
        Ok(ranker.finish(rows.into_iter().map(row).collect(), rest))
    }
}

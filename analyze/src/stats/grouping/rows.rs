//! Ranks the groups and turns the top N into group rows, for the answer that all
//! engines share.

use std::io;

use flowkit_model::Sums;
use flowkit_model::answer::{Answer, Group, GroupRow, More, Quantiles, Ranker, Rest, Tally};

use super::GroupBy;
use super::accumulators::{Accumulators, FlowAccumulator};
use crate::group::rank::{ExtraValues, RankBy, Ranked};
use crate::group::table::Table;
use crate::statistic::key_cell;

/// The accumulators of a key, as the ranking sees them.
struct Candidate<'g, A>(&'g A, &'g ExtraValues);

impl<A: FlowAccumulator> Group for Candidate<'_, A> {
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

    fn bin_ms(&self) -> Option<u64> {
        self.1.bin_ms
    }

    fn distinct(&self, place: usize) -> Option<u64> {
        self.1.distinct.get(place).copied()
    }

    fn quantiles(&self, place: usize) -> Option<&Quantiles> {
        self.1.quantiles.get(place)
    }
}

impl GroupBy {
    pub(super) fn ranked<A: FlowAccumulator>(
        &self,
        table: Table<A>,
        texts: &[String],
        tally: &Tally,
        left_out: u64,
    ) -> io::Result<Answer> {
        let ranker = Ranker::new(&self.question, tally.total);
        let value = |sums: &A, found: &ExtraValues| ranker.value(&Candidate(sums, found));
        let having = |sums: &A, found: &ExtraValues| ranker.has_row(&Candidate(sums, found));
        let bin_ms = |key: &[Option<u64>]| self.bin_ms(key);
        let top = table.rank(&RankBy {
            value: &value,
            having: &having,
            bin_ms: ranker.ranks_by_rates_of_bins().then_some(&bin_ms),
            uses_extras: ranker.ranks_by_more_than_sums(),
            bottom: self.question.order.bottom,
            limit: self.question.order.limit,
            texts,
        })?;
        let Ranked { rows, other, keys, .. } = top;
        let rest = Rest { keys: keys - rows.len() as u64, sums: other, left_out };
        let has_more = self.accumulators > Accumulators::Plain
            || self.question.is_binned()
            || !self.counted.is_empty()
            || !self.distributions.is_empty();
        let row = |group: crate::group::rank::RankedGroup<A>| {
            let parts = self.layout.parts().iter().zip(&group.key);
            let more = has_more.then(|| {
                let ExtraValues { distinct, quantiles, .. } = group.extras;
                let (ways, span_ms) = (group.sums.ways(), group.sums.span());
                let bin_ms = self.bin_ms(&group.key);
                Box::new(More { ways, span_ms, bin_ms, distinct, quantiles })
            });
            let mut key =
                Vec::with_capacity(self.layout.parts().len() + self.question.columns.len());
            key.extend(parts.map(|(part, value)| key_cell(part.kind, *value, texts)));
            GroupRow { key, sums: group.sums.sums(), protocols: group.sums.protocols(), more }
        };
        Ok(ranker.finish(rows.into_iter().map(row).collect(), rest))
    }
}

//! Ranks the groups and turns the top N into group rows, for the answer that all
//! engines share.

use std::io;

use flowkit_model::answer::{
    Answer, Cell, Group, GroupRow, More, Protocols, Quantiles, Ranker, Rest, Tally,
};
use flowkit_model::question::Measure;
use flowkit_model::{Kind, Sums};

use super::GroupBy;
use super::accumulators::{Accumulators, FlowAccumulator};
use crate::batch::dictionary::Codebook;
use crate::group::rank::{ExtraValues, RankBy, Ranked};
use crate::group::table::Table;
use crate::statistic::key_cell;

/// The accumulators of a key, as the ranking sees them.
struct Candidate<'g, A> {
    sums: &'g A,
    extras: &'g ExtraValues,
    groups: &'g GroupBy,
    codes: &'g Codebook,
}

impl<A: FlowAccumulator> Group for Candidate<'_, A> {
    #[inline]
    fn sums(&self) -> Sums {
        self.sums.sums()
    }

    fn key(&self, place: usize) -> Cell {
        let part = self.groups.layout.parts().get(place).zip(self.extras.key.get(place));
        part.map_or(Cell::Unknown, |(part, value)| key_cell(part.kind, *value, self.codes))
    }

    fn protocols(&self) -> Protocols {
        self.sums.protocols()
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.sums.ways()
    }

    fn span_ms(&self) -> (Option<u64>, Option<u64>) {
        self.sums.span()
    }

    fn bin_ms(&self) -> Option<u64> {
        self.extras.bin_ms
    }

    fn distinct(&self, place: usize) -> Option<u64> {
        self.extras.distinct.get(place).copied()
    }

    fn quantiles(&self, place: usize) -> Option<&Quantiles> {
        self.extras.quantiles.get(place)
    }
}

impl GroupBy {
    pub(super) fn ranked<A: FlowAccumulator>(
        &self,
        table: Table<A>,
        codes: &Codebook,
        tally: &Tally,
        left_out: u64,
    ) -> io::Result<Answer> {
        let ranker = Ranker::new(&self.question, tally.total);
        let text_ranks = self.text_ranks(codes);
        let value = |sums: &A, found: &ExtraValues| match &text_ranks {
            Some((place, ranks)) => {
                let code = usize::try_from((*found.key.get(*place)?)?).ok()?;
                ranks.get(code).map(|rank| u128::from(*rank))
            }
            None => ranker.value(&self.candidate(sums, found, codes)),
        };
        let having =
            |sums: &A, found: &ExtraValues| ranker.has_row(&self.candidate(sums, found, codes));
        let bin_ms = |key: &[Option<u64>]| self.bin_ms(key);
        let top = table.rank(&RankBy {
            value: &value,
            having: &having,
            bin_ms: ranker.ranks_by_rates_of_bins().then_some(&bin_ms),
            uses_extras: ranker.ranks_by_more_than_sums(),
            uses_keys: ranker.ranks_by_key(),
            bottom: self.question.order.bottom,
            limit: self.question.order.limit,
            codes,
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
            key.extend(parts.map(|(part, value)| key_cell(part.kind, *value, codes)));
            GroupRow { key, sums: group.sums.sums(), protocols: group.sums.protocols(), more }
        };
        Ok(ranker.finish(rows.into_iter().map(row).collect(), rest))
    }

    fn candidate<'g, A>(
        &'g self,
        sums: &'g A,
        extras: &'g ExtraValues,
        codes: &'g Codebook,
    ) -> Candidate<'g, A> {
        Candidate { sums, extras, groups: self, codes }
    }

    /// If rows are ranked by a part of the key that is a text: its place, and the place
    /// of each text in the order of letters.
    fn text_ranks(&self, codes: &Codebook) -> Option<(usize, Vec<u32>)> {
        let Measure::Key(place) = self.question.order.sort else { return None };
        let place = usize::from(place);
        self.layout.parts().get(place).filter(|part| part.kind == Kind::Text)?;
        let texts = &codes.texts;
        let mut codes: Vec<usize> = (0..texts.len()).collect();
        codes.sort_unstable_by_key(|code| &texts[*code]);
        let mut ranks = vec![0; texts.len()];
        for (rank, code) in (0..).zip(codes) {
            ranks[code] = rank;
        }
        Some((place, ranks))
    }
}

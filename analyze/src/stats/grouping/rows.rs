//! The groups as rows: the largest first, or as was asked for.

use std::cmp::Ordering;

use flowkit_model::Kind;

use super::Grouping;
use crate::answer::{Answer, Cell, Column as Head, Metric, Ranking, Table as Rows};
use crate::group::distinct::DistinctCounts;
use crate::group::rank::Ranked;
use crate::group::table::Table;
use crate::stats::gather::Gather;
use crate::stats::measure::Measure;
use crate::stats::ranking::key_cell;
use crate::tally::{Sums, Tally};

impl Grouping {
    pub(super) fn ranked<A: Gather>(
        &self,
        table: Table<A>,
        counts: &[DistinctCounts],
        texts: &[String],
        tally: &Tally,
    ) -> Answer {
        let ranked = if let Some(metric) = self.order.plain_sort() {
            table.rank(&self.layout, metric, self.order.limit, texts)
        } else {
            let all = table.rank(&self.layout, Metric::Bytes, 0, texts);
            self.reordered(all, counts, texts, tally)
        };
        let keys = self
            .dimensions
            .iter()
            .map(|dimension| Head { name: dimension.name(), meaning: dimension.meaning() });
        let columns = self
            .columns
            .iter()
            .map(|(name, measure)| Head { name: name.clone(), meaning: measure.meaning() });
        let head = keys.chain(columns).collect();
        let rows = ranked.rows.into_iter().map(|(key, mut group)| {
            let parts = self.layout.parts().iter().zip(&key);
            let mut cells: Vec<Cell> =
                parts.map(|(part, value)| key_cell(part.kind, *value, texts)).collect();
            for (_, measure) in &self.columns {
                cells.push(self.cell(*measure, &mut group, &key, counts, tally));
            }
            cells
        });
        Answer {
            title: self.title.clone(),
            table: Rows { name: "rows", columns: head, rows: rows.collect() },
            bars: Some(self.sorted_by()),
            ranking: Some(Ranking {
                total: tally.total,
                other: ranked.other,
                keys: ranked.keys,
                sort: self.order.metric(),
                sorted_by: self.sorted_by(),
                overlapping: self.is_either(),
            }),
            ..Answer::default()
        }
    }

    /// The name of the column that is sorted by, as it is called here.
    fn sorted_by(&self) -> String {
        let sort = self.order.sort;
        let column = self.columns.iter().find(|(_, measure)| *measure == sort);
        column.map_or_else(|| sort.name(), |(name, _)| name.clone())
    }

    fn cell<A: Gather>(
        &self,
        measure: Measure,
        group: &mut A,
        key: &[Option<u64>],
        counts: &[DistinctCounts],
        tally: &Tally,
    ) -> Cell {
        match measure {
            Measure::Share(metric) => {
                Cell::Share { part: metric.of(&group.sums()), whole: metric.of(&tally.total) }
            }
            measure => self.value(measure, group, key, counts).map_or(Cell::Unknown, Cell::Number),
        }
    }

    fn value<A: Gather>(
        &self,
        measure: Measure,
        group: &mut A,
        key: &[Option<u64>],
        counts: &[DistinctCounts],
    ) -> Option<u128> {
        if let Measure::Distinct(counted) = measure {
            let place = self.counted.iter().position(|known| *known == counted)?;
            return Some(counts[place].of(key).into());
        }
        group.measure(measure)
    }

    /// Rows that fulfil the conditions, in the order asked for.
    fn reordered<A: Gather>(
        &self,
        all: Ranked<A>,
        counts: &[DistinctCounts],
        texts: &[String],
        tally: &Tally,
    ) -> Ranked<A> {
        let mut other = Sums::default();
        let mut rows = Vec::with_capacity(all.rows.len());
        for (key, mut group) in all.rows {
            let holds = self.order.having.iter().all(|condition| {
                condition.holds(self.value(condition.measure, &mut group, &key, counts))
            });
            if holds && self.order.is_large_enough(&group.sums(), &tally.total) {
                let value = self.value(self.order.sort, &mut group, &key, counts);
                rows.push((value, key, group));
            } else {
                other.add(&group.sums());
            }
        }
        rows.sort_unstable_by(|a, b| {
            self.by_value(a.0, b.0).then_with(|| self.by_key(&a.1, &b.1, texts))
        });
        let limit = if self.order.limit == 0 { rows.len() } else { self.order.limit };
        for (_, _, group) in rows.iter().skip(limit) {
            other.add(&group.sums());
        }
        rows.truncate(limit);
        let rows = rows.into_iter().map(|(_, key, group)| (key, group)).collect();
        Ranked { rows, other, keys: all.keys }
    }

    /// The largest first, or the smallest; unknown last.
    fn by_value(&self, a: Option<u128>, b: Option<u128>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.order.bottom => a.cmp(&b),
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }

    /// By the key's fields; unknown last, texts by their letters.
    fn by_key(&self, a: &[Option<u64>], b: &[Option<u64>], texts: &[String]) -> Ordering {
        let text = |code: u64| usize::try_from(code).ok().and_then(|code| texts.get(code));
        for ((part, a), b) in self.layout.parts().iter().zip(a).zip(b) {
            let order = match (a, b) {
                (Some(a), Some(b)) if part.kind == Kind::Text => text(*a).cmp(&text(*b)),
                (Some(a), Some(b)) => a.cmp(b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

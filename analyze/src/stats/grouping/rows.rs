//! The groups as rows: the largest first, or as was asked for.

use std::io;

use flowkit_model::answer::{Answer, Cell, Column as Head, Ranking, Table as Rows, Tally};

use super::Grouping;
use super::accumulators::{Gather, point};
use crate::group::rank::{Found, Group, Wanted};
use crate::group::table::Table;
use crate::question::measure::Measure;
use crate::stats::key_cell::key_cell;

impl Grouping {
    pub(super) fn ranked<A: Gather>(
        &self,
        table: Table<A>,
        texts: &[String],
        tally: &Tally,
    ) -> io::Result<Answer> {
        let order = &self.order;
        let value = |sums: &A, found: &Found| self.value(order.sort, sums, found);
        let holds = |sums: &A, found: &Found| {
            let mut conditions = order.having.iter();
            conditions.all(|condition| condition.holds(self.value(condition.measure, sums, found)))
                && order.is_large_enough(&sums.sums(), &tally.total)
        };
        let ranked = table.rank(&Wanted {
            value: &value,
            holds: &holds,
            besides: self.order_needs_besides(),
            bottom: order.bottom,
            limit: order.limit,
            texts,
        })?;
        let keys = self
            .dimensions
            .iter()
            .map(|dimension| Head { name: dimension.name(), meaning: dimension.meaning() });
        let columns = self
            .columns
            .iter()
            .map(|(name, measure)| Head { name: name.clone(), meaning: measure.meaning() });
        let head = keys.chain(columns).collect();
        let rows = ranked.rows.iter().map(|group| {
            let parts = self.layout.parts().iter().zip(&group.key);
            let mut cells: Vec<Cell> =
                parts.map(|(part, value)| key_cell(part.kind, *value, texts)).collect();
            let measures = self.columns.iter().map(|(_, measure)| *measure);
            cells.extend(measures.map(|measure| self.cell(measure, group, tally)));
            cells
        });
        Ok(Answer {
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
        })
    }

    /// The name of the column that is sorted by, as it is called here.
    fn sorted_by(&self) -> String {
        let sort = self.order.sort;
        let column = self.columns.iter().find(|(_, measure)| *measure == sort);
        column.map_or_else(|| sort.name(), |(name, _)| name.clone())
    }

    /// Whether the order or a condition asks for more than sums.
    fn order_needs_besides(&self) -> bool {
        let conditions = self.order.having.iter().map(|condition| condition.measure);
        conditions
            .chain([self.order.sort])
            .any(|measure| matches!(measure, Measure::Distinct(_) | Measure::Spread(..)))
    }

    fn cell<A: Gather>(&self, measure: Measure, group: &Group<A>, tally: &Tally) -> Cell {
        match measure {
            Measure::Share(metric) => {
                Cell::Share { part: metric.of(&group.sums.sums()), whole: metric.of(&tally.total) }
            }
            measure => {
                let value = self.value(measure, &group.sums, &group.besides);
                value.map_or(Cell::Unknown, Cell::Number)
            }
        }
    }

    fn value<A: Gather>(&self, measure: Measure, sums: &A, found: &Found) -> Option<u128> {
        match measure {
            Measure::Distinct(counted) => {
                let place = self.counted.iter().position(|known| *known == counted)?;
                Some((*found.distinct.get(place)?).into())
            }
            Measure::Spread(of, wanted) => {
                let place = self.spread.iter().position(|known| *known == of)?;
                point(found.spread.get(place)?, wanted)
            }
            measure => sums.measure(measure),
        }
    }
}

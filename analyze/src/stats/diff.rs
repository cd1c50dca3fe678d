//! `diff`: what grew, shrank, appeared and vanished between two rankings of
//! all keys.
//!
//! Keys of both are shared out to the same partitions, which are compared one
//! by one, so that memory does not grow with the keys.

use std::io;

use flowkit_model::answer::{Answer, Cell, Column, Meaning, Table};
use flowkit_model::{Metric, Sums};

use super::Order;
use super::grouping::{Grouping, Groups};
use super::key_cell::key_cell;
use super::top::top;
use crate::group::counters::{Accumulator, Counters};
use crate::group::rank::{Both, Found, Group, Wanted};
use crate::question::dimension::Dimension;
use crate::question::measure::Measure;

/// What changed between two sets of flows, by key: asked with
/// [`ask_both`](crate::ask::ask_both).
///
/// Keys whose bytes, packets and flows are the same in both have no row; the
/// largest change of a metric comes first, ties by key.
#[derive(Debug)]
pub struct Diff {
    by: Vec<Dimension>,
    grouping: Grouping,
    metric: Metric,
    limit: usize,
}

impl Diff {
    /// By these keys; a limit of 0 is all rows.
    #[must_use]
    pub fn new(by: Vec<Dimension>, metric: Metric, limit: usize) -> Self {
        let sums = Metric::ALL.map(Measure::Sum);
        let grouping = top(by.clone(), Order::default(), Some(sums.into()));
        Self { by, grouping, metric, limit }
    }

    /// The question that is asked of each side.
    pub(crate) fn grouping(&self) -> &Grouping {
        &self.grouping
    }

    /// What is different in the groups of two sides.
    pub(crate) fn answer(&self, a: Groups, b: Groups, texts: &[String]) -> io::Result<Answer> {
        let metric = self.metric;
        let change = |both: &Both<Counters>, _: &Found| {
            Some(metric.of(&both.a.sums()).abs_diff(metric.of(&both.b.sums())))
        };
        let differs = |both: &Both<Counters>, _: &Found| both.a != both.b;
        let wanted = Wanted {
            value: &change,
            holds: &differs,
            besides: false,
            bottom: false,
            limit: self.limit,
            texts,
        };
        let ranked = self.grouping.compare(a, b, &wanted)?;
        let rows = ranked.rows.iter().map(|group| self.row(group, texts)).collect();
        let (changed, all) = (ranked.holding, ranked.keys);
        Ok(Answer {
            title: format!("diff by {}: {changed} of {all} keys changed", metric.name()),
            table: Table { name: "rows", columns: self.columns(), rows },
            ..Answer::default()
        })
    }

    fn columns(&self) -> Vec<Column> {
        let key = |by: &Dimension| Column { name: by.name(), meaning: by.meaning() };
        let mut columns: Vec<Column> = self.by.iter().map(key).collect();
        columns.push(Column { name: "change".into(), meaning: Meaning::Words });
        for metric in Metric::ALL {
            let meaning = if metric == Metric::Bytes { Meaning::Bytes } else { Meaning::Count };
            for end in ["a", "b", "change"] {
                let name = if end == "change" {
                    format!("{}_change", metric.name())
                } else {
                    format!("{end}_{}", metric.name())
                };
                columns.push(Column { name, meaning });
            }
        }
        columns
    }

    fn row(&self, group: &Group<Both<Counters>>, texts: &[String]) -> Vec<Cell> {
        let keys = self.by.iter().zip(&group.key);
        let mut cells: Vec<Cell> =
            keys.map(|(by, value)| key_cell(by.part().kind, *value, texts)).collect();
        let (a, b) = (group.sums.a.sums(), group.sums.b.sums());
        cells.push(Cell::Text(word(&a, &b, self.metric).into()));
        for metric in Metric::ALL {
            let (a, b) = (metric.of(&a), metric.of(&b));
            let change = if b >= a { Cell::Number(b - a) } else { Cell::Minus(a - b) };
            cells.extend([Cell::Number(a), Cell::Number(b), change]);
        }
        cells
    }
}

fn word(a: &Sums, b: &Sums, metric: Metric) -> &'static str {
    // A key that is there has flows, if nothing else.
    match (a.flows, b.flows) {
        (0, _) => "appeared",
        (_, 0) => "vanished",
        _ if metric.of(b) > metric.of(a) => "grew",
        _ if metric.of(b) < metric.of(a) => "shrank",
        _ => "changed",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flowkit_model::{FieldId, FlowRecord};

    use super::*;
    use crate::ask::ask_both_batches_within;
    use crate::batch::Batch;
    use crate::selection::Selection;
    use crate::spill::memory::Memory;

    type Rows<'r> = &'r [(u16, [u64; 2])];

    fn batch(rows: Rows<'_>) -> Vec<Batch> {
        let fields = [FieldId::DstPort, FieldId::Bytes, FieldId::Packets, FieldId::Timestamp];
        let more = [FieldId::Exporter, FieldId::SamplingInterval];
        let fields = fields.into_iter().chain(more).collect();
        let mut batch = Batch::new(fields, rows.len(), Arc::default());
        for (port, [bytes, packets]) in rows {
            batch.push(&FlowRecord {
                dst_port: Some(*port),
                bytes: Some(*bytes),
                packets: Some(*packets),
                ..FlowRecord::default()
            });
        }
        vec![batch]
    }

    fn changes(a: Rows<'_>, b: Rows<'_>, limit: usize) -> (String, Vec<(Cell, Cell, Cell)>) {
        let by = vec![Dimension::Field(FieldId::DstPort)];
        let all = Selection::default();
        let sides = [(batch(a), &all), (batch(b), &all)];
        let diff = Diff::new(by, Metric::Bytes, limit);
        let found = ask_both_batches_within(sides, &diff, Memory::default()).unwrap();
        let rows = found.table.rows;
        let cells = rows.iter().map(|row| (row[0].clone(), row[1].clone(), row[4].clone()));
        (found.title, cells.collect())
    }

    #[test]
    fn changes_are_named_and_the_largest_comes_first() {
        let a = [(80, [100, 2]), (443, [50, 5]), (22, [7, 1]), (53, [9, 9]), (25, [5, 3])];
        let b = [(80, [300, 2]), (443, [20, 5]), (8080, [40, 1]), (53, [9, 9]), (25, [5, 4])];
        let row = |port, word: &str, change| (Cell::Number(port), Cell::Text(word.into()), change);
        let expected = [
            row(80, "grew", Cell::Number(200)),
            row(8080, "appeared", Cell::Number(40)),
            row(443, "shrank", Cell::Minus(30)),
            row(22, "vanished", Cell::Minus(7)),
            row(25, "changed", Cell::Number(0)),
        ];
        let title = "diff by bytes: 5 of 6 keys changed";
        assert_eq!(changes(&a, &b, 0), (title.into(), expected.to_vec()));
        assert_eq!(changes(&a, &b, 2), (title.into(), expected[..2].to_vec()));
        assert!(changes(&a, &a, 0).1.is_empty());
        assert!(changes(&[], &[], 0).1.is_empty());
    }
}

//! `diff`: what grew, shrank, appeared and vanished between two rankings of
//! all keys.
//!
//! A key has one partition in both, and partitions are compared one by one, so that
//! memory does not grow with the number of keys.

use std::io;

use flowkit_model::answer::{Answer, Cell, Column, Meaning, Table};
use flowkit_model::question::{Diff, Grouping, Key};
use flowkit_model::window::Span;
use flowkit_model::{Metric, Sums};
use jiff::tz::TimeZone;

use super::grouping::{GroupBy, Groups};
use crate::group::counters::{Accumulator, Counters};
use crate::group::rank::{Both, ExtraValues, RankBy, RankedGroup};

/// What changed between two sets of flows, by key.
///
/// Keys whose bytes, packets and flows are equal in both have no row; the
/// largest change of a metric comes first, ties by key.
#[derive(Debug)]
pub(crate) struct Changes {
    groups: GroupBy,
    metric: Metric,
    limit: usize,
}

impl Changes {
    pub(crate) fn new(question: &Diff, zone: &TimeZone) -> Self {
        let groups = GroupBy::new(Grouping::sums(question.by.clone()), zone, Span::default());
        Self { groups, metric: question.sort, limit: question.limit }
    }

    /// The groups of each side.
    pub(crate) fn groups(&self) -> &GroupBy {
        &self.groups
    }

    /// The groups that differ between the two sides.
    pub(crate) fn answer(&self, a: Groups, b: Groups, texts: &[String]) -> io::Result<Answer> {
        let metric = self.metric;
        let change = |both: &Both<Counters>, _: &ExtraValues| {
            Some(metric.of(&both.a.sums()).abs_diff(metric.of(&both.b.sums())))
        };
        let differs = |both: &Both<Counters>, _: &ExtraValues| both.a != both.b;
        let rank_by = RankBy {
            value: &change,
            having: &differs,
            bin_ms: None,
            uses_extras: false,
            uses_keys: false,
            bottom: false,
            limit: self.limit,
            texts,
        };
        let ranked = self.groups.compare(a, b, &rank_by)?;
        let rows = ranked.rows.iter().map(|group| self.row(group, texts)).collect();
        let (changed, all) = (ranked.having, ranked.keys);
        Ok(Answer {
            outcome: Some(format!("{changed} of {all} keys changed")),
            table: Table { name: "rows", columns: self.columns(), rows },
            ..Answer::default()
        })
    }

    fn columns(&self) -> Vec<Column> {
        let key = |key: &Key| Column { name: key.name(), meaning: key.meaning() };
        let mut columns: Vec<Column> = self.groups.keys().map(key).collect();
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

    fn row(&self, group: &RankedGroup<Both<Counters>>, texts: &[String]) -> Vec<Cell> {
        let mut cells = self.groups.key_cells(&group.key, texts);
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
    // A key that occurs has flows, if nothing else.
    match (a.flows, b.flows) {
        (0, _) => "appeared",
        (_, 0) => "vanished",
        _ if metric.of(b) > metric.of(a) => "grew",
        _ if metric.of(b) < metric.of(a) => "shrank",
        _ => "changed",
    }
}

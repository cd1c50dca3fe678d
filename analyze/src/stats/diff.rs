//! `diff`: what grew, shrank, appeared and vanished between two rankings of
//! all keys.
//!
//! A key has one partition in both, and partitions are compared one by one, so that
//! memory does not grow with the number of keys.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use flowkit_model::answer::{Answer, Cell, Column, Meaning, RowOrder, Table};
use flowkit_model::question::{Choice, Diff, Grouping, Key};
use flowkit_model::window::Span;
use flowkit_model::{Kind, Metric, Sums};
use jiff::tz::TimeZone;

use super::grouping::{GroupBy, Groups};
use crate::group::counters::{Accumulator, Counters};
use crate::group::rank::{Both, ExtraValues, RankBy, RankValue};

/// What changed between two sets of flows, by key.
///
/// Keys whose bytes, packets and flows are equal in both have no row; the
/// largest change of a metric comes first, ties by key.
#[derive(Debug)]
pub(crate) struct Changes {
    groups: GroupBy,
    /// By the columns of the table and, behind these, the sizes of the changes.
    order: RowOrder,
    /// Where in these is what rows are sorted by.
    sorted_by: usize,
    bottom: bool,
    limit: usize,
    has_conditions: bool,
}

impl Changes {
    /// The changes that a question is about; times are in a zone.
    ///
    /// # Errors
    /// If a column is unknown or a condition invalid.
    pub(crate) fn new(question: &Diff, zone: &TimeZone) -> Result<Self, String> {
        let choice = question.choice();
        let groups = GroupBy::new(Grouping::sums(question.by.clone()), zone, Span::default());
        let sizes = Metric::ALL.map(|metric| (metric.name(), amount(metric)));
        let all = columns(&groups).into_iter().chain(Column::list(sizes));
        let order = RowOrder::new(all.collect(), choice, None, zone)?;
        let sorted_by = order.sorted_by().unwrap_or_default();
        let Choice { bottom, limit, having, .. } = choice;
        Ok(Self { groups, order, sorted_by, bottom, limit, has_conditions: having.is_some() })
    }

    /// The groups of each side.
    pub(crate) fn groups(&self) -> &GroupBy {
        &self.groups
    }

    /// The groups that differ between the two sides.
    pub(crate) fn answer(&self, a: Groups, b: Groups, texts: &[String]) -> io::Result<Answer> {
        let n_changed = AtomicU64::new(0);
        let is_shown = |both: &Both<Counters>, found: &ExtraValues| {
            let differs = both.a != both.b;
            n_changed.fetch_add(differs.into(), Ordering::Relaxed);
            let is_chosen = || self.order.has_row(&self.cells(&found.key, both, texts));
            differs && (!self.has_conditions || is_chosen())
        };
        let size = self.size();
        let by_size = |both: &Both<Counters>, _: &ExtraValues| Some(change(both, size?).0);
        let words = self.words(texts);
        let by_column = |both: &Both<Counters>, found: &ExtraValues| {
            rank(&self.cells(&found.key, both, texts)[self.sorted_by], &words)
        };
        let value: RankValue<'_, Both<Counters>> =
            if size.is_some() { &by_size } else { &by_column };
        let rank_by = RankBy {
            value,
            having: &is_shown,
            bin_ms: None,
            uses_extras: false,
            uses_keys: size.is_none() || self.has_conditions,
            bottom: self.bottom,
            limit: self.limit,
            texts,
        };
        let ranked = self.groups.compare(a, b, &rank_by)?;
        let columns = columns(&self.groups);
        let rows = ranked.rows.iter().map(|group| {
            let mut cells = self.cells(&group.key, &group.sums, texts);
            cells.truncate(columns.len());
            cells
        });
        let rows = rows.collect();
        let mut outcome = format!("{} of {} keys changed", n_changed.into_inner(), ranked.keys);
        if self.has_conditions {
            outcome = format!("{outcome}, {} of these match", ranked.having);
        }
        Ok(Answer {
            outcome: Some(outcome),
            table: Table { name: "rows", columns, rows },
            ..Answer::default()
        })
    }

    /// The metric whose changes rows are sorted by, if by their sizes.
    fn size(&self) -> Option<Metric> {
        Metric::ALL.get(self.sorted_by.checked_sub(columns(&self.groups).len())?).copied()
    }

    /// The metric that the words for the changes are about: the one sorted by, else bytes.
    fn metric(&self) -> Metric {
        let behind_word = self.sorted_by.checked_sub(self.groups.keys().count() + 1);
        let of_columns = behind_word.and_then(|place| Metric::ALL.get(place / 3).copied());
        self.size().or(of_columns).unwrap_or_default()
    }

    /// All texts that rows may be sorted by, in the order of their letters.
    fn words<'t>(&self, texts: &'t [String]) -> Vec<&'t str> {
        let column = columns(&self.groups).get(self.sorted_by).map(|column| column.meaning);
        let mut words: Vec<&str> = match column {
            Some(Meaning::Words) => WORDS.to_vec(),
            Some(Meaning::Key(Kind::Text)) => texts.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        words.sort_unstable();
        words
    }

    /// The cells of a row, and the sizes of its changes.
    fn cells(&self, key: &[Option<u64>], both: &Both<Counters>, texts: &[String]) -> Vec<Cell> {
        let mut cells = self.groups.key_cells(key, texts);
        let (a, b) = (both.a.sums(), both.b.sums());
        cells.push(Cell::Text(word(&a, &b, self.metric()).into()));
        for metric in Metric::ALL {
            let (size, is_less) = change(both, metric);
            let change = if is_less { Cell::Minus(size) } else { Cell::Number(size) };
            cells.extend([Cell::Number(metric.of(&a)), Cell::Number(metric.of(&b)), change]);
        }
        cells.extend(Metric::ALL.map(|metric| Cell::Number(change(both, metric).0)));
        cells
    }
}

/// The size of the change of a metric, and whether it is a decrease.
fn change(both: &Both<Counters>, metric: Metric) -> (u128, bool) {
    let (a, b) = (metric.of(&both.a.sums()), metric.of(&both.b.sums()));
    (a.abs_diff(b), b < a)
}

/// A number that is the larger, the larger the cell is; `None` if it has no value.
fn rank(cell: &Cell, words: &[&str]) -> Option<u128> {
    // Sums have at most 96 bits.
    const ZERO: u128 = 1 << 100;
    match cell {
        Cell::Number(number) => Some(ZERO + number),
        Cell::Minus(number) => Some(ZERO - number),
        Cell::Text(text) => words.binary_search(&text.as_str()).ok().map(|place| place as u128),
        Cell::Share { .. } | Cell::Unknown | Cell::None | Cell::Filtered => None,
    }
}

fn amount(metric: Metric) -> Meaning {
    if metric == Metric::Bytes { Meaning::Bytes } else { Meaning::Count }
}

fn columns(groups: &GroupBy) -> Vec<Column> {
    let key = |key: &Key| Column { name: key.beside_measures(), meaning: key.meaning() };
    let mut columns: Vec<Column> = groups.keys().map(key).collect();
    columns.push(Column { name: "change".into(), meaning: Meaning::Words });
    for metric in Metric::ALL {
        let (name, meaning) = (metric.name(), amount(metric));
        let names = [format!("a_{name}"), format!("b_{name}"), format!("{name}_change")];
        columns.extend(names.map(|name| Column { name, meaning }));
    }
    columns
}

/// What [`word`] says.
const WORDS: [&str; 5] = ["appeared", "changed", "grew", "shrank", "vanished"];

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

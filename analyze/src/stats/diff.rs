//! `diff`: what grew, shrank, appeared and vanished between two rankings of
//! all keys.
//!
//! A key has one partition in both, and partitions are compared one by one, so that
//! memory does not grow with the number of keys.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use flowkit_model::answer::{
    Answer, Cell, Column, Meaning, PortKind, Protocols, RowOrder, RowOrderError, Table as Rows,
};
use flowkit_model::question::{Choice, Diff, Grouping, Key};
use flowkit_model::window::Span;
use flowkit_model::{Kind, Metric, Sums};
use jiff::tz::TimeZone;

use super::grouping::accumulators::FlowAccumulator;
use super::grouping::compare::Comparison;
use super::grouping::{GroupBy, Groups};
use crate::batch::dictionary::Codebook;
use crate::group::rank::{Both, ExtraValues, RankBy, RankValue};
use crate::group::table::Table;

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
    pub(crate) fn new(question: &Diff, zone: &TimeZone) -> Result<Self, RowOrderError> {
        let choice = question.choice();
        let tells_port_kinds = question.by.iter().any(Key::is_port);
        let grouping = Grouping { tells_port_kinds, ..Grouping::sums(question.by.clone()) };
        let groups = GroupBy::new(grouping, zone, Span::default());
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
    pub(crate) fn answer(&self, a: Groups, b: Groups, codes: &Codebook) -> io::Result<Answer> {
        self.groups.compare(a, b, &SideBySide { changes: self, codes })
    }

    /// The protocols of the flows of a group; nothing, if its ports are not told by them.
    fn protocols<A: FlowAccumulator>(&self, both: &Both<A>) -> Option<Protocols> {
        let grouping = self.groups.question();
        grouping.needs_protocols().then(|| both.a.protocols().or(both.b.protocols()))
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
    fn words<'t>(&self, codes: &'t Codebook) -> Vec<&'t str> {
        let column = columns(&self.groups).get(self.sorted_by).map(|column| column.meaning);
        let mut words: Vec<&str> = match column {
            Some(Meaning::Key(Kind::Text)) => codes.texts.iter().map(String::as_str).collect(),
            column => column.and_then(Meaning::words).unwrap_or_default().to_vec(),
        };
        words.sort_unstable();
        words
    }

    /// The cells of a row, and the sizes of its changes.
    fn cells<A: FlowAccumulator>(
        &self,
        key: &[Option<u64>],
        both: &Both<A>,
        codes: &Codebook,
    ) -> Vec<Cell> {
        let mut cells = self.groups.key_cells(key, codes);
        let (a, b) = (both.a.sums(), both.b.sums());
        cells.push(Cell::Text(Change::of(&a, &b, self.metric()).word().into()));
        for metric in Metric::ALL {
            let (size, is_less) = change(both, metric);
            let change = if is_less { Cell::Minus(size) } else { Cell::Number(size) };
            cells.extend([Cell::Number(metric.of(&a)), Cell::Number(metric.of(&b)), change]);
        }
        if self.groups.question().tells_port_kinds {
            let of_key = || self.groups.question().protocol_key().map(|place| &cells[place]);
            let protocols = self.protocols(both).or_else(|| of_key().map(Protocols::of_cell));
            cells.push(protocols.unwrap_or_default().kind_cell());
        }
        cells.extend(Metric::ALL.map(|metric| Cell::Number(change(both, metric).0)));
        cells
    }
}

/// Ranks the groups of two sides by their changes.
struct SideBySide<'c> {
    changes: &'c Changes,
    codes: &'c Codebook,
}

impl Comparison for SideBySide<'_> {
    fn compare<A: FlowAccumulator>(&self, a: Table<A>, b: Table<A>) -> io::Result<Answer> {
        let Self { changes, codes } = *self;
        let n_changed = AtomicU64::new(0);
        let is_shown = |both: &Both<A>, found: &ExtraValues| {
            let differs = both.a.sums() != both.b.sums();
            n_changed.fetch_add(differs.into(), Ordering::Relaxed);
            let is_chosen = || changes.order.has_row(&changes.cells(&found.key, both, codes));
            differs && (!changes.has_conditions || is_chosen())
        };
        let size = changes.size();
        let by_size = |both: &Both<A>, _: &ExtraValues| Some(change(both, size?).0);
        let words = changes.words(codes);
        let by_column = |both: &Both<A>, found: &ExtraValues| {
            rank(&changes.cells(&found.key, both, codes)[changes.sorted_by], &words)
        };
        let value: RankValue<'_, Both<A>> = if size.is_some() { &by_size } else { &by_column };
        let ranked = a.compare(
            b,
            &RankBy {
                value,
                having: &is_shown,
                bin_ms: None,
                uses_extras: false,
                uses_keys: size.is_none() || changes.has_conditions,
                bottom: changes.bottom,
                limit: changes.limit,
                codes,
            },
        )?;
        let columns = columns(&changes.groups);
        let rows = ranked.rows.iter().map(|group| {
            let mut cells = changes.cells(&group.key, &group.sums, codes);
            cells.truncate(columns.len());
            cells
        });
        let rows = rows.collect();
        let protocols = ranked.rows.iter().filter_map(|group| changes.protocols(&group.sums));
        let mut outcome = format!("{} of {} keys changed", n_changed.into_inner(), ranked.keys);
        if changes.has_conditions {
            outcome = format!("{outcome}, {} of these match", ranked.having);
        }
        Ok(Answer {
            outcome: Some(outcome),
            protocols: protocols.collect(),
            table: Rows { name: "rows", columns, rows },
            ..Answer::default()
        })
    }
}

/// The size of the change of a metric, and whether it is a decrease.
fn change<A: FlowAccumulator>(both: &Both<A>, metric: Metric) -> (u128, bool) {
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
    columns.push(Column { name: "change".into(), meaning: Meaning::Word(&Change::WORDS) });
    for metric in Metric::ALL {
        let (name, meaning) = (metric.name(), amount(metric));
        let names = [format!("a_{name}"), format!("b_{name}"), format!("{name}_change")];
        columns.extend(names.map(|name| Column { name, meaning }));
    }
    columns.extend(groups.question().tells_port_kinds.then(PortKind::column));
    columns
}

/// What became of a key.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// It is in b alone.
    Appeared,
    /// A metric is as it was, and another is not.
    Changed,
    /// It has more of a metric in b.
    Grew,
    /// It has less of a metric in b.
    Shrank,
    /// It is in a alone.
    Vanished,
}

impl Change {
    /// The word for each variant.
    const WORDS: [&'static str; 5] = ["appeared", "changed", "grew", "shrank", "vanished"];

    /// Of the sums of both sides; more or less is said of one metric.
    fn of(a: &Sums, b: &Sums, metric: Metric) -> Self {
        // A key that occurs has flows, if nothing else.
        match (a.flows, b.flows) {
            (0, _) => Self::Appeared,
            (_, 0) => Self::Vanished,
            _ if metric.of(b) > metric.of(a) => Self::Grew,
            _ if metric.of(b) < metric.of(a) => Self::Shrank,
            _ => Self::Changed,
        }
    }

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

//! An answer as text in rows and columns, for people: what tables and markdown
//! have in common.

use flowkit_model::answer::{Cell, Column, Meaning, Protocols, Ranking};
use flowkit_model::{Answer, Kind, Metric, Sums};

use super::style::Style;
use super::text::{grouped_or_raw, named, text};
use super::units::percent;
use super::{ends, ports};

/// Rows of text.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<String>>,
    /// The last column is text, which may be wrapped.
    pub(super) wraps: bool,
    /// How large each row is, for a bar; the largest is 1.
    pub(super) bars: Option<Vec<f64>>,
}

/// A column.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) name: String,
    /// Numbers are aligned right, the rest left.
    pub(super) right: bool,
    /// It is shown however narrow the terminal is.
    pub(super) must_stay: bool,
    /// It is the sum of a metric.
    pub(super) sum_of: Option<Metric>,
}

impl Head {
    fn of(column: &Column, must_stay: bool) -> Self {
        let left = matches!(
            column.meaning,
            Meaning::Key(_)
                | Meaning::Network(_)
                | Meaning::Value(_)
                | Meaning::Words
                | Meaning::Word(_)
                | Meaning::Class(_)
        );
        let sum_of = match column.meaning {
            Meaning::Sum(metric) => Some(metric),
            _ => None,
        };
        Self { name: column.name.clone(), right: !left, must_stay, sum_of }
    }

    pub(super) fn number(name: &str) -> Self {
        Self { name: name.into(), right: true, must_stay: true, sum_of: None }
    }
}

impl Grid {
    /// The rows of an answer; of a ranking with rank, share, other and total.
    pub(super) fn of(answer: &Answer, style: &Style) -> Self {
        let mut grid = match &answer.ranking {
            Some(ranking) => ranked(answer, ranking, style),
            None => listed(answer, style),
        };
        grid.bars = bars(answer);
        grid
    }

    /// Removes a column.
    pub(super) fn remove(&mut self, place: usize) -> Head {
        for row in &mut self.rows {
            if place < row.len() {
                row.remove(place);
            }
        }
        self.heads.remove(place)
    }

    /// The single values of an answer.
    pub(super) fn facts(answer: &Answer, style: &Style) -> Vec<[String; 2]> {
        let facts = answer.facts.iter();
        facts.map(|(name, meaning, cell)| [(*name).into(), text(cell, *meaning, style)]).collect()
    }
}

fn bars(answer: &Answer) -> Option<Vec<f64>> {
    let name = answer.bars.as_ref()?;
    let place = answer.table.columns.iter().position(|column| column.name == *name)?;
    let value = |row: &Vec<Cell>| match row[place] {
        Cell::Number(number) => number as f64,
        _ => 0.0,
    };
    let values: Vec<f64> = answer.table.rows.iter().map(value).collect();
    let most = values.iter().copied().fold(0.0, f64::max);
    (most > 0.0).then(|| values.iter().map(|value| value / most).collect())
}

/// The rows of an answer that is not a ranking.
fn listed(answer: &Answer, style: &Style) -> Grid {
    let columns = &answer.table.columns;
    let protocol = protocol_of(columns);
    let is_words = |place: usize| columns[place].meaning.is_text();
    let number =
        (0..columns.len()).find(|place| !columns[*place].meaning.is_key() && !is_words(*place));
    let choice = answer.question.as_ref().and_then(|question| question.report.choice());
    let sorted_by = choice.and_then(|choice| choice.sort).unwrap_or_default();
    let heads = columns.iter().enumerate().map(|(place, column)| {
        // What a row is about, the first number, what rows are sorted by, and the words
        // about it.
        let is_said = is_words(place) && (place < 2 || number.is_some());
        let is_about = column.meaning.is_key() || Some(place) == number;
        let is_sorted_by = column.name.eq_ignore_ascii_case(sorted_by);
        let must_stay = match &answer.flows {
            Some(layout) => layout.decisive.contains(&place),
            None => is_about || is_said || is_sorted_by,
        };
        Head::of(column, must_stay)
    });
    let is_class = |place: &usize| columns[*place].meaning.is_class();
    let class = (0..columns.len()).find(is_class);
    let all_protocols = || {
        answer.table.rows.iter().enumerate().map(|(number, row)| {
            let of_row = || protocol.map(|place| Protocols::of_cell(&row[place]));
            answer.protocols.get(number).copied().or_else(of_row).unwrap_or_default()
        })
    };
    let rows = answer.table.rows.iter().zip(all_protocols()).map(|(row, protocols)| {
        let cells = row.iter().zip(columns);
        let protocol = protocol.map(|place| &row[place]);
        let class = class.map(|place| text(&row[place], columns[place].meaning, style));
        cells
            .map(|(cell, column)| match (column.meaning, &class) {
                (meaning, _) if meaning.is_class() => noted(&text(cell, meaning, style)).to_owned(),
                // Before and after a window there is no time to show.
                (Meaning::Key(Kind::Time), Some(class)) if *cell == Cell::None => class.clone(),
                (meaning, _) => {
                    let name = named(cell, meaning, protocol, style);
                    ports::read(name, cell, column, protocols, style)
                }
            })
            .collect()
    });
    let wraps = columns.last().is_some_and(|column| column.meaning.is_text());
    let mut grid = Grid { heads: heads.collect(), rows: rows.collect(), wraps, bars: None };
    ends::join(&mut grid, answer, &all_protocols().collect::<Vec<_>>(), style);
    for place in (0..columns.len()).rev().filter(is_class) {
        if grid.rows.iter().all(|row| row[place].is_empty()) {
            grid.remove(place);
        }
    }
    grid
}

/// What a table says of the class of a row beside its other cells.
fn noted(class: &str) -> &str {
    if class == "edge" { "incomplete" } else { "" }
}

/// The rows of a ranking with rank, share and cumulative share, then other and
/// total.
fn ranked(answer: &Answer, ranking: &Ranking, style: &Style) -> Grid {
    let all = &answer.table.columns;
    let columns = shown_columns(all, &ranking.sorted_by);
    let protocol = protocol_of(all);
    let share_of = all.iter().position(|column| column.meaning == Meaning::Sum(ranking.sort));
    let cumulative_too = !ranking.overlapping && ranking.sorted_by == ranking.sort.name();
    let mut grid = Grid { heads: vec![Head::number("#")], ..Grid::default() };
    for place in &columns {
        let column = &all[*place];
        let must_stay = column.meaning.is_key() || column.name == ranking.sorted_by;
        grid.heads.push(Head::of(column, must_stay));
        if Some(*place) == share_of {
            grid.heads.push(Head { must_stay, ..Head::number("share") });
            if cumulative_too {
                grid.heads.push(Head { must_stay: false, ..Head::number("cumulative") });
            }
        }
    }
    let whole = ranking.sort.of(&ranking.total);
    let mut cumulative = 0;
    let mut protocols = answer.protocols.iter();
    for (rank, row) in (1_u64..).zip(&answer.table.rows) {
        let protocols = protocols.next();
        let mut cells = vec![rank.to_string()];
        for place in &columns {
            let protocol = protocol.map(|place| &row[place]);
            let name = named(&row[*place], all[*place].meaning, protocol, style);
            cells.push(match protocols {
                Some(protocols) => ports::read(name, &row[*place], &all[*place], *protocols, style),
                None => name,
            });
            if let (true, Cell::Number(part)) = (Some(*place) == share_of, &row[*place]) {
                cumulative += part;
                cells.push(percent(*part, whole));
                if cumulative_too {
                    cells.push(percent(cumulative, whole));
                }
            }
        }
        grid.rows.push(cells);
    }
    let n_rest = ranking.keys.saturating_sub(answer.table.rows.len() as u64);
    let sums = |label: String, sums: &Sums| {
        sums_row(label, sums, answer, &columns, ranking, cumulative_too, style)
    };
    if n_rest > 0 {
        let plural = if n_rest == 1 { "" } else { "s" };
        let label = format!("other ({} key{plural})", grouped_or_raw(n_rest.into(), style));
        grid.rows.push(sums(label, &ranking.other));
    }
    grid.rows.push(sums("total".into(), &ranking.total));
    grid
}

/// The column of the protocol, on which the names of ports depend.
fn protocol_of(columns: &[Column]) -> Option<usize> {
    columns.iter().position(|column| column.meaning == Meaning::Key(Kind::Protocol))
}

/// The columns to show, the sort column right behind the keys. Shares of the
/// other metrics are only in formats for programs.
fn shown_columns(columns: &[Column], sorted_by: &str) -> Vec<usize> {
    let all = 0..columns.len();
    let keys = all.clone().filter(|place| columns[*place].meaning.is_key());
    let sorted = all.clone().filter(|place| columns[*place].name == sorted_by);
    let rest = all.filter(|place| {
        let column = &columns[*place];
        !column.meaning.is_key()
            && !matches!(column.meaning, Meaning::Share(_) | Meaning::Class(_))
            && column.name != sorted_by
    });
    keys.chain(sorted).chain(rest).collect()
}

/// A row of sums under a label in the place of the first key.
fn sums_row(
    label: String,
    sums: &Sums,
    answer: &Answer,
    columns: &[usize],
    ranking: &Ranking,
    cumulative_too: bool,
    style: &Style,
) -> Vec<String> {
    let mut cells = vec![String::new(), label];
    for column in &columns[1..] {
        let column = &answer.table.columns[*column];
        let Meaning::Sum(metric) = column.meaning else {
            cells.push(String::new());
            continue;
        };
        let sum = metric.of(sums);
        cells.push(text(&Cell::Number(sum), column.meaning, style));
        if metric == ranking.sort {
            cells.push(percent(sum, metric.of(&ranking.total)));
            if cumulative_too {
                cells.push(String::new());
            }
        }
    }
    cells
}

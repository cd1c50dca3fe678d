//! `diff`: what grew, shrank, appeared and vanished between two rankings of
//! all keys.

use std::collections::BTreeMap;

use crate::answer::{Answer, Cell, Column, Meaning, Metric, Table};
use crate::stats::grouping::is_key;

/// Sums of a key in both.
type Both = [[u128; 3]; 2];

/// Compares two answers over the same keys, each with all its rows and the
/// usual columns. Keys whose sums are the same in both have no row; the
/// largest change of a metric comes first.
#[must_use]
pub fn diff(a: &Answer, b: &Answer, metric: Metric, limit: usize) -> Answer {
    let n_keys = a.table.columns.iter().filter(|column| is_key(column.meaning)).count();
    let mut keys: BTreeMap<&[Cell], Both> = BTreeMap::new();
    for (side, answer) in [a, b].into_iter().enumerate() {
        let places = Metric::ALL.map(|metric| {
            answer.table.columns.iter().position(|column| column.name == metric.name())
        });
        for row in &answer.table.rows {
            let sums = &mut keys.entry(&row[..n_keys]).or_default()[side];
            for (sum, place) in sums.iter_mut().zip(places) {
                if let Some(Cell::Number(number)) = place.and_then(|place| row.get(place)) {
                    *sum += number;
                }
            }
        }
    }
    let n_all = keys.len() as u64;
    let place = Metric::ALL.iter().position(|known| *known == metric).unwrap_or(0);
    let mut changed: Vec<_> = keys.into_iter().filter(|(_, both)| both[0] != both[1]).collect();
    let n_changed = changed.len();
    // Stable: ties stay in the order of keys.
    changed.sort_by_key(|(_, both)| std::cmp::Reverse(both[0][place].abs_diff(both[1][place])));
    changed.truncate(if limit == 0 { usize::MAX } else { limit });
    let rows = changed.into_iter().map(|(key, both)| row(key, both, place)).collect();
    let mut notes: Vec<String> = Vec::new();
    for note in a.notes.iter().chain(&b.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    Answer {
        title: format!("diff by {}: {n_changed} of {n_all} keys changed", metric.name()),
        table: Table { name: "rows", columns: columns(a, n_keys), rows },
        notes,
        ..Answer::default()
    }
}

fn columns(a: &Answer, n_keys: usize) -> Vec<Column> {
    let mut columns = a.table.columns[..n_keys].to_vec();
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

fn row(key: &[Cell], both: Both, place: usize) -> Vec<Cell> {
    let [a, b] = both;
    // A key that is there has flows, if nothing else.
    let word = match (a[2], b[2]) {
        (0, _) => "appeared",
        (_, 0) => "vanished",
        _ if b[place] > a[place] => "grew",
        _ if b[place] < a[place] => "shrank",
        _ => "changed",
    };
    let mut cells = key.to_vec();
    cells.push(Cell::Text(word.into()));
    for (a, b) in a.into_iter().zip(b) {
        let change = if b >= a { Cell::Number(b - a) } else { Cell::Minus(a - b) };
        cells.extend([Cell::Number(a), Cell::Number(b), change]);
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowkit_model::Kind;

    fn answer(rows: &[(u128, [u128; 3])]) -> Answer {
        let columns = [
            ("dst_port", Meaning::Key(Kind::Port)),
            ("bytes", Meaning::Bytes),
            ("packets", Meaning::Count),
            ("flows", Meaning::Count),
        ];
        let rows = rows.iter().map(|(key, sums)| {
            [*key].iter().chain(sums).map(|number| Cell::Number(*number)).collect()
        });
        Answer {
            table: Table {
                name: "rows",
                columns: columns
                    .map(|(name, meaning)| Column { name: name.into(), meaning })
                    .into(),
                rows: rows.collect(),
            },
            ..Answer::default()
        }
    }

    #[test]
    fn changes_are_named_and_the_largest_comes_first() {
        let a = answer(&[(80, [100, 2, 1]), (443, [50, 5, 5]), (22, [7, 1, 1]), (53, [9, 9, 9])]);
        let b =
            answer(&[(80, [300, 2, 1]), (443, [20, 5, 5]), (8080, [40, 1, 1]), (53, [9, 9, 9])]);
        let found = diff(&a, &b, Metric::Bytes, 0);
        let words: Vec<_> = found
            .table
            .rows
            .iter()
            .map(|row| (row[0].clone(), row[1].clone(), row[4].clone()))
            .collect();
        let row = |port, word: &str, change| (Cell::Number(port), Cell::Text(word.into()), change);
        assert_eq!(
            words,
            [
                row(80, "grew", Cell::Number(200)),
                row(8080, "appeared", Cell::Number(40)),
                row(443, "shrank", Cell::Minus(30)),
                row(22, "vanished", Cell::Minus(7)),
            ]
        );
        assert!(diff(&a, &a, Metric::Bytes, 0).table.rows.is_empty());
    }
}

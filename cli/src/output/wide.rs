//! Extra columns of a ranking for wide terminals: the share of each sum, and the
//! rate over the whole window.

use flowkit_model::answer::{Cell, Meaning};
use flowkit_model::window::Span;
use flowkit_model::{Answer, Metric};

use super::grid::{Grid, Head};
use super::units::{bit_rate, percent};

/// Adds the columns to the rows of a ranking, and to other and total.
pub(super) fn widen(grid: &mut Grid, answer: &Answer) {
    let Some(ranking) = &answer.ranking else { return };
    for metric in Metric::ALL {
        let whole = metric.of(&ranking.total);
        let Some((place, sums)) = sums(grid, answer, metric) else { continue };
        if metric == ranking.sort {
            continue; // its share is there
        }
        let shares = sums.into_iter().map(|sum| percent(sum, whole)).collect();
        insert(grid, place + 1, metric.share_name(), shares);
    }
    let (Some(ms), Some((_, bytes))) = (window_ms(answer), sums(grid, answer, Metric::Bytes))
    else {
        return;
    };
    let rates = bytes.into_iter().map(|bytes| bit_rate(bytes * 8000 / ms)).collect();
    insert(grid, grid.heads.len(), "window_bps", rates);
}

/// A metric's place among the columns and its value in each row.
fn sums(grid: &Grid, answer: &Answer, metric: Metric) -> Option<(usize, Vec<u128>)> {
    let ranking = answer.ranking.as_ref()?;
    let place = grid.heads.iter().position(|head| head.sum_of == Some(metric))?;
    let columns = &answer.table.columns;
    let column = columns.iter().position(|column| column.meaning == Meaning::Sum(metric))?;
    let rows = answer.table.rows.iter().map(|row| match row[column] {
        Cell::Number(number) => number,
        _ => 0,
    });
    let n_below = grid.rows.len().saturating_sub(answer.table.rows.len());
    let below = [&ranking.other, &ranking.total].map(|sums| metric.of(sums));
    Some((place, rows.chain(below.into_iter().skip(2_usize.saturating_sub(n_below))).collect()))
}

fn insert(grid: &mut Grid, place: usize, name: &str, cells: Vec<String>) {
    grid.heads.insert(place, Head::number(name));
    for (row, cell) in grid.rows.iter_mut().zip(cells) {
        row.insert(place.min(row.len()), cell);
    }
}

/// Milliseconds of the window of the query, or else of the export times.
fn window_ms(answer: &Answer) -> Option<u128> {
    let asked = answer.window.map(Span::flow_times).and_then(|(from, to)| Some((from?, to?)));
    let (from, to) = asked.or_else(|| answer.tally.seen.map(|(first, last)| (first, last + 1)))?;
    Some(u128::from(to.checked_sub(from)?.max(1)))
}

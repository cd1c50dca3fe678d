//! Aligned columns for people: a header with the query and its flows; below the
//! rows, the sums of the other keys, and the total.
//!
//! Columns that do not fit in the terminal are hidden and named; wide terminals
//! show more columns; a bar fills the rest of the line.

use std::io::{self, Write};
use std::ops::Range;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use flowkit_model::Answer;
use flowkit_model::harmless::harmless;

use super::grid::{Grid, Head};
use super::header;
use super::style::Style;
use super::wide::widen;

/// Prints the answer.
pub(super) fn write(answer: &Answer, style: &Style, out: &mut impl Write) -> io::Result<()> {
    if !answer.sources.is_empty() {
        for line in wrapped(&header::parts(answer, &style.zone), style.width) {
            writeln!(out, "{}", bold(&line, style))?;
        }
        writeln!(out)?;
    }
    if !answer.facts.is_empty() {
        let mut table = plain();
        for fact in Grid::facts(answer, style) {
            table.add_row(fact);
        }
        print(&table, style, false, out)?;
        writeln!(out)?;
    }
    // One at a time: the text of a million rows takes half a gigabyte.
    let mut grid = wide(answer, style).unwrap_or_else(|| Grid::of(answer, style));
    if grid.heads.is_empty() {
        return Ok(());
    }
    if grid.rows.is_empty() {
        return writeln!(out, "(no rows)");
    }
    let left_out = fit(&mut grid, style.width);
    let bar = bar_width(&grid, style.width);
    rows(&grid, bar, style, ROWS_AT_A_TIME, out)?;
    if !left_out.is_empty() {
        let columns = left_out.join(", ");
        writeln!(out, "\n(terminal too narrow, columns hidden: {columns})")?;
    }
    Ok(())
}

/// The rows with more columns, where there is room for them.
fn wide(answer: &Answer, style: &Style) -> Option<Grid> {
    let limit = style.width?;
    let mut wide = Grid::of(answer, style);
    widen(&mut wide, answer);
    (width(&wide) + LONGEST_BAR + 2 <= limit).then_some(wide)
}

/// Rows that are laid out at a time: their cells take ten times the memory of the text.
const ROWS_AT_A_TIME: usize = 5000;

/// Prints the rows, some at a time, all with the widths of all.
fn rows(
    grid: &Grid,
    bar: usize,
    style: &Style,
    at_a_time: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    let are_many = grid.rows.len() > at_a_time;
    let widths: Vec<usize> = (0..grid.heads.len()).map(|place| width_of(grid, place)).collect();
    for first in (0..grid.rows.len()).step_by(at_a_time) {
        let last = first.saturating_add(at_a_time).min(grid.rows.len());
        let mut table = drawn(grid, first..last, bar);
        for (place, width) in widths.iter().enumerate().filter(|_| are_many) {
            if let (Some(column), Ok(width)) = (table.column_mut(place), u16::try_from(*width)) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
            }
        }
        if let (true, Some(width)) = (grid.wraps, style.width) {
            wrap(&mut table, grid, width);
        }
        print(&table, style, first == 0, out)?;
    }
    Ok(())
}

/// The parts of the header in lines, as many in a line as fit.
fn wrapped(parts: &[String], width: Option<usize>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts.iter().map(|part| harmless(part).into_owned()) {
        match lines.last_mut() {
            Some(line)
                if width.is_none_or(|width| {
                    line.chars().count() + part.chars().count() + 3 <= width
                }) =>
            {
                line.push_str(" | ");
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

fn bold(line: &str, style: &Style) -> String {
    if style.color { format!("\u{1b}[1m{line}\u{1b}[0m") } else { line.to_owned() }
}

/// The width of a column and the blanks around it.
fn width_of(grid: &Grid, place: usize) -> usize {
    let cells = grid.rows.iter().map(|row| row.get(place).map_or(0, |cell| cell.chars().count()));
    let width = cells.chain([grid.heads[place].name.chars().count()]).max().unwrap_or(0) + 2;
    let is_wrapped = grid.wraps && place + 1 == grid.heads.len();
    if is_wrapped { width.min(WRAPPED) } else { width }
}

fn width(grid: &Grid) -> usize {
    (0..grid.heads.len()).map(|place| width_of(grid, place)).sum::<usize>().saturating_sub(2)
}

/// Hides columns from the right until the rest fits; gives their names.
fn fit(grid: &mut Grid, limit: Option<usize>) -> Vec<String> {
    let mut left_out = Vec::new();
    let Some(limit) = limit else { return left_out };
    while width(grid) > limit {
        let Some(place) = grid.heads.iter().rposition(|head| !head.must_stay) else { break };
        left_out.insert(0, grid.remove(place).name);
    }
    left_out
}

/// The room for bars, if there is enough.
fn bar_width(grid: &Grid, limit: Option<usize>) -> usize {
    if grid.bars.is_none() {
        return 0;
    }
    let room = limit.map_or(LONGEST_BAR, |limit| limit.saturating_sub(width(grid) + 2));
    if room < SHORTEST_BAR { 0 } else { room.min(LONGEST_BAR) }
}

/// Least width of a wrapped column.
const WRAPPED: usize = 30;
const SHORTEST_BAR: usize = 6;
const LONGEST_BAR: usize = 24;

/// A bar in eighths of a character, at least one unless the size is 0.
fn bar(size: f64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 8 × 24")]
    let eighths = (size * room as f64 * 8.0).ceil() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// Gives the last column the width that the others leave.
fn wrap(table: &mut Table, grid: &Grid, width: usize) {
    let last = grid.heads.len().saturating_sub(1);
    let others: usize = (0..last).map(|place| width_of(grid, place)).sum();
    let room = width.saturating_sub(others).max(WRAPPED);
    if let (Some(column), Ok(room)) = (table.column_mut(last), u16::try_from(room)) {
        column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(room)));
    }
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::MAX);
    table
}

/// Some of the rows, below the header if they are the first.
fn drawn(grid: &Grid, rows: Range<usize>, room: usize) -> Table {
    let align = |text: &str, head: &Head| {
        let side = if head.right { CellAlignment::Right } else { CellAlignment::Left };
        Cell::new(text).set_alignment(side)
    };
    let mut table = plain();
    let mut heads: Vec<Cell> = grid.heads.iter().map(|head| align(&head.name, head)).collect();
    if room > 0 {
        heads.push(Cell::new(""));
    }
    if rows.start == 0 {
        table.set_header(heads);
    }
    for (place, row) in grid.rows.iter().enumerate().take(rows.end).skip(rows.start) {
        let mut cells: Vec<Cell> =
            row.iter().zip(&grid.heads).map(|(text, head)| align(text, head)).collect();
        let size = grid.bars.as_ref().and_then(|bars| bars.get(place));
        if let (Some(size), true) = (size, room > 0) {
            cells.push(Cell::new(bar(*size, room)));
        }
        table.add_row(cells);
    }
    table
}

fn print(table: &Table, style: &Style, has_head: bool, out: &mut impl Write) -> io::Result<()> {
    for (place, line) in table.lines().enumerate() {
        // The padding of the first column is not wanted at the edge.
        let line = line.strip_prefix(' ').unwrap_or(&line).trim_end();
        if place == 0 && has_head {
            writeln!(out, "{}", bold(line, style))?;
            continue;
        }
        match line.find(|letter| ('▏'..='█').contains(&letter) || letter == '█') {
            Some(start) if style.color => {
                writeln!(out, "{}\u{1b}[36m{}\u{1b}[0m", &line[..start], &line[start..])?;
            }
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::style::Color;

    #[test]
    fn bars_are_as_long_as_they_say() {
        for (size, expected) in
            [(0.0, ""), (0.001, "▏"), (0.5, "████"), (0.56, "████▌"), (1.0, "████████")]
        {
            assert_eq!(bar(size, 8), expected);
        }
    }

    /// Rows that are laid out one, two or three at a time stand as all together do.
    #[test]
    fn rows_in_pieces_have_the_widths_of_all() {
        let head =
            |name: &str, right| Head { name: name.into(), right, must_stay: true, sum_of: None };
        let row = |key: &str, bytes: &str| vec![key.to_owned(), bytes.to_owned()];
        let grid = Grid {
            heads: vec![head("key", false), head("bytes", true)],
            rows: vec![
                row("a", "1 B"),
                row("10.0.0.250", "1"),
                row("b", "123,456,789 B"),
                row("", "2 kB"),
            ],
            wraps: false,
            bars: Some(vec![0.1, 1.0, 0.5, 0.0]),
        };
        let style = Style::new(jiff::tz::TimeZone::UTC, false, Color::Never, false);
        let text = |at_a_time| {
            let mut out = Vec::new();
            rows(&grid, 8, &style, at_a_time, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(4).lines().count(), 5);
        for at_a_time in 1..4 {
            assert_eq!(text(at_a_time), text(4), "{at_a_time}");
        }
    }

    #[test]
    fn columns_are_left_out_from_the_right() {
        let head = |name: &str, must_stay| Head {
            name: name.into(),
            right: true,
            must_stay,
            sum_of: None,
        };
        let grid = || Grid {
            heads: vec![
                head("key", true),
                head("bytes", true),
                head("flows", false),
                head("hosts", false),
            ],
            rows: vec![["10.0.0.1", "5 B", "1", "2"].map(String::from).into()],
            wraps: false,
            bars: None,
        };
        for (width, expected) in
            [(Some(80), vec![]), (Some(25), vec!["hosts"]), (Some(3), vec!["flows", "hosts"])]
        {
            let mut grid = grid();
            assert_eq!(fit(&mut grid, width), expected);
            assert_eq!(grid.rows[0].len(), grid.heads.len());
        }
    }
}

//! A table in markdown, for notes and tickets, with the cells of tables.

use std::io::{self, Write};

use flowkit_model::Answer;
use flowkit_model::harmless::harmless;

use super::grid::Grid;
use super::header;
use super::style::Style;

/// Prints the answer.
pub(super) fn write(answer: &Answer, style: &Style, out: &mut impl Write) -> io::Result<()> {
    if !answer.sources.is_empty() {
        let line = header::parts(answer, &style.zone).join("; ");
        writeln!(out, "{}\n", escaped(&harmless(&line)))?;
    }
    if !answer.facts.is_empty() {
        row([String::new(), String::new()].iter(), out)?;
        row(["---".into(), "---".into()].iter(), out)?;
        for fact in Grid::facts(answer, style) {
            row(fact.iter(), out)?;
        }
        writeln!(out)?;
    }
    let grid = Grid::of(answer, style);
    if grid.heads.is_empty() {
        return Ok(());
    }
    row(grid.heads.iter().map(|head| &head.name), out)?;
    let line = |right| if right { "---:" } else { "---" };
    let lines: Vec<String> = grid.heads.iter().map(|head| line(head.right).into()).collect();
    row(lines.iter(), out)?;
    for cells in &grid.rows {
        row(cells.iter(), out)?;
    }
    Ok(())
}

fn row<'a>(cells: impl Iterator<Item = &'a String>, out: &mut impl Write) -> io::Result<()> {
    for cell in cells {
        write!(out, "| {} ", escaped(cell))?;
    }
    writeln!(out, "|")
}

/// A bar would end the cell.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|")
}

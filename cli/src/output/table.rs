//! Aligned columns for people: a line on top that says what was asked of
//! which flows, names beside numbers, SI units, shares in percent; below the
//! rows, what the other keys have, and the total.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{Cell as Shown, CellAlignment, Table};
use flowkit_analyze::Answer;
use flowkit_analyze::answer::{Cell, Column, Meaning, Metric, Ranking};
use flowkit_analyze::tally::Sums;
use flowkit_model::{Kind, names};

use super::header;
use super::units::{bytes, grouped, percent};
use super::value::{address, moment};

/// Prints the answer.
pub(super) fn write(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    if !answer.sources.is_empty() {
        writeln!(out, "{}\n", header::line(answer))?;
    }
    if !answer.facts.is_empty() {
        let mut table = plain();
        for (name, meaning, cell) in &answer.facts {
            table.add_row([Shown::new(name), Shown::new(text(cell, *meaning))]);
        }
        print(&table, out)?;
        writeln!(out)?;
    }
    let table = match &answer.ranking {
        Some(ranking) => ranked(answer, ranking),
        None => listed(answer),
    };
    print(&table, out)
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table
}

/// Rows without more.
fn listed(answer: &Answer) -> Table {
    let columns = &answer.table.columns;
    let mut table = plain();
    table.set_header(columns.iter().map(|column| heading(&column.name, column.meaning)));
    for row in &answer.table.rows {
        table.add_row(
            row.iter()
                .zip(columns)
                .map(|(cell, column)| shown(text(cell, column.meaning), column.meaning)),
        );
    }
    table
}

/// Rows with rank, share and cumulative share; the others and the total.
fn ranked(answer: &Answer, ranking: &Ranking) -> Table {
    let columns = shown_columns(&answer.table.columns, ranking.sort);
    let place = |name: &str| answer.table.columns.iter().position(|column| column.name == name);
    let sorted = place(ranking.sort.name());
    let protocol = place("protocol");
    let mut table = plain();
    let mut head = vec![heading("#", Meaning::Count)];
    for column in &columns {
        head.push(heading(
            &answer.table.columns[*column].name,
            answer.table.columns[*column].meaning,
        ));
        if Some(*column) == sorted {
            head.push(heading("share", Meaning::Count));
            if !ranking.overlapping {
                head.push(heading("cumulative", Meaning::Count));
            }
        }
    }
    table.set_header(head);
    let whole = ranking.sort.of(&ranking.total);
    let mut cumulative = 0;
    for (rank, row) in (1_u64..).zip(&answer.table.rows) {
        let mut cells = vec![shown(rank.to_string(), Meaning::Count)];
        for column in &columns {
            let meaning = answer.table.columns[*column].meaning;
            cells.push(shown(
                named(&row[*column], meaning, protocol.map(|place| &row[place])),
                meaning,
            ));
            if let (true, Cell::Number(part)) = (Some(*column) == sorted, &row[*column]) {
                cumulative += part;
                cells.push(shown(percent(*part, whole), Meaning::Count));
                if !ranking.overlapping {
                    cells.push(shown(percent(cumulative, whole), Meaning::Count));
                }
            }
        }
        table.add_row(cells);
    }
    let n_rest = ranking.keys - answer.table.rows.len() as u64;
    if n_rest > 0 {
        let label = format!("other ({} keys)", grouped(n_rest.into()));
        table.add_row(sums_row(label, &ranking.other, answer, &columns, ranking));
    }
    table.add_row(sums_row("total".into(), &ranking.total, answer, &columns, ranking));
    table
}

/// The columns to show, the one that is sorted by right behind the keys; the
/// shares of the others are left to programs.
fn shown_columns(columns: &[Column], sort: Metric) -> Vec<usize> {
    let is = |place: &usize, name: &str| columns[*place].name == name;
    let all = 0..columns.len();
    let keys = all.clone().filter(|place| matches!(columns[*place].meaning, Meaning::Key(_)));
    let sorted = all.clone().filter(|place| is(place, sort.name()));
    let rest = all.filter(|place| {
        !matches!(columns[*place].meaning, Meaning::Key(_) | Meaning::Share(_))
            && !is(place, sort.name())
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
) -> Vec<Shown> {
    let mut cells = vec![Shown::new(""), Shown::new(label)];
    for column in &columns[1..] {
        let column = &answer.table.columns[*column];
        let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.name() == column.name)
        else {
            cells.push(Shown::new(""));
            continue;
        };
        let sum = metric.of(sums);
        cells.push(shown(text(&Cell::Number(sum), column.meaning), column.meaning));
        if metric == ranking.sort {
            cells.push(shown(percent(sum, metric.of(&ranking.total)), Meaning::Count));
            if !ranking.overlapping {
                cells.push(Shown::new(""));
            }
        }
    }
    cells
}

/// A cell as text.
fn text(cell: &Cell, meaning: Meaning) -> String {
    match cell {
        Cell::Unknown => "unknown".into(),
        Cell::Text(text) => harmless(text),
        Cell::Share { part, whole } => percent(*part, *whole),
        Cell::Number(number) => match meaning {
            Meaning::Bytes => bytes(*number),
            Meaning::Count => grouped(*number),
            Meaning::Key(kind) | Meaning::Value(kind) => field(*number, kind),
            Meaning::Share(_) | Meaning::Words => number.to_string(),
        },
    }
}

/// A field's value.
fn field(number: u128, kind: Kind) -> String {
    match kind {
        Kind::Address => address(number),
        Kind::Time => moment(number),
        _ => number.to_string(),
    }
}

/// A cell as text, with its name where it has one; a port's depends on the
/// protocol, if the row has one.
fn named(cell: &Cell, meaning: Meaning, protocol: Option<&Cell>) -> String {
    let plain = text(cell, meaning);
    let (Cell::Number(number), Meaning::Key(kind)) = (cell, meaning) else { return plain };
    let name = match kind {
        Kind::Port => u16::try_from(*number).ok().and_then(|port| match protocol {
            Some(Cell::Number(protocol)) => u8::try_from(*protocol)
                .ok()
                .and_then(|protocol| names::service_name(protocol, port)),
            _ => names::service_name_any(port),
        }),
        Kind::Protocol => u8::try_from(*number).ok().and_then(names::protocol_name),
        Kind::Flags => {
            let flags = u8::try_from(*number).map(names::tcp_flags).unwrap_or_default();
            return format!("{plain} {flags}");
        }
        _ => None,
    };
    name.map_or(plain.clone(), |name| format!("{plain} {name}"))
}

/// Text of a document, with nothing in it that moves a terminal's cursor.
fn harmless(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let escape = letter.is_control().then(|| letter.escape_default());
            let plain = if escape.is_none() { Some(letter) } else { None };
            escape.into_iter().flatten().chain(plain)
        })
        .collect()
}

fn heading(name: &str, meaning: Meaning) -> Shown {
    shown(name.to_owned(), meaning)
}

/// Numbers stand to the right, the rest to the left.
fn shown(text: String, meaning: Meaning) -> Shown {
    let alignment = match meaning {
        Meaning::Bytes | Meaning::Count | Meaning::Share(_) => CellAlignment::Right,
        _ => CellAlignment::Left,
    };
    Shown::new(text).set_alignment(alignment)
}

fn print(table: &Table, out: &mut impl Write) -> io::Result<()> {
    for line in table.lines() {
        // The first column's padding is of no use at the edge.
        writeln!(out, "{}", line.strip_prefix(' ').unwrap_or(&line).trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_documents_cannot_move_the_cursor() {
        assert_eq!(harmless("r1\u{1b}[2J\né"), "r1\\u{1b}[2J\\né");
    }

    #[test]
    fn numbers_have_their_names() {
        let tcp = Cell::Number(6);
        for (number, kind, protocol, expected) in [
            (443, Kind::Port, Some(&tcp), "443 https"),
            (443, Kind::Port, None, "443 https"),
            (47_228, Kind::Port, None, "47228"),
            (17, Kind::Protocol, None, "17 udp"),
            (27, Kind::Flags, None, "27 .AP.SF"),
            (7, Kind::Code, None, "7"),
        ] {
            assert_eq!(named(&Cell::Number(number), Meaning::Key(kind), protocol), expected);
        }
        assert_eq!(named(&Cell::Unknown, Meaning::Key(Kind::Port), None), "unknown");
    }
}

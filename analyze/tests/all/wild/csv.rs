//! Rows of csv in a layout: quoting, delimiters, padding.

use flowkit_model::FlowRecord;

use super::cells::{Cell, Column};
use super::layouts::Layout;

/// What stands in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// What must: cells with a delimiter, a quote or a line end.
    Needed,
    Texts,
    All,
}

/// The ways to quote.
pub(super) const QUOTINGS: &[(&str, Quoting)] = &[
    ("quotes where needed", Quoting::Needed),
    ("texts in quotes", Quoting::Texts),
    ("all in quotes", Quoting::All),
];

/// Delimiters; `None` is the layout's own.
#[rustfmt::skip]
pub(super) const DELIMITERS: &[(&str, Option<char>)] = &[
    ("its delimiter", None),
    ("semicolons", Some(';')),
    ("tabs", Some('\t')),
    ("bars", Some('|')),
];

/// Words of which a refusal of another delimiter has one.
pub(super) const OTHER_DELIMITER: &[&str] = &["delimit", "separat", "comma"];

/// The lines of a file.
pub(super) fn lines(
    flows: &[FlowRecord],
    layout: &Layout,
    quoting: Quoting,
    delimiter: Option<char>,
) -> Vec<String> {
    let delimiter = delimiter.unwrap_or(layout.delimiter);
    let line = |cells: Vec<Cell>| {
        let cells: Vec<String> = cells
            .into_iter()
            .map(|cell| written(&cell, layout.width, quoting, delimiter))
            .collect();
        cells.join(&delimiter.to_string()) + layout.behind
    };
    let names = layout.columns.iter().map(|(name, _)| Cell::Text((*name).into())).collect();
    let mut lines = vec![format!("{}{}", layout.before, line(names))];
    for flow in flows {
        let cell = |(name, cell): &Column| (layout.turn)(name, cell(flow));
        lines.push(line(layout.columns.iter().map(cell).collect()));
    }
    // A spreadsheet would not leave them as they are.
    if layout.has_summary && quoting == Quoting::Needed && delimiter == layout.delimiter {
        let sum = |of: fn(&FlowRecord) -> Option<u64>| flows.iter().filter_map(of).sum::<u64>();
        let (bytes, packets) = (sum(|flow| flow.bytes), sum(|flow| flow.packets));
        lines.push("Summary".into());
        lines.push("flows,bytes,packets,avg_bps,avg_pps,avg_bpp".into());
        lines.push(format!("{},{bytes},{packets},9000,1,924", flows.len()));
    }
    lines
}

fn written(cell: &Cell, width: usize, quoting: Quoting, delimiter: char) -> String {
    let (Cell::Number(text) | Cell::Text(text)) = cell;
    let is_quoted = match quoting {
        Quoting::Needed => text.contains(['"', '\n', delimiter]),
        Quoting::Texts => matches!(cell, Cell::Text(_)),
        Quoting::All => true,
    };
    let text = if is_quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() };
    format!("{text:>width$}")
}

//! The table of indices that `_cat/indices` shows, as text or JSON.

use crate::server::index::{Index, Store};
use crate::server::json::{matches, quoted};
use crate::time::iso;

/// How `_cat/indices` is to be shown.
#[derive(Debug)]
pub(super) struct Table<'a> {
    /// Names, aliases or patterns of columns; the usual ones without.
    pub(super) columns: Option<&'a str>,
    /// A line of names first.
    pub(super) header: bool,
    /// Column to sort by, perhaps with `:desc`.
    pub(super) sort: Option<&'a str>,
    /// Sizes in bytes, not in words such as `2.7mb`.
    pub(super) in_bytes: bool,
    /// JSON, not text.
    pub(super) json: bool,
}

/// Name, short name, whether it is shown without asking, whether it is a number.
const COLUMNS: [(&str, &str, bool, bool); 12] = [
    ("health", "h", true, false),
    ("status", "s", true, false),
    ("index", "i", true, false),
    ("uuid", "id", true, false),
    ("pri", "p", true, true),
    ("rep", "r", true, true),
    ("docs.count", "dc", true, true),
    ("docs.deleted", "dd", true, true),
    ("store.size", "ss", true, true),
    ("pri.store.size", "", true, true),
    ("creation.date", "cd", false, false),
    ("creation.date.string", "cds", false, false),
];

/// The answer to `_cat/indices`.
pub(super) fn cat(store: &Store, places: &[usize], table: &Table<'_>) -> String {
    let mut columns: Vec<(String, usize)> = Vec::new();
    for (place, column) in COLUMNS.iter().enumerate() {
        if table.columns.is_none() && column.2 {
            columns.push((column.0.to_owned(), place));
        }
    }
    for wanted in table.columns.into_iter().flat_map(|list| list.split(',')) {
        for (place, column) in COLUMNS.iter().enumerate() {
            if column.1 == wanted || matches(wanted, column.0) {
                let title = if wanted.contains('*') { column.0 } else { wanted };
                columns.push((title.to_owned(), place));
            }
        }
    }
    let mut rows: Vec<&Index> = places.iter().map(|&place| &store.indices[place]).collect();
    if let Some(sort) = table.sort {
        let (name, descending) =
            sort.strip_suffix(":desc").map_or((sort, false), |name| (name, true));
        let column = COLUMNS.iter().position(|column| column.0 == name || column.1 == name);
        if let Some(column) = column {
            rows.sort_by_cached_key(|index| {
                let text = cell(index, column, true);
                if COLUMNS[column].3 { format!("{text:0>20}") } else { text }
            });
        }
        if descending {
            rows.reverse();
        }
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|index| {
            columns.iter().map(|&(_, column)| cell(index, column, table.in_bytes)).collect()
        })
        .collect();
    if table.json { json_rows(&columns, &cells) } else { text_rows(&columns, cells, table.header) }
}

fn cell(index: &Index, column: usize, in_bytes: bool) -> String {
    match COLUMNS[column].0 {
        "health" => "green".to_owned(),
        "status" => "open".to_owned(),
        "index" => index.name.clone(),
        "uuid" => index.uuid.clone(),
        "pri" => "1".to_owned(),
        "docs.count" => index.documents.len().to_string(),
        "store.size" | "pri.store.size" if in_bytes => index.bytes().to_string(),
        "store.size" | "pri.store.size" => size(index.bytes()),
        "creation.date" => index.created_ms.to_string(),
        "creation.date.string" => iso(index.created_ms),
        _ => "0".to_owned(),
    }
}

/// `2.7mb`: tenths, cut, without a needless `.0`.
fn size(bytes: usize) -> String {
    let (unit, name) = match bytes {
        0..1024 => return format!("{bytes}b"),
        1024..1_048_576 => (1024, "kb"),
        _ => (1_048_576, "mb"),
    };
    let tenths = bytes * 10 / unit;
    match tenths % 10 {
        0 => format!("{}{name}", tenths / 10),
        tenth => format!("{}.{tenth}{name}", tenths / 10),
    }
}

fn json_rows(columns: &[(String, usize)], cells: &[Vec<String>]) -> String {
    let row = |row: &Vec<String>| {
        let pairs: Vec<String> = columns
            .iter()
            .zip(row)
            .map(|((name, _), value)| format!("{}:{}", quoted(name), quoted(value)))
            .collect();
        format!("{{{}}}", pairs.join(","))
    };
    format!("[{}]", cells.iter().map(row).collect::<Vec<_>>().join(","))
}

fn text_rows(columns: &[(String, usize)], cells: Vec<Vec<String>>, header: bool) -> String {
    let titles: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let rows: Vec<Vec<String>> = header.then_some(titles).into_iter().chain(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for (line, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(place, value)| {
                let width = widths[place];
                let is_number = COLUMNS[columns[place].1].3 && !(header && line == 0);
                if is_number { format!("{value:>width$}") } else { format!("{value:<width$}") }
            })
            .collect();
        text.push_str(cells.join(" ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, text) in
            [(0, "0b"), (1023, "1023b"), (1024, "1kb"), (16_746, "16.3kb"), (2_831_155, "2.6mb")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}

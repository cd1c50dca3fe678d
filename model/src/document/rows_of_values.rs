//! Rows of an answer of SQL or ES|QL as documents: the names of its columns are
//! paths of members.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::nesting::is_long_path;

/// Whether a column is named after a sum of documents, as SQL, ES|QL and Kibana
/// name them: `sum(bytes)`, `Sum of bytes`.
pub(super) fn is_of_aggregates(name: &str) -> bool {
    const FUNCTIONS: [&str; 7] = ["sum", "count", "avg", "average", "min", "max", "count_distinct"];
    let name = name.trim().to_ascii_lowercase();
    let function = |word: &&str| {
        let rest = name.strip_prefix(word).unwrap_or_default();
        rest.starts_with('(') && rest.ends_with(')') || rest.starts_with(" of ")
    };
    FUNCTIONS.iter().any(function)
        || name.ends_with(": descending")
        || name.ends_with(": ascending")
        || name.starts_with("top ") && name.contains(" values of ")
}

/// A column of an answer.
#[derive(Deserialize)]
pub(super) struct Column {
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
}

/// The rows as documents, or as hits where `_source` is a column; `None` if they
/// do not fit the columns. `are_values` says that they stand under `values`, where
/// they may be columns instead.
pub(super) fn documents<'a>(
    columns: &[Column],
    rows: &[Vec<&'a RawValue>],
    are_values: bool,
) -> Option<Vec<Cow<'a, str>>> {
    // A name that is no path would be a level of the document for each of its dots.
    let is_none = |name: &str| is_of_aggregates(name) || is_long_path(name);
    if columns.iter().any(|column| is_none(&column.name)) {
        return None;
    }
    let fits = |rows: &[Vec<&RawValue>]| rows.iter().all(|row| row.len() == columns.len());
    // SQL writes columns under `values`, and calls a date a datetime.
    let is_sql = columns.iter().any(|column| column.kind == "datetime");
    let is_columnar =
        are_values && rows.len() == columns.len() && (!fits(rows) || is_sql && !rows.is_empty());
    let turned: Vec<Vec<&RawValue>>;
    let rows: &[Vec<&RawValue>] = if is_columnar {
        let n_rows = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|column| column.len() != n_rows) {
            return None;
        }
        turned = (0..n_rows).map(|row| rows.iter().map(|column| column[row]).collect()).collect();
        &turned
    } else {
        rows
    };
    fits(rows).then(|| rows.iter().map(|row| Cow::Owned(document(columns, row))).collect())
}

/// The members that make a hit of a document.
const OF_HITS: [&str; 4] = ["_index", "_id", "_routing", "_source"];

fn document(columns: &[Column], row: &[&RawValue]) -> String {
    let (mut hit, mut source) = (Map::new(), Map::new());
    for (column, value) in columns.iter().zip(row) {
        let value = serde_json::from_str(value.get()).unwrap_or(Value::Null);
        if OF_HITS.contains(&&*column.name) {
            hit.insert(column.name.clone(), value);
        } else {
            put(&mut source, &column.name, value);
        }
    }
    if hit.is_empty() {
        return Value::Object(source).to_string();
    }
    hit.entry("_source").or_insert(Value::Object(source));
    Value::Object(hit).to_string()
}

/// Puts a value at a path; where another value is in the way, under its dotted name.
pub(super) fn put(members: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        if !members.contains_key(path) {
            members.insert(path.to_owned(), value);
        }
        return;
    };
    match members.entry(first).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => put(inner, rest, value),
        _ => drop(members.insert(path.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::nesting::MOST_NAMES;

    fn rows(columns: &[(&str, &str)], rows: &str, are_values: bool) -> Option<Vec<String>> {
        let columns: Vec<Column> = columns
            .iter()
            .map(|(name, kind)| Column { name: (*name).into(), kind: (*kind).into() })
            .collect();
        let rows: Vec<Vec<&RawValue>> = serde_json::from_str(rows).unwrap();
        Some(documents(&columns, &rows, are_values)?.into_iter().map(Cow::into_owned).collect())
    }

    #[test]
    fn rows_and_columns_become_documents() {
        let columns = [("@timestamp", "date"), ("netflow.bytes", "long")];
        let expected = [
            r#"{"@timestamp":"a","netflow":{"bytes":1}}"#,
            r#"{"@timestamp":"b","netflow":{"bytes":2}}"#,
        ]
        .map(str::to_owned)
        .to_vec();
        assert_eq!(rows(&columns, r#"[["a",1],["b",2]]"#, false), Some(expected.clone()));
        assert_eq!(rows(&columns, r#"[["a",1],["b",2]]"#, true), Some(expected.clone()));
        let of_sql = [("@timestamp", "datetime"), ("netflow.bytes", "long")];
        assert_eq!(rows(&of_sql, r#"[["a","b"],[1,2]]"#, true), Some(expected));
        assert_eq!(
            rows(&columns, r#"[["a","b","c"],[1,2,3]]"#, true).map(|rows| rows.len()),
            Some(3)
        );
        assert_eq!(rows(&columns, r#"[["a"],[1,2]]"#, true), None);
        assert_eq!(rows(&columns, r#"[["a",1,2]]"#, false), None);
        for (n, is_read) in [(MOST_NAMES - 1, true), (MOST_NAMES, false), (1_000_000, false)] {
            let path = format!("a{}", ".a".repeat(n));
            let found = rows(&[(&path, "long")], "[[1]]", false);
            assert_eq!(found.is_some(), is_read, "{n} dots");
        }
        assert_eq!(rows(&columns, "[]", true), Some(Vec::new()));
    }

    #[test]
    fn metadata_columns_make_hits() {
        let columns = [("_id", "keyword"), ("netflow", "long"), ("netflow.bytes", "long")];
        assert_eq!(
            rows(&columns, r#"[["1",null,2]]"#, false).unwrap(),
            [r#"{"_id":"1","_source":{"netflow":null,"netflow.bytes":2}}"#]
        );
        let source = [("_source", "_source"), ("_id", "keyword")];
        assert_eq!(
            rows(&source, r#"[[{"a":1},"1"]]"#, true).unwrap(),
            [r#"{"_id":"1","_source":{"a":1}}"#]
        );
    }
}

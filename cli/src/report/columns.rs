//! `--columns` of a report that is not a ranking: some of its columns.

use flowkit_model::Answer;
use flowkit_model::answer::{Meaning, PortKind, Table};
use flowkit_model::question::Report;

use crate::exit::Usage;

/// Keeps the keys and the columns of these names, in their order, and the single
/// values of these names.
///
/// Values separated by commas have one header, so of an answer that has both single
/// values and rows (`in_one_table`) they show those that are named. A ranking has
/// the measures that it was asked for already, and a list of flows its columns.
pub(super) fn keep(answer: &mut Answer, names: &[String], in_one_table: bool) -> Result<(), Usage> {
    let is_list =
        answer.question.as_ref().is_some_and(|question| matches!(question.report, Report::List(_)));
    if names.is_empty() || answer.ranking.is_some() || is_list {
        return Ok(());
    }
    let columns = &answer.table.columns;
    let place = |name: &String| columns.iter().position(|column| column.name == *name);
    let is_fact = |name: &String| answer.facts.iter().any(|(fact, _, _)| fact == name);
    if let Some(name) = names.iter().find(|name| place(name).is_none() && !is_fact(name)) {
        let mut known: Vec<&str> = answer.facts.iter().map(|(name, _, _)| *name).collect();
        for column in columns.iter().filter(|column| !column.meaning.is_key()) {
            if !known.contains(&&*column.name) {
                known.push(&column.name);
            }
        }
        return Err(Usage(format!("no column is called {name}; there are: {}", known.join(", "))));
    }
    let only_fact = names.iter().find(|name| place(name).is_none());
    let only_column = names.iter().find(|name| !is_fact(name));
    if let (Some(fact), Some(column), true) = (only_fact, only_column, in_one_table) {
        return Err(Usage(format!(
            "{fact} is a single value and {column} a column of the rows; they have different \
             headers, so ask for one of them, or for --format json"
        )));
    }
    let (has_fact, has_column) = (only_fact.is_some(), only_column.is_some());
    let keeps_all_facts = !answer.facts_alone && !has_fact;
    answer.facts.retain(|(fact, _, _)| keeps_all_facts || names.iter().any(|name| name == fact));
    match (has_fact, has_column) {
        (true, false) if !answer.facts_alone => {
            // Of the rows nothing was asked for.
            answer.facts_alone = true;
            answer.table = Table { name: answer.table.name, ..Table::default() };
        }
        (_, true) => answer.facts_alone = false,
        _ => {}
    }
    keep_columns(&mut answer.table, names);
    Ok(())
}

/// Keeps the keys, the columns of these names, and what says how to read a row; the kind
/// of a port if it is named, as in rankings.
fn keep_columns(table: &mut Table, names: &[String]) {
    let (columns, port_kind) = (&table.columns, PortKind::column());
    let of = |is: fn(Meaning) -> bool| {
        let is_kept = |place: &usize| is(columns[*place].meaning) && columns[*place] != port_kind;
        (0..columns.len()).filter(is_kept).collect::<Vec<_>>()
    };
    let asked =
        names.iter().filter_map(|name| columns.iter().position(|column| column.name == *name));
    let mut places = of(Meaning::is_key);
    for chosen in asked.chain(of(Meaning::is_class)) {
        if !places.contains(&chosen) {
            places.push(chosen);
        }
    }
    table.columns = places.iter().map(|place| table.columns[*place].clone()).collect();
    for row in &mut table.rows {
        *row = places.iter().map(|place| row[*place].clone()).collect();
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::Kind;
    use flowkit_model::answer::{Cell, Column};

    use super::*;

    fn answer() -> Answer {
        let column = |name: &str, meaning| Column { name: name.into(), meaning };
        Answer {
            facts: vec![("flows", Meaning::Count, Cell::Number(1))],
            table: Table {
                name: "rows",
                columns: vec![
                    column("port", Meaning::Key(Kind::Port)),
                    column("bytes", Meaning::Bytes),
                    column("packets", Meaning::Count),
                ],
                rows: vec![vec![Cell::Number(53), Cell::Number(7), Cell::Number(2)]],
            },
            ..Answer::default()
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_stay_and_columns_are_in_the_order_they_were_asked_for() {
        let mut some = answer();
        keep(&mut some, &names(&["packets", "bytes", "packets"]), true).unwrap();
        let shown: Vec<&str> = some.table.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(shown, ["port", "packets", "bytes"]);
        assert_eq!(some.table.rows, [[53, 2, 7].map(Cell::Number)]);
        assert_eq!(some.facts.len(), 1, "facts beside rows stay");
        let mut all = answer();
        keep(&mut all, &[], true).unwrap();
        assert_eq!(all.table.columns.len(), 3);
    }

    #[test]
    fn an_unknown_column_is_told_with_those_there_are() {
        let told = keep(&mut answer(), &names(&["hosts"]), true).unwrap_err().to_string();
        assert_eq!(told, "no column is called hosts; there are: flows, bytes, packets");
        let mut summary = Answer { facts_alone: true, ..answer() };
        keep(&mut summary, &names(&["flows"]), true).unwrap();
        assert_eq!(summary.table.columns.len(), 1);
    }

    /// Single values or rows: csv shows those that are named, not both.
    #[test]
    fn csv_shows_single_values_or_rows_as_they_are_named() {
        let mut rows = Answer { facts_alone: true, ..answer() };
        keep(&mut rows, &names(&["port", "packets"]), true).unwrap();
        assert!(!rows.facts_alone);
        assert_eq!(rows.table.rows, [[53, 2].map(Cell::Number)]);
        let mut values = answer();
        keep(&mut values, &names(&["flows"]), true).unwrap();
        assert!(values.facts_alone && values.table.rows.is_empty());
        let both = names(&["flows", "bytes"]);
        let told = keep(&mut answer(), &both, true).unwrap_err().to_string();
        assert!(
            told.starts_with("flows is a single value and bytes a column of the rows"),
            "{told}"
        );
        let mut table = answer();
        keep(&mut table, &both, false).unwrap();
        assert_eq!((table.facts.len(), table.table.columns.len()), (1, 2));
    }
}

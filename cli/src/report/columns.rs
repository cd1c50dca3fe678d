//! `--columns` of a report that is not a ranking: some of its columns.

use flowkit_model::Answer;

use crate::exit::Usage;

/// Keeps the keys and the columns of these names, in their order; where single
/// values are the answer, those of these names too.
///
/// A ranking has the measures that it was asked for already.
pub(super) fn keep(answer: &mut Answer, names: &[String]) -> Result<(), Usage> {
    if names.is_empty() || answer.ranking.is_some() {
        return Ok(());
    }
    let columns = &answer.table.columns;
    let place = |name: &String| columns.iter().position(|column| column.name == *name);
    let is_fact =
        |name: &String| answer.facts_alone && answer.facts.iter().any(|(fact, _, _)| fact == name);
    if let Some(name) = names.iter().find(|name| place(name).is_none() && !is_fact(name)) {
        let facts = answer.facts.iter().filter(|_| answer.facts_alone).map(|(name, _, _)| *name);
        let mut known: Vec<&str> = facts.collect();
        for column in columns.iter().filter(|column| !column.meaning.is_key()) {
            if !known.contains(&&*column.name) {
                known.push(&column.name);
            }
        }
        return Err(Usage(format!("no column is called {name}; there are: {}", known.join(", "))));
    }
    let keys = (0..columns.len()).filter(|place| columns[*place].meaning.is_key());
    let mut places: Vec<usize> = keys.collect();
    for chosen in names.iter().filter_map(place) {
        if !places.contains(&chosen) {
            places.push(chosen);
        }
    }
    if answer.facts_alone {
        answer.facts.retain(|(fact, _, _)| names.iter().any(|name| name == fact));
    }
    let table = &mut answer.table;
    table.columns = places.iter().map(|place| table.columns[*place].clone()).collect();
    for row in &mut table.rows {
        *row = places.iter().map(|place| row[*place].clone()).collect();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use flowkit_model::Kind;
    use flowkit_model::answer::{Cell, Column, Meaning, Table};

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
        keep(&mut some, &names(&["packets", "bytes", "packets"])).unwrap();
        let shown: Vec<&str> = some.table.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(shown, ["port", "packets", "bytes"]);
        assert_eq!(some.table.rows, [[53, 2, 7].map(Cell::Number)]);
        assert_eq!(some.facts.len(), 1, "facts beside rows stay");
        let mut all = answer();
        keep(&mut all, &[]).unwrap();
        assert_eq!(all.table.columns.len(), 3);
    }

    #[test]
    fn an_unknown_column_is_told_with_those_there_are() {
        let told = keep(&mut answer(), &names(&["flows"])).unwrap_err().to_string();
        assert_eq!(told, "no column is called flows; there are: bytes, packets");
        let mut summary = Answer { facts_alone: true, ..answer() };
        keep(&mut summary, &names(&["flows"])).unwrap();
        assert_eq!(summary.table.columns.len(), 1);
    }
}

//! The flows that nfdump lists are those of a list.

use flowkit_model::address::Address;
use flowkit_model::answer::Cell;
use flowkit_model::question::{FlowColumn, List, Report};

use super::{as_nfdump, nfdump, sets};
use crate::asking::{of_batches, question};

/// What both list of a flow; nfdump's csv has times in seconds, and words for protocols.
const COLUMNS: [(&str, &str); 6] = [
    ("sa", "src_addr"),
    ("da", "dst_addr"),
    ("sp", "src_port"),
    ("dp", "dst_port"),
    ("ipkt", "packets"),
    ("ibyt", "bytes"),
];

/// A destination port; of ICMP nfdump writes type and code.
fn port(text: &str) -> String {
    let number = |text: &str| text.parse::<u32>().unwrap();
    match text.split_once('.') {
        Some((kind, code)) => (number(kind) * 256 + number(code)).to_string(),
        None => number(text).to_string(),
    }
}

#[test]
fn the_flows_of_nfdump_are_listed() {
    for set in sets() {
        let text = nfdump(&set, &["-o", "csv"]);
        let mut lines = text.lines().skip_while(|line| !line.starts_with("ts,"));
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            COLUMNS.map(|(name, _)| match name {
                "dp" => port(cells[place(name)]),
                _ => cells[place(name)].to_owned(),
            })
        };
        let rows = lines.take_while(|line| line.matches(',').count() + 1 >= header.len());
        let mut expected: Vec<[String; 6]> = rows.map(row).collect();
        let columns = COLUMNS.map(|(_, name)| FlowColumn::parse(name).unwrap());
        let list = List { columns: Some(columns.into()), limit: Some(0), ..List::default() };
        let answer = of_batches(&set.batches, &as_nfdump(question(Report::List(list))));
        let text = |(place, cell): (usize, &Cell)| match cell {
            Cell::Number(number) if place < 2 => Address::from_number(*number).to_string(),
            Cell::Number(number) => number.to_string(),
            other => panic!("{other:?}"),
        };
        let mut found: Vec<[String; 6]> = Vec::new();
        for row in &answer.table.rows {
            let cells: Vec<String> = row.iter().enumerate().map(text).collect();
            found.push(cells.try_into().unwrap());
        }
        expected.sort();
        found.sort();
        println!("{}: {} flows", set.name, found.len());
        assert_eq!(found.len(), expected.len(), "{}", set.name);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{}", set.name);
        }
    }
}

//! Cells of csv: how programs print numbers, addresses, times and flags.

use std::net::Ipv4Addr;

use flowkit_model::FlowRecord;

use super::members::date;

/// A cell, and whether a program that quotes texts would quote it.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Number(String),
    Text(String),
}

/// A column: its name, and a flow's cell.
pub(super) type Column = (&'static str, fn(&FlowRecord) -> Cell);

pub(super) fn number<T: ToString>(value: Option<T>) -> Cell {
    Cell::Number(value.map_or_else(String::new, |value| value.to_string()))
}

pub(super) fn text<T: ToString>(value: Option<T>) -> Cell {
    Cell::Text(value.map_or_else(String::new, |value| value.to_string()))
}

pub(super) fn fixed(text: &str) -> Cell {
    Cell::Text(text.into())
}

pub(super) fn iso(ms: Option<u64>) -> Cell {
    text(ms.map(|ms| format!("{}Z", date(ms, 'T'))))
}

pub(super) fn blank(ms: Option<u64>) -> Cell {
    text(ms.map(|ms| date(ms, ' ')))
}

pub(super) fn silk(ms: Option<u64>) -> Cell {
    text(ms.map(|ms| date(ms, 'T').replace('-', "/")))
}

pub(super) fn seconds(ms: Option<u64>) -> Cell {
    text(ms.map(|ms| date(ms, ' ')[..19].to_owned()))
}

pub(super) fn duration(flow: &FlowRecord) -> Cell {
    let ms = flow.last_switched_ms.unwrap() - flow.first_switched_ms.unwrap();
    Cell::Number(format!("{}.{:03}", ms / 1000, ms % 1000))
}

/// ICMP's type and code as nfdump 1.7.5 prints them in the port's column.
pub(super) fn port_or_type(flow: &FlowRecord) -> Cell {
    match (flow.protocol, flow.dst_port) {
        (Some(1), Some(port)) => Cell::Number(format!("{}.{}", port >> 8, port & 255)),
        (_, port) => number(port),
    }
}

/// Flags as `SiLK` prints them: a letter or a blank for each.
pub(super) fn silk_flags(flags: u8) -> String {
    let letter = |(bit, letter)| if flags >> bit & 1 == 1 { letter } else { ' ' };
    "FSRPAUEC".chars().enumerate().map(letter).collect()
}

/// The uptime at which all flows were exported that flow-tools prints; their
/// first and last are before it.
pub(super) const UPTIME: u64 = 10_000_000;

pub(super) fn uptime(flow: &FlowRecord, ms: Option<u64>) -> Cell {
    number(ms.map(|ms| UPTIME + ms - flow.timestamp_ms.unwrap()))
}

/// What a program makes of a cell that another one wrote, by the name of its column.
pub(super) type Turn = fn(&str, Cell) -> Cell;

pub(super) fn as_it_is(_: &str, cell: Cell) -> Cell {
    cell
}

/// Numbers as pandas writes columns in which one is missing; its index has no name.
pub(super) fn floats(name: &str, cell: Cell) -> Cell {
    match cell {
        Cell::Number(number) if !number.is_empty() && !name.is_empty() => {
            Cell::Number(format!("{number}.0"))
        }
        cell => cell,
    }
}

/// Addresses as `--addresses number` writes them.
pub(super) fn address_numbers(name: &str, cell: Cell) -> Cell {
    let is_address = ["src_addr", "dst_addr", "next_hop"].contains(&name);
    match cell {
        Cell::Text(address) if is_address => {
            number(address.parse::<Ipv4Addr>().ok().map(Ipv4Addr::to_bits))
        }
        cell => cell,
    }
}

/// Times as DuckDB prints them.
pub(super) fn duckdb_times(name: &str, cell: Cell) -> Cell {
    let is_time = ["timestamp", "first_switched", "last_switched"].contains(&name);
    match cell {
        Cell::Text(time) if is_time => Cell::Text(time.replace('T', " ").replace('Z', "+00")),
        cell => cell,
    }
}

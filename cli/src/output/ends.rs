//! The ends of a listed flow for people: an address with its port behind it, in one
//! column.

use flowkit_model::Answer;
use flowkit_model::answer::{Cell, PortKind, Protocols};

use super::grid::Grid;
use super::style::Style;
use super::text::text;

/// Joins the port of a list of flows to the address that stands right in front of it;
/// exact output (`--raw`) has a column for each.
pub(super) fn join(grid: &mut Grid, answer: &Answer, protocols: &[Protocols], style: &Style) {
    let Some(layout) = answer.flows.as_ref().filter(|_| !style.raw) else { return };
    let columns = &answer.table.columns;
    for place in layout.ends.iter().rev().copied() {
        let rows = grid.rows.iter_mut().zip(&answer.table.rows);
        for ((cells, row), protocols) in rows.zip(protocols) {
            let port = port_text(&row[place + 1], *protocols, &columns[place + 1].name);
            let address = text(&row[place], columns[place].meaning, style);
            cells[place] = joined(address, &port);
        }
        grid.heads[place].name.push_str(":port");
        grid.remove(place + 1);
    }
}

/// `192.0.2.1:443`, `[2001:db8::1]:443`; an address without a port stands alone.
fn joined(address: String, port: &str) -> String {
    match port {
        "" => address,
        port if address.contains(':') => format!("[{address}]:{port}"),
        port => format!("{address}:{port}"),
    }
}

/// A port by the protocol of its flow: type and code of ICMP, nothing where there are no
/// ports.
fn port_text(cell: &Cell, protocols: Protocols, column: &str) -> String {
    match (cell, protocols.port_kind()) {
        (Cell::Number(0), Some(PortKind::None)) => String::new(),
        (Cell::Number(0), Some(PortKind::Icmp)) if column == "src_port" => String::new(),
        (Cell::Number(number), Some(PortKind::Icmp)) if column == "dst_port" => {
            format!("{}/{}", number / 256, number % 256)
        }
        (Cell::Number(number), _) => number.to_string(),
        (_, Some(PortKind::Icmp | PortKind::None)) => String::new(),
        _ => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_stands_behind_its_address() {
        let (src, dst) = ("src_port", "dst_port");
        for (address, number, protocol, column, expected) in [
            ("192.0.2.1", Some(443), Some(6), dst, "192.0.2.1:443"),
            ("2001:db8::1", Some(443), Some(17), src, "[2001:db8::1]:443"),
            ("2001:db8::1", Some(32_768), Some(58), dst, "[2001:db8::1]:128/0"),
            ("192.0.2.1", Some(2048), Some(1), dst, "192.0.2.1:8/0"),
            ("192.0.2.1", Some(0), Some(1), dst, "192.0.2.1:0/0"),
            ("192.0.2.1", Some(0), Some(1), src, "192.0.2.1"),
            ("2001:db8::1", Some(0), Some(50), dst, "2001:db8::1"),
            ("192.0.2.1", None, Some(50), dst, "192.0.2.1"),
            ("192.0.2.1", Some(17), Some(2), dst, "192.0.2.1:17"),
            ("192.0.2.1", None, Some(6), dst, "192.0.2.1:unknown"),
            ("unknown", Some(53), None, dst, "unknown:53"),
        ] {
            let cell = Cell::from(number);
            let port = port_text(&cell, Protocols::of(protocol), column);
            assert_eq!(joined(address.into(), &port), expected);
        }
    }
}

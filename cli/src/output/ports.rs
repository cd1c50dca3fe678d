//! Ports of groups whose flows need not have ports: type and code of ICMP, or the
//! name of a protocol that has nothing there.

use flowkit_model::answer::{Cell, Column, Meaning, PortKind, Protocols};
use flowkit_model::{Kind, names};

use super::style::Style;

/// A cell of a row as text, if it is a port that is to be read by the protocols of
/// the row; else `plain`, its text as a port.
pub(super) fn read(
    plain: String,
    cell: &Cell,
    column: &Column,
    protocols: Protocols,
    style: &Style,
) -> String {
    let (Cell::Number(number), Meaning::Key(Kind::Port), false) = (cell, column.meaning, style.raw)
    else {
        return plain;
    };
    let name = |number: u8| {
        names::protocol_name(number).map_or_else(|| format!("protocol {number}"), str::to_owned)
    };
    let only = protocols.only_without_ports().map(name);
    match (protocols.port_kind(), only) {
        (None | Some(PortKind::Port), _) => plain,
        (Some(PortKind::Icmp), only) => {
            icmp(only.as_deref().unwrap_or("icmp"), *number, &column.name)
        }
        (Some(PortKind::None), Some(name)) if *number == 0 => name,
        (Some(PortKind::None), Some(name)) => format!("{number} ({name})"),
        (Some(PortKind::None), None) => format!("{number} (no ports)"),
        (Some(PortKind::Mixed), Some(name)) => format!("{plain} (partly {name})"),
        (Some(PortKind::Mixed), None) if protocols.has_icmp() => format!("{plain} (partly icmp)"),
        (Some(PortKind::Mixed), None) => format!("{plain} (partly without ports)"),
    }
}

/// Type and code, which flows of ICMP have in the place of the destination port; in
/// that of the source port they have 0.
fn icmp(name: &str, number: u128, column: &str) -> String {
    match (number, column) {
        (0, "src_port" | "port") => name.into(),
        (number, "src_port") => format!("{number} ({name})"),
        (number, _) => format!("{name} {}/{}", number / 256, number % 256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_read_by_the_protocols_of_its_row() {
        let (dst, src, either) = ("dst_port", "src_port", "port");
        for (column, number, protocols, expected) in [
            (dst, 443, &[6, 17][..], "443 https"),
            (dst, 2048, &[1], "icmp 8/0"),
            (dst, 0, &[1], "icmp 0/0"),
            (dst, 771, &[1], "icmp 3/3"),
            (src, 0, &[1], "icmp"),
            (src, 8, &[1], "8 (icmp)"),
            (either, 0, &[1], "icmp"),
            (either, 2048, &[1], "icmp 8/0"),
            (dst, 260, &[58], "ipv6-icmp 1/4"),
            (src, 0, &[58], "ipv6-icmp"),
            (dst, 771, &[1, 58], "icmp 3/3"),
            (dst, 260, &[6, 58], "260 (partly ipv6-icmp)"),
            (dst, 0, &[50], "esp"),
            (dst, 17, &[2], "17 (igmp)"),
            (dst, 0, &[200], "protocol 200"),
            (dst, 0, &[47, 50], "0 (no ports)"),
            (dst, 2048, &[6, 1], "2048 (partly icmp)"),
            (dst, 0, &[6, 50], "0 (partly esp)"),
            (dst, 0, &[1, 50], "0 (partly icmp)"),
            (dst, 0, &[6, 47, 50], "0 (partly without ports)"),
            (dst, 443, &[], "443 https"),
        ] {
            let column = Column { name: column.into(), meaning: Meaning::Key(Kind::Port) };
            let all = protocols.iter().map(|number| Protocols::of(Some(*number)));
            let all = all.fold(Protocols::default(), Protocols::or);
            let plain = if number == 443 { "443 https".into() } else { number.to_string() };
            let told = read(plain, &Cell::Number(number), &column, all, &Style::plain());
            assert_eq!(told, expected, "{} {protocols:?}", column.name);
        }
    }
}

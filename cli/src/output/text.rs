//! One cell for people: with units and names.

use flowkit_model::answer::{Cell, Meaning};
use flowkit_model::harmless::harmless;
use flowkit_model::{Kind, Metric, names};

use super::style::Style;
use super::units::{bit_rate, bytes, duration, grouped, percent};
use super::value::{address, moment, name, network};

/// A cell as text.
pub(super) fn text(cell: &Cell, meaning: Meaning, style: &Style) -> String {
    match cell {
        Cell::Unknown => "unknown".into(),
        Cell::None => "-".into(),
        Cell::Filtered => "n/a: filtered".into(),
        Cell::Text(text) => beginning(text),
        Cell::Share { part, whole } => percent(*part, *whole),
        Cell::Minus(number) => format!("-{}", text_of(*number, meaning, style)),
        Cell::Number(number) => text_of(*number, meaning, style),
    }
}

/// More characters of a text are not shown: a table lays all of its rows out, each as
/// wide as the widest.
const MOST_CHARACTERS: usize = 2000;

/// A text, of which only the beginning and the length are shown if it is very long.
fn beginning(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) else {
        return harmless(text).into_owned();
    };
    let (start, n) = (harmless(&text[..end]), text.chars().count());
    format!("{start}… ({} characters, all of them in csv and json)", grouped(n as u128))
}

fn text_of(number: u128, meaning: Meaning, style: &Style) -> String {
    match meaning {
        Meaning::Key(kind) | Meaning::Value(kind) => field(number, kind, style),
        Meaning::Network(bits) => network(number, bits),
        _ if style.raw => number.to_string(),
        Meaning::Bytes | Meaning::Sum(Metric::Bytes) => bytes(number),
        Meaning::Duration => duration(number),
        Meaning::BitRate => bit_rate(number),
        Meaning::Count | Meaning::PacketRate | Meaning::Sum(_) => grouped(number),
        Meaning::Share(_)
        | Meaning::Fraction
        | Meaning::Words
        | Meaning::Word(_)
        | Meaning::Class(_) => number.to_string(),
    }
}

/// A count, unless exact numbers are wanted.
pub(super) fn grouped_or_raw(number: u128, style: &Style) -> String {
    if style.raw { number.to_string() } else { grouped(number) }
}

/// A field's value.
fn field(number: u128, kind: Kind, style: &Style) -> String {
    match kind {
        Kind::Address => address(number),
        Kind::Time => moment(number, &style.zone),
        _ => name(number, kind).unwrap_or_else(|| number.to_string()),
    }
}

/// A cell as text, with its name where it has one; a port's depends on the
/// protocol, if the row has one.
pub(super) fn named(
    cell: &Cell,
    meaning: Meaning,
    protocol: Option<&Cell>,
    style: &Style,
) -> String {
    let plain = text(cell, meaning, style);
    let (Cell::Number(number), Meaning::Key(kind) | Meaning::Value(kind), false) =
        (cell, meaning, style.raw)
    else {
        return plain;
    };
    let name = match kind {
        Kind::Port => u16::try_from(*number).ok().and_then(|port| match protocol {
            Some(Cell::Number(protocol)) => u8::try_from(*protocol)
                .ok()
                .and_then(|protocol| names::service_name(protocol, port)),
            _ => names::service_name_any(port),
        }),
        Kind::Protocol => u8::try_from(*number).ok().and_then(names::protocol_name),
        Kind::Adaptation => {
            let known = u64::try_from(*number).ok().and_then(names::Adaptation::from_number);
            known.map(names::Adaptation::name)
        }
        Kind::Flags => {
            let flags = u8::try_from(*number).map(names::tcp_flags).unwrap_or_default();
            return format!("{plain} {flags}");
        }
        _ => None,
    };
    name.map_or(plain.clone(), |name| format!("{plain} {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_the_beginning_and_the_length_are_shown() {
        let shown = |text: String| text_of_cell(&Cell::Text(text));
        assert_eq!(shown("é".repeat(2000)), "é".repeat(2000));
        let said = "é… (25,000,001 characters, all of them in csv and json)";
        assert!(shown("é".repeat(25_000_001)).ends_with(said));
        let escaped = shown("\u{1b}".repeat(2001));
        assert_eq!(escaped.matches("\\u{1b}").count(), 2000);
        assert!(escaped.ends_with("… (2,001 characters, all of them in csv and json)"));
    }

    fn text_of_cell(cell: &Cell) -> String {
        text(cell, Meaning::Words, &Style::plain())
    }

    #[test]
    fn numbers_have_their_names() {
        let (tcp, style) = (Cell::Number(6), Style::plain());
        for (number, kind, protocol, expected) in [
            (443, Kind::Port, Some(&tcp), "443 https"),
            (443, Kind::Port, None, "443 https"),
            (47_228, Kind::Port, None, "47228"),
            (17, Kind::Protocol, None, "17 udp"),
            (27, Kind::Flags, None, "27 .AP.SF"),
            (7, Kind::Code, None, "7"),
            (1, Kind::Adaptation, None, "1 ElastiFlow"),
            (2, Kind::Adaptation, None, "2 ElastiFlow scaled"),
            (3, Kind::Adaptation, None, "3 nfcapd scaled"),
            (9, Kind::Adaptation, None, "9"),
        ] {
            let cell = Cell::Number(number);
            assert_eq!(named(&cell, Meaning::Key(kind), protocol, &style), expected);
        }
        assert_eq!(named(&Cell::Unknown, Meaning::Key(Kind::Port), None, &style), "unknown");
    }
}

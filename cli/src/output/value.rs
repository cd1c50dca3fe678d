//! One cell for programs: exact, and text only where a number will not do.

use flowkit_model::address::{Address, Family, Prefix};
use flowkit_model::answer::{Cell, Meaning, millionths};
use flowkit_model::{Kind, names};
use jiff::tz::TimeZone;

use super::units;

/// A value as programs read it.
pub(super) enum Value {
    /// Not known.
    Unknown,
    /// A whole number.
    Number(u128),
    /// A whole number below 0.
    Minus(u128),
    /// A fraction, in millionths.
    Millionths(u128),
    /// Text.
    Text(String),
}

/// The value of a cell in a column.
pub(super) fn value(cell: &Cell, meaning: Meaning, zone: &TimeZone) -> Value {
    match cell {
        Cell::Unknown | Cell::None | Cell::Filtered => Value::Unknown,
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Share { part, whole } => Value::Millionths(millionths(*part, *whole)),
        Cell::Minus(number) => Value::Minus(*number),
        Cell::Number(number) => match meaning {
            Meaning::Key(Kind::Address) | Meaning::Value(Kind::Address) => {
                Value::Text(address(*number))
            }
            Meaning::Network(bits) => Value::Text(network(*number, bits)),
            Meaning::Key(kind) | Meaning::Value(kind) if name(*number, kind).is_some() => {
                Value::Text(name(*number, kind).unwrap_or_default())
            }
            Meaning::Key(Kind::Time) | Meaning::Value(Kind::Time) => {
                Value::Text(moment(*number, zone))
            }
            _ => Value::Number(*number),
        },
    }
}

impl Value {
    /// As the text of a field; what is unknown is empty.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Minus(number) => format!("-{number}"),
            Self::Millionths(number) => {
                format!("{}.{:06}", number / 1_000_000, number % 1_000_000)
            }
            Self::Text(text) => text,
        }
    }
}

/// `192.0.2.1`.
pub(super) fn address(number: u128) -> String {
    Address::from_number(number).to_string()
}

/// The name that stands for a number alone: `ipv6`, `egress`, an Ethernet address.
pub(super) fn name(number: u128, kind: Kind) -> Option<String> {
    let number = u64::try_from(number).ok()?;
    match kind {
        Kind::Family => Family::from_number(number).map(|family| family.name().to_owned()),
        Kind::Direction => names::direction_name(number).map(str::to_owned),
        Kind::Mac => Some(names::mac_text(number)),
        _ => None,
    }
}

/// `192.0.2.0/24`.
pub(super) fn network(number: u128, prefix: Prefix) -> String {
    let first = Address::from_number(number);
    match prefix.network(first) {
        Some(network) => network.to_string(),
        None => first.to_string(),
    }
}

/// RFC 3339 with milliseconds, in a zone.
pub(super) fn moment(ms: u128, zone: &TimeZone) -> String {
    units::moment(u64::try_from(ms).unwrap_or_default(), zone)
}

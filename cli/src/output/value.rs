//! One cell for programs: exact, and text only where a number will not do.

use std::net::Ipv4Addr;

use flowkit_analyze::answer::{Cell, Meaning};
use flowkit_model::{Kind, time};

use super::units::millionths;

/// A value as programs read it.
pub(super) enum Value {
    /// Not known.
    Unknown,
    /// A whole number.
    Number(u128),
    /// A fraction, in millionths.
    Millionths(u128),
    /// Text.
    Text(String),
}

/// The value of a cell in a column.
pub(super) fn value(cell: &Cell, meaning: Meaning) -> Value {
    match cell {
        Cell::Unknown => Value::Unknown,
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Share { part, whole } => Value::Millionths(millionths(*part, *whole)),
        Cell::Number(number) => match meaning {
            Meaning::Key(Kind::Address) | Meaning::Value(Kind::Address) => {
                Value::Text(address(*number))
            }
            Meaning::Key(Kind::Time) | Meaning::Value(Kind::Time) => Value::Text(moment(*number)),
            _ => Value::Number(*number),
        },
    }
}

/// `192.0.2.1`.
pub(super) fn address(number: u128) -> String {
    Ipv4Addr::from_bits(u32::try_from(number).unwrap_or_default()).to_string()
}

/// RFC 3339 with milliseconds.
pub(super) fn moment(ms: u128) -> String {
    time::format_ms(u64::try_from(ms).unwrap_or_default())
}

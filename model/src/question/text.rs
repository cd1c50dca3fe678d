//! Values that are written in JSON as the text that people type.

use std::fmt::Display;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;

/// Writes a value as its text.
pub(super) fn write<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Parses a value from its text, with the parser's error message.
pub(super) fn read<'de, D, T, E>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(D::Error::custom)
}

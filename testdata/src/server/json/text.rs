//! JSON as text: members of an object in their order, quoting, positions.
//!
//! `serde_json::Value` sorts members; an answer must keep their order, and a
//! stored `_source` must stay as it is byte for byte. So answers are text.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, in order, each value as the text it is. The text
/// is borrowed, so its position in the whole can be told. `None` if it is no object.
pub(in crate::server) fn members(object: &str) -> Option<Vec<(String, &str)>> {
    serde_json::from_str::<Members<'_>>(object).ok().map(|members| members.0)
}

/// The items of an array, each as the text it is; `None` if it is no array.
pub(in crate::server) fn items(array: &str) -> Option<Vec<&str>> {
    let items: Vec<&RawValue> = serde_json::from_str(array).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// A string as JSON.
pub(in crate::server) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text of a JSON string; `None` if it is none.
fn unquoted(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

/// The text of a string, number or boolean, without quotes; `None` for the rest.
pub(in crate::server) fn scalar(json: &str) -> Option<String> {
    match json.as_bytes().first() {
        Some(b'"') => unquoted(json),
        Some(b'{' | b'[' | b'n') | None => None,
        Some(_) => Some(json.to_owned()),
    }
}

/// The name Elasticsearch's parser has for what a value begins with.
pub(in crate::server) fn token(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "START_OBJECT",
        Some(b'[') => "START_ARRAY",
        Some(b'"') => "VALUE_STRING",
        Some(b't' | b'f') => "VALUE_BOOLEAN",
        Some(b'n') => "VALUE_NULL",
        _ => "VALUE_NUMBER",
    }
}

/// Line and column, from 1, at which `part` begins in `whole`.
///
/// `part` must have been cut out of `whole`; otherwise the numbers mean nothing.
pub(in crate::server) fn position(whole: &str, part: &str) -> (usize, usize) {
    let offset = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
    let before = offset.and_then(|offset| whole.get(..offset)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    (line, column)
}

/// Line and column at which the name of a member begins, given its value.
pub(in crate::server) fn name_position(whole: &str, name: &str, value: &str) -> (usize, usize) {
    let offset = (value.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
    let before = offset.and_then(|offset| whole.get(..offset)).unwrap_or_default();
    match before.rfind(&quoted(name)) {
        Some(place) => position(whole, &whole[place..]),
        None => position(whole, value),
    }
}

struct Members<'a>(Vec<(String, &'a str)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            members.push((name, value.get()));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_text() {
        let text = r#"{"z": [1, 2], "a":{"b":1.50}}"#;
        let parts = members(text).unwrap();
        assert_eq!(parts[0], ("z".to_owned(), "[1, 2]"));
        assert_eq!(parts[1], ("a".to_owned(), r#"{"b":1.50}"#));
        assert_eq!(position(text, parts[0].1), (1, 7));
        assert_eq!(name_position(text, "a", parts[1].1), (1, 15));
        assert!(members("[1]").is_none());
        assert_eq!(items("[1, \"x\"]").unwrap(), ["1", "\"x\""]);
    }
}

//! JSON text in the order it was written: members of an object, quoting, indenting.
//!
//! `serde_json::Value` sorts members; an answer must keep their order, and a
//! stored `_source` must stay as it is byte for byte. So answers are text.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, in order, each value as the text it is. The text
/// is borrowed, so its place in the whole can be told. `None` if it is no object.
pub(super) fn members(object: &str) -> Option<Vec<(String, &str)>> {
    serde_json::from_str::<Members<'_>>(object).ok().map(|members| members.0)
}

/// The items of an array, each as the text it is; `None` if it is no array.
pub(super) fn items(array: &str) -> Option<Vec<&str>> {
    let items: Vec<&RawValue> = serde_json::from_str(array).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// A string as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text of a JSON string; `None` if it is none.
pub(super) fn unquoted(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

/// The text of a string, number or boolean, without quotes; `None` for the rest.
pub(super) fn scalar(json: &str) -> Option<String> {
    match json.as_bytes().first() {
        Some(b'"') => unquoted(json),
        Some(b'{' | b'[' | b'n') | None => None,
        Some(_) => Some(json.to_owned()),
    }
}

/// The name Elasticsearch's parser has for what a value begins with.
pub(super) fn token(json: &str) -> &'static str {
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
pub(super) fn position(whole: &str, part: &str) -> (usize, usize) {
    let offset = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
    let before = offset.and_then(|offset| whole.get(..offset)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    (line, column)
}

/// Line and column at which the name of a member begins, given its value.
pub(super) fn name_position(whole: &str, name: &str, value: &str) -> (usize, usize) {
    let offset = (value.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
    let before = offset.and_then(|offset| whole.get(..offset)).unwrap_or_default();
    match before.rfind(&quoted(name)) {
        Some(place) => position(whole, &whole[place..]),
        None => position(whole, value),
    }
}

/// The same JSON over several lines, as `?pretty` asks for it.
pub(super) fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    let newline = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(character) = characters.next() {
        if in_string {
            text.push(character);
            in_string = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            continue;
        }
        match character {
            '{' | '[' => {
                text.push(character);
                if let Some(close @ ('}' | ']')) = characters.peek().copied() {
                    text.push_str(if close == '}' { " }" } else { " ]" });
                    characters.next();
                } else {
                    depth += 1;
                    newline(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                newline(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(',');
                newline(&mut text, depth);
            }
            ':' => text.push_str(" : "),
            _ if character.is_ascii_whitespace() => {}
            _ => {
                in_string = character == '"';
                text.push(character);
            }
        }
    }
    text.push('\n');
    text
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

    #[test]
    fn pretty_is_as_elasticsearch_indents() {
        let expected = "{\n  \"a\" : [\n    1,\n    \"x,y\\\"z\"\n  ],\n  \"b\" : { }\n}\n";
        assert_eq!(pretty(r#"{"a": [1,"x,y\"z"],"b":{}}"#), expected);
    }
}

//! The fields of a JSON document in stored order.

use std::fmt;

use flowkit_model::harmless::harmless;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A field that is not an object: dotted path and value as text.
pub(super) type Leaf = (String, String);

/// Every field that is not an object, in order.
pub(super) fn leaves(json: &str) -> serde_json::Result<Vec<Leaf>> {
    let mut leaves = Vec::new();
    flatten("", json, &mut leaves)?;
    Ok(leaves)
}

fn flatten(path: &str, json: &str, leaves: &mut Vec<Leaf>) -> serde_json::Result<()> {
    if json.trim_start().starts_with('{') {
        let Object(members) = serde_json::from_str(json)?;
        for (key, value) in members {
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            flatten(&path, value.get(), leaves)?;
        }
        return Ok(());
    }
    let text = match serde_json::from_str(json)? {
        Value::String(text) => text,
        other => other.to_string(),
    };
    leaves.push((harmless(path).into_owned(), harmless(&text).into_owned()));
    Ok(())
}

/// An object whose fields keep their order.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Object<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_their_order_and_hold_no_escapes() {
        let json = r#"{"z": {"b": 1.50, "a": ["x"]}, "a": "\u001b[2J", "e": {}, "n": null}"#;
        let expected = [("z.b", "1.5"), ("z.a", r#"["x"]"#), ("a", "\\u{1b}[2J"), ("n", "null")];
        let leaves = leaves(json).unwrap();
        let found: Vec<(&str, &str)> =
            leaves.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
        assert!(super::leaves("{").is_err());
    }
}

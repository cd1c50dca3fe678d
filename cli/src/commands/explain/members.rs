//! The fields of a JSON document in stored order.

use std::fmt;

use flowkit_model::document::nesting::DEEPEST_SHOWN;
use flowkit_model::harmless::harmless;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A field that is not an object: dotted path and value as text.
pub(super) type Leaf = (String, String);

/// Every field that is not an object, in order; objects that are deeper inside than is
/// shown are values of fields, as they stand.
pub(super) fn leaves(json: &str) -> serde_json::Result<Vec<Leaf>> {
    let mut leaves = Vec::new();
    flatten("", json, DEEPEST_SHOWN, &mut leaves)?;
    Ok(leaves)
}

fn flatten(
    path: &str,
    json: &str,
    levels: usize,
    leaves: &mut Vec<Leaf>,
) -> serde_json::Result<()> {
    if json.trim_start().starts_with('{') && levels > 0 {
        let Object(members) = serde_json::from_str(json)?;
        for (key, value) in members {
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            flatten(&path, value.get(), levels - 1, leaves)?;
        }
        return Ok(());
    }
    // What is nested deeper than the reader goes, or no program can hold, stands as
    // it is written.
    let text = match serde_json::from_str(json) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => json.to_owned(),
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
    use flowkit_model::document::nesting::DEEPEST;

    #[test]
    fn members_stand_in_their_order_and_hold_no_escapes() {
        let json = r#"{"z": {"b": 1.50, "a": ["x"]}, "a": "\u001b[2J", "e": {}, "n": null}"#;
        let expected = [("z.b", "1.5"), ("z.a", r#"["x"]"#), ("a", "\\u{1b}[2J"), ("n", "null")];
        let leaves = leaves(json).unwrap();
        let found: Vec<(&str, &str)> =
            leaves.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
        assert!(super::leaves("{").is_err());
        for depth in [DEEPEST_SHOWN - 1, DEEPEST_SHOWN, 127, 128, DEEPEST, 1_000_000] {
            let (open, close) = ("{\"a\":".repeat(depth), "}".repeat(depth));
            for value in ["1", "[1]", "1e999"] {
                let leaves = super::leaves(&format!("{{\"b\":{open}{value}{close}}}")).unwrap();
                let [(path, text)] = &leaves[..] else { panic!("{depth}") };
                let n = path.matches('a').count();
                assert_eq!(n, depth.min(DEEPEST_SHOWN - 1));
                assert_eq!(text.contains('{'), depth > n, "{depth}");
            }
        }
    }
}

//! `fields` and `docvalue_fields`: values of a document by the paths of its
//! fields, each a list, beside or in place of `_source`.

use serde_json::{Map, Value};

use crate::server::json::{items, matches, members, scalar};

/// The names and patterns that a search asks for: texts, or objects with `field`.
pub(super) fn parse(value: &str) -> Vec<String> {
    let name = |value: &str| match members(value) {
        Some(parts) => {
            parts.into_iter().find(|(name, _)| name == "field").and_then(|part| scalar(part.1))
        }
        None => scalar(value),
    };
    items(value).unwrap_or_default().into_iter().filter_map(name).collect()
}

/// The `fields` object of a document; `None` if it has none of them.
pub(super) fn answer(source: &str, wanted: &[String]) -> Option<String> {
    let document: Map<String, Value> = serde_json::from_str(source).ok()?;
    let mut found = Map::new();
    for (name, value) in document {
        collect(name, value, wanted, &mut found);
    }
    (!found.is_empty()).then(|| Value::Object(found).to_string())
}

fn collect(path: String, value: Value, wanted: &[String], found: &mut Map<String, Value>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                collect(format!("{path}.{name}"), value, wanted, found);
            }
        }
        Value::Null => {}
        value if wanted.iter().any(|pattern| matches(pattern, &path)) => {
            let list = if value.is_array() { value } else { Value::Array(vec![value]) };
            found.insert(path, list);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_lists_under_dotted_paths() {
        let wanted = parse(r#"["a.*",{"field":"t","format":"epoch_millis"}]"#);
        assert_eq!(wanted, ["a.*", "t"]);
        let source = r#"{"a":{"b":1,"c":{"d":[2,3]},"n":null},"t":"x","other":5}"#;
        assert_eq!(answer(source, &wanted).unwrap(), r#"{"a.b":[1],"a.c.d":[2,3],"t":["x"]}"#);
        assert_eq!(answer(source, &parse(r#"["none"]"#)), None);
    }
}

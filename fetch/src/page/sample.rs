//! What a sampled hit is: a flow, and in which dialect, or no flow.

use flowkit_model::document::Document;
use flowkit_model::document::dialect::DIALECTS;
use flowkit_model::document::nesting::is_long_path;
use flowkit_model::field::FIELDS;
use serde_json::{Map, Value};

use crate::error::printable;

/// Largest hit whose document is read as a value, which takes many times its size.
const LARGEST: usize = 16 << 20;
/// Most keys that are named of a document that is no flow.
const MOST_KEYS: usize = 6;

/// Whether a hit is a flow, and its dialect in words; of a document that is no
/// flow why not, with its keys.
pub(crate) fn describe(hit: &[u8]) -> (bool, String) {
    let Some(document) = document(hit) else {
        return (false, "no flow: no _source".to_owned());
    };
    let text = Value::Object(document.clone()).to_string();
    let flow = Document::parse(text.as_bytes()).map(Document::into_flow);
    match flow {
        Ok(Ok(_)) => (true, dialect(&document).to_owned()),
        Ok(Err(why)) => (false, format!("no flow: {} (keys: {})", why.text(), keys(&document))),
        Err(_) => (false, "no flow: not JSON".to_owned()),
    }
}

/// The document of a hit: its `_source`, else what was asked of it as `fields`.
pub(crate) fn document(hit: &[u8]) -> Option<Map<String, Value>> {
    if hit.len() > LARGEST {
        return None;
    }
    let hit = String::from_utf8_lossy(hit);
    let Ok(Value::Object(mut hit)) = serde_json::from_str(&hit) else { return None };
    match (hit.remove("_source"), hit.remove("fields")) {
        (Some(Value::Object(source)), _) => Some(source),
        (_, Some(Value::Object(fields))) => Some(from_fields(fields)),
        _ => None,
    }
}

/// `{"a.b": [1]}` as `{"a": {"b": 1}}`.
fn from_fields(fields: Map<String, Value>) -> Map<String, Value> {
    let mut document = Map::new();
    for (path, value) in fields {
        let value = match value {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            value => value,
        };
        if is_long_path(&path) {
            document.insert(path, value);
            continue;
        }
        let mut at = &mut document;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                at.insert(name.to_owned(), value);
                break;
            }
            let child = at.entry(name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(child) = child else { break };
            at = child;
        }
    }
    document
}

/// The dialect of a flow, by the marks of the others, else by the names that the
/// codec and the module do not share.
fn dialect(document: &Map<String, Value>) -> &'static str {
    let has_all = |marks: &&[&str]| marks.iter().all(|path| has(document, path));
    if let Some(found) = DIALECTS.iter().find(|dialect| dialect.marks.iter().any(has_all)) {
        return found.name;
    }
    let own = |key: fn(&flowkit_model::Field) -> &'static str| {
        let differ = FIELDS.iter().filter(|field| field.codec_key != field.module_key);
        differ.filter(|field| has(document, key(field))).count()
    };
    let is_codec = own(|field| field.codec_key) > own(|field| field.module_key);
    DIALECTS[usize::from(is_codec)].name
}

/// Whether a document has a dotted path, nested or dotted at any level.
fn has(document: &Map<String, Value>, path: &str) -> bool {
    if document.contains_key(path) {
        return true;
    }
    path.match_indices('.').any(|(dot, _)| {
        let child = document.get(&path[..dot]).and_then(Value::as_object);
        child.is_some_and(|child| has(child, &path[dot + 1..]))
    })
}

fn keys(document: &Map<String, Value>) -> String {
    let names: Vec<&str> = document.keys().map(String::as_str).collect();
    let more = if names.len() > MOST_KEYS { ", …" } else { "" };
    printable(&format!("{}{more}", names[..names.len().min(MOST_KEYS)].join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_is_described_by_its_dialect_or_by_what_it_lacks() {
        for (hit, expected) in [
            (
                r#"{"_source":{"@timestamp":"x","netflow":{"version":5,"dst_port":443,"bytes":1}}}"#,
                (true, "Logstash netflow module"),
            ),
            (
                r#"{"_source":{"netflow":{"version":5,"l4_dst_port":443,"in_bytes":1}}}"#,
                (true, "Logstash netflow codec"),
            ),
            (
                r#"{"fields":{"netflow.version":[5],"netflow.l4_dst_port":[443]}}"#,
                (true, "Logstash netflow codec"),
            ),
            (
                r#"{"_source":{"message":"x","host":"y"}}"#,
                (false, "no flow: no netflow object (keys: host, message)"),
            ),
            (
                r#"{"_source":{"netflow":{"version":7,"in_bytes":1}}}"#,
                (false, "no flow: another NetFlow version than 5, 9 and 10 (keys: netflow)"),
            ),
            (
                r#"{"_source":{"netflow":{"version":9,"if_name":"eth0"}}}"#,
                (false, "no flow: options records of NetFlow v9 and IPFIX (keys: netflow)"),
            ),
            (r#"{"_id":"a"}"#, (false, "no flow: no _source")),
        ] {
            let (is_flow, words) = describe(hit.as_bytes());
            assert_eq!((is_flow, words.as_str()), expected, "{hit}");
        }
    }

    #[test]
    fn a_path_of_a_hundred_thousand_names_is_no_tower_of_objects() {
        let path = vec!["a"; 100_000].join(".");
        let hit = format!(r#"{{"fields":{{"{path}":[1],"netflow.version":[5]}}}}"#);
        assert!(describe(hit.as_bytes()).0);
    }

    #[test]
    fn each_dialect_is_known_by_its_marks_nested_or_dotted() {
        for dialect in DIALECTS {
            for marks in dialect.marks {
                let dotted: Map<String, Value> =
                    marks.iter().map(|mark| ((*mark).to_owned(), Value::from(1))).collect();
                let nested = from_fields(dotted.clone());
                for document in [dotted, nested] {
                    let found = super::dialect(&document);
                    // A dialect with more marks may contain those of one before it.
                    let is_before = DIALECTS.iter().take_while(|other| other.name != dialect.name);
                    assert!(
                        found == dialect.name || is_before.into_iter().any(|d| d.name == found),
                        "{} is taken for {found}",
                        dialect.name
                    );
                }
            }
        }
    }
}

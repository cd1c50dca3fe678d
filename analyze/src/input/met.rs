//! What was met where no flow was: the keys of a document, the start of a text.

use std::borrow::Cow;
use std::fmt;

use flowkit_model::harmless::harmless;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::foreign;

/// Names at most this many keys.
const MOST_KEYS: usize = 8;
/// Shows at most this many characters of a text.
const MOST_LETTERS: usize = 60;

/// The keys of a document, or of what is under `_source`, `keys message, host`; and
/// what the document is, if that is known.
pub(super) fn keys(json: &[u8]) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let Top { mut names, source } = reader.deserialize_map(TopVisitor).ok()?;
    if let Some(inner) = source.and_then(|source| {
        serde_json::Deserializer::from_str(source.get()).deserialize_map(TopVisitor).ok()
    }) {
        names = inner.names;
    }
    let shown: Vec<String> =
        names.iter().take(MOST_KEYS).map(|name| harmless(name).into_owned()).collect();
    let more = if names.len() > MOST_KEYS { ", …" } else { "" };
    Some(match foreign::of_document(json) {
        _ if shown.is_empty() => "no keys".to_owned(),
        None => format!("keys {}{more}", shown.join(", ")),
        Some(what) => format!("keys {}{more}; {what}", shown.join(", ")),
    })
}

struct Top<'a> {
    names: Vec<Cow<'a, str>>,
    source: Option<&'a RawValue>,
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
        let mut top = Top { names: Vec::new(), source: None };
        while let Some(name) = map.next_key::<String>()? {
            if name == "_source" {
                top.source = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            if top.names.len() <= MOST_KEYS {
                top.names.push(name.into());
            }
        }
        Ok(top)
    }
}

/// The length of a text that was passed over, and how it begins.
pub(super) fn text(text: &[u8], bytes: u64) -> String {
    let first = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let letters = String::from_utf8_lossy(&first[..first.len().min(4 * MOST_LETTERS)]);
    let shown: String = letters.chars().take(MOST_LETTERS).collect();
    let more = if shown.len() < first.len() { "…" } else { "" };
    let unit = if bytes == 1 { "byte" } else { "bytes" };
    if shown.trim().is_empty() {
        format!("{bytes} {unit} of text")
    } else {
        format!("{bytes} {unit} of text, \"{}{more}\"", harmless(shown.trim()))
    }
}

/// The JSON parser's message, without its line number: that of the text is known.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    match error.line() {
        0 | 1 => format!("{text} at byte {}", error.column()),
        line => format!("{text} {} lines below", line - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_texts_are_named() {
        for (json, expected) in [
            (r#"{"message":1,"host":{}}"#, Some("keys message, host")),
            (r#"{"_id":"1","_source":{"a\u001b":1}}"#, Some("keys a\\u{1b}")),
            (
                r#"{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0}"#,
                Some("keys 1, 2, 3, 4, 5, 6, 7, 8, …"),
            ),
            ("{}", Some("no keys")),
            ("[]", None),
        ] {
            assert_eq!(keys(json.as_bytes()).as_deref(), expected);
        }
        assert_eq!(text(b"HTTP/1.1 200 OK\r\nage: 1", 23), "23 bytes of text, \"HTTP/1.1 200 OK\"");
        assert_eq!(text(b"\0\0", 2), "2 bytes of text, \"\\0\\0\"");
        assert_eq!(text(b"", 1), "1 byte of text");
    }
}

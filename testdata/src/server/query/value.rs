//! Values of documents and of queries, made comparable.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::Key;
use super::dates::{self, Format};
use crate::document::Document;
use crate::server::index::Kind;
use crate::server::json::matches;

pub(super) fn key(kind: Kind, text: &str) -> Option<Key> {
    match kind {
        Kind::Keyword => Some(Key::Text(text.to_owned())),
        Kind::Number => text.parse().ok().map(Key::Number),
        Kind::Ip => text.parse::<Ipv4Addr>().ok().map(|addr| Key::Number(addr.to_bits().into())),
        Kind::Date => {
            let formats = [Format::OptionalTime, Format::EpochMillis];
            dates::parse(text, &formats, 0, false).map(Key::Number)
        }
    }
}

pub(super) fn is_same(kind: Kind, field: &str, wanted: &str, text: &str) -> bool {
    if field == "_index" {
        return matches(wanted, text);
    }
    if let (Kind::Ip, Some((network, length))) = (kind, wanted.split_once('/')) {
        let bits = |text: &str| text.parse::<Ipv4Addr>().ok().map(Ipv4Addr::to_bits);
        let length = length.parse::<u32>().ok().filter(|length| *length <= 32);
        let (Some(network), Some(addr), Some(length)) = (bits(network), bits(text), length) else {
            return false;
        };
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        return network & mask == addr & mask;
    }
    match (key(kind, wanted), key(kind, text)) {
        (Some(wanted), Some(own)) => wanted == own,
        _ => false,
    }
}

/// The values of a field as texts; none if it is missing or null.
pub(super) fn values(document: &Document, field: &str) -> Vec<String> {
    match field {
        "_index" => return vec![document.index.clone()],
        "_id" => return vec![document.id.clone()],
        _ => {}
    }
    let Ok(source) = serde_json::from_str::<Value>(&document.source) else { return Vec::new() };
    let mut value = &source;
    for name in field.split('.') {
        match value.get(name) {
            Some(inner) => value = inner,
            None => return Vec::new(),
        }
    }
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    }
}

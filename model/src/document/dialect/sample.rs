//! A document of each dialect that has all of its fields, for tests.

use std::collections::BTreeMap;

use super::{Dialect, Form, Place};
use crate::document::templated;
use crate::field::{FieldId, Kind};

/// The value that stands for `number` in a document.
fn json(place: &Place, number: u64) -> String {
    match (place.form, place.field.field().kind) {
        (Form::Seconds, _) => (number / 1000).to_string(),
        (Form::Nanoseconds, _) => (number * 1_000_000).to_string(),
        (Form::SampledFlag, _) => "1".into(),
        // Another than 0 says nothing of the interval.
        (Form::Sampler, _) => "7".into(),
        (Form::Endpoint, _) => format!("\"r{number}:2055\""),
        (Form::Network, _) => format!("\"10.0.0.0/{number}\""),
        (Form::ExportType, _) => format!("\"NETFLOW_V{number}\""),
        (Form::Low14 | Form::Top2, _) => ((1 << 14) + number).to_string(),
        (Form::FlagLetters, _) => {
            format!("\"{}\"", crate::names::tcp_flags(u8::try_from(number).unwrap()))
        }
        (Form::AnyAddress, _) => unreachable!("csv's"),
        (Form::HighByte, _) => (number >> 8).to_string(),
        (Form::LowByte, _) => (number & 255).to_string(),
        (Form::Microseconds, _) => (number * 1000).to_string(),
        (Form::TopByte, _) => (number << 8).to_string(),
        (Form::IcmpCode, _) => ((1 << 8) + number).to_string(),
        (Form::ShortMs | Form::TextTime, _) | (Form::Plain, Kind::Time) => {
            format!("\"{}\"", crate::time::format_ms(number))
        }
        (Form::Plain, Kind::Text) => format!("\"r{number}\""),
        (Form::Plain, Kind::Address) => format!("\"0.0.0.{number}\""),
        (Form::Plain, Kind::Version) => format!("\"Netflow v{number}\""),
        (
            Form::BottomByte
            | Form::IcmpType
            | Form::Milliseconds
            | Form::NfdumpProtocol
            | Form::Plain
            | Form::Wide
            | Form::Scaled,
            _,
        ) => number.to_string(),
    }
}

/// Nested objects from dotted paths.
fn object(members: &BTreeMap<&str, String>) -> String {
    let mut inner: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    let mut text = Vec::new();
    for (path, value) in members {
        match path.split_once('.') {
            Some((key, rest)) => {
                inner.entry(key).or_default().insert(rest, value.clone());
            }
            None => text.push(format!("\"{path}\":{value}")),
        }
    }
    text.extend(inner.iter().map(|(key, members)| format!("\"{key}\":{}", object(members))));
    format!("{{{}}}", text.join(","))
}

/// The number that stands in a field of such a document: whole seconds where it
/// is a time.
pub(in crate::document) fn number(field: FieldId) -> u64 {
    match field {
        FieldId::Timestamp | FieldId::FirstSwitched | FieldId::LastSwitched => {
            (field as u64 + 1) * 1000
        }
        FieldId::Version => 5,
        FieldId::SamplingAlgorithm => 1,
        FieldId::Adapted => 3,
        field => field as u64 + 1,
    }
}

/// A document that has each field under the keys of a dialect.
pub(in crate::document) fn document(dialect: &Dialect) -> String {
    of_places(dialect, &(dialect.places)(), number)
}

/// A document of v9 that has each field likewise; none if the dialect has no such.
pub(in crate::document) fn document_of_templates(dialect: &Dialect) -> Option<String> {
    let mut places = (dialect.templates)();
    // Of these it depends on the values which of several counts.
    let mut seen = Vec::new();
    places.retain(|place| {
        let is_again = seen.contains(&place.field);
        seen.push(place.field);
        !(is_again && templated::is_of_families(place.field))
    });
    let of_field = |field| match field {
        FieldId::Version => 9,
        FieldId::Direction => 1,
        field => number(field),
    };
    (!places.is_empty()).then(|| of_places(dialect, &places, of_field))
}

fn of_places(dialect: &Dialect, places: &[Place], number: impl Fn(FieldId) -> u64) -> String {
    let mut members: BTreeMap<&str, String> =
        places.iter().map(|place| (place.path, json(place, number(place.field)))).collect();
    // Two fields share these 16 bits.
    for place in places {
        if place.form == Form::Low14 {
            members.insert(place.path, ((1 << 14) + number(place.field)).to_string());
        }
    }
    for mark in dialect.marks.first().into_iter().copied().flatten() {
        let is_object = places.iter().any(|place| place.path.starts_with(&format!("{mark}.")));
        if !is_object {
            members.entry(mark).or_insert_with(|| "\"\"".into());
        }
    }
    object(&members)
}

/// A document in the forms that Elasticsearch takes for one: itself, a hit, dotted
/// at every level, with lists of one, as `fields`.
pub(in crate::document) fn forms(text: &str) -> Vec<String> {
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut leaves = Vec::new();
    dotted("", &document, &mut leaves);
    let object = |list: bool| {
        let member = |(path, value): &(String, String)| {
            if list { format!("\"{path}\":[{value}]") } else { format!("\"{path}\": {value}") }
        };
        format!("{{{}}}", leaves.iter().map(member).collect::<Vec<_>>().join(","))
    };
    let hit = |name: &str, object: &str| format!(r#"{{"_index":"a","_id":"1","{name}":{object}}}"#);
    vec![
        text.to_owned(),
        hit("_source", text),
        object(false),
        hit("_source", &object(false)),
        hit("_source", &object(true)),
        hit("fields", &object(true)),
        format!(r#"{{"_id":"1","_source":false,"fields":{}}}"#, object(true)),
        format!(r#"{{"_id":"1","fields":{},"_source":{text}}}"#, object(true)),
    ]
}

fn dotted(path: &str, value: &serde_json::Value, leaves: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, value) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                dotted(&path, value, leaves);
            }
        }
        value => leaves.push((path.to_owned(), value.to_string())),
    }
}

//! Which key of a document is which field: the module's names and the codec's.
//!
//! The two differ in ten names and in nothing else, and no key means two
//! things, so a document may use either without saying which.

use std::sync::LazyLock;

use crate::field::{FIELDS, Field, FieldId};

/// A pipeline's way to name the fields.
#[derive(Debug)]
pub struct Dialect {
    /// What wrote such documents.
    pub name: &'static str,
    /// A field's key, as a dotted path.
    pub key: fn(&Field) -> &'static str,
}

/// Every dialect.
pub const DIALECTS: &[Dialect] = &[
    Dialect { name: "Logstash netflow module", key: |field| field.module_key },
    Dialect { name: "Logstash netflow codec", key: |field| field.codec_key },
];

/// The field that stands in the object `parent` (empty for the top) as `key`.
pub(super) fn field_of(parent: &str, key: &str) -> Option<FieldId> {
    let keys = if parent.is_empty() { &KEYS.top } else { &KEYS.netflow };
    let place = keys.binary_search_by(|(known, _)| order(known, key)).ok()?;
    Some(keys[place].1)
}

/// Keys by object, in [`order`].
struct Keys {
    top: Vec<(&'static str, FieldId)>,
    netflow: Vec<(&'static str, FieldId)>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let mut keys = Keys { top: Vec::new(), netflow: Vec::new() };
    for dialect in DIALECTS {
        for field in FIELDS {
            let path = (dialect.key)(field);
            match path.strip_prefix("netflow.") {
                Some(key) => keys.netflow.push((key, field.id)),
                None => keys.top.push((path, field.id)),
            }
        }
    }
    for keys in [&mut keys.top, &mut keys.netflow] {
        keys.sort_unstable_by(|a, b| order(a.0, b.0));
        keys.dedup();
    }
    keys
});

/// By length, then by letters: most keys differ in the first comparison.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::field::{Access, Kind};
    use crate::{Document, FlowRecord};

    /// The value that stands for `number` in a document of a field's kind.
    fn json(kind: Kind, number: u64) -> String {
        match kind {
            Kind::Time => format!("\"{}\"", crate::time::format_ms(number)),
            Kind::Text => format!("\"r{number}\""),
            Kind::Address => format!("\"0.0.0.{number}\""),
            Kind::Version => "\"Netflow v5\"".into(),
            _ => number.to_string(),
        }
    }

    /// A document with 1, 2, 3 … under each dialect's keys is a flow that
    /// reads 1, 2, 3 …: a missing row, a swapped member or a misspelt key all
    /// fail here.
    #[test]
    fn every_dialect_names_every_field() {
        for dialect in DIALECTS {
            let (mut top, mut netflow) = (String::new(), String::new());
            for (number, field) in (1..).zip(FIELDS) {
                let key = (dialect.key)(field);
                let (object, key) = match key.strip_prefix("netflow.") {
                    Some(key) => (&mut netflow, key),
                    None => (&mut top, key),
                };
                write!(object, ", \"{key}\": {}", json(field.kind, number)).unwrap();
            }
            let text = format!("{{\"netflow\": {{{}}}{top}}}", &netflow[2..]);
            let flow: FlowRecord = Document::parse(text.as_bytes()).unwrap().into_flow().unwrap();
            for (number, field) in (1..).zip(FIELDS) {
                match field.access {
                    Access::Text { read, .. } => {
                        assert_eq!(read(&flow), Some(&*format!("r{number}")));
                    }
                    Access::Number { read, .. } => {
                        let expected = if field.kind == Kind::Version { 5 } else { number };
                        assert_eq!(
                            read(&flow),
                            Some(expected),
                            "{} in {}",
                            field.name,
                            dialect.name
                        );
                    }
                }
            }
        }
    }

    /// One key, one field, whatever the dialect.
    #[test]
    fn no_key_means_two_fields() {
        for keys in [&KEYS.top, &KEYS.netflow] {
            assert!(keys.windows(2).all(|pair| pair[0].0 != pair[1].0), "{keys:?}");
        }
    }
}

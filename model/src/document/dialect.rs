//! Which key of a document is which field, in each way that pipelines write
//! flows: one table, [`DIALECTS`].
//!
//! The module's and the codec's names differ in ten keys and in nothing else,
//! and no key means two things there, so a document may use either without
//! saying which. The other dialects give the same keys other meanings; a
//! document that has their marks is read again by their rows alone.
//!
//! Sources: logstash-codec-netflow (`Netflow5PDU`); Logstash's netflow module
//! (`netflow.conf.erb`); elastic/beats `x-pack/filebeat/input/netflow` and
//! elastic/integrations `packages/netflow`; robcowart/elastiflow 3.5.3 and
//! 4.0.1; netsampler/goflow2 `producer/proto` and `pb/flow.proto`.

use std::sync::LazyLock;

use super::adapters::{ELASTIFLOW_3, ELASTIFLOW_4, FILEBEAT, GOFLOW2};
use super::nfdump::NFDUMP;
use crate::field::{FIELDS, FieldId, Kind};

/// A pipeline's way to name the fields.
#[derive(Debug)]
pub struct Dialect {
    /// What writes such documents.
    pub name: &'static str,
    /// A document is in this dialect if it has all the keys of one of these
    /// rows, as dotted paths; the first dialect that says so reads it.
    pub marks: &'static [&'static [&'static str]],
    /// Where its fields are.
    pub places: fn() -> Vec<Place>,
}

/// Where a field stands in a document, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The field.
    pub field: FieldId,
    /// Its key, as a dotted path.
    pub path: &'static str,
    /// How its value is written.
    pub form: Form,
}

/// How a value is written, where that is not what the field's kind says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As the kind of the field says.
    #[default]
    Plain,
    /// A time in seconds since 1970.
    Seconds,
    /// A time in nanoseconds since 1970.
    Nanoseconds,
    /// The low 14 of 16 bits.
    Low14,
    /// The top 2 of 16 bits.
    Top2,
    /// A protocol's name, such as `TCP`, or its number.
    ProtocolName,
    /// `address:port`, of which the address counts.
    Endpoint,
    /// A network `10.0.0.0/8`, of which the length counts, or the length.
    Network,
    /// goflow2's word for a protocol: `NETFLOW_V5`.
    ExportType,
    /// TCP flags as letters: `...AP.SF`.
    FlagLetters,
    /// A protocol's name as nfdump shortens it, or its number.
    NfdumpProtocol,
    /// A time with a blank for its `T`, or milliseconds.
    BlankTime,
    /// An address, dotted or as a number.
    AnyAddress,
    /// The upper byte of a 16-bit field, the lower one staying.
    HighByte,
    /// The lower byte, the upper one staying.
    LowByte,
    /// The type of `type/id`.
    EngineType,
    /// The id of it.
    EngineId,
}

/// Every dialect. The first two are read together; the order of the rest is
/// that in which their marks are looked for.
pub const DIALECTS: &[Dialect] = &[
    Dialect { name: "Logstash netflow module", marks: &[], places: module },
    Dialect { name: "Logstash netflow codec", marks: &[], places: codec },
    FILEBEAT,
    GOFLOW2,
    ELASTIFLOW_3,
    ELASTIFLOW_4,
    NFDUMP,
];

/// Dialects that are read together as the base.
const BASE: usize = 2;

fn module() -> Vec<Place> {
    let place =
        |field: &crate::Field| Place { field: field.id, path: field.module_key, form: Form::Plain };
    FIELDS.iter().map(place).collect()
}

fn codec() -> Vec<Place> {
    let place =
        |field: &crate::Field| Place { field: field.id, path: field.codec_key, form: Form::Plain };
    FIELDS.iter().map(place).collect()
}

/// A key on the way to fields, and what stands there.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Keys below it, in [`order`].
    children: Vec<(&'static str, Self)>,
    /// Fields that are read here.
    pub(super) places: Vec<Place>,
    /// Bits of the marks that the key bears.
    pub(super) marks: u32,
    /// Being there makes the document one about a flow.
    pub(super) is_flow: bool,
}

impl Node {
    /// What stands under a key of this object.
    pub(super) fn child(&self, key: &str) -> Option<&Self> {
        let place = self.children.binary_search_by(|(known, _)| order(known, key)).ok()?;
        Some(&self.children[place].1)
    }

    /// Whether it is an object that is read.
    pub(super) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    fn insert(&mut self, path: &'static str) -> &mut Self {
        let (key, rest) =
            path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        let place = match self.children.binary_search_by(|(known, _)| order(known, key)) {
            Ok(place) => place,
            Err(place) => {
                self.children.insert(place, (key, Self::default()));
                place
            }
        };
        let child = &mut self.children[place].1;
        match rest {
            Some(rest) => child.insert(rest),
            None => child,
        }
    }
}

/// The keys that are read, and where to look for other dialects' marks.
pub(super) struct Keys {
    /// For each dialect but the second, which is the first's.
    roots: Vec<Node>,
    /// Rows of marks, each with the dialect it proves.
    marks: Vec<(u32, usize)>,
}

impl Keys {
    /// The keys of a dialect.
    pub(super) fn root(dialect: usize) -> &'static Node {
        &KEYS.roots[dialect]
    }

    /// The dialect that marks prove; 0 is the base.
    pub(super) fn dialect(marks: u32) -> usize {
        let proof = |(wanted, _): &&(u32, usize)| marks & wanted == *wanted;
        KEYS.marks.iter().find(proof).map_or(0, |(_, dialect)| *dialect)
    }
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let mut roots = vec![base()];
    roots.push(base());
    let mut known: Vec<&'static str> = Vec::new();
    let mut marks = Vec::new();
    for (number, dialect) in DIALECTS.iter().enumerate().skip(BASE) {
        roots.push(tree(&(dialect.places)()));
        for row in dialect.marks {
            let bit = |path: &&'static str| {
                let place = known.iter().position(|known| known == path).unwrap_or_else(|| {
                    known.push(path);
                    known.len() - 1
                });
                1 << place
            };
            marks.push((row.iter().map(bit).sum(), number));
        }
    }
    for (place, path) in known.into_iter().enumerate() {
        roots[0].insert(path).marks |= 1 << place;
    }
    Keys { roots, marks }
});

fn base() -> Node {
    let mut places = module();
    places.extend(codec().into_iter().filter(|place| !module().contains(place)));
    tree(&places)
}

fn tree(places: &[Place]) -> Node {
    let mut root = Node::default();
    for place in places {
        let node = root.insert(place.path);
        node.places.push(*place);
        let field = place.field.field();
        // Who sent it, when, and from which country: that any document may say.
        node.is_flow |= field.kind != Kind::Text && field.id != FieldId::Timestamp;
    }
    root
}

/// By length, then by letters: most keys differ in the first comparison.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::document::shape::Shape;
    use crate::field::Access;
    use crate::{Document, FlowRecord};

    /// The value that stands for `number` in a document.
    fn json(place: &Place, number: u64) -> String {
        match (place.form, place.field.field().kind) {
            (Form::Seconds, _) => (number / 1000).to_string(),
            (Form::Nanoseconds, _) => (number * 1_000_000).to_string(),
            (Form::Endpoint, _) => format!("\"r{number}:2055\""),
            (Form::Network, _) => format!("\"10.0.0.0/{number}\""),
            (Form::ExportType, _) => "\"NETFLOW_V5\"".into(),
            (Form::Low14 | Form::Top2, _) => ((1 << 14) + number).to_string(),
            (Form::FlagLetters, _) => {
                format!("\"{}\"", crate::names::tcp_flags(u8::try_from(number).unwrap()))
            }
            (Form::BlankTime | Form::AnyAddress | Form::EngineType | Form::EngineId, _) => {
                unreachable!("csv's")
            }
            (Form::HighByte, _) => (number >> 8).to_string(),
            (Form::LowByte, _) => (number & 255).to_string(),
            (Form::Plain, Kind::Time) => format!("\"{}\"", crate::time::format_ms(number)),
            (Form::Plain, Kind::Text) => format!("\"r{number}\""),
            (Form::Plain, Kind::Address) => format!("\"0.0.0.{number}\""),
            (Form::Plain, Kind::Version) => "\"Netflow v5\"".into(),
            (Form::ProtocolName | Form::NfdumpProtocol | Form::Plain, _) => number.to_string(),
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

    /// Number that stands in a field, whatever its dialect: whole seconds.
    fn number(field: FieldId) -> u64 {
        match field {
            FieldId::Timestamp | FieldId::FirstSwitched | FieldId::LastSwitched => {
                (field as u64 + 1) * 1000
            }
            FieldId::Version => 5,
            FieldId::SamplingAlgorithm => 1,
            field => field as u64 + 1,
        }
    }

    /// A document that has each field under its dialect's keys reads as that
    /// field: a missing row, a swapped member or a misspelt key all fail here.
    #[test]
    fn every_dialect_reads_its_fields() {
        for dialect in DIALECTS {
            let places = (dialect.places)();
            let mut members: BTreeMap<&str, String> =
                places.iter().map(|place| (place.path, json(place, number(place.field)))).collect();
            // Two fields share these 16 bits.
            for place in &places {
                if place.form == Form::Low14 {
                    members.insert(place.path, ((1 << 14) + number(place.field)).to_string());
                }
            }
            for mark in dialect.marks.first().into_iter().copied().flatten() {
                let is_object =
                    places.iter().any(|place| place.path.starts_with(&format!("{mark}.")));
                if !is_object {
                    members.entry(mark).or_insert_with(|| "\"\"".into());
                }
            }
            let text = object(&members);
            let flow: FlowRecord = Document::parse(text.as_bytes()).unwrap().into_flow().unwrap();
            // A shape has the keys of the base: it must not learn what they are not.
            if !dialect.marks.is_empty() {
                assert!(Shape::learn(text.as_bytes(), false).is_none(), "{}", dialect.name);
                let hit = format!("{{\"_id\":\"1\",\"_source\":{text}}}");
                assert!(Shape::learn(hit.as_bytes(), true).is_none(), "{}", dialect.name);
            }
            for place in &places {
                let expected = number(place.field);
                match place.field.field().access {
                    Access::Text { read, .. } => {
                        assert_eq!(read(&flow), Some(&*format!("r{expected}")), "{text}");
                    }
                    Access::Number { read, .. } => {
                        assert_eq!(
                            read(&flow),
                            Some(expected),
                            "{place:?} in {}: {text}",
                            dialect.name
                        );
                    }
                }
            }
        }
    }

    /// One key, one field, in the two dialects that are read together.
    #[test]
    fn no_key_of_the_base_means_two_fields() {
        fn check(node: &Node) {
            assert!(node.places.len() <= 1, "{:?}", node.places);
            node.children.iter().for_each(|(_, child)| check(child));
        }
        check(&base());
    }

    /// Every dialect but the codec names all that identifies a conversation.
    #[test]
    fn every_dialect_has_the_fields_that_matter() {
        for dialect in DIALECTS {
            let places = (dialect.places)();
            for field in [
                FieldId::Timestamp,
                FieldId::Exporter,
                FieldId::Version,
                FieldId::SrcAddr,
                FieldId::DstAddr,
                FieldId::SrcPort,
                FieldId::DstPort,
                FieldId::Protocol,
                FieldId::Bytes,
                FieldId::Packets,
                FieldId::FirstSwitched,
                FieldId::LastSwitched,
            ] {
                // nfdump's objects do not say from which format they came.
                let is_left_out = field == FieldId::Version && dialect.name.starts_with("nfdump");
                let has = is_left_out || places.iter().any(|place| place.field == field);
                assert!(has, "{} has no {field:?}", dialect.name);
            }
        }
    }
}

//! A document of Elasticsearch as a flow: what is one, what is unknown, what
//! is skipped.
//!
//! A flow is a document with a netflow object of version 5, or with none
//! stated. A member that is missing, null or impossible is unknown. Nothing
//! else in the document matters, however deep or odd it is.
//!
//! Second shape of a flow. Logstash's codec decodes the packet, its netflow
//! module renames ten fields and adds names, localities and places; `SysUptime`
//! and padding are gone, and the times are worked out, not always well
//! ([`late`](crate::late)).
//!
//! ```
//! use flowkit_model::{Document, NotAFlow};
//!
//! let flow = |json: &str| Document::parse(json.as_bytes()).unwrap().into_flow();
//!
//! // The module's names and the codec's; numbers may be texts.
//! let module = flow(r#"{"netflow": {"version": "Netflow v5", "dst_port": 443, "bytes": 60}}"#);
//! let codec = flow(r#"{"netflow": {"version": 5, "l4_dst_port": "443", "in_bytes": 60}}"#);
//! assert_eq!(module, codec);
//!
//! // What is impossible is unknown, never 0; what is no flow says why.
//! assert_eq!(flow(r#"{"netflow": {"bytes": -1, "packets": 2}}"#).unwrap().bytes, None);
//! assert_eq!(flow(r#"{"netflow": {"version": 9, "bytes": 60}}"#), Err(NotAFlow::OtherVersion));
//! assert_eq!(flow(r#"{"message": "a log line"}"#), Err(NotAFlow::NoNetflow));
//! ```
//!
//! | to learn | read |
//! | --- | --- |
//! | which key is which field | [`dialect`], and `adapters` for other pipelines |
//! | how one member becomes a value | `value` |
//! | how documents that look alike are read fast | [`shape`] |
//! | what a line of a file can hold: hit, document, page, error | [`entry`] |

mod adapters;
pub mod dialect;
pub mod entry;
pub mod nfdump;
pub mod page;
pub mod server_error;
pub mod shape;
mod value;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use self::dialect::{Keys, Node};

use crate::field::FieldId;
use crate::record::FlowRecord;

pub use entry::Entry;
use value::{FromJson, OrNothing, Outcome};

/// Why a document is no flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotAFlow {
    /// Not JSON, or not an object.
    NotJson,
    /// A hit without `_source`.
    NoSource,
    /// No netflow object, or one that says nothing.
    NoNetflow,
    /// NetFlow of another version than 5.
    OtherVersion,
    /// A datagram without a record that can be believed.
    NoRecord,
    /// A line of a csv file that has other cells than its header names.
    NotARow,
}

impl NotAFlow {
    /// Every cause, in the order they are looked for.
    pub const ALL: [Self; 6] = [
        Self::NotJson,
        Self::NoSource,
        Self::NoNetflow,
        Self::OtherVersion,
        Self::NoRecord,
        Self::NotARow,
    ];

    /// Name in json.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NoSource => "no_source",
            Self::NoNetflow => "no_netflow",
            Self::OtherVersion => "other_version",
            Self::NoRecord => "no_record",
            Self::NotARow => "not_a_row",
        }
    }

    /// For people: `skipped 3 (not JSON)`.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::NotJson => "not JSON",
            Self::NoSource => "hits without _source",
            Self::NoNetflow => "no netflow object",
            Self::OtherVersion => "another NetFlow version than 5",
            Self::NoRecord => "no record in the datagram",
            Self::NotARow => "no row of the csv",
        }
    }
}

/// What has been read of a document so far.
#[derive(Debug, Default)]
pub struct Document {
    flow: FlowRecord,
    /// A member that some dialect knows, and that only flows have.
    has_netflow: bool,
    /// The version it states is not 5.
    other_version: bool,
    /// Whose keys are read: a row of [`dialect::DIALECTS`].
    dialect: usize,
    /// Keys that other dialects are known by.
    marks: u32,
}

impl Document {
    /// Reads a document (a hit's `_source`).
    ///
    /// # Errors
    /// If the text is not a JSON object.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let document = Self::parse_in(0, json)?;
        match document.proven() {
            0 => Ok(document),
            dialect => Self::parse_in(dialect, json),
        }
    }

    fn parse_in(dialect: usize, json: &[u8]) -> Result<Self, serde_json::Error> {
        let mut document = Self::in_dialect(dialect);
        let mut reader = serde_json::Deserializer::from_slice(json);
        DocumentSeed(&mut document).deserialize(&mut reader)?;
        reader.end()?;
        Ok(document)
    }

    /// An empty one, whose keys are those of a dialect.
    fn in_dialect(dialect: usize) -> Self {
        Self { dialect, ..Self::default() }
    }

    /// The dialect that its marks prove, if it is not the one it was read in.
    fn proven(&self) -> usize {
        if self.dialect == 0 { Keys::dialect(self.marks) } else { 0 }
    }

    /// The flow, if it is one.
    ///
    /// # Errors
    /// Says why it is none.
    pub fn into_flow(self) -> Result<FlowRecord, NotAFlow> {
        match self {
            Self { has_netflow: false, .. } => Err(NotAFlow::NoNetflow),
            Self { other_version: true, .. } => Err(NotAFlow::OtherVersion),
            Self { flow, .. } => Ok(flow),
        }
    }

    /// Reads the value of a key that may be known.
    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        node: Option<&'static Node>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let Some(node) = node else { return map.next_value::<IgnoredAny>().map(drop) };
        self.marks |= node.marks;
        if node.has_children() {
            return map.next_value_seed(NodeSeed { document: self, node });
        }
        if node.places.is_empty() {
            return map.next_value::<IgnoredAny>().map(drop);
        }
        self.has_netflow |= node.is_flow;
        // Elsewhere a value may stand twice, and the copy that can be read counts.
        let keep = self.dialect != 0;
        let seed = value::ValueSeed { flow: &mut self.flow, places: &node.places, keep };
        let outcome = map.next_value_seed(seed)?;
        if node.places.iter().any(|place| place.field == FieldId::Version) {
            self.other_version = match outcome {
                Outcome::Null => false,
                Outcome::Known => self.flow.version != Some(5),
                Outcome::Impossible => true,
            };
        }
        Ok(())
    }
}

/// Reads an object whole into a [`Document`].
struct DocumentSeed<'d>(&'d mut Document);

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let node = Keys::root(self.0.dialect);
        NodeSeed { document: self.0, node }.map(map)
    }
}

/// Reads an object whose members may be fields, whatever it is.
struct NodeSeed<'d> {
    document: &'d mut Document,
    node: &'static Node,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for NodeSeed<'_> {
    type Output = ();

    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { document, node } = self;
        while let Some(child) = map.next_key_seed(entry::KeySeed(|key: &str| node.child(key)))? {
            document.member(child, &mut map)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn flow(json: &str) -> Result<FlowRecord, NotAFlow> {
        Document::parse(json.as_bytes()).map_err(|_| NotAFlow::NotJson)?.into_flow()
    }

    /// The value of a netflow member, in a document that is a flow.
    fn member(key: &str, value: &str) -> FlowRecord {
        flow(&format!(r#"{{"netflow":{{"version":5,"{key}":{value}}}}}"#)).unwrap()
    }

    #[test]
    fn what_is_a_flow() {
        for (json, expected) in [
            (r#"{"netflow":{"bytes":1}}"#, Ok(())),
            (r#"{"netflow":{"bytes":1,"version":5}}"#, Ok(())),
            (r#"{"netflow":{"bytes":1,"version":"5"}}"#, Ok(())),
            (r#"{"netflow":{"bytes":1,"version":"Netflow v5"}}"#, Ok(())),
            (r#"{"netflow":{"bytes":1,"version":null}}"#, Ok(())),
            (r#"{"netflow":{"bytes":1,"version":9}}"#, Err(NotAFlow::OtherVersion)),
            (r#"{"netflow":{"bytes":1,"version":"Netflow v9"}}"#, Err(NotAFlow::OtherVersion)),
            (r#"{"netflow":{"bytes":1,"version":"IPFIX"}}"#, Err(NotAFlow::OtherVersion)),
            (r#"{"netflow":{}}"#, Err(NotAFlow::NoNetflow)),
            (r#"{"netflow":{"colour":1}}"#, Err(NotAFlow::NoNetflow)),
            (r#"{"netflow":[{"bytes":1}]}"#, Err(NotAFlow::NoNetflow)),
            (r#"{"netflow":"bytes"}"#, Err(NotAFlow::NoNetflow)),
            (r#"{"netflow":null}"#, Err(NotAFlow::NoNetflow)),
            (r#"{"bytes":1,"packets":1}"#, Err(NotAFlow::NoNetflow)),
            (r"{}", Err(NotAFlow::NoNetflow)),
            (r"[]", Err(NotAFlow::NotJson)),
            (r#"{"netflow":{"bytes":1}"#, Err(NotAFlow::NotJson)),
            (r#"{"netflow":{"bytes":1}} x"#, Err(NotAFlow::NotJson)),
        ] {
            assert_eq!(flow(json).map(drop), expected, "{json}");
        }
    }

    #[test]
    fn numbers_in_every_form() {
        for (value, expected) in [
            ("443", Some(443)),
            ("\"443\"", Some(443)),
            ("\" 443 \"", Some(443)),
            ("443.0", Some(443)),
            ("\"1.5e3\"", Some(1500)),
            ("1.5e3", Some(1500)),
            ("-0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("-1", None),
            ("0.5", None),
            ("\"1,234\"", None),
            ("\"\"", None),
            ("\"nan\"", None),
            ("\"0x10\"", None),
            ("true", None),
            ("null", None),
            ("[443]", None),
            (r#"{"a":443}"#, None),
        ] {
            assert_eq!(member("bytes", value).bytes, expected, "{value}");
        }
        assert_eq!(member("dst_port", "65536").dst_port, None);
        assert_eq!(member("protocol", "256").protocol, None);
    }

    #[test]
    fn addresses_are_dotted_ipv4() {
        for (text, expected) in [
            ("192.0.2.7", Some([192, 0, 2, 7])),
            (" 192.0.2.7 ", Some([192, 0, 2, 7])),
            ("::ffff:192.0.2.1", Some([192, 0, 2, 1])),
            ("0.0.0.0", Some([0; 4])),
            ("2001:db8::1", None),
            ("010.0.0.1", None),
            ("256.1.1.1", None),
            ("192.0.2", None),
            ("example.org", None),
        ] {
            let found = member("src_addr", &format!("\"{text}\"")).src_addr;
            assert_eq!(found, expected.map(Ipv4Addr::from), "{text}");
        }
        assert_eq!(member("src_addr", "3221225985").src_addr, None);
    }

    #[test]
    fn the_exporter_has_many_forms() {
        for (host, expected) in [
            (r#""192.0.2.1""#, Some("192.0.2.1")),
            (r#"{"ip":"192.0.2.1","name":"r1"}"#, Some("192.0.2.1")),
            (r#"{"name":"r1","ip":["192.0.2.1","192.0.2.2"]}"#, Some("192.0.2.1")),
            (r#"{"name":"r1"}"#, Some("r1")),
            (r#"["192.0.2.1","192.0.2.2"]"#, Some("192.0.2.1")),
            (r#"{"os":{"name":"x"}}"#, None),
            ("7", None),
            ("\"\"", None),
            ("null", None),
        ] {
            let found = flow(&format!(r#"{{"host":{host},"netflow":{{"bytes":1}}}}"#)).unwrap();
            assert_eq!(found.exporter.as_deref(), expected, "{host}");
        }
    }

    #[test]
    fn what_flowkit_does_not_know_is_read_over() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        let json = format!(
            r#"{{"x":{deep},"a\"b":"{{\"netflow\":{{}}}}","netflow":{{"é":{deep},"bytes":7}},"netflow_like":{{"bytes":9}}}}"#
        );
        assert_eq!(flow(&json).unwrap(), FlowRecord { bytes: Some(7), ..FlowRecord::default() });
    }
}

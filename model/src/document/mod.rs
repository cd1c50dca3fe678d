//! A document of Elasticsearch as a flow: what is one, what is unknown, what
//! is skipped.
//!
//! A flow is a document with a netflow object of version 5, or with none
//! stated. A field that is missing, null or impossible is unknown. Nothing
//! else in the document matters, however deep or odd it is.
//!
//! Second shape of a flow. Logstash's codec decodes the packet, its netflow
//! module renames ten fields and adds names, localities and places; `SysUptime`
//! and padding are gone, and the times are worked out, not always well
//! ([`logstash_times`](crate::logstash_times)).
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
//! | which key is which field | [`dialect`] |
//! | how one value of a document becomes that of a field | `value` |
//! | how rows of csv become flows | [`nfdump_csv`] |
//! | how documents that look alike are read fast | [`shape`] |
//! | what a line of a file can hold: hit, document, page, error | [`entry`] |
//! | what answers of SQL, `_mget`, `_msearch` and others hold | [`wrapped`] |

pub mod dialect;
pub mod entry;
mod json;
pub mod nfdump_csv;
pub mod page;
mod rows_of_values;
pub mod server_error;
pub mod shape;
mod value;
pub mod wrapped;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use self::dialect::{Keys, Node};
use crate::field::FieldId;
use crate::record::FlowRecord;

pub use entry::Entry;
use json::{FromJson, KeySeed, OrNothing};
use value::Outcome;

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
    /// It has a key that some dialect knows, and that only flows have.
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

    /// The version of NetFlow that it states, if that is not 5.
    #[must_use]
    pub fn other_version(&self) -> Option<u64> {
        self.flow.version.filter(|_| self.other_version).map(u64::from)
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

/// Reads a value that may be an object with keys that are known.
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
        while let Some(child) = map.next_key_seed(KeySeed(|key: &str| node.child(key)))? {
            document.member(child, &mut map)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod written;

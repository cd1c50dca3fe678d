//! A document of Elasticsearch as a flow: what is one, what is unknown, what
//! is skipped.
//!
//! A flow is a document with a netflow object of version 5, 9 or 10 (IPFIX), or with
//! none stated; of the latter two not every document is one ([`templated`]). A field that is missing, null or impossible is unknown. Nothing
//! else in the document matters, however odd it is, but for its depth
//! ([`nesting`]).
//!
//! A document is read as Elasticsearch understands it: `"netflow.bytes": 1` is
//! `{"netflow": {"bytes": 1}}`, a list of one is its value, and what a hit has
//! under `fields` stands for a `_source` that does not say it. Of several
//! values of one field that with the best place counts, whatever their order.
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
//! assert_eq!(flow(r#"{"netflow": {"version": 7, "bytes": 60}}"#), Err(NotAFlow::OtherVersion));
//! assert_eq!(flow(r#"{"netflow": {"version": 9, "if_name": "eth0"}}"#), Err(NotAFlow::Options));
//! assert_eq!(flow(r#"{"message": "a log line"}"#), Err(NotAFlow::NoNetflow));
//! ```
//!
//! | to learn | read |
//! | --- | --- |
//! | which key is which field | [`dialect`] |
//! | how one value of a document becomes that of a field | `value` |
//! | how rows of csv become flows | [`csv`] |
//! | how documents that look alike are read fast | [`shape`] |
//! | what of v9 and IPFIX is a flow | [`templated`] |
//! | what a record about the exporter tells | [`options`] |
//! | how deep a document may nest | [`nesting`] |
//! | what a line of a file can hold: hit, document, page, error | [`entry`] |
//! | what answers of SQL, `_mget`, `_msearch` and others hold | [`wrapped`] |

pub mod csv;
pub mod dialect;
pub mod entry;
mod json;
mod judged;
pub mod nesting;
pub mod options;
pub mod page;
mod rows_of_values;
pub mod server_error;
pub mod shape;
pub mod templated;
mod value;
mod vflow;
pub mod wrapped;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};

use self::dialect::{Form, Keys, Node, Place, Signs};
use crate::field::{Access, FieldId};
use crate::record::FlowRecord;
use crate::row::N_FIELDS;
use crate::wire::templated::Impossibles;

pub use entry::Entry;
use json::Json;
use value::Found;

/// Why a document is no flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotAFlow {
    /// Not JSON, or not an object.
    NotJson,
    /// A hit without `_source`.
    NoSource,
    /// No netflow object, or one that says nothing.
    NoNetflow,
    /// Deeper than [`nesting::DEEPEST`].
    TooDeep,
    /// NetFlow of another version than 5, 9 and 10.
    OtherVersion,
    /// A record of v9 or IPFIX about the exporter, not about traffic: sampling,
    /// interfaces, counts of its own.
    Options,
    /// A datagram without a record that can be believed.
    NoRecord,
    /// A line of a csv file that has other cells than its header names.
    NotARow,
}

impl NotAFlow {
    /// Every cause, in the order they are looked for.
    pub const ALL: [Self; 8] = [
        Self::NotJson,
        Self::NoSource,
        Self::NoNetflow,
        Self::TooDeep,
        Self::OtherVersion,
        Self::Options,
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
            Self::TooDeep => "too_deep",
            Self::OtherVersion => "other_version",
            Self::Options => "options",
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
            Self::TooDeep => "nested deeper than 512 levels",
            Self::OtherVersion => "another NetFlow version than 5, 9 and 10",
            Self::Options => "options records of NetFlow v9 and IPFIX",
            Self::NoRecord => "no record in the datagram",
            Self::NotARow => "no row of the csv",
        }
    }
}

/// What has been read of a document so far.
#[derive(Debug)]
pub struct Document {
    flow: FlowRecord,
    /// For each field, the rank of the place that its value is from; [`NONE`]
    /// where none was found yet. A lower rank wins, so that the order of members
    /// makes no difference.
    ranks: [u8; N_FIELDS],
    /// What is added to the ranks of the object that is being read.
    after: u8,
    /// The halves of a port that stands as ICMP's type and code.
    halves: Option<u64>,
    /// Whether packets and bytes are of places that the pipeline multiplies.
    scaled: [bool; 2],
    /// What its keys say that it is.
    signs: Signs,
    /// The version it states is not 5.
    other_version: bool,
    /// It nests deeper than documents may.
    is_too_deep: bool,
    /// Whose keys are read: a row of [`dialect::DIALECTS`].
    dialect: usize,
    /// They are those of v9 and IPFIX.
    of_templates: bool,
    /// Keys that other dialects are known by.
    marks: u64,
    /// Values of v9 and IPFIX that cannot be.
    impossible: Impossibles,
    /// In which form its times stand: where as text, Logstash worked those of version 9
    /// out from uptimes.
    time_forms: [Form; 2],
}

/// The rank of a field that was not found.
const NONE: u8 = u8::MAX;

/// What is added to the ranks of `fields`, which stands for a `_source` that does
/// not say it. No dialect has as many places of one field.
const OF_FIELDS: u8 = 100;

/// An object of a document: the one that its keys are in, or `fields` of a hit.
#[derive(Clone, Copy, Debug)]
enum Part<'t> {
    /// Members at the top.
    Members(&'t [(Cow<'t, str>, &'t str)]),
    /// The text of an object.
    Object(&'t str),
    /// The text of the object that stands for what the others do not say.
    Fields(&'t str),
}

impl Document {
    /// Reads a document (a hit's `_source`).
    ///
    /// # Errors
    /// If the text is not a JSON object.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let members = reader.deserialize_map(MembersVisitor)?;
        reader.end()?;
        let is_too_deep = nesting::is_too_deep(json);
        Ok(Self { is_too_deep, ..Self::of(&[Part::Members(&members)]) })
    }

    /// Reads the parts of a document, in the dialect that their keys prove.
    fn of(parts: &[Part<'_>]) -> Self {
        let read_in = |dialect, of_templates| {
            let mut document = Self::in_dialect(dialect, of_templates);
            for part in parts {
                document.part(*part);
            }
            document
        };
        let mut document = read_in(0, false);
        match Keys::dialect(document.marks) {
            0 => {}
            dialect => document = read_in(dialect, false),
        }
        let is_of_templates = match document.flow.version {
            Some(version) => templated::VERSIONS.contains(&version),
            None => document.signs.templates && !document.other_version,
        };
        if is_of_templates { read_in(document.dialect, true) } else { document }
    }

    /// An empty one, whose keys are those of a dialect.
    fn in_dialect(dialect: usize, of_templates: bool) -> Self {
        Self {
            flow: FlowRecord::default(),
            ranks: [NONE; N_FIELDS],
            after: 0,
            halves: None,
            scaled: [false; 2],
            signs: Signs::default(),
            other_version: false,
            is_too_deep: false,
            dialect,
            of_templates,
            marks: 0,
            impossible: Impossibles::default(),
            time_forms: [Form::Plain; 2],
        }
    }

    /// The version of NetFlow that it states, if that is none that is read.
    #[must_use]
    pub fn other_version(&self) -> Option<u64> {
        self.flow.version.filter(|_| self.other_version).map(u64::from)
    }

    fn part(&mut self, part: Part<'_>) {
        let root = Keys::root(self.dialect, self.of_templates);
        self.after = if matches!(part, Part::Fields(_)) { OF_FIELDS } else { 0 };
        match part {
            Part::Members(members) => {
                for (key, value) in members {
                    self.member(root, key, value);
                }
            }
            Part::Object(text) | Part::Fields(text) => self.object(root, Json::of(text)),
        }
    }

    fn object(&mut self, node: &'static Node, json: Json<'_>) {
        let Json::Object(members) = json else { return };
        members.for_each(|(key, value)| self.member(node, &key, value));
    }

    /// Reads the value of a key that may be known.
    fn member(&mut self, above: &'static Node, key: &str, value: &str) {
        let (node, marks) = above.at(key);
        self.marks |= marks;
        if self.of_templates && node.is_none() {
            self.suspect(key, value);
        }
        let Some(node) = node else { return };
        let json = Json::of(value);
        match json {
            Json::Object(_) if node.has_children() => return self.object(node, json),
            // Elasticsearch makes no difference between an object and a list of it.
            Json::List(ref list) if node.has_children() => {
                list.clone().for_each(|element| self.object(node, Json::of(element)));
            }
            _ => {}
        }
        for (place, rank) in &node.places {
            let found = value::find(place, json.clone());
            if place.field == FieldId::Version {
                self.other_version |= match &found {
                    Found::Missing => false,
                    Found::Number(version) => !self.is_read(*version),
                    _ => true,
                };
            }
            self.take(place, rank.saturating_add(self.after), found);
        }
        self.signs |= node.signs;
    }

    fn is_read(&self, version: u64) -> bool {
        if self.of_templates {
            templated::VERSIONS.iter().any(|known| u64::from(*known) == version)
        } else {
            version == 5
        }
    }

    /// Takes a value for a field, unless one of a better place is known.
    fn take(&mut self, place: &Place, rank: u8, found: Found) {
        // An address that is none leaves room for another.
        let rank = match &found {
            Found::Address(address) if self.of_templates && address.is_unspecified() => {
                rank.saturating_add(templated::UNSPECIFIED)
            }
            // So does a 0 of what has members for each family.
            Found::Number(0) if self.of_templates && templated::is_of_families(place.field) => {
                rank.saturating_add(templated::UNSPECIFIED)
            }
            _ => rank,
        };
        if self.of_templates && found == Found::TooLarge {
            self.impossible.add(templated::kind_of(place.field));
        }
        let known = &mut self.ranks[place.field as usize];
        if rank > *known || matches!(found, Found::Missing | Found::Impossible) {
            return;
        }
        if let (Form::HighByte | Form::LowByte, Found::Number(half)) = (place.form, &found) {
            self.halves = Some(place.form.joined(*half, self.halves.unwrap_or(0)));
            return;
        }
        // The same place again: two values are none, as in a list of two.
        let is_again = rank == *known;
        *known = rank;
        if matches!(place.field, FieldId::FirstSwitched | FieldId::LastSwitched) {
            self.time_forms[usize::from(place.field == FieldId::LastSwitched)] = place.form;
        }
        if matches!(place.field, FieldId::Bytes | FieldId::Packets) {
            self.scaled[usize::from(place.field == FieldId::Bytes)] = place.form == Form::Scaled;
        }
        match place.field.field().access {
            Access::Number { read, write, .. } => {
                let value = if let Found::Number(value) = found { Some(value) } else { None };
                let is_same = !is_again || read(&self.flow) == value;
                write(&mut self.flow, value.filter(|_| is_same));
            }
            Access::Address { read, write } => {
                let address =
                    if let Found::Address(address) = found { Some(address) } else { None };
                let is_same = !is_again || read(&self.flow) == address;
                write(&mut self.flow, address.filter(|_| is_same));
            }
            Access::Worked { .. } => {}
            Access::Text { read, write } => {
                let text = if let Found::Text(text) = found { Some(text) } else { None };
                let is_same = !is_again || read(&self.flow) == text.as_deref();
                write(&mut self.flow, text.filter(|_| is_same));
            }
        }
    }
}

/// Reads an object as its members, whose values are left as text.
struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        json::each_member(&mut map, |key, value| members.push((key, value)))?;
        Ok(members)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod written;

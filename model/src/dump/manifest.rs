//! The manifest: everything a dump says about itself.

use std::collections::HashSet;
use std::io;

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::names::is_part_name;
use super::part::{Part, Pending};
use crate::window::Span;
use crate::window::Window;

/// Number of the layout described here. It grows only when a reader of the
/// last one would misunderstand the dump.
pub const FORMAT: u32 = 1;

/// Everything a dump says about itself; the content of `manifest.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Number of the layout; also the mark by which a dump is known.
    pub flowkit_dump: u32,
    /// Version of flowkit that wrote it.
    pub written_by: String,
    /// Whether all that was asked for is here.
    pub state: State,
    /// When the fetch began, RFC 3339.
    pub started: String,
    /// When the last document was safe on disk, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// Who was asked.
    pub server: Server,
    /// Indices asked for, as typed.
    pub index: String,
    /// Window asked for, as typed and as resolved.
    pub window: Window,
    /// The filter asked for, as typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The filter in normalised form, which needs no file and no zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_means: Option<String>,
    /// The query asked for beside window and filter, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_query: Option<serde_json::Value>,
    /// `fields` of a search that were asked for with each hit, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_fields: Option<serde_json::Value>,
    /// `docvalue_fields` of a search that were asked for with each hit, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_docvalue_fields: Option<serde_json::Value>,
    /// Members of the documents that were asked for; none is all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_fields: Vec<String>,
    /// Window and query that were sent; a part has its own share of it.
    pub query: serde_json::Value,
    /// How the indices were paged through: `scroll` or `pit`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// What is wanted of each index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<Wanted>,
    /// Parts that are whole, by name.
    pub parts: Vec<Part>,
    /// Parts that are planned and not whole yet; none while nothing is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Vec<Pending>>,
    /// Counts that were asked after the last part, against what is here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
    /// Indices that hold nothing of the window, by count; they have no part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub empty_indices: Vec<String>,
    /// What a reader should know beside the numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Whether a dump holds all that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Each document that was asked for is in a part.
    Complete,
    /// A fetch is at work, or it stopped; also any word a later version adds.
    #[default]
    #[serde(other)]
    Incomplete,
}

/// The server a dump came from, without credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Address, without credentials.
    pub url: String,
    /// `elasticsearch`, `opensearch`, or what else it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Version it states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Name of its cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// What is wanted of one index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The index.
    pub index: String,
    /// Window, filter and query in its terms.
    pub query: serde_json::Value,
}

/// What the server counted in an index after its last part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Count {
    /// The index.
    pub index: String,
    /// Documents the server counted.
    pub counted: u64,
    /// Documents of it that came.
    pub received: u64,
    /// When it was asked, RFC 3339.
    pub at: String,
}

/// Documents and bytes of all parts together; no sum of some of them overflows.
const LARGEST_SUM: u128 = 1 << 62;

/// How a note begins that tells what is missing.
const MISSING: &str = "incomplete: ";

impl Manifest {
    /// Reads a manifest; whether it is one that is readable is asked of it then.
    ///
    /// # Errors
    /// If it is no JSON of this form, or is readable and names no parts at all, or
    /// parts that no dump has.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        let manifest: Self = serde_json::from_slice(json)?;
        if manifest.is_readable() {
            serde_json::from_slice::<Required>(json)?;
            manifest.check().map_err(serde_json::Error::custom)?;
        }
        Ok(manifest)
    }

    /// Whether its parts are such as a dump can have: a manifest may come from anybody.
    /// This is the one place where names and numbers of parts are looked at.
    fn check(&self) -> Result<(), String> {
        let mut names = HashSet::new();
        let pending = self.pending.iter().flatten().map(|pending| &pending.name);
        for name in self.parts.iter().map(|part| &part.name).chain(pending) {
            if !is_part_name(name) {
                return Err(format!("{name:?} is no name that flowkit gives to a part"));
            }
            if !names.insert(name) {
                return Err(format!("two parts are called {name:?}"));
            }
        }
        let sizes: [fn(&Part) -> u64; 8] = [
            |part| part.expected,
            |part| part.received,
            |part| part.left_out,
            |part| part.known,
            |part| part.undated,
            |part| part.without_source,
            |part| part.bytes,
            |part| part.file_bytes,
        ];
        let numbers = self.parts.iter().flat_map(|part| sizes.map(|size| u128::from(size(part))));
        let planned = self.pending.iter().flatten().filter_map(|pending| pending.documents);
        if numbers.chain(planned.map(u128::from)).sum::<u128>() > LARGEST_SUM {
            return Err("its parts have more documents or bytes than there can be".into());
        }
        Ok(())
    }

    /// Writes it as JSON for people and programs, with a line end.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, mut out: impl io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")
    }

    /// The window that was asked for, as a span.
    #[must_use]
    pub fn span(&self) -> Span {
        self.window.span()
    }

    /// Whether it is a manifest, of a layout this version knows.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        (1..=FORMAT).contains(&self.flowkit_dump)
    }

    /// What was known to be missing when it was imported, one sentence each.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().filter_map(|note| note.strip_prefix(MISSING))
    }

    /// Notes that something is missing.
    pub fn add_missing(&mut self, sentences: &[String]) {
        self.notes.extend(sentences.iter().map(|sentence| format!("{MISSING}{sentence}")));
    }

    /// Documents in all parts.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.parts.iter().map(|part| part.received).sum()
    }

    /// Documents of an index that came without a `_source`.
    #[must_use]
    pub fn without_source(&self, index: &str) -> u64 {
        let of_index = self.parts.iter().filter(|part| part.scope.index == index);
        of_index.map(|part| part.without_source).sum()
    }

    /// Documents without an `@timestamp` in all parts.
    #[must_use]
    pub fn undated(&self) -> u64 {
        self.parts.iter().map(|part| part.undated).sum()
    }
}

/// What a manifest is not believed without: every flowkit wrote it, also where
/// there is no part, and damage to its name would look like a dump without flows.
#[derive(Deserialize)]
struct Required {
    #[serde(rename = "parts")]
    _parts: IgnoredAny,
}

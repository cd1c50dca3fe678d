//! Parts: the files that hold what came, whole or still to come.

use serde::{Deserialize, Serialize};

use super::names::{COLUMNS, COLUMNS_END, PARTS};
use super::part_form::PartForm;
use crate::window::{Span, optional_ms};

/// What the documents of an import were counted against.
pub const DOCUMENTS_READ: &str = "the documents that were read";

/// One file of documents that is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// Name, without folder and end.
    pub name: String,
    /// What its file holds.
    #[serde(skip_serializing_if = "PartForm::is_documents")]
    pub form: PartForm,
    /// Which documents it holds.
    #[serde(flatten)]
    pub scope: PartScope,
    /// How its documents are sorted.
    pub order: Order,
    /// Documents the server counted.
    pub expected: u64,
    /// Documents that came, one a line; of an import without documents, its
    /// datagrams or rows.
    pub received: u64,
    /// Documents that came and are left out, since they do not match the filter:
    /// the query that was pushed down is wider.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// Documents that came and are left out, since another part has them.
    #[serde(skip_serializing_if = "is_zero")]
    pub known: u64,
    /// Documents among those received that came without a `_source`, as of an index that
    /// stores none; they are no flows.
    #[serde(skip_serializing_if = "is_zero")]
    pub without_source: u64,
    /// Bytes of the lines, before compression.
    pub bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Smallest `@timestamp`, in milliseconds since 1970; none if no document has one.
    #[serde(with = "optional_ms", rename = "first")]
    pub first_ms: Option<i64>,
    /// Largest `@timestamp`, in the same unit; none if no document has one.
    #[serde(with = "optional_ms", rename = "last")]
    pub last_ms: Option<i64>,
    /// Documents without an `@timestamp`.
    pub undated: u64,
    /// What is known about its completeness.
    pub proof: Proof,
}

/// Which documents a part holds: its share of what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartScope {
    /// Index its documents are in, or the pattern where no index could be named.
    pub index: String,
    /// Its share of the window.
    pub window: Span,
    /// Its share of the index; none is all of it.
    pub slice: Option<Slice>,
    /// Whether it holds those without an `@timestamp`, and none with one.
    #[serde(skip_serializing_if = "is_false")]
    pub without_time: bool,
    /// The query whose documents it holds, all but the slice.
    pub query: serde_json::Value,
}

/// One file of documents that is still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pending {
    /// Name, without folder and end.
    pub name: String,
    /// Which documents it will hold.
    #[serde(flatten)]
    pub scope: PartScope,
    /// Whether documents that other parts have are left out.
    #[serde(skip_serializing_if = "is_false")]
    pub skips_known: bool,
    /// Documents in it when it was planned, if the server would count.
    pub documents: Option<u64>,
}

/// How the documents of a part are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By `@timestamp`: a fetch that broke off can go on at the last one.
    Time,
    /// As the server stores them; also any word a later version adds.
    #[default]
    #[serde(other)]
    Storage,
}

/// One of `max` disjoint shares of an index, as the server cuts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Slice {
    /// Number of this share, from 0.
    pub id: u32,
    /// Number of shares.
    pub max: u32,
}

/// Why a part is believed to be whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proof {
    /// How many snapshots of the index it was read from.
    pub read: Read,
    /// The count that `received` was compared with.
    pub against: String,
    /// When it was compared, RFC 3339.
    pub counted: String,
}

/// How many snapshots of an index a part was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// One: the index as it was in one instant.
    OneSnapshot,
    /// Several, joined after an interruption; also any word a later version adds.
    #[default]
    #[serde(other)]
    Joined,
}

impl Part {
    /// Whether its documents were imported. They stand as they stood, hits or
    /// not; those of any other part are hits. Damage to one member of a part
    /// that was fetched does not make it one that was imported.
    #[must_use]
    pub fn holds_imported_documents(&self) -> bool {
        self.form.is_documents()
            && self.scope.index.is_empty()
            && self.proof.against == DOCUMENTS_READ
    }

    /// Where its file is, from the folder of the dump: `parts/NAME.ndjson.zst`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{PARTS}/{}", self.file_name())
    }

    /// Name of its file: `NAME.ndjson.zst`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}{}", self.name, self.form.end())
    }

    /// Where its columns are, from the folder of the dump.
    #[must_use]
    pub fn columns_path(&self) -> String {
        format!("{COLUMNS}/{}", self.columns_name())
    }

    /// Name of the file of its columns: `NAME.parquet`.
    #[must_use]
    pub fn columns_name(&self) -> String {
        format!("{}{COLUMNS_END}", self.name)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
pub(super) fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
pub(super) fn is_zero(value: &u64) -> bool {
    *value == 0
}

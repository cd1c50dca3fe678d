//! How far a part in work is: the content of `NAME.state`.

use std::io;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::document_id::IdInPart;
use super::names::is_part_name;
use super::part::{Order, PartScope, is_false, is_zero};
use crate::window::optional_ms;

/// Documents or bytes of a part.
const LARGEST_SIZE: u64 = 1 << 56;

/// How far a part in work is; the content of `NAME.state`.
///
/// All that a later run needs to resume by reading this alone: cut the file
/// back to `file_bytes`, ask for `@timestamp >= last`, and leave out the
/// documents in `at_last`. In storage order it has to start over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartState {
    /// Number of the layout.
    pub flowkit_dump: u32,
    /// Name of the part.
    pub name: String,
    /// Which documents it will hold.
    #[serde(flatten)]
    pub scope: PartScope,
    /// How its documents are sorted.
    pub order: Order,
    /// Documents the server counted, by what is known so far.
    pub expected: u64,
    /// Documents that are safe on disk.
    pub rows: u64,
    /// Documents left out, since they do not match the filter.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// Documents left out, since another part has them.
    #[serde(skip_serializing_if = "is_zero")]
    pub known: u64,
    /// Documents on disk that came without a `_source`.
    #[serde(skip_serializing_if = "is_zero")]
    pub without_source: u64,
    /// Whether it was read from more than one snapshot.
    #[serde(skip_serializing_if = "is_false")]
    pub is_joined: bool,
    /// Bytes of their lines, before compression.
    pub bytes: u64,
    /// Bytes of the file up to there; what follows is to be cut off.
    pub file_bytes: u64,
    /// Smallest `@timestamp` so far.
    #[serde(with = "optional_ms", rename = "first")]
    pub first_ms: Option<i64>,
    /// Largest `@timestamp` so far, which is the last one written.
    #[serde(with = "optional_ms", rename = "last")]
    pub last_ms: Option<i64>,
    /// SHA-256 of the file up to there, in hexadecimal.
    pub sha256: String,
    /// Documents that came and whose `@timestamp` is `last`.
    pub at_last: Vec<IdInPart>,
}

impl PartState {
    /// Reads a state.
    ///
    /// # Errors
    /// If it is no JSON of this form, or of a part that no dump has.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        let state: Self = serde_json::from_slice(json)?;
        let of_documents = [state.expected, state.rows, state.left_out, state.known];
        let sizes = [state.without_source, state.bytes, state.file_bytes];
        if !is_part_name(&state.name) {
            return Err(serde_json::Error::custom(format_args!(
                "{:?} is no name that flowkit gives to a part",
                state.name
            )));
        }
        if of_documents.into_iter().chain(sizes).any(|size| size > LARGEST_SIZE) {
            return Err(serde_json::Error::custom("it has more than there can be"));
        }
        Ok(state)
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: impl io::Write) -> io::Result<()> {
        serde_json::to_writer(out, self).map_err(io::Error::from)
    }
}

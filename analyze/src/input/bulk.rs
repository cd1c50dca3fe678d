//! `_bulk` requests: action lines and document lines in turn.

use std::borrow::Cow;

use memchr::memrchr;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Where a block of a `_bulk` request ends: before its last line, if that is an
/// action.
pub(super) fn before_last_action(text: &[u8]) -> usize {
    let lines = text.trim_ascii_end();
    let start = memrchr(b'\n', lines).map_or(0, |end| end + 1);
    if is_action(lines[start..].trim_ascii()) { start } else { text.len() }
}

/// Whether a line is an action of a `_bulk` request.
pub(crate) fn is_action(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"{") else { return false };
    let rest = rest.trim_ascii_start();
    [&b"\"index\""[..], b"\"create\"", b"\"update\"", b"\"delete\""]
        .iter()
        .any(|word| rest.starts_with(word))
        && serde_json::from_slice::<BulkAction<'_>>(line).is_ok()
}

/// The document of a `_bulk` request: that under `doc`, if the action updates one.
pub(crate) fn document_of<'d>(action: &[u8], line: &'d [u8]) -> &'d [u8] {
    #[derive(Deserialize)]
    struct Update<'a> {
        #[serde(borrow)]
        doc: &'a RawValue,
    }
    let inside = action.strip_prefix(b"{").unwrap_or_default().trim_ascii_start();
    if !inside.starts_with(b"\"update\"") {
        return line;
    }
    match serde_json::from_slice::<Update<'_>>(line) {
        Ok(Update { doc }) if doc.get().starts_with('{') => doc.get().as_bytes(),
        _ => line,
    }
}

/// An action: an object of one field, which says where the document goes.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BulkAction<'a> {
    /// Store the document.
    #[serde(borrow, alias = "create", alias = "update")]
    Index(Target<'a>),
    /// Delete a document; no document line follows.
    #[serde(borrow)]
    Delete(#[expect(dead_code, reason = "tells an action from a document")] Target<'a>),
}

/// Where a document of a `_bulk` request goes.
#[derive(Deserialize)]
pub(crate) struct Target<'a> {
    #[serde(borrow, rename = "_index")]
    pub(crate) index: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "_id")]
    pub(crate) id: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "_routing")]
    pub(crate) routing: Option<Cow<'a, str>>,
}

//! Indices that exist and that a server does not search, or not by time.

use std::fmt;

/// An index that cannot be fetched from as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsearchable {
    /// Index or pattern.
    pub index: String,
    /// Why not.
    pub why: Why,
}

/// Why an index cannot be fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A block of the index forbids it, in the server's words.
    Blocked(String),
    /// It is frozen: searches leave it out.
    Frozen,
    /// Its `@timestamp` is mapped as text, of this type.
    TimeIsText(String),
}

impl fmt::Display for Unsearchable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, why } = self;
        match why {
            Why::Blocked(reason) => write!(
                out,
                "{index} is blocked for reading ({reason}); set index.blocks.read to false with PUT /INDEX/_settings, or leave it out of --index"
            ),
            Why::Frozen => write!(
                out,
                "{index} is frozen, and searches leave it out; open it to them with POST /INDEX/_unfreeze, or leave it out of --index"
            ),
            Why::TimeIsText(kind) => write!(
                out,
                "{index} maps @timestamp as {kind} and not as date: the server can neither select a window nor sort by time; leave it out of --index (with -INDEX), or reindex it"
            ),
        }
    }
}

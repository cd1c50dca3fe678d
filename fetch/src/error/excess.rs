//! What a server says more of than a fetch has room for.

use std::fmt;

/// More than the limit of indices or parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Indices that match a pattern.
    Indices {
        /// Index or pattern.
        pattern: String,
        /// Maximum number.
        limit: usize,
    },
    /// Parts of a fetch.
    Parts {
        /// Index that has too many.
        index: String,
        /// Maximum number.
        limit: usize,
    },
    /// The filter of an alias.
    AliasFilter {
        /// Index that was reached by the alias.
        index: String,
        /// Maximum number of bytes.
        bytes: usize,
        /// Maximum depth of objects in one another.
        depth: usize,
    },
}

impl fmt::Display for Excess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Indices { pattern, limit } => write!(
                out,
                "the server names more than {limit} indices for {pattern}; try a narrower --index"
            ),
            Self::Parts { index, limit } => write!(
                out,
                "by the counts of the server a fetch of {index} takes more than {limit} parts; try a larger --part-size, or a shorter window"
            ),
            Self::AliasFilter { index, bytes, depth } => write!(
                out,
                "the alias of {index} has a filter of more than {bytes} bytes, or deeper than {depth}; name the index itself with --index, and the filter with --query"
            ),
        }
    }
}

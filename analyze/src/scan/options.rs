//! How strictly sources are read, and the memory budget of a question.

/// How strictly to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// Return an error for a document that would be skipped.
    pub strict: bool,
    /// Memory budget of aggregation in bytes; groups beyond it spill to temporary
    /// files. `None` is 400 MB.
    pub memory: Option<usize>,
}

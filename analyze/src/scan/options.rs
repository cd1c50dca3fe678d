//! How strictly sources are read, and how much memory a question may take.

/// How strictly to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// A document that would be skipped is an error.
    pub strict: bool,
    /// Bytes of groups to keep in memory, others go to temporary files; `None`
    /// is [`Memory::default`].
    pub memory: Option<usize>,
}

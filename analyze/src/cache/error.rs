//! Why the Parquet cache of a dump's part cannot be made or read.

use crate::error::ReadError;
use crate::store::StoreError;

/// The Parquet cache of a dump's part cannot be made or read. Questions are still
/// answered, from the part itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The Parquet file cannot be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The part is not as the manifest says.
    #[error("the part is damaged")]
    Damaged,
    /// The dump is another's.
    #[error("the dump {why}")]
    Foreign {
        /// What makes it so.
        why: &'static str,
    },
    /// The part cannot be read.
    #[error(transparent)]
    Part(#[from] ReadError),
}

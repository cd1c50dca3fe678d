//! Why a Parquet file of flows cannot be written or read.

use std::path::PathBuf;

use flowkit_model::harmless;

/// A Parquet file of flows cannot be written or read. A dump still answers, from
/// its documents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be opened, read or written.
    #[error("cannot use {}", harmless::path(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file has the columns of version 5, and the flows need others: it is to be
    /// begun again.
    #[error("the flows of {} need more columns than version 5 has", harmless::path(path))]
    Wider {
        /// The file.
        path: PathBuf,
    },
    /// The Parquet writer or reader refused.
    #[error("cannot use the columns {}", harmless::path(path))]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: parquet::errors::ParquetError,
    },
    /// Another program or another version wrote the file, or it is damaged.
    #[error(
        "{} does not hold the columns of flows as this flowkit writes them: {what}",
        harmless::path(path)
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// An export for other programs, which flowkit does not read.
    #[error("{} has addresses as text", harmless::path(path))]
    AddressesAsText {
        /// The file.
        path: PathBuf,
    },
}

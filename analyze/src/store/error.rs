//! Why a Parquet file of flows cannot be written or read.

use std::io;
use std::path::PathBuf;

use flowkit_model::harmless;
use parquet::errors::ParquetError;

use super::tuning::{MOST_FOOTER, MOST_PAGE};

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
        source: io::Error,
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
        source: ParquetError,
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
    /// Values are so long that flowkit would not read the file.
    #[error("{} cannot hold these flows: {what}", harmless::path(path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// What would be too long.
        what: TooLong,
    },
    /// An export for other programs, which flowkit does not read.
    #[error("{} has addresses as text", harmless::path(path))]
    AddressesAsText {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// What the Parquet writer met: where writing itself failed, the error of that.
    pub(crate) fn of_writing(path: PathBuf, met: ParquetError) -> Self {
        let ParquetError::External(cause) = met else {
            return Self::Parquet { path, source: met };
        };
        if let Some(what) = cause.downcast_ref() {
            return Self::TooLong { path, what: *what };
        }
        match cause.downcast::<io::Error>() {
            Ok(source) => Self::Io { path, source: *source },
            Err(cause) => Self::Parquet { path, source: ParquetError::External(cause) },
        }
    }
}

/// What of a Parquet file would be longer than flowkit reads, because values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    /// The footer names each exporter.
    #[error("its footer, which names each exporter, would have more than {} MiB", MOST_FOOTER >> 20)]
    Footer,
    /// A page, or the dictionary of a column.
    #[error("a page of long values would have more than {} MiB", MOST_PAGE >> 20)]
    Page,
}

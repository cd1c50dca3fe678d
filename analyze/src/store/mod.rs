//! The columns of a dump: `columns/NAME.parquet`, one file a part.
//!
//! A part's JSON is read once; every later question reads the columns that it
//! needs. The columns are derived: they may be removed at any time, and are
//! made again, each by itself, when they are missing or do not belong to their
//! part any more. Other programs may read `columns/*.parquet` as one table.
//!
//! | to learn | read |
//! | --- | --- |
//! | names, types and units of the columns, and how each is stored | [`schema`] |
//! | what a file says of its part besides the flows, and of each column | `facts`, `bounds` |
//! | how flows become a file | `writer`, `under_way`, `make` |
//! | how a question reads one | `reader`, `page` |
//! | how damage is found | `verify` |

mod bounds;
pub(crate) mod facts;
mod make;
mod page;
mod reader;
pub mod schema;
mod under_way;
mod verify;
pub(crate) mod writer;

pub use self::make::{Made, make_missing};
pub(crate) use self::make::{Prepared, StoredPart, of_file, prepare, seen};
pub(crate) use self::reader::{ColumnFile, Request, Spare};
pub(crate) use self::under_way::UnderWay;
pub use self::verify::verify;

/// Why columns cannot be read or written. Never a reason to give no answer: the
/// part itself is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be opened, read or written.
    #[error("cannot use {path}")]
    Io {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The Parquet writer or reader refused.
    #[error("cannot use the columns {path}")]
    Parquet {
        /// The file.
        path: String,
        /// Why not.
        source: parquet::errors::ParquetError,
    },
    /// Not columns that this flowkit wrote, or damaged.
    #[error("{path} does not hold the columns of flows as this flowkit writes them: {what}")]
    Foreign {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// An export for other programs, which flowkit does not read.
    #[error("{path} has addresses as text")]
    AddressesAsText {
        /// The file.
        path: String,
    },
    /// The part is not as the manifest says.
    #[error("the part is damaged")]
    Damaged,
    /// The part cannot be read.
    #[error(transparent)]
    Part(#[from] crate::error::ReadError),
}

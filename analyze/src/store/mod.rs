//! Flows as Parquet: one column a field, in files that this flowkit writes and
//! reads with code of its own, and that other programs read.
//!
//! | to learn | read |
//! | --- | --- |
//! | names, types and units of the columns, and how each is stored | [`schema`] |
//! | what the footer says of the file's flows, and of each column | `footer`, `bounds` |
//! | how flows become a file | `writer` |
//! | how a question reads one | `reader`, `page` |
//!
//! When the files of a dump are made, from what, is in [`cache`](crate::cache).

mod bounds;
mod error;
pub(crate) mod footer;
mod page;
mod reader;
pub mod schema;
pub(crate) mod writer;

pub use error::StoreError;
pub(crate) use reader::{Buffers, ColumnFile, Request, StoredPart};

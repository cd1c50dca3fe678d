//! Flows as Parquet: one column a field, in files that this flowkit writes and
//! reads with code of its own, and that other programs read.
//!
//! | to learn | read |
//! | --- | --- |
//! | which columns a file has | `layout` |
//! | names, types and units of the columns | [`schema`] |
//! | how each column is encoded and compressed, in pieces of what size | `tuning`, `properties` |
//! | what the footer says of the file's flows, and of each column | `footer`, `statistics` |
//! | what is checked of a footer before memory is taken for it | `outline` |
//! | how values become bytes, and bytes values | `encoding`: one file an encoding |
//! | which other parts a file is bound to | `before` |
//! | what stands in front of a page | `page_header`, over `thrift` |
//! | how flows become a file | `writer` |
//! | how a question reads one, and what it skips | `reader`, `reader/pruning.rs` |
//!
//! When the files of a dump are made, from what, is in [`cache`](crate::cache).

pub(crate) mod before;
mod encoding;
mod error;
pub(crate) mod footer;
pub(crate) mod layout;
mod outline;
mod page_header;
mod properties;
mod reader;
pub(crate) mod schema;
mod statistics;
mod stored_exporters;
mod thrift;
mod tuning;
pub(crate) mod writer;

pub(crate) use error::{StoreError, TooLong};
pub(crate) use reader::{Buffers, ColumnFile, Request, StoredPart, any_page};

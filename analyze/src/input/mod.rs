//! Sources: files, dumps and standard input, read as blocks of documents.
//!
//! The format is detected from the content, or given. [`INPUTS`] lists the
//! formats; in JSON, [`Entry`](flowkit_model::Entry) classifies each value as
//! hit, document or answer, so a file may even mix them.

mod blocks;
mod buffer;
mod bulk;
mod capture;
mod compression;
mod csv;
pub(crate) mod datagrams;
mod dump;
mod fetched_with;
mod formats;
mod framing;
mod json_values;
mod lines;
mod open;
pub(crate) mod parse;
mod piece;
mod read;
pub(crate) mod shape_cache;
mod sniff;
mod source;
mod truncated_page;

pub(crate) use self::blocks::Block;
pub(crate) use self::bulk::{BulkAction, is_action};
pub(crate) use self::csv::Row as TextRow;
pub use self::dump::read_manifest;
pub use self::formats::{INPUTS, InputForm};
pub(crate) use self::framing::{Framing, framing};
pub(crate) use self::json_values::several;
pub(crate) use self::piece::Piece;
pub(crate) use self::read::{bytes as read_bytes, read, read_and_keep};
pub use self::source::Source;
pub(crate) use self::source::{DumpPart, Opened, may_share, streams};
pub(crate) use self::truncated_page::hits_before_the_end;

//! Sources: files, dumps and standard input, read as blocks of documents.
//!
//! The format is detected from the content, or given. [`INPUTS`] lists the
//! formats; in JSON, [`Entry`](flowkit_model::Entry) classifies each value as
//! hit, document or answer, so a file may even mix them.

mod block;
mod blocks;
#[cfg(test)]
mod boundaries;
mod buffer;
mod bulk;
mod capture;
mod compression;
mod csv;
mod datagrams;
mod dump;
mod earlier;
mod entries;
mod fetched_with;
mod foreign;
mod formats;
mod framing;
mod gzip;
mod json_values;
mod letters;
mod lines;
mod met;
pub(crate) mod odd;
mod open;
mod others;
pub(crate) mod packets;
pub(crate) mod parse;
mod piece;
mod plain_lines;
mod read;
mod rows;
mod scopes;
pub(crate) mod shape_cache;
mod sniff;
mod source;
mod stretches;
mod tar;
mod truncated_page;

pub(crate) use self::block::Block;
pub(crate) use self::bulk::{BulkAction, document_of, is_action};
pub use self::dump::read_manifest;
pub(crate) use self::earlier::Earlier;
pub(crate) use self::formats::Reading;
pub use self::formats::{INPUTS, InputForm};
pub(crate) use self::framing::{Framing, framing};
pub(crate) use self::piece::Piece;
pub(crate) use self::read::{bytes as read_bytes, read, read_and_keep};
pub(crate) use self::rows::RowCounts;
pub(crate) use self::scopes::{Scopes, may_overlap};
pub use self::source::Source;
pub(crate) use self::source::{DumpPart, Opened, named_twice, read_once, streams};
pub(crate) use self::stretches::{Stretch, walk};
pub(crate) use self::truncated_page::hits_before_the_end;

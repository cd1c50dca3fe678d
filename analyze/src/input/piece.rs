//! The pieces that a stream is read in.

use flowkit_model::dump::PartForm;

use super::block::Block;
use super::packets::Datagrams;

/// A piece of a stream.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Documents.
    Block(Block),
    /// The end, and what is wrong with the stream if it is damaged.
    End { damage: Option<String> },
    /// What follows, to its end, is a member of an archive, under this name.
    Member(String),
    /// A member of an archive that is not read, and why.
    Refused(String),
    /// The stream is not read: it has a Parquet file.
    Stored,
    /// NetFlow datagrams.
    Datagrams(Datagrams),
    /// The raw bytes that the next datagrams are in, if the caller asked for
    /// them.
    Bytes(PartForm, Vec<u8>),
}

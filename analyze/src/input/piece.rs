//! What comes out of a stream, piece by piece.

use flowkit_model::dump::PartForm;

use super::blocks::Block;
use super::datagrams::Datagrams;

/// What comes out of a stream.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Documents.
    Block(Block),
    /// The end: a damaged stream says how.
    End { damage: Option<String> },
    /// Nothing: the stream has columns.
    Stored,
    /// NetFlow itself.
    Datagrams(Datagrams),
    /// The bytes that the next datagrams were found in, as they came, where they
    /// are to be kept.
    Bytes(PartForm, Vec<u8>),
}

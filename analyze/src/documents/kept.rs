//! What a source holds, in the form in which nothing of it is lost.
//!
//! Lines that are a document each, which is what nearly all sources are, are
//! read once: what they say comes with them.

use std::sync::Arc;

use flowkit_model::dump::PartForm;
use memchr::{memchr, memchr_iter};

use super::{Found, Walk, documents};
use crate::columns::FieldSet;
use crate::dictionary::Dictionary;
use crate::error::ReadError;
use crate::input::parse::Parsed;
use crate::input::shapes::Shapes;
use crate::input::{self, Block, Framing, Piece, Source};
use crate::scan::{ReadOptions, in_waves};
use crate::tally::Tally;

/// What a source holds.
#[derive(Debug)]
pub(crate) enum Kept<'a> {
    /// Lines that are a document each, as they stand.
    Lines(AsItStands),
    /// A document.
    Document(&'a str),
    /// Bytes of a stream that holds none.
    Bytes(PartForm, &'a [u8]),
    /// So many datagrams or rows were in bytes handed on before.
    Read(u64),
    /// A stream ends.
    End,
}

/// Text of which each line is a document, without anything around it.
#[derive(Debug)]
pub(crate) struct AsItStands {
    /// The text.
    pub(crate) block: Block,
    /// Its lines.
    pub(crate) lines: u64,
    /// What they say.
    pub(crate) parsed: Box<Parsed>,
}

/// A piece, and what is known of it.
enum Looked {
    AsItStands(AsItStands),
    /// Bytes that hold no documents were looked through for their number.
    Counted(Piece, Box<Parsed>),
    Other(Piece),
}

/// Hands on what a source holds until `take` says false; of documents that stand
/// as they will be kept, some fields are read on the way.
///
/// # Errors
/// As [`each`](super::each).
pub(crate) fn each_kept(
    source: &Source,
    options: ReadOptions,
    fields: FieldSet,
    dictionary: &Arc<Dictionary>,
    mut take: impl FnMut(Kept<'_>) -> bool,
) -> Result<Tally, ReadError> {
    let sources = std::slice::from_ref(source);
    let streams = input::streams(sources);
    let shapes = Shapes::default();
    let mut walk = Walk::new(sources, options);
    in_waves(
        |hand_on| input::read_and_keep(source, hand_on),
        |stream, piece| (stream, look(piece, fields, dictionary, &shapes)),
        |wave| {
            Ok(wave
                .into_iter()
                .all(|(stream, looked)| walk.looked(streams[stream].name, looked, &mut take)))
        },
    )?;
    walk.finish()
}

fn look(piece: Piece, fields: FieldSet, dictionary: &Arc<Dictionary>, shapes: &Shapes) -> Looked {
    let none = FieldSet::default();
    match piece {
        Piece::Block(block) if block.framing == Framing::Lines => {
            let parsed = Parsed::new(&block, fields, dictionary, shapes);
            match n_lines(&block, parsed.odd_lines == 0) {
                Some(lines) => {
                    Looked::AsItStands(AsItStands { block, lines, parsed: Box::new(parsed) })
                }
                None => Looked::Other(Piece::Block(block)),
            }
        }
        Piece::Block(block) if block.framing == Framing::Rows => {
            let parsed = Box::new(Parsed::new(&block, none, dictionary, shapes));
            Looked::Counted(Piece::Block(block), parsed)
        }
        Piece::Datagrams(datagrams) => {
            let parsed = Box::new(datagrams.parse(none, dictionary));
            Looked::Counted(Piece::Datagrams(datagrams), parsed)
        }
        piece => Looked::Other(piece),
    }
}

/// The lines of a block, if each is a document that is kept as it stands.
fn n_lines(block: &Block, all_known: bool) -> Option<u64> {
    let text = &block.text[..];
    // Before a line end a carriage return is a blank.
    let text = std::str::from_utf8(text).ok().filter(|_| memchr(b'\r', text).is_none())?;
    let whole = text.strip_suffix('\n').unwrap_or(text);
    let is_kept = |line: &str| {
        let found = documents(line);
        matches!(&*found, [Ok(Found { whole, .. })] if whole.len() == line.trim_ascii().len())
            && line.trim_ascii().len() == line.len()
    };
    let is_kept = all_known || whole.split('\n').all(is_kept);
    is_kept.then(|| memchr_iter(b'\n', whole.as_bytes()).count() as u64 + 1)
}

impl Walk {
    /// Hands on what is in a piece; false if no more is wanted.
    fn looked(
        &mut self,
        name: &str,
        looked: Looked,
        take: &mut impl FnMut(Kept<'_>) -> bool,
    ) -> bool {
        match looked {
            Looked::AsItStands(lines) => take(Kept::Lines(lines)),
            Looked::Counted(piece, parsed) => {
                let goes_on = self.skipped(name, &parsed);
                let text = match &piece {
                    Piece::Block(block) => Some(&block.text[..]),
                    _ => None,
                };
                goes_on
                    && text.is_none_or(|text| take(Kept::Bytes(PartForm::Rows, text)))
                    && take(Kept::Read(parsed.n_values))
            }
            Looked::Other(Piece::Bytes(form, bytes)) => take(Kept::Bytes(form, &bytes)),
            Looked::Other(piece @ Piece::End { .. }) => {
                self.piece(name, piece, &mut |_| true);
                take(Kept::End)
            }
            Looked::Other(piece) => {
                self.piece(name, piece, &mut |found| take(Kept::Document(found.whole)))
            }
        }
    }
}

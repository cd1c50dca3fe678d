//! What a source holds, in the form in which nothing of it is lost.
//!
//! Lines that are a document each, which is what nearly all sources are, are
//! read once: what they say comes with them.

use std::sync::Arc;

use flowkit_model::answer::Tally;
use flowkit_model::dump::PartForm;
use memchr::{memchr, memchr_iter};

use super::{Found, Walk, documents, parsed};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::error::ReadError;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{self, Block, Framing, Piece, Source};
use crate::scan::ingest::known_before;
use crate::scan::options::ReadOptions;
use crate::scan::waves::in_waves;

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
    Other(Piece, Option<Box<Parsed>>),
}

/// Reads sources one after the other and hands on what they hold.
pub(crate) struct Keeping<'s> {
    walk: Walk<'s>,
    shapes: Shapes,
    /// Streams of the sources before.
    streams: usize,
}

impl<'s> Keeping<'s> {
    pub(crate) fn new(sources: &'s [Source], options: ReadOptions) -> Self {
        Self { walk: Walk::new(sources, options), shapes: Shapes::default(), streams: 0 }
    }

    /// Hands on what the next source holds until `take` says false, and says what
    /// was met in it; of documents that stand as they will be kept, some fields
    /// are read on the way.
    ///
    /// # Errors
    /// As [`each`](crate::documents::each).
    pub(crate) fn next(
        &mut self,
        source: &Source,
        fields: FieldSet,
        dictionary: &Arc<Dictionary>,
        mut take: impl FnMut(Kept<'_>) -> bool,
    ) -> Result<Tally, ReadError> {
        let Self { walk, shapes, streams: before } = self;
        walk.tally = known_before(std::slice::from_ref(source));
        let is_columns: Vec<bool> = walk.are_columns().split_off(*before);
        let shapes = &*shapes;
        in_waves(
            |hand_on| input::read_and_keep(source, |stream| is_columns[stream], hand_on),
            |stream, piece| (*before + stream, look(piece, fields, dictionary, shapes)),
            |wave| {
                let mut wave = wave.into_iter();
                Ok(wave.all(|(stream, looked)| walk.looked(stream, looked, &mut take)))
            },
        )?;
        *before += source.parts().count();
        walk.met()
    }

    /// What is missing of searches whose answers came in several sources.
    pub(crate) fn finish(self) -> Vec<String> {
        let mut tally = Tally::default();
        self.walk.completeness.finish(&mut tally);
        tally.incomplete
    }
}

fn look(piece: Piece, fields: FieldSet, dictionary: &Arc<Dictionary>, shapes: &Shapes) -> Looked {
    let is_lines = matches!(&piece, Piece::Block(block) if block.framing == Framing::Lines);
    let fields = if is_lines { fields } else { FieldSet::default() };
    let parsed = parsed(&piece, fields, dictionary, shapes).map(Box::new);
    match (piece, parsed) {
        (Piece::Block(block), Some(parsed)) if is_lines => {
            match n_lines(&block, parsed.odd_lines == 0) {
                Some(lines) => Looked::AsItStands(AsItStands { block, lines, parsed }),
                None => Looked::Other(Piece::Block(block), Some(parsed)),
            }
        }
        (Piece::Block(block), Some(parsed)) if block.framing == Framing::Rows => {
            Looked::Counted(Piece::Block(block), parsed)
        }
        (piece @ Piece::Datagrams(_), Some(parsed)) => Looked::Counted(piece, parsed),
        (piece, parsed) => Looked::Other(piece, parsed),
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

impl Walk<'_> {
    /// Hands on what is in a piece; false if no more is wanted.
    fn looked(
        &mut self,
        stream: usize,
        looked: Looked,
        take: &mut impl FnMut(Kept<'_>) -> bool,
    ) -> bool {
        let name = self.completeness.name(stream);
        match looked {
            Looked::AsItStands(lines) => {
                self.completeness.block(stream, &lines.parsed, &mut self.tally);
                take(Kept::Lines(lines))
            }
            Looked::Counted(piece, parsed) => {
                self.completeness.block(stream, &parsed, &mut self.tally);
                let goes_on = self.skipped(name, &parsed);
                let text = match &piece {
                    Piece::Block(block) => Some(&block.text[..]),
                    _ => None,
                };
                goes_on
                    && text.is_none_or(|text| take(Kept::Bytes(PartForm::Rows, text)))
                    && take(Kept::Read(parsed.n_values))
            }
            Looked::Other(Piece::Bytes(form, bytes), _) => take(Kept::Bytes(form, &bytes)),
            Looked::Other(Piece::End { damage }, _) => self.end(stream, damage) && take(Kept::End),
            Looked::Other(piece, parsed) => {
                let mut take = |found: Found<'_>| take(Kept::Document(found.whole));
                self.piece(stream, piece, parsed.as_deref(), &mut take)
            }
        }
    }
}

//! What a source holds, for import: documents as they stand, other formats as raw
//! bytes.
//!
//! Newline-delimited documents, the usual case, are parsed once: the parsed
//! columns come with the text.

use std::sync::Arc;

use flowkit_model::answer::Tally;
use flowkit_model::dump::PartForm;
use memchr::{memchr, memchr_iter};

use super::found::documents;
use super::{Found, Walk, parsed};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::error::ReadError;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{self, Block, Framing, Piece, Source};
use crate::scan::ingest::known_before;
use crate::scan::judge::Judge;
use crate::scan::options::ReadOptions;
use crate::scan::waves::in_waves;

/// A piece of a source's content.
#[derive(Debug)]
pub(crate) enum Kept<'a> {
    /// Newline-delimited documents, unchanged.
    Lines(AsItStands),
    /// A document.
    Document(&'a str),
    /// Raw bytes of a stream that holds no documents.
    Bytes(PartForm, &'a [u8]),
    /// Number of datagrams or rows in the raw bytes before.
    Read(u64),
    /// A stream ends.
    End,
}

/// Text of which each line is exactly one document.
#[derive(Debug)]
pub(crate) struct AsItStands {
    /// The text.
    pub(crate) block: Block,
    /// Number of lines.
    pub(crate) lines: u64,
    /// The parsed documents.
    pub(crate) parsed: Box<Parsed>,
}

/// A piece after parsing.
enum ParsedPiece {
    AsItStands(AsItStands),
    /// Datagrams or csv rows, parsed only to count them.
    Counted(Piece, Box<Parsed>),
    Other(Piece, Option<Box<Parsed>>),
}

/// Reads sources one after the other and passes on their content.
pub(crate) struct Keeping<'s> {
    walk: Walk<'s>,
    shapes: Shapes,
    /// Number of streams in the sources before.
    streams: usize,
}

impl<'s> Keeping<'s> {
    pub(crate) fn new(sources: &'s [Source], options: ReadOptions) -> Self {
        Self { walk: Walk::new(sources, options), shapes: Shapes::default(), streams: 0 }
    }

    /// Passes the content of the next source to `take` until that returns false,
    /// and returns its tally. `fields` are parsed of documents that are kept as
    /// they stand.
    ///
    /// # Errors
    /// As [`each`](crate::documents::each), and if the source holds something and
    /// none of it is a flow.
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
        let mut judge = Judge::new(std::slice::from_ref(source));
        in_waves(
            |hand_on| input::read_and_keep(source, |stream| is_columns[stream], hand_on),
            |stream, piece| (*before + stream, look(piece, fields, dictionary, shapes)),
            |wave| {
                let mut wave = wave.into_iter();
                Ok(wave.all(|(stream, piece)| {
                    walk.show(&mut judge, stream, &piece);
                    walk.pass_on(stream, piece, &mut take)
                }))
            },
        )?;
        *before += source.parts().count();
        let tally = walk.met()?;
        if !walk.is_left {
            judge.goes_on(None)?;
        }
        Ok(tally)
    }

    /// What is missing of searches whose pages are in several sources.
    pub(crate) fn finish(self) -> Vec<String> {
        let mut tally = Tally::default();
        self.walk.completeness.finish(&mut tally);
        tally.incomplete
    }
}

fn look(
    piece: Piece,
    fields: FieldSet,
    dictionary: &Arc<Dictionary>,
    shapes: &Shapes,
) -> ParsedPiece {
    let is_lines = matches!(&piece, Piece::Block(block) if block.framing == Framing::Lines);
    let fields = if is_lines { fields } else { FieldSet::default() };
    let parsed = parsed(&piece, fields, dictionary, shapes).map(Box::new);
    match (piece, parsed) {
        (Piece::Block(block), Some(parsed)) if is_lines => {
            match n_lines(&block, parsed.odd_lines == 0) {
                Some(lines) => ParsedPiece::AsItStands(AsItStands { block, lines, parsed }),
                None => ParsedPiece::Other(Piece::Block(block), Some(parsed)),
            }
        }
        (Piece::Block(block), Some(parsed)) if block.framing == Framing::Rows => {
            ParsedPiece::Counted(Piece::Block(block), parsed)
        }
        (piece @ Piece::Datagrams(_), Some(parsed)) => ParsedPiece::Counted(piece, parsed),
        (piece, parsed) => ParsedPiece::Other(piece, parsed),
    }
}

/// Number of lines of a block, if each is exactly one document.
fn n_lines(block: &Block, all_known: bool) -> Option<u64> {
    if block.dropped.is_some() {
        return None;
    }
    let text = &block.text[..];
    // A carriage return before a line end would be trimmed as a blank.
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
    /// Shows a piece to the judge of its source.
    fn show(&self, judge: &mut Judge<'_>, stream: usize, piece: &ParsedPiece) {
        match piece {
            ParsedPiece::AsItStands(AsItStands { parsed, .. })
            | ParsedPiece::Counted(_, parsed)
            | ParsedPiece::Other(_, Some(parsed)) => judge.block(parsed),
            ParsedPiece::Other(Piece::Refused(why), _) => judge.refused(why),
            ParsedPiece::Other(Piece::End { damage }, _) => judge.ends(damage.is_some()),
            ParsedPiece::Other(Piece::Stored, _) => {
                if let Some(Ok(part)) = &self.columns[stream] {
                    judge.stored(part);
                }
            }
            ParsedPiece::Other(..) => {}
        }
    }

    /// Passes a piece to `take`; false if no more is wanted.
    fn pass_on(
        &mut self,
        stream: usize,
        piece: ParsedPiece,
        take: &mut impl FnMut(Kept<'_>) -> bool,
    ) -> bool {
        let name = self.completeness.name(stream);
        match piece {
            ParsedPiece::AsItStands(lines) => {
                self.completeness.block(stream, &lines.parsed, &mut self.tally);
                take(Kept::Lines(lines))
            }
            ParsedPiece::Counted(piece, parsed) => {
                self.completeness.block(stream, &parsed, &mut self.tally);
                let goes_on = self.skipped(&name, &parsed);
                let text = match &piece {
                    Piece::Block(block) => Some(&block.text[..]),
                    _ => None,
                };
                goes_on
                    && text.is_none_or(|text| take(Kept::Bytes(PartForm::Rows, text)))
                    && take(Kept::Read(parsed.n_values))
            }
            ParsedPiece::Other(Piece::Bytes(form, bytes), _) => take(Kept::Bytes(form, &bytes)),
            ParsedPiece::Other(Piece::End { damage }, _) => {
                self.end(stream, damage) && take(Kept::End)
            }
            ParsedPiece::Other(piece, parsed) => {
                let mut take = |found: Found<'_>| take(Kept::Document(found.whole));
                self.piece(stream, piece, parsed.as_deref(), &mut take)
            }
        }
    }
}

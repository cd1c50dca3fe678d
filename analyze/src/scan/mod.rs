//! Streams become batches of columns, in the order of the sources and without
//! duplicate documents.
//!
//! One thread reads and decompresses, the others parse ([`waves`]); then
//! [`ingest`] drops duplicates and counts what is no flow, in the order of the
//! sources: which copy is first must not depend on threads.

pub(crate) mod batch_tally;
pub(crate) mod completeness;
pub(crate) mod ingest;
pub(crate) mod judge;
pub(crate) mod options;
pub(crate) mod waves;

use std::mem;
use std::sync::Arc;

use self::ingest::Absorber;
use self::judge::Judge;
use self::waves::in_waves;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::error::ReadError;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{self, Piece, Source};
use crate::store::StoredPart;

/// What is read, and which fields of it.
pub(crate) struct Reading<'r> {
    pub(crate) sources: &'r [Source],
    /// For each stream, its Parquet file if it has one; those streams are not
    /// read.
    pub(crate) stored: &'r [Option<StoredPart>],
    pub(crate) fields: FieldSet,
    pub(crate) dictionary: &'r Arc<Dictionary>,
    /// Whether a source that holds something, and no flow, is an error; a part of a
    /// dump is not judged alone.
    pub(crate) is_judged: bool,
}

impl Reading<'_> {
    /// Reads all streams that have no Parquet file and passes their flows to
    /// `take`, in order and without duplicates.
    ///
    /// # Errors
    /// If a source cannot be read, or holds something and none of it is a flow.
    pub(crate) fn batches(
        &self,
        absorber: &mut Absorber<'_>,
        mut take: impl FnMut(Vec<Batch>),
    ) -> Result<(), ReadError> {
        self.in_order(absorber, |found| {
            if let InOrder::Batches(batches) = found {
                take(batches);
            }
            true
        })
    }

    /// Reads all streams as [`batches`](Self::batches) does, and names those that have a
    /// Parquet file in their place, until `take` returns false.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub(crate) fn in_order(
        &self,
        absorber: &mut Absorber<'_>,
        mut take: impl FnMut(InOrder<'_>) -> bool,
    ) -> Result<(), ReadError> {
        let stored = |stream: usize| self.stored.get(stream).and_then(Option::as_ref);
        let mut judge = Judge::new(if self.is_judged { self.sources } else { &[] });
        if self.stored.iter().all(Option::is_some) && !self.stored.is_empty() {
            return self.all_stored(judge, absorber, take);
        }
        let shapes = Shapes::default();
        let is_stored: Vec<bool> = self.stored.iter().map(Option::is_some).collect();
        let is_stored = |stream: usize| is_stored.get(stream).copied().unwrap_or(false);
        let mut goes_on = true;
        in_waves(
            |hand_on| input::read(self.sources, is_stored, hand_on),
            |stream, piece| (stream, self.parse(piece, &shapes)),
            |wave| {
                let mut batches = Vec::with_capacity(wave.len());
                for (stream, parsed) in wave {
                    judge.goes_on(Some(stream))?;
                    match parsed {
                        ParsedPiece::Block(parsed) => {
                            judge.block(&parsed);
                            batches.push(absorber.block(stream, *parsed)?);
                        }
                        ParsedPiece::End(damage) => {
                            judge.ends(damage.is_some());
                            absorber.end(stream, damage)?;
                        }
                        ParsedPiece::Member(name) => absorber.member(name),
                        ParsedPiece::Refused(why) => {
                            judge.refused(&why);
                            absorber.refused(stream, &why);
                        }
                        ParsedPiece::Stored => {
                            let Some(part) = stored(stream) else { continue };
                            judge.stored(part);
                            absorber.stored(&part.tally)?;
                            goes_on = goes_on
                                && take(InOrder::Batches(mem::take(&mut batches)))
                                && take(InOrder::Stored(part));
                        }
                    }
                }
                goes_on = goes_on && take(InOrder::Batches(batches));
                Ok(goes_on)
            },
        )?;
        if goes_on { judge.goes_on(None) } else { Ok(()) }
    }

    /// Names all streams; if nothing is read, no thread is started.
    fn all_stored(
        &self,
        mut judge: Judge<'_>,
        absorber: &mut Absorber<'_>,
        mut take: impl FnMut(InOrder<'_>) -> bool,
    ) -> Result<(), ReadError> {
        for (stream, part) in self.stored.iter().enumerate() {
            judge.goes_on(Some(stream))?;
            if let Some(part) = part {
                judge.stored(part);
                absorber.stored(&part.tally)?;
                if !take(InOrder::Stored(part)) {
                    return Ok(());
                }
            }
        }
        judge.goes_on(None)
    }

    fn parse(&self, piece: Piece, shapes: &Shapes) -> ParsedPiece {
        match piece {
            Piece::Block(block) => {
                let parsed = Parsed::new(&block, self.fields, self.dictionary, shapes);
                ParsedPiece::Block(Box::new(parsed))
            }
            Piece::Datagrams(datagrams) => {
                ParsedPiece::Block(Box::new(datagrams.parse(self.fields, self.dictionary)))
            }
            Piece::End { damage } => ParsedPiece::End(damage),
            Piece::Member(name) => ParsedPiece::Member(name),
            Piece::Refused(why) => ParsedPiece::Refused(why),
            Piece::Stored | Piece::Bytes(..) => ParsedPiece::Stored,
        }
    }
}

/// What stands next in the sources.
pub(crate) enum InOrder<'r> {
    /// The flows of a wave of blocks.
    Batches(Vec<Batch>),
    /// A stream that has a Parquet file.
    Stored(&'r StoredPart),
}

/// A parsed piece of a stream.
enum ParsedPiece {
    Block(Box<Parsed>),
    End(Option<String>),
    Member(String),
    Refused(String),
    Stored,
}

//! Streams become batches of columns, in the order of the sources and without
//! second copies of a document.
//!
//! One thread reads and unpacks, the others parse ([`waves`]); between the two,
//! in the order of the sources, [`ingest`] looks for duplicates and counts what
//! is no flow: which copy is first must not depend on threads.

pub(crate) mod completeness;
pub(crate) mod ingest;
pub(crate) mod measures;
pub(crate) mod options;
pub(crate) mod waves;

use std::sync::Arc;

use self::ingest::Absorber;
use self::waves::in_waves;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::error::ReadError;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{self, Piece, Source};
use crate::store::StoredPart;

/// What is read, and how.
pub(crate) struct Reading<'r> {
    pub(crate) sources: &'r [Source],
    /// For each stream, its columns if it has any; those streams are not read.
    pub(crate) stored: &'r [Option<StoredPart>],
    pub(crate) fields: FieldSet,
    pub(crate) dictionary: &'r Arc<Dictionary>,
}

impl Reading<'_> {
    /// Reads all streams that have no columns and hands on their flows, in
    /// order and without copies.
    ///
    /// # Errors
    /// If a source cannot be read.
    pub(crate) fn batches(
        &self,
        absorber: &mut Absorber<'_>,
        mut take: impl FnMut(Vec<Batch>),
    ) -> Result<(), ReadError> {
        let stored = |stream: usize| self.stored.get(stream).and_then(Option::as_ref);
        if self.stored.iter().all(Option::is_some) && !self.stored.is_empty() {
            // No thread is started for what is not read.
            return (0..self.stored.len())
                .filter_map(stored)
                .try_for_each(|part| absorber.stored(&part.tally));
        }
        let shapes = Shapes::default();
        let is_stored: Vec<bool> = self.stored.iter().map(Option::is_some).collect();
        let is_stored = |stream: usize| is_stored.get(stream).copied().unwrap_or(false);
        in_waves(
            |hand_on| input::read(self.sources, is_stored, hand_on),
            |stream, piece| (stream, self.parse(piece, &shapes)),
            |wave| {
                let mut batches = Vec::with_capacity(wave.len());
                for (stream, taken) in wave {
                    match taken {
                        Taken::Block(parsed) => batches.push(absorber.block(stream, *parsed)?),
                        Taken::End(damage) => absorber.end(stream, damage)?,
                        Taken::Stored => {
                            stored(stream).map_or(Ok(()), |part| absorber.stored(&part.tally))?;
                        }
                    }
                }
                take(batches);
                Ok(true)
            },
        )
    }

    fn parse(&self, piece: Piece, shapes: &Shapes) -> Taken {
        match piece {
            Piece::Block(block) => {
                let parsed = Parsed::new(&block, self.fields, self.dictionary, shapes);
                Taken::Block(Box::new(parsed))
            }
            Piece::Datagrams(datagrams) => {
                Taken::Block(Box::new(datagrams.parse(self.fields, self.dictionary)))
            }
            Piece::End { damage } => Taken::End(damage),
            Piece::Stored | Piece::Bytes(..) => Taken::Stored,
        }
    }
}

/// What comes out of a piece of a stream.
enum Taken {
    Block(Box<Parsed>),
    End(Option<String>),
    Stored,
}

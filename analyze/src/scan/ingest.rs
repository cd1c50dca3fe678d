//! Ingests parsed blocks in the order of the sources: drops duplicates, and
//! counts what is skipped.

use std::sync::Arc;

use flowkit_model::NotAFlow;
use flowkit_model::answer::{Position, Tally};

use crate::batch::{Batch, FieldSet};
use crate::dedup::{IdentitySet, Inserted};
use crate::error::ReadError;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{self, Piece, Source};
use crate::scan::completeness::Completeness;
use crate::scan::options::ReadOptions;

/// The state of a scan between its blocks.
pub(crate) struct Absorber<'s> {
    completeness: Completeness<'s>,
    options: ReadOptions,
    seen: IdentitySet,
    tally: Tally,
}

/// Whether strict mode refuses what was skipped for this cause: options records are no
/// flows, and no error.
pub(crate) fn is_refused(cause: NotAFlow) -> bool {
    cause != NotAFlow::Options
}

/// The error for a document that may not be skipped in strict mode.
fn strict(position: String, cause: NotAFlow, reason: Option<&str>) -> ReadError {
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    ReadError::Strict { position, what: format!("{}{reason}", cause.text()) }
}

impl<'s> Absorber<'s> {
    pub(crate) fn new(sources: &'s [Source], options: ReadOptions) -> Self {
        Self {
            completeness: Completeness::new(sources),
            options,
            seen: IdentitySet::default(),
            tally: known_before(sources),
        }
    }

    /// Like [`new`](Self::new), with the identities of documents that were read before.
    pub(crate) fn after(sources: &'s [Source], options: ReadOptions, seen: IdentitySet) -> Self {
        Self { seen, ..Self::new(sources, options) }
    }

    /// Documents read so far from the current stream.
    pub(crate) fn n_values(&self) -> u64 {
        self.completeness.n_values()
    }

    /// Returns the tally so far and begins a new one; the known document
    /// identities stay.
    pub(crate) fn next(&mut self) -> Tally {
        let next = Self {
            completeness: self.completeness.again(),
            options: self.options,
            seen: std::mem::take(&mut self.seen),
            tally: Tally::default(),
        };
        std::mem::replace(self, next).finish()
    }

    /// Ingests a block of a stream; returns its flows without duplicates.
    pub(crate) fn block(&mut self, stream: usize, parsed: Parsed) -> Result<Batch, ReadError> {
        let name = self.completeness.name(stream);
        self.completeness.block(stream, &parsed, &mut self.tally);
        self.tally.quality.merge(&parsed.quality);
        self.tally.sequences.merge(&parsed.sequences);
        self.tally.exporters.merge(&parsed.exporters);
        for skipped in parsed.skipped {
            let first = Position { file: (*name).to_owned(), line: skipped.line };
            if self.options.strict && is_refused(skipped.cause) {
                return Err(strict(first.to_string(), skipped.cause, skipped.reason.as_deref()));
            }
            self.tally.skip(skipped.cause, skipped.n, first, skipped.reason);
        }
        self.without_copies(stream, parsed.batch, &parsed.identities)
    }

    /// Ingests the tally of a stream that has a Parquet file, as it was when the
    /// file was written.
    pub(super) fn stored(&mut self, tally: &Tally) -> Result<(), ReadError> {
        let refused = tally.skipped.iter().filter(|skipped| is_refused(skipped.cause));
        if let (true, Some(first)) =
            (self.options.strict, refused.min_by_key(|skipped| skipped.first.line))
        {
            return Err(strict(first.first.to_string(), first.cause, first.reason.as_deref()));
        }
        for skipped in &tally.skipped {
            let (first, reason) = (skipped.first.clone(), skipped.reason.clone());
            self.tally.skip(skipped.cause, skipped.n, first, reason);
        }
        self.tally.incomplete.extend_from_slice(&tally.incomplete);
        self.tally.notes.extend_from_slice(&tally.notes);
        self.tally.quality.merge(&tally.quality);
        self.tally.sequences.merge(&tally.sequences);
        self.tally.exporters.merge(&tally.exporters);
        self.tally.is_filtered |= tally.is_filtered;
        let duplicates = &mut self.tally.duplicates;
        duplicates.n += tally.duplicates.n;
        duplicates.conflicting += tally.duplicates.conflicting;
        if duplicates.first.is_none() {
            duplicates.first.clone_from(&tally.duplicates.first);
        }
        Ok(())
    }

    /// Learns the identities of a source's documents, without ingesting them.
    pub(crate) fn know(&mut self, source: &Source) -> Result<(), ReadError> {
        let (dictionary, shapes) = (Arc::default(), Shapes::default());
        let sources = std::slice::from_ref(source);
        let mut known = Ok(());
        input::read(
            sources,
            |_| false,
            |_, piece| {
                if let Piece::Block(block) = piece {
                    let parsed = Parsed::new(&block, FieldSet::default(), &dictionary, &shapes);
                    let mut identities = parsed.identities.into_iter();
                    known = identities.try_for_each(|(identity, _)| {
                        self.seen.insert(identity.as_ref()).map(drop)
                    });
                }
                known.is_ok()
            },
        )?;
        known.map_err(|source| ReadError::Spill { source })
    }

    fn without_copies(
        &mut self,
        stream: usize,
        mut batch: Batch,
        identities: &[(Option<crate::dedup::Identity>, u64)],
    ) -> Result<Batch, ReadError> {
        let mut keep = Vec::with_capacity(identities.len());
        for (identity, line) in identities {
            let copy = self
                .seen
                .insert(identity.as_ref())
                .map_err(|source| ReadError::Spill { source })?;
            keep.push(copy == Inserted::First);
            if copy != Inserted::First {
                let duplicates = &mut self.tally.duplicates;
                duplicates.n += 1;
                duplicates.conflicting += u64::from(copy == Inserted::Conflicting);
                duplicates.first.get_or_insert_with(|| Position {
                    file: (*self.completeness.name(stream)).to_owned(),
                    line: *line,
                });
            }
        }
        if keep.contains(&false) {
            batch.retain(&keep);
        }
        Ok(batch)
    }

    /// A member of an archive begins.
    pub(crate) fn member(&mut self, name: String) {
        self.completeness.member(name);
    }

    /// A member of an archive is not read.
    pub(crate) fn refused(&mut self, stream: usize, why: &str) {
        self.completeness.refused(stream, why, &mut self.tally);
    }

    /// Closes a stream, or a member of it.
    pub(crate) fn end(&mut self, stream: usize, damage: Option<String>) -> Result<(), ReadError> {
        self.completeness.end(stream, damage, &mut self.tally)
    }

    pub(crate) fn finish(self) -> Tally {
        self.finish_and_keep().0
    }

    /// The tally, and the identities of all documents so far.
    pub(crate) fn finish_and_keep(mut self) -> (Tally, IdentitySet) {
        self.completeness.finish(&mut self.tally);
        self.tally.skipped.sort_by_key(|skipped| skipped.cause);
        (self.tally, self.seen)
    }
}

/// The tally of sources before they are read.
pub(crate) fn known_before(sources: &[Source]) -> Tally {
    let incomplete = sources
        .iter()
        .filter_map(|source| Some(format!("{} {}", source.name(), source.incomplete()?)));
    let is_filtered = sources.iter().any(Source::is_filtered);
    Tally { incomplete: incomplete.collect(), is_filtered, ..Tally::default() }
}

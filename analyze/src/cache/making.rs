//! Makes the Parquet files of the parts of a dump, one after the other. What is known of
//! the documents of one part stays known for the next, so that each part is read once
//! however many there are.

use std::sync::Arc;

use super::{CacheError, PartWriter, open};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::dedup::IdentitySet;
use crate::input::{DumpPart, Scopes, Source};
use crate::scan::Reading;
use crate::scan::ingest::Absorber;
use crate::scan::options::ReadOptions;
use crate::store::footer::{Belongs, THIS_FILE};
use crate::store::layout::Layout;
use crate::store::{ColumnFile, StoreError};

/// Makes the Parquet files of one dump.
pub(super) struct Maker<'s> {
    source: &'s Source,
    /// Which of its parts may share documents, once it is asked for.
    scopes: Option<Scopes<'s>>,
    /// The parts whose documents are known, in their order.
    known: Vec<usize>,
    identities: IdentitySet,
}

impl<'s> Maker<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        Self { source, scopes: None, known: Vec::new(), identities: IdentitySet::default() }
    }

    /// Makes the file of a part, the stream of this number.
    pub(super) fn make(
        &mut self,
        number: usize,
        part: &DumpPart,
        belongs: Belongs,
    ) -> Result<ColumnFile, CacheError> {
        match self.make_with(None, number, part, belongs.clone()) {
            // After flows of version 5 others came.
            Err(CacheError::Store(StoreError::Wider { .. })) => {
                self.make_with(Some(Layout::All), number, part, belongs)
            }
            made => made,
        }
    }

    fn make_with(
        &mut self,
        layout: Option<Layout>,
        number: usize,
        part: &DumpPart,
        belongs: Belongs,
    ) -> Result<ColumnFile, CacheError> {
        let unknown = self.unknown_before(number);
        let (mut known, identities) =
            (std::mem::take(&mut self.known), std::mem::take(&mut self.identities));
        let dictionary = Arc::new(Dictionary::default());
        let mut columns = PartWriter::new(&part.folders, &part.part, &dictionary, layout)?;
        let alone = [self.source.one_stream(number, THIS_FILE)];
        let mut absorber = Absorber::after(&alone, ReadOptions::default(), identities);
        for earlier in &unknown {
            absorber.know(&self.source.one_stream(*earlier, THIS_FILE))?;
        }
        let mut failed = Ok(());
        let reading = Reading {
            sources: &alone,
            stored: &[],
            fields: FieldSet::all(),
            dictionary: &dictionary,
            is_judged: false,
        };
        reading.batches(&mut absorber, |batches| {
            for batch in &batches {
                if failed.is_ok() {
                    failed = columns.push(batch);
                }
            }
        })?;
        failed?;
        let (tally, identities) = absorber.finish_and_keep();
        columns.finish(belongs, tally)?;
        known.extend(unknown);
        known.push(number);
        (self.known, self.identities) = (known, identities);
        Ok(open(part)?)
    }

    /// The parts before one that may hold some of its documents and are not known yet.
    /// Of documents that it cannot hold nothing is known any more.
    fn unknown_before(&mut self, number: usize) -> Vec<usize> {
        let scopes = self.scopes.get_or_insert_with(|| Scopes::of(self.source.scopes()));
        let scope = scopes.of_part(number);
        if let Some(last) = self.known.last().copied()
            && scopes.of_part(last) == scope
            && scopes.sharing(scope).any(|other| other == scope)
        {
            // All that it shares with is what the last one of its scope shared with.
            return scopes.parts_sharing(scope, &(last + 1..number));
        }
        let mut before = scopes.parts_sharing(scope, &(0..number));
        if before.starts_with(&self.known) {
            return before.split_off(self.known.len());
        }
        self.known.clear();
        self.identities = IdentitySet::default();
        before
    }
}

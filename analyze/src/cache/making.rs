//! Makes the Parquet files of the parts of a dump, one after the other. What is known of
//! the documents of one part stays known for the next, so that each part is read once
//! however many there are.

use std::sync::Arc;

use super::{CacheError, PartWriter, open};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::dedup::IdentitySet;
use crate::input::{DumpPart, Source};
use crate::scan::Reading;
use crate::scan::ingest::Absorber;
use crate::scan::options::ReadOptions;
use crate::store::footer::{Belongs, THIS_FILE};
use crate::store::layout::Layout;
use crate::store::{ColumnFile, StoreError};

/// Makes the Parquet files of one dump.
pub(super) struct Maker<'s> {
    source: &'s Source,
    /// The streams whose documents are known, in their order.
    known: Vec<usize>,
    identities: IdentitySet,
}

impl<'s> Maker<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        Self { source, known: Vec::new(), identities: IdentitySet::default() }
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
        let before = self.source.streams_before(number);
        let (known, identities) =
            (std::mem::take(&mut self.known), std::mem::take(&mut self.identities));
        // Of documents that this part cannot hold nothing may be known.
        let (n_known, identities) = if before.starts_with(&known) {
            (known.len(), identities)
        } else {
            (0, IdentitySet::default())
        };
        let dictionary = Arc::new(Dictionary::default());
        let mut columns = PartWriter::new(&part.folders, &part.part, &dictionary, layout)?;
        let alone = [self.source.one_stream(number, THIS_FILE)];
        let mut absorber = Absorber::after(&alone, ReadOptions::default(), identities);
        for earlier in &before[n_known..] {
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
        (self.known, self.identities) = (before, identities);
        self.known.push(number);
        Ok(open(part)?)
    }
}

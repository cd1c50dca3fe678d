//! Makes documents of the flows in Parquet files, which hold none.

use std::sync::Arc;

use super::{Found, Walk, pass_document};
use crate::batch::FieldSet;
use crate::batch::dictionary::{Codebook, Dictionary};
use crate::error::ReadError;
use crate::input::Source;
use crate::store::{Buffers, Request, StoredPart};

/// For each stream that is a Parquet file, the opened file, or why it cannot be
/// read.
pub(super) fn of(sources: &[Source]) -> Vec<Option<Result<StoredPart, ReadError>>> {
    let files = sources.iter().flat_map(Source::column_files);
    files.map(|file| file.map(|(name, path)| StoredPart::of_file(name, path))).collect()
}

impl Walk<'_> {
    /// Passes the flows of a stream that is a Parquet file to `take`, as
    /// documents; false if no more are wanted.
    pub(super) fn columns(
        &mut self,
        stream: usize,
        take: &mut impl FnMut(Found<'_>) -> bool,
    ) -> bool {
        let Some(opened) = self.columns[stream].take() else { return true };
        let StoredPart { file, tally } = match opened {
            Ok(part) => part,
            Err(error) => {
                self.refused = Some(error);
                return false;
            }
        };
        let name = self.completeness.name(stream);
        for skipped in tally.skipped {
            if !self.skip(&name, skipped.cause, skipped.first.line) {
                return false;
            }
            self.tally.skip(skipped.cause, skipped.n - 1, skipped.first, skipped.reason);
        }
        self.tally.incomplete.extend(tally.incomplete);
        self.tally.notes.extend(tally.notes);
        let dictionary: Arc<Dictionary> = Arc::default();
        let columns = FieldSet::all();
        let request = Request { columns, coded: None, filter: None, dictionary: &dictionary };
        let (mut buffers, mut codes) = (Buffers::default(), Codebook::default());
        let mut goes_on = true;
        for group in 0..file.groups() {
            let read = file.read(group, &request, &mut buffers, |batch| {
                dictionary.update(&mut codes);
                goes_on = (0..batch.rows()).all(|row| pass_document(&batch.row(row, &codes), take));
            });
            if let Err(error) = read {
                let (name, source) = (name.to_string(), error.into());
                self.refused = Some(ReadError::DamagedParquet { name, source });
                return false;
            }
            if !goes_on {
                return false;
            }
        }
        true
    }
}

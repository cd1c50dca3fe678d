//! Writes the Parquet file of a part. It appears whole or not at all: it is
//! written to a temporary name in the same folder and renamed.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use flowkit_dump::DumpError;
use flowkit_dump::files::{self, Unfinished};
use flowkit_model::answer::Tally;
use flowkit_model::dump::COLUMNS;

use super::CacheError;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::scan::batch_tally::BatchTally;
use crate::store::StoreError;
use crate::store::footer::{Belongs, StoredTally};
use crate::store::schema::Addresses;
use crate::store::writer::FlowWriter;

/// Writes the Parquet file of a part.
pub(crate) struct PartWriter {
    file: Unfinished,
    writer: FlowWriter<BufWriter<File>>,
    measures: BatchTally,
    dictionary: Arc<Dictionary>,
}

impl PartWriter {
    /// Begins the Parquet file `path` of a part.
    ///
    /// # Errors
    /// If the dump cannot be written to.
    pub(crate) fn new(
        dump: &Path,
        path: &Path,
        dictionary: &Arc<Dictionary>,
    ) -> Result<Self, CacheError> {
        let file = Unfinished::new(path);
        let out = create(dump, file.path()).map_err(cannot_use(file.path()))?;
        let out = BufWriter::with_capacity(1 << 20, out);
        let writer = FlowWriter::new(out, file.path().to_owned(), dictionary, Addresses::Number)?;
        let (measures, dictionary) = (BatchTally::new(true), Arc::clone(dictionary));
        Ok(Self { file, writer, measures, dictionary })
    }

    /// Appends flows.
    ///
    /// # Errors
    /// If the dump cannot be written to.
    pub(crate) fn push(&mut self, batch: &Batch) -> Result<(), CacheError> {
        self.measures.add(batch);
        Ok(self.writer.push(batch)?)
    }

    /// Finishes and renames the file; `tally` is that of the part.
    ///
    /// # Errors
    /// If the dump cannot be written to, or if documents are missing: the file is
    /// made once the part is complete.
    pub(crate) fn finish(self, belongs: Belongs, mut tally: Tally) -> Result<(), CacheError> {
        if !tally.incomplete.is_empty() {
            return Err(CacheError::Damaged);
        }
        self.measures.finish(&mut tally, FieldSet::all(), &self.dictionary.texts());
        let cannot_use = cannot_use(self.file.path());
        let out = self.writer.finish(belongs, StoredTally::of(&tally))?;
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|out| out.sync_data())
            .and_then(|()| self.file.finish())
            .map_err(cannot_use)?;
        Ok(())
    }
}

fn cannot_use(path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

/// A new file that only its owner can read, in the folder of Parquet files.
fn create(dump: &Path, path: &Path) -> io::Result<File> {
    let folder = dump.join(COLUMNS);
    if !folder.is_dir() {
        files::make_folder(&folder).map_err(|error| match error {
            DumpError::Io { source, .. } => source,
            error => io::Error::other(error),
        })?;
    }
    files::create(path)
}

//! The columns of a part while they are written. The file appears whole or not at
//! all: it is written under another name in the same folder and renamed.

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
use crate::scan::measures::Measures;
use crate::store::StoreError;
use crate::store::footer::{Belongs, StoredTally};
use crate::store::schema::Addresses;
use crate::store::writer::FlowWriter;

/// Writes the columns of a part.
pub(crate) struct PartWriter {
    file: Unfinished,
    writer: FlowWriter<BufWriter<File>>,
    measures: Measures,
    dictionary: Arc<Dictionary>,
}

impl PartWriter {
    /// Begins the columns of a part, `path` in the dump.
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
        let (measures, dictionary) = (Measures::default(), Arc::clone(dictionary));
        Ok(Self { file, writer, measures, dictionary })
    }

    /// Adds flows, in their order.
    ///
    /// # Errors
    /// If the dump cannot be written to.
    pub(crate) fn push(&mut self, batch: &Batch) -> Result<(), CacheError> {
        self.measures.add(batch);
        Ok(self.writer.push(batch)?)
    }

    /// Ends the file and gives it its name; `tally` is what was met on the way.
    ///
    /// # Errors
    /// If the dump cannot be written to, or if documents are missing: the columns
    /// are made from the part once it is whole.
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

/// A new file for the eyes of its owner alone, in the folder of columns.
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

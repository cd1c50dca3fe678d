//! The columns of a part while they are written. The file appears whole or not at
//! all: it is written under another name in the same folder and renamed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_model::answer::Tally;
use flowkit_model::dump::{COLUMNS, unfinished};

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
    path: PathBuf,
    file: NewFile,
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
        path: PathBuf,
        dictionary: &Arc<Dictionary>,
    ) -> Result<Self, CacheError> {
        let file = NewFile(unfinished(&path, std::process::id()));
        let out = create(dump, &file.0).map_err(|source| file.failed(source))?;
        let out = BufWriter::with_capacity(1 << 20, out);
        let writer = FlowWriter::new(out, file.0.clone(), dictionary, Addresses::Number)?;
        let (measures, dictionary) = (Measures::default(), Arc::clone(dictionary));
        Ok(Self { path, file, writer, measures, dictionary })
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
        let file = self
            .writer
            .finish(belongs, StoredTally::of(&tally))?
            .into_inner()
            .map_err(|error| self.file.failed(error.into_error()))?;
        file.sync_data()
            .and_then(|()| fs::rename(&self.file.0, &self.path))
            .map_err(|source| self.file.failed(source))?;
        Ok(())
    }
}

/// The file under its other name; if that is still there in the end, it goes.
struct NewFile(PathBuf);

impl NewFile {
    fn failed(&self, source: io::Error) -> StoreError {
        StoreError::Io { path: self.0.clone(), source }
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A new file for the eyes of its owner alone, in the folder of columns.
fn create(dump: &Path, path: &Path) -> io::Result<File> {
    let folder = dump.join(COLUMNS);
    if !folder.is_dir() {
        DirBuilder::new().mode(0o700).create(&folder)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

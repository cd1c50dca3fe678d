//! Writes the Parquet file of a part. It appears whole or not at all: it is
//! written to a temporary name in the same folder and renamed.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use flowkit_dump::{DumpError, Folders, NewFile};
use flowkit_model::answer::Tally;
use flowkit_model::dump::Part;

use super::CacheError;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Batch, FieldSet};
use crate::input::parse::is_of_depth;
use crate::scan::batch_tally::BatchTally;
use crate::store::StoreError;
use crate::store::footer::{Belongs, StoredTally};
use crate::store::layout::Layout;
use crate::store::schema::Addresses;
use crate::store::writer::FlowWriter;

/// Writes the Parquet file of a part.
pub(crate) struct PartWriter {
    file: NewFile,
    /// None after an error.
    writer: Option<FlowWriter<BufWriter<File>>>,
    measures: BatchTally,
    dictionary: Arc<Dictionary>,
}

impl PartWriter {
    /// Begins the Parquet file of a part.
    ///
    /// # Errors
    /// If the dump cannot be written to.
    pub(crate) fn new(
        folders: &Folders,
        part: &Part,
        dictionary: &Arc<Dictionary>,
        layout: Option<Layout>,
    ) -> Result<Self, CacheError> {
        let path = folders.root().path().join(part.columns_path());
        let (file, out) = create(folders, part).map_err(cannot_use(&path))?;
        let out = BufWriter::with_capacity(1 << 20, out);
        let writer = FlowWriter::new(out, path, dictionary, (layout, Addresses::Number))?;
        let (measures, dictionary) = (BatchTally::new(true), Arc::clone(dictionary));
        Ok(Self { file, writer: Some(writer), measures, dictionary })
    }

    /// Appends flows.
    ///
    /// # Errors
    /// If the dump cannot be written to, or the flows need other columns.
    pub(crate) fn push(&mut self, batch: &Batch) -> Result<(), CacheError> {
        self.measures.add(batch);
        let writer = self.writer.take().ok_or(CacheError::Damaged)?;
        self.writer = Some(writer.push(batch)?);
        Ok(())
    }

    /// Finishes and renames the file; `tally` is that of the part.
    ///
    /// # Errors
    /// If the dump cannot be written to, or if documents are missing: the file is
    /// made once the part is complete.
    pub(crate) fn finish(self, belongs: Belongs, mut tally: Tally) -> Result<(), CacheError> {
        if !is_whole(&tally) {
            return Err(CacheError::Damaged);
        }
        self.measures.finish(&mut tally, FieldSet::all(), &self.dictionary.codebook());
        let cannot_use = cannot_use(&self.file.path());
        let writer = self.writer.ok_or(CacheError::Damaged)?;
        let out = writer.finish(belongs, StoredTally::of(&tally))?;
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|out| out.sync_data())
            .and_then(|()| self.file.finish())
            .map_err(cannot_use)?;
        Ok(())
    }
}

/// Whether nothing is missing of a part but documents that nest too deep: they are as
/// they came, so that no later look finds more.
fn is_whole(tally: &Tally) -> bool {
    tally.incomplete.iter().all(|sentence| is_of_depth(sentence))
}

fn cannot_use(path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

/// A new file that only its owner can read, in the folder of Parquet files.
fn create(folders: &Folders, part: &Part) -> io::Result<(NewFile, File)> {
    let columns = folders.make_columns().map_err(|error| match error {
        DumpError::Io { source, .. } => source,
        error => io::Error::other(error),
    })?;
    NewFile::create(columns, &part.columns_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::parse::too_deep;

    #[test]
    fn only_depth_leaves_a_part_whole() {
        let deep = || format!("x:3: {}, the first of 2", too_deep());
        let other = || "x:9 breaks off in this line".to_owned();
        for (incomplete, expected) in [
            (vec![], true),
            (vec![deep()], true),
            (vec![other()], false),
            (vec![deep(), other()], false),
            (vec![deep(), deep()], true),
        ] {
            let tally = Tally { incomplete, ..Tally::default() };
            assert_eq!(is_whole(&tally), expected, "{:?}", tally.incomplete);
        }
    }
}

//! Flows that are read from a Parquet file, with the tally of its footer.

use std::fs::File;
use std::path::Path;

use flowkit_model::answer::Tally;

use super::ColumnFile;
use crate::error::ReadError;
use crate::store::StoreError;

/// Flows in a Parquet file: a part of a dump that has one, or a file of its own.
pub(crate) struct StoredPart {
    /// The file, which is opened when it is read.
    pub(crate) file: ColumnFile,
    /// The tally of its footer.
    pub(crate) tally: Tally,
}

impl StoredPart {
    /// Opens a Parquet file that is no part of a dump; `name` is its name in
    /// messages.
    ///
    /// # Errors
    /// If another program wrote it, it is damaged, or its addresses are text.
    pub(crate) fn of_file(name: &str, path: &Path) -> Result<Self, ReadError> {
        let foreign = |what: String| ReadError::ForeignParquet { name: name.to_owned(), what };
        let file = ColumnFile::open(path).map_err(|error| match error {
            StoreError::AddressesAsText { .. } => {
                ReadError::AddressesAsText { name: name.to_owned() }
            }
            StoreError::Foreign { what, .. } => foreign(what),
            StoreError::Parquet { source, .. } => foreign(source.to_string()),
            StoreError::Io { source, .. } => foreign(source.to_string()),
            error @ StoreError::Wider { .. } => foreign(error.to_string()),
            StoreError::TooLong { what, .. } => foreign(what.to_string()),
        })?;
        let Some(tally) = file.footer().tally.tally(name) else {
            return Err(foreign("its facts are others".into()));
        };
        let path = path.to_owned();
        let file = file.reopened_by(move || File::open(&path));
        Ok(Self { file: file.map_err(|error| foreign(error.to_string()))?, tally })
    }
}

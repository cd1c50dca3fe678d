//! Flows that are read from a Parquet file, with the tally of its footer.

use std::path::Path;

use flowkit_model::answer::Tally;

use super::ColumnFile;
use crate::error::ReadError;
use crate::store::StoreError;

/// Flows in a Parquet file: a part of a dump that has one, or a file of its own.
pub(crate) struct StoredPart {
    /// The open file.
    pub(crate) file: ColumnFile,
    /// What was counted and skipped when it was written.
    pub(crate) tally: Tally,
}

impl StoredPart {
    /// Opens a Parquet file that is no part of a dump; `name` is what messages
    /// call it.
    ///
    /// # Errors
    /// If flowkit does not read it: another program wrote it, it is damaged, or
    /// its addresses are text.
    pub(crate) fn of_file(name: &str, path: &Path) -> Result<Self, ReadError> {
        let file = match ColumnFile::open(path) {
            Err(StoreError::AddressesAsText { .. }) => {
                return Err(ReadError::AddressesAsText { name: name.to_owned() });
            }
            file => file.ok(),
        };
        let part = file.and_then(|file| {
            let tally = file.footer().tally.tally(name)?;
            Some(Self { file, tally })
        });
        part.ok_or_else(|| ReadError::ForeignParquet { name: name.to_owned() })
    }
}

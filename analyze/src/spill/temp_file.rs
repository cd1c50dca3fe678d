//! Unlinked temporary files: nothing is left behind, however the program ends.

use std::fs::File;
use std::io;

/// Makes a file that only its owner may read and that is gone when it is closed.
///
/// # Errors
/// If the folder for temporary files (`TMPDIR`) cannot be written to.
pub(crate) fn unlinked() -> io::Result<File> {
    tempfile::tempfile()
}

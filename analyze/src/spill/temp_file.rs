//! Unlinked temporary files: nothing is left behind, however the program ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use flowkit_dump::files::private;

/// Makes a file that only its owner may read and that is gone when it is closed.
///
/// # Errors
/// If the folder for temporary files (`TMPDIR`) cannot be written to.
pub(crate) fn unlinked() -> io::Result<File> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("flowkit-{}-{number}.ids", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = private(OpenOptions::new().read(true).write(true).create_new(true)).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

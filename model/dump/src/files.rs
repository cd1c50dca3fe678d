//! Folders for the eyes of their owner alone: a dump says who talked to whom. Files
//! 0600, folders 0700 where the system has such rights.

use std::fs::{self, DirBuilder};
use std::path::Path;

use crate::error::DumpError;

/// Makes a folder, and those above it, where they are missing. An empty one
/// that is there and open to others is closed to them.
///
/// # Errors
/// If it cannot be made or protected.
pub fn make_folder(path: &Path) -> Result<(), DumpError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(DumpError::io("create", path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(path).map_err(DumpError::io("read", path))?;
        let is_empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        if is_empty && metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
                .map_err(DumpError::io("protect", path))?;
        }
    }
    Ok(())
}

/// The bytes that a user may still write in the file system of a folder; `None` if the
/// system does not say.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder)
        .ok()
        .map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    #[cfg(not(unix))]
    return None;
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_made_is_private() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("deep/dump");
        make_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        // One that was there and empty may be open to others; a dump must not be.
        let open = place.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        make_folder(&open).unwrap();
        assert_eq!(mode(&open), 0o700);
    }
}

//! What the file system of a folder still takes.

use std::path::Path;

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
    use super::*;

    #[test]
    fn a_folder_that_is_there_has_a_number() {
        assert!(free_bytes(&std::env::temp_dir()).is_some_and(|free| free < 1 << 60));
        assert_eq!(free_bytes(Path::new("/no such folder")), None);
    }
}

//! Errors of file operations.

use std::io;
use std::path::PathBuf;

use super::FetchError;

impl FetchError {
    /// The error of a file operation; full disks are told apart.
    pub(crate) fn disk(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path, source }
            }
            _ => Self::Disk { doing, path, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = FetchError::disk("write", "x")(io::ErrorKind::StorageFull.into());
        assert!(full.to_string().starts_with("no space left for x"), "{full}");
        let other = FetchError::disk("write", "x")(io::ErrorKind::PermissionDenied.into());
        assert_eq!(other.to_string(), "cannot write x");
    }
}

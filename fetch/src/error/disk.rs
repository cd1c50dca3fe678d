//! Errors of file operations.

use std::io;
use std::path::PathBuf;

use flowkit_dump::DumpError;
use flowkit_model::dump::MANIFEST;

use super::FetchError;

impl FetchError {
    /// The error of a file operation; a full disk is an error of its own.
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

/// Errors with the files of a dump, with what to try.
impl From<DumpError> for FetchError {
    fn from(error: DumpError) -> Self {
        let not_read = "its manifest.json is not one this version of flowkit reads";
        match error {
            DumpError::NotADump { path, why } => Self::NotADump { path, why },
            DumpError::NoManifest { path } => {
                Self::disk("read", path.join(MANIFEST))(io::ErrorKind::NotFound.into())
            }
            DumpError::DamagedManifest { mut path, .. } | DumpError::OtherManifest { mut path } => {
                path.pop();
                Self::NotADump { path, why: not_read }
            }
            DumpError::LaterManifest { mut path } => {
                path.pop();
                let why = "a later version of flowkit wrote its manifest.json";
                Self::NotADump { path, why }
            }
            DumpError::Locked { path } => Self::Locked { path },
            DumpError::Io { doing, path, source } => Self::disk(doing, path)(source),
            error => Self::disk("use", "the dump")(io::Error::other(error)),
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

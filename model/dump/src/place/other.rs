//! A folder by its path, on systems without descriptors of folders.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A folder that was there.
#[derive(Debug)]
pub(super) struct Handle(PathBuf);

impl Handle {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Self(path.to_owned()))
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// The path of a name, if that is no link.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => Err(io::ErrorKind::InvalidInput.into()),
            _ => Ok(path),
        }
    }

    pub(super) fn folder(&self, name: &str) -> io::Result<Self> {
        Self::open(&self.path(name)?)
    }

    pub(super) fn make_folder(&self, name: &str) -> io::Result<()> {
        fs::create_dir(self.0.join(name))
    }

    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        File::open(self.path(name)?)
    }

    pub(super) fn write(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path(name)?)
    }

    pub(super) fn create_new(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.0.join(name))
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    pub(super) fn is_foreign(&self) -> Option<&'static str> {
        None
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// Whether what was to be opened is there, and a link or of another kind.
    pub(super) fn is_of_another_kind(error: &io::Error) -> bool {
        use io::ErrorKind::{InvalidInput, IsADirectory, NotADirectory};
        matches!(error.kind(), InvalidInput | IsADirectory | NotADirectory)
    }
}

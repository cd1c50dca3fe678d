//! A folder of a dump, by its handle: what is in it is opened, made, renamed and
//! removed by one plain name, and never through a link.
//!
//! A dump is data from a stranger. A name in it that leads elsewhere, a link in
//! place of a file, or a pipe that nobody writes into must not make a reader wait
//! or a writer write outside of the dump. The path of the dump itself may lead
//! through links: the person named it.

use std::ffi::OsString;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;

use flowkit_model::dump::{is_plain_name, unfinished_name};

use crate::error::DumpError;

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use self::other::Handle;
#[cfg(unix)]
use self::unix::Handle;

/// An open folder.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    handle: Handle,
    /// Whether something was begun in it.
    written: Once,
}

impl Place {
    /// A folder, by a path that may lead through links.
    ///
    /// # Errors
    /// If it is not there, is no folder, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, DumpError> {
        let handle = Handle::open(path).map_err(DumpError::io("read", path))?;
        Ok(Self { path: path.to_owned(), handle, written: Once::new() })
    }

    /// A folder in it; `None` if there is none.
    ///
    /// # Errors
    /// If it is no folder, or a link to one.
    pub fn folder(&self, name: &str) -> Result<Option<Self>, DumpError> {
        let path = self.path.join(name);
        match plain(name).and_then(|()| self.handle.folder(name)) {
            Ok(handle) => Ok(Some(Self { path, handle, written: Once::new() })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if Handle::is_of_another_kind(&error) => {
                Err(DumpError::io("read", &path)(other("it is no folder, or a link to one")))
            }
            Err(error) => Err(DumpError::io("read", &path)(error)),
        }
    }

    /// A folder in it, for the eyes of its owner alone if it has to be made.
    ///
    /// # Errors
    /// If it cannot be made, or is something else.
    pub fn make_folder(&self, name: &str) -> Result<Self, DumpError> {
        let path = self.path.join(name);
        match plain(name).and_then(|()| self.handle.make_folder(name)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(DumpError::io("create", &path)(error));
            }
            _ => {}
        }
        let missing = || DumpError::io("create", &path)(io::ErrorKind::NotFound.into());
        self.folder(name)?.ok_or_else(missing)
    }

    /// A file in it, for reading.
    ///
    /// # Errors
    /// If it is not there or no file: a link, a folder, a pipe or a device.
    pub fn read(&self, name: &str) -> io::Result<File> {
        plain(name)?;
        regular(self.handle.read(name))
    }

    /// A file that is there, for reading and writing; it is not emptied.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn write(&self, name: &str) -> io::Result<File> {
        plain(name)?;
        regular(self.handle.write(name))
    }

    /// A file that was not there, private to its owner.
    ///
    /// # Errors
    /// If there is anything of this name, or it cannot be made.
    pub fn create_new(&self, name: &str) -> io::Result<File> {
        plain(name)?;
        self.handle.create_new(name)
    }

    /// A new file in place of one that is to be forgotten, if it is there.
    ///
    /// # Errors
    /// If the old one cannot be removed, or the new one not be made.
    pub fn create_anew(&self, name: &str) -> io::Result<File> {
        self.forget(name)?;
        self.create_new(name)
    }

    /// A file beside the place of another, whose name nobody can foresee.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_beside(&self, name: &str) -> io::Result<(String, File)> {
        plain(name)?;
        let new = unforeseen(name);
        let file = self.create_new(&new)?;
        Ok((new, file))
    }

    /// Renames a file for good: the folder is synced as well.
    ///
    /// # Errors
    /// If it cannot be renamed, or that cannot be made safe.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        plain(from)?;
        plain(to)?;
        self.handle.rename(from, to)?;
        self.handle.sync()
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    pub fn forget(&self, name: &str) -> io::Result<()> {
        plain(name)?;
        match self.handle.remove(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// The names of what is in it, in their order.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn names(&self) -> Result<Vec<OsString>, DumpError> {
        let mut names = self.handle.names().map_err(DumpError::io("read", &self.path))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Does something before anything is written, the first time.
    pub(crate) fn when_first_written(&self, first: impl FnOnce(&Self)) {
        self.written.call_once(|| first(self));
    }

    /// What is to be said of it if somebody else may have a say in what is in it, such as
    /// "belongs to another user": then nothing is to be written there unasked.
    #[must_use]
    pub fn is_foreign(&self) -> Option<&'static str> {
        self.handle.is_foreign()
    }

    /// Its path, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A name beside a place that nobody can foresee, so that nobody can have put a
/// link there.
#[must_use]
pub(crate) fn unforeseen(name: &str) -> String {
    unfinished_name(name, RandomState::new().hash_one(0))
}

/// Only one plain name is looked for, whoever asks.
fn plain(name: &str) -> io::Result<()> {
    if is_plain_name(name) { Ok(()) } else { Err(other("it is no plain name of a file")) }
}

/// A file, if it is a regular one.
fn regular(file: io::Result<File>) -> io::Result<File> {
    let not_regular = || other("it is no regular file");
    match file {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(_) => Err(not_regular()),
        Err(error) if Handle::is_of_another_kind(&error) => Err(not_regular()),
        Err(error) => Err(error),
    }
}

fn other(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_regular_files_are_opened_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (dump, elsewhere) = (folder.path().join("dump"), folder.path().join("elsewhere"));
        fs::create_dir_all(dump.join("folder")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("file"), "secret").unwrap();
        fs::write(dump.join("file"), "here").unwrap();
        symlink(elsewhere.join("file"), dump.join("link")).unwrap();
        symlink(elsewhere.join("new"), dump.join("dangling")).unwrap();
        symlink(&elsewhere, dump.join("link-to-folder")).unwrap();
        let _socket = UnixListener::bind(dump.join("socket")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            dump.join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        // Through a link to the dump itself, which the person named.
        symlink(&dump, folder.path().join("named")).unwrap();
        let place = Place::open(&folder.path().join("named")).unwrap();
        assert!(place.read("file").is_ok() && place.write("file").is_ok());
        for name in ["link", "link-to-folder", "folder", "pipe", "socket", "dangling"] {
            for refused in [place.read(name), place.write(name)] {
                let told = refused.unwrap_err().to_string();
                assert_eq!(told, "it is no regular file", "{name}");
            }
            let there = place.create_new(name).unwrap_err();
            assert_eq!(there.kind(), io::ErrorKind::AlreadyExists, "{name}");
        }
        for name in ["link", "link-to-folder", "file", "pipe", "socket"] {
            let told = place.folder(name).unwrap_err();
            assert!(matches!(told, DumpError::Io { .. }), "{name}: {told}");
            assert!(place.make_folder(name).is_err(), "{name}");
        }
        assert!(place.folder("nowhere").unwrap().is_none());
        // A link is replaced, not written through.
        let (new, _) = place.create_beside("link").unwrap();
        place.rename(&new, "link").unwrap();
        place.create_anew("dangling").unwrap();
        assert_eq!(fs::read(elsewhere.join("file")).unwrap(), b"secret");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
        assert_eq!(fs::read(dump.join("link")).unwrap(), b"");
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("dump")).unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        let place = Place::open(&folder.path().join("dump")).unwrap();
        for name in ["../file", "..", ".", "", "/etc/passwd", "a/b", "a\0b"] {
            assert!(place.read(name).is_err() && place.create_new(name).is_err(), "{name:?}");
            assert!(place.create_beside(name).is_err() && place.forget(name).is_err(), "{name:?}");
            assert!(place.folder(name).is_err() && place.make_folder(name).is_err(), "{name:?}");
            assert!(place.rename(name, "y").is_err() && place.rename("x", name).is_err());
        }
        assert!(folder.path().join("file").exists());
    }

    #[test]
    fn what_is_made_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::open(folder.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        place.create_new("x").unwrap();
        assert_eq!(mode(&folder.path().join("x")), 0o600);
        assert_eq!(mode(place.make_folder("f").unwrap().path()), 0o700);
    }
}

//! A folder by its descriptor: what is done in it is done there, whatever its path
//! leads to by then, and no link is followed.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, Mode, OFlags, Stat, fstat, fsync, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgroups};

/// An open folder.
#[derive(Debug)]
pub(super) struct Handle(OwnedFd);

/// What is said where the system does not tell whose a folder is.
const NOT_KNOWN: &str = "lies where it is not known who else can write";

/// Reading of a folder.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Not through a link; and not waiting for somebody to write into a pipe.
const NAMED: OFlags = OFlags::CLOEXEC.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK);

impl Handle {
    /// A folder by its path, which may lead through links.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(path, FOLDER, Mode::empty())?))
    }

    pub(super) fn folder(&self, name: &str) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
    }

    pub(super) fn make_folder(&self, name: &str) -> io::Result<()> {
        Ok(mkdirat(&self.0, name, Mode::RWXU)?)
    }

    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        Ok(openat(&self.0, name, NAMED | OFlags::RDONLY, Mode::empty())?.into())
    }

    pub(super) fn write(&self, name: &str) -> io::Result<File> {
        Ok(openat(&self.0, name, NAMED | OFlags::RDWR, Mode::empty())?.into())
    }

    pub(super) fn create_new(&self, name: &str) -> io::Result<File> {
        let flags = NAMED | OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        Ok(openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.0, from, &self.0, to)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }

    /// Why somebody else may have a say in what is in this folder, or in a folder above,
    /// all of which are looked at; `None` if nobody has. Whose those above are does not
    /// matter: what belongs to nobody in a container is often the system's.
    pub(super) fn is_foreign(&self) -> Option<&'static str> {
        let Ok(here) = fstat(&self.0) else { return Some(NOT_KNOWN) };
        if here.st_uid != geteuid().as_raw() {
            return Some("belongs to another user");
        }
        if is_open_to_others(&here) {
            return Some("can be written to by other users");
        }
        let (mut below, mut path) = (here, String::from(".."));
        loop {
            let Ok(above) = statat(&self.0, path.as_str(), AtFlags::SYMLINK_NOFOLLOW) else {
                return Some(NOT_KNOWN);
            };
            // Only the uppermost folder is above itself.
            if (above.st_dev, above.st_ino) == (below.st_dev, below.st_ino) {
                return None;
            }
            if is_open_to_others(&above) {
                return Some("lies in a folder that other users can write to");
            }
            below = above;
            path.push_str("/..");
        }
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.0)?)
    }

    /// Whether what was to be opened is there, and a link or of another kind.
    pub(super) fn is_of_another_kind(error: &io::Error) -> bool {
        let error = Errno::from_io_error(error);
        // The last is a socket.
        matches!(error, Some(Errno::LOOP | Errno::NOTDIR | Errno::ISDIR | Errno::NXIO))
    }
}

/// Whether others than this user, and groups of it, can replace what is in a folder. In
/// one with the sticky bit nobody can replace what is another's.
fn is_open_to_others(folder: &Stat) -> bool {
    let mode = Mode::from_raw_mode(folder.st_mode);
    if mode.contains(Mode::SVTX) {
        return false;
    }
    let is_own = || {
        let is_the_one = |group: rustix::fs::Gid| group.as_raw() == folder.st_gid;
        is_the_one(getegid()) || getgroups().unwrap_or_default().into_iter().any(is_the_one)
    };
    mode.contains(Mode::WOTH) || (mode.contains(Mode::WGRP) && !is_own())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_far_above_that_others_may_write_to_makes_it_foreign() {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("a/b/dump");
        fs::create_dir_all(&dump).unwrap();
        let handle = Handle::open(&dump).unwrap();
        let set = |path: &str, mode| {
            fs::set_permissions(folder.path().join(path), Permissions::from_mode(mode)).unwrap();
        };
        // Else it is foreign where the temporary files are.
        assert_eq!(handle.is_foreign(), None);
        for path in ["a/b", "a", "."] {
            set(path, 0o777);
            assert!(handle.is_foreign().is_some_and(|why| why.starts_with("lies in")), "{path}");
            set(path, 0o1777);
            assert_eq!(handle.is_foreign(), None, "{path}");
            set(path, 0o755);
        }
        // Nothing is above a file.
        fs::write(dump.join("file"), "").unwrap();
        let no_folder = Handle(fs::File::open(dump.join("file")).unwrap().into());
        assert_eq!(no_folder.is_foreign(), Some(NOT_KNOWN));
    }
}

//! Files and folders under another name beside their place, until they are whole:
//! what stands at its place is whole, whatever happens on the way.
//!
//! | to learn | read |
//! | --- | --- |
//! | what a signal takes back | `making` |
//! | what is left by who was killed, and who removes it | `leftovers` |

mod leftovers;
mod making;

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::leftovers::sweep_beside;
pub(crate) use self::leftovers::{is_unfinished_manifest, sweep_files, sweep_manifests};
pub use self::making::abandon;
use self::making::{Making, Thing};
use crate::error::DumpError;
use crate::files::make_private;
use crate::place::{Place, unforeseen};

/// Somebody who sweeps leftovers away may come between the making of one and its
/// lock, but not so often.
const TRIES: u32 = 10;

/// A file of a dump that is being made.
#[derive(Debug)]
pub struct NewFile {
    place: Arc<Place>,
    name: String,
    new: String,
    making: Making,
}

impl NewFile {
    /// Begins a file that will have this name; what others left unfinished in the
    /// folder is removed.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(place: &Arc<Place>, name: &str) -> io::Result<(Self, File)> {
        place.when_first_written(sweep_files);
        let begin = || {
            Making::begin(|| {
                let (new, file) = place.create_beside(name)?;
                Ok((Thing::InDump(Arc::clone(place), new.clone()), (new, file)))
            })
        };
        let (making, (new, file)) = locked(begin, |(_, file)| held(file))?;
        Ok((Self { place: Arc::clone(place), name: name.to_owned(), new, making }, file))
    }

    /// Where it stands until then.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.place.path().join(&self.new)
    }

    /// Gives it its name. A file that was there is replaced.
    ///
    /// # Errors
    /// If it cannot be renamed; it is removed then.
    pub fn finish(self) -> io::Result<()> {
        let Self { place, name, new, making } = self;
        making.end(|| place.rename(&new, &name))
    }
}

/// Replaces a file of a dump as a whole: after a crash it holds the old or the new bytes.
///
/// # Errors
/// If it cannot be written; the old one is there then.
pub(crate) fn replace(place: &Arc<Place>, name: &str, bytes: &[u8]) -> Result<(), DumpError> {
    let written = NewFile::create(place, name).and_then(|(new, mut file)| {
        file.write_all(bytes)?;
        file.sync_all()?;
        new.finish()
    });
    written.map_err(DumpError::io("write", &place.path().join(name)))
}

/// A file that a person named, and that is being made.
#[derive(Debug)]
pub struct NewNamed {
    new: PathBuf,
    place: PathBuf,
    /// Those of a new file, which it gets when it is whole.
    rights: Permissions,
    making: Making,
}

impl NewNamed {
    /// Begins a file that will stand at `place`, hidden beside it and for the eyes of its
    /// owner alone; what others left unfinished for that place is removed.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(place: &Path) -> io::Result<(Self, File)> {
        let mut prefix = OsString::from(".");
        prefix.push(place.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        sweep_beside(above(place), &prefix);
        let unforeseen = || {
            let mut name = prefix.clone();
            name.push(unforeseen(""));
            place.with_file_name(name)
        };
        let begin = || {
            let new = unforeseen();
            Making::begin(|| {
                let mut options = OpenOptions::new();
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let file = options.write(true).create_new(true).open(&new)?;
                Ok((Thing::Named(new.clone()), (new, file)))
            })
        };
        let (making, (new, file)) = locked(begin, |(_, file)| held(file))?;
        let rights = rights_of_a_new_file(&unforeseen())?;
        Ok((Self { new, place: place.to_owned(), rights, making }, file))
    }

    /// Gives it its name, and the rights of the file that was there or of a new one.
    ///
    /// # Errors
    /// If it cannot be renamed; it is removed then.
    pub fn finish(self) -> io::Result<()> {
        let Self { new, place, rights, making } = self;
        making.end(|| {
            let rights = fs::metadata(&place).map_or(rights, |old| old.permissions());
            fs::set_permissions(&new, rights)?;
            fs::rename(&new, &place)
        })
    }
}

/// A folder that is being filled.
#[derive(Debug)]
pub struct NewFolder {
    path: PathBuf,
    place: PathBuf,
    /// Locked until it is dropped, where folders have locks; closed before the folder is
    /// removed, which may need the last descriptor.
    _lock: Option<File>,
    making: Making,
}

impl NewFolder {
    /// Begins a folder that will stand at `place`, for the eyes of its owner alone; what
    /// others left unfinished for that place is removed.
    ///
    /// # Errors
    /// If it cannot be made, as where the folder above it is missing.
    pub fn create(place: &Path) -> Result<Self, DumpError> {
        // Without a slash or dot at its end, which only a folder that is there may have.
        let name = place.file_name().unwrap_or_default();
        let place = place.with_file_name(name);
        sweep_beside(above(&place), name);
        let begin = || {
            let mut new = name.to_owned();
            new.push(unforeseen(""));
            let path = place.with_file_name(new);
            Making::begin(|| {
                make_private(&path)?;
                let lock = File::open(&path).ok();
                Ok((Thing::Folder(path.clone()), (path, lock)))
            })
        };
        let is_held = |(_, lock): &(PathBuf, Option<File>)| lock.as_ref().is_none_or(held);
        let (making, (path, lock)) =
            locked(begin, is_held).map_err(DumpError::io("create", &place))?;
        Ok(Self { path, place, _lock: lock, making })
    }

    /// Where it stands until then.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name. A folder that is there is not replaced.
    ///
    /// # Errors
    /// If it cannot be renamed; it is removed then.
    pub fn finish(self) -> io::Result<()> {
        let Self { path, place, making, _lock } = self;
        making.end(|| fs::rename(&path, &place))
    }
}

/// What the system lets others do with a new file there, which it tells of a file alone.
fn rights_of_a_new_file(path: &Path) -> io::Result<Permissions> {
    let (_removed, rights) = Making::begin(|| {
        let rights = File::create_new(path)?.metadata()?.permissions();
        Ok((Thing::Named(path.to_owned()), rights))
    })?;
    Ok(rights)
}

/// The folder that a place is in.
fn above(place: &Path) -> &Path {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// Begins something that nobody has swept away before it was locked.
fn locked<T>(
    begin: impl Fn() -> io::Result<(Making, T)>,
    is_held: impl Fn(&T) -> bool,
) -> io::Result<(Making, T)> {
    let mut latest = begin()?;
    for _ in 0..TRIES {
        if is_held(&latest.1) {
            break;
        }
        latest = begin()?;
    }
    Ok(latest)
}

/// Locks a file, so that whoever sweeps leftovers away sees that it is none; false if
/// one has it in work, or has removed it.
fn held(file: &File) -> bool {
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => false,
        // A file system without locks: nobody sweeps there.
        Err(fs::TryLockError::Error(_)) => true,
        Ok(()) => file.metadata().is_ok_and(|found| is_there(&found)),
    }
}

#[cfg(unix)]
fn is_there(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 0
}

#[cfg(not(unix))]
fn is_there(_: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_become_whole_is_never_seen() {
        let folder = tempfile::tempdir().unwrap();
        let names = || Place::open(folder.path()).unwrap().names().unwrap();
        let place = Arc::new(Place::open(folder.path()).unwrap());
        for is_whole in [false, true] {
            let (file, _) = NewFile::create(&place, "x").unwrap();
            let new = NewFolder::create(&folder.path().join("d/")).unwrap();
            fs::create_dir(new.path().join("parts")).unwrap();
            assert_eq!(names().len(), 2);
            assert!(names().iter().all(|name| name != "x" && name != "d"));
            if is_whole {
                file.finish().unwrap();
                new.finish().unwrap();
            } else {
                drop((file, new));
                assert!(names().is_empty());
            }
        }
        assert_eq!(names(), ["d", "x"]);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let place = Arc::new(Place::open(folder.path()).unwrap());
        replace(&place, "x", b"long old content").unwrap();
        replace(&place, "x", b"new").unwrap();
        assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"new");
        fs::create_dir_all(folder.path().join("full/of")).unwrap();
        assert!(replace(&place, "full", b"new").is_err());
        assert!(replace(&place, "../x", b"new").is_err());
        assert_eq!(place.names().unwrap(), ["full", "x"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_named_is_private_until_it_is_whole() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (place, other) = (folder.path().join("x"), folder.path().join("other"));
        File::create(&other).unwrap();
        for expected in [mode(&other), 0o640] {
            let (named, _) = NewNamed::create(&place).unwrap();
            assert_eq!(mode(&named.new), 0o600);
            named.finish().unwrap();
            assert_eq!(mode(&place), expected);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
            fs::set_permissions(&place, Permissions::from_mode(0o640)).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_stands_beside_its_place_however_that_is_written() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        for name in [&b"d"[..], b"d/", b"d//", b"d/.", b"no text \xff/"] {
            let place = folder.path().join(OsStr::from_bytes(name));
            let new = NewFolder::create(&place).unwrap();
            assert_eq!(new.path().parent(), Some(folder.path()), "{name:?}");
            new.finish().unwrap();
            assert!(place.is_dir(), "{name:?}");
            fs::remove_dir(place.with_file_name(place.file_name().unwrap())).unwrap();
        }
    }

    #[test]
    fn a_folder_that_holds_something_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("d/parts")).unwrap();
        assert!(NewFolder::create(&folder.path().join("d")).unwrap().finish().is_err());
        assert!(folder.path().join("d/parts").is_dir());
    }
}

//! Files and folders for the eyes of their owner alone: a dump says who talked
//! to whom. Files 0600, folders 0700 where the system has such rights.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flowkit_model::dump::{NEW_END, unfinished};

use crate::error::DumpError;

/// A file for writing, made or emptied.
///
/// # Errors
/// If it cannot be opened.
pub fn create(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().create(true).truncate(true).write(true)).open(path)
}

/// Makes what is created with these options private.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

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

/// Replaces a file as a whole: after a crash it holds the old or the new bytes.
///
/// # Errors
/// If it cannot be written; the old one is there then.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), DumpError> {
    let mut new = path.as_os_str().to_owned();
    new.push(NEW_END);
    let new = PathBuf::from(new);
    let write = || -> io::Result<()> {
        let mut file = create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(DumpError::io("write", &new))?;
    rename(&new, path)
}

/// Renames a file for good: the folder is synced as well.
///
/// # Errors
/// If it cannot be renamed, or that cannot be made safe.
pub fn rename(from: &Path, to: &Path) -> Result<(), DumpError> {
    fs::rename(from, to).map_err(DumpError::io("write", to))?;
    #[cfg(unix)]
    if let Some(folder) = to.parent() {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(DumpError::io("write", folder))?;
    }
    Ok(())
}

/// A file or a folder under another name beside its place, until it is whole:
/// what stands at its place is whole, whatever happens on the way.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    place: PathBuf,
    is_finished: bool,
}

impl Unfinished {
    /// What will stand at `place`. Nothing is made yet.
    #[must_use]
    pub fn new(place: &Path) -> Self {
        let path = unfinished(place, std::process::id());
        Self { path, place: place.to_owned(), is_finished: false }
    }

    /// Where it stands until then.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name. A file that was there is replaced, a folder is not.
    ///
    /// # Errors
    /// If it cannot be renamed; it is removed then.
    pub fn finish(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.place)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    /// Removes what did not become whole.
    fn drop(&mut self) {
        if !self.is_finished {
            // Why it did not become whole is told; that this failed too helps nobody.
            let _ = match fs::symlink_metadata(&self.path) {
                Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&self.path),
                _ => fs::remove_file(&self.path),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x");
        replace(&path, b"long old content").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("deep/dump");
        make_folder(&folder).unwrap();
        create(&folder.join("x")).unwrap();
        assert_eq!((mode(&folder), mode(&folder.join("x"))), (0o700, 0o600));
        // One that was there and empty may be open to others; a dump must not be.
        let open = place.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        make_folder(&open).unwrap();
        assert_eq!(mode(&open), 0o700);
    }

    #[test]
    fn what_does_not_become_whole_is_never_seen() {
        let place = tempfile::tempdir().unwrap();
        let names = || -> Vec<_> {
            fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        };
        let (file, folder) = (place.path().join("x"), place.path().join("d"));
        for is_whole in [false, true] {
            let (new_file, new_folder) = (Unfinished::new(&file), Unfinished::new(&folder));
            create(new_file.path()).unwrap();
            make_folder(&new_folder.path().join("parts")).unwrap();
            assert!(!file.exists() && !folder.exists());
            if is_whole {
                new_file.finish().unwrap();
                new_folder.finish().unwrap();
            } else {
                drop((new_file, new_folder));
                assert!(names().is_empty());
            }
        }
        assert!(file.is_file() && folder.join("parts").is_dir());
        assert_eq!(names().len(), 2);
    }
}

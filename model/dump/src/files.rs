//! Folders for the eyes of their owner alone, since a dump says who talked to whom: made
//! 0700 where the system has such rights, with those above them that are missing.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::DumpError;

/// Folders that were made for something to come: dropped, it removes those that are
/// empty still, as after a failure.
#[derive(Debug)]
#[must_use]
pub struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        // Innermost first; one that holds something stays, and those above it.
        for folder in &self.0 {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Makes a folder, and those above it, where they are missing. An empty one
/// that is there and open to others is closed to them.
///
/// # Errors
/// If it cannot be made or protected.
pub fn make_folder(path: &Path) -> Result<Made, DumpError> {
    // Without a dot at its end, which only a folder that is there may have.
    let path: &Path = &path.components().collect::<PathBuf>();
    let missing = path.ancestors().take_while(|folder| {
        !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err()
    });
    let made = Made(missing.map(Path::to_owned).collect());
    for folder in made.0.iter().rev() {
        match make_private(folder) {
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => done.map_err(DumpError::io("create", path))?,
        }
    }
    let metadata = fs::metadata(path).map_err(DumpError::io("read", path))?;
    if !metadata.is_dir() {
        return Err(DumpError::io("create", path)(io::ErrorKind::AlreadyExists.into()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let is_empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        if is_empty && metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
                .map_err(DumpError::io("protect", path))?;
        }
    }
    Ok(made)
}

/// Makes one folder.
///
/// # Errors
/// If it cannot be made, as where something is there.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_made_is_private_and_goes_while_it_is_empty() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("deep/dump");
        let new = make_folder(&folder).unwrap();
        assert_eq!((mode(&folder), mode(&place.path().join("deep"))), (0o700, 0o700));
        drop(make_folder(&folder).unwrap());
        assert!(folder.exists(), "it was there before");
        drop(new);
        assert!(!place.path().join("deep").exists());
        let new = make_folder(&folder.join(".")).unwrap();
        fs::write(place.path().join("deep/notes.txt"), "x").unwrap();
        drop(new);
        assert!(!folder.exists() && place.path().join("deep/notes.txt").exists());
        fs::write(&folder, "x").unwrap();
        assert!(make_folder(&folder).is_err() && make_folder(&folder.join("x")).is_err());
        // One that was there and empty may be open to others; a dump must not be.
        let open = place.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        drop(make_folder(&open).unwrap());
        assert_eq!(mode(&open), 0o700);
    }
}

//! Files and folders under another name beside their place, until they are whole:
//! what stands at its place is whole, whatever happens on the way.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::DumpError;
use crate::place::{Place, unforeseen};

/// A file that is being made.
#[derive(Debug)]
pub struct NewFile {
    place: Arc<Place>,
    name: String,
    new: String,
    is_finished: bool,
}

impl NewFile {
    /// Begins a file that will have this name.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(place: &Arc<Place>, name: &str) -> io::Result<(Self, File)> {
        let (new, file) = place.create_beside(name)?;
        // Whoever sweeps leftovers away sees that this one is none.
        let _ = file.try_lock();
        let (place, name) = (Arc::clone(place), name.to_owned());
        Ok((Self { place, name, new, is_finished: false }, file))
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
    pub fn finish(mut self) -> io::Result<()> {
        self.place.rename(&self.new, &self.name)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for NewFile {
    /// Removes what did not become whole.
    fn drop(&mut self) {
        if !self.is_finished {
            // Why it did not become whole is told; that this failed too helps nobody.
            let _ = self.place.forget(&self.new);
        }
    }
}

/// A folder that is being filled.
#[derive(Debug)]
pub struct NewFolder {
    path: PathBuf,
    place: PathBuf,
    is_finished: bool,
}

impl NewFolder {
    /// Begins a folder that will stand at `place`, for the eyes of its owner alone.
    ///
    /// # Errors
    /// If it cannot be made, as where the folder above it is missing.
    pub fn create(place: &Path) -> Result<Self, DumpError> {
        // Without a slash or dot at its end, which only a folder that is there may have.
        let name = place.file_name().unwrap_or_default();
        let place = place.with_file_name(name);
        let mut new = name.to_owned();
        new.push(unforeseen(""));
        let path = place.with_file_name(new);
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(DumpError::io("create", &path))?;
        Ok(Self { path, place, is_finished: false })
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
    pub fn finish(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.place)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for NewFolder {
    /// Removes what did not become whole.
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
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

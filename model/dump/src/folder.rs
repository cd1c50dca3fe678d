//! The folder of a dump: locked for one writer, cleared of an old dump, nothing else.
//!
//! Only files with names that flowkit gives are ever removed, and only in a
//! folder that is a dump.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use flowkit_model::dump::{
    COLUMNS, FORMAT, LOCK, MANIFEST, Manifest, NEW_END, PARTS, Part, is_ours,
};

use crate::error::DumpError;
use crate::files::{make_folder, private};
use crate::manifest;

/// A dump that this process alone writes to.
#[derive(Debug)]
pub struct DumpFolder {
    root: PathBuf,
    /// Whether the folder was made for it.
    is_new: bool,
    /// Locked until it is dropped.
    _lock: File,
}

/// What a folder held before it became a dump.
#[derive(Clone, Debug, PartialEq)]
pub enum Existing {
    /// No dump, and nothing else.
    Nothing,
    /// A dump, complete or not.
    Dump(Box<Manifest>),
}

impl DumpFolder {
    /// Locks the folder, which is made if it is missing. Nothing in it changes.
    ///
    /// # Errors
    /// If another process holds it, it is something else than a dump, or it
    /// cannot be made.
    pub fn lock(root: &Path) -> Result<(Self, Existing), DumpError> {
        let is_new = !root.exists();
        if root.is_file() {
            return Err(DumpError::NotADump { path: root.to_owned(), why: "it is a file" });
        }
        make_folder(root)?;
        inspect(root)?;
        let lock = lock(root)?;
        // Looked at again: before the lock it may have been another's.
        let existing = inspect(root)?;
        Ok((Self { root: root.to_owned(), is_new, _lock: lock }, existing))
    }

    /// Begins a new dump. The manifest, which says that nothing is here yet, is
    /// in place before the first file of the old dump goes.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn begin(&self, manifest: &Manifest) -> Result<(), DumpError> {
        self.write_manifest(manifest)?;
        for folder in [PARTS, COLUMNS] {
            self.clear(&self.root.join(folder))?;
        }
        self.make_parts()
    }

    /// Makes the folder of the parts, if it is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make_parts(&self) -> Result<(), DumpError> {
        make_folder(&self.parts())
    }

    /// Replaces the manifest.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), DumpError> {
        manifest::write(&self.root, manifest)
    }

    /// Removes the files of a part that the manifest does not name any more.
    ///
    /// # Errors
    /// If they are there and cannot be removed.
    pub fn remove(&self, part: &Part) -> Result<(), DumpError> {
        for path in [part.path(), part.columns_path()] {
            let path = self.root.join(path);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(DumpError::io("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where the dump is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where its parts are.
    #[must_use]
    pub fn parts(&self) -> PathBuf {
        self.root.join(PARTS)
    }

    fn clear(&self, folder: &Path) -> Result<(), DumpError> {
        match fs::symlink_metadata(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(DumpError::io("read", folder)(error)),
            // A link would lead out of the dump.
            Ok(metadata) if !metadata.is_dir() => {
                let why = "parts or columns in it is no folder";
                return Err(DumpError::NotADump { path: self.root.clone(), why });
            }
            Ok(_) => {}
        }
        for entry in fs::read_dir(folder).map_err(DumpError::io("read", folder))? {
            let entry = entry.map_err(DumpError::io("read", folder))?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && entry.file_name().to_str().is_some_and(is_ours) {
                fs::remove_file(entry.path()).map_err(DumpError::io("remove", &entry.path()))?;
            }
        }
        Ok(())
    }
}

impl Drop for DumpFolder {
    /// Removes the folder again if it was made for a dump that did not begin. Best
    /// effort: one that holds anything else stays.
    fn drop(&mut self) {
        if self.is_new && !self.root.join(MANIFEST).exists() {
            let _ = fs::remove_file(self.root.join(LOCK));
            let _ = fs::remove_dir(&self.root);
        }
    }
}

/// What a folder holds, as far as a new dump may stand there.
fn inspect(root: &Path) -> Result<Existing, DumpError> {
    let refuse = |why| Err(DumpError::NotADump { path: root.to_owned(), why });
    match manifest::read(root) {
        Ok(manifest) => Ok(Existing::Dump(Box::new(manifest))),
        Err(DumpError::NoManifest { .. }) => {
            let leftover = format!("{MANIFEST}{NEW_END}");
            for entry in fs::read_dir(root).map_err(DumpError::io("read", root))? {
                let name = entry.map_err(DumpError::io("read", root))?.file_name();
                if name != LOCK && name != leftover.as_str() {
                    return refuse("it has no manifest.json");
                }
            }
            Ok(Existing::Nothing)
        }
        Err(DumpError::OtherManifest { layout, .. }) if layout > FORMAT => {
            refuse("a later version of flowkit wrote its manifest.json")
        }
        Err(DumpError::OtherManifest { .. } | DumpError::DamagedManifest { .. }) => {
            refuse("its manifest.json is not flowkit's")
        }
        Err(error) => Err(error),
    }
}

fn lock(root: &Path) -> Result<File, DumpError> {
    let path = root.join(LOCK);
    let file = private(OpenOptions::new().create(true).truncate(false).write(true))
        .open(&path)
        .map_err(DumpError::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(DumpError::Locked { path: root.to_owned() }),
        // A file system without locks: one fetch at a time is up to the person.
        Err(fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(file)
        }
        Err(fs::TryLockError::Error(error)) => Err(DumpError::io("lock", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use flowkit_model::dump::State;

    fn manifest(state: State) -> Manifest {
        Manifest { flowkit_dump: FORMAT, state, ..Manifest::default() }
    }

    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_private() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("deep/dump");
        let (folder, found) = DumpFolder::lock(&root).unwrap();
        folder.begin(&manifest(State::Incomplete)).unwrap();
        assert_eq!(found, Existing::Nothing);
        for path in [&root, &root.join(PARTS)] {
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
        for name in [MANIFEST, LOCK] {
            assert_eq!(mode(&root.join(name)), 0o600, "{name}");
        }
    }

    #[test]
    fn a_folder_is_left_only_by_a_dump_that_began() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("dump");
        drop(DumpFolder::lock(&root).unwrap());
        assert!(!root.exists(), "nothing began");
        let (folder, _) = DumpFolder::lock(&root).unwrap();
        folder.begin(&manifest(State::Incomplete)).unwrap();
        drop(folder);
        assert!(root.join(MANIFEST).exists());
        // A folder that was there before stays, and one that holds something.
        drop(DumpFolder::lock(place.path().join("empty").as_path()).unwrap());
        fs::create_dir(place.path().join("empty")).unwrap();
        drop(DumpFolder::lock(&place.path().join("empty")).unwrap());
        assert!(place.path().join("empty").exists());
    }

    #[test]
    fn a_file_is_no_place_for_a_dump() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DumpFolder::lock(file.path()).unwrap_err();
        assert!(error.to_string().ends_with("is no flowkit dump (it is a file)"), "{error}");
    }

    #[test]
    fn only_one_fetch_writes_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let first = DumpFolder::lock(place.path()).unwrap();
        assert!(matches!(DumpFolder::lock(place.path()), Err(DumpError::Locked { .. })));
        drop(first);
        assert!(DumpFolder::lock(place.path()).is_ok());
    }

    #[test]
    fn a_new_dump_removes_only_files_of_ours() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        let (folder, _) = DumpFolder::lock(root).unwrap();
        folder.begin(&manifest(State::Complete)).unwrap();
        fs::create_dir(root.join(COLUMNS)).unwrap();
        let ours = ["parts/0001-x.ndjson.zst", "parts/0002-y.state", "columns/0001-x.parquet"];
        let others = ["notes.txt", "parts/notes.txt", "columns/mine.parquet"];
        for name in ours.iter().chain(&others) {
            fs::write(root.join(name), "x").unwrap();
        }
        drop(folder);
        let (folder, found) = DumpFolder::lock(root).unwrap();
        assert_eq!(found, Existing::Dump(Box::new(manifest(State::Complete))));
        assert!(ours.iter().all(|name| root.join(name).exists()), "taking changes nothing");
        folder.begin(&manifest(State::Incomplete)).unwrap();
        assert!(ours.iter().all(|name| !root.join(name).exists()));
        assert!(others.iter().all(|name| root.join(name).exists()));
        drop(folder);
        let incomplete = Existing::Dump(Box::new(manifest(State::Incomplete)));
        assert_eq!(DumpFolder::lock(root).unwrap().1, incomplete);
    }

    #[test]
    fn a_folder_of_something_else_is_refused_even_if_forced() {
        for (name, content) in [
            ("thesis.tex", "x"),
            (MANIFEST, "{}"),
            (MANIFEST, "no json"),
            (MANIFEST, r#"{"flowkit_dump": 99}"#),
            (MANIFEST, r#"{"flowkit_dump": 1, "state": "complete", "qarts": []}"#),
            (MANIFEST, r#"{"name": "a web app"}"#),
        ] {
            let place = tempfile::tempdir().unwrap();
            fs::write(place.path().join(name), content).unwrap();
            let error = DumpFolder::lock(place.path()).unwrap_err();
            assert!(matches!(error, DumpError::NotADump { .. }), "{name} {content}: {error}");
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing was added");
        }
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(DumpFolder::lock(&file).is_err());
        assert_eq!(fs::read(&file).unwrap(), b"x");
    }

    #[test]
    fn a_link_does_not_lead_out_of_the_dump() {
        let place = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (place.path().join("dump"), place.path().join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("0001-x.ndjson.zst"), "x").unwrap();
        let (folder, _) = DumpFolder::lock(&root).unwrap();
        folder.write_manifest(&manifest(State::Complete)).unwrap();
        std::os::unix::fs::symlink(&elsewhere, root.join(PARTS)).unwrap();
        assert!(folder.begin(&manifest(State::Incomplete)).is_err());
        assert!(elsewhere.join("0001-x.ndjson.zst").exists());
    }
}

//! The folder of a dump: locked for one writer, cleared of an old dump, nothing else.
//!
//! Only files with names that flowkit gives are ever removed, and only in a
//! folder that is a dump.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use flowkit_model::dump::{LOCK, MANIFEST, Manifest, Part, is_ours};

use crate::error::DumpError;
use crate::files::{Made, make_folder};
use crate::folders::Folders;
use crate::manifest;
use crate::place::Place;
use crate::unfinished::{is_unfinished_manifest, sweep_files, sweep_manifests};

/// A dump that this process alone writes to.
#[derive(Debug)]
pub struct DumpFolder {
    folders: Folders,
    /// Whether the folder was made for it.
    is_new: bool,
    /// Locked until it is dropped.
    _lock: File,
    /// An empty folder would look as if something had begun.
    _made: Made,
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
        let made = make_folder(root)?;
        let folders = Folders::open(root)?;
        inspect(folders.root())?;
        let lock = lock(folders.root())?;
        let folder = Self { folders, is_new, _lock: lock, _made: made };
        // Looked at again: before the lock it may have been another's.
        let existing = inspect(folder.folders.root())?;
        Ok((folder, existing))
    }

    /// Begins a new dump. The manifest, which says that nothing is here yet, is
    /// in place before the first file of the old dump goes.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn begin(&self, manifest: &Manifest) -> Result<(), DumpError> {
        self.write_manifest(manifest)?;
        let folders = [self.folders.parts(), self.folders.columns()];
        for folder in folders {
            if let Some(folder) = self.of_the_dump(folder)? {
                clear(folder)?;
            }
        }
        self.folders.make_parts().map(drop)
    }

    /// Replaces the manifest; the first time, what others left unfinished is removed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), DumpError> {
        self.folders.root().when_first_written(|root| {
            sweep_manifests(root);
            for folder in [self.folders.parts(), self.folders.columns()] {
                folder.ok().flatten().into_iter().for_each(|folder| sweep_files(folder));
            }
        });
        manifest::write(self.folders.root(), manifest)
    }

    /// Removes the files of a part that the manifest does not name any more.
    ///
    /// # Errors
    /// If they are there and cannot be removed.
    pub fn remove(&self, part: &Part) -> Result<(), DumpError> {
        for (folder, name) in [
            (self.folders.parts(), part.file_name()),
            (self.folders.columns(), part.columns_name()),
        ] {
            if let Some(folder) = self.of_the_dump(folder)? {
                let path = folder.path().join(&name);
                folder.forget(&name).map_err(DumpError::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Its folders.
    #[must_use]
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Where its parts are; made if that is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn parts(&self) -> Result<&Arc<Place>, DumpError> {
        self.folders.make_parts()
    }

    /// A folder, if nothing else is in its place.
    fn of_the_dump<'f>(
        &self,
        folder: Result<Option<&'f Arc<Place>>, DumpError>,
    ) -> Result<Option<&'f Arc<Place>>, DumpError> {
        folder.map_err(|error| match error {
            // A link would lead out of the dump.
            DumpError::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                let why = "parts or columns in it is no folder";
                DumpError::NotADump { path: self.folders.root().path().to_owned(), why }
            }
            error => error,
        })
    }
}

impl Drop for DumpFolder {
    /// Removes the lock again if the folder was made for a dump that did not begin, so
    /// that it is empty. Best effort: one that holds anything else stays.
    fn drop(&mut self) {
        let root = self.folders.root();
        if self.is_new && root.read(MANIFEST).is_err() {
            let _ = root.forget(LOCK);
        }
    }
}

/// Removes the files that flowkit names.
fn clear(folder: &Place) -> Result<(), DumpError> {
    for name in folder.names()? {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        // What is no file is nobody's of ours.
        if folder.read(name).is_ok() {
            let path = folder.path().join(name);
            folder.forget(name).map_err(DumpError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// What a folder holds, as far as a new dump may stand there.
fn inspect(root: &Place) -> Result<Existing, DumpError> {
    let refuse = |why| Err(DumpError::NotADump { path: root.path().to_owned(), why });
    match manifest::read_in(root) {
        Ok(manifest) => Ok(Existing::Dump(Box::new(manifest))),
        Err(DumpError::NoManifest { .. }) => {
            let is_of_nobody = |name: &OsString| {
                name.to_str().is_none_or(|name| name != LOCK && !is_unfinished_manifest(name))
            };
            if root.names()?.iter().any(is_of_nobody) {
                return refuse("it has no manifest.json");
            }
            Ok(Existing::Nothing)
        }
        Err(DumpError::LaterManifest { .. }) => {
            refuse("a later version of flowkit wrote its manifest.json")
        }
        Err(DumpError::OtherManifest { .. } | DumpError::DamagedManifest { .. }) => {
            refuse("its manifest.json is not flowkit's")
        }
        Err(error) => Err(error),
    }
}

fn lock(root: &Place) -> Result<File, DumpError> {
    let path = root.path().join(LOCK);
    let made = root.create_new(LOCK);
    let is_new = made.is_ok();
    let file = match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => root.write(LOCK),
        made => made,
    };
    let file = file.map_err(DumpError::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            Err(DumpError::Locked { path: root.path().to_owned() })
        }
        // A file system without locks: one fetch at a time is up to the person.
        Err(fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(file)
        }
        Err(fs::TryLockError::Error(error)) => {
            if is_new {
                // Nobody else can lock it either.
                let _ = root.forget(LOCK);
            }
            Err(DumpError::io("lock", &path)(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use flowkit_model::dump::{COLUMNS, FORMAT, PARTS, State};

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

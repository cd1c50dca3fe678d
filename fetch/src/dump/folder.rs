//! The folder of a dump: locked for one fetch, cleared of an old dump, nothing else.
//!
//! Only files with names that flowkit gives are ever removed, and only in a
//! folder that is a dump. Everything here is readable by its owner alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flowkit_model::dump::{self, COLUMNS, LOCK, MANIFEST, Manifest, NEW_END, PARTS, Part};

use crate::error::FetchError;

/// A dump that this process alone writes to.
#[derive(Debug)]
pub(crate) struct DumpFolder {
    root: PathBuf,
    /// Locked until it is dropped.
    _lock: File,
}

/// What was at the place of a dump.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Existing {
    Nothing,
    /// A dump, complete or not.
    Dump(Box<Manifest>),
}

impl DumpFolder {
    /// Locks the folder, which is made if it is missing. Nothing in it changes.
    pub(crate) fn lock(root: &Path) -> Result<(Self, Existing), FetchError> {
        make_folder(root)?;
        inspect(root)?;
        let lock = lock(root)?;
        // Looked at once more: before the lock it may have been another's.
        let found = inspect(root)?;
        Ok((Self { root: root.to_owned(), _lock: lock }, found))
    }

    /// Begins a new dump. The manifest, which says that nothing is here yet, is
    /// in place before the first file of the old dump goes.
    pub(crate) fn begin(&self, manifest: &Manifest) -> Result<(), FetchError> {
        self.write_manifest(manifest)?;
        for folder in [PARTS, COLUMNS] {
            self.clear(&self.root.join(folder))?;
        }
        self.make_parts()
    }

    pub(crate) fn make_parts(&self) -> Result<(), FetchError> {
        make_folder(&self.parts())
    }

    pub(crate) fn write_manifest(&self, manifest: &Manifest) -> Result<(), FetchError> {
        let path = self.root.join(MANIFEST);
        let mut json = serde_json::to_vec_pretty(manifest)
            .map_err(|error| FetchError::disk("write", &path)(error.into()))?;
        json.push(b'\n');
        replace(&path, &json)
    }

    /// Removes the files of a part that the manifest does not name any more.
    pub(crate) fn remove(&self, part: &Part) -> Result<(), FetchError> {
        for path in [part.path(), part.columns_path()] {
            let path = self.root.join(path);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(FetchError::disk("remove", path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn parts(&self) -> PathBuf {
        self.root.join(PARTS)
    }

    fn clear(&self, folder: &Path) -> Result<(), FetchError> {
        match fs::symlink_metadata(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(FetchError::disk("read", folder)(error)),
            // A link would lead out of the dump.
            Ok(metadata) if !metadata.is_dir() => {
                let why = "parts or columns in it is no folder";
                return Err(FetchError::NotADump { path: self.root.clone(), why });
            }
            Ok(_) => {}
        }
        for entry in fs::read_dir(folder).map_err(FetchError::disk("read", folder))? {
            let entry = entry.map_err(FetchError::disk("read", folder))?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && entry.file_name().to_str().is_some_and(dump::is_ours) {
                fs::remove_file(entry.path()).map_err(FetchError::disk("remove", entry.path()))?;
            }
        }
        Ok(())
    }
}

/// What a folder holds, as far as a new dump may stand there.
fn inspect(root: &Path) -> Result<Existing, FetchError> {
    let refuse = |why| Err(FetchError::NotADump { path: root.to_owned(), why });
    let path = root.join(MANIFEST);
    let json = match fs::read(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let leftover = format!("{MANIFEST}{NEW_END}");
            for entry in fs::read_dir(root).map_err(FetchError::disk("read", root))? {
                let name = entry.map_err(FetchError::disk("read", root))?.file_name();
                if name != LOCK && name != leftover.as_str() {
                    return refuse("it has no manifest.json");
                }
            }
            return Ok(Existing::Nothing);
        }
        Err(error) => return Err(FetchError::disk("read", path)(error)),
    };
    match Manifest::from_json(&json) {
        Ok(manifest) if manifest.is_readable() => Ok(Existing::Dump(Box::new(manifest))),
        Ok(manifest) if manifest.flowkit_dump > dump::FORMAT => {
            refuse("a later version of flowkit wrote its manifest.json")
        }
        _ => refuse("its manifest.json is not flowkit's"),
    }
}

fn lock(root: &Path) -> Result<File, FetchError> {
    let path = root.join(LOCK);
    let file = private(OpenOptions::new().create(true).truncate(false).write(true))
        .open(&path)
        .map_err(FetchError::disk("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(FetchError::Locked { path: root.to_owned() }),
        // A file system without locks: one fetch at a time is up to the person.
        Err(fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(file)
        }
        Err(fs::TryLockError::Error(error)) => Err(FetchError::disk("lock", path)(error)),
    }
}

fn make_folder(path: &Path) -> Result<(), FetchError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(FetchError::disk("create", path))?;
    #[cfg(unix)]
    {
        // One that was there may be open to others; a dump must not be.
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(path).map_err(FetchError::disk("read", path))?;
        let is_empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        if is_empty && metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
                .map_err(FetchError::disk("protect", path))?;
        }
    }
    Ok(())
}

/// Makes what is created readable by its owner alone.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Replaces a file as a whole: after a crash it holds the old or the new bytes.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FetchError> {
    let mut new = path.as_os_str().to_owned();
    new.push(NEW_END);
    let new = PathBuf::from(new);
    let write = || -> io::Result<()> {
        let mut file =
            private(OpenOptions::new().create(true).truncate(true).write(true)).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(FetchError::disk("write", &new))?;
    rename(&new, path)
}

/// Renames a file for good: the folder is synced as well.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), FetchError> {
    fs::rename(from, to).map_err(FetchError::disk("write", to))?;
    #[cfg(unix)]
    if let Some(folder) = to.parent() {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(FetchError::disk("write", folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use flowkit_model::dump::State;

    fn manifest(state: State) -> Manifest {
        Manifest { flowkit_dump: dump::FORMAT, state, ..Manifest::default() }
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
    fn only_one_fetch_writes_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let first = DumpFolder::lock(place.path()).unwrap();
        assert!(matches!(DumpFolder::lock(place.path()), Err(FetchError::Locked { .. })));
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
            assert!(matches!(error, FetchError::NotADump { .. }), "{name} {content}: {error}");
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

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x");
        replace(&path, b"long old content").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

//! What a process that was killed left unfinished: whoever writes there next removes
//! it. What somebody is still writing is left alone: it is locked or, of an earlier
//! flowkit, named by a process that lives.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;

use flowkit_model::dump::{Begun, COLUMNS, LOCK, MANIFEST, PARTS, is_ours, unfinished};

use crate::place::Place;

/// Whether nobody writes to something any more: then it is locked as long as the
/// result is kept.
fn left(file: File, begun: Begun) -> Option<File> {
    match begun {
        Begun::Locked => file.try_lock().is_ok().then_some(file),
        Begun::By(process) => (!lives(process)).then_some(file),
        Begun::Unknown => None,
    }
}

#[cfg(unix)]
fn lives(process: i32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let found = Pid::from_raw(process).map(test_kill_process);
    found != Some(Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn lives(_: i32) -> bool {
    true
}

/// Removes the unfinished files among the parts or the columns of a dump.
pub(crate) fn sweep_files(place: &Place) {
    // What cannot be removed is in nobody's way.
    for name in place.names().unwrap_or_default() {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        let Some((_, begun)) = unfinished(name) else { continue };
        let left = place.read(name).ok().and_then(|file| left(file, begun));
        if left.is_some() {
            let _ = place.forget(name);
        }
    }
}

/// Whether a name is that of a manifest which is not whole.
pub(crate) fn is_unfinished_manifest(name: &str) -> bool {
    unfinished(name).is_some_and(|(whole, _)| whole == MANIFEST)
}

/// Removes the unfinished manifests of a dump whose lock is held: nobody else
/// writes one.
pub(crate) fn sweep_manifests(root: &Place) {
    for name in root.names().unwrap_or_default() {
        let Some(name) = name.to_str() else { continue };
        if is_unfinished_manifest(name) && root.read(name).is_ok() {
            let _ = root.forget(name);
        }
    }
}

/// Removes what was begun for a place under another name beside it, of which `prefix`
/// is the start: a dump, if it holds nothing else, or a file.
pub(super) fn sweep_beside(folder: &Path, prefix: &OsStr) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes()) else {
            continue;
        };
        let rest = std::str::from_utf8(rest).unwrap_or_default();
        if !matches!(unfinished(rest), Some(("", Begun::Locked))) || !is_own(&entry) {
            continue;
        }
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let left = File::open(&path).ok().and_then(|file| left(file, Begun::Locked));
        if left.is_none() {
            continue;
        }
        // What cannot be removed is in nobody's way.
        let _ = if !is_folder {
            fs::remove_file(&path)
        } else if is_a_dump_in_the_making(&path) {
            fs::remove_dir_all(&path)
        } else {
            Ok(())
        };
    }
}

/// Whether it is a file or a folder of this user, and no link or pipe.
fn is_own(entry: &fs::DirEntry) -> bool {
    let Ok(found) = entry.metadata() else { return false };
    #[cfg(unix)]
    let is_mine =
        std::os::unix::fs::MetadataExt::uid(&found) == rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    let is_mine = true;
    is_mine && (found.is_file() || found.is_dir())
}

/// Whether a folder holds nothing but files of a dump.
fn is_a_dump_in_the_making(path: &Path) -> bool {
    let Ok(root) = Place::open(path) else { return false };
    let are_ours = |name: &str| match root.folder(name) {
        Ok(Some(folder)) => folder
            .names()
            .is_ok_and(|names| names.iter().all(|name| name.to_str().is_some_and(is_ours))),
        _ => false,
    };
    let is_one = |name: &str| match name {
        MANIFEST | LOCK => true,
        PARTS | COLUMNS => are_ours(name),
        _ => is_unfinished_manifest(name),
    };
    root.names().is_ok_and(|names| names.iter().all(|name| name.to_str().is_some_and(is_one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_go_and_what_somebody_writes_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::open(folder.path()).unwrap();
        let me = std::process::id();
        // No process has a number of ten digits.
        let gone = ["0001-n.parquet.0123456789abcdef.new", "0001-n.parquet.2147483647.new"];
        let live = "0001-n.parquet.aaaaaaaaaaaaaaaa.new";
        let stays = [
            format!("0001-n.parquet.{me}.new"),
            "0001-n.parquet".into(),
            "mine.0123456789abcdef.new".into(),
            live.into(),
        ];
        for name in gone.iter().copied().chain(stays.iter().map(String::as_str)) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let held = File::open(folder.path().join(live)).unwrap();
        held.try_lock().unwrap();
        sweep_files(&place);
        assert!(gone.iter().all(|name| !folder.path().join(name).exists()));
        assert!(stays.iter().all(|name| folder.path().join(name).exists()));
        drop(held);
        sweep_files(&place);
        assert!(!folder.path().join(live).exists());
    }

    #[test]
    fn beside_a_place_only_what_was_begun_for_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["d.0123456789abcdef.new", "d.1123456789abcdef.new", "d.2123456789abcdef.new"] {
            fs::create_dir_all(path(name).join(PARTS)).unwrap();
            fs::write(path(name).join(PARTS).join("0001-n.ndjson.zst"), "x").unwrap();
            fs::write(path(name).join("manifest.json.0123456789abcdef.new"), "x").unwrap();
        }
        fs::write(path("d.1123456789abcdef.new/thesis.tex"), "x").unwrap();
        fs::write(path("other.0123456789abcdef.new"), "x").unwrap();
        fs::write(path("d.new"), "x").unwrap();
        fs::write(path("d.3123456789abcdef.new"), "x").unwrap();
        let held = File::open(path("d.2123456789abcdef.new")).unwrap();
        held.try_lock().unwrap();
        sweep_beside(folder.path(), OsStr::new("d"));
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(
            names,
            [
                "d.1123456789abcdef.new",
                "d.2123456789abcdef.new",
                "d.new",
                "other.0123456789abcdef.new"
            ]
        );
    }
}

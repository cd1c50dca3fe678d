//! The files of a dump: damaged, on a full disk, in a folder that is closed or in use.

use std::fs;
use std::time::{Duration, Instant};

use flowkit_fetch::{Cancel, FetchError, Request, fetch};
use flowkit_model::dump::{Span, State};
use flowkit_testdata::{Server, practice_day};

use super::{AtFirstPage, documents, request};
use crate::saved::{manifest, of_practice, saved};

#[test]
fn damage_to_a_dump_is_found_and_named() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let small = Request { part_size: Some(100), ..request(&server, place.path()) };
    let whole = fetch(&small, &Cancel::new(), &()).unwrap();
    let check = |expected: &str| {
        let (_, findings) = flowkit_fetch::verify(place.path(), None).unwrap();
        let text: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert!(text.iter().any(|line| line.contains(expected)), "{expected}: {text:#?}");
    };
    assert_eq!(flowkit_fetch::verify(place.path(), None).unwrap().1, []);
    let path = place.path().join(whole.parts[1].path());
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0x10;
    fs::write(&path, &bad).unwrap();
    check("the checksum is");
    fs::write(&path, &good[..middle]).unwrap();
    check("the file has");
    check("documents are here");
    fs::remove_file(&path).unwrap();
    check("No such file");
    fs::write(&path, &good).unwrap();
    // A part in place of another that is larger: the same documents twice.
    let larger = place.path().join(whole.parts[0].path());
    let kept = fs::read(&larger).unwrap();
    assert!(kept.len() > good.len());
    fs::copy(&path, &larger).unwrap();
    check("documents are there twice");
    // One that is larger than it can be is not read.
    fs::OpenOptions::new().write(true).open(&larger).unwrap().set_len(1 << 36).unwrap();
    let begun = Instant::now();
    check("the file has 68719476736 bytes, not");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    fs::write(&larger, &kept).unwrap();
    fs::write(place.path().join("parts/0099-x.ndjson.zst"), "").unwrap();
    check("no part that the manifest names");
    fs::remove_file(place.path().join("parts/0099-x.ndjson.zst")).unwrap();
    let mut fewer = whole.clone();
    fewer.parts.remove(1);
    fs::write(place.path().join("manifest.json"), serde_json::to_vec(&fewer).unwrap()).unwrap();
    check("documents came, not");
    let spans = |from_ms, to_ms| Span { from_ms, to_ms };
    let mut gap = whole.clone();
    let last = gap.parts.last_mut().unwrap();
    last.scope.window = spans(last.scope.window.from_ms.map(|ms| ms + 1), last.scope.window.to_ms);
    fs::write(place.path().join("manifest.json"), serde_json::to_vec(&gap).unwrap()).unwrap();
    check("no part covers the time");
}

/// A disk with room for so little, where a file system of that size can be had.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_what_came_is_gone_on_with() {
    let place = tempfile::tempdir().unwrap();
    let disk = place.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |arguments: &[&str]| {
        let done = std::process::Command::new(arguments[0]).args(&arguments[1..]).output();
        done.is_ok_and(|output| output.status.success())
    };
    let path = disk.to_str().unwrap();
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path]) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let documents: Vec<_> = practice_day().into_iter().step_by(2).collect();
    let server = Server::start(documents.clone(), 0).unwrap();
    let small =
        Request { part_size: Some(300), jobs: Some(2), ..request(&server, &disk.join("dump")) };
    let error = fetch(&small, &Cancel::new(), &());
    let state = manifest(&disk.join("dump")).state;
    let grown = mount(&["mount", "-o", "remount,size=64m", path]);
    let fetched = fetch(&small, &Cancel::new(), &());
    let whole = fetched.is_ok().then(|| saved(&disk.join("dump")));
    mount(&["umount", path]);
    let error = error.unwrap_err();
    assert!(matches!(error, FetchError::DiskFull { .. }), "{error}");
    assert_eq!(state, State::Incomplete);
    assert!(grown);
    fetched.unwrap();
    assert_eq!(whole.unwrap(), of_practice(&documents));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_and_a_second_fetch_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let dump = place.path().join("dump");
    let cancel = Cancel::new();
    // Two fetches into one dump: the second is told, the first ends well.
    let second = AtFirstPage(|| {
        let error = fetch(&request(&server, &dump), &Cancel::new(), &()).unwrap_err();
        assert!(matches!(error, FetchError::Locked { .. }), "{error}");
    });
    fetch(&request(&server, &dump), &cancel, &second).unwrap();
    assert_eq!(saved(&dump), of_practice(&documents()));
    let locked = place.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    // Whoever may write everywhere is not stopped by that.
    if fs::write(locked.join("probe"), "").is_err() {
        let error = fetch(&request(&server, &locked.join("d")), &cancel, &()).unwrap_err();
        assert!(error.to_string().starts_with("cannot create"), "{error}");
    }
}

//! Columns of a dump that are damaged, and dumps of somebody else: what is answered is
//! right, and what is written is one's own.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn flowkit(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(arguments).current_dir(folder).env_remove("FLOWKIT_DUMP");
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with a dump of two parts.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (seed, name) in [("1", "a.ndjson"), ("2", "b.ndjson")] {
        let synth = ["synth", "1000", "--seed", seed, "--format", "hits", "-o", name];
        assert!(flowkit(&synth, folder.path()).status.success());
    }
    let import = ["import", "a.ndjson", "b.ndjson", "-o", "dump", "-q"];
    assert!(flowkit(&import, folder.path()).status.success());
    folder
}

fn columns(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("dump/columns")).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every damage, whoever meets it first: the answer is that of the undamaged dump, nothing
/// is written twice, and the next answer has columns again.
#[test]
fn damaged_columns_are_mended_whoever_meets_them() {
    let folder = folder();
    let exports = ["csv", "documents", "hits", "pcap", "parquet"]
        .map(|format| vec!["export", "dump", "--format", format, "-o", "out"]);
    let others = [
        vec!["send", "dump", "127.0.0.1:9", "--max-rate", "0", "--exporter", "192.168.10.254"],
        vec!["show", "dump", "-n", "0", "-o", "out"],
        vec!["top", "--by", "src_addr,dst_addr,dst_port", "-n", "0", "dump", "-o", "out"],
    ];
    let whole: Vec<_> = columns(folder.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    for arguments in exports.into_iter().chain(others) {
        let right = flowkit(&arguments, folder.path());
        assert!(right.status.success(), "{arguments:?}: {}", said(&right));
        let expected = fs::read(folder.path().join("out")).ok();
        for (file, at) in [(0, 3), (0, 1), (1, 1), (1, 2)] {
            let path = &columns(folder.path())[file];
            let mut bytes = whole[file].clone();
            // Where the values are, before the footer.
            let at = bytes.len() / 10 * at;
            bytes[at] ^= 0x55;
            fs::write(path, bytes).unwrap();
            let output = flowkit(&arguments, folder.path());
            let told = said(&output);
            assert!(output.status.success(), "{arguments:?}, {at} of {file}: {told}");
            assert_eq!(fs::read(folder.path().join("out")).ok(), expected, "{arguments:?}, {at}");
            assert_eq!(output.stdout, right.stdout, "{arguments:?}, {at}");
            // `show` looks at documents alone; a question may leave it to the next.
            assert!(
                flowkit(&["export", "dump", "--format", "csv"], folder.path()).status.success()
            );
            let mended: Vec<_> =
                columns(folder.path()).iter().map(|path| fs::read(path).unwrap()).collect();
            assert!(mended == whole, "{arguments:?}, {at} of {file}");
        }
    }
}

/// Who reads the dump of somebody else, or where others may write, writes nothing.
#[test]
fn a_dump_of_somebody_else_is_read_and_not_written_to() {
    let folder = folder();
    let place = folder.path();
    let top = ["top", "--by", "dst_port", "--format", "csv", "dump"];
    let right = flowkit(&top, place).stdout;
    for (change, why) in [
        ("chown 65534 dump", Some("belongs to another user")),
        ("chown $(id -u) dump", None),
        ("chmod 777 dump", Some("can be written to by other users")),
        ("chmod 700 dump; chmod 777 .", Some("lies in a folder that other users can write to")),
        ("chmod 1777 .", None),
        ("chmod 775 .; chgrp 12345 .", Some("lies in a folder that other users can write to")),
        ("chgrp $(id -g) .", None),
    ] {
        let mut line = Command::new("sh");
        line.args(["-ec", change]).current_dir(place).stderr(Stdio::null());
        // Only root can give a file away.
        if !line.status().unwrap().success() {
            continue;
        }
        fs::remove_dir_all(place.join("dump/columns")).unwrap();
        let Some(why) = why else {
            assert_eq!(flowkit(&top, place).stdout, right, "{change}");
            assert_eq!(columns(place).len(), 2, "{change}");
            continue;
        };
        fs::create_dir(place.join("dump/columns")).unwrap();
        let damaged = place.join("dump/columns/0001-a.ndjson.parquet");
        fs::write(&damaged, "damaged").unwrap();
        fs::write(place.join("dump/columns/0001-a.ndjson.parquet.0123456789abcdef.new"), "x")
            .unwrap();
        let before = columns(place);
        let export = ["export", "dump", "--format", "csv", "-o", "out"];
        for arguments in [&top[..], &export, &["summary", "dump"]] {
            let output = flowkit(arguments, place);
            let told = said(&output);
            assert!(output.status.success(), "{change}: {told}");
            let note = format!(
                "note: dump {why}: it is read and not written to, so that queries read its \
                 documents, which takes longer; copy it with `cp -r` to a folder of your own\n"
            );
            assert_eq!(told.matches(&note).count(), 1, "{change}, {arguments:?}: {told}");
            assert!(arguments != top || output.stdout == right, "{change}");
            assert_eq!(columns(place), before, "{change}, {arguments:?}");
            assert_eq!(fs::read(&damaged).unwrap(), b"damaged", "{change}");
        }
    }
}

/// A part without columns, in a dump that is not written to: documents of both parts
/// count once, whichever it is.
#[test]
fn documents_count_once_where_some_parts_have_columns() {
    let folder = folder();
    let place = folder.path();
    let top = ["top", "--by", "dst_port", "-n", "0", "--format", "csv", "dump"];
    let export = ["export", "dump", "--format", "csv"];
    let sorted = |output: &Output| {
        let mut lines: Vec<_> = output.stdout.split(|byte| *byte == b'\n').collect();
        lines.sort_unstable();
        lines.concat()
    };
    let right = [&top[..], &export].map(|arguments| sorted(&flowkit(arguments, place)));
    let open = Command::new("chmod").args(["777", "dump"]).current_dir(place).status();
    assert!(open.unwrap().success());
    for path in columns(place) {
        let held = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        for (arguments, right) in [&top[..], &export].iter().zip(&right) {
            let output = flowkit(arguments, place);
            assert!(said(&output).contains("can be written to by other users"));
            assert!(sorted(&output) == *right, "{arguments:?} without {}", path.display());
        }
        fs::write(&path, held).unwrap();
    }
}

/// Columns of somebody else that are damaged are not taken, and not removed; that the
/// documents are read instead is told.
#[test]
fn damaged_columns_of_somebody_else_are_told() {
    let folder = folder();
    let place = folder.path();
    let export = ["export", "dump", "--format", "csv", "-o", "out"];
    assert!(flowkit(&export, place).status.success());
    let right = fs::read(place.join("out")).unwrap();
    let path = &columns(place)[1];
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.len() / 5;
    bytes[at] ^= 0x55;
    fs::write(path, &bytes).unwrap();
    let open = Command::new("chmod").args(["777", "dump"]).current_dir(place).status();
    assert!(open.unwrap().success());
    let output = flowkit(&export, place);
    let told = said(&output);
    assert!(output.status.success(), "{told}");
    let note = "note: dump is answered from its documents, which takes longer: \
                dump/columns/0002-b.ndjson.parquet is damaged\n";
    assert_eq!(told.matches(note).count(), 1, "{told}");
    assert!(fs::read(path).unwrap() == bytes && columns(place).len() == 2);
    // Flows of documents come before those of columns.
    let lines = |text: &[u8]| {
        let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort_unstable();
        lines
    };
    assert!(lines(&fs::read(place.join("out")).unwrap()) == lines(&right));
}

/// Columns of an earlier or a later layout, as their footer says: those of a dump are made
/// anew, a file of them is refused by name.
#[test]
fn columns_of_another_layout_are_not_read() {
    let folder = folder();
    let place = folder.path();
    let top = ["top", "--by", "dst_port", "--format", "csv"];
    let right = flowkit(&[&top[..], &["dump"]].concat(), place).stdout;
    let path = &columns(place)[1];
    let whole = fs::read(path).unwrap();
    let stated = b"{\"version\":";
    let at = whole.windows(stated.len()).position(|bytes| bytes == stated).unwrap() + stated.len();
    let copy = place.join("flows.parquet");
    for step in [-1, 1_i8] {
        let mut other = whole.clone();
        assert!((b'2'..b'9').contains(&other[at]) && !other[at + 1].is_ascii_digit());
        other[at] = other[at].wrapping_add_signed(step);
        fs::write(path, &other).unwrap();
        let answer = flowkit(&[&top[..], &["dump"]].concat(), place);
        assert!(answer.stdout == right, "{step}: {}", said(&answer));
        assert!(fs::read(path).unwrap() == whole, "{step}: not made anew");
        fs::write(&copy, &other).unwrap();
        let refused = flowkit(&[&top[..], &["flows.parquet"]].concat(), place);
        let told = said(&refused);
        assert_eq!(refused.status.code(), Some(1), "{step}: {told}");
        assert!(told.contains("flows.parquet") && told.contains("another version"), "{told}");
    }
}

/// Whatever else a later layout holds: it is named as one, and nothing changes.
#[test]
fn a_dump_of_a_later_flowkit_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let later = r#"{"flowkit_dump": 2, "state": {"is": "complete"}, "parts": 7}"#;
    fs::create_dir(folder.path().join("dump")).unwrap();
    let manifest = folder.path().join("dump/manifest.json");
    fs::write(&manifest, later).unwrap();
    for arguments in [
        &["summary", "dump"][..],
        &["export", "dump", "--format", "csv", "-o", "out"],
        &["show", "dump"],
        &["import", "dump", "-o", "new"],
        &["send", "dump", "127.0.0.1:9"],
        &["verify", "dump"],
        &["fetch", "--url", "http://127.0.0.1:9", "-o", "dump"],
        &["fetch", "--url", "http://127.0.0.1:9", "-o", "dump", "--update"],
        &["fetch", "--url", "http://127.0.0.1:9", "-o", "dump", "--force"],
    ] {
        let output = flowkit(arguments, folder.path());
        let told = said(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        let is_named =
            told.contains("of a later flowkit") || told.contains("a later version of flowkit");
        assert!(is_named, "{arguments:?}: {told}");
        assert_eq!(fs::read_to_string(&manifest).unwrap(), later, "{arguments:?}");
        let n = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(n, 1, "{arguments:?} makes something");
    }
}

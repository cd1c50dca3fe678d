//! Memory stays bounded whatever is read: lines without end, bombs, more flows
//! than fit.
//!
//! Measures the peak of the resident set that Linux keeps in `/proc`. Where the
//! program is not optimised a gigabyte takes minutes, so it says that it skips.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

const MEBIBYTE: usize = 1 << 20;

fn is_slow() -> bool {
    let is_slow = cfg!(debug_assertions) || !cfg!(target_os = "linux");
    if is_slow {
        eprintln!("skipped: needs Linux and an optimised build (--profile checks)");
    }
    is_slow
}

/// How `flowkit summary -` ended, what it said, and its peak of memory in MiB.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    peak: u64,
}

fn peak(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib >> 10)
}

/// Feeds the program through a pipe; what it does not want any more is no error.
fn summary(feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowkit"))
        .args(["summary", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = thread::spawn(move || {
        let _ = feed(&mut stdin);
    });
    let mut highest = 0;
    let status = loop {
        highest = highest.max(peak(&child).unwrap_or(0));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    feeder.join().unwrap();
    let read = |pipe: Option<&mut dyn Read>| {
        let mut text = String::new();
        pipe.unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let stdout = read(child.stdout.as_mut().map(|pipe| pipe as &mut dyn Read));
    let stderr = read(child.stderr.as_mut().map(|pipe| pipe as &mut dyn Read));
    eprintln!("peak {highest} MiB, exit {:?}: {}", status.code(), stderr.trim());
    Ended { code: status.code(), stdout, stderr, peak: highest }
}

fn hits() -> String {
    fs::read_to_string("../testdata/three-flows.ndjson").unwrap()
}

/// A document may take 512 MiB, and no more is kept of one.
#[test]
fn a_line_of_a_gigabyte_is_refused_and_named() {
    if is_slow() {
        return;
    }
    for (before, start) in [(String::new(), "{\"a\":\""), (hits(), "{\"a\":\"")] {
        let line = 1 + before.lines().count();
        let ended = summary(move |out| {
            out.write_all(before.as_bytes())?;
            out.write_all(start.as_bytes())?;
            let piece = vec![b'z'; MEBIBYTE];
            (0..1024).try_for_each(|_| out.write_all(&piece))?;
            out.write_all(b"\n")?;
            out.write_all(hits().as_bytes())
        });
        let expected = format!("standard input:{line}: a document of over 512 MiB begins here");
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
        assert!(ended.peak < 640, "{} MiB", ended.peak);
    }
}

/// A gigabyte of text in which no document can be is passed over, counted and told,
/// and the documents before and behind it are read.
#[test]
fn a_gigabyte_of_text_is_passed_over_and_told() {
    if is_slow() {
        return;
    }
    let ended = summary(move |out| {
        out.write_all(hits().as_bytes())?;
        let piece = vec![b'x'; MEBIBYTE];
        (0..1024).try_for_each(|_| out.write_all(&piece))?;
        out.write_all(b"\n")?;
        out.write_all(hits().replace("flow-", "later-").as_bytes())
    });
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let told = "skipped 1 (not JSON), the first at standard input:4: 1073741824 bytes of text";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(ended.stdout.contains("\"flows\": 6,"), "{}", ended.stdout);
    assert!(ended.peak < 200, "{} MiB", ended.peak);
}

/// Gigabytes that a small file unpacks to: zeros, which are no datagrams;
/// blanks, which are nothing; lines that are no documents.
#[test]
fn bombs_take_no_memory() {
    if is_slow() {
        return;
    }
    let junk = [&[b'x'; 1023][..], b"\n"].concat();
    for (pattern, code) in [(&b"\0"[..], 0), (b" ", 0), (b"\n", 0), (&junk, 1)] {
        let text = pattern.repeat(MEBIBYTE / pattern.len());
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut zstd = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        for _ in 0..2048 {
            gzip.write_all(&text).unwrap();
            zstd.write_all(&text).unwrap();
        }
        for bomb in [gzip.finish().unwrap(), zstd.finish().unwrap()] {
            assert!(bomb.len() < 16 * MEBIBYTE, "{}", bomb.len());
            let ended = summary(move |out| out.write_all(&bomb));
            assert_eq!(ended.code, Some(code), "{}", ended.stderr);
            assert!(ended.peak < 200, "{} MiB", ended.peak);
        }
    }
}

/// Files are open while they are read, not before and after: a dump of many parts, with
/// its columns and without, files of columns and of documents.
#[test]
#[cfg(target_os = "linux")]
fn descriptors_do_not_grow_with_parts_and_sources() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..90).map(|n| format!("{n}.ndjson")).collect();
    for name in &names {
        let text = hits().replace("flow-", &format!("{name}-"));
        fs::write(folder.path().join(name), text).unwrap();
    }
    let flowkit = |arguments: &[&str]| {
        let output = Command::new("sh")
            .args(["-c", "ulimit -n 48; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_flowkit")])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        assert!(!told.contains("Too many") && !told.contains("longer"), "{arguments:?}: {told}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let files: Vec<&str> = names.iter().map(String::as_str).collect();
    let top = |sources: &[&str]| {
        let asked = ["top", "--by", "protocol", "--columns", "flows", "--format", "csv"];
        flowkit(&[&asked, sources].concat())
    };
    assert_eq!(top(&files).lines().count(), 2);
    flowkit(&[&["import", "-o", "dump"], &files[..]].concat());
    assert_eq!(top(&["dump"]), top(&files));
    let columns: Vec<PathBuf> = fs::read_dir(folder.path().join("dump/columns"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(columns.len(), files.len());
    let columns: Vec<&str> = columns.iter().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(top(&columns), top(&files));
    fs::remove_dir_all(folder.path().join("dump/columns")).unwrap();
    assert_eq!(top(&["dump"]), top(&files));
    flowkit(&["verify", "dump"]);
}

/// More than a gigabyte of hits: memory does not grow with them.
#[test]
fn memory_is_flat_over_many_flows() {
    if is_slow() {
        return;
    }
    let feed = |copies: usize| {
        move |out: &mut dyn Write| {
            let text = hits();
            (0..copies).try_for_each(|n| {
                out.write_all(text.replace("flow-", &format!("flow-{n}-")).as_bytes())
            })
        }
    };
    let (short, long) = (summary(feed(60_000)), summary(feed(600_000)));
    for (ended, flows) in [(&short, 180_000), (&long, 1_800_000)] {
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains(&format!("\"flows\": {flows},")), "{}", ended.stdout);
        assert!(ended.peak < 200, "{} MiB", ended.peak);
    }
}

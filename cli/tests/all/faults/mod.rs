//! The point of a fault, moved through the run of every command that writes: what is
//! there afterwards is whole or not there, what failed is said, nothing unfinished is
//! left, and the same command then does it.
//!
//! A few points of each kind are walked; `FLOWKIT_FAULT_POINTS=50` walks more.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]
#![expect(clippy::print_stderr, reason = "what is not tried is said")]

mod cases;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use self::cases::{
    CASES, Case, FLOWKIT, Right, Writes, at, command, files, flowkit, folder, points,
};
use self::cases::{said, unfinished};

/// Runs a command under a limit of the system.
fn limited(case: &Case, limit: &str, folder: &Path) -> Output {
    let mut limited = command("prlimit", folder);
    limited.arg(limit).arg(FLOWKIT).args(case.arguments).output().unwrap()
}

/// Runs a command, and does something once it has written so many bytes.
fn once_written(case: &Case, folder: &Path, bytes: u64, then: impl FnOnce(u32)) -> Output {
    let total = || files(folder).values().sum::<u64>();
    let before = total();
    let begun = Instant::now();
    let mut child = command(FLOWKIT, folder).args(case.arguments).spawn().unwrap();
    while total() < before + bytes && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{case:?} hangs");
    }
    then(child.id());
    child.wait_with_output().unwrap()
}

#[test]
fn a_limit_of_file_sizes_anywhere_in_the_run() {
    for (number, case) in CASES.iter().enumerate() {
        let right = case.right();
        for point in 0..points() {
            let limit = format!("--fsize={}", at(right.largest, point, number));
            let folder = folder();
            let output = limited(case, &limit, folder.path());
            case.check(&right, &output, folder.path(), &limit);
            // A dump is complete without its columns.
            let must_fail = matches!(case.writes, Writes::File(_));
            assert!(!(must_fail && output.status.success()), "{case:?}, {limit}");
        }
    }
}

#[test]
fn a_limit_of_descriptors_of_any_size() {
    for (number, case) in CASES.iter().enumerate() {
        let right = case.right();
        for point in 0..points() {
            let limit = format!("--nofile={}", 4 + at(14, point, number));
            let folder = folder();
            let output = limited(case, &limit, folder.path());
            case.check(&right, &output, folder.path(), &limit);
        }
    }
}

/// Wherever it fails before its manifest is there, a fetch leaves no folder.
#[test]
fn a_fetch_that_does_not_begin_leaves_no_folder() {
    let fetch = CASES.iter().find(|case| case.writes == Writes::Resumable("new")).unwrap();
    let mut n_failed = 0;
    for descriptors in 4..24 {
        let folder = folder();
        let output = limited(fetch, &format!("--nofile={descriptors}"), folder.path());
        let new = folder.path().join("new");
        n_failed += usize::from(!new.exists());
        let told = format!("{descriptors} descriptors: {}", said(&output));
        assert!(!new.exists() || new.join("manifest.json").exists(), "{told}");
    }
    assert!((1..20).contains(&n_failed), "{n_failed}");
}

#[test]
fn a_signal_anywhere_in_the_run() {
    for (number, case) in CASES.iter().enumerate() {
        let right = case.right();
        for point in 0..points() {
            let signals = ["INT", "KILL", "TERM", "HUP"];
            for (place, signal) in signals.into_iter().enumerate() {
                // Of many points each signal has all, of few a share.
                if points() < 4 && (place + number) % 4 != usize::try_from(point % 4).unwrap() {
                    continue;
                }
                let folder = folder();
                let bytes = at(right.bytes, point, number) + 1;
                let output = once_written(case, folder.path(), bytes, |process| {
                    let line = format!("kill -{signal} {process}");
                    let _ = Command::new("sh").args(["-c", &line]).stderr(Stdio::null()).status();
                });
                let fault = format!("{signal} after {bytes} bytes");
                case.check(&right, &output, folder.path(), &fault);
                let code = output.status.code();
                let is_right = [Some(0), if signal == "KILL" { None } else { Some(130) }];
                assert!(is_right.contains(&code), "{case:?}, {fault}: {code:?}");
            }
        }
    }
}

#[test]
fn a_folder_that_vanishes() {
    for case in CASES.iter().filter(|case| matches!(case.writes, Writes::File(_) | Writes::Dump(_)))
    {
        let right = case.right();
        for point in 0..points() {
            let folder = folder();
            let inside = folder.path().join("inside");
            fs::create_dir(&inside).unwrap();
            let place: &str = String::leak(format!("inside/{}", case.name()));
            let arguments: Vec<&str> = case
                .arguments
                .iter()
                .map(|given| if *given == case.name() { place } else { *given })
                .collect();
            let gone = Case { arguments: Vec::leak(arguments), ..*case };
            let bytes = right.bytes * point / points();
            let output = once_written(&gone, folder.path(), bytes, |_| {
                // While it is written into, it fills again.
                while fs::remove_dir_all(&inside).is_err() && inside.exists() {}
            });
            let told = format!("{case:?}, gone after {bytes} bytes: {}", said(&output));
            assert!(!said(&output).contains("panicked"), "{told}");
            let is_told = output.status.code() == Some(1) && !said(&output).is_empty();
            assert!(is_told || output.status.success(), "{told}");
            assert_eq!(unfinished(folder.path()), [""; 0], "{told}");
        }
    }
}

#[test]
fn two_commands_in_one_place() {
    for case in CASES {
        let right = case.right();
        let folder = folder();
        let start = || command(FLOWKIT, folder.path()).args(case.arguments).spawn().unwrap();
        let outputs = [start(), start()].map(|child| child.wait_with_output().unwrap());
        let told = format!("{case:?}: {} and {}", said(&outputs[0]), said(&outputs[1]));
        let Some(done) = outputs.iter().find(|output| output.status.success()) else {
            panic!("{told}");
        };
        case.check(&right, done, folder.path(), &told);
        for output in &outputs {
            assert!(matches!(output.status.code(), Some(0 | 1)), "{told}");
            assert!(!said(output).contains("panicked"), "{told}");
        }
        let is_alone = matches!(case.writes, Writes::Dump(_));
        assert!(!is_alone || outputs.iter().any(|output| !output.status.success()), "{told}");
    }
}

/// A device that takes nothing, a folder that may not be written to, a file system that
/// is full.
#[test]
fn places_that_take_nothing() {
    for case in CASES {
        let right = case.right();
        let folder = folder();
        let full = |output: &Output, fault: &str| {
            let told = format!("{case:?}, {fault}: {}", said(output));
            assert_eq!(output.status.code(), Some(1), "{told}");
            let is_named = ["flowkit: cannot ", "flowkit: no space left for "];
            let text = said(output);
            assert!(is_named.iter().any(|start| text.starts_with(start)), "{told}");
            assert!(!said(output).contains("panicked"), "{told}");
        };
        if let Writes::File(_) = case.writes {
            let device = |given: &&'static str| if *given == "out" { "/dev/full" } else { *given };
            let arguments: Vec<&str> = case.arguments.iter().map(device).collect();
            full(&flowkit(&arguments, folder.path()), "/dev/full");
        }
        if case.writes == Writes::Columns {
            let device = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let mut answer = command(FLOWKIT, folder.path());
            full(&answer.args(case.arguments).stdout(device).output().unwrap(), "/dev/full");
        }
        let line = "mount -t tmpfs -o size=SIZE none . 2>/dev/null || exit 77; cd \"$PWD\"; cp -r ../kept/. . && \
                    \"$@\"; code=$?; find . -name '*.new'; exit $code";
        let kept = tempfile::tempdir().unwrap();
        fs::create_dir(kept.path().join("small")).unwrap();
        let copy = format!("cp -r {}/. {}/kept", folder.path().display(), kept.path().display());
        assert!(Command::new("sh").args(["-c", &copy]).status().unwrap().success());
        let held: u64 = files(folder.path()).values().map(|size| size.div_ceil(4096) * 4096).sum();
        for point in 0..points() {
            let size = held + 40 * 4096 + right.bytes * point / points() / 2;
            let line = line.replace("SIZE", &size.to_string());
            let mut small = command("unshare", &kept.path().join("small"));
            small.args(["-m", "sh", "-c", &line, "sh", FLOWKIT]).args(case.arguments);
            let output = small.output().unwrap();
            if output.status.code() == Some(77) || said(&output).starts_with("unshare") {
                eprintln!("not tried: only root can mount a small file system");
                break;
            }
            let told = format!("{case:?}, {size} bytes: {}", said(&output));
            assert!(!said(&output).contains("panicked"), "{told}");
            assert!(!String::from_utf8_lossy(&output.stdout).contains(".new\n"), "{told}");
            if !output.status.success() {
                full(&output, &told);
            }
        }
    }
}

/// Nobody but root may write into a folder of root.
#[test]
fn a_folder_that_may_not_be_written_to() {
    for case in CASES {
        let folder: tempfile::TempDir = folder();
        let right: Right = case.right();
        let line = "chmod -R go+rX . && chmod 555 . && cp \"$0\" /dev/null; \
                    [ $(id -u) = 0 ] && as='setpriv --reuid=64322 --regid=64322 --clear-groups'; \
                    exec $as \"$@\"";
        let mut sh = command("sh", folder.path());
        let output = sh.args(["-c", line, FLOWKIT, FLOWKIT]).args(case.arguments).output().unwrap();
        let told = format!("{case:?}: {}", said(&output));
        assert!(!said(&output).contains("panicked"), "{told}");
        assert_eq!(unfinished(folder.path()), [""; 0], "{told}");
        if case.writes == Writes::Columns {
            case.check(&right, &output, folder.path(), "read-only");
        } else {
            assert!(matches!(output.status.code(), Some(1 | 126 | 127)), "{told}");
            assert!(!said(&output).is_empty(), "{told}");
        }
    }
}

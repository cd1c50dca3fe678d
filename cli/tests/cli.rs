//! Runs the README, every session of the user guide and every session in `cmd` as
//! a reader would, and compares exit codes and output.
//!
//! All run in one new folder, where `testdata` and a demo are at hand. After a
//! wanted change: `TRYCMD=overwrite cargo test -p flowkit --test cli`, then
//! read the diff.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

#[test]
fn sessions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli is in the workspace");
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    let (from, to) = (root.join("testdata"), Path::new("testdata"));
    copy(&from, to);
    for folder in ["captures", "csv", "dialects", "reports", "text"] {
        copy(&from.join(folder), &to.join(folder));
    }
    // The README makes the demo that the other sessions read.
    trycmd::TestCases::new().env("COLUMNS", "100").case(root.join("README.md")).run();
    assert!(Path::new("flowkit-demo/manifest.json").exists(), "the README runs the demo");
    for (columns, sessions) in [
        ("100", "guide/*.md"),
        ("100", "tests/cmd/*.trycmd"),
        ("80", "tests/cmd/80/*.trycmd"),
        ("200", "tests/cmd/200/*.trycmd"),
    ] {
        let sessions = root.join("cli").join(sessions);
        trycmd::TestCases::new().env("COLUMNS", columns).case(sessions).run();
    }
    std::env::set_current_dir(root).unwrap();
}

/// The files of a folder, without folders in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// Each command's help shows how it is used.
#[test]
fn every_help_has_an_example() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_flowkit")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let top = help(&["--help"]);
    let commands: Vec<&str> = top
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert!(commands.len() >= 10, "{commands:?}");
    for command in commands {
        let text = help(&[command, "--help"]);
        assert!(text.contains("Examples:"), "{command}");
        assert!(text.contains(&format!("  flowkit {command}")), "{command}");
    }
}

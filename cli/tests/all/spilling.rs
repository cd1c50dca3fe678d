//! What does not fit in memory goes to temporary files: they stay below what is free, the
//! answer is the same, and nothing of them is left, whatever happens.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]
#![expect(clippy::print_stderr, reason = "what is not tried is said")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const FLOWKIT: &str = env!("CARGO_BIN_EXE_flowkit");

/// A question with a row for nearly each flow.
#[rustfmt::skip]
const QUESTION: [&str; 8] =
    ["top", "--by", "src_addr,dst_addr,src_port,dst_port,first_switched", "-n", "0", "--format", "csv", "flows.ndjson"];

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_remove("FLOWKIT_DUMP").env("TMPDIR", "temporary");
    command.stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with flows, and one for temporary files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("temporary")).unwrap();
    let synth = ["synth", "6000", "--format", "hits", "-o", "flows.ndjson"];
    assert!(command(FLOWKIT, folder.path()).args(synth).status().unwrap().success());
    folder
}

const REFUSED: &str = "flowkit: cannot use temporary files for what does not fit in memory; \
                       set TMPDIR to a folder with room: ";

#[test]
fn temporary_files_go_and_the_answer_is_the_same() {
    let folder = folder();
    let is_empty = || fs::read_dir(folder.path().join("temporary")).unwrap().next().is_none();
    let right = command(FLOWKIT, folder.path()).args(QUESTION).output().unwrap();
    let little = ["--memory", "100k"];
    let spilled = command(FLOWKIT, folder.path()).args(QUESTION).args(little).output().unwrap();
    assert!(right.status.success() && right.stdout == spilled.stdout, "{}", said(&spilled));
    assert!(is_empty());
    // Larger ones than the system lets it have: it did spill.
    let mut limited = command("prlimit", folder.path());
    limited.args(["--fsize=20000", FLOWKIT]).args(QUESTION).args(little);
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).starts_with(REFUSED), "{}", said(&output));
    assert!(is_empty());
}

#[test]
fn temporary_files_stay_below_what_is_free() {
    let folder = folder();
    let line = "mount -t tmpfs -o size=SIZE none temporary 2>/dev/null || exit 77; \
                \"$@\"; code=$?; ls -A temporary >&2; exit $code";
    let answer = |size: &str| {
        let mut small = command("unshare", folder.path());
        small.args(["-m", "sh", "-c", &line.replace("SIZE", size), "sh", FLOWKIT]);
        small.args(QUESTION).args(["--memory", "100k", "-q"]).output().unwrap()
    };
    let output = answer("64k");
    if output.status.code() == Some(77) || said(&output).starts_with("unshare") {
        eprintln!("not tried: only root can mount a small file system");
        return;
    }
    // Of sixteen pages.
    let told = format!(
        "{REFUSED}they would take more than {} bytes, nine tenths of what was free; \
         a shorter window, a filter or more --memory needs less\n",
        65_536 / 10 * 9
    );
    assert_eq!((output.status.code(), said(&output)), (Some(1), told));
    assert!(output.stdout.is_empty());
    let output = answer("16m");
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
}

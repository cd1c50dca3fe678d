//! Where no thread or little memory is to be had: the same answer from one thread, or an
//! error that says so; never a panic, never a hang.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use flowkit_testdata::{Server, practice_day};

/// Runs a line of bash with the program as `$F`, until 30 s are over.
fn bash(line: &str, folder: &Path) -> Output {
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "30", "bash", "-c", line]).current_dir(folder);
    command.env("F", folder.join("flowkit")).env_remove("FLOWKIT_DUMP").output().unwrap()
}

/// A folder with the program, flows, and a dump without columns, open to everybody.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("flowkit");
    let built = env!("CARGO_BIN_EXE_flowkit");
    fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
    let line = "$F synth 6000 --format hits -o flows.ndjson && \
                $F import flows.ndjson -o dump --no-columns && chmod -R go+rX . && chmod 1777 .";
    assert!(bash(line, folder.path()).status.success());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    folder
}

const COMMANDS: [&str; 8] = [
    "$F summary flows.ndjson",
    "$F top --by src_addr,dst_addr,dst_port --columns bytes,distinct:src_addr -n 3 flows.ndjson",
    "$F scans --format csv --memory 1 flows.ndjson",
    "$F top --by dst_addr --format csv --memory 100k dump",
    "cp -r dump mine && $F top --by dst_addr --format csv mine; code=$?; rm -rf mine; exit $code",
    "$F export --format csv dump",
    "$F import flows.ndjson -q -o new && $F summary new --format csv; code=$?; rm -rf new; exit $code",
    "$F export --format parquet flows.ndjson -o p && $F summary p --format csv; code=$?; rm -f p; exit $code",
];

/// The answer, or an error that names what is lacking: of memory the allocator says so,
/// and ends the program.
fn is_right(output: &Output, right: &Output, lacking: &[&str]) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return output.stdout == right.stdout;
    }
    let is_told = lacking.iter().any(|lack| said.contains(lack));
    // A thread that has begun and gets no memory for its signals is ended by Rust itself.
    let is_ours = said.contains("panicked") && !said.contains("an alternative stack");
    !is_ours && output.status.signal() != Some(9) && is_told
}

#[test]
fn without_threads_one_does_the_work() {
    let folder = folder();
    // Of no other user, whose processes count too; root itself has no limit.
    let user = "setpriv --reuid=64321 --regid=64321 --clear-groups";
    if !bash(&format!("{user} true"), folder.path()).status.success() {
        eprintln!("skipped: only root can start a process of another user");
        return;
    }
    for command in COMMANDS {
        let line = |limit: &str| format!("{user} bash -c 'ulimit -u {limit}; {command}'");
        let right = bash(&line("1000"), folder.path());
        assert!(right.status.success(), "{command}: {}", String::from_utf8_lossy(&right.stderr));
        // The shell is one; it starts others for what is not its last command.
        for limit in [1, 2, 3, 4, 5, 7] {
            let is_one_line = !command.contains("&&");
            if limit == 1 && !is_one_line {
                continue;
            }
            let exec = if is_one_line { command.replace("$F", "exec $F") } else { command.into() };
            let line = format!("{user} bash -c 'ulimit -u {limit}; {exec}'");
            let output = bash(&line, folder.path());
            let said = String::from_utf8_lossy(&output.stderr);
            let lacking = ["fork: retry", "Resource temporarily unavailable"];
            assert!(is_right(&output, &right, &lacking), "{command}, {limit}: {said}");
        }
    }
    let server = Server::start(practice_day().into_iter().step_by(20).collect(), 0).unwrap();
    for limit in [1, 2, 3, 4, 6] {
        let fetch = format!("exec $F fetch --url {} -o fetched{limit}", server.url());
        let line = format!("{user} bash -c 'ulimit -u {limit}; {fetch}'");
        let output = bash(&line, folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{limit}: {said}");
        assert_ne!(output.status.signal(), Some(9), "{limit}: {said}");
        let is_told = said.contains("start a thread");
        assert!(output.status.success() || is_told, "{limit}: {said}");
        if output.status.success() {
            let verified = bash(&format!("$F verify fetched{limit}"), folder.path());
            assert!(verified.status.success(), "{limit}: {verified:?}");
        }
    }
}

#[test]
fn with_little_memory_there_is_an_end() {
    let folder = folder();
    // What the system needs to start the program at all.
    let starts =
        |kib: &u32| bash(&format!("ulimit -v {kib}; $F --version"), folder.path()).status.success();
    let least = (6_000..400_000).step_by(2_000).find(starts).unwrap();
    let lacking = ["memory", "thread", "error while loading", "cannot allocate", "Cannot allocate"];
    for command in COMMANDS {
        let right = bash(command, folder.path());
        assert!(right.status.success(), "{command}: {}", String::from_utf8_lossy(&right.stderr));
        for more in [0, 2_000, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000] {
            let kib = least + more;
            let begun = Instant::now();
            let line = format!("ulimit -v {kib}; {command}");
            let output = bash(&line, folder.path());
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(begun.elapsed().as_secs() < 30, "{command}, {kib} kB hangs: {said}");
            assert!(is_right(&output, &right, &lacking), "{command}, {kib} kB: {said}");
            let _ = bash("rm -rf new mine p", folder.path());
        }
    }
}

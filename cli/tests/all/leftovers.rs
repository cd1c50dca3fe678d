//! What is unfinished when a signal comes is gone when the program has ended, and what a
//! killed one leaves goes with the next that writes there.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use flowkit_testdata::{Server, practice_day};

fn flowkit(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(arguments).current_dir(folder).env_remove("FLOWKIT_DUMP");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// A folder with documents that take a while to read, and a dump of them without columns.
fn folder() -> tempfile::TempDir {
    static FLOWS: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = tempfile::tempdir().unwrap();
    let flows = FLOWS.get_or_init(|| {
        let synth = ["synth", "15000", "--format", "hits"];
        flowkit(&synth, folder.path()).stdout(Stdio::piped()).output().unwrap().stdout
    });
    fs::write(folder.path().join("flows.ndjson"), flows).unwrap();
    let import = ["import", "flows.ndjson", "-o", "dump", "--no-columns", "-q"];
    assert!(flowkit(&import, folder.path()).status().unwrap().success());
    folder
}

/// The names of what is unfinished in a folder and those of a dump in it.
fn unfinished(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for inside in [
        "",
        "dump",
        "dump/parts",
        "dump/columns",
        "live",
        "live/columns",
        "flowkit-demo",
        "flowkit-demo/parts",
    ] {
        let entries = fs::read_dir(folder.join(inside)).into_iter().flatten();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        found.extend(names.filter(|name| name.contains(".new")));
    }
    found
}

/// Starts a command and waits until it has begun to write something.
fn begun(arguments: &[&str], folder: &Path) -> Child {
    let before = unfinished(folder);
    let child = flowkit(arguments, folder).spawn().unwrap();
    let begun = Instant::now();
    while unfinished(folder).iter().all(|name| before.contains(name)) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{arguments:?} begins nothing");
        thread::sleep(Duration::from_millis(1));
    }
    child
}

fn signal(child: &Child, signal: &str) {
    let line = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

fn signalled(child: Child, name: &str) -> Output {
    signal(&child, name);
    child.wait_with_output().unwrap()
}

/// Commands that write something, what they say if they are interrupted, and what is
/// there once they are done.
const COMMANDS: [(&[&str], &str, &str); 5] = [
    (&["summary", "dump"], "flowkit: interrupted\n", "dump/columns"),
    (
        &["export", "dump", "--format", "csv", "-o", "out.csv"],
        "flowkit: interrupted; nothing was written\n",
        "out.csv",
    ),
    (
        &["show", "-n", "0", "flows.ndjson", "-o", "out.json"],
        "flowkit: interrupted; nothing was written\n",
        "out.json",
    ),
    (
        &["import", "flows.ndjson", "-o", "new"],
        "flowkit: interrupted; nothing was written\n",
        "new",
    ),
    (&["synth", "30000", "-o", "new"], "flowkit: interrupted; nothing was written\n", "new"),
];

#[test]
fn a_signal_leaves_nothing_unfinished_and_the_code_is_130() {
    let folder = folder();
    for (arguments, said, result) in COMMANDS {
        for signal in ["INT", "TERM", "HUP"] {
            let ended = signalled(begun(arguments, folder.path()), signal);
            let text = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(text, said, "{arguments:?}, {signal}");
            assert_eq!(ended.status.code(), Some(130), "{arguments:?}, {signal}");
            assert_eq!(unfinished(folder.path()), [""; 0], "{arguments:?}, {signal}");
            let is_there = folder.path().join(result).exists();
            assert_eq!(is_there, result == "dump/columns", "{arguments:?}, {signal}");
        }
    }
}

#[test]
fn what_a_killed_command_leaves_goes_with_the_next_and_nothing_else_does() {
    let folder = folder();
    // Somebody else makes columns there at the same time.
    fs::create_dir(folder.path().join("dump/columns")).unwrap();
    let name = fs::read_dir(folder.path().join("dump/parts")).unwrap().next().unwrap().unwrap();
    let part = name.file_name().into_string().unwrap().replace(".ndjson.zst", "");
    let live = format!("{part}.parquet.aaaaaaaaaaaaaaaa.new");
    let place = folder.path().join("dump/columns").join(&live);
    let held = fs::File::create(&place).unwrap();
    held.try_lock().unwrap();
    // An earlier flowkit named them by the process, which is gone.
    let old = folder.path().join(format!("dump/columns/{part}.parquet.2147483647.new"));
    fs::write(&old, "x").unwrap();
    for (arguments, _, result) in COMMANDS {
        let ended = signalled(begun(arguments, folder.path()), "KILL");
        assert_eq!(ended.status.code(), None);
        assert!(unfinished(folder.path()).len() > 1, "{arguments:?}");
        let again = flowkit(arguments, folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&again.stderr);
        assert!(again.status.success(), "{arguments:?}: {said}");
        assert_eq!(unfinished(folder.path()), [live.as_str()], "{arguments:?}");
        let result = folder.path().join(result);
        assert!(result.exists(), "{arguments:?}");
        if result.ends_with("new") {
            fs::remove_dir_all(result).unwrap();
        }
    }
    drop(held);
}

/// The first signal ends a fetch in order, the second at once, whatever it is replacing
/// then: its manifest, or the state of a part.
#[test]
fn a_second_signal_leaves_nothing_unfinished() {
    for wait_ms in [0, 0, 0, 1, 2, 3, 5, 8] {
        let folder = tempfile::tempdir().unwrap();
        let child = begun(&["demo", "-q"], folder.path());
        thread::sleep(Duration::from_millis(wait_ms));
        let line = format!("kill -INT {0}; kill -TERM {0}", child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(130), "{said}");
        assert_eq!(unfinished(folder.path()), [""; 0], "{wait_ms} ms: {said}");
    }
}

/// `2>&1 | less`: nobody reads what the program says, and it waits to say it.
#[test]
fn signals_end_a_program_that_waits_for_its_reader() {
    let folder = folder();
    let server = Server::start(practice_day().into_iter().step_by(500).collect(), 0).unwrap();
    let fetch = ["fetch", "--url", &server.url(), "-o", "fetched"];
    assert!(flowkit(&fetch, folder.path()).status().unwrap().success());
    let cases: [(&[&str], bool, usize); 3] = [
        (&["summary", "nothing"], true, 1),
        (&["synth", "1000", "--format", "hits"], false, 1),
        // At the first a fetch ends in order, for which it would have to go on.
        (&["fetch", "--update", "-o", "fetched"], true, 2),
    ];
    for (arguments, is_of_notes, n_signals) in cases {
        let (unread, full) = std::io::pipe().unwrap();
        let mut filler = full.try_clone().unwrap();
        let filling = thread::spawn(move || while filler.write_all(&[b'x'; 4096]).is_ok() {});
        thread::sleep(Duration::from_millis(200));
        let mut command = flowkit(arguments, folder.path());
        if is_of_notes {
            command.stderr(full)
        } else {
            command.stdout(full)
        };
        let mut child = command.spawn().unwrap();
        drop(command);
        for _ in 0..n_signals {
            thread::sleep(Duration::from_millis(500));
            assert!(child.try_wait().unwrap().is_none(), "{arguments:?} does not wait");
            signal(&child, "TERM");
        }
        let ended = code(&mut child);
        drop(unread);
        filling.join().unwrap();
        assert_eq!(ended, Some(130), "{arguments:?}");
    }
}

/// The code of a program that ends soon, or is killed.
fn code(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap().code()
}

/// `nohup`, and what a script starts in the background.
#[test]
fn signals_that_are_ignored_stay_so() {
    let folder = folder();
    for signal in ["HUP", "INT"] {
        let line = format!(
            "trap '' {signal}; \"$F\" import flows.ndjson -o new & \
             while ! ls -d new.*.new > ls 2>&1; do sleep 0.01; done; kill -{signal} $!; wait $!"
        );
        let mut bash = Command::new("bash");
        bash.args(["-c", &line]).current_dir(folder.path());
        bash.env("F", env!("CARGO_BIN_EXE_flowkit"));
        let output = bash.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::remove_dir_all(folder.path().join("new")).unwrap();
    }
}

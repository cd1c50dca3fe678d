//! A fetch that is killed at any moment, and run again until it is done.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flowkit_testdata::{Server, practice_day};

fn flowkit(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("FLOWKIT_URL")
        .env_remove("FLOWKIT_DUMP");
    command
}

/// Kills a fetch after so many milliseconds, unless it is done by then.
fn kill_after(mut fetch: Command, ms: u64) -> bool {
    let mut child = fetch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(ms));
    // SIGKILL on Unix: nothing is said, closed or synced.
    let _ = child.kill();
    child.wait().unwrap().success()
}

#[test]
fn whenever_it_is_killed_it_goes_on_and_ends_whole() {
    let documents: Vec<_> = practice_day().into_iter().step_by(3).collect();
    let n = documents.len();
    let server = Server::start(documents, 0).unwrap();
    let mut n_killed = 0;
    for round in 0_u64..12 {
        let place = tempfile::tempdir().unwrap();
        let part_size = ["500000", "300", "1500"][usize::try_from(round % 3).unwrap()];
        let url = server.url();
        let fetch = [
            "fetch",
            "--url",
            &url,
            "--size",
            "40",
            "--part-size",
            part_size,
            "--jobs",
            "2",
            "-o",
            "d",
        ];
        for kill in 0..4 {
            let ms = 30 + (round * 71 + kill * 37) % 260;
            if kill_after(flowkit(&fetch, place.path()), ms) {
                break;
            }
            n_killed += 1;
        }
        // What was given the first time need not be given again.
        let again = if place.path().join("d/manifest.json").exists() {
            flowkit(&["fetch", "-o", "d"], place.path()).output().unwrap()
        } else {
            flowkit(&fetch, place.path()).output().unwrap()
        };
        let said = String::from_utf8_lossy(&again.stderr);
        let is_done_before = said.contains("holds a complete dump");
        assert!(again.status.success() || is_done_before, "round {round}: {said}");
        let verify = flowkit(&["verify", "d", "--url", &url], place.path()).output().unwrap();
        let said = String::from_utf8_lossy(&verify.stdout);
        assert!(verify.status.success(), "round {round}: {said}");
        let n = format!("{},{:03} documents", n / 1_000, n % 1_000);
        assert!(said.contains(&n), "round {round}: {said}");
    }
    assert!(n_killed >= 12, "{n_killed} were killed before they were done");
}

/// An import is there whole or not at all, also if it is interrupted while more
/// might come through its pipe.
#[cfg(unix)]
#[test]
fn an_interrupted_import_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let entries = || std::fs::read_dir(place.path()).unwrap().count();
    let mut import = flowkit(&["import", "-", "-o", "d"], place.path());
    import.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = import.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let flows = include_bytes!("../../../testdata/three-flows.ndjson");
    let mut n_written = 0;
    while entries() == 0 {
        pipe.write_all(flows).unwrap();
        n_written += 1;
    }
    assert!(n_written > 1);
    let interrupt = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(interrupt.unwrap().success());
    std::thread::sleep(Duration::from_millis(100));
    // Whoever fills the pipe may go on, or is interrupted, too.
    let patience = Instant::now() + Duration::from_secs(20);
    while pipe.write_all(flows).is_ok() && entries() > 0 && Instant::now() < patience {}
    drop(pipe);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(said, "flowkit: interrupted; nothing was written\n");
    assert_eq!(ended.status.code(), Some(130));
    assert_eq!(entries(), 0);
}

/// Made-up flows are on disk whole or not at all, also after Ctrl-C.
#[cfg(unix)]
#[test]
fn an_interrupted_synth_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let entries = || std::fs::read_dir(place.path()).unwrap().count();
    let mut synth = flowkit(&["synth", "20000000", "--days", "9", "-o", "d"], place.path());
    let child = synth.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while entries() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(interrupt.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(said, "flowkit: interrupted; nothing was written\n");
    assert_eq!(ended.status.code(), Some(130));
    assert_eq!(entries(), 0);
}

/// Exit code and words of a dump that is not whole.
#[test]
fn verify_ends_with_3_and_a_list() {
    let server = Server::start(practice_day().into_iter().step_by(50).collect(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let url = server.url();
    let run = |arguments: &[&str]| {
        let output = flowkit(arguments, place.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text + &String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(&["fetch", "--url", &url, "-o", "d", "-q"]).0, 0);
    assert_eq!(run(&["verify", "d"]).0, 0);
    let parts = place.path().join("d/parts");
    let part = std::fs::read_dir(&parts).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..bytes.len() - 7]).unwrap();
    let (code, text) = run(&["verify", "d"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("the file has") && text.contains("cannot be read to its end"), "{text}");
    assert_eq!(run(&["verify", "nothing"]).0, 1);
    let (code, text) = run(&["fetch", "--url", &url, "-o", "d"]);
    assert_eq!(code, 1);
    assert!(text.contains("--update"), "{text}");
}

/// A password that is given in any way is in no file, no argument and no word.
#[cfg(unix)]
#[test]
fn a_secret_is_nowhere() {
    let server = Server::start(practice_day().into_iter().step_by(50).collect(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let secret = "s3cret%40!*";
    std::fs::write(place.path().join("pw"), format!("{secret}\n")).unwrap();
    let with_user = server.url().replace("://", "://me:s3cret%40!*@");
    let url = server.url();
    let cases: [(&[&str], &str, &str); 5] = [
        (&["--url", &with_user], "", ""),
        (&["--url", &url, "--user", "me", "--password-file", "pw"], "", ""),
        (&["--url", &url, "--user", "me"], "FLOWKIT_PASSWORD", secret),
        (&["--url", &url, "--api-key-file", "pw"], "", ""),
        (&["--url", &url], "FLOWKIT_BEARER", secret),
    ];
    for (number, (arguments, name, value)) in cases.into_iter().enumerate() {
        let dump = format!("d{number}");
        let mut all = vec!["fetch", "-o", &dump];
        all.extend(arguments);
        let mut command = flowkit(&all, place.path());
        if !name.is_empty() {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
        if number == 0 {
            assert!(said.contains("--password-file"), "a warning names the better way: {said}");
        }
        let mut folders = vec![place.path().join(&dump)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                let is_there = bytes.windows(6).any(|window| window == b"s3cret");
                assert!(!is_there, "{}", path.display());
            }
        }
    }
}

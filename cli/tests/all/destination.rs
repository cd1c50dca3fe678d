//! What `-o FILE` leaves behind: all of it, or what was there before.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const FLOWS: &str = include_str!("../../../testdata/three-flows.ndjson");

fn flowkit(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(arguments).current_dir(folder).env_remove("FLOWKIT_DUMP");
    command
}

fn run(arguments: &[&str], folder: &Path) -> Output {
    flowkit(arguments, folder).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_source_is_never_written_over() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::write(folder.join("flows.ndjson"), FLOWS).unwrap();
    fs::create_dir(folder.join("many")).unwrap();
    fs::write(folder.join("many/a.ndjson"), FLOWS).unwrap();
    for (arguments, name) in [
        (&["export", "--format", "hits", "flows.ndjson", "-o", "flows.ndjson"][..], "flows.ndjson"),
        (&["export", "--format", "csv", "many", "-o", "./many/a.ndjson"], "./many/a.ndjson"),
        (
            &["show", "-n", "0", "flows.ndjson", "-o", "many/../flows.ndjson"],
            "many/../flows.ndjson",
        ),
        (&["top", "--by", "dst_port", "flows.ndjson", "-o", "flows.ndjson"], "flows.ndjson"),
        (&["timeline", "flows.ndjson", "-o", "flows.ndjson"], "flows.ndjson"),
        (&["diff", "--by", "tos", "flows.ndjson", "many", "-o", "many/a.ndjson"], "many/a.ndjson"),
    ] {
        let output = run(arguments, folder);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        let expected = format!("flowkit: {name} is a source; name another file with -o\n");
        assert_eq!(said(&output), expected, "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(folder.join("flows.ndjson")).unwrap(), FLOWS);
    assert_eq!(fs::read_to_string(folder.join("many/a.ndjson")).unwrap(), FLOWS);
}

/// No file of a dump that is read, whatever it is, and not the question itself.
#[test]
fn a_dump_and_a_question_are_never_written_over() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::write(folder.join("flows.ndjson"), FLOWS).unwrap();
    assert!(run(&["import", "flows.ndjson", "-o", "dump"], folder).status.success());
    fs::write(folder.join("q.json"), r#"{"flowkit_question": 1, "report": "summary"}"#).unwrap();
    for (arguments, file, what) in [
        (&["summary", "dump", "-o", "dump/manifest.json"][..], "dump/manifest.json", "a source"),
        (&["summary", "dump", "-o", "dump/new.txt"], "dump/new.txt", "a source"),
        (&["ask", "q.json", "dump", "-o", "./q.json"], "q.json", "the question"),
    ] {
        let before = fs::read(folder.join(file)).ok();
        let output = run(arguments, folder);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        let expected = format!("flowkit: {file} is {what}; name another file with -o\n");
        assert_eq!(said(&output), expected, "{arguments:?}");
        assert_eq!(fs::read(folder.join(file)).ok(), before, "{arguments:?}");
    }
}

/// Packets have no way to say that a value is unknown.
#[test]
fn what_packets_cannot_say_is_told() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let bare: String = (FLOWS.lines().take(2))
        .map(|line| {
            let line = line.replace("\"packets\"", "\"p\"").replace("\"tos\"", "\"t\"");
            line.replace("\"last_switched\"", "\"l\"") + "\n"
        })
        .collect();
    fs::write(folder.join("flows.ndjson"), FLOWS).unwrap();
    fs::write(folder.join("bare.ndjson"), bare + FLOWS.lines().last().unwrap()).unwrap();
    let export = |name: &str| run(&["export", "--format", "pcap", name, "-o", "p.pcap"], folder);
    for note in [
        "note: 2 flows have unknown packets, tos, written as 0\n",
        "note: 2 flows have unknown last_switched, written as the time of export\n",
    ] {
        let output = export("bare.ndjson");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(said(&output).contains(note), "{}", said(&output));
    }
    assert!(!said(&export("flows.ndjson")).contains("written as"));
    let help = run(&["export", "--help"], folder).stdout;
    assert!(String::from_utf8(help).unwrap().contains("written as 0"));
}

/// A flow that no packet can hold is missing from the export, also for who is quiet; a
/// file without a flow is none.
#[test]
fn flows_that_do_not_fit_in_packets_are_missing() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let far = FLOWS
        .lines()
        .next()
        .unwrap()
        .replace("\"first_switched\":\"2018", "\"first_switched\":\"2017");
    fs::write(folder.join("one-far.ndjson"), format!("{far}\n{}", FLOWS.lines().last().unwrap()))
        .unwrap();
    fs::write(folder.join("far.ndjson"), &far).unwrap();
    let export =
        |name: &str| run(&["export", "--format", "pcap", "-q", name, "-o", "p.pcap"], folder);
    let output = export("far.ndjson");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("no flow fits in a packet: first_switched"),
        "{}",
        said(&output)
    );
    assert!(!folder.join("p.pcap").exists());
    let output = export("one-far.ndjson");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let told =
        "incomplete: 1 flow is left out: first_switched is more than 24.8 days from the export";
    assert!(said(&output).starts_with(told), "{}", said(&output));
}

/// A dump is a folder, so its name may end with a slash, or be no text at all.
#[test]
fn a_dump_may_be_named_in_any_way() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::write(folder.join("flows.ndjson"), FLOWS).unwrap();
    let name = OsStr::from_bytes(b"\xff");
    for (command, dump) in [
        (&["import", "flows.ndjson", "-o"][..], OsStr::new("dump/")),
        (&["import", "flows.ndjson", "-o"], name),
        (&["synth", "100", "-o"], OsStr::new("deep/dump//")),
        (&["synth", "100", "-o"], name),
    ] {
        fs::create_dir_all(folder.join("deep")).unwrap();
        let output = flowkit(command, folder).arg(dump).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command:?} {dump:?}: {}", said(&output));
        assert!(folder.join(dump).join("manifest.json").is_file(), "{command:?} {dump:?}");
        let parent = folder.join(dump).parent().unwrap().to_owned();
        fs::remove_dir_all(folder.join(dump)).unwrap();
        let left = fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().file_name());
        let left = left.filter(|name| name != "flows.ndjson" && name != "deep");
        assert_eq!(left.count(), 0, "{command:?} {dump:?}");
    }
}

#[test]
fn a_file_is_replaced_when_all_of_the_new_one_is_there() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::write(folder.join("good.ndjson"), FLOWS).unwrap();
    fs::write(folder.join("bad.ndjson"), format!("{FLOWS}no document\n")).unwrap();
    fs::write(folder.join("out"), "before").unwrap();
    for command in [
        &["export", "--format", "csv", "--strict", "bad.ndjson", "-o", "out"][..],
        &["export", "--format", "parquet", "--strict", "bad.ndjson", "-o", "out"],
        &["show", "-n", "0", "--strict", "bad.ndjson", "-o", "out"],
        &["top", "--by", "dst_port", "--strict", "bad.ndjson", "-o", "out"],
    ] {
        let output = run(command, folder);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", said(&output));
        assert!(said(&output).contains("bad.ndjson:4"), "{command:?}: {}", said(&output));
        assert_eq!(fs::read_to_string(folder.join("out")).unwrap(), "before", "{command:?}");
        assert_eq!(names(folder), ["bad.ndjson", "good.ndjson", "out"], "{command:?}");
    }
    for command in [
        &["export", "--format", "hits", "good.ndjson", "-o", "out"][..],
        &["show", "-n", "0", "good.ndjson", "-o", "out"],
        &["top", "--by", "dst_port", "good.ndjson", "-o", "out"],
        &["explain", "dst_port", "-o", "out"],
        &["synth", "5", "--format", "hits", "-o", "out"],
    ] {
        fs::write(folder.join("out"), "before").unwrap();
        assert!(run(command, folder).status.success(), "{command:?}");
        let to_file = fs::read(folder.join("out")).unwrap();
        let to_stdout = run(&[&command[..command.len() - 1], &["-"]].concat(), folder);
        assert_eq!(to_file, to_stdout.stdout, "{command:?}");
        assert_ne!(to_file, b"before", "{command:?}");
        assert_eq!(names(folder), ["bad.ndjson", "good.ndjson", "out"], "{command:?}");
    }
}

#[test]
fn an_error_names_the_place() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("flows.ndjson"), FLOWS).unwrap();
    let output =
        run(&["export", "--format", "csv", "flows.ndjson", "-o", "missing/out"], place.path());
    assert_eq!(output.status.code(), Some(1));
    let start = "flowkit: cannot write missing/out: No such file";
    assert!(said(&output).starts_with(start), "{}", said(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn devices_and_pipes_are_written_to_as_they_are() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("flows.ndjson"), FLOWS).unwrap();
    let export = |to| run(&["export", "--format", "csv", "flows.ndjson", "-o", to], place.path());
    let made = run(&["synth", "40000", "-o", "many"], place.path());
    assert!(made.status.success(), "{}", said(&made));
    // Of a few flows all is written at the end, of many some before.
    for source in ["flows.ndjson", "many"] {
        for format in ["csv", "documents", "parquet", "pcap"] {
            let full = ["export", "--format", format, source, "-o", "/dev/full"];
            let output = run(&full, place.path());
            assert_eq!(output.status.code(), Some(1));
            let why = "flowkit: cannot write /dev/full: No space left on device";
            assert!(said(&output).starts_with(why), "{format}: {}", said(&output));
        }
    }
    let version = Command::new("sh")
        .args(["-c", "\"$0\" --version >/dev/full", env!("CARGO_BIN_EXE_flowkit")])
        .output()
        .unwrap();
    assert_eq!(version.status.code(), Some(1));
    let why = "flowkit: cannot write to standard output: No space left on device";
    assert!(said(&version).starts_with(why), "{}", said(&version));
    let output = export("/dev/stdout");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(output.stdout, export("-").stdout);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::write(folder.join("flows.ndjson"), FLOWS).unwrap();
    fs::write(folder.join("real"), "before").unwrap();
    fs::set_permissions(folder.join("real"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real", folder.join("link")).unwrap();
    let output = run(&["top", "--by", "dst_port", "flows.ndjson", "-o", "link"], folder);
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::symlink_metadata(folder.join("link")).unwrap().is_symlink());
    assert!(fs::read_to_string(folder.join("real")).unwrap().contains("443"));
    let mode = |name| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("real"), 0o640);
    // A new file is as readable as one that the shell makes.
    assert!(run(&["fields", "-o", "new"], folder).status.success());
    let shell = Command::new("sh").args(["-c", "> shell"]).current_dir(folder).status();
    assert!(shell.unwrap().success());
    assert_eq!(mode("new"), mode("shell"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_what_was_there() {
    use std::io::Write as _;
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("out"), "before").unwrap();
    let mut child = flowkit(&["export", "--format", "csv", "-", "-o", "out"], place.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // More than is read before anything is written.
    let mut pipe = child.stdin.take().unwrap();
    while names(place.path()).len() < 2 {
        pipe.write_all(FLOWS.as_bytes()).unwrap();
    }
    // Its pipe stays open, so it cannot have ended by itself.
    std::thread::sleep(std::time::Duration::from_millis(100));
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(said(&output), "flowkit: interrupted; nothing was written\n");
    assert_eq!(names(place.path()), ["out"]);
    assert_eq!(fs::read_to_string(place.path().join("out")).unwrap(), "before");
    drop(pipe);
}

//! Pipes and devices by name: what can be read once is read once, and what never ends
//! is not begun.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const FLOWS: &str = include_str!("../../../testdata/three-flows.ndjson");

/// A folder with some flows, a pipe that nobody writes into, and the program as `$F`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flows.ndjson"), FLOWS).unwrap();
    assert!(bash("mkfifo pipe", folder.path()).status.success());
    folder
}

/// Runs a line of bash, which is told if it takes too long for anything but waiting.
fn bash(line: &str, folder: &Path) -> Output {
    let begun = Instant::now();
    let output = Command::new("timeout")
        .args(["20", "bash", "-c", line])
        .current_dir(folder)
        .env("F", env!("CARGO_BIN_EXE_flowkit"))
        .env_remove("FLOWKIT_DUMP")
        .output()
        .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{line} hangs");
    output
}

#[test]
fn a_pipe_by_any_name_is_refused_where_it_would_be_read_twice() {
    let folder = folder();
    let filling = "cat flows.ndjson > pipe &";
    for (line, told) in [
        ("$F top --by dst_port --last 2h SOURCE", "--last looks for the last flow first"),
        (
            "$F diff --by dst_port --a 2018-09-20 --b 2018-09-21 SOURCE",
            "--a and --b read the source twice",
        ),
        ("$F send SOURCE 127.0.0.1:2055", "send reads the flows twice"),
        ("$F export --format pcap SOURCE -o out.pcap", "packets need two looks at the flows"),
        ("$F summary SOURCE SOURCE", "SOURCE is named twice"),
        ("$F ask SOURCE SOURCE", "the question and a source are both SOURCE"),
    ] {
        for source in ["/dev/stdin", "/dev/fd/0", "pipe", "/proc/self/fd/0"] {
            let line = line.replace("SOURCE", source);
            let whole = if source == "pipe" {
                format!("{filling} {line}; code=$?; timeout 1 cat pipe > rest; exit $code")
            } else {
                format!("cat flows.ndjson | {line}")
            };
            let output = bash(&whole, folder.path());
            let said = String::from_utf8_lossy(&output.stderr);
            let told = told.replace("SOURCE", source);
            let expected =
                format!("flowkit: {told}, and {source} can only be read once; save it to a file\n");
            assert_eq!(said, expected, "{line}");
            assert!(matches!(output.status.code(), Some(1 | 2)), "{line}");
            assert!(output.stdout.is_empty(), "{line}");
        }
    }
    // One pipe under two names is one pipe.
    let output = bash("cat flows.ndjson | $F summary - /dev/fd/0", folder.path());
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_pipe_by_name_is_read_where_once_is_enough() {
    let folder = folder();
    let right = bash("$F top --by dst_port --format csv flows.ndjson", folder.path()).stdout;
    assert!(!right.is_empty());
    for line in [
        "$F top --by dst_port --format csv <(cat flows.ndjson)",
        "cat flows.ndjson | $F top --by dst_port --format csv /dev/stdin",
        "$F top --by dst_port --format csv /dev/stdin < flows.ndjson",
        "(cat flows.ndjson > pipe &); $F top --by dst_port --format csv pipe",
        "(cat flows.ndjson > pipe &); $F top --by dst_port --format csv /dev/null pipe",
        "$F top --by dst_port --format csv -f @<(echo any) flows.ndjson",
        "(cat flows.ndjson > pipe &); $F import pipe -o d && $F top --by dst_port --format csv d",
    ] {
        let output = bash(line, folder.path());
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, right, "{line}");
    }
    // From a file, standard input by its name can be read again.
    let line = "$F summary --last 2h --format csv /dev/stdin < flows.ndjson";
    assert!(bash(line, folder.path()).status.success());
}

#[test]
fn what_never_ends_is_not_begun() {
    let folder = folder();
    fs::write(folder.path().join("include.nf"), "@include \"/dev/zero\"").unwrap();
    let refused = "it is a device or a socket; name a file or a pipe";
    for line in [
        "$F summary /dev/zero",
        "$F summary flows.ndjson /dev/urandom",
        "ln -sf /dev/zero endless; $F show endless",
        "$F export --format csv --input-format documents /dev/zero",
        "$F import /dev/zero -o d2",
        "$F summary -f @/dev/zero flows.ndjson",
        "$F summary -f @include.nf flows.ndjson",
        "$F filter '@include \"/dev/zero\"'",
        "$F ask /dev/zero flows.ndjson",
        "$F export --format csv --anonymise /dev/zero flows.ndjson",
        "$F fetch --url https://127.0.0.1:9 --ca-cert /dev/zero -o d3",
        "$F fetch --url https://127.0.0.1:9 --api-key-file /dev/zero -o d3",
    ] {
        let output = bash(line, folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(refused), "{line}: {said}");
        assert!(matches!(output.status.code(), Some(1 | 2)), "{line}");
    }
    // Of a folder and of a pattern, only files are meant.
    let right = bash("$F top --by dst_port --format csv flows.ndjson", folder.path()).stdout;
    let line = "mkdir many; mkfifo many/p; ln -s /dev/zero many/z; cp flows.ndjson many/; \
        $F top --by dst_port --format csv many";
    assert_eq!(bash(line, folder.path()).stdout, right);
    let output = bash("$F summary 'many/*'", folder.path());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no file but a pipe or a device"));
    // A file of columns is read here and there, which a pipe cannot be.
    let output = bash("$F summary --input-format parquet pipe", folder.path());
    assert!(String::from_utf8_lossy(&output.stderr).contains("columns are not"));
}

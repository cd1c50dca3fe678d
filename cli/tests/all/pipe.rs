//! Whoever reads may stop reading: `flowkit top | head` is no failure.

use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn a_broken_pipe_is_success() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/three-flows.ndjson");
    let folder = tempfile::tempdir().unwrap();
    let many = folder.path().join("many.ndjson");
    let many = many.to_str().unwrap();
    let synth = ["synth", "40000", "--format", "hits", "-o", many];
    assert!(Command::new(env!("CARGO_BIN_EXE_flowkit")).args(synth).status().unwrap().success());
    for arguments in [
        &["top", "--by", "dst_port", file][..],
        // More rows than a pipe holds.
        &["timeline", "--bin", "1s", "--from", "2018-09-21", "--to", "2018-09-21T03:00", file],
        &["export", "--format", "csv", file],
        &["export", "--format", "csv", many],
        &["export", "--format", "hits", many],
        &["export", "--format", "parquet", many],
        &["export", "--format", "parquet", "--addresses", "text", many],
        &["export", "--format", "pcap", many],
        &["show", "-n", "0", many],
        &["completions", "zsh"],
        &["man"],
    ] {
        let mut flowkit = Command::new(env!("CARGO_BIN_EXE_flowkit"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut begin = [0; 16];
        let mut stdout = flowkit.stdout.take().unwrap();
        stdout.read_exact(&mut begin).unwrap();
        drop(stdout);
        let ended = flowkit.wait_with_output().unwrap();
        assert!(ended.status.success(), "{arguments:?}");
        assert!(!String::from_utf8_lossy(&ended.stderr).contains("flowkit:"), "{arguments:?}");
    }
}

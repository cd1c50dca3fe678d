//! A fetch and the proxy that the environment names.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::Command;

use flowkit_testdata::{Server, practice_day};

/// What a fetch says, with a proxy in the environment that nobody answers at.
fn fetch(url: &str, no_proxy: &str) -> (bool, String) {
    let place = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_flowkit"))
        .args(["fetch", "--no-columns", "--url", url, "-o"])
        .arg(place.path().join("dump"))
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("NO_PROXY", no_proxy)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// Nor is one asked for this machine itself, as nobody would expect it.
#[test]
fn a_proxy_that_is_in_the_way_is_named_and_can_be_left_out() {
    let (_, through) = fetch("http://es.invalid:9200", "");
    assert!(through.contains("proxy of the environment"), "{through}");
    let (_, past) = fetch("http://es.invalid:9200", ".invalid");
    assert!(past.contains("name of the host"), "{past}");
    let server = Server::start(practice_day().into_iter().step_by(500).collect(), 0).unwrap();
    let (is_complete, said) = fetch(&server.url(), "");
    assert!(is_complete, "{said}");
}

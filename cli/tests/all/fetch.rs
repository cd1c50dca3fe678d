//! What a fetch says: before it, of a server; after it, of the dump.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::{Command, Stdio};

use flowkit_testdata::{Document, Server, practice_day};

/// Exit code, standard output and standard error.
fn flowkit(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    let command = command.args(arguments).current_dir(folder).env_remove("FLOWKIT_DUMP");
    let output = command.env_remove("FLOWKIT_URL").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn document(index: &str, source: &str) -> Document {
    Document {
        index: index.to_owned(),
        id: source.to_owned(),
        timestamp_ms: 1_537_401_600_000,
        source: source.to_owned(),
    }
}

const LOG: &str = r#"{"@timestamp":"2018-09-20T00:00:00.000Z","message":"a log line"}"#;

#[test]
fn a_fetch_says_how_many_of_its_documents_are_flows() {
    let mut documents: Vec<_> = practice_day().into_iter().step_by(500).collect();
    let (n, index) = (documents.len(), documents[0].index.clone());
    let place = tempfile::tempdir().unwrap();
    let fetch = |documents: &[Document], dump: &str| {
        let server = Server::start(documents.to_vec(), 0).unwrap();
        let arguments = ["fetch", "--url", &server.url(), "--index", "*", "-o", dump];
        let (code, _, said) = flowkit(place.path(), &arguments);
        assert_eq!(code, Some(0), "{said}");
        said
    };
    let said = fetch(&documents, "all");
    assert!(said.ends_with("all of them are flows\n"), "{said}");
    documents.push(document(&index, LOG));
    let said = fetch(&documents, "some");
    let expected = format!("{n} documents are flows; skipped: 1 document (no netflow object)\n");
    assert!(said.ends_with(&expected), "{said}");
    let said = fetch(&[document("syslog", LOG)], "none");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("warning: ") && last.contains("flow"), "{said}");
}

#[test]
fn a_list_and_a_dry_run_show_what_is_there() {
    let mut documents: Vec<_> = practice_day().into_iter().step_by(500).collect();
    let n = documents.len();
    // Before the window: hundreds of indices without anything of it.
    documents.extend((0..300).map(|day| document(&format!("netflow-old-{day:03}"), LOG)));
    let server = Server::start(documents, 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let url = server.url();
    let day = ["--url", &url, "--day", "2018-09-21"];
    let (code, listed, said) = flowkit(place.path(), &[&["fetch", "--list"], &day[..]].concat());
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 4, "{listed}");
    assert!(
        lines[1].starts_with(&format!("index    netflow-2018.09.21: {n} documents, 2018-09-21T"))
    );
    assert!(lines[1].ends_with(", Logstash netflow module"), "{listed}");
    assert_eq!(
        lines[2],
        "empty    300 indices without matching documents: netflow-old-000 to netflow-old-299"
    );
    let (_, listed, _) = flowkit(place.path(), &["fetch", "--list", "--url", &url]);
    assert!(!listed.contains("empty"), "without a window all have documents: {listed}");
    let (code, plan, _) = flowkit(place.path(), &[&["fetch", "--dry-run"], &day[..]].concat());
    assert_eq!(code, Some(0));
    assert!(plan.contains("empty    300 indices without matching documents: "), "{plan}");
    let dialect = format!("Logstash netflow module, {n} of {n} sampled documents are flows");
    assert!(plan.contains(&dialect), "{plan}");
    let (code, plan, said) =
        flowkit(place.path(), &["fetch", "--dry-run", "--url", &url, "--last", "24h"]);
    assert!(code == Some(0) && plan.contains("total    0 documents"), "{plan}{said}");
    let update = ["fetch", "--dry-run", "--update", "--url", &url, "-o", "d"];
    let (code, _, said) = flowkit(place.path(), &update);
    assert!(code == Some(1) && said.contains("there is no dump to update"), "{said}");
    let (code, _, said) = flowkit(place.path(), &["fetch", "--url", &url, "-o", "d"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("no window: fetching everything, "), "{said}");
    let (code, plan, said) = flowkit(place.path(), &update);
    assert!(code == Some(0) && plan.contains("documents of the overlap"), "{plan}{said}");
}

#[test]
fn members_of_a_pasted_body_that_are_not_taken_are_wrong_usage() {
    let place = tempfile::tempdir().unwrap();
    let body = r#"{"query":{"match_all":{}},"size":5,"_source":false}"#;
    let (code, _, said) = flowkit(place.path(), &["fetch", "--query", body]);
    assert_eq!(code, Some(2));
    assert!(said.contains("leave out _source, size; documents come whole"), "{said}");
    let (code, _, said) = flowkit(place.path(), &["fetch", "--query", "{"]);
    assert!(code == Some(2) && said.contains("--query is not JSON"), "{said}");
}

#[test]
fn a_mistake_leaves_no_dump_that_refuses_the_corrected_command() {
    let server = Server::start(vec![document("netflow-a", LOG)], 0).unwrap();
    let (place, url) = (tempfile::tempdir().unwrap(), server.url());
    let fetch = |more: &[&str]| {
        let always = ["fetch", "--url", &url, "-o", "d"];
        flowkit(place.path(), &[&always[..], more].concat())
    };
    let (code, _, said) = fetch(&["--query", r#"{"query":{"tem":{"host":"x"}}}"#]);
    assert!(code == Some(1) && said.contains("the server refuses --query: "), "{said}");
    assert!(!place.path().join("d").exists());
    // Without a dump an update would be a fetch of everything.
    let (code, _, said) = fetch(&["--update"]);
    assert!(code == Some(1) && said.contains("there is no dump to update"), "{said}");
    assert!(!place.path().join("d").exists());
    let (code, _, said) = fetch(&["--query", r#"{"term":{"message":"log"}}"#]);
    assert_eq!(code, Some(0), "{said}");
    // An open dump has no window, but an update of it does not fetch everything.
    let (code, _, said) = fetch(&["--update"]);
    assert!(code == Some(0) && !said.contains("everything"), "{said}");
}

#[cfg(unix)]
#[test]
fn an_interruption_says_what_it_leaves() {
    let interrupted = |folder: &Path, arguments: &[&str], is_time: &dyn Fn() -> bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
        let command = command.args(arguments).current_dir(folder).stderr(Stdio::piped());
        let child = command.env_remove("FLOWKIT_DUMP").stdout(Stdio::null()).spawn().unwrap();
        while !is_time() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let status = output.status;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(status.code(), Some(130), "{status}: {said}");
        said
    };
    let place = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (&["--list"][..], "flowkit: interrupted\n"),
        (&["-o", "d"], "flowkit: interrupted; nothing was written\n"),
    ] {
        // Takes a connection, keeps it and never answers; each its own, since a program may
        // have left one that was not taken.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let kept = std::cell::OnceCell::new();
        let is_asked = || kept.set(silent.accept().unwrap()).is_ok();
        let all = [&["fetch", "--url", &url][..], arguments].concat();
        assert_eq!(interrupted(place.path(), &all, &is_asked), expected);
    }
    // Ten pages, one a second.
    let documents: Vec<_> = practice_day().into_iter().take(100).collect();
    let server = Server::start(documents, 0).unwrap();
    let url = server.url();
    let slow = ["fetch", "--url", &url, "-o", "d", "--size", "10", "--max-rate", "10"];
    let has_begun = || place.path().join("d/manifest.json").exists();
    let said = interrupted(place.path(), &slow, &has_begun);
    let expected = "flowkit: interrupted; d is incomplete, run the command again to resume\n";
    assert!(said.ends_with(expected), "{said}");
}

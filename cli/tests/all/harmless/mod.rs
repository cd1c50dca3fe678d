//! Whatever a stranger hands over, a terminal shows it and obeys none of it: every
//! command, every report in every format, files of every form, a dump whose manifest is
//! hostile and a server that is; on a terminal as well as through pipes.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod hostile;
pub(crate) mod screen;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use flowkit_model::harmless::is_harmful;
use flowkit_testdata::Server;
use tempfile::TempDir;

use self::hostile::{TEXT, document, error, file_name, flows, manifests, others, server};
use self::screen::{Printed, on_terminals, piped};

/// Formats whose bytes are left alone where no terminal reads them.
const FOR_PROGRAMS: &[&str] =
    &["csv", "tsv", "json", "ndjson", "documents", "hits", "stored", "parquet", "pcap"];

/// Reports, each with what it needs.
const REPORTS: &[&[&str]] = &[
    &["top", "--by", "exporter"],
    &["top", "--by", "exporter,dst_port", "--columns", "bytes,distinct:exporter"],
    &["talkers"],
    &["ports"],
    &["protocols"],
    &["pairs"],
    &["exporters"],
    &["timeline", "--bin", "30s"],
    &["timeline", "--bin", "30s", "--by", "exporter"],
    &["scans", "--least", "1"],
    &["beacons"],
    &["diff", "--by", "exporter"],
    &["summary"],
    &["check"],
];

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// Asserts that nothing in `printed` acts on a terminal, and that no line was forged.
fn assert_harmless(printed: &[u8], what: &str) {
    let shown = String::from_utf8_lossy(printed);
    let text = std::str::from_utf8(printed);
    assert!(text.is_ok(), "{what}: bytes that are no UTF-8: {shown:?}");
    let harmful = |letter: char| is_harmful(letter) && !matches!(letter, '\n' | '\t');
    assert!(!shown.contains(harmful), "{what}: {shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("forged")), "{what}: {shown}");
}

/// What the progress bar writes to draw itself anew, taken out.
fn without_bar(printed: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(printed).unwrap();
    text.replace("\r\u{1b}[2K", "").replace("\u{1b}[1A", "").into_bytes()
}

/// Runs a command in both ways; gives all that people would see of it.
fn seen(folder: &Path, arguments: &[OsString]) -> String {
    let what = format!("{arguments:?}");
    let format = arguments.iter().skip_while(|word| *word != "--format").nth(1);
    let is_exact = format.is_some_and(|format| FOR_PROGRAMS.iter().any(|name| format == *name));
    let Printed { out, err } = piped(folder, arguments);
    assert_harmless(&err, &format!("{what}, notes in a pipe"));
    if !is_exact {
        assert_harmless(&out, &format!("{what}, in a pipe"));
    }
    let Printed { out, err } = on_terminals(folder, arguments);
    let err = without_bar(err);
    assert_harmless(&out, &format!("{what}, on a terminal"));
    assert_harmless(&err, &format!("{what}, notes on a terminal"));
    assert!(!err.starts_with(b"thread"), "{what}: {}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap()
}

/// As [`seen`], of a command that must tell the hostile text, as an escape.
fn told(folder: &Path, arguments: &[OsString]) -> String {
    let seen = seen(folder, arguments);
    let is_told = seen.contains("evil\\u{1b}]0;title\\u{7}\\u{1b}[31mRED\\r\\u{9b}2J\\u{202e}")
        || seen.contains("evil\\u001b]0;title\\u0007\\u001b[31mRED\\r\\u009b2J\\u202e");
    assert!(is_told, "{arguments:?} tells nothing of it: {seen}");
    seen
}

/// A folder with a hostile file and the dump that is made of it.
fn folder() -> (TempDir, OsString) {
    let place = tempfile::tempdir().unwrap();
    let file = file_name(".ndjson");
    fs::write(place.path().join(&file), flows()).unwrap();
    let mut import = words(&["import", "-o", "dump"]);
    import.push(file.clone());
    assert!(piped(place.path(), &import).err.len() > 10);
    assert!(place.path().join("dump/manifest.json").exists());
    (place, file)
}

#[test]
fn reports_in_all_formats() {
    let (place, file) = folder();
    for report in REPORTS {
        for format in ["table", "csv", "tsv", "json", "ndjson", "markdown"] {
            let mut arguments = words(report);
            arguments.extend(words(&["--format", format, "--explain"]));
            arguments.push(file.clone());
            if report[0] == "diff" {
                arguments.push("dump".into());
            }
            let seen = told(place.path(), &arguments);
            assert!(seen.contains("\\xff\\x9b.ndjson"), "the name of the file: {seen}");
        }
    }
}

/// Colours are flowkit's own, and only where it puts them.
#[test]
fn colours_of_strangers_stay_out() {
    let (place, file) = folder();
    for command in [&["top", "--by", "exporter"][..], &["show"], &["explain", "--flow", "1"]] {
        let mut arguments = words(command);
        arguments.extend(words(&["--color", "always"]));
        arguments.push(file.clone());
        for printed in [piped(place.path(), &arguments), on_terminals(place.path(), &arguments)] {
            let mut out = String::from_utf8(printed.out).unwrap();
            assert!(!out.contains("\u{1b}[31mRED"), "{out:?}");
            for code in ["0", "1", "31", "32", "33", "34", "35", "36"] {
                out = out.replace(&format!("\u{1b}[{code}m"), "");
            }
            assert_harmless(out.as_bytes(), "coloured");
            assert_harmless(&printed.err, "notes");
        }
    }
    // Nor are flowkit's own taken for a stranger's.
    for page in [&["help", "--color", "always"][..], &["explain", "--color", "always"]] {
        let out = String::from_utf8(on_terminals(place.path(), &words(page)).out).unwrap();
        assert!(out.contains("\u{1b}[1m") && !out.contains("\\u{1b}"), "{out:?}");
    }
}

#[test]
fn documents_and_exports() {
    let (place, file) = folder();
    for source in [OsStr::new("dump"), &file] {
        for command in [
            &["show", "-n", "0"][..],
            &["show", "-n", "0", "--format", "stored"],
            &["explain", "--flow", "1"],
            &["export", "--format", "csv"],
            &["export", "--format", "documents"],
            &["export", "--format", "hits"],
        ] {
            let mut arguments = words(command);
            arguments.push(source.to_owned());
            told(place.path(), &arguments);
        }
        for command in [
            &["explain", "--flow", "1", "--format", "json"][..],
            &["explain", "--flow", "41"],
            &["explain", "--flow", "99"],
            &["explain", "--packet"],
            &["export", "--format", "pcap"],
            &["export", "--format", "parquet"],
            &["verify"],
            &["send", "--exporter", TEXT, "--to", "127.0.0.1:9"],
            &["send", "--to", "127.0.0.1:9"],
            &["import", "-o", "dump"],
        ] {
            let mut arguments = words(command);
            arguments.push(source.to_owned());
            seen(place.path(), &arguments);
        }
    }
}

/// As a file through a pipe, json and csv are the bytes that there are.
#[test]
fn programs_get_the_bytes() {
    let (place, file) = folder();
    let run = |words: &[&str], source: &OsStr| {
        let mut arguments = self::words(words);
        arguments.push(source.to_owned());
        String::from_utf8(piped(place.path(), &arguments).out).unwrap()
    };
    let quoted = TEXT.replace('"', "\"\"");
    for source in [OsStr::new("dump"), &file] {
        let csv = run(&["top", "--by", "exporter", "--format", "csv"], source);
        assert!(csv.contains(&format!("\"{quoted}\"")), "{csv:?}");
        assert!(run(&["export", "--format", "csv"], source).contains(TEXT));
        let json = run(&["top", "--by", "exporter", "--format", "json"], source);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        let names = read["rows"].as_array().unwrap().iter().map(|row| row["exporter"].as_str());
        assert!(names.flatten().any(|name| name == TEXT), "{json}");
        let stored = run(&["show", "-n", "1", "--format", "stored"], source);
        assert_eq!(stored.lines().next(), flows().lines().next());
    }
}

#[test]
fn files_of_every_form() {
    let (place, _) = folder();
    for (ending, bytes) in others() {
        let file = file_name(ending);
        fs::write(place.path().join(&file), bytes).unwrap();
        for command in [
            &["top", "--by", "dst_port"][..],
            &["check"],
            &["show"],
            &["explain", "--flow", "1"],
            &["explain", "--packet"],
            &["import", "-o", "new"],
            &["verify"],
            &["ask"],
            &["export", "--format", "csv", "--anonymise"],
        ] {
            let mut arguments = words(command);
            arguments.push(file.clone());
            seen(place.path(), &arguments);
            let _ = fs::remove_dir_all(place.path().join("new"));
        }
        let mut arguments = words(&["top", "--by", "dst_port", "-f"]);
        arguments.push(OsStr::from_bytes(&[b"@", file.as_bytes()].concat()).to_owned());
        arguments.push("dump".into());
        seen(place.path(), &arguments);
    }
    let mut missing = words(&["top", "--by", "dst_port"]);
    missing.push(file_name(".none"));
    told(place.path(), &missing);
}

#[test]
fn manifests_with_a_hostile_text_anywhere() {
    let (place, _) = folder();
    let manifest = place.path().join("dump/manifest.json");
    let all = manifests(&manifest);
    assert!(all.len() > 15, "{}", all.len());
    let mut n_told = 0;
    for text in all {
        fs::write(&manifest, text).unwrap();
        for command in [
            &["top", "--by", "dst_port", "dump"][..],
            &["summary", "--explain", "dump"],
            &["verify", "dump"],
            &["show", "dump"],
            &["fetch", "--update", "-o", "dump", "--retries", "0", "--url", "http://127.0.0.1:1"],
            &["fetch", "-o", "dump", "--retries", "0", "--url", "http://127.0.0.1:1"],
        ] {
            let arguments = words(command);
            n_told += usize::from(seen(place.path(), &arguments).contains("\\u{9b}2J"));
        }
    }
    assert!(n_told > 10, "{n_told}");
}

#[test]
fn servers_that_answer_anything() {
    let place = tempfile::tempdir().unwrap();
    let header = TEXT.replace(['\r', '\n', '\u{7f}', '\u{1b}', '\u{7}'], "");
    let page = format!("<html><head><title>{TEXT}</title></head>{TEXT}</html>");
    let about = serde_json::json!({"name": TEXT, "cluster_name": TEXT, "tagline": TEXT,
        "version": {"number": format!("7.17.0{TEXT}"), "build_flavor": TEXT}});
    let json = "content-type: application/json\r\n";
    let mut n_told = 0;
    for (head, body) in [
        (format!("404 Not Found\r\n{json}"), error(TEXT)),
        (format!("400 Bad Request\r\n{json}"), error(TEXT)),
        (
            format!("401 Unauthorized\r\nwww-authenticate: Basic realm=\"{header}\"\r\n"),
            error(TEXT),
        ),
        (format!("403 Forbidden\r\n{json}"), error(TEXT)),
        ("500 \u{9b}31m\r\n".to_owned(), TEXT.to_owned()),
        ("200 OK\r\ncontent-type: text/html\r\n".to_owned(), page),
        (format!("302 Found\r\nlocation: http://{header}/\r\n"), TEXT.to_owned()),
        (format!("200 OK\r\n{json}x-elastic-product: Elasticsearch\r\n"), about.to_string()),
        (format!("200 OK\r\n{json}"), TEXT.to_owned()),
    ] {
        let url = server(head, body);
        for action in ["--list", "--dry-run", "--force"] {
            let arguments = words(&["fetch", action, "--retries", "0", "-o", "new", "--url", &url]);
            n_told += usize::from(seen(place.path(), &arguments).contains("evil"));
        }
    }
    assert!(n_told > 5, "{n_told}");
}

/// A server that is well but for its names: what it has is listed, planned, fetched.
#[test]
fn a_fetch_from_a_server_with_hostile_names() {
    let place = tempfile::tempdir().unwrap();
    let mut documents: Vec<_> = (0..20).map(document).collect();
    for document in documents.iter_mut().skip(10) {
        document.index = format!("netflow-{}", TEXT.replace(['\n', '/'], ""));
    }
    let server = Server::start(documents, 0).unwrap();
    let url = server.url();
    // Of what a server says line ends are blanks.
    let listed = seen(place.path(), &words(&["fetch", "--list", "--index", "*", "--url", &url]));
    let told_of = "evil\\u{1b}]0;title\\u{7}\\u{1b}[31mRED \\u{9b}2J\\u{202e}";
    assert!(listed.contains("no index can be called") && listed.contains(told_of), "{listed}");
    for action in ["--dry-run", "--force", "--update"] {
        let fetch =
            ["fetch", "--index", "*", "--retries", "0", "-o", "dump", "--url", &url, action];
        seen(place.path(), &words(&fetch));
    }
    let one = ["fetch", "--index", "netflow-2018.09.21", "-o", "one", "--url", &url, "--force"];
    assert!(seen(place.path(), &words(&one)).contains("complete: 10 documents"));
    told(place.path(), &words(&["exporters", "one"]));
    seen(place.path(), &words(&["verify", "one", "--url", &url]));
}

/// What is typed, or put there by a script, is quoted by errors.
#[test]
fn arguments() {
    let (place, _) = folder();
    let question = r#"{"version":1,"report":"top","by":["FIELD"],"filter":"FIELD"}"#;
    let name = serde_json::to_string(TEXT).unwrap();
    fs::write(place.path().join("question"), question.replace("\"FIELD\"", &name)).unwrap();
    let option = format!("--{TEXT}");
    for command in [
        &[TEXT][..],
        &["top", &option],
        &["top", "--by", TEXT, "dump"],
        &["top", "--by", "dst_port", "--format", TEXT, "dump"],
        &["top", "--by", "dst_port", "-f", TEXT, "dump"],
        &["top", "--by", "dst_port", "--columns", TEXT, "dump"],
        &["summary", "--columns", TEXT, "dump"],
        &["top", "--by", "dst_port", "--sort", TEXT, "dump"],
        &["top", "--by", "dst_port", "--having", TEXT, "dump"],
        &["top", "--by", "dst_port", "--from", TEXT, "dump"],
        &["top", "--by", "dst_port", "--tz", TEXT, "dump"],
        &["top", "--by", "dst_port", "--input-format", TEXT, "dump"],
        &["timeline", "--bin", TEXT, "dump"],
        &["diff", "--by", "dst_port", "--a", TEXT, "--b", TEXT, "dump"],
        &["filter", TEXT],
        &["explain", TEXT],
        &["fields", TEXT],
        &["guide", TEXT],
        &["help", TEXT],
        &["completions", TEXT],
        &["ask", "question", "dump"],
        &["fetch", "--url", TEXT],
        &["fetch", "--query", TEXT],
        &["fetch", "--user", TEXT, "--retries", "0", "--url", "http://127.0.0.1:1"],
        &["export", "--format", "csv", "-o", TEXT, "nothing"],
        &["send", "--to", TEXT, "dump"],
        &["synth", "1", "-o", TEXT],
        &["man", "-o", TEXT],
    ] {
        seen(place.path(), &words(command));
    }
}

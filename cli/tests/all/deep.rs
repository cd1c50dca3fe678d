//! Every command over documents that nest deep: an answer or an error in words,
//! never the end of the program, in memory and text linear in what is read.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn flowkit(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(arguments).current_dir(folder).env_remove("FLOWKIT_DUMP");
    command.output().unwrap()
}

/// How a value nests, and the levels that it adds to those of its document, one.
fn nested(kind: &str, levels: usize) -> String {
    match kind {
        "objects" => format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels)),
        "lists" => format!("{}{}", "[".repeat(levels), "]".repeat(levels)),
        _ => format!("{}1{}", "[{\"a\":".repeat(levels / 2), "}]".repeat(levels / 2)),
    }
}

#[test]
fn commands_read_or_skip_what_is_deep_and_say_so() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for kind in ["objects", "lists", "mixed"] {
        for levels in [511, 512, 513, 30_000, 1_000_000] {
            // A million of each takes megabytes, and is as slow as it is the same.
            if levels > 30_000 && kind != "lists" {
                continue;
            }
            let deep = nested(kind, levels - 1);
            let is_read = deep.matches(['{', '[']).count() < 512;
            let document = format!(
                "{{\"@timestamp\":\"2018-09-22T09:59:00.000Z\",\"netflow\":{{\"version\":5,\"bytes\":7}},\"x\":{deep}}}\n"
            );
            let good = "{\"@timestamp\":\"2018-09-22T09:58:00.000Z\",\"netflow\":{\"version\":5,\"bytes\":1}}\n";
            let text = document.clone() + good;
            fs::write(folder.join("d.ndjson"), &text).unwrap();
            let what = format!("{kind} {levels}");
            let expected = Some(if is_read { 0 } else { 3 });
            let commands: [&[&str]; 6] = [
                &["top", "--by", "dst_port", "d.ndjson"],
                &["summary", "d.ndjson"],
                &["check", "d.ndjson"],
                &["import", "d.ndjson", "-o", "dump", "--force"],
                &["top", "--by", "dst_port", "dump"],
                &["export", "d.ndjson", "--format", "csv"],
            ];
            let _ = fs::remove_dir_all(folder.join("dump"));
            for arguments in commands {
                let arguments: Vec<&str> =
                    arguments.iter().copied().filter(|argument| *argument != "--force").collect();
                let ended = flowkit(&arguments, folder);
                let said = String::from_utf8_lossy(&ended.stderr).into_owned();
                assert_eq!(ended.status.code(), expected, "{what} {arguments:?}: {said}");
                assert_eq!(said.contains("512 levels"), !is_read, "{what} {arguments:?}: {said}");
            }
            let shown = flowkit(&["show", "d.ndjson"], folder);
            assert!(shown.status.code().is_some(), "{what}: show");
            let printed: String = String::from_utf8(shown.stdout).unwrap();
            assert!(printed.len() < 100 * text.len(), "{what}: {} bytes", printed.len());
            let strip =
                |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert!(strip(&printed) == strip(&text), "{what}: all of it is shown");
            let stored = flowkit(&["show", "--format", "stored", "d.ndjson"], folder);
            assert!(stored.stdout == text.as_bytes(), "{what}: byte for byte");
            let explained = flowkit(&["explain", "--flow", "1", "d.ndjson"], folder);
            let said = String::from_utf8_lossy(&explained.stderr).into_owned();
            assert_eq!(explained.status.success(), is_read, "{what}: {said}");
            assert_eq!(said.contains("512 levels"), !is_read, "{what}: {said}");
        }
    }
}

/// Questions, filters and manifests are refused in words.
#[test]
fn what_is_deep_and_no_document_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::write(folder.join("d.ndjson"), "{\"netflow\":{\"version\":5,\"bytes\":1}}\n").unwrap();
    assert!(flowkit(&["import", "d.ndjson", "-o", "dump"], folder).status.success());
    let manifest = fs::read_to_string(folder.join("dump/manifest.json")).unwrap();
    for levels in [513, 30_000, 1_000_000] {
        for kind in ["objects", "lists"] {
            let deep = nested(kind, levels);
            let question =
                format!(r#"{{"flowkit_question":1,"report":{{"summary":{deep}}},"flows":{{}}}}"#);
            fs::write(folder.join("q.json"), question).unwrap();
            let filter = format!("{}any{}", "(".repeat(levels), ")".repeat(levels));
            let of_filter = format!(
                r#"{{"flowkit_question":1,"report":{{"summary":{{}}}},"flows":{{"filter":"{filter}"}}}}"#
            );
            fs::write(folder.join("f.json"), of_filter).unwrap();
            fs::write(folder.join("f.nf"), &filter).unwrap();
            for (arguments, code) in [
                (&["ask", "q.json", "d.ndjson"][..], 2),
                (&["ask", "f.json", "d.ndjson"], 2),
                (&["summary", "--filter-file", "f.nf", "d.ndjson"], 2),
            ] {
                let ended = flowkit(arguments, folder);
                let said = String::from_utf8_lossy(&ended.stderr).into_owned();
                assert_eq!(ended.status.code(), Some(code), "{arguments:?} {levels}: {said:.300}");
                assert!(
                    said.starts_with("flowkit: ") || said.starts_with("error: "),
                    "{said:.300}"
                );
            }
            // A member that nobody knows is none, however deep; one that is known is wrong.
            let unknown = manifest.replacen('{', &format!("{{\"x\":{deep},"), 1);
            fs::write(folder.join("dump/manifest.json"), unknown).unwrap();
            assert!(flowkit(&["summary", "dump"], folder).status.code().is_some());
            let known = manifest.replacen("\"parts\":", &format!("\"parts\":{deep},\"y\":"), 1);
            assert_ne!(known, manifest);
            fs::write(folder.join("dump/manifest.json"), known).unwrap();
            let ended = flowkit(&["summary", "dump"], folder);
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert!(said.contains("manifest.json") && !ended.status.success(), "{said:.300}");
        }
    }
}

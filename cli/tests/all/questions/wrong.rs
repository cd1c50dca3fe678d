//! What is no question says where and why, and `ask` takes no options beside a
//! question that the question has itself.

use std::fs;

use super::{Place, run, told, words};

#[test]
fn a_wrong_question_says_where_it_is_wrong_and_what_to_do() {
    let place = Place::new();
    let source = place.path("other.ndjson");
    for (text, parts) in [
        ("", &["EOF", "line 1 column 0"][..]),
        ("top --by dst_port", &["line 1 column 2"]),
        (
            "{\n  \"report\": \"summary\"\n}",
            &["missing field `flowkit_question`", "line 3 column 1"],
        ),
        (
            "{\n  \"flowkit_question\": 2,\n  \"report\": \"summary\"\n}",
            &["version 2", "reads version 1", "line 2 column 23"],
        ),
        (
            "{\"flowkit_question\": 1,\n \"reprot\": \"summary\"}",
            &["unknown field `reprot`", "`report`", "line 2 column 9"],
        ),
        (
            "{\"flowkit_question\": 1, \"report\": \"sumary\"}",
            &["sumary; did you mean summary?", "line 1"],
        ),
        (
            "{\"flowkit_question\": 1,\n \"report\": {\"top\": {\"by\": [\"dst_prot\"]}}}",
            &["dst_prot", "did you mean dst_port?", "line 2"],
        ),
        (
            "{\"flowkit_question\": 1,\n \"report\": {\"talkers\": {\"order\": {\"limt\": 3}}}}",
            &["unknown field `limt`", "`limit`", "line 2 column 40"],
        ),
        (
            "{\"flowkit_question\": 1, \"report\": \"check\",\n \"flows\": {\"window\": {\"form\": \"x\"}}}",
            &["unknown field `form`", "`from`", "line 2"],
        ),
    ] {
        fs::write(place.folder.path().join("wrong.json"), text).unwrap();
        let ask = ["ask".to_owned(), "wrong.json".into(), source.clone()];
        let output = run(place.folder.path(), &ask, None);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(2), "{text}: {told}");
        assert!(output.stdout.is_empty(), "{text}");
        for part in [&["flowkit: wrong.json: ", "--print-question"], parts].concat() {
            assert!(told.contains(part), "{text}: {part}\n{told}");
        }
    }
}

#[test]
fn what_is_no_mistake_of_the_form_is_told_as_on_the_command_line() {
    let place = Place::new();
    let source = place.path("other.ndjson");
    for (flows, told_of) in [
        (r#"{"filter": "dts port 80"}"#, "did you mean dst?"),
        (r#"{"window": {"day": "yesterday"}}"#, "yesterday"),
        (r#"{"window": {"from": "now-1h"}}"#, "a question says its times itself"),
        (r#"{"zone": "Mars/Olympus"}"#, "Mars/Olympus"),
        (r#"{"window": {"day": "2018-09-21", "last": "1h"}}"#, "exclude each other"),
    ] {
        let text = format!(r#"{{"flowkit_question": 1, "report": "summary", "flows": {flows}}}"#);
        let ask = ["ask".to_owned(), "-".into(), source.clone()];
        let output = run(place.folder.path(), &ask, Some(&text));
        assert_eq!(output.status.code(), Some(2), "{text}: {}", told(&output));
        assert!(told(&output).contains(told_of), "{text}: {}", told(&output));
    }
    let output = run(place.folder.path(), &words("ask none.json"), None);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("cannot read none.json"), "{}", told(&output));
}

/// A question that no source can answer is not printed, and told as when it is asked.
#[test]
fn a_question_that_would_fail_is_not_printed() {
    let place = Place::new();
    let source = place.path("other.ndjson");
    for (line, told_of) in [
        ("exporters --sort lost", "there are: exporter, engine_type"),
        ("timeline --sort dst_port", "there are: start, bytes"),
        ("timeline --by dst_port --having kinds=bin", "did you mean kind?"),
        ("scans --sort nope", "there are: kind, src_addr"),
        ("scans --having targets>1s", "only duration"),
        ("beacons --sort nope", "there are: src_addr, dst_addr"),
        ("beacons --having jitter>50", "did you mean 50 %?"),
        ("diff --by dst_port --sort change_bytes", "there are: dst_port, change"),
        ("diff --by dst_port --a monday --b 2018-09-21", "--a monday: not a window"),
    ] {
        let line = words(line);
        let sources = if line[0] == "diff" && !line.contains(&"--a".into()) { 2 } else { 1 };
        let asked = [&line[..], &vec![source.clone(); sources]].concat();
        let asked = told(&run(place.folder.path(), &asked, None));
        for option in ["--print-question", "--print-question -o question.json"] {
            let line = [&line[..], &words(option)].concat();
            let output = run(place.folder.path(), &line, None);
            assert_eq!(output.status.code(), Some(2), "{line:?}");
            assert!(output.stdout.is_empty(), "{line:?}");
            assert_eq!(told(&output), asked, "{line:?}");
            assert!(asked.contains(told_of), "{line:?}: {asked}");
            assert!(!place.folder.path().join("question.json").exists(), "{line:?}");
        }
    }
    let text =
        r#"{"flowkit_question": 1, "report": "summary", "flows": {"filter": "dts port 80"}}"#;
    let output = run(place.folder.path(), &words("ask - --print-question"), Some(text));
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("did you mean dst?"), "{}", told(&output));
}

#[test]
fn what_a_question_says_is_not_said_beside_it() {
    let place = Place::new();
    fs::write(
        place.folder.path().join("q.json"),
        r#"{"flowkit_question": 1, "report": "summary"}"#,
    )
    .unwrap();
    for option in [
        "--filter tcp",
        "--last 1h",
        "--from 2018-09-21",
        "--to 2018-09-21",
        "--day 2018-09-21",
        "--tz Asia/Tokyo",
        "--repair-times",
        "--scale-sampling",
        "--dedupe",
    ] {
        let output = run(place.folder.path(), &words(&format!("ask q.json {option}")), None);
        assert_eq!(output.status.code(), Some(2), "{option}: {}", told(&output));
        assert!(told(&output).contains("is for the question to say"), "{}", told(&output));
    }
    let output = run(place.folder.path(), &words("fields --print-question"), None);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    let output = run(place.folder.path(), &words("ask - -"), Some("{}"));
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("standard input can only be read once"), "{}", told(&output));
}

//! A server that lies, at each step of a fetch in turn: whatever it says, the fetch
//! ends soon, in a clear error or in a dump that has every document.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod lies;
mod truth;

use std::error::Error;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use flowkit_fetch::{Cancel, Event, FetchError, Method, Observer, Request, dry_run, fetch, list};
use flowkit_model::dump::{Manifest, State};

use crate::scripted_http::{Reply, ScriptedHttp};
use lies::{EVERYWHERE, Lie, fitting};
use truth::{DOCUMENTS, count, step, truth};

/// Everything that was told on the way.
#[derive(Default)]
struct Told(Mutex<String>);

impl Observer for Told {
    fn event(&self, event: Event<'_>) {
        let text = match event {
            Event::Note(note) => note.to_owned(),
            Event::Retrying { error, .. } | Event::Reopening { error, .. } => chain(error),
            _ => return,
        };
        self.0.lock().unwrap().push_str(&text);
    }
}

fn chain(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", chain(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}

/// Checks what a fetch ended in.
fn judge(what: &str, output: &Path, end: Result<Manifest, FetchError>, told: &Told) {
    let mut text = told.0.lock().unwrap().clone();
    match end {
        Ok(manifest) => {
            assert_eq!(manifest.documents(), DOCUMENTS, "{what}: complete and not whole");
            let (again, findings) = flowkit_fetch::verify(output, None).unwrap();
            assert!(again.state == State::Complete && findings.is_empty(), "{what}: {findings:?}");
        }
        Err(error) => {
            text.push_str(&chain(&error));
            let there = flowkit_dump::manifest::read(output);
            assert!(!there.is_ok_and(|there| there.state == State::Complete), "{what}: {text}");
        }
    }
    let harmful = |letter: char| letter.is_control() || ('\u{202a}'..='\u{202e}').contains(&letter);
    assert!(!text.contains(harmful) && text.len() < 5_000, "{what}: {text:.5000?}");
}

/// Runs a fetch, a dry run and a list while the server lies at one step.
fn run(place: &Path, at: &'static str, lie: Lie) {
    let what = format!("{at}: {}", lie.name);
    let headers = if lie.is_packed {
        "content-type: application/json
content-encoding: gzip
"
    } else {
        "content-type: application/json
"
    };
    let method = if at.ends_with("pit") { Method::Pit } else { Method::Scroll };
    let server = ScriptedHttp::start(move |asked| {
        let step = step(asked);
        let (status, body) = match step {
            // A large count makes the plan ask for times.
            "count" if at == "aggregate" => (200, count(5_000_000)),
            _ if step == at => (lie.status, String::new()),
            _ => truth(step, asked),
        };
        let body = if step == at { lie.body.to_vec() } else { body.into_bytes() };
        Some(Reply { status, headers, body })
    });
    let request = Request {
        url: Some(server.url()),
        method,
        retries: 1,
        jobs: Some(1),
        backoff: Duration::ZERO,
        index: Some(if at == "alias" { "flows" } else { "netflow-a" }.to_owned()),
        output: place.join("dump"),
        force: true,
        ..Request::default()
    };
    let (cancel, start) = (Cancel::new(), Instant::now());
    let _ = std::fs::remove_dir_all(&request.output);
    let told = Told::default();
    judge(&what, &request.output, fetch(&request, &cancel, &told), &told);
    assert!(start.elapsed() < Duration::from_secs(60), "{what}: {:?}", start.elapsed());
    let is_before = !["page", "page-pit", "close"].contains(&at);
    for end in is_before
        .then(|| [dry_run(&request, &cancel, &()).err(), list(&request, &cancel, &()).err()])
        .into_iter()
        .flatten()
    {
        let text = end.map(|error| chain(&error)).unwrap_or_default();
        assert!(!text.contains(char::is_control) && text.len() < 5_000, "{what}: {text:.5000?}");
    }
}

fn at_each(steps: &[&'static str]) {
    let place = tempfile::tempdir().unwrap();
    for at in steps {
        // The client reads all steps alike: long answers are told at the main ones.
        let is_main = !["alias", "types", "limits", "stats", "nodes"].contains(at);
        let fits = |lie: &&Lie| is_main || !(lie.is_packed || lie.body.len() > 500_000);
        for lie in EVERYWHERE.iter().filter(fits).cloned().chain(fitting(at)) {
            run(place.path(), at, lie);
        }
    }
}

#[test]
fn a_server_that_tells_the_truth_is_fetched_from() {
    let place = tempfile::tempdir().unwrap();
    for (method, at) in [(Method::Scroll, "open"), (Method::Pit, "page-pit")] {
        let server = ScriptedHttp::start(|asked| {
            let (status, body) = truth(step(asked), asked);
            Reply::json(status, body)
        });
        let output = place.path().join(at);
        let request = Request {
            url: Some(server.url()),
            index: Some("netflow-a".to_owned()),
            method,
            output: output.clone(),
            ..Request::default()
        };
        let manifest = fetch(&request, &Cancel::new(), &()).unwrap();
        assert_eq!((manifest.documents(), manifest.state), (DOCUMENTS, State::Complete));
    }
}

/// As of an index whose mapping has `_source` off: what came is kept, counted and told.
#[test]
fn documents_without_a_source_are_told_and_the_dump_is_whole() {
    let place = tempfile::tempdir().unwrap();
    let server = ScriptedHttp::start(|asked| {
        let (status, body) = truth(step(asked), asked);
        Reply::json(status, body.replacen("\"_source\":", "\"other\":", 2))
    });
    let request = Request {
        url: Some(server.url()),
        index: Some("netflow-a".to_owned()),
        method: Method::Scroll,
        output: place.path().join("dump"),
        ..Request::default()
    };
    let told = Told::default();
    let manifest = fetch(&request, &Cancel::new(), &told).unwrap();
    assert_eq!(manifest.parts.iter().map(|part| part.without_source).sum::<u64>(), 2);
    let note = "netflow-a: 2 documents came without _source";
    assert!(manifest.notes.iter().any(|kept| kept.starts_with(note)), "{:?}", manifest.notes);
    assert!(told.0.lock().unwrap().contains(note));
    assert_eq!(flowkit_fetch::verify(&request.output, None).unwrap().1, []);
    // Earlier versions did not count them.
    let path = request.output.join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let older = text.replace("\"without_source\": 2,", "");
    assert_ne!(older, text);
    std::fs::write(&path, older).unwrap();
    assert_eq!(flowkit_fetch::verify(&request.output, None).unwrap().1, []);
}

#[test]
fn lies_of_who_it_is_and_what_it_has_end_a_fetch_or_do_not_matter() {
    at_each(&["info", "list", "alias", "types", "limits", "stats", "nodes"]);
}

#[test]
fn lies_of_how_much_it_has_end_a_fetch_or_do_not_matter() {
    at_each(&["count", "aggregate"]);
}

#[test]
fn lies_in_a_scroll_end_a_fetch_or_do_not_matter() {
    at_each(&["open", "page", "close"]);
}

#[test]
fn lies_in_a_point_in_time_end_a_fetch_or_do_not_matter() {
    at_each(&["open-pit", "page-pit"]);
}

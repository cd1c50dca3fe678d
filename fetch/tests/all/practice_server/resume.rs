//! A fetch that stopped, and what the next one makes of its dump.

use std::fs;
use std::sync::Mutex;

use flowkit_fetch::{Cancel, Event, FetchError, Observer, Request, fetch};
use flowkit_model::dump::{PartState, Read, STATE_END, State};
use flowkit_model::window::{Typed, Window};
use flowkit_testdata::Server;
use jiff::tz::TimeZone;

use super::{AtFirstPage, documents, request};
use crate::saved::{manifest, of_practice, saved};

#[test]
fn an_expired_scroll_is_told_and_what_came_is_gone_on_with() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    // By time, as after a first fault, so that it can go on.
    let expiring = AtFirstPage(|| server.expire_all());
    let slow =
        Request { page_size: 2, retries: 3, jobs: Some(1), ..request(&server, place.path()) };
    let error = fetch(&slow, &Cancel::new(), &expiring).unwrap_err();
    assert!(matches!(error, FetchError::ScrollExpired { .. }), "{error}");
    assert!(error.to_string().contains("--keep-alive longer than 1m"), "{error}");
    let names = fs::read_dir(place.path().join("parts")).unwrap();
    let names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let state = names.iter().find_map(|name| name.strip_suffix(STATE_END)).unwrap();
    let state = place.path().join("parts").join(format!("{state}{STATE_END}"));
    let state: PartState = serde_json::from_slice(&fs::read(state).unwrap()).unwrap();
    assert!(state.rows >= 2 && state.rows < state.expected && !state.at_last.is_empty());
    let partial = fs::read(place.path().join("parts").join(format!("{}.partial", state.name)));
    let lines = zstd::decode_all(&partial.unwrap()[..]).unwrap();
    assert_eq!(lines.len() as u64, state.bytes);
    let (_, findings) = flowkit_fetch::verify(place.path(), None).unwrap();
    assert!(findings[0].to_string().starts_with("incomplete: "), "{findings:?}");

    // The next run goes on, and says so.
    let noted = Notes::default();
    fetch(&request(&server, place.path()), &Cancel::new(), &noted).unwrap();
    let noted = noted.0.into_inner().unwrap();
    assert!(noted.iter().any(|event| event.starts_with("Resuming")), "{noted:?}");
    assert!(noted.iter().any(|event| event.starts_with("PartResumed")), "{noted:?}");
    assert_eq!(saved(place.path()), of_practice(&documents()));
    let left = fs::read_dir(place.path().join("parts")).unwrap();
    let manifest = manifest(place.path());
    assert_eq!(left.count(), manifest.parts.len());
    assert!(manifest.parts.iter().any(|part| part.proof.read == Read::Joined));
}

/// Remembers the events.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn event(&self, event: Event<'_>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}

#[test]
fn an_incomplete_dump_is_gone_on_with_only_for_the_same_request() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let window = |days: &str| {
        let typed = Typed { last: Some(days.to_owned()), ..Typed::default() };
        let now = "2018-09-22T00:00:00Z".parse().unwrap();
        Some(Window::new(typed, &TimeZone::UTC, now).unwrap())
    };
    let first = Request { window: window("30d"), ..request(&server, place.path()) };
    let cancel = Cancel::new();
    let stop = AtFirstPage(|| cancel.cancel());
    assert!(fetch(&first, &cancel, &stop).is_err());
    let there = manifest(place.path());
    for (other, expected) in [
        (Request { window: window("7d"), ..request(&server, place.path()) }, "another window"),
        (
            Request { index: Some("x".to_owned()), ..request(&server, place.path()) },
            "another --index",
        ),
    ] {
        let error = fetch(&other, &Cancel::new(), &()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(manifest(place.path()), there, "nothing changed");
    }
    // Without a window, and with the same words later on, it is the first window.
    let mut later = Request { window: window("30d"), ..request(&server, place.path()) };
    later.window.as_mut().unwrap().to_ms = Some(i64::MAX / 2);
    let whole = fetch(&later, &Cancel::new(), &()).unwrap();
    assert_eq!(whole.window, there.window);
    assert_eq!(saved(place.path()), of_practice(&documents()));
}

#[test]
fn a_cancelled_fetch_closes_its_cursor_and_is_incomplete() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let cancel = Cancel::new();
    let observer = AtFirstPage(|| cancel.cancel());
    let error = fetch(&request(&server, place.path()), &cancel, &observer).unwrap_err();
    assert!(matches!(error, FetchError::Interrupted), "{error}");
    assert_eq!(manifest(place.path()).state, State::Incomplete);
    assert_eq!(server.open_scrolls(), 0);
}

#[test]
fn a_fetch_that_does_not_come_to_a_plan_binds_nobody() {
    let documents = documents();
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let right = request(&server, place.path());
    let wrong = Request { index: Some("nothing-*".to_owned()), ..right.clone() };
    assert!(matches!(fetch(&wrong, &Cancel::new(), &()), Err(FetchError::NoIndex { .. })));
    assert!(!place.path().join("manifest.json").exists());
    fetch(&right, &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), of_practice(&documents));
}

#[test]
fn a_complete_dump_outlives_a_forced_fetch_that_does_not_get_going() {
    let documents = documents();
    let place = tempfile::tempdir().unwrap();
    let url = {
        let server = Server::start(documents.clone(), 0).unwrap();
        fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
        let unforced = fetch(&request(&server, place.path()), &Cancel::new(), &());
        assert!(matches!(unforced, Err(FetchError::Exists { .. })));
        server.url()
    };
    let gone = Server::start(Vec::new(), 0).unwrap();
    let mut forced = request(&gone, place.path());
    forced.force = true;
    assert!(matches!(fetch(&forced, &Cancel::new(), &()), Err(FetchError::NoIndex { .. })));
    forced.url = Some(url);
    assert!(fetch(&forced, &Cancel::new(), &()).is_err());
    assert_eq!(manifest(place.path()).state, State::Complete);
    assert_eq!(saved(place.path()), of_practice(&documents));
}

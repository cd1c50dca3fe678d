//! Whole fetches from the practice server, healthy and with faults.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use flowkit_fetch::{Cancel, Event, FetchError, Observer, Request, fetch};
use flowkit_model::dump::{Manifest, PartState, Read, STATE_END, State};
use flowkit_model::window::{Typed, Window};
use flowkit_testdata::{Document, Fault, Server, practice_day};
use jiff::tz::TimeZone;
use serde_json::value::RawValue;

/// A few documents of the practice day, made once: some pages, quick to fetch.
fn documents() -> Vec<Document> {
    static DAY: OnceLock<Vec<Document>> = OnceLock::new();
    DAY.get_or_init(|| practice_day().into_iter().step_by(41).collect()).clone()
}

fn request(server: &Server, output: &Path) -> Request {
    Request {
        url: Some(server.url()),
        page_size: 30,
        keep_alive: "1m".to_owned(),
        backoff: Duration::from_millis(1),
        output: output.to_owned(),
        ..Request::default()
    }
}

fn manifest(root: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(root.join("manifest.json")).unwrap()).unwrap()
}

/// The documents of a dump: the bytes of `_source` by index and id.
fn saved(root: &Path) -> BTreeMap<(String, String), String> {
    #[derive(serde::Deserialize)]
    struct Hit<'a> {
        #[serde(rename = "_index")]
        index: String,
        #[serde(rename = "_id")]
        id: String,
        #[serde(borrow, rename = "_source")]
        source: &'a RawValue,
    }
    let mut saved = BTreeMap::new();
    for part in manifest(root).parts {
        let lines = zstd::decode_all(&fs::read(root.join(part.path())).unwrap()[..]).unwrap();
        for line in String::from_utf8(lines).unwrap().lines() {
            let hit: Hit = serde_json::from_str(line).unwrap();
            let old = saved.insert((hit.index, hit.id), hit.source.get().to_owned());
            assert_eq!(old, None, "no document twice");
        }
    }
    saved
}

fn loaded(documents: &[Document]) -> BTreeMap<(String, String), String> {
    documents
        .iter()
        .map(|document| ((document.index.clone(), document.id.clone()), document.source.clone()))
        .collect()
}

fn count(requests: &[String], start: &str) -> usize {
    requests.iter().filter(|request| request.starts_with(start)).count()
}

#[test]
fn a_day_comes_whole_one_part_an_index_one_cursor_a_part() {
    let documents = documents();
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let returned = fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), loaded(&documents));
    let manifest = manifest(place.path());
    assert_eq!(manifest, returned);
    assert_eq!((manifest.state, manifest.documents()), (State::Complete, documents.len() as u64));
    for part in &manifest.parts {
        assert_eq!(part.proof.read, Read::OneSnapshot);
        assert_eq!(part.received, part.expected);
        assert!(part.first_ms <= part.last_ms && part.first_ms.is_some());
    }
    let requests = server.requests();
    let parts = manifest.parts.len();
    assert_eq!(count(&requests, "DELETE /_search/scroll"), parts);
    assert_eq!(server.open_scrolls(), 0);
    // Each part: the pages with hits, the first of them opened, and one empty one.
    let pages: u64 = manifest.parts.iter().map(|part| part.received.div_ceil(30)).sum();
    assert_eq!(count(&requests, "POST /_search/scroll") as u64, pages);
}

#[test]
fn a_window_holds_what_the_server_counts_in_it() {
    let documents = documents();
    let server = Server::start(documents, 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let everything = fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    let part = &everything.parts[0];
    let (first, last) = (part.first_ms.unwrap(), part.last_ms.unwrap());
    let place = tempfile::tempdir().unwrap();
    let mut windowed = request(&server, place.path());
    windowed.window.from_ms = Some(first + 1);
    windowed.window.to_ms = Some(last);
    let manifest = fetch(&windowed, &Cancel::new(), &()).unwrap();
    let part = &manifest.parts[0];
    assert!(part.received > 0 && part.first_ms > Some(first) && part.last_ms < Some(last));
}

#[test]
fn nothing_in_the_window_is_a_complete_dump_of_nothing() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let mut nothing = request(&server, place.path());
    let typed = Typed { day: Some("1999-12-31".to_owned()), ..Typed::default() };
    nothing.window = Window::new(typed, &TimeZone::UTC, jiff::Timestamp::UNIX_EPOCH).unwrap();
    fetch(&nothing, &Cancel::new(), &()).unwrap();
    let manifest = manifest(place.path());
    assert_eq!((manifest.state, manifest.documents()), (State::Complete, 0));
    assert!(!manifest.empty_indices.is_empty());
}

/// Any fault at any request ends in a complete dump or in an error and an
/// incomplete one; never in a dump that claims more than it holds.
#[test]
fn whatever_goes_wrong_wherever_the_dump_never_lies() {
    let documents = documents();
    let healthy = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    fetch(&request(&healthy, place.path()), &Cancel::new(), &()).unwrap();
    let requests = healthy.requests();
    let faults = [
        Fault::Status(500, r#"{"error":{"root_cause":[{"type":"t","reason":"r"}]}}"#.to_owned()),
        Fault::Status(
            429,
            r#"{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"r"}]}}"#
                .to_owned(),
        ),
        Fault::Status(200, "{}".to_owned()),
        Fault::Reset,
        Fault::TruncatedBody,
        Fault::Html502,
        Fault::PartialShards,
        Fault::ShrunkTotal,
        Fault::TimedOut,
        Fault::Slow(Duration::from_millis(5)),
    ];
    let (mut n_failed, mut n_whole) = (0, 0);
    for fault in faults {
        for (number, at) in requests.iter().enumerate() {
            let server = Server::start(documents.clone(), 0).unwrap();
            server.fail_after(number, fault.clone());
            let place = tempfile::tempdir().unwrap();
            let fetched = fetch(&request(&server, place.path()), &Cancel::new(), &());
            let case = format!("{fault:?} at request {number}, {at}");
            let manifest = manifest(place.path());
            match fetched {
                Ok(_) => {
                    assert_eq!(manifest.state, State::Complete, "{case}");
                    assert_eq!(saved(place.path()), loaded(&documents), "{case}");
                    n_whole += 1;
                }
                Err(error) => {
                    assert_eq!(manifest.state, State::Incomplete, "{case}: {error}");
                    assert!(!error.to_string().contains('\n'), "{case}: {error}");
                    n_failed += 1;
                }
            }
            // A page that is not whole must never be passed over.
            let is_page = at.contains("/_search/scroll") || at.contains("/_search?scroll");
            if is_page && !at.starts_with("DELETE") && !matches!(fault, Fault::Slow(_)) {
                let shows = manifest.state == State::Incomplete;
                // An empty last page has no hits to leave out, so some faults do not show in it.
                let is_last =
                    requests.get(number + 1).is_some_and(|next| next.starts_with("DELETE"));
                assert!(shows || is_last, "{case}");
            }
            // Closed, unless closing failed or its name never arrived.
            let is_opening = at.contains("/_search?scroll");
            if !at.starts_with("DELETE") && !is_opening {
                assert_eq!(server.open_scrolls(), 0, "{case}");
            }
        }
    }
    assert!(n_failed > 50 && n_whole > 20, "{n_failed} failed, {n_whole} whole: {requests:#?}");
}

/// Does something when the first page was written.
struct AtFirstPage<F: Fn() + Sync>(F);

impl<F: Fn() + Sync> Observer for AtFirstPage<F> {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::PageWritten { .. }) {
            (self.0)();
        }
    }
}

#[test]
fn an_expired_scroll_is_told_and_what_came_is_kept_with_its_state() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let observer = AtFirstPage(|| server.expire_all());
    let mut slow = request(&server, place.path());
    slow.page_size = 2;
    let error = fetch(&slow, &Cancel::new(), &observer).unwrap_err();
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

    // The next run replaces it.
    fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), loaded(&documents()));
    let left = fs::read_dir(place.path().join("parts")).unwrap();
    assert_eq!(left.count(), manifest(place.path()).parts.len());
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
    forced.url = url;
    assert!(fetch(&forced, &Cancel::new(), &()).is_err());
    assert_eq!(manifest(place.path()).state, State::Complete);
    assert_eq!(saved(place.path()), loaded(&documents));
}

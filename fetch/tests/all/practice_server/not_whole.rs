//! Answers that are not whole, or of another question: none of them counts, in
//! any order.

use flowkit_fetch::{Cancel, FetchError, Request, fetch};
use flowkit_model::dump::State;
use flowkit_model::window::Window;
use flowkit_testdata::{Fault, Server};

use super::{AtFirstPage, documents, request};
use crate::saved::{manifest, of_practice, saved};

/// 2018-09-21 in UTC.
fn day() -> Window {
    let (from_ms, to_ms) = (Some(1_537_488_000_000), Some(1_537_574_400_000));
    Window { from_ms, to_ms, ..Window::default() }
}

/// Requests of a healthy fetch before the search that opens its first cursor.
fn before_opening(request: &Request, server: &Server) -> usize {
    let place = tempfile::tempdir().unwrap();
    let healthy = Request { output: place.path().to_owned(), ..request.clone() };
    fetch(&healthy, &Cancel::new(), &()).unwrap();
    server.requests().iter().position(|at| at.contains("/_search?scroll")).unwrap()
}

/// Fetches with a fault in the page `after` the first, without a retry.
fn with_fault(fault: &Fault, after: usize) -> (FetchError, State) {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let once = Request {
        window: Some(day()),
        jobs: Some(1),
        retries: 0,
        ..request(&server, place.path())
    };
    let opening = before_opening(&once, &server);
    server.fail_after(opening + after, fault.clone());
    let error = fetch(&once, &Cancel::new(), &()).unwrap_err();
    (error, manifest(place.path()).state)
}

#[test]
fn a_hit_outside_of_window_or_index_is_refused_in_storage_order() {
    for fault in [Fault::StrayTime, Fault::StrayIndex] {
        for page in [0, 1, 2] {
            let (error, state) = with_fault(&fault, page);
            assert!(matches!(error, FetchError::Unsorted { .. }), "{fault:?} {page}: {error}");
            assert_eq!(state, State::Incomplete);
        }
    }
}

/// After a doubt a part is read by time, and the middle of a page is looked at, too.
#[test]
fn a_hit_outside_of_window_or_index_is_refused_by_time() {
    for fault in [Fault::StrayTime, Fault::StrayIndex] {
        let server = Server::start(documents(), 0).unwrap();
        let place = tempfile::tempdir().unwrap();
        let one = Request {
            window: Some(day()),
            jobs: Some(1),
            retries: 2,
            ..request(&server, place.path())
        };
        let opening = before_opening(&one, &server);
        // The first cursor is lost, so that the next one is sorted by time.
        server.fail_after(opening + 1, Fault::Reset);
        for page in 3..9 {
            server.fail_after(opening + page, fault.clone());
        }
        let error = fetch(&one, &Cancel::new(), &()).unwrap_err();
        assert!(matches!(error, FetchError::Unsorted { .. }), "{fault:?}: {error}");
        assert_eq!(manifest(place.path()).state, State::Incomplete);
        // Without the fault it goes on and is whole.
        let whole = Request { window: None, ..one };
        fetch(&whole, &Cancel::new(), &()).unwrap();
        let day: Vec<_> = documents()
            .into_iter()
            .filter(|document| day().span().contains(document.timestamp_ms))
            .collect();
        assert_eq!(saved(place.path()), of_practice(&day));
    }
}

#[test]
fn an_answer_that_lacks_clusters_or_ended_early_is_not_whole() {
    for page in [0, 1] {
        let (error, state) = with_fault(&Fault::SkippedCluster, page);
        assert!(matches!(error, FetchError::ClustersMissing { .. }), "{page}: {error}");
        let message = error.to_string();
        assert!(message.contains("of 2 clusters 1 skipped (eu connect_transport"), "{message}");
        assert_eq!(state, State::Incomplete);
    }
    let (error, state) = with_fault(&Fault::TerminatedEarly, 0);
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
    assert!(error.to_string().contains("terminated early"), "{error}");
    assert_eq!(state, State::Incomplete);
    // A later page of a scroll may say so when it is whole; half of one is noticed.
    let (error, _) = with_fault(&Fault::TerminatedEarly, 1);
    assert!(matches!(error, FetchError::WrongCount { .. }), "{error}");
}

/// A skipped cluster in the answers of a plan and of a verification.
#[test]
fn a_count_that_lacks_clusters_counts_nothing() {
    let lame = r#"{"count":0,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"_clusters":{"total":2,"successful":1,"skipped":1}}"#;
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    let requests = server.requests();
    let at = requests.iter().position(|at| at.contains("/_count")).unwrap();
    let again = tempfile::tempdir().unwrap();
    server.fail_after(at, Fault::Status(200, lame.to_owned()));
    let error = fetch(&request(&server, again.path()), &Cancel::new(), &()).unwrap_err();
    assert!(matches!(error, FetchError::ClustersMissing { .. }), "{error}");
    assert!(!again.path().join("manifest.json").exists());
}

/// A day of several parts that is stopped at a third goes on with the whole ones.
#[test]
fn a_day_interrupted_at_a_third_does_not_start_from_nothing() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    // A twentieth of all, as of a day with 500,000 flows or more.
    let part_size = Some(documents().len() as u64 / 20);
    let day = Request { part_size, page_size: 2, ..request(&server, place.path()) };
    let (cancel, pages) = (Cancel::new(), std::sync::atomic::AtomicUsize::new(0));
    let stop = AtFirstPage(|| {
        if pages.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == documents().len() / 2 / 3 {
            cancel.cancel();
        }
    });
    assert!(fetch(&day, &cancel, &stop).is_err());
    let kept = manifest(place.path()).documents();
    assert!(kept >= documents().len() as u64 / 5, "{kept} of {}", documents().len());
    let before = server.requests().len();
    fetch(&day, &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), of_practice(&documents()));
    assert!(server.requests().len() - before < before * 3, "much is fetched again");
}

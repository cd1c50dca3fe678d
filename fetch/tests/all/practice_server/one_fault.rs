//! One fault, of each kind and at each request of a fetch.

use std::time::Duration;

use flowkit_fetch::{Cancel, Request, fetch};
use flowkit_model::dump::State;
use flowkit_testdata::{Document, Fault, Server};

use super::{documents, request};
use crate::saved::{manifest, of_practice, saved};

fn faults() -> Vec<Fault> {
    vec![
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
        Fault::TerminatedEarly,
        Fault::SkippedCluster,
        Fault::StrayIndex,
        Fault::Slow(Duration::from_millis(5)),
    ]
}

/// The requests of a healthy fetch, one part at a time.
fn healthy_requests(documents: &[Document]) -> Vec<String> {
    let healthy = Server::start(documents.to_vec(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let mut request = request(&healthy, place.path());
    request.jobs = Some(1);
    fetch(&request, &Cancel::new(), &()).unwrap();
    healthy.requests()
}

/// Without a second try, any fault at any request ends in a complete dump or in
/// an error and an incomplete one; never in a dump that claims more than it holds.
#[test]
fn whatever_goes_wrong_wherever_the_dump_never_lies() {
    let documents = documents();
    let requests = healthy_requests(&documents);
    let is_opening = |at: &String| at.contains("/_search?scroll");
    let opening = requests.iter().position(is_opening).unwrap();
    let (mut n_failed, mut n_whole) = (0, 0);
    for fault in faults() {
        for (number, at) in requests.iter().enumerate() {
            let server = Server::start(documents.clone(), 0).unwrap();
            server.fail_after(number, fault.clone());
            let place = tempfile::tempdir().unwrap();
            let once = Request { jobs: Some(1), retries: 0, ..request(&server, place.path()) };
            let fetched = fetch(&once, &Cancel::new(), &());
            let case = format!("{fault:?} at request {number}, {at}");
            match fetched {
                Ok(_) => {
                    assert_eq!(manifest(place.path()).state, State::Complete, "{case}");
                    assert_eq!(saved(place.path()), of_practice(&documents), "{case}");
                    n_whole += 1;
                }
                Err(error) => {
                    // Without a plan there is no dump yet.
                    if number >= opening || place.path().join("manifest.json").exists() {
                        let state = manifest(place.path()).state;
                        assert_eq!(state, State::Incomplete, "{case}: {error}");
                    }
                    assert!(!error.to_string().contains('\n'), "{case}: {error}");
                    n_failed += 1;
                    // The same command again goes on, and ends well.
                    fetch(&once, &Cancel::new(), &()).unwrap_or_else(|error| {
                        panic!("{case}, then {error}");
                    });
                    assert_eq!(saved(place.path()), of_practice(&documents), "{case}");
                }
            }
            // Closed, unless closing failed or its name never arrived.
            if !at.starts_with("DELETE") && !is_opening(at) {
                assert_eq!(server.open_scrolls(), 0, "{case}");
            }
        }
    }
    assert!(n_failed > 50 && n_whole > 20, "{n_failed} failed, {n_whole} whole: {requests:#?}");
}

/// With second tries, one fault at any request ends in the whole dump, and no
/// page was asked for twice through one scroll.
#[test]
fn one_fault_wherever_it_strikes_is_recovered_from() {
    let documents = documents();
    let requests = healthy_requests(&documents);
    for fault in faults() {
        for (number, at) in requests.iter().enumerate() {
            let server = Server::start(documents.clone(), 0).unwrap();
            server.fail_after(number, fault.clone());
            let place = tempfile::tempdir().unwrap();
            let case = format!("{fault:?} at request {number}, {at}");
            let one = Request { jobs: Some(1), ..request(&server, place.path()) };
            fetch(&one, &Cancel::new(), &()).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(manifest(place.path()).state, State::Complete, "{case}");
            assert_eq!(saved(place.path()), of_practice(&documents), "{case}");
            let (_, findings) = flowkit_fetch::verify(place.path(), Some(&one)).unwrap();
            assert_eq!(findings, [], "{case}");
        }
    }
}

//! Fetches that were stopped, broke off or are run again later.

use std::fs;
use std::sync::Mutex;

use flowkit_fetch::{Cancel, FetchError, Method, Request, Update, fetch, verify};
use flowkit_model::dump::{Manifest, Read, State};
use serde_json::json;

use super::{AtPage, Documents, documents, request, saved};
use crate::server_index::{Index, ask, servers, turn, version};

#[test]
fn a_stopped_fetch_goes_on_where_it_was() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "resume", &json!({"number_of_replicas": 0}).to_string());
        let loaded = documents(3_000);
        index.load(&loaded);
        for method in [Method::Auto, Method::Scroll] {
            let place = tempfile::tempdir().unwrap();
            let small = Request {
                method,
                page_size: 100,
                part_size: Some(700),
                ..request(&url, &index.name, place.path())
            };
            for pages in [9, 7, 11] {
                let cancel = Cancel::new();
                let stop = AtPage(Mutex::new(pages), || cancel.cancel());
                let error = fetch(&small, &cancel, &stop).unwrap_err();
                assert!(matches!(error, FetchError::Interrupted), "{url}: {error}");
            }
            fetch(&small, &Cancel::new(), &()).unwrap();
            assert_eq!(saved(place.path()), loaded, "{url}");
        }
    }
}

#[test]
fn an_index_that_is_closed_or_deleted_in_the_middle_is_told_and_gone_on_with() {
    let _turn = turn();
    for url in servers() {
        for (method, deletes) in
            [(Method::Scroll, false), (Method::Auto, false), (Method::Scroll, true)]
        {
            let index = Index::new(&url, "closed", &json!({"number_of_replicas": 0}).to_string());
            let loaded = documents(2_000);
            index.load(&loaded);
            let place = tempfile::tempdir().unwrap();
            let small =
                Request { method, page_size: 100, ..request(&url, &index.name, place.path()) };
            let path = format!("{url}/{}", index.name);
            let close = AtPage(Mutex::new(2), || {
                if deletes {
                    ask("DELETE", &path, "")
                } else {
                    ask("POST", &format!("{path}/_close"), "")
                };
            });
            let error = fetch(&small, &Cancel::new(), &close).unwrap_err();
            let is_told = if deletes {
                matches!(error, FetchError::NoIndex { .. })
            } else {
                matches!(error, FetchError::IndexClosed { .. })
            };
            assert!(is_told, "{url} {method:?}: {error}");
            assert!(error.to_string().contains(&index.name), "{error}");
            let manifest: Manifest =
                serde_json::from_slice(&fs::read(place.path().join("manifest.json")).unwrap())
                    .unwrap();
            assert_eq!(manifest.state, State::Incomplete);
            if deletes {
                continue;
            }
            ask("POST", &format!("{path}/_open"), "");
            ask(
                "GET",
                &format!("{url}/_cluster/health/{}?wait_for_status=yellow&timeout=30s", index.name),
                "",
            );
            fetch(&small, &Cancel::new(), &()).unwrap();
            assert_eq!(saved(place.path()), loaded, "{url}");
        }
    }
}

#[test]
fn nanoseconds_are_cut_and_resumed_without_loss() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "nanos", &json!({"number_of_replicas": 0}).to_string());
        let mapping = json!({"properties": {"@timestamp": {"type": "date_nanos"}}});
        let kind = if version(&url).starts_with("6.") { "/_doc" } else { "" };
        let path = format!("{url}/{}/_mapping{kind}", index.name);
        if ask("PUT", &path, &mapping.to_string())["acknowledged"] != true {
            eprintln!("{url} has no date_nanos");
            continue;
        }
        let loaded: Documents = (0..900)
            .map(|n| {
                let source = format!(
                    r#"{{"@timestamp":"2018-09-21T07:00:{:02}.{:03}{:06}Z","n":{n}}}"#,
                    n / 90,
                    n / 9 % 10,
                    n * 7 % 1_000_000
                );
                (format!("n{n}"), source)
            })
            .collect();
        index.load(&loaded);
        for method in [Method::Scroll, Method::Auto] {
            let place = tempfile::tempdir().unwrap();
            let small = Request {
                method,
                page_size: 50,
                part_size: Some(300),
                ..request(&url, &index.name, place.path())
            };
            let cancel = Cancel::new();
            let stop = AtPage(Mutex::new(7), || cancel.cancel());
            assert!(fetch(&small, &cancel, &stop).is_err());
            fetch(&small, &Cancel::new(), &()).unwrap();
            assert_eq!(saved(place.path()), loaded, "{url}");
        }
    }
}

#[test]
fn what_came_since_is_added_once() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "update", &json!({"number_of_replicas": 0}).to_string());
        let all = documents(1_000);
        let (first, second): (Documents, Documents) =
            all.clone().into_iter().partition(|(id, _)| {
                let n: usize = id[3..].parse().unwrap();
                n < 600 && n % 100 != 99
            });
        index.load(&first);
        let place = tempfile::tempdir().unwrap();
        fetch(&request(&url, &index.name, place.path()), &Cancel::new(), &()).unwrap();
        index.load(&second);
        let update = Update { overlap_ms: 3_600_000, ..Update::default() };
        let more = Request { update: Some(update), ..request(&url, &index.name, place.path()) };
        let manifest = fetch(&more, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), all, "{url}");
        assert_eq!(manifest.parts[1].proof.read, Read::OneSnapshot, "{url}");
        assert_eq!(verify(place.path(), Some(&more)).unwrap().1, [], "{url}");
    }
}

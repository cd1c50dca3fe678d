//! Scrolls and points in time: both bring the same, as many as a server allows.

use std::sync::atomic::{AtomicBool, Ordering};

use flowkit_fetch::{Cancel, Event, FetchError, Method, Observer, Request, fetch, verify};
use serde_json::{Value, json};

use super::{documents, open_contexts, request, saved};
use crate::server_index::{Index, ask, servers, turn, version};

/// What a server can do by its version, as the documentation has it.
fn has_pit(url: &str) -> bool {
    let root = ask("GET", url, "");
    let is_opensearch = root["version"]["distribution"] == "opensearch";
    let version = version(url);
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap(), numbers.next().unwrap());
    if is_opensearch { version >= (3, 3) } else { version >= (7, 12) }
}

/// Documents and operations of a server, without the internal indices.
fn written(url: &str) -> Vec<(String, Value)> {
    let stats = ask("GET", &format!("{url}/_stats/docs,indexing?level=indices"), "");
    let indices = stats["indices"].as_object().unwrap();
    let mut written: Vec<_> = indices
        .iter()
        .filter(|(name, _)| !name.starts_with('.'))
        .map(|(name, stats)| {
            let total = &stats["primaries"];
            (name.clone(), json!([total["docs"]["count"], total["indexing"]["index_total"]]))
        })
        .collect();
    written.sort_by(|a, b| a.0.cmp(&b.0));
    written
}

#[test]
fn each_method_brings_the_same_and_writes_nothing() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(
            &url,
            "method",
            &json!({"number_of_shards": 3, "number_of_replicas": 0}).to_string(),
        );
        let loaded = documents(3_210);
        index.load(&loaded);
        let before = written(&url);
        let contexts = open_contexts(&url);
        for (method, expected) in [
            (Method::Scroll, Some("scroll")),
            (Method::Auto, Some(if has_pit(&url) { "pit" } else { "scroll" })),
            (Method::Pit, has_pit(&url).then_some("pit")),
        ] {
            let place = tempfile::tempdir().unwrap();
            let by = Request {
                method,
                part_size: Some(1_000),
                jobs: Some(3),
                ..request(&url, &index.name, place.path())
            };
            match (fetch(&by, &Cancel::new(), &()), expected) {
                (Ok(manifest), Some(expected)) => {
                    assert_eq!(manifest.method, expected, "{url}");
                    assert!(manifest.parts.len() > 3, "{url}");
                    assert_eq!(saved(place.path()), loaded, "{url}");
                    let (_, findings) = verify(place.path(), Some(&by)).unwrap();
                    assert_eq!(findings, [], "{url}");
                }
                (Err(FetchError::NoPit { .. }), None) => {}
                (other, _) => panic!("{url} {method:?}: {other:?}"),
            }
            assert_eq!(open_contexts(&url), contexts, "{url}: each cursor is closed");
        }
        assert_eq!(written(&url), before, "{url}: a fetch writes nothing");
    }
}

#[test]
fn a_page_is_as_large_as_the_index_allows() {
    let _turn = turn();
    for url in servers() {
        let settings = json!({"number_of_replicas": 0, "max_result_window": 100});
        let index = Index::new(&url, "limit", &settings.to_string());
        let loaded = documents(250);
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        fetch(&request(&url, &index.name, place.path()), &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
    }
}

/// Does something when another cursor is about to be opened.
struct OnReopening<F: Fn() + Sync>(F);

impl<F: Fn() + Sync> Observer for OnReopening<F> {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::Reopening { .. }) {
            (self.0)();
        }
    }
}

#[test]
fn a_server_without_room_for_cursors_is_told_and_waited_for() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(
            &url,
            "contexts",
            &json!({"number_of_shards": 2, "number_of_replicas": 0}).to_string(),
        );
        let loaded = documents(1_000);
        index.load(&loaded);
        let limit = |value: Value| {
            let body = json!({"transient": {"search.max_open_scroll_context": value}});
            ask("PUT", &format!("{url}/_cluster/settings"), &body.to_string())
        };
        if limit(json!(open_contexts(&url) + 2))["acknowledged"] != true {
            continue;
        }
        // Somebody else takes what there is.
        let theirs =
            ask("POST", &format!("{url}/{}/_search?scroll=1m", index.name), r#"{"size":1}"#);
        let free = || {
            ask(
                "DELETE",
                &format!("{url}/_search/scroll"),
                &json!({"scroll_id": theirs["_scroll_id"]}).to_string(),
            )
        };
        let place = tempfile::tempdir().unwrap();
        let by = Request {
            method: Method::Scroll,
            retries: 0,
            ..request(&url, &index.name, place.path())
        };
        let error = fetch(&by, &Cancel::new(), &());
        // Once they are done, the same fetch waits it out.
        let freed = AtomicBool::new(false);
        let patient = Request { retries: 10, jobs: Some(9), part_size: Some(300), ..by.clone() };
        let waiting = OnReopening(|| {
            if !freed.swap(true, Ordering::SeqCst) {
                free();
            }
        });
        let fetched = fetch(&patient, &Cancel::new(), &waiting);
        limit(Value::Null);
        free();
        if error.is_ok() && version(&url).starts_with("6.") {
            eprintln!("{url} does not hold scrolls below the limit");
            continue;
        }
        let error = error.expect_err("there is no room");
        assert!(matches!(error, FetchError::TooManyScrolls { .. }), "{url}: {error:?}");
        assert!(error.to_string().contains("search.max_open_scroll_context"), "{error}");
        fetched.unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
    }
}

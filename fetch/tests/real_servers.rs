//! Whole fetches from real servers, where `FLOWKIT_TEST_URLS` names some
//! (addresses, with commas). Each test loads an index of its own and deletes it.
//!
//! `FLOWKIT_CORPORA` may name a folder of recorded documents; the day in it is
//! then loaded and fetched as well.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use flowkit_fetch::{Cancel, Event, FetchError, Observer, Request, fetch};
use flowkit_model::dump::{Manifest, State};
use flowkit_model::window::{Typed, Window};
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// One test at a time: open cursors are counted on the server as a whole.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Documents, as the bytes of their `_source`, by `_id`.
type Documents = BTreeMap<String, String>;

fn servers() -> Vec<String> {
    let urls = std::env::var("FLOWKIT_TEST_URLS").unwrap_or_default();
    let urls: Vec<_> = urls.split(',').filter(|url| !url.is_empty()).map(str::to_owned).collect();
    if urls.is_empty() {
        eprintln!("skipped: FLOWKIT_TEST_URLS names no server");
    }
    urls
}

/// An index of a test. Deletes itself.
struct Index<'a> {
    url: &'a str,
    name: String,
}

impl<'a> Index<'a> {
    fn new(url: &'a str, test: &str, settings: &Value) -> Self {
        let index = Self { url, name: format!("flowkit-test-{test}-{}", std::process::id()) };
        ask("PUT", &format!("{url}/{}", index.name), &json!({"settings": settings}).to_string());
        index
    }

    fn load(&self, documents: &Documents) {
        // Elasticsearch 6 wants a type, OpenSearch refuses one.
        let root = ask("GET", self.url, "");
        let version = root["version"]["number"].as_str().unwrap_or_default().to_owned();
        let kind = if version.starts_with("6.") { r#","_type":"_doc""# } else { "" };
        let documents: Vec<_> = documents.iter().collect();
        for chunk in documents.chunks(2_000) {
            let mut lines = String::new();
            for (id, source) in chunk {
                let action = format!(r#"{{"index":{{"_id":"{id}"{kind}}}}}"#);
                lines.extend([&action, "\n", source, "\n"]);
            }
            let answer = ask("POST", &format!("{}/{}/_bulk", self.url, self.name), &lines);
            assert_eq!(answer["errors"], false, "{answer}");
        }
        ask("POST", &format!("{}/{}/_refresh", self.url, self.name), "");
    }
}

impl Drop for Index<'_> {
    fn drop(&mut self) {
        ask("DELETE", &format!("{}/{}", self.url, self.name), "");
    }
}

fn ask(method: &str, url: &str, body: &str) -> Value {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("Content-Type", "application/json")
        .body(body.to_owned())
        .unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let text = agent.run(request).unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {url}: {text}"))
}

fn documents(count: usize) -> Documents {
    (0..count)
        .map(|number| {
            let ms = number / 7 * 13 % 1_000;
            let second = number / 7 * 13 / 1_000;
            let source = format!(
                r#"{{"@timestamp":"2018-09-21T07:{:02}:{:02}.{ms:03}Z","netflow":{{"bytes":{number},"note":"é \" ] }} \n ,\u2028"}},  "odd"  :[1.0,1e3]}}"#,
                second / 60,
                second % 60
            );
            (format!("id {number}"), source)
        })
        .collect()
}

fn request(url: &str, index: &str, output: &Path) -> Request {
    Request {
        url: Some(url.to_owned()),
        index: Some(index.to_owned()),
        page_size: 1_000,
        keep_alive: "1m".to_owned(),
        output: output.to_owned(),
        ..Request::default()
    }
}

fn day(day: &str) -> Window {
    let typed = Typed { day: Some(day.to_owned()), ..Typed::default() };
    Window::new(typed, &TimeZone::UTC, jiff::Timestamp::UNIX_EPOCH).unwrap()
}

/// The documents of a dump, read as `zstdcat` does.
fn saved(root: &Path) -> Documents {
    #[derive(serde::Deserialize)]
    struct Hit<'a> {
        #[serde(rename = "_id")]
        id: String,
        #[serde(borrow, rename = "_source")]
        source: &'a RawValue,
    }
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(root.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest.state, State::Complete);
    let mut saved = Documents::new();
    let mut n_lines = 0;
    for part in &manifest.parts {
        let lines = zstd::decode_all(&fs::read(root.join(part.path())).unwrap()[..]).unwrap();
        for line in String::from_utf8(lines).unwrap().lines() {
            let hit: Hit = serde_json::from_str(line).unwrap();
            saved.insert(hit.id, hit.source.get().to_owned());
            n_lines += 1;
        }
    }
    assert_eq!(n_lines, manifest.documents(), "no line twice");
    saved
}

/// Each open cursor of the server.
fn open_contexts(url: &str) -> u64 {
    let stats = ask("GET", &format!("{url}/_nodes/stats/indices/search"), "");
    let nodes = stats["nodes"].as_object().unwrap().values();
    nodes.map(|node| node["indices"]["search"]["open_contexts"].as_u64().unwrap()).sum()
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn event(&self, event: Event<'_>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}

#[test]
fn what_was_loaded_comes_back_byte_for_byte() {
    let _turn = turn();
    for url in servers() {
        let index =
            Index::new(&url, "whole", &json!({"number_of_shards": 3, "number_of_replicas": 0}));
        let mut loaded = documents(5_432);
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        let output = place.path().join("dated");
        let before = open_contexts(&url);
        let manifest = fetch(&request(&url, &index.name, &output), &Cancel::new(), &()).unwrap();
        assert_eq!(open_contexts(&url), before, "each cursor is closed");
        assert_eq!(saved(&output), loaded, "{url}");
        assert_eq!(manifest.parts[0].received, 5_432);
        assert!(manifest.server.version.is_some());

        // Documents without a time come with everything, and in no window.
        let undated: Documents = (0..1_500)
            .map(|number| (format!("undated {number}"), format!(r#"{{"n":{number}}}"#)))
            .collect();
        index.load(&undated);
        let output = place.path().join("window");
        let mut windowed = request(&url, &index.name, &output);
        windowed.window = Some(day("2018-09-21"));
        fetch(&windowed, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(&output), loaded, "{url}");
        loaded.extend(undated);
        let output = place.path().join("all");
        let manifest = fetch(&request(&url, &index.name, &output), &Cancel::new(), &()).unwrap();
        assert_eq!(saved(&output), loaded, "{url}");
        assert_eq!(manifest.undated(), 1_500);

        // A window is half open, to the millisecond.
        let output = place.path().join("edges");
        let mut edges = request(&url, &index.name, &output);
        let from_ms = day("2018-09-21").from_ms.map(|ms| ms + 7 * 3_600_000 + 13);
        let to_ms = from_ms.map(|ms| ms + 26);
        edges.window = Some(Window { from_ms, to_ms, ..Window::default() });
        let manifest = fetch(&edges, &Cancel::new(), &()).unwrap();
        assert_eq!(manifest.documents(), 14, "{url}");

        // Nothing matches: a complete dump of nothing, and what there is.
        let output = place.path().join("nothing");
        let mut nothing = request(&url, &index.name, &output);
        nothing.window = Some(day("2018-09-22"));
        let notes = Notes::default();
        fetch(&nothing, &Cancel::new(), &notes).unwrap();
        assert!(saved(&output).is_empty());
        let notes = notes.0.into_inner().unwrap();
        assert!(
            notes.iter().any(|note| note.contains("first_ms: Some(1537513200000)")),
            "{notes:?}"
        );
    }
}

#[test]
fn an_index_without_any_time_is_fetched() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "undated", &json!({"number_of_replicas": 0}));
        let loaded: Documents =
            (0..25).map(|number| (number.to_string(), format!(r#"{{"n":{number}}}"#))).collect();
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        fetch(&request(&url, &index.name, place.path()), &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
    }
}

#[test]
fn a_page_is_as_large_as_the_index_allows() {
    let _turn = turn();
    for url in servers() {
        let settings = json!({"number_of_replicas": 0, "max_result_window": 100});
        let index = Index::new(&url, "limit", &settings);
        let loaded = documents(250);
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        fetch(&request(&url, &index.name, place.path()), &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
    }
}

#[test]
fn errors_of_the_server_are_explained() {
    let _turn = turn();
    for url in servers() {
        let place = tempfile::tempdir().unwrap();
        let error = fetch(&request(&url, "flowkit-test-none", place.path()), &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::NoIndex { .. })), "{error:?}");
        let error = fetch(&request(&url, "flowkit-test-none*", place.path()), &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::NoIndex { .. })), "{error:?}");
        let index = Index::new(&url, "errors", &json!({"number_of_replicas": 0}));
        index.load(&documents(3));
        let mut long = request(&url, &index.name, place.path());
        long.keep_alive = "48h".to_owned();
        let error = fetch(&long, &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::KeepAlive { .. })), "{error:?}");
        ask("POST", &format!("{url}/{}/_close", index.name), "");
        let error = fetch(&request(&url, &index.name, place.path()), &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::IndexClosed { .. })), "{error:?}");
        let manifest = fs::read(place.path().join("manifest.json")).unwrap();
        let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest.state, State::Incomplete);
    }
}

#[test]
fn a_recorded_day_comes_back_byte_for_byte() {
    let _turn = turn();
    let Ok(corpora) = std::env::var("FLOWKIT_CORPORA") else {
        eprintln!("skipped: FLOWKIT_CORPORA names no folder");
        return;
    };
    let file = fs::File::open(Path::new(&corpora).join("day/es6.elasticdump.ndjson.gz")).unwrap();
    let text = std::io::read_to_string(flate2::read::MultiGzDecoder::new(file)).unwrap();
    let mut loaded = Documents::new();
    for line in text.lines() {
        let hit: BTreeMap<String, &RawValue> = serde_json::from_str(line).unwrap();
        let id: String = serde_json::from_str(hit["_id"].get()).unwrap();
        loaded.insert(id, hit["_source"].get().to_owned());
    }
    assert_eq!(loaded.len(), 8_201);
    for url in servers() {
        let index =
            Index::new(&url, "day", &json!({"number_of_shards": 2, "number_of_replicas": 0}));
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        let mut whole_day = request(&url, &index.name, place.path());
        whole_day.window = Some(day("2018-09-21"));
        fetch(&whole_day, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
    }
}

//! What was loaded comes back byte for byte, in each window.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use flowkit_fetch::{Cancel, Event, Observer, fetch};
use flowkit_model::window::Window;
use serde_json::json;
use serde_json::value::RawValue;

use super::{Documents, day, documents, open_contexts, request, saved};
use crate::server_index::{Index, servers, turn};

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
        let index = Index::new(
            &url,
            "whole",
            &json!({"number_of_shards": 3, "number_of_replicas": 0}).to_string(),
        );
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
        let index = Index::new(&url, "undated", &json!({"number_of_replicas": 0}).to_string());
        let loaded: Documents =
            (0..25).map(|number| (number.to_string(), format!(r#"{{"n":{number}}}"#))).collect();
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        fetch(&request(&url, &index.name, place.path()), &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
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
        let index = Index::new(
            &url,
            "day",
            &json!({"number_of_shards": 2, "number_of_replicas": 0}).to_string(),
        );
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        let mut whole_day = request(&url, &index.name, place.path());
        whole_day.window = Some(day("2018-09-21"));
        fetch(&whole_day, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
    }
}

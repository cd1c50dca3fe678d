//! Whole fetches from real servers, where `FLOWKIT_TEST_URLS` names some
//! (addresses, with commas). Each test loads an index of its own and deletes it.
//!
//! `FLOWKIT_CORPORA` may name a folder of recorded documents; the day in it is
//! then loaded and fetched as well.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

mod cursors;
mod filters;
mod indices;
mod odd_indices;
mod refusals;
mod resume;
mod templates;
mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use flowkit_fetch::{Event, Observer, Request};
use flowkit_model::dump::{Manifest, State};
use flowkit_model::window::{Typed, Window};
use jiff::tz::TimeZone;
use serde_json::value::RawValue;

use crate::server_index::ask;

/// Documents, as the bytes of their `_source`, by `_id`.
type Documents = BTreeMap<String, String>;

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
        backoff: Duration::from_millis(5),
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

/// Does something when so many pages were written.
struct AtPage<F: Fn() + Sync>(Mutex<u32>, F);

impl<F: Fn() + Sync> Observer for AtPage<F> {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::PageWritten { .. }) {
            let mut left = self.0.lock().unwrap();
            *left = left.saturating_sub(1);
            if *left == 0 {
                *left = u32::MAX;
                drop(left);
                (self.1)();
            }
        }
    }
}

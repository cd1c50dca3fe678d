//! An index on a real server, for one test.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// One test at a time: open cursors are counted on the server as a whole.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Addresses of the real servers: `FLOWKIT_TEST_URLS`, with commas.
pub(crate) fn servers() -> Vec<String> {
    let urls = std::env::var("FLOWKIT_TEST_URLS").unwrap_or_default();
    let urls: Vec<_> = urls.split(',').filter(|url| !url.is_empty()).map(str::to_owned).collect();
    if urls.is_empty() {
        eprintln!("skipped: FLOWKIT_TEST_URLS names no server");
    }
    urls
}

/// An index of a test. Deletes itself.
pub(crate) struct Index<'a> {
    pub(crate) url: &'a str,
    pub(crate) name: String,
}

impl<'a> Index<'a> {
    /// Makes an index with these settings, as JSON.
    pub(crate) fn new(url: &'a str, test: &str, settings: &str) -> Self {
        let index = Self { url, name: format!("flowkit-test-{test}-{}", std::process::id()) };
        let body = format!(r#"{{"settings":{settings}}}"#);
        let answer = ask("PUT", &format!("{url}/{}", index.name), &body);
        assert_eq!(answer["acknowledged"], true, "{answer}");
        index
    }

    /// Loads documents, given as the bytes of `_source` by `_id`.
    pub(crate) fn load(&self, documents: &BTreeMap<String, String>) {
        // Elasticsearch 6 wants a type, OpenSearch refuses one.
        let kind = if version(self.url).starts_with("6.") { r#","_type":"_doc""# } else { "" };
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

/// The version of a server; of one without a root, by its node.
pub(crate) fn version(url: &str) -> String {
    let root = ask("GET", url, "");
    if let Some(version) = root["version"]["number"].as_str() {
        return version.to_owned();
    }
    let nodes = ask("GET", &format!("{url}/_nodes/_local"), "");
    let nodes = nodes["nodes"].as_object().unwrap();
    nodes.values().next().unwrap()["version"].as_str().unwrap().to_owned()
}

/// Asks a server something that a fetch would not.
pub(crate) fn ask(method: &str, url: &str, body: &str) -> Value {
    ask_bytes(method, url, body.as_bytes())
}

/// The same with a body that need not be text.
pub(crate) fn ask_bytes(method: &str, url: &str, body: &[u8]) -> Value {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("Content-Type", "application/json")
        .body(body.to_vec())
        .unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let text = agent.run(request).unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {url}: {text}"))
}

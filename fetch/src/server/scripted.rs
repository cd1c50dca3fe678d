//! A server for tests: answers from a list, and records the calls.

use std::sync::{Mutex, PoisonError};

use crate::error::FetchError;
use crate::server::{Call, Method, Server};

pub(crate) struct ScriptedServer {
    /// Answers in reverse order. Closing a cursor takes none.
    answers: Mutex<Vec<(u16, String)>>,
    calls: Mutex<Vec<String>>,
    has_login: bool,
}

impl ScriptedServer {
    pub(crate) fn new(mut answers: Vec<(u16, String)>) -> Self {
        answers.reverse();
        Self { answers: Mutex::new(answers), calls: Mutex::default(), has_login: false }
    }

    /// Asked with a login.
    pub(crate) fn with_login(self) -> Self {
        Self { has_login: true, ..self }
    }

    /// The calls so far, each as `METHOD path body`.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Server for ScriptedServer {
    fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        let method = call.name().split(' ').next().unwrap_or_default().to_owned();
        self.calls.lock().unwrap().push(format!("{method} {} {}", call.path, call.body));
        body.clear();
        if call.method == Method::Delete {
            return Ok(404);
        }
        let (status, answer) = self.answers.lock().unwrap().pop().ok_or(FetchError::Interrupted)?;
        body.extend_from_slice(answer.as_bytes());
        Ok(status)
    }

    fn url(&self) -> &'static str {
        "http://script"
    }

    fn has_login(&self) -> bool {
        self.has_login
    }
}

/// A valid page over two shards.
pub(crate) fn page(cursor: &str, total: u64, ids: &[&str]) -> String {
    page_with(cursor, total, ids, r#""total":2,"successful":2,"skipped":0,"failed":0"#)
}

/// A page with the given content of `_shards`. The hits are a second apart.
pub(crate) fn page_with(cursor: &str, total: u64, ids: &[&str], shards: &str) -> String {
    let hits: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(number, id)| {
            format!(
                r#"{{"_index":"netflow-a","_id":"{id}","_source":{{}},"sort":[{}]}}"#,
                number * 1_000
            )
        })
        .collect();
    format!(
        r#"{{"_scroll_id":"{cursor}","took":1,"timed_out":false,"_shards":{{{shards}}},"hits":{{"total":{{"value":{total},"relation":"eq"}},"max_score":null,"hits":[{}]}}}}"#,
        hits.join(",")
    )
}

/// A server that only answers histograms and time ranges. Its queries are
/// `{"from":…,"to":…}`.
pub(crate) struct CountingServer {
    pub(crate) times: Vec<i64>,
    /// Whether it is so old that it knows only `interval`.
    pub(crate) only_interval: bool,
}

impl Server for CountingServer {
    fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        let search: serde_json::Value = serde_json::from_str(&call.body).unwrap();
        let (from, to) = (search["query"]["from"].as_i64(), search["query"]["to"].as_i64());
        let inside = self
            .times
            .iter()
            .copied()
            .filter(|ms| from.is_none_or(|from| *ms >= from) && to.is_none_or(|to| *ms < to));
        let histogram = &search["aggs"]["times"]["date_histogram"];
        let name = if self.only_interval { "interval" } else { "fixed_interval" };
        let aggregations = if histogram.is_null() {
            let (first, last) = (inside.clone().min(), inside.max());
            serde_json::json!({"first": {"value": first}, "last": {"value": last}})
        } else if let Some(step) = histogram[name].as_str() {
            let step: i64 = step.trim_end_matches("ms").parse().unwrap();
            let mut counts = std::collections::BTreeMap::<i64, u64>::new();
            for ms in inside {
                *counts.entry(ms.div_euclid(step) * step).or_default() += 1;
            }
            let buckets: Vec<_> = counts
                .into_iter()
                .map(|(key, n)| serde_json::json!({"key": key, "doc_count": n}))
                .collect();
            serde_json::json!({"times": {"buckets": buckets}})
        } else {
            return Ok(400);
        };
        let shards = serde_json::json!({"total": 1, "successful": 1, "failed": 0});
        let answer = serde_json::json!({"_shards": shards, "aggregations": aggregations});
        body.clear();
        body.extend_from_slice(answer.to_string().as_bytes());
        Ok(200)
    }

    fn url(&self) -> &'static str {
        "http://counted"
    }
}

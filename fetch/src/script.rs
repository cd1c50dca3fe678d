//! A server for tests: answers from a list, and remembers what it was asked.

use std::sync::{Mutex, PoisonError};

use crate::FetchError;
use crate::server::{Ask, Method, Server};

pub(crate) struct Script {
    /// Next answer last. Closing a cursor takes none.
    answers: Mutex<Vec<(u16, String)>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    pub(crate) fn new(mut answers: Vec<(u16, String)>) -> Self {
        answers.reverse();
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }

    /// What was asked so far, each as `METHOD path body`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Server for Script {
    fn ask(&self, ask: &Ask, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        let method = ask.name().split(' ').next().unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(format!("{method} {} {}", ask.path, ask.body));
        body.clear();
        if ask.method == Method::Delete {
            return Ok(404);
        }
        let (status, answer) = self.answers.lock().unwrap().pop().ok_or(FetchError::Interrupted)?;
        body.extend_from_slice(answer.as_bytes());
        Ok(status)
    }

    fn url(&self) -> &'static str {
        "http://script"
    }
}

/// A healthy page over two shards.
pub(crate) fn page(cursor: &str, total: u64, ids: &[&str]) -> String {
    page_with(cursor, total, ids, r#""total":2,"successful":2,"skipped":0,"failed":0"#)
}

/// A page with the given inside of `_shards`. The hits are a second apart.
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

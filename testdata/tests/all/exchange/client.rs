//! A client of a server of its own, and what it reads from answers.

use std::sync::OnceLock;
use std::time::Duration;

use flowkit_testdata::{Document, Server, practice_day};
use serde_json::{Value, json};

/// Documents of the practice day.
pub(super) const WINDOW: &str = r#"{"range":{"@timestamp":{"gte":"2018-09-21T00:00:00+00:00","lte":"2018-09-21T23:59:59+00:00","format":"date_time_no_millis"}}}"#;

pub(super) struct Client {
    agent: ureq::Agent,
    pub(super) server: Server,
}

impl Client {
    pub(super) fn new() -> Client {
        static DAY: OnceLock<Vec<Document>> = OnceLock::new();
        let day = DAY.get_or_init(practice_day);
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            .build();
        Client { agent: config.into(), server: Server::start(day.clone(), 0).unwrap() }
    }

    pub(super) fn text(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<(u16, String), ureq::Error> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server.url()))
            .header("content-type", "application/json")
            .body(body.to_owned())
            .unwrap();
        let mut response = self.agent.run(request)?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(1 << 30).read_to_string()?;
        Ok((status, text))
    }

    pub(super) fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, text) = self.text(method, path, body).unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    pub(super) fn ok(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.send(method, path, body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(super) fn open(&self, size: usize) -> Value {
        let body = format!(
            r#"{{"size":{size},"sort":{{"@timestamp":{{"order":"asc"}}}},"query":{WINDOW}}}"#
        );
        self.ok("POST", "/netflow-*/_search?scroll=1m", &body)
    }
}

pub(super) fn next_of(page: &Value) -> String {
    json!({"scroll": "1m", "scroll_id": page["_scroll_id"]}).to_string()
}

pub(super) fn ids(page: &Value) -> Vec<String> {
    let hits = page["hits"]["hits"].as_array().unwrap();
    hits.iter().map(|hit| hit["_id"].as_str().unwrap().to_owned()).collect()
}

//! What the server of these tests says when it tells the truth.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::scripted_http::Asked;

/// Documents that the server has when it tells the truth.
pub(super) const DOCUMENTS: u64 = 3;

/// The step of a fetch that a request belongs to.
pub(super) fn step(asked: &Asked) -> &'static str {
    let has = |text: &str| asked.line.contains(text);
    let is_scroll = asked.query.contains("scroll=");
    match asked.line.split(' ').next().unwrap_or_default() {
        "DELETE" => "close",
        "GET" if asked.line == "GET /" => "info",
        _ if has("/_cluster/settings") => "limits",
        _ if has("/_nodes/stats") => "stats",
        _ if has("/_settings") => "list",
        _ if has("/_alias") => "alias",
        _ if has("/_search_shards") => "nodes",
        _ if has("/_field_caps") => "types",
        _ if has("/_count") => "count",
        _ if has("/_pit") => "open-pit",
        "POST" if asked.line == "POST /_search/scroll" => "page",
        "POST" if asked.line == "POST /_search" => "page-pit",
        _ if has("/_search") && is_scroll => "open",
        _ if has("/_search") => "aggregate",
        _ => "other",
    }
}

/// What the server says when it tells the truth.
pub(super) fn truth(step: &str, asked: &Asked) -> (u16, String) {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    // No document lacks a time.
    let is_undated = asked.body.contains("must_not");
    let first = !asked.body.contains("search_after");
    let new = format!("c{}", OPENED.fetch_add(1, Ordering::Relaxed));
    // A later page has the id of its cursor.
    let own = asked.body.split("id\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let own = own.unwrap_or_default();
    let body = match step {
        "info" => {
            r#"{"cluster_name":"c","version":{"number":"8.19.0"},"tagline":"You Know, for Search"}"#
                .to_owned()
        }
        "list" if asked.query.contains("closed") => "{}".to_owned(),
        "list" => r#"{"netflow-a":{"settings":{"index.number_of_shards":"1"}}}"#.to_owned(),
        "count" if is_undated => count(0),
        "count" => count(DOCUMENTS),
        "open" if is_undated => page("_scroll_id", &new, 0, &[]),
        "open" => page("_scroll_id", &new, DOCUMENTS, &[0, 1, 2]),
        "page" => page("_scroll_id", own, DOCUMENTS, &[]),
        "open-pit" => format!(r#"{{"id":"{new}"}}"#),
        "page-pit" if first && !is_undated => page("pit_id", own, DOCUMENTS, &[0, 1, 2]),
        "page-pit" if is_undated => page("pit_id", own, 0, &[]),
        "page-pit" => page("pit_id", own, DOCUMENTS, &[]),
        "types" => r#"{"fields":{}}"#.to_owned(),
        _ => return (404, "{}".to_owned()),
    };
    (200, body)
}

pub(super) fn count(documents: u64) -> String {
    format!(r#"{{"count":{documents},"_shards":{{"total":1,"successful":1,"failed":0}}}}"#)
}

pub(super) fn hit(number: u64) -> String {
    format!(
        r#"{{"_index":"netflow-a","_id":"{number}","_source":{{"@timestamp":"2018-09-21T00:00:0{number}.000Z"}},"sort":[{number}]}}"#
    )
}

pub(super) fn page(id_name: &str, id: &str, total: u64, hits: &[u64]) -> String {
    let hits: Vec<String> = hits.iter().map(|number| hit(*number)).collect();
    page_of(id_name, id, &format!(r#"{{"value":{total},"relation":"eq"}}"#), &hits.join(","))
}

pub(super) fn page_of(id_name: &str, id: &str, total: &str, hits: &str) -> String {
    format!(
        r#"{{"{id_name}":"{id}","took":1,"timed_out":false,"_shards":{{"total":1,"successful":1,"skipped":0,"failed":0}},"hits":{{"total":{total},"hits":[{hits}]}}}}"#
    )
}

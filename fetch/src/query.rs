//! Request bodies: what is asked of the server, as JSON.
//!
//! Sources: Elasticsearch reference, "Range query" (`epoch_millis`), "Sort
//! search results" (`missing`, `unmapped_type`).

use flowkit_model::window::Window;
use serde_json::{Value, json};

/// The query for a window: all documents if it is open, else those inside.
///
/// Milliseconds as integers mean the same on every version, and nothing is
/// rounded. Documents without an `@timestamp` are in no window.
pub(crate) fn query(window: &Window) -> Value {
    if window.is_open() {
        return json!({"match_all": {}});
    }
    let mut range = json!({"format": "epoch_millis"});
    if let Some(from) = window.from_ms {
        range["gte"] = json!(from);
    }
    if let Some(to) = window.to_ms {
        range["lt"] = json!(to);
    }
    json!({"range": {"@timestamp": range}})
}

/// The body that opens a cursor, oldest documents first. Those without an
/// `@timestamp` come last, also where no document of the index has one.
pub(crate) fn search(query: &Value, size: u32) -> Value {
    json!({
        "size": size,
        "sort": [{"@timestamp": {"order": "asc", "missing": "_last", "unmapped_type": "date"}}],
        "query": query,
    })
}

/// The body that counts.
pub(crate) fn count(query: &Value) -> Value {
    json!({"query": query})
}

/// The body that finds the indices behind a pattern, with their counts.
pub(crate) fn indices(query: &Value, size: u32) -> Value {
    json!({"size": 0, "query": query, "aggs": {"indices": {"terms": {"field": "_index", "size": size}}}})
}

/// The body that finds the first and last `@timestamp` of everything.
pub(crate) fn time_range() -> Value {
    json!({"size": 0, "aggs": {
        "first": {"min": {"field": "@timestamp"}},
        "last": {"max": {"field": "@timestamp"}},
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_half_open_and_in_milliseconds() {
        let both = Window { from_ms: Some(5), to_ms: Some(9), ..Window::default() };
        assert_eq!(
            query(&both).to_string(),
            r#"{"range":{"@timestamp":{"format":"epoch_millis","gte":5,"lt":9}}}"#
        );
        let until = Window { to_ms: Some(9), ..Window::default() };
        assert_eq!(query(&until)["range"]["@timestamp"].get("gte"), None);
        assert_eq!(query(&Window::default()).to_string(), r#"{"match_all":{}}"#);
    }
}

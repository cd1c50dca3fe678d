//! Bodies of search and count requests: query, sort, aggregations. Pure.

use flowkit_model::dump::{Manifest, Order, Slice, Span};
use flowkit_model::window::Window;
use serde_json::{Value, json};

/// The query for the documents of a window; an open one matches all.
///
/// Integer milliseconds are read alike by every version, without rounding.
/// Documents without an `@timestamp` are in no bounded window.
pub(crate) fn window(window: &Window) -> Value {
    span(Span { from_ms: window.from_ms, to_ms: window.to_ms })
}

/// The query for a span of `@timestamp`; an open one matches all.
pub(crate) fn span(span: Span) -> Value {
    if span.from_ms.is_none() && span.to_ms.is_none() {
        return json!({"match_all": {}});
    }
    let mut range = json!({"format": "epoch_millis"});
    if let Some(from) = span.from_ms {
        range["gte"] = json!(from);
    }
    if let Some(to) = span.to_ms {
        range["lt"] = json!(to);
    }
    json!({"range": {"@timestamp": range}})
}

/// The query for documents with an `@timestamp`.
pub(crate) fn dated() -> Value {
    json!({"exists": {"field": "@timestamp"}})
}

/// The query for documents without an `@timestamp`.
pub(crate) fn undated() -> Value {
    json!({"bool": {"must_not": [dated()]}})
}

/// The conjunction of queries.
pub(crate) fn all_of(queries: impl IntoIterator<Item = Value>) -> Value {
    let mut list: Vec<Value> =
        queries.into_iter().filter(|query| query.get("match_all").is_none()).collect();
    match list.len() {
        0 => json!({"match_all": {}}),
        1 => list.swap_remove(0),
        _ => json!({"bool": {"filter": list}}),
    }
}

/// The search of a cursor.
#[derive(Clone, Debug)]
pub(crate) struct Search<'a> {
    pub(crate) query: &'a Value,
    pub(crate) order: Order,
    pub(crate) slice: Option<Slice>,
    pub(crate) members: Members<'a>,
}

/// What of each document is requested.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Members<'a> {
    /// Fields of the documents; empty for all.
    pub(crate) source: &'a [String],
    /// `fields` beside the document.
    pub(crate) fields: Option<&'a Value>,
    /// `docvalue_fields` beside the document.
    pub(crate) docvalues: Option<&'a Value>,
}

impl<'a> Members<'a> {
    /// What a dump asked for.
    pub(crate) fn of(manifest: &'a Manifest) -> Self {
        Self {
            source: &manifest.source_fields,
            fields: manifest.asked_fields.as_ref(),
            docvalues: manifest.asked_docvalue_fields.as_ref(),
        }
    }

    /// Writes them into the body of a search.
    pub(crate) fn write(self, body: &mut Value) {
        if !self.source.is_empty() {
            body["_source"] = json!(self.source);
        }
        for (name, value) in [("fields", self.fields), ("docvalue_fields", self.docvalues)] {
            if let Some(value) = value {
                body[name] = value.clone();
            }
        }
    }
}

/// The body that opens a cursor.
///
/// In storage order hits have no time as sort value, so that page 1 also
/// aggregates the first and last `@timestamp` of all documents.
pub(crate) fn search(search: &Search<'_>, size: u32, storage: &str) -> Value {
    let mut body = json!({"size": size, "query": search.query});
    body["sort"] = match search.order {
        Order::Time => json!([by_time()]),
        Order::Storage => json!([storage]),
    };
    if search.order == Order::Storage {
        body["aggs"] = times();
    }
    if let Some(slice) = search.slice {
        body["slice"] = json!({"id": slice.id, "max": slice.max});
    }
    search.members.write(&mut body);
    body
}

/// Oldest first. Documents without a time come last, also if the field is not
/// mapped.
pub(crate) fn by_time() -> Value {
    json!({"@timestamp": {"order": "asc", "missing": "_last", "unmapped_type": "date"}})
}

fn times() -> Value {
    json!({"first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": "@timestamp"}}})
}

/// The body of a count.
pub(crate) fn count(query: &Value) -> Value {
    json!({"query": query})
}

/// The body that lists the indices behind a pattern, with their document counts.
pub(crate) fn indices(query: &Value, size: u32) -> Value {
    json!({"size": 0, "query": query, "aggs": {"indices": {"terms": {"field": "_index", "size": size}}}})
}

/// The body that lists them with the first and last `@timestamp` of each as well.
pub(crate) fn indices_and_times(query: &Value, size: u32) -> Value {
    let mut body = indices(query, size);
    body["aggs"]["indices"]["aggs"] = times();
    body
}

/// The body that finds the first and last `@timestamp`.
pub(crate) fn time_range(query: &Value) -> Value {
    json!({"size": 0, "query": query, "aggs": times()})
}

/// The body of a date histogram. `interval` is the parameter's name:
/// `fixed_interval` since Elasticsearch 7.2, `interval` before 8.
pub(crate) fn histogram(query: &Value, interval: &str, ms: i64) -> Value {
    json!({"size": 0, "query": query, "aggs": {"times": {"date_histogram": {
        "field": "@timestamp", interval: format!("{ms}ms"), "min_doc_count": 1}}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_half_open_and_in_milliseconds() {
        let both = Window { from_ms: Some(5), to_ms: Some(9), ..Window::default() };
        assert_eq!(
            window(&both).to_string(),
            r#"{"range":{"@timestamp":{"format":"epoch_millis","gte":5,"lt":9}}}"#
        );
        let until = Window { to_ms: Some(9), ..Window::default() };
        assert_eq!(window(&until)["range"]["@timestamp"].get("gte"), None);
        assert_eq!(window(&Window::default()).to_string(), r#"{"match_all":{}}"#);
    }

    #[test]
    fn queries_that_match_everything_are_left_out() {
        let (all, some) = (json!({"match_all": {}}), json!({"term": {"x": 1}}));
        assert_eq!(all_of([all.clone(), all.clone()]), all);
        assert_eq!(all_of([all, some.clone()]), some);
        assert_eq!(
            all_of([some.clone(), dated()]).to_string(),
            r#"{"bool":{"filter":[{"term":{"x":1}},{"exists":{"field":"@timestamp"}}]}}"#
        );
    }
}

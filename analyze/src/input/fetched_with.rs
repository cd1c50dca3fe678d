//! Whether the filter or the query that a dump was fetched with leaves out flows
//! of an engine.

use flowkit_model::answer::Sequences;
use flowkit_model::dump::Manifest;
use flowkit_model::{Expression, FieldId};
use serde_json::Value;

use crate::selection;

/// Whether a dump was fetched with a filter or a query that tests more than
/// exporter and engine.
pub(super) fn splits_engines(manifest: &Manifest) -> bool {
    let filter = manifest.filter_means.as_ref().or(manifest.filter.as_ref());
    // What cannot be read may be about anything.
    let by_filter = filter.is_some_and(|filter| {
        Expression::parse(filter).map_or(true, |filter| selection::splits_engines(&filter))
    });
    by_filter || manifest.asked_query.as_ref().is_some_and(|query| !is_about_engines(query))
}

/// Whether a query of the search API tests exporter and engine alone, as far as its
/// usual words say so.
fn is_about_engines(query: &Value) -> bool {
    let Some(words) = query.as_object() else { return false };
    words.iter().all(|(word, of)| match word.as_str() {
        "match_all" => true,
        "bool" => of.as_object().is_some_and(|clauses| {
            clauses.iter().all(|(clause, queries)| match (clause.as_str(), queries) {
                ("must" | "filter" | "should" | "must_not", Value::Array(queries)) => {
                    queries.iter().all(is_about_engines)
                }
                ("must" | "filter" | "should" | "must_not", query) => is_about_engines(query),
                ("minimum_should_match" | "boost" | "_name", _) => true,
                _ => false,
            })
        }),
        "constant_score" => of.get("filter").is_some_and(is_about_engines),
        "term" | "terms" | "match" | "match_phrase" | "prefix" | "wildcard" => {
            let options = ["boost", "_name"];
            let tested =
                of.as_object().map(|of| of.keys().filter(|key| !options.contains(&key.as_str())));
            tested.is_some_and(|mut fields| fields.all(|field| is_of_engine(field)))
        }
        "exists" => of.get("field").and_then(Value::as_str).is_some_and(is_of_engine),
        _ => false,
    })
}

/// Whether a field of a document holds the exporter or its engine.
fn is_of_engine(name: &str) -> bool {
    let name = name.strip_suffix(".keyword").unwrap_or(name);
    let fields = Sequences::OF_ENGINE.map(FieldId::field);
    fields.iter().any(|field| field.module_key == name || field.codec_key == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_and_queries_on_exporter_and_engine_leave_engines_whole() {
        for (filter, query, splits) in [
            (None, None, false),
            (Some("exporter = 192.0.2.1"), None, false),
            (Some("engine_id = 3 or not exporter = 192.0.2.1"), None, false),
            (Some("dst port 443"), None, true),
            (Some("exporter = 192.0.2.1 and proto tcp"), None, true),
            (Some("in a language of later versions"), None, true),
            (None, Some(json!({"match_all": {}})), false),
            (None, Some(json!({"term": {"host.keyword": "192.0.2.1"}})), false),
            (None, Some(json!({"term": {"host": {"value": "192.0.2.1"}}})), false),
            (
                None,
                Some(json!({"bool": {"must_not": [{"terms": {"netflow.engine_id": [1]}}]}})),
                false,
            ),
            (None, Some(json!({"bool": {"filter": {"term": {"netflow.protocol": 6}}}})), true),
            (None, Some(json!({"query_string": {"query": "host:r1"}})), true),
            (Some("exporter = r1"), Some(json!({"range": {"netflow.in_bytes": {"gt": 1}}})), true),
            (None, Some(json!("*")), true),
        ] {
            let manifest = Manifest {
                filter: filter.map(str::to_owned),
                asked_query: query.clone(),
                ..Manifest::default()
            };
            assert_eq!(splits_engines(&manifest), splits, "{filter:?} {query:?}");
        }
    }
}

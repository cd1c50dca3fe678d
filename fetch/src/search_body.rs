//! What of a pasted search body a fetch takes: the query and the fields.

use serde_json::Value;

/// The members of a search body that a fetch takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchBody {
    /// The query; `None` matches everything.
    pub query: Option<Value>,
    /// Fields to return with each hit, beside its document.
    pub fields: Option<Value>,
    /// Doc values to return with each hit, beside its document.
    pub docvalue_fields: Option<Value>,
}

/// Members of a search body. No query of Elasticsearch or `OpenSearch` has such a
/// name. Source: Elasticsearch reference, "Search API", "Request body"; those
/// of `OpenSearch`.
const MEMBERS: [&str; 41] = [
    "_source",
    "aggregations",
    "aggs",
    "collapse",
    "derived",
    "docvalue_fields",
    "explain",
    "ext",
    "fields",
    "from",
    "highlight",
    "include_named_queries_score",
    "indices_boost",
    "knn",
    "min_score",
    "pit",
    "post_filter",
    "preference",
    "profile",
    "query",
    "rank",
    "rescore",
    "retriever",
    "runtime_mappings",
    "script_fields",
    "scroll",
    "search_after",
    "search_pipeline",
    "seq_no_primary_term",
    "size",
    "slice",
    "sort",
    "stats",
    "stored_fields",
    "suggest",
    "terminate_after",
    "timeout",
    "track_scores",
    "track_total_hits",
    "verbose_pipeline",
    "version",
];

/// Why a text is neither a query nor a body that can be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Not JSON.
    #[error(
        "--query is not JSON: {0}; it takes a query such as {{\"term\":{{\"host\":\"10.0.0.1\"}}}}, or a search body; of a file, \"$(cat FILE)\""
    )]
    NotJson(#[from] serde_json::Error),
    /// Not an object.
    #[error(
        "--query takes a query, such as {{\"term\":{{\"host\":\"10.0.0.1\"}}}}, or a search body; this is no JSON object"
    )]
    NoObject,
    /// A body with members that a fetch cannot take.
    #[error(
        "--query takes query, fields and docvalue_fields of a search body; leave out {}{}",
        .members.join(", "),
        cures(.members)
    )]
    Members {
        /// Their names.
        members: Vec<String>,
    },
}

/// Options that stand for members of a body.
fn cures(members: &[String]) -> String {
    let has = |names: &[&str]| members.iter().any(|member| names.contains(&member.as_str()));
    let mut cures = Vec::new();
    if has(&["_source", "stored_fields"]) {
        cures.push("documents come whole, or with --source-fields in part");
    }
    if has(&["size", "from", "sort", "search_after", "pit", "slice", "scroll"]) {
        cures.push("flowkit pages by itself (--size, --method)");
    }
    if cures.is_empty() { String::new() } else { format!("; {}", cures.join("; ")) }
}

impl SearchBody {
    /// Reads a query, such as `{"term": …}`, or a search body, such as
    /// `{"query": {"term": …}, "fields": […]}`.
    ///
    /// # Errors
    /// If it is neither, or a body with other members.
    pub fn parse(text: &str) -> Result<Self, BodyError> {
        let Value::Object(mut body) = serde_json::from_str(text)? else {
            return Err(BodyError::NoObject);
        };
        let is_member = |name: &String| MEMBERS.contains(&name.as_str());
        if !body.is_empty() && !body.keys().any(is_member) {
            return Ok(Self { query: Some(Value::Object(body)), ..Self::default() });
        }
        let mut take = |name: &str| body.remove(name).filter(|value| !value.is_null());
        let taken = Self {
            query: take("query"),
            fields: take("fields"),
            docvalue_fields: take("docvalue_fields"),
        };
        let members: Vec<String> = body.keys().cloned().collect();
        if members.is_empty() { Ok(taken) } else { Err(BodyError::Members { members }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_and_a_body_with_one_mean_the_same() {
        let term = json!({"term": {"host": "10.0.0.1"}});
        for text in [term.clone(), json!({"query": term})] {
            let body = SearchBody::parse(&text.to_string()).unwrap();
            assert_eq!(body, SearchBody { query: Some(term.clone()), ..SearchBody::default() });
        }
        let text = r#"{"fields":["netflow.*"],"query":{"match_all":{}},"docvalue_fields":[{"field":"@timestamp"}]}"#;
        let body = SearchBody::parse(text).unwrap();
        assert_eq!(body.query, Some(json!({"match_all": {}})));
        assert_eq!(body.fields, Some(json!(["netflow.*"])));
        assert_eq!(body.docvalue_fields, Some(json!([{"field": "@timestamp"}])));
        assert_eq!(SearchBody::parse(r#"{"fields":["a"]}"#).unwrap().query, None);
        assert_eq!(SearchBody::parse("{}").unwrap(), SearchBody::default());
    }

    #[test]
    fn other_members_are_refused_by_name() {
        let text = r#"{"query":{"match_all":{}},"size":500,"_source":false,"sort":["_doc"],"track_total_hits":true}"#;
        let message = SearchBody::parse(text).unwrap_err().to_string();
        assert!(message.contains("leave out _source, size, sort, track_total_hits"), "{message}");
        assert!(message.contains("--source-fields") && message.contains("--size"), "{message}");
        for member in MEMBERS {
            let is_taken = ["query", "fields", "docvalue_fields"].contains(&member);
            let body = SearchBody::parse(&format!(r#"{{"{member}":{{"x":1}}}}"#));
            assert_eq!(body.is_ok(), is_taken, "{member}");
        }
        // A mistyped member beside one that is known.
        let message = SearchBody::parse(r#"{"query":{},"feilds":[]}"#).unwrap_err().to_string();
        assert!(message.contains("leave out feilds"), "{message}");
        for text in ["[]", "5", "{", ""] {
            assert!(SearchBody::parse(text).unwrap_err().to_string().contains("--query"), "{text}");
        }
    }
}

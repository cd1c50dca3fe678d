//! Whether a server can compare the times of documents: where `@timestamp` is mapped as
//! text, or is not there, a window selects nothing and says so to nobody.

use serde_json::Value;

use super::counts::count;
use super::{Plan, PlanRequest, PlannedIndex};
use crate::cursor::query;
use crate::error::{FetchError, Unsearchable, Why, printable};
use crate::server::address::path_segment;
use crate::server::{Call, Server};

/// Types whose values are compared as text.
const TEXTS: [&str; 5] = ["keyword", "text", "match_only_text", "wildcard", "constant_keyword"];

/// Tells of documents that are in no window, since they have no `@timestamp`; nothing
/// where the server does not count them.
pub(crate) fn tell_undated<S: Server>(server: &S, request: PlanRequest<'_>, plan: &mut Plan) {
    if request.window.is_all() {
        return;
    }
    let asked = request.query.cloned();
    let undated = query::all_of([query::undated()].into_iter().chain(asked));
    if let Ok(Some(n @ 1..)) = count(server, request.pattern, &undated) {
        let (documents, are) = if n == 1 { ("document", "is") } else { ("documents", "are") };
        plan.notes.push(format!(
            "{n} {documents} of {} without an @timestamp that the server can search {are} in no window; fetch without a window to include them",
            request.pattern
        ));
    }
}

/// Checks the type of `@timestamp` in the indices of a plan. One request for all;
/// where the server does not answer it, the plan stands.
///
/// # Errors
/// If it is text in one of them.
pub(crate) fn check_times<S: Server>(
    server: &S,
    pattern: &str,
    plan: &Plan,
) -> Result<(), FetchError> {
    let mut body = Vec::new();
    let path = format!("/{}/_field_caps?fields=@timestamp", path_segment(pattern));
    if !matches!(server.send(&Call::get(path), &mut body), Ok(200)) {
        return Ok(());
    }
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let types = &answer["fields"]["@timestamp"];
    let planned = plan.indices.iter().map(|PlannedIndex { name, .. }| name);
    let names: Vec<&String> = planned.chain(&plan.empty).collect();
    for kind in TEXTS.into_iter().filter(|kind| types[kind].is_object()) {
        // Only where the types differ are the indices of each named.
        let index = match types[kind]["indices"].as_array() {
            None => Some(pattern),
            Some(list) => list
                .iter()
                .filter_map(Value::as_str)
                .find(|index| names.iter().any(|name| name == index)),
        };
        if let Some(index) = index {
            let why = Why::TimeIsText(kind.to_owned());
            return Err(FetchError::Unsearchable(Unsearchable { index: printable(index), why }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;
    use flowkit_model::dump::Span;

    fn told(status: u16, answer: &str) -> Option<String> {
        let script = ScriptedServer::new(vec![(status, answer.to_owned())]);
        let index = PlannedIndex { name: "n-1".to_owned(), ..PlannedIndex::default() };
        let plan = Plan { indices: vec![index], empty: vec!["n-2".to_owned()], ..Plan::default() };
        check_times(&script, "n-*", &plan).err().map(|error| error.to_string())
    }

    #[test]
    fn documents_in_no_window_are_told() {
        let count = r#"{"count":3,"_shards":{"total":1,"successful":1,"failed":0}}"#;
        let script = ScriptedServer::new(vec![(200, count.to_owned())]);
        let some = Span { from_ms: Some(5), to_ms: None };
        for (window, expected) in [(Span::default(), 0), (some, 1)] {
            let request = PlanRequest {
                pattern: "n-*",
                window,
                whole: window,
                filter: None,
                query: None,
                known: &[],
                part_size: None,
                first_number: 1,
            };
            let mut plan = Plan::default();
            tell_undated(&script, request, &mut plan);
            assert_eq!(plan.notes.len(), expected);
            assert!(plan.notes.iter().all(|note| note.starts_with("3 documents of n-* without")));
        }
    }

    /// As Elasticsearch 8.19 answers.
    #[test]
    fn an_index_whose_times_are_text_is_refused_by_name() {
        let caps = |types: &str| format!(r#"{{"fields":{{"@timestamp":{{{types}}}}}}}"#);
        let date = r#""date":{"type":"date","searchable":true,"aggregatable":true}"#;
        assert_eq!(told(200, &caps(date)), None);
        assert_eq!(told(200, &caps("")), None);
        assert_eq!(told(404, "{}"), None);
        assert_eq!(told(200, "<html>"), None);
        let text = told(200, &caps(r#""text":{"type":"text"}"#)).unwrap();
        assert!(text.starts_with("n-* maps @timestamp as text"), "{text}");
        let mixed = |index: &str| {
            let keyword = format!(r#""keyword":{{"type":"keyword","indices":["{index}"]}}"#);
            told(200, &caps(&format!(r#"{keyword},"date":{{"type":"date","indices":["n-1"]}}"#)))
        };
        assert!(mixed("n-2").unwrap().starts_with("n-2 maps @timestamp as keyword"));
        assert_eq!(mixed("n-9"), None, "it is not in the plan");
    }
}

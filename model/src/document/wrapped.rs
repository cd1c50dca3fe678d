//! Answers of other APIs than `_search`, which hold hits, answers or rows deeper
//! inside: `_mget`, `_msearch`, async search, Kibana's inspector, SQL and ES|QL.
//!
//! | members | what it is |
//! | --- | --- |
//! | `responses` | `_msearch`: answers of searches, each may be an error |
//! | `docs` | `_mget`: hits; one may be an error, or not found |
//! | `response`, `rawResponse`, `result` | async search, or what Kibana's inspector shows |
//! | `columns` with `rows` or `values`, `schema` with `datarows` | SQL or ES\|QL: rows of values under names |
//! | any list of hits or flows | what scripts make of an answer, as `{"hits": [...]}` |

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::Entry;
use super::rows_of_values::{Column, documents};

/// What is inside of an answer.
#[derive(Debug, Default)]
pub struct Wrapped<'a> {
    /// JSON values, each an entry of its own.
    pub values: Vec<Cow<'a, str>>,
    /// Each value is the answer of a search of its own.
    pub are_searches: bool,
    /// Why flows are missing, one sentence each that goes on after "an answer".
    pub missing: Vec<&'static str>,
}

/// The members that tell.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default)]
    responses: Option<&'a RawValue>,
    #[serde(borrow, default)]
    docs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "rawResponse")]
    raw_response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "schema")]
    columns: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "datarows")]
    rows: Option<&'a RawValue>,
    #[serde(borrow, default)]
    values: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cursor: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "isPartial")]
    is_partial: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "isRunning")]
    is_running: Option<&'a RawValue>,
}

/// What tells the inside of a wrapper from an unrelated member of the same name.
#[derive(Deserialize)]
struct Inside<'a> {
    #[serde(borrow, default)]
    hits: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "_id")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "rawResponse")]
    raw_response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    columns: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
}

impl Inside<'_> {
    fn of(value: &RawValue) -> Option<Inside<'_>> {
        serde_json::from_str(value.get()).ok()
    }

    fn is_answer(&self) -> bool {
        self.hits.is_some()
            || self.error.is_some()
            || self.raw_response.is_some()
            || self.response.is_some()
            || self.columns.is_some()
    }
}

fn is_true(value: Option<&RawValue>) -> bool {
    value.is_some_and(|value| value.get() == "true")
}

impl<'a> Wrapped<'a> {
    /// Looks into a JSON object that is no flow; `None` if nothing known is inside.
    #[must_use]
    pub fn of(json: &'a str) -> Option<Self> {
        let members: Members<'a> = serde_json::from_str(json).ok()?;
        let mut found = Self::inside(&members).or_else(|| Self::in_a_list(json))?;
        for (is_so, sentence) in [
            (is_true(members.is_partial), "that is partial: the server had not looked everywhere"),
            (is_true(members.is_running), "of a search that was still running"),
            (
                members.cursor.is_some_and(|cursor| cursor.get() != "null"),
                "with a cursor: further pages are not here",
            ),
        ] {
            if is_so {
                found.missing.push(sentence);
            }
        }
        Some(found)
    }

    fn inside(members: &Members<'a>) -> Option<Self> {
        let list = |list: Option<&'a RawValue>| -> Option<Vec<&'a RawValue>> {
            serde_json::from_str(list?.get()).ok()
        };
        let wrapped = |values: Vec<&'a RawValue>, are_searches| {
            let values = values.into_iter().map(|value| Cow::Borrowed(value.get())).collect();
            Self { values, are_searches, missing: Vec::new() }
        };
        if let Some(responses) = list(members.responses)
            && responses.iter().all(|one| Inside::of(one).is_some_and(|one| one.is_answer()))
        {
            return Some(wrapped(responses, true));
        }
        if let Some(docs) = list(members.docs)
            && docs.iter().all(|one| Inside::of(one).is_some_and(|one| one.id.is_some()))
        {
            let has_error =
                docs.iter().any(|one| Inside::of(one).is_some_and(|one| one.error.is_some()));
            let mut found = wrapped(docs, false);
            if has_error {
                found.missing.push("of _mget in which documents could not be read");
            }
            return Some(found);
        }
        let one = [members.response, members.raw_response, members.result].into_iter().flatten();
        if let Some(answer) = { one }.find(|one| Inside::of(one).is_some_and(|one| one.is_answer()))
        {
            return Some(wrapped(vec![answer], true));
        }
        let columns: Vec<Column> = serde_json::from_str(members.columns?.get()).ok()?;
        let rows: Vec<Vec<&'a RawValue>> =
            serde_json::from_str(members.rows.or(members.values)?.get()).ok()?;
        let values = documents(&columns, &rows, members.rows.is_none())?;
        Some(Self { values, ..Self::default() })
    }

    /// The first list whose first element is a flow, or a hit with a document.
    fn in_a_list(json: &'a str) -> Option<Self> {
        let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(json).ok()?;
        members.values().find_map(|list| {
            let list: Vec<&'a RawValue> = serde_json::from_str(list.get()).ok()?;
            let is_flow = match Entry::parse(list.first()?.get().as_bytes()).ok()? {
                Entry::Hit(hit) => hit.source.is_some(),
                Entry::Bare(document) => document.into_flow().is_ok(),
                Entry::Page(_) | Entry::Error(_) => false,
            };
            let values = list.into_iter().map(|value| Cow::Borrowed(value.get())).collect();
            is_flow.then_some(Self { values, ..Self::default() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(json: &str) -> Option<(Vec<String>, usize)> {
        let found = Wrapped::of(json)?;
        Some((found.values.into_iter().map(Cow::into_owned).collect(), found.missing.len()))
    }

    #[test]
    fn answers_of_other_apis_are_told_by_their_members() {
        let (answer, hit) = (r#"{"hits":{"hits":[]}}"#, r#"{"_id":"1","_source":{}}"#);
        for (json, values, missing) in [
            (format!(r#"{{"took":1,"responses":[{answer},{{"error":{{}}}}]}}"#), vec![answer, r#"{"error":{}}"#], 0),
            (format!(r#"{{"docs":[{hit}]}}"#), vec![hit], 0),
            (r#"{"docs":[{"_id":"2","error":{}}]}"#.to_owned(), vec![r#"{"_id":"2","error":{}}"#], 1),
            (format!(r#"{{"id":"x","is_partial":true,"is_running":true,"response":{answer}}}"#), vec![answer], 2),
            (format!(r#"{{"isRunning":false,"rawResponse":{answer}}}"#), vec![answer], 0),
            (
                r#"{"columns":[{"name":"netflow.bytes","type":"long"}],"rows":[[1],[2]],"cursor":"x"}"#.into(),
                vec![r#"{"netflow":{"bytes":1}}"#, r#"{"netflow":{"bytes":2}}"#],
                1,
            ),
        ] {
            let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
            assert_eq!(inside(&json), Some((values, missing)), "{json}");
        }
        assert_eq!(
            inside(&format!(r#"{{"n":1,"hits":[{hit}]}}"#)),
            Some((vec![hit.to_owned()], 0))
        );
        let of_opensearch = r#"{"schema":[{"name":"netflow.bytes"}],"datarows":[[1]],"size":1}"#;
        assert_eq!(inside(of_opensearch), Some((vec![r#"{"netflow":{"bytes":1}}"#.to_owned()], 0)));
        for json in [
            r#"{"response":"200","docs":["a"]}"#,
            r#"{"responses":[{"code":1}],"result":{"a":1}}"#,
            r#"{"columns":["a"],"rows":[[1]]}"#,
            "[]",
        ] {
            assert_eq!(inside(json), None, "{json}");
        }
    }
}

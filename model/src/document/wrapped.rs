//! Answers of other APIs than `_search`, which hold hits, answers or rows deeper
//! inside: `_mget`, `_msearch`, async search, Kibana's inspector, SQL and ES|QL.
//!
//! | members | what it is |
//! | --- | --- |
//! | `responses` | `_msearch`: answers of searches, each may be an error |
//! | `docs` | `_mget`: hits; one may be an error, or not found |
//! | `response`, `rawResponse`, `result` | async search, or what Kibana's inspector shows |
//! | `columns` with `rows` or `values`, `schema` with `datarows` | SQL or ES\|QL: rows of values under names |
//! | `Header` with `Flows` | a datagram as vFlow prints it |
//! | any list of hits or flows | what scripts make of an answer, as `{"hits": [...]}` |
//! | any member that is an answer or hit, `doc` with a document | the body of a response, an update |
//! | any text that is a hit or a flow | a line of a log: Docker's, the journal's, a topic's |

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::NotAFlow;
use super::entry::Entry;
use super::json::string;
use super::nesting::DEEPEST_ANSWER;
use super::rows_of_values::{Column, documents};
use super::vflow::Message;

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

/// What is wrong with a text that holds the beginning of a document.
const CUT: &str = "with a text in which a document breaks off";

impl<'a> Wrapped<'a> {
    /// Whether it is no answer, but a document with the beginning of another in a
    /// text.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.values.is_empty() && self.missing == [CUT]
    }

    /// Looks into a JSON object that is no flow; `None` if nothing known is inside.
    #[must_use]
    pub fn of(json: &'a str) -> Option<Self> {
        Self::within(DEEPEST_ANSWER, json)
    }

    /// The same, with what is in turn inside looked into `levels` deep.
    fn within(levels: u32, json: &'a str) -> Option<Self> {
        let levels = levels.checked_sub(1)?;
        let members: Members<'a> = serde_json::from_str(json).ok()?;
        let mut found = Self::inside(&members)
            .or_else(|| Self::of_vflow(json))
            .or_else(|| Self::in_a_member(levels, json))?;
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

    /// The flows of a datagram as vFlow prints it.
    fn of_vflow(json: &'a str) -> Option<Self> {
        let message = Message::of(json)?;
        let mut found = Self { values: message.documents()?, ..Self::default() };
        if message.is_short() {
            found.missing.push("of vFlow with fewer flows than its header counts");
        }
        Some(found)
    }

    /// The first list whose first element is a flow, or a hit with a document; or
    /// else the first text that is one, or an answer.
    fn in_a_member(levels: u32, json: &'a str) -> Option<Self> {
        let members: BTreeMap<Cow<'a, str>, &'a RawValue> = serde_json::from_str(json).ok()?;
        let list = members.values().find_map(|list| {
            let list: Vec<&'a RawValue> = serde_json::from_str(list.get()).ok()?;
            let is_flow = is_flow(list.first()?.get(), false);
            let values = list.into_iter().map(|value| Cow::Borrowed(value.get())).collect();
            is_flow.then_some(Self { values, ..Self::default() })
        });
        let object =
            || members.iter().find_map(|(key, object)| Self::in_an_object(levels, key, object));
        list.or_else(object)
            .or_else(|| members.values().find_map(|text| Self::in_a_text(levels, text.get())))
    }

    /// The hit or answer that a member holds, as scripts keep the body of a response;
    /// a bare document is one only under `doc`, as in the lines of updates.
    fn in_an_object(levels: u32, key: &str, object: &'a RawValue) -> Option<Self> {
        let json = object.get();
        let is_one = match Entry::parse(json.as_bytes()) {
            _ if !json.starts_with('{') => false,
            Ok(Entry::Hit(hit)) => hit.source.is_some(),
            Ok(Entry::Page(_)) => true,
            Ok(Entry::Bare(document)) => {
                key == "doc" && matches!(document.into_flow(), Ok(_) | Err(NotAFlow::TooDeep))
            }
            Ok(Entry::Error(_)) | Err(_) => false,
        };
        let values = || vec![Cow::Borrowed(json)];
        if is_one {
            return Some(Self { values: values(), ..Self::default() });
        }
        // An answer may be deeper inside: of GraphQL it is.
        let is_object = json.starts_with('{') && json.contains("\"hits\"");
        (is_object && Self::within(levels, json).is_some())
            .then(|| Self { values: values(), ..Self::default() })
    }

    /// The document or answer that a text holds, as a line of a log does; other
    /// text may stand around it.
    fn in_a_text(levels: u32, json: &str) -> Option<Self> {
        let text = match json.as_bytes() {
            [b'"', ..] if json.contains('{') => string(json)?,
            // The journal's letters, where they are not all printed.
            [b'[', b'1'..=b'9', ..] => {
                Cow::Owned(String::from_utf8(serde_json::from_str(json).ok()?).ok()?)
            }
            _ => return None,
        };
        let from_brace = text.get(text.find('{')?..)?;
        let whole = from_brace.get(..=from_brace.rfind('}').unwrap_or(0))?;
        if is_flow(whole, true) || Wrapped::within(levels, whole).is_some() {
            let values = vec![Cow::Owned(whole.to_owned())];
            return Some(Self { values, ..Self::default() });
        }
        let is_cut = || serde_json::from_str::<IgnoredAny>(from_brace).is_err_and(|e| e.is_eof());
        (from_brace.starts_with("{\"") && is_cut())
            .then(|| Self { missing: vec![CUT], ..Self::default() })
    }
}

/// Whether an entry is a flow, of this version or another, or a hit with a document;
/// with `or_page`, an answer is enough.
fn is_flow(json: &str, or_page: bool) -> bool {
    match Entry::parse(json.as_bytes()) {
        Ok(Entry::Hit(hit)) => hit.source.is_some(),
        Ok(Entry::Bare(document)) => {
            let other = document.other_version();
            // One that is too deep is told where it is read.
            matches!(document.into_flow(), Ok(_) | Err(NotAFlow::TooDeep))
                || or_page && other.is_some()
        }
        Ok(Entry::Page(_)) => or_page,
        Ok(Entry::Error(_)) | Err(_) => false,
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
        // The flow in a line of a log, whose name and text around it are any.
        let flow = r#"{"netflow":{"bytes":1}}"#;
        let escaped = flow.replace('"', "\\\"");
        let bytes: Vec<String> = flow.bytes().map(|byte| byte.to_string()).collect();
        for json in [
            format!(r#"{{"log":"{escaped}\n","stream":"stdout"}}"#),
            format!(r#"{{"a":"x {{","MESSAGE":"<13>1 logstash: {escaped} "}}"#),
            format!(r#"{{"MESSAGE":[{}]}}"#, bytes.join(",")),
        ] {
            assert_eq!(inside(&json), Some((vec![flow.to_owned()], 0)), "{json}");
        }
        for member in [format!(r#""body":{answer}"#), format!(r#""doc":{flow}"#)] {
            let value = member.split_once(':').unwrap().1;
            let json = format!(r#"{{"status":200,{member}}}"#);
            assert_eq!(inside(&json), Some((vec![value.to_owned()], 0)), "{json}");
        }
        let cut = format!(r#"{{"log":"{}"}}"#, &escaped[..escaped.len() - 2]);
        assert_eq!(inside(&cut), Some((Vec::new(), 1)));
        let of_opensearch = r#"{"schema":[{"name":"netflow.bytes"}],"datarows":[[1]],"size":1}"#;
        assert_eq!(inside(of_opensearch), Some((vec![r#"{"netflow":{"bytes":1}}"#.to_owned()], 0)));
        for json in [
            r#"{"response":"200","docs":["a"]}"#,
            r#"{"responses":[{"code":1}],"result":{"a":1}}"#,
            r#"{"columns":["a"],"rows":[[1]]}"#,
            r#"{"columns":[{"name":"sum(netflow.bytes)"},{"name":"netflow.src_addr"}],"values":[[9,"192.0.2.1"]]}"#,
            r#"{"a":{"netflow":{"bytes":1}}}"#,
            r#"{"message":"{}","log":"{\"level\":\"info\"}","a":"{see below","b":[1,2]}"#,
            "[]",
        ] {
            assert_eq!(inside(json), None, "{json}");
        }
    }
}

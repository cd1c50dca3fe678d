//! Which indices stand behind the pattern, and how much each holds.
//!
//! A cursor over one concrete index takes few contexts on the server, and what
//! it runs over cannot change when the next day's index appears.

use serde_json::Value;

use crate::FetchError;
use crate::address::path_segment;
use crate::query;
use crate::refusal::{Context, Refusal};
use crate::server::{Ask, Server};

/// Page size an index allows unless its settings say otherwise.
const USUAL_PAGE: u32 = 10_000;
/// More indices than this are not looked for by aggregation.
const MOST_INDICES: u32 = 5_000;

/// What is to be fetched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What to open a cursor over, in order of name.
    pub(crate) indices: Vec<Planned>,
    /// Indices that hold nothing of the window, by count.
    pub(crate) empty: Vec<String>,
    /// What a person should know about the choice.
    pub(crate) notes: Vec<String>,
}

/// One index of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) name: String,
    /// Documents of the window in it, if the server would count.
    pub(crate) documents: Option<u64>,
    /// The largest page it allows, if known.
    pub(crate) largest_page: Option<u32>,
}

impl Plan {
    /// Documents in all indices, if each is known.
    pub(crate) fn documents(&self) -> Option<u64> {
        self.indices.iter().map(|index| index.documents).sum()
    }
}

/// Asks the server for the plan.
///
/// # Errors
/// If no index matches, or the server cannot be asked.
pub(crate) fn plan<S: Server>(
    server: &S,
    pattern: &str,
    query: &Value,
) -> Result<Plan, FetchError> {
    let asker = Asker { server, pattern };
    let mut plan = Plan::default();
    let mut found = if let Some(found) = asker.by_settings(&mut plan.notes)? {
        asker.count(found, query)?
    } else if let Some(found) = asker.by_aggregation(query)? {
        found
    } else {
        plan.notes.push(format!(
            "the indices of {pattern} could not be listed, so they are read as one part"
        ));
        vec![Planned { name: pattern.to_owned(), documents: None, largest_page: None }]
    };
    found.sort_by(|a, b| a.name.cmp(&b.name));
    for index in found {
        if index.documents == Some(0) {
            plan.empty.push(index.name);
        } else {
            plan.indices.push(index);
        }
    }
    Ok(plan)
}

/// First and last `@timestamp` of everything that matches, in milliseconds.
/// Unknown where the server will not say.
pub(crate) fn time_range<S: Server>(server: &S, pattern: &str) -> (Option<i64>, Option<i64>) {
    let ask = Ask::post(format!("/{}/_search", path_segment(pattern)), &query::time_range());
    let mut body = Vec::new();
    let Ok(200) = server.ask(&ask, &mut body) else { return (None, None) };
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let ms = |name: &str| {
        let value = answer["aggregations"][name]["value"].as_f64()?;
        // Whole milliseconds; a double holds them exactly for 285,000 years.
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Some(value as i64)
    };
    (ms("first"), ms("last"))
}

struct Asker<'a, S: Server> {
    server: &'a S,
    pattern: &'a str,
}

impl<S: Server> Asker<'_, S> {
    /// The indices by their settings; none if those may not be read.
    fn by_settings(&self, notes: &mut Vec<String>) -> Result<Option<Vec<Planned>>, FetchError> {
        let Some(open) = self.settings("open")? else { return Ok(None) };
        if open.is_empty() {
            return Err(self.no_index(self.pattern.to_owned()));
        }
        if self.pattern.contains('*') {
            // A wildcard passes closed indices by; whoever asks should know.
            let closed = self.settings("closed")?.unwrap_or_default();
            for index in closed {
                if !open.iter().any(|other| other.name == index.name) {
                    notes.push(format!("{} is closed and left out", index.name));
                }
            }
        }
        for index in open.iter().filter(|index| is_indirect(self.pattern, &index.name)) {
            notes.push(format!(
                "{} was reached by another name; a filter of an alias is not applied",
                index.name
            ));
        }
        Ok(Some(open))
    }

    fn settings(&self, which: &str) -> Result<Option<Vec<Planned>>, FetchError> {
        let path = format!(
            "/{}/_settings?flat_settings=true&expand_wildcards={which}",
            path_segment(self.pattern)
        );
        let (ask, mut body) = (Ask::get(path), Vec::new());
        let status = self.server.ask(&ask, &mut body)?;
        if status != 200 {
            return self.unless_final(&ask, status, &body);
        }
        let Ok(Value::Object(answer)) = serde_json::from_slice(&body) else { return Ok(None) };
        let planned = answer.into_iter().map(|(name, settings)| Planned {
            largest_page: Some(largest_page(&settings["settings"])),
            documents: None,
            name,
        });
        Ok(Some(planned.collect()))
    }

    /// The indices by the documents in them, with their counts; none if that
    /// may not be asked, or the answer is not exact.
    fn by_aggregation(&self, query: &Value) -> Result<Option<Vec<Planned>>, FetchError> {
        let path = format!("/{}/_search", path_segment(self.pattern));
        let (ask, mut body) = (Ask::post(path, &query::indices(query, MOST_INDICES)), Vec::new());
        let status = self.server.ask(&ask, &mut body)?;
        if status != 200 {
            return self.unless_final(&ask, status, &body);
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if answer["_shards"]["total"] == 0 {
            return Err(self.no_index(self.pattern.to_owned()));
        }
        let indices = &answer["aggregations"]["indices"];
        let is_exact = is_whole(&answer)
            && indices["doc_count_error_upper_bound"] == 0
            && indices["sum_other_doc_count"] == 0;
        let Some(buckets) = indices["buckets"].as_array().filter(|_| is_exact) else {
            return Ok(None);
        };
        let planned = buckets.iter().map(|bucket| {
            Some(Planned {
                name: bucket["key"].as_str()?.to_owned(),
                documents: Some(bucket["doc_count"].as_u64()?),
                largest_page: None,
            })
        });
        Ok(planned.collect())
    }

    /// Counts each index. One that cannot be counted is fetched all the same.
    fn count(&self, mut found: Vec<Planned>, query: &Value) -> Result<Vec<Planned>, FetchError> {
        let body = query::count(query);
        let mut answer = Vec::new();
        for index in &mut found {
            let ask = Ask::post(format!("/{}/_count", path_segment(&index.name)), &body);
            let status = self.server.ask(&ask, &mut answer)?;
            if status != 200 {
                self.unless_final::<()>(&ask, status, &answer)?;
                continue;
            }
            let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            if is_whole(&answer) {
                index.documents = answer["count"].as_u64();
            }
        }
        Ok(found)
    }

    /// A refusal that another way of asking may get around is none; no index
    /// and no credentials are final.
    fn unless_final<T>(
        &self,
        ask: &Ask,
        status: u16,
        body: &[u8],
    ) -> Result<Option<T>, FetchError> {
        let context = Context {
            url: self.server.url(),
            request: &ask.name(),
            index: self.pattern,
            keep_alive: "",
            size: 0,
            page: 0,
        };
        match Refusal::new(status, body).into_error(context) {
            FetchError::NoIndex { index, .. } => Err(self.no_index(index)),
            error @ (FetchError::Unauthorized { .. } | FetchError::IndexClosed { .. }) => {
                Err(error)
            }
            _ => Ok(None),
        }
    }

    /// The error, with the names of some indices that are there.
    fn no_index(&self, index: String) -> FetchError {
        let mut body = Vec::new();
        let found = match self.server.ask(&Ask::get("/_cat/indices?h=index&format=json"), &mut body)
        {
            Ok(200) => serde_json::from_slice::<Vec<Value>>(&body).unwrap_or_default(),
            _ => Vec::new(),
        };
        let mut found: Vec<_> = found
            .iter()
            .filter_map(|index| index["index"].as_str())
            .filter(|name| !name.starts_with('.'))
            .map(crate::error::shown)
            .collect();
        found.sort();
        if found.len() > 5 {
            found.truncate(5);
            found.push("…".to_owned());
        }
        FetchError::NoIndex { index, url: self.server.url().to_owned(), found }
    }
}

fn is_whole(answer: &Value) -> bool {
    let shards = &answer["_shards"];
    shards["failed"] == 0 && shards["successful"] == shards["total"]
}

/// The setting, which is a text in a flat or a nested object.
fn largest_page(settings: &Value) -> u32 {
    let flat = &settings["index.max_result_window"];
    let nested = &settings["index"]["max_result_window"];
    let text = flat.as_str().or(nested.as_str());
    text.and_then(|text| text.parse().ok()).filter(|size| *size > 0).unwrap_or(USUAL_PAGE)
}

/// Whether an index came in through an alias: no part of the pattern fits its
/// name. The indices behind a data stream never fit, and have no filter.
fn is_indirect(pattern: &str, name: &str) -> bool {
    !name.starts_with(".ds-")
        && pattern != "_all"
        && !pattern.contains('<')
        && !pattern.split(',').any(|part| fits(part.as_bytes(), name.as_bytes()))
}

/// Whether a pattern with `*` fits a whole name.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    // On a mismatch the last `*` takes in one letter more.
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(letter) if *letter == name[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                from = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;
    use serde_json::json;

    fn run(answers: &[(u16, &str)]) -> (Result<Plan, FetchError>, Vec<String>) {
        let answers = answers.iter().map(|(status, text)| (*status, (*text).to_owned()));
        let script = Script::new(answers.collect());
        let plan = plan(&script, "netflow-*", &json!({"match_all": {}}));
        (plan, script.asked())
    }

    fn count(count: u64) -> String {
        format!(
            r#"{{"count":{count},"_shards":{{"total":2,"successful":2,"skipped":0,"failed":0}}}}"#
        )
    }

    const FORBIDDEN: &str = r#"{"error":{"root_cause":[{"type":"security_exception","reason":"no permissions"}]},"status":403}"#;

    #[test]
    fn indices_come_by_name_with_their_limits_and_counts() {
        let settings = r#"{"netflow-b":{"settings":{"index.number_of_shards":"2"}},"netflow-a":{"settings":{"index.max_result_window":"500"}},"netflow-c":{"settings":{}}}"#;
        let closed = r#"{"netflow-old":{"settings":{}}}"#;
        // Asked in the order of serde_json's map, which is by name.
        let (plan, asked) =
            run(&[(200, settings), (200, closed), (200, &count(7)), (200, &count(0)), (500, "{}")]);
        let plan = plan.unwrap();
        let names: Vec<_> =
            plan.indices.iter().map(|i| (i.name.as_str(), i.documents, i.largest_page)).collect();
        assert_eq!(names, [("netflow-a", Some(7), Some(500)), ("netflow-c", None, Some(10_000))]);
        assert_eq!(plan.empty, ["netflow-b"]);
        assert_eq!(plan.notes, ["netflow-old is closed and left out"]);
        assert_eq!(plan.documents(), None);
        assert_eq!(asked[0], "GET /netflow-*/_settings?flat_settings=true&expand_wildcards=open ");
        assert_eq!(asked[2], r#"POST /netflow-a/_count {"query":{"match_all":{}}}"#);
    }

    #[test]
    fn a_count_that_lacks_shards_is_no_count() {
        let lame = r#"{"count":0,"_shards":{"total":2,"successful":1,"failed":0}}"#;
        let (plan, _) = run(&[(200, r#"{"netflow-a":{}}"#), (200, "{}"), (200, lame)]);
        assert_eq!(plan.unwrap().indices[0].documents, None);
    }

    #[test]
    fn forbidden_settings_are_got_around_by_aggregation() {
        let buckets = r#"{"_shards":{"total":4,"successful":4,"failed":0},"aggregations":{"indices":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"netflow-b","doc_count":5},{"key":"netflow-a","doc_count":9}]}}}"#;
        let (plan, _) = run(&[(403, FORBIDDEN), (200, buckets)]);
        let plan = plan.unwrap();
        assert_eq!(plan.documents(), Some(14));
        assert_eq!(plan.indices[0].name, "netflow-a");
    }

    #[test]
    fn when_nothing_can_be_listed_the_pattern_is_one_part() {
        let inexact = r#"{"_shards":{"total":4,"successful":3,"failed":1},"aggregations":{"indices":{"buckets":[]}}}"#;
        for answer in [(403, FORBIDDEN), (200, inexact), (502, "<html>")] {
            let (plan, _) = run(&[(403, FORBIDDEN), answer]);
            let plan = plan.unwrap();
            assert_eq!(plan.indices[0].name, "netflow-*");
            assert!(plan.notes[0].contains("could not be listed"));
        }
    }

    #[test]
    fn no_index_is_an_error_that_names_others() {
        let missing = r#"{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index"}]},"status":404}"#;
        let others = r#"[{"index":"flows-2"},{"index":".kibana"},{"index":"flows-1"}]"#;
        let no_shards = r#"{"_shards":{"total":0,"successful":0,"failed":0}}"#;
        for answers in [
            vec![(404, missing), (200, others)],
            vec![(200, "{}"), (200, others)],
            vec![(403, FORBIDDEN), (200, no_shards), (200, others)],
        ] {
            let message = run(&answers).0.unwrap_err().to_string();
            assert!(
                message.contains("no index netflow-*") && message.contains("flows-1, flows-2"),
                "{message}"
            );
        }
    }

    #[test]
    fn wildcards_fit_as_on_the_server() {
        let cases = [
            ("netflow-*", "netflow-2018.09.21", true),
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b", "aXbY", false),
            ("abc", "abd", false),
            ("", "a", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
        assert!(is_indirect("flows", "netflow-a"));
        assert!(!is_indirect("flows,net*", "netflow-a"));
        assert!(!is_indirect("flows", ".ds-flows-000001"));
    }
}

//! What is fetched: which indices stand behind the pattern, how much each
//! holds, and into which parts that is cut.
//!
//! A part is a concrete index, a span of time and at times a slice. A cursor
//! over one concrete index takes few contexts on the server, and what it runs
//! over cannot change when the next day's index appears.

pub(crate) mod cut;
pub(crate) mod limits;
pub(crate) mod push;

use flowkit_model::dump::{Pending, Slice, Span, Wanted, part_name};
use flowkit_model::filter::Expression;
use serde_json::{Value, json};

use crate::FetchError;
use crate::address::path_segment;
use crate::query;
use crate::refusal::{Context, Refusal};
use crate::server::{Ask, Server};
use cut::{Cutter, Piece};

/// Page size an index allows unless its settings say otherwise.
const USUAL_PAGE: u32 = 10_000;
/// More indices than this are not looked for by aggregation.
const MOST_INDICES: u32 = 5_000;

/// What a person asked for, as far as the plan goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) pattern: &'a str,
    pub(crate) window: Span,
    /// The window of the dump, of which `window` may be the newest part.
    pub(crate) whole: Span,
    pub(crate) filter: Option<&'a Expression>,
    /// The server's own query beside them.
    pub(crate) query: Option<&'a Value>,
    /// Documents in a part, about.
    pub(crate) part_size: u64,
    /// Number of the first part.
    pub(crate) first_number: usize,
}

/// What is to be fetched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In order of name.
    pub(crate) indices: Vec<Planned>,
    pub(crate) parts: Vec<Pending>,
    /// What of each index belongs in the dump.
    pub(crate) wanted: Vec<Wanted>,
    /// Indices that hold nothing of the window, by count.
    pub(crate) empty: Vec<String>,
    /// Indices that a wildcard passes by.
    pub(crate) closed: Vec<String>,
    /// What a person should know about the choice.
    pub(crate) notes: Vec<String>,
    /// Number of the first part.
    pub(crate) first_number: usize,
}

/// One index of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) name: String,
    /// Documents that are wanted of it, if the server would count.
    pub(crate) documents: Option<u64>,
    /// The largest page it allows, if known.
    pub(crate) largest_page: Option<u32>,
    /// Its primary shards, if known.
    pub(crate) shards: Option<u32>,
    /// The query for what is wanted of it, at any time.
    pub(crate) query: Value,
}

impl Plan {
    /// The largest page an index allows.
    pub(crate) fn largest_page(&self, index: &str) -> u32 {
        let found = self.indices.iter().find(|planned| planned.name == index);
        found.and_then(|planned| planned.largest_page).unwrap_or(u32::MAX)
    }

    /// Shards of the index that has most.
    pub(crate) fn most_shards(&self) -> u64 {
        self.indices.iter().filter_map(|index| index.shards).max().unwrap_or(1).into()
    }
}

/// Asks the server for the plan.
///
/// # Errors
/// If no index matches, the filter cannot be asked for, or the server cannot
/// be asked.
pub(crate) fn plan<S: Server>(server: &S, wish: Wish<'_>) -> Result<Plan, FetchError> {
    let mut plan = Plan { first_number: wish.first_number, ..Plan::default() };
    let asker = Asker { server, pattern: wish.pattern };
    for index in indices(&asker, wish, &mut plan)? {
        plan_index(server, wish, index, &mut plan)?;
    }
    Ok(plan)
}

/// The indices with their shards and limits. Asked again when a dump is gone on
/// with, for the limits alone.
pub(crate) fn indices_of<S: Server>(server: &S, pattern: &str) -> Result<Vec<Planned>, FetchError> {
    let asker = Asker { server, pattern };
    Ok(asker.settings("open")?.unwrap_or_default())
}

fn indices<S: Server>(
    asker: &Asker<'_, S>,
    wish: Wish<'_>,
    plan: &mut Plan,
) -> Result<Vec<Planned>, FetchError> {
    let mut found = if let Some(found) = asker.by_settings(plan)? {
        found
    } else if let Some(found) = asker.by_aggregation(&query::span(wish.window))? {
        found
    } else {
        plan.notes.push(format!(
            "the indices of {} could not be listed, so they are read as one",
            wish.pattern
        ));
        vec![Planned { name: wish.pattern.to_owned(), ..Planned::default() }]
    };
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let aliases = asker.alias_filters(&found)?;
    for index in &mut found {
        let mut queries: Vec<Value> = wish.query.into_iter().cloned().collect();
        if asker.is_indirect(&index.name) {
            match &aliases {
                Some(aliases) => queries.extend(alias_filter(&aliases[&index.name], wish.pattern)),
                None => plan.notes.push(format!(
                    "{} was reached by another name; whether that has a filter could not be asked, and it is not applied",
                    index.name
                )),
            }
        }
        if let Some(filter) = wish.filter {
            queries.push(push::query(asker.server, &index.name, filter)?);
        }
        index.query = query::all_of(queries);
    }
    Ok(found)
}

/// Counts what is wanted of an index, and cuts it into parts.
fn plan_index<S: Server>(
    server: &S,
    wish: Wish<'_>,
    mut index: Planned,
    plan: &mut Plan,
) -> Result<(), FetchError> {
    let is_open = wish.window == Span::default();
    let of_span = |span: Span| {
        let time = if span == Span::default() { query::dated() } else { query::span(span) };
        query::all_of([time, index.query.clone()])
    };
    let dated = count(server, &index.name, &of_span(wish.window))?;
    let undated_query = query::all_of([query::undated(), index.query.clone()]);
    // A bounded window holds no document without a time.
    let undated = if is_open { count(server, &index.name, &undated_query)? } else { Some(0) };
    let mut parts = Vec::new();
    if dated != Some(0) {
        let whole = Piece { span: wish.window, documents: dated.unwrap_or(0) };
        let mut pieces = vec![whole];
        if whole.documents > wish.part_size {
            let (index, size) = (index.name.as_str(), wish.part_size);
            pieces = Cutter { server, index, query: &of_span, size }.cut(whole)?;
        }
        for piece in pieces {
            let documents = dated.map(|_| piece.documents);
            let part = Pending {
                window: piece.span,
                query: of_span(piece.span),
                documents,
                ..Pending::default()
            };
            parts.extend(slices(part, wish.part_size, index.shards));
        }
    }
    if undated != Some(0) {
        let part = Pending {
            without_time: true,
            query: undated_query,
            documents: undated,
            ..Pending::default()
        };
        parts.extend(slices(part, wish.part_size, index.shards));
    }
    index.documents = dated.zip(undated).map(|(dated, undated)| dated + undated);
    let query = query::all_of([query::span(wish.whole), index.query.clone()]);
    plan.wanted.push(Wanted { index: index.name.clone(), query });
    if parts.is_empty() {
        plan.empty.push(index.name);
        return Ok(());
    }
    for part in parts {
        let name = part_name(plan.first_number + plan.parts.len(), &index.name);
        plan.parts.push(Pending { name, index: index.name.clone(), ..part });
    }
    plan.indices.push(index);
    Ok(())
}

/// Cuts what time cannot cut: no finer than the shards, where a slice is cheap.
fn slices(part: Pending, size: u64, shards: Option<u32>) -> Vec<Pending> {
    let wanted = part.documents.unwrap_or(0).div_ceil(size.max(1));
    let max = u32::try_from(wanted).unwrap_or(u32::MAX).min(shards.unwrap_or(1));
    if max < 2 {
        return vec![part];
    }
    let slice = |id| Pending {
        slice: Some(Slice { id, max }),
        documents: part.documents.map(|documents| documents / u64::from(max)),
        ..part.clone()
    };
    (0..max).map(slice).collect()
}

/// Counts the documents of a query; none if the server will not.
pub(crate) fn count<S: Server>(
    server: &S,
    index: &str,
    query: &Value,
) -> Result<Option<u64>, FetchError> {
    let ask = Ask::post(format!("/{}/_count", path_segment(index)), &query::count(query));
    let mut body = Vec::new();
    let status = server.ask(&ask, &mut body)?;
    if status != 200 {
        return Asker { server, pattern: index }.unless_final(&ask, status, &body);
    }
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(answer["count"].as_u64().filter(|_| is_whole(&answer)))
}

/// First and last `@timestamp` of everything that matches, in milliseconds.
/// Unknown where the server will not say.
pub(crate) fn time_range<S: Server>(server: &S, pattern: &str) -> (Option<i64>, Option<i64>) {
    let everything = query::time_range(&json!({"match_all": {}}));
    let ask = Ask::post(format!("/{}/_search", path_segment(pattern)), &everything);
    let mut body = Vec::new();
    let Ok(200) = server.ask(&ask, &mut body) else { return (None, None) };
    match crate::page::times(&body) {
        Ok(times) => (times.first_ms(), times.last_ms()),
        Err(_) => (None, None),
    }
}

/// The filter by which an index is seen through names that fit a pattern: none
/// if one of the names has none.
fn alias_filter(aliases: &Value, pattern: &str) -> Option<Value> {
    let aliases = aliases["aliases"].as_object()?;
    let named = aliases.iter().filter(|(name, _)| fits_any(pattern, name));
    let filters: Option<Vec<Value>> =
        named.map(|(_, alias)| alias.get("filter").cloned()).collect();
    let mut filters = filters.filter(|filters| !filters.is_empty())?;
    Some(match filters.len() {
        1 => filters.swap_remove(0),
        _ => json!({"bool": {"should": filters}}),
    })
}

struct Asker<'a, S: Server> {
    server: &'a S,
    pattern: &'a str,
}

impl<S: Server> Asker<'_, S> {
    /// The indices by their settings; none if those may not be read.
    fn by_settings(&self, plan: &mut Plan) -> Result<Option<Vec<Planned>>, FetchError> {
        let Some(mut open) = self.settings("open")? else { return Ok(None) };
        if open.is_empty() {
            // A proxy may answer `{}` as well: what ends the fetch is asked twice.
            open = self.settings("open")?.unwrap_or_default();
        }
        if open.is_empty() {
            return Err(self.no_index(self.pattern.to_owned()));
        }
        if self.pattern.contains('*') {
            // A wildcard passes closed indices by; whoever asks should know.
            for index in self.settings("closed")?.unwrap_or_default() {
                if !open.iter().any(|other| other.name == index.name) {
                    plan.notes.push(format!("{} is closed and left out", index.name));
                    plan.closed.push(index.name);
                }
            }
        }
        Ok(Some(open))
    }

    /// Whether an index came in through an alias: no part of the pattern fits
    /// its name. The indices behind a data stream never fit, and have no filter.
    fn is_indirect(&self, name: &str) -> bool {
        !name.starts_with(".ds-")
            && name != self.pattern
            && self.pattern != "_all"
            && !self.pattern.contains('<')
            && !fits_any(self.pattern, name)
    }

    /// The aliases of the indices, where one was reached by an alias; none if
    /// that may not be asked.
    fn alias_filters(&self, found: &[Planned]) -> Result<Option<Value>, FetchError> {
        if !found.iter().any(|index| self.is_indirect(&index.name)) {
            return Ok(Some(Value::Null));
        }
        let mut body = Vec::new();
        let ask = Ask::get(format!("/{}/_alias", path_segment(self.pattern)));
        Ok(match self.server.ask(&ask, &mut body)? {
            200 => serde_json::from_slice(&body).ok(),
            _ => None,
        })
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
            shards: setting(&settings["settings"], "number_of_shards").and_then(|n| n.parse().ok()),
            name,
            ..Planned::default()
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
                ..Planned::default()
            })
        });
        Ok(planned.collect())
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

pub(crate) fn is_whole(answer: &Value) -> bool {
    let shards = &answer["_shards"];
    shards["failed"] == 0 && shards["successful"] == shards["total"]
}

/// A setting, which is a text in a flat or a nested object.
fn setting<'a>(settings: &'a Value, name: &str) -> Option<&'a str> {
    let flat = &settings[format!("index.{name}")];
    let nested = &settings["index"][name];
    flat.as_str().or(nested.as_str())
}

fn largest_page(settings: &Value) -> u32 {
    let text = setting(settings, "max_result_window");
    text.and_then(|text| text.parse().ok()).filter(|size| *size > 0).unwrap_or(USUAL_PAGE)
}

/// Whether one of several patterns with commas fits a name.
fn fits_any(pattern: &str, name: &str) -> bool {
    pattern.split(',').any(|part| fits(part.as_bytes(), name.as_bytes()))
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
        let wish = Wish {
            pattern: "netflow-*",
            window: Span { from_ms: Some(5), to_ms: None },
            whole: Span { from_ms: Some(5), to_ms: None },
            filter: None,
            query: None,
            part_size: 100,
            first_number: 1,
        };
        let plan = plan(&script, wish);
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
        let settings = r#"{"netflow-b":{"settings":{"index.number_of_shards":"2"}},"netflow-a":{"settings":{"index":{"max_result_window":"500","number_of_shards":"3"}}},"netflow-c":{"settings":{}}}"#;
        let closed = r#"{"netflow-old":{"settings":{}}}"#;
        let (plan, asked) =
            run(&[(200, settings), (200, closed), (200, &count(7)), (200, &count(0)), (500, "{}")]);
        let plan = plan.unwrap();
        let indices: Vec<_> = plan
            .indices
            .iter()
            .map(|i| (i.name.as_str(), i.documents, i.largest_page, i.shards))
            .collect();
        assert_eq!(
            indices,
            [("netflow-a", Some(7), Some(500), Some(3)), ("netflow-c", None, Some(10_000), None)]
        );
        assert_eq!((plan.largest_page("netflow-a"), plan.most_shards()), (500, 3));
        assert_eq!(plan.empty, ["netflow-b"]);
        assert_eq!(plan.closed, ["netflow-old"]);
        assert_eq!(plan.notes, ["netflow-old is closed and left out"]);
        let parts: Vec<_> = plan.parts.iter().map(|p| (p.name.as_str(), p.documents)).collect();
        assert_eq!(parts, [("0001-netflow-a", Some(7)), ("0002-netflow-c", None)]);
        assert_eq!(plan.wanted.len(), 3);
        assert_eq!(asked[0], "GET /netflow-*/_settings?flat_settings=true&expand_wildcards=open ");
        assert_eq!(
            asked[2],
            r#"POST /netflow-a/_count {"query":{"range":{"@timestamp":{"format":"epoch_millis","gte":5}}}}"#
        );
    }

    #[test]
    fn what_time_cannot_cut_is_sliced_no_finer_than_the_shards() {
        let part = |documents| Pending { documents: Some(documents), ..Pending::default() };
        let cut = |documents, shards| {
            let slices = slices(part(documents), 100, shards);
            let list = slices.iter().map(|p| p.slice.map(|s| (s.id, s.max)));
            list.collect::<Vec<_>>()
        };
        assert_eq!(cut(100, Some(5)), [None]);
        assert_eq!(cut(101, Some(5)), [Some((0, 2)), Some((1, 2))]);
        assert_eq!(cut(900, Some(2)), [Some((0, 2)), Some((1, 2))]);
        assert_eq!(cut(900, Some(1)), [None]);
        assert_eq!(cut(900, None), [None]);
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
        let (plan, _) =
            run(&[(403, FORBIDDEN), (200, buckets), (200, &count(9)), (200, &count(5))]);
        let plan = plan.unwrap();
        assert_eq!(plan.parts.iter().map(|part| part.documents).sum::<Option<u64>>(), Some(14));
        assert_eq!(plan.indices[0].name, "netflow-a");
    }

    #[test]
    fn when_nothing_can_be_listed_the_pattern_is_read_as_one() {
        let inexact = r#"{"_shards":{"total":4,"successful":3,"failed":1},"aggregations":{"indices":{"buckets":[]}}}"#;
        for answer in [(403, FORBIDDEN), (200, inexact), (502, "<html>")] {
            let (plan, _) = run(&[(403, FORBIDDEN), answer, (200, &count(9))]);
            let plan = plan.unwrap();
            assert_eq!(plan.indices[0].name, "netflow-*");
            assert!(plan.notes[0].contains("could not be listed"));
        }
    }

    #[test]
    fn the_filter_of_an_alias_counts_unless_another_name_has_none() {
        let aliases = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let one = aliases(r#"{"aliases":{"web":{"filter":{"term":{"p":"443"}}},"all":{}}}"#);
        assert_eq!(alias_filter(&one, "web"), Some(json!({"term": {"p": "443"}})));
        assert_eq!(alias_filter(&one, "w*"), Some(json!({"term": {"p": "443"}})));
        assert_eq!(alias_filter(&one, "web,all"), None);
        let two = aliases(r#"{"aliases":{"a":{"filter":{"x":1}},"b":{"filter":{"y":1}}}}"#);
        assert_eq!(
            alias_filter(&two, "a,b"),
            Some(json!({"bool": {"should": [{"x": 1}, {"y": 1}]}}))
        );
        assert_eq!(alias_filter(&Value::Null, "a"), None);
    }

    #[test]
    fn no_index_is_an_error_that_names_others() {
        let missing = r#"{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index"}]},"status":404}"#;
        let others = r#"[{"index":"flows-2"},{"index":".kibana"},{"index":"flows-1"}]"#;
        let no_shards = r#"{"_shards":{"total":0,"successful":0,"failed":0}}"#;
        for answers in [
            vec![(404, missing), (200, others)],
            vec![(200, "{}"), (200, "{}"), (200, others)],
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
        let is_indirect = |pattern: &'static str, name: &str| {
            Asker { server: &Script::new(Vec::new()), pattern }.is_indirect(name)
        };
        assert!(is_indirect("flows", "netflow-a"));
        assert!(!is_indirect("flows,net*", "netflow-a"));
        assert!(!is_indirect("flows", ".ds-flows-000001"));
    }
}

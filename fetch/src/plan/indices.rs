//! Lists the indices that match a pattern: by their settings, or by an
//! aggregation over documents if settings may not be read.

use std::collections::HashSet;

use serde_json::Value;

use super::alias::alias_filter;
use super::counts::{check_whole, is_whole};
use super::{Plan, PlanRequest, PlannedIndex, pushdown};
use crate::cursor::query;
use crate::error::{Denied, Excess, FetchError, Unsearchable, Why, printable};
use crate::page::answer::documents;
use crate::page::pattern::{is_index_name, matches_any};
use crate::server::address::path_segment;
use crate::server::refusal::{Context, Refusal};
use crate::server::rights::lacking;
use crate::server::{Call, Server};

/// Default limit of the page size (`max_result_window`).
const DEFAULT_PAGE_LIMIT: u32 = 10_000;
/// Maximum number of indices that are listed by aggregation.
const MAX_INDICES: u32 = 5_000;
/// Maximum number of indices of a fetch; each is counted by a request of its own.
const MOST_INDICES: usize = 10_000;

/// The indices that match the pattern, each with its query.
pub(super) fn indices<S: Server>(
    lister: &IndexLister<'_, S>,
    request: PlanRequest<'_>,
    plan: &mut Plan,
) -> Result<Vec<PlannedIndex>, FetchError> {
    let mut found = if let Some(found) = lister.by_settings(plan)? {
        found
    } else if let Some(found) = lister.by_aggregation(&query::span(request.window))? {
        found
    } else {
        plan.notes.push(format!(
            "the indices of {} could not be listed, so they are read as one",
            request.pattern
        ));
        vec![PlannedIndex { name: request.pattern.to_owned(), ..PlannedIndex::default() }]
    };
    found.sort_by(|a, b| a.name.cmp(&b.name));
    plan.notes.extend(hidden_note(lister.server, request.pattern));
    let aliases = lister.alias_filters(&found)?;
    for index in &mut found {
        let mut queries: Vec<Value> = request.query.into_iter().cloned().collect();
        if lister.is_indirect(&index.name) {
            match &aliases {
                Some(aliases) => {
                    queries.extend(alias_filter(&aliases[&index.name], &index.name, request.pattern)?);
                }
                None => plan.notes.push(format!(
                    "{} was reached by another name; whether that has a filter could not be asked, and it is not applied",
                    index.name
                )),
            }
        }
        if let Some(filter) = request.filter {
            queries.push(pushdown::query(lister.server, &index.name, filter)?);
        }
        index.query = query::all_of(queries);
    }
    Ok(found)
}

/// Says that a login lacks the privilege to read all of a pattern: which indices a
/// server hides from it cannot be known.
fn hidden_note<S: Server>(server: &S, pattern: &str) -> Option<String> {
    let lack = server.has_login().then(|| lacking(server, pattern)).flatten()?;
    Some(format!("indices of {pattern} may be hidden from {lack}; those are left out"))
}

/// Says that indices are closed; none without any.
pub(super) fn closed_note(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [name] => Some(format!("{name} is closed and left out")),
        [first, .., last] => {
            Some(format!("{} indices are closed and left out: {first} to {last}", names.len()))
        }
    }
}

/// Leaves out frozen indices, which searches pass over, and says so.
///
/// # Errors
/// If there are no others.
fn leave_frozen_out(open: &mut Vec<PlannedIndex>, plan: &mut Plan) -> Result<(), FetchError> {
    let frozen: Vec<Unsearchable> = open
        .iter()
        .filter(|index| index.is_frozen)
        .map(|index| Unsearchable { index: index.name.clone(), why: Why::Frozen })
        .collect();
    open.retain(|index| !index.is_frozen);
    match frozen.first() {
        Some(first) if open.is_empty() => Err(FetchError::Unsearchable(first.clone())),
        _ => {
            plan.notes.extend(frozen.iter().map(ToString::to_string));
            Ok(())
        }
    }
}

/// Lists the indices that match a pattern.
pub(super) struct IndexLister<'a, S: Server> {
    pub(super) server: &'a S,
    pub(super) pattern: &'a str,
}

impl<S: Server> IndexLister<'_, S> {
    /// The indices by their settings; `None` if these may not be read.
    fn by_settings(&self, plan: &mut Plan) -> Result<Option<Vec<PlannedIndex>>, FetchError> {
        let Some(mut open) = self.settings("open")? else { return Ok(None) };
        if open.is_empty() {
            // A proxy may answer `{}` too, so it is checked twice.
            open = self.settings("open")?.unwrap_or_default();
        }
        if open.is_empty() {
            // A login that may search an index but not read its settings sees none
            // here: the search decides.
            return Ok(None);
        }
        leave_frozen_out(&mut open, plan)?;
        if self.pattern.contains('*') {
            // A wildcard skips closed indices; this is told.
            let closed = self.settings("closed")?.unwrap_or_default();
            let is_open: HashSet<&String> = open.iter().map(|index| &index.name).collect();
            plan.closed = closed.into_iter().map(|index| index.name).collect();
            plan.closed.retain(|name| !is_open.contains(name));
            plan.closed.sort_unstable();
        }
        Ok(Some(open))
    }

    /// Whether an index was found through an alias: no part of the pattern
    /// matches its name. The backing indices of a data stream never match, and
    /// have no filter.
    fn is_indirect(&self, name: &str) -> bool {
        !name.starts_with(".ds-")
            && name != self.pattern
            && self.pattern != "_all"
            && !self.pattern.contains('<')
            && !matches_any(self.pattern, name)
    }

    /// The aliases of the indices, if one was found through an alias; `None` if
    /// these may not be read.
    fn alias_filters(&self, found: &[PlannedIndex]) -> Result<Option<Value>, FetchError> {
        if !found.iter().any(|index| self.is_indirect(&index.name)) {
            return Ok(Some(Value::Null));
        }
        let mut body = Vec::new();
        let call = Call::get(format!("/{}/_alias", path_segment(self.pattern)));
        Ok(match self.server.send(&call, &mut body)? {
            200 => serde_json::from_slice(&body).ok(),
            _ => None,
        })
    }

    pub(super) fn settings(&self, which: &str) -> Result<Option<Vec<PlannedIndex>>, FetchError> {
        let path = format!(
            "/{}/_settings?flat_settings=true&expand_wildcards={which}",
            path_segment(self.pattern)
        );
        let (call, mut body) = (Call::get(path), Vec::new());
        let status = self.server.send(&call, &mut body)?;
        if status == 403 {
            // Who may read documents need not be allowed to read settings.
            return Ok(None);
        }
        if status != 200 {
            return self.unless_final(&call, status, &body);
        }
        let Ok(Value::Object(answer)) = serde_json::from_slice(&body) else { return Ok(None) };
        let planned = answer.into_iter().map(|(name, settings)| PlannedIndex {
            largest_page: Some(largest_page(&settings["settings"])),
            shards: setting(&settings["settings"], "number_of_shards").and_then(|n| n.parse().ok()),
            is_frozen: setting(&settings["settings"], "frozen") == Some("true"),
            name,
            ..PlannedIndex::default()
        });
        self.checked(&call, planned.collect()).map(Some)
    }

    /// The indices by aggregation over documents, with their counts; `None` if
    /// that is refused or not exact.
    fn by_aggregation(&self, query: &Value) -> Result<Option<Vec<PlannedIndex>>, FetchError> {
        let path = format!("/{}/_search", path_segment(self.pattern));
        let (call, mut body) = (Call::post(path, &query::indices(query, MAX_INDICES)), Vec::new());
        let status = self.server.send(&call, &mut body)?;
        if status != 200 {
            return self.unless_final(&call, status, &body);
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        check_whole(self.pattern, self.server.url(), &call, &answer)?;
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
            Some(PlannedIndex {
                name: bucket["key"].as_str()?.to_owned(),
                documents: Some(documents(&bucket["doc_count"])?),
                ..PlannedIndex::default()
            })
        });
        let Some(planned) = planned.collect() else { return Ok(None) };
        self.checked(&call, planned).map(Some)
    }

    /// Checks that the names are such as an index can have, and not too many.
    fn checked(
        &self,
        call: &Call,
        found: Vec<PlannedIndex>,
    ) -> Result<Vec<PlannedIndex>, FetchError> {
        if found.len() > MOST_INDICES {
            let (pattern, limit) = (self.pattern.to_owned(), MOST_INDICES);
            return Err(FetchError::TooMany(Excess::Indices { pattern, limit }));
        }
        match found.iter().find(|index| !is_index_name(&index.name)) {
            None => Ok(found),
            Some(index) => {
                let why = format!("no index can be called \"{}\"", printable(&index.name));
                let (url, request) = (self.server.url().to_owned(), call.name());
                let source = serde::de::Error::custom(why);
                Err(FetchError::BadAnswer { url, request, source })
            }
        }
    }

    /// A refusal that another request may avoid gives `None`; a missing or closed
    /// index and missing credentials are errors.
    pub(super) fn unless_final<T>(
        &self,
        call: &Call,
        status: u16,
        body: &[u8],
    ) -> Result<Option<T>, FetchError> {
        let context = Context {
            url: self.server.url(),
            request: &call.name(),
            index: self.pattern,
            keep_alive: "",
            size: 0,
            page: 0,
        };
        match Refusal::new(status, body).into_error(context) {
            FetchError::NoIndex { index, .. } => Err(self.no_index(index)),
            error @ (FetchError::Unauthorized { .. }
            | FetchError::Forbidden { .. }
            | FetchError::IndexClosed { .. }
            | FetchError::Unsearchable(_)) => Err(error),
            _ => Ok(None),
        }
    }

    /// The error, with the names of some indices that exist; that of a login to
    /// which the server does not show the index.
    fn no_index(&self, index: String) -> FetchError {
        if let Some(lack) = lacking(self.server, &index) {
            let reason = format!(
                "the server lists nothing for this login; try another --index if {} is mistyped",
                printable(&index)
            );
            let (url, request) = (self.server.url().to_owned(), format!("reading {index}"));
            return FetchError::Forbidden(Denied { url, request, lack, reason });
        }
        let mut body = Vec::new();
        let found =
            match self.server.send(&Call::get("/_cat/indices?h=index&format=json"), &mut body) {
                Ok(200) => serde_json::from_slice::<Vec<Value>>(&body).unwrap_or_default(),
                _ => Vec::new(),
            };
        let mut found: Vec<_> = found
            .iter()
            .filter_map(|index| index["index"].as_str())
            .filter(|name| !name.starts_with('.'))
            .map(printable)
            .collect();
        found.sort();
        if found.len() > 5 {
            found.truncate(5);
            found.push("…".to_owned());
        }
        FetchError::NoIndex { index, url: self.server.url().to_owned(), found }
    }
}

/// A setting, from a flat or a nested object.
fn setting<'a>(settings: &'a Value, name: &str) -> Option<&'a str> {
    let flat = &settings[format!("index.{name}")];
    let nested = &settings["index"][name];
    flat.as_str().or(nested.as_str())
}

fn largest_page(settings: &Value) -> u32 {
    let text = setting(settings, "max_result_window");
    text.and_then(|text| text.parse().ok()).filter(|size| *size > 0).unwrap_or(DEFAULT_PAGE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    #[test]
    fn hundreds_of_closed_indices_are_one_note() {
        let names = |n: usize| (0..n).map(|day| format!("n-{day:03}")).collect::<Vec<_>>();
        assert_eq!(closed_note(&names(0)), None);
        assert_eq!(closed_note(&names(1)).unwrap(), "n-000 is closed and left out");
        let many = "400 indices are closed and left out: n-000 to n-399";
        assert_eq!(closed_note(&names(400)).unwrap(), many);
    }

    #[test]
    fn a_login_that_may_not_read_all_of_a_pattern_is_told() {
        let told = |read: bool, has_login| {
            let answer = format!(r#"{{"username":"weak","index":{{"n-*":{{"read":{read}}}}}}}"#);
            let script = ScriptedServer::new(vec![(200, answer)]);
            hidden_note(&if has_login { script.with_login() } else { script }, "n-*")
        };
        let expected = "indices of n-* may be hidden from user weak, who lacks the index privilege read on n-*; those are left out";
        assert_eq!(told(false, true).as_deref(), Some(expected));
        assert_eq!(told(true, true), None);
        assert_eq!(told(false, false), None, "nobody is asked about nobody");
    }

    #[test]
    fn an_index_that_no_part_of_the_pattern_fits_came_in_by_an_alias() {
        let is_indirect = |pattern: &'static str, name: &str| {
            IndexLister { server: &ScriptedServer::new(Vec::new()), pattern }.is_indirect(name)
        };
        assert!(is_indirect("flows", "netflow-a"));
        assert!(!is_indirect("flows,net*", "netflow-a"));
        assert!(!is_indirect("flows", ".ds-flows-000001"));
    }
}

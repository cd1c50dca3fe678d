//! Plans a fetch: which indices match the pattern, how many documents each has,
//! and how these are split into parts.
//!
//! A part is a concrete index, a span of time and possibly a slice. A cursor over
//! one concrete index takes few search contexts on the server, and is not
//! affected when the next day's index appears.

pub(crate) mod counts;
mod indices;
pub(crate) mod limits;
mod pattern;
mod pushdown;
mod split;

use flowkit_model::dump::{PartScope, Pending, Slice, Span, Wanted, part_name};
use flowkit_model::filter::Expression;
use serde_json::Value;

use crate::cursor::query;
use crate::error::FetchError;
use crate::server::Server;
use counts::count;
use indices::{IndexLister, indices};
use split::{CountedSpan, Splitter};

/// What to plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanRequest<'a> {
    pub(crate) pattern: &'a str,
    pub(crate) window: Span,
    /// The window of the dump, of which `window` may be the newest part.
    pub(crate) whole: Span,
    pub(crate) filter: Option<&'a Expression>,
    /// An additional query in the server's language.
    pub(crate) query: Option<&'a Value>,
    /// Approximate documents per part.
    pub(crate) part_size: u64,
    /// Number of the first part.
    pub(crate) first_number: usize,
}

/// The plan of a fetch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Sorted by name.
    pub(crate) indices: Vec<PlannedIndex>,
    pub(crate) parts: Vec<Pending>,
    /// For each index the query of the dump.
    pub(crate) wanted: Vec<Wanted>,
    /// Indices without documents in the window.
    pub(crate) empty: Vec<String>,
    /// Closed indices, which a wildcard skips.
    pub(crate) closed: Vec<String>,
    /// Remarks for people.
    pub(crate) notes: Vec<String>,
    /// Number of the first part.
    pub(crate) first_number: usize,
}

/// One index of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlannedIndex {
    pub(crate) name: String,
    /// Number of documents to fetch, if the server counts them.
    pub(crate) documents: Option<u64>,
    /// Limit of its page size, if known.
    pub(crate) largest_page: Option<u32>,
    /// Number of primary shards, if known.
    pub(crate) shards: Option<u32>,
    /// Its query, without a time span.
    pub(crate) query: Value,
}

impl Plan {
    /// Limit of the page size of an index.
    pub(crate) fn largest_page(&self, index: &str) -> u32 {
        let found = self.indices.iter().find(|planned| planned.name == index);
        found.and_then(|planned| planned.largest_page).unwrap_or(u32::MAX)
    }

    /// Adds an index with its parts, and names these.
    fn add(&mut self, index: PlannedIndex, parts: Vec<Pending>) {
        if parts.is_empty() {
            self.empty.push(index.name);
            return;
        }
        for part in parts {
            let name = part_name(self.first_number + self.parts.len(), &index.name);
            let scope = PartScope { index: index.name.clone(), ..part.scope };
            self.parts.push(Pending { name, scope, ..part });
        }
        self.indices.push(index);
    }

    /// Largest number of shards of an index.
    pub(crate) fn most_shards(&self) -> u64 {
        self.indices.iter().filter_map(|index| index.shards).max().unwrap_or(1).into()
    }
}

/// Makes the plan, by asking the server.
///
/// # Errors
/// If no index matches, the filter cannot be pushed down, or the server cannot be
/// reached.
pub(crate) fn plan<S: Server>(server: &S, request: PlanRequest<'_>) -> Result<Plan, FetchError> {
    let mut plan = Plan { first_number: request.first_number, ..Plan::default() };
    let lister = IndexLister { server, pattern: request.pattern };
    for index in indices(&lister, request, &mut plan)? {
        plan_index(server, request, index, &mut plan)?;
    }
    Ok(plan)
}

/// The indices with their shards and limits, for a dump that has a plan: it is
/// resumed, or some parts are re-fetched.
pub(crate) fn indices_of<S: Server>(
    server: &S,
    pattern: &str,
) -> Result<Vec<PlannedIndex>, FetchError> {
    let lister = IndexLister { server, pattern };
    Ok(lister.settings("open")?.unwrap_or_default())
}

/// Counts the documents of an index, and splits them into parts.
fn plan_index<S: Server>(
    server: &S,
    request: PlanRequest<'_>,
    mut index: PlannedIndex,
    plan: &mut Plan,
) -> Result<(), FetchError> {
    let size = request.part_size;
    let of_span = |span: Span| {
        let time = if span == Span::default() { query::dated() } else { query::span(span) };
        query::all_of([time, index.query.clone()])
    };
    let dated = count(server, &index.name, &of_span(request.window))?;
    let undated_query = query::all_of([query::undated(), index.query.clone()]);
    // Documents without a time are in no bounded window.
    let is_open = request.window == Span::default();
    let undated = if is_open { count(server, &index.name, &undated_query)? } else { Some(0) };
    let mut parts = Vec::new();
    if dated != Some(0) {
        let whole = CountedSpan { span: request.window, documents: dated.unwrap_or(0) };
        let mut spans = vec![whole];
        if whole.documents > size {
            spans = Splitter { server, index: &index.name, query: &of_span, size }.split(whole)?;
        }
        for CountedSpan { span, documents } in spans {
            let (query, documents) = (of_span(span), dated.map(|_| documents));
            let scope = PartScope { window: span, query, ..PartScope::default() };
            let part = Pending { scope, documents, ..Pending::default() };
            parts.extend(slices(&part, size, index.shards));
        }
    }
    if undated != Some(0) {
        let scope = PartScope { without_time: true, query: undated_query, ..PartScope::default() };
        let part = Pending { scope, documents: undated, ..Pending::default() };
        parts.extend(slices(&part, size, index.shards));
    }
    index.documents = dated.zip(undated).map(|(dated, undated)| dated + undated);
    let query = query::all_of([query::span(request.whole), index.query.clone()]);
    plan.wanted.push(Wanted { index: index.name.clone(), query });
    plan.add(index, parts);
    Ok(())
}

/// Slices a part that time cannot split; at most one slice per shard, where
/// slices are cheap.
fn slices(part: &Pending, size: u64, shards: Option<u32>) -> Vec<Pending> {
    let wanted = part.documents.unwrap_or(0).div_ceil(size.max(1));
    let max = u32::try_from(wanted).unwrap_or(u32::MAX).min(shards.unwrap_or(1));
    if max < 2 {
        return vec![part.clone()];
    }
    let slice = |id| Pending {
        scope: PartScope { slice: Some(Slice { id, max }), ..part.scope.clone() },
        documents: part.documents.map(|documents| documents / u64::from(max)),
        ..part.clone()
    };
    (0..max).map(slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    fn run(answers: &[(u16, &str)]) -> (Result<Plan, FetchError>, Vec<String>) {
        let answers = answers.iter().map(|(status, text)| (*status, (*text).to_owned()));
        let script = ScriptedServer::new(answers.collect());
        let request = PlanRequest {
            pattern: "netflow-*",
            window: Span { from_ms: Some(5), to_ms: None },
            whole: Span { from_ms: Some(5), to_ms: None },
            filter: None,
            query: None,
            part_size: 100,
            first_number: 1,
        };
        let plan = plan(&script, request);
        (plan, script.calls())
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
            let slices = slices(&part(documents), 100, shards);
            let list = slices.iter().map(|p| p.scope.slice.map(|s| (s.id, s.max)));
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
}

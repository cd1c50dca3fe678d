//! Plans a fetch: which indices match the pattern, how many documents each has,
//! and how these are split into parts.
//!
//! A part is a concrete index, a span of time and possibly a slice. A cursor over
//! one concrete index takes few search contexts on the server, and is not
//! affected when the next day's index appears.

mod alias;
mod asked;
pub(crate) mod counts;
mod indices;
pub(crate) mod limits;
mod parts;
mod pushdown;
mod split;
mod times;

use flowkit_model::dump::{PartScope, Pending, Span, Wanted, part_name};
use flowkit_model::filter::Expression;
use serde_json::Value;

use crate::cursor::query;
use crate::error::FetchError;
use crate::request::{LARGEST_PART, SMALLEST_PART};
use crate::server::Server;
pub(crate) use asked::check_asked;
use indices::{IndexLister, closed_note, indices};
use parts::{count_index, split_index};
pub(crate) use times::{check_times, tell_undated};

/// Most parts of a fetch: the manifest has some hundred bytes of each.
const MOST_PARTS: usize = 100_000;

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
    /// The indices that the dump has; of another one all of `whole` is wanted.
    pub(crate) known: &'a [Wanted],
    /// Approximate documents per part, if given.
    pub(crate) part_size: Option<u64>,
    /// Number of the first part.
    pub(crate) first_number: usize,
}

impl PlanRequest<'_> {
    /// The window in which documents of an index are new. An index that appeared
    /// since is wanted whole.
    fn window_of(&self, index: &str) -> Span {
        // Where the indices could not be listed the pattern stands for them.
        let is_known =
            self.known.iter().any(|known| [index, self.pattern].contains(&known.index.as_str()));
        if is_known || self.known.is_empty() { self.window } else { self.whole }
    }
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
    /// Whether searches leave it out.
    pub(crate) is_frozen: bool,
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
    let mut counted = Vec::new();
    for index in indices(&lister, request, &mut plan)? {
        counted.push(count_index(server, request, index)?);
    }
    plan.notes.extend(closed_note(&plan.closed));
    let all = counted.iter().filter_map(|counted| counted.index.documents);
    let all = all.fold(0, u64::saturating_add);
    let size = request.part_size.unwrap_or_else(|| part_size(all)).max(1);
    for index in counted {
        split_index(server, request, index, size, &mut plan)?;
    }
    Ok(plan)
}

/// Approximate documents per part, of so many: what an interruption throws away
/// is a small share of the whole, and parts are not too many.
fn part_size(documents: u64) -> u64 {
    const PARTS: u64 = 20;
    (documents / PARTS).clamp(SMALLEST_PART, LARGEST_PART)
}

/// What is wanted now of each index that the pattern names, and what else was
/// found: closed indices, remarks.
pub(crate) fn wanted_now<S: Server>(
    server: &S,
    request: PlanRequest<'_>,
) -> Result<(Vec<Wanted>, Plan), FetchError> {
    let lister = IndexLister { server, pattern: request.pattern };
    let mut plan = Plan::default();
    let found = indices(&lister, request, &mut plan)?;
    let wanted = |index: PlannedIndex| {
        let query = query::all_of([query::span(request.whole), index.query]);
        Wanted { index: index.name, query }
    };
    Ok((found.into_iter().map(wanted).collect(), plan))
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
            known: &[],
            part_size: Some(100),
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

    /// As Elasticsearch 7 lists an index that was frozen, and counts it.
    #[test]
    fn a_frozen_index_is_told_and_not_taken_for_empty() {
        let frozen = r#"{"netflow-a":{"settings":{"index.frozen":"true","index.search.throttled":"true"}},"netflow-b":{"settings":{}}}"#;
        let (plan, asked) = run(&[(200, frozen), (200, "{}"), (200, &count(7))]);
        let plan = plan.unwrap();
        assert!(plan.notes[0].contains("netflow-a is frozen"), "{:?}", plan.notes);
        assert_eq!(plan.parts.len(), 1);
        assert!(asked.iter().all(|call| !call.contains("/netflow-a/_count")), "{asked:?}");
        let alone = r#"{"netflow-a":{"settings":{"index.frozen":"true"}}}"#;
        let error = run(&[(200, alone)]).0.unwrap_err();
        assert!(error.to_string().contains("_unfreeze"), "{error}");
        // Where its settings may not be read.
        let none = r#"{"count":0,"_shards":{"total":0,"successful":0,"skipped":0,"failed":0}}"#;
        let (plan, _) = run(&[(200, r#"{"netflow-a":{}}"#), (200, "{}"), (200, none)]);
        assert_eq!(plan.unwrap().indices[0].documents, None);
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
        for answer in [(500, "{}"), (200, inexact), (502, "<html>")] {
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
        let has_read = r#"{"username":"u","index":{"netflow-*":{"read":true}}}"#;
        for answers in [
            vec![(404, missing), (400, "{}"), (200, others)],
            vec![(200, "{}"), (200, "{}"), (200, no_shards), (400, "{}"), (200, others)],
            vec![(403, FORBIDDEN), (200, no_shards), (200, has_read), (200, others)],
        ] {
            let message = run(&answers).0.unwrap_err().to_string();
            assert!(
                message.contains("no index netflow-*") && message.contains("flows-1, flows-2"),
                "{message}"
            );
        }
    }

    /// As Elasticsearch 8.19 answers a login without any role, with roles on other
    /// indices alone, and behind a gateway that passes errors on with status 200.
    #[test]
    fn a_login_without_rights_is_told_so_and_never_that_there_is_no_index() {
        let denied = r#"{"error":{"root_cause":[{"type":"security_exception","reason":"action [indices:data/read/search] is unauthorized for user [weak] with effective roles [], this action is granted by the index privileges [read,all]"}]},"status":403}"#;
        let no_shards = r#"{"_shards":{"total":0,"successful":0,"failed":0}}"#;
        let lacks = r#"{"username":"weak","index":{"netflow-*":{"read":false}}}"#;
        for answers in [
            vec![(403, FORBIDDEN), (403, denied)],
            vec![(200, "{}"), (200, "{}"), (200, no_shards), (200, lacks)],
            vec![(200, "{}"), (200, "{}"), (403, denied)],
            vec![(403, FORBIDDEN), (200, no_shards), (200, lacks)],
            vec![(200, r#"{"netflow-a":{}}"#), (200, "{}"), (403, denied)],
        ] {
            let error = run(&answers).0.unwrap_err();
            assert!(matches!(error, FetchError::Forbidden { .. }), "{error}");
            let message = error.to_string();
            for words in ["403: http://script", "user weak", "the index privilege read"] {
                assert!(message.contains(words), "{message}");
            }
        }
    }

    #[test]
    fn parts_are_a_twentieth_of_all_within_limits() {
        for (documents, expected) in
            [(0, 25_000), (300_000, 25_000), (2_000_000, 100_000), (100_000_000, 500_000)]
        {
            assert_eq!(part_size(documents), expected);
        }
    }

    #[test]
    fn an_index_that_appeared_since_is_wanted_whole() {
        let known = [Wanted { index: "netflow-a".to_owned(), ..Wanted::default() }];
        let (window, whole) = (Span { from_ms: Some(9), to_ms: None }, Span::default());
        let request = |known| PlanRequest {
            pattern: "netflow-*",
            window,
            whole,
            filter: None,
            query: None,
            known,
            part_size: None,
            first_number: 1,
        };
        assert_eq!(request(&known).window_of("netflow-a"), window);
        assert_eq!(request(&known).window_of("netflow-b"), whole);
        assert_eq!(request(&[]).window_of("netflow-b"), window);
        let pattern = [Wanted { index: "netflow-*".to_owned(), ..Wanted::default() }];
        assert_eq!(request(&pattern).window_of("netflow-b"), window);
    }
}

//! Parses error answers, and turns them into errors with a hint.
//!
//! The relevant type is in `error.root_cause[0]`, else in the first failed shard,
//! else in `error` itself, which may be a plain string. Versions differ in the
//! status of a cause, so that types and texts decide.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::error::{Denied, FetchError, Lack, Unsearchable, Why, blank, printable};

/// An answer with an error is read so far: errors name the failed shards. What was cut
/// off there is no JSON any more, and is judged by its status.
pub(crate) const MAX_ERROR: u64 = 1 << 20;
/// A longer answer is not looked at for an error: errors name a few shards.
const LONGEST_ERROR: usize = 64 * 1024;

/// An answer with an error status, parsed as far as possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// Type of the root cause, or empty.
    pub(crate) kind: String,
    /// Reason of the root cause, or the start of a body that is not JSON.
    reason: String,
    /// The index it is about, or empty.
    pub(crate) index: String,
    /// Whether no shard began, because all search queues were full.
    never_began: bool,
    /// Whether it is JSON, or the start of it.
    is_json: bool,
}

/// The request, for the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) url: &'a str,
    pub(crate) request: &'a str,
    pub(crate) index: &'a str,
    pub(crate) keep_alive: &'a str,
    /// Page size.
    pub(crate) size: u32,
    /// Number of pages received before.
    pub(crate) page: u64,
}

impl Refusal {
    pub(crate) fn new(status: u16, body: &[u8]) -> Self {
        let Ok(Value::Object(answer)) = serde_json::from_slice(body) else {
            // Long enough for messages; a page of HTML can be long.
            let text = String::from_utf8_lossy(body);
            let start = blank(&text).chars().take(1_000).collect::<String>();
            return Self {
                status,
                kind: String::new(),
                is_json: body.len() as u64 >= MAX_ERROR && start.starts_with('{'),
                reason: start,
                index: String::new(),
                never_began: false,
            };
        };
        let error = answer.get("error").unwrap_or(&Value::Null);
        let cause = [&error["root_cause"][0], &error["failed_shards"][0]["reason"], error]
            .into_iter()
            .find(|cause| cause["type"].is_string())
            .unwrap_or(error);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // Gateways in front of a server have a message and nothing else.
        let message =
            || text(&answer.get("message").or(answer.get("Message")).cloned().unwrap_or_default());
        let reason = match error {
            Value::Null => message(),
            error if error.is_string() => text(error),
            _ => text(&cause["reason"]),
        };
        let (kind, index) = (text(&cause["type"]), printable(&text(&cause["index"])));
        let never_began = status == 429 && never_began(error);
        Self { status, kind, reason, index, never_began, is_json: true }
    }

    /// Whether the server rejects a query parameter as unknown.
    pub(crate) fn is_unknown_parameter(&self, name: &str) -> bool {
        self.status == 400
            && self.reason.contains("unrecognized parameter")
            && self.reason.contains(name)
    }

    /// The server's limit of the page size, if that was exceeded.
    pub(crate) fn largest_page(&self) -> Option<u32> {
        if !self.reason.contains("too large") || !self.reason.contains("less than or equal to") {
            return None;
        }
        let (_, rest) = self.reason.split_once('[')?;
        rest.split_once(']')?.0.parse().ok().filter(|limit| *limit > 0)
    }

    /// `type: reason`, safe for a terminal.
    pub(crate) fn words(&self) -> String {
        let text = match (self.kind.as_str(), self.reason.as_str()) {
            ("", "") => format!("status {}", self.status),
            ("", reason) => reason.to_owned(),
            (kind, "") => kind.to_owned(),
            (kind, reason) => format!("{kind}: {reason}"),
        };
        printable(&text)
    }

    /// The error, with its cause and a hint.
    pub(crate) fn into_error(self, context: Context) -> FetchError {
        let Context { url, request, index, keep_alive, size, page } = context;
        let (url, request) = (url.to_owned(), request.to_owned());
        // If several indices were requested, the server names the one.
        let index = if self.index.is_empty() { index.to_owned() } else { self.index.clone() };
        let (status, reason, keep_alive) = (self.status, self.words(), keep_alive.to_owned());
        if self.reason.contains("too many scroll contexts") {
            return FetchError::TooManyScrolls { reason };
        }
        if self.reason.contains("Keep alive for") && self.reason.contains("too large") {
            return FetchError::KeepAlive { keep_alive, reason };
        }
        match self.kind.as_str() {
            "search_context_missing_exception" => {
                FetchError::ScrollExpired { index, page, keep_alive, reason }
            }
            _ if self.never_began => FetchError::Rejected { url, request, reason },
            "circuit_breaking_exception" => FetchError::OutOfMemory { size, reason },
            "index_not_found_exception" => FetchError::NoIndex { index, url, found: Vec::new() },
            "index_closed_exception" => FetchError::IndexClosed { index, reason },
            "cluster_block_exception" if status == 403 => {
                FetchError::Unsearchable(Unsearchable { index, why: Why::Blocked(reason) })
            }
            _ if status == 401 => FetchError::Unauthorized { url, reason },
            _ if status == 403 && self.is_json => FetchError::Forbidden(Denied {
                url,
                request,
                lack: Lack::read(&self.reason),
                reason,
            }),
            _ if !self.is_json => FetchError::NotJson { url, request, status, start: reason },
            _ if status == 429 => FetchError::Busy { url, request, reason },
            _ if status == 503 => FetchError::NotReady { url, request, reason },
            _ => FetchError::Refused { url, request, status, reason },
        }
    }
}

/// The status of an answer: that of an error which a gateway passed on with
/// status 200, else the one of HTTP.
pub(crate) fn stated_status(status: u16, body: &[u8]) -> u16 {
    #[derive(Deserialize)]
    struct Stated {
        #[serde(rename = "error")]
        _error: IgnoredAny,
        status: u16,
    }
    let is_short = body.len() <= LONGEST_ERROR;
    let stated = || serde_json::from_slice::<Stated>(body).ok().map(|stated| stated.status);
    let is_error = |stated: &u16| matches!(stated, 400..=599);
    if status == 200 && is_short { stated().filter(is_error).unwrap_or(status) } else { status }
}

/// Whether the search queue was full on every shard before the query began. An
/// exception of any other kind, or in another phase, frees the shard's cursor.
fn never_began(error: &Value) -> bool {
    let is_rejected = |cause: &Value| {
        let kind = cause["type"].as_str().unwrap_or_default();
        matches!(kind, "es_rejected_execution_exception" | "rejected_execution_exception")
            // OpenSearch uses this kind for too many scrolls too.
            && !cause["reason"].as_str().unwrap_or_default().contains("scroll")
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (causes, shards) = (list(&error["root_cause"]), list(&error["failed_shards"]));
    error["phase"] == "query"
        && error["reason"] == "all shards failed"
        && !causes.is_empty()
        && !shards.is_empty()
        && causes.iter().all(is_rejected)
        && shards.iter().all(|shard| is_rejected(&shard["reason"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, expected: &str) {
        let context = Context {
            url: "http://h:9200",
            request: "POST /netflow-*/_search",
            index: "netflow-*",
            keep_alive: "48h",
            size: 10_000,
            page: 3,
        };
        let message = Refusal::new(status, body.as_bytes()).into_error(context).to_string();
        assert!(message.contains(expected), "{message}\nlacks {expected}");
        assert!(!message.contains('\n'), "{message}");
    }

    fn envelope(kind: &str, reason: &str) -> String {
        format!(
            r#"{{"error":{{"root_cause":[{{"type":"{kind}","reason":"{reason}"}}],"type":"search_phase_execution_exception","reason":"all shards failed"}},"status":500}}"#
        )
    }

    #[test]
    fn each_cause_has_its_cure() {
        let cases = [
            (
                404,
                "search_context_missing_exception",
                "No search context found for id [13]",
                "--keep-alive longer than 48h",
            ),
            (
                500,
                "exception",
                "Trying to create too many scroll contexts. Must be less than or equal to: [4].",
                "search.max_open_scroll_context",
            ),
            (
                429,
                "rejected_execution_exception",
                "Trying to create too many scroll contexts.",
                "too many open scrolls",
            ),
            (
                500,
                "query_phase_execution_exception",
                "Keep alive for scroll (2d) is too large. It must be less than (1d).",
                "--keep-alive 48h is refused",
            ),
            (
                400,
                "illegal_argument_exception",
                "Keep alive for request (2d) is too large.",
                "--keep-alive 48h is refused",
            ),
            (429, "circuit_breaking_exception", "[parent] Data too large", "--size 5000"),
            (503, "circuit_breaking_exception", "[parent] Data too large", "--size 5000"),
            (429, "es_rejected_execution_exception", "rejected execution of ...", "too busy"),
            (404, "index_not_found_exception", "no such index [nope]", "no index netflow-*"),
            (400, "index_closed_exception", "closed", "_open"),
            (401, "security_exception", "missing authentication credentials", "--password-file"),
            (
                403,
                "security_exception",
                "action [indices:data/read/search] is unauthorized",
                "403: http://h:9200 forbids POST /netflow-*/_search to this login",
            ),
            (
                503,
                "cluster_block_exception",
                "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered]",
                "_cluster/health",
            ),
            (400, "parsing_exception", "Unknown key", "status 400: parsing_exception: Unknown key"),
        ];
        for (status, kind, reason, expected) in cases {
            check(status, &envelope(kind, reason), expected);
        }
    }

    /// As Elasticsearch 8.19 answers for an index with `index.blocks.read`.
    #[test]
    fn a_block_of_an_index_is_no_missing_right() {
        let words = "index [netflow-a] blocked by: [FORBIDDEN/7/index read (api)];";
        let body = envelope("cluster_block_exception", words);
        check(403, &body, "netflow-* is blocked for reading (cluster_block_exception: index");
    }

    /// Recorded from Elasticsearch 6.8, 7.10 and 7.17, `OpenSearch` 2.11 and 3.8.
    const RECORDED: &str = include_str!("../../tests/answers.json");

    #[test]
    fn what_real_servers_said_is_understood_whatever_their_version() {
        let recorded: std::collections::BTreeMap<String, Value> =
            serde_json::from_str(RECORDED).unwrap();
        assert!(recorded.len() > 35);
        let cures = [
            ("too-many-scrolls", "search.max_open_scroll_context"),
            ("scroll-gone", "--keep-alive longer than 48h"),
            ("pit-elastic-gone", "--keep-alive longer than 48h"),
            ("pit-opensearch-gone", "--keep-alive longer than 48h"),
            ("index-closed", "netflow-2018.09.22 is closed"),
            ("index-missing", "no index nope"),
            ("keep-alive-too-long", "--keep-alive 48h is refused"),
            ("size-too-large", "less than or equal to: [10000]"),
            ("bad-date", "failed to parse date field"),
            ("scroll-bad-id", "Cannot parse scroll id"),
        ];
        for (name, answer) in &recorded {
            let case = name.split(' ').nth(1).unwrap();
            let (_, cure) = cures.iter().find(|(known, _)| *known == case).unwrap();
            let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
            let body = answer["answer"].to_string();
            check(status, &body, cure);
            let refusal = Refusal::new(status, body.as_bytes());
            let limit = refusal.largest_page();
            assert_eq!(limit, (case == "size-too-large").then_some(10_000), "{name}");
            assert!(!refusal.never_began, "{name}: it is not certain");
        }
    }

    #[test]
    fn a_full_queue_is_told_from_a_search_that_began() {
        let body = |phase: &str, kind: &str| {
            let cause = format!(r#"{{"type":"{kind}","reason":"rejected execution of x"}}"#);
            format!(
                r#"{{"error":{{"root_cause":[{cause}],"type":"search_phase_execution_exception","reason":"all shards failed","phase":"{phase}","grouped":true,"failed_shards":[{{"shard":0,"reason":{cause}}}]}},"status":429}}"#
            )
        };
        check(429, &body("query", "es_rejected_execution_exception"), "no room in its queue");
        check(429, &body("query", "rejected_execution_exception"), "no room in its queue");
        check(429, &body("fetch", "es_rejected_execution_exception"), "too busy");
        check(429, &body("query", "other_exception"), "too busy");
    }

    #[test]
    fn errors_of_other_shapes_are_understood() {
        check(405, r#"{"error":"Incorrect HTTP method","status":405}"#, "Incorrect HTTP method");
        check(401, "Unauthorized", "401: http://h:9200 does not know who is asking: Unauthorized");
        check(403, r#"{"Message":"User: x is not authorized"}"#, "to user x (User: x is");
        check(502, "<html>\n<h1>502 Bad Gateway</h1>", "no JSON: <html> <h1>502 Bad Gateway</h1>");
        check(403, "<html>blocked", "no JSON: <html>blocked");
        check(
            500,
            r#"{"error":{"root_cause":[],"type":"x_exception","reason":null}}"#,
            "x_exception",
        );
        check(
            500,
            r#"{"error":{"root_cause":[],"failed_shards":[{"reason":{"type":"t","reason":"r"}}]}}"#,
            "t: r",
        );
        check(500, "{}", "status 500");
        check(500, "[1]", "no JSON");
        check(503, "", "status 503");
    }

    /// An error that names thousands of shards is read to its limit only.
    #[test]
    fn an_error_that_was_cut_off_is_judged_by_its_status() {
        let cut = |status: u16, expected: &str| {
            let body = envelope("x_exception", &"y".repeat(2 << 20));
            check(status, &body[..1 << 20], expected);
        };
        cut(400, "status 400: {\"error\":{\"root_cause\":[{\"type\":\"x_exception\"");
        cut(403, "403: http://h:9200 forbids POST /netflow-*/_search");
        cut(429, "too busy");
        cut(503, "_cluster/health");
        check(400, &"<".repeat(1 << 20), "no JSON");
        check(503, "{\"error\":", "no JSON");
    }

    #[test]
    fn an_error_that_came_with_status_200_has_the_status_it_states() {
        for (body, expected) in [
            (r#"{"error":{"type":"security_exception"},"status":403}"#, 403),
            (r#"{"status":401,"error":"x"}"#, 401),
            (r#"{"error":"x","status":200}"#, 200),
            (r#"{"took":1,"hits":{"hits":[{"_source":{"error":1,"status":403}}]}}"#, 200),
            ("{", 200),
        ] {
            assert_eq!(stated_status(200, body.as_bytes()), expected, "{body}");
        }
        assert_eq!(stated_status(404, br#"{"error":"x","status":403}"#), 404);
    }

    #[test]
    fn the_largest_page_is_read_from_the_text() {
        let text = "Batch size is too large, size must be less than or equal to: [10000] but was [10001]. Scroll batch sizes cost";
        for status in [400, 500] {
            let refusal = Refusal::new(status, envelope("t", text).as_bytes());
            assert_eq!(refusal.largest_page(), Some(10_000));
        }
        let other = Refusal::new(400, envelope("t", "Data too large [x]").as_bytes());
        assert_eq!(other.largest_page(), None);
    }

    #[test]
    fn an_unknown_parameter_is_known_by_its_name() {
        let text =
            "request [/x/_search] contains unrecognized parameter: [allow_partial_search_results]";
        let refusal = Refusal::new(400, envelope("illegal_argument_exception", text).as_bytes());
        assert!(refusal.is_unknown_parameter("allow_partial_search_results"));
        assert!(!refusal.is_unknown_parameter("scroll"));
    }
}

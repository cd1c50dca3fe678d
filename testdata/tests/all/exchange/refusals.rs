//! Requests that are refused, and the words of the recorded answers.

use super::client::Client;

/// Method, path and body of a request; status and words of the recorded answer.
type Refusal = (&'static str, &'static str, &'static str, u16, &'static str);

const REFUSALS: &[Refusal] = &[
    (
        "POST",
        "/_search/scroll",
        r#"{"scroll":"1m","scroll_id":"xyz"}"#,
        400,
        r#"{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"Cannot parse scroll id"}],"type":"illegal_argument_exception","reason":"Cannot parse scroll id","caused_by":{"type":"e_o_f_exception","reason":"tried to read: 5703 bytes but only 0 remaining"}},"status":400}"#,
    ),
    (
        "POST",
        "/netflow-*/_search?scroll=1m",
        r#"{"size":0}"#,
        400,
        r#"{"error":{"root_cause":[{"type":"action_request_validation_exception","reason":"Validation Failed: 1: [size] cannot be [0] in a scroll context;"}],"type":"action_request_validation_exception","reason":"Validation Failed: 1: [size] cannot be [0] in a scroll context;"},"status":400}"#,
    ),
    (
        "POST",
        "/netflow-*/_search?scroll=1m",
        r#"{"from":1,"track_total_hits":false}"#,
        400,
        "Validation Failed: 1: disabling [track_total_hits] is not allowed in a scroll context;2: using [from] is not allowed in a scroll context;",
    ),
    (
        "POST",
        "/netflow-*/_search?scroll=1m",
        r#"{"size":10001}"#,
        400,
        "Batch size is too large, size must be less than or equal to: [10000] but was [10001]. Scroll batch sizes cost as much memory as result windows so they are controlled by the [index.max_result_window] index level setting.",
    ),
    (
        "POST",
        "/netflow-*/_search",
        r#"{"size":20000}"#,
        400,
        "Result window is too large, from + size must be less than or equal to: [10000] but was [20000].",
    ),
    (
        "POST",
        "/netflow-*/_search?scroll=48h",
        r#"{"size":1}"#,
        400,
        "Keep alive for request (2d) is too large. It must be less than (1d). This limit can be set by changing the [search.max_keep_alive] cluster level setting.",
    ),
    (
        "POST",
        "/netflow-*/_search?scroll=x",
        "{}",
        400,
        "failed to parse setting [scroll] with value [x] as a time value: unit is missing or unrecognized",
    ),
    (
        "POST",
        "/nope/_search?scroll=1m",
        r#"{"size":1}"#,
        404,
        r#"{"type":"index_not_found_exception","reason":"no such index [nope]","resource.type":"index_or_alias","resource.id":"nope","index_uuid":"_na_","index":"nope"}"#,
    ),
    ("POST", "/zz-*/_search?allow_no_indices=false", "{}", 404, "no such index [zz-*]"),
    (
        "POST",
        "/netflow-*/_search",
        r#"{"query":{"range":{"@timestamp":{"gte":"yesterday","format":"date_time_no_millis"}}}}"#,
        400,
        r#""failed_shards":[{"shard":0,"index":"netflow-2018.09.21","node":"#,
    ),
    (
        "POST",
        "/netflow-*/_search",
        r#"{"slice":{"id":0,"max":2}}"#,
        500,
        "[slice] can only be used with [scroll] or [point-in-time] requests",
    ),
    (
        "POST",
        "/netflow-*/_search?scroll=1m",
        r#"{"slice":{"id":3,"max":2000}}"#,
        400,
        "The number of slices [2000] is too large. It must be less than [1024].",
    ),
    (
        "POST",
        "/netflow-*/_search",
        r#"{"sort":"nofield"}"#,
        400,
        "No mapping found for [nofield] in order to sort on",
    ),
    (
        "POST",
        "/netflow-*/_search",
        r#"{"query":"#,
        400,
        r"Unexpected end-of-input within/between Object entries\n at [Source: (org.elasticsearch.common.io.stream.ByteBufferStreamInput); line: 1, column: 10]",
    ),
    ("POST", "/netflow-*/_search", "[]", 400, "Expected [START_OBJECT] but found [START_ARRAY]"),
    (
        "GET",
        "/_search?foo=1",
        "",
        400,
        r#"{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"request [/_search] contains unrecognized parameter: [foo]"}],"type":"illegal_argument_exception","reason":"request [/_search] contains unrecognized parameter: [foo]"},"status":400}"#,
    ),
    ("POST", "/_search/scroll", "{}", 400, "Validation Failed: 1: scrollId is missing;"),
    ("DELETE", "/_search/scroll", "{}", 400, "Validation Failed: 1: no scroll ids specified;"),
    (
        "POST",
        "/_search/scroll",
        r#"{"scroll":"1m","x":1}"#,
        400,
        "Unknown parameter [x] in request body or parameter is of the wrong type[VALUE_NUMBER] ",
    ),
    (
        "GET",
        "/nope/x/y/z",
        "",
        400,
        r#"{"error":"no handler found for uri [/nope/x/y/z] and method [GET]"}"#,
    ),
    (
        "PUT",
        "/_search/scroll",
        "",
        405,
        r#"{"error":"Incorrect HTTP method for uri [/_search/scroll] and method [PUT], allowed: [POST, GET, DELETE]","status":405}"#,
    ),
    (
        "POST",
        "/netflow-*/_count",
        r#"{"size":1}"#,
        400,
        r#""reason":"request does not support [size]","line":1,"col":2"#,
    ),
];

/// The second request as the article prints it is wrong, and says so.
#[test]
fn the_misprint_is_refused_as_recorded() {
    let client = Client::new();
    let (status, text) = client
        .text("POST", "/netflow-*/_search?scroll", r#"{"scroll":"1m","scroll_id":"x"}"#)
        .unwrap();
    assert_eq!(status, 400);
    assert_eq!(
        text,
        r#"{"error":{"root_cause":[{"type":"parsing_exception","reason":"Unknown key for a VALUE_STRING in [scroll].","line":1,"col":11}],"type":"parsing_exception","reason":"Unknown key for a VALUE_STRING in [scroll].","line":1,"col":11},"status":400}"#
    );
}

#[test]
fn refusals_as_recorded() {
    let client = Client::new();
    for &(method, path, body, status, words) in REFUSALS {
        let (got, text) = client.text(method, path, body).unwrap();
        assert_eq!(got, status, "{path} {body} {text}");
        assert!(text.contains(words), "{path} {body}\n{text}");
    }
}

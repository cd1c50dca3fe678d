//! The practice server over HTTP: the exchange that flowkit started from, and
//! what a client meets when it goes wrong. Bodies are compared with recorded
//! answers of Elasticsearch 7.17 where those are short.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use flowkit_testdata::{Document, Fault, Server, practice_day};
use serde_json::{Value, json};

const WINDOW: &str = r#"{"range":{"@timestamp":{"gte":"2018-09-21T00:00:00+00:00","lte":"2018-09-21T23:59:59+00:00","format":"date_time_no_millis"}}}"#;

struct Client {
    agent: ureq::Agent,
    server: Server,
}

impl Client {
    fn new() -> Client {
        static DAY: LazyLock<Vec<Document>> = LazyLock::new(practice_day);
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            .build();
        Client { agent: config.into(), server: Server::start(DAY.clone(), 0).unwrap() }
    }

    fn text(&self, method: &str, path: &str, body: &str) -> Result<(u16, String), ureq::Error> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server.url()))
            .header("content-type", "application/json")
            .body(body.to_owned())
            .unwrap();
        let mut response = self.agent.run(request)?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(1 << 30).read_to_string()?;
        Ok((status, text))
    }

    fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, text) = self.text(method, path, body).unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    fn ok(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.send(method, path, body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn open(&self, size: usize) -> Value {
        let body = format!(
            r#"{{"size":{size},"sort":{{"@timestamp":{{"order":"asc"}}}},"query":{WINDOW}}}"#
        );
        self.ok("POST", "/netflow-*/_search?scroll=1m", &body)
    }
}

fn next_of(page: &Value) -> String {
    json!({"scroll": "1m", "scroll_id": page["_scroll_id"]}).to_string()
}

fn ids(page: &Value) -> Vec<String> {
    let hits = page["hits"]["hits"].as_array().unwrap();
    hits.iter().map(|hit| hit["_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_whole_exchange() {
    let client = Client::new();
    let mut page = client.open(100);
    assert_eq!(page["timed_out"], false);
    // One of the two indices lies after the window and is skipped on the first page.
    assert_eq!(page["_shards"], json!({"total": 2, "successful": 2, "skipped": 1, "failed": 0}));
    assert_eq!(page["hits"]["total"], json!({"value": 5492, "relation": "eq"}));
    let first = &page["hits"]["hits"][0];
    assert_eq!(first["_index"], "netflow-2018.09.21");
    assert_eq!(first["_type"], "_doc");
    assert_eq!(first["_score"], Value::Null);
    assert_eq!(first["sort"], json!([1_537_488_011_231_i64]));
    assert_eq!(first["_source"]["netflow"]["version"], "Netflow v5");

    let mut seen: HashSet<String> = ids(&page).into_iter().collect();
    let mut pages = 1;
    loop {
        page = client.ok("POST", "/_search/scroll", &next_of(&page));
        assert_eq!(
            page["_shards"],
            json!({"total": 1, "successful": 1, "skipped": 0, "failed": 0})
        );
        assert_eq!(page["hits"]["total"]["value"], 5492);
        let ids = ids(&page);
        if ids.is_empty() {
            break;
        }
        pages += 1;
        seen.extend(ids);
    }
    assert_eq!((pages, seen.len()), (55, 5492));

    // The end of the hits is not the end of the scroll.
    assert_eq!(client.server.open_scrolls(), 1);
    let delete = json!({"scroll_id": page["_scroll_id"]}).to_string();
    let deleted = client.send("DELETE", "/_search/scroll", &delete);
    assert_eq!(deleted, (200, json!({"succeeded": true, "num_freed": 1})));
    let again = client.send("DELETE", "/_search/scroll", &delete);
    assert_eq!(again, (404, json!({"succeeded": true, "num_freed": 0})));
    let requests = client.server.requests();
    assert_eq!(requests[0], "POST /netflow-*/_search?scroll=1m");
    assert_eq!(requests.len(), 58);
}

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
fn the_source_is_given_as_it_was_stored() {
    let client = Client::new();
    let (_, text) = client.text("POST", "/_search", r#"{"size":3,"sort":"@timestamp"}"#).unwrap();
    for document in &practice_day()[..3] {
        let hit = format!(
            r#"{{"_index":"{}","_type":"_doc","_id":"{}","_score":null,"_source":{},"sort":[{}]}}"#,
            document.index, document.id, document.source, document.timestamp_ms
        );
        assert!(text.contains(&hit), "{hit}");
    }
}

#[test]
fn a_repeated_id_gives_the_next_page() {
    let client = Client::new();
    let first = client.open(10);
    let (second, third) = (
        client.ok("POST", "/_search/scroll", &next_of(&first)),
        client.ok("POST", "/_search/scroll", &next_of(&first)),
    );
    assert_eq!(second["_scroll_id"], third["_scroll_id"]);
    let all: HashSet<String> = [&first, &second, &third].into_iter().flat_map(ids).collect();
    assert_eq!(all.len(), 30);
}

#[test]
fn a_scroll_ends_with_its_keep_alive() {
    let client = Client::new();
    let page = client.open(10);
    client.server.advance_clock(Duration::from_secs(59));
    client.ok("POST", "/_search/scroll", &next_of(&page));
    client.server.advance_clock(Duration::from_secs(59));
    client.ok("POST", "/_search/scroll", &next_of(&page));
    client.server.advance_clock(Duration::from_secs(60));
    let (status, text) = client.text("POST", "/_search/scroll", &next_of(&page)).unwrap();
    assert_eq!(status, 404);
    assert_eq!(
        text,
        r#"{"error":{"root_cause":[{"type":"search_context_missing_exception","reason":"No search context found for id [1]"}],"type":"search_phase_execution_exception","reason":"all shards failed","phase":"query","grouped":true,"failed_shards":[{"shard":-1,"index":null,"reason":{"type":"search_context_missing_exception","reason":"No search context found for id [1]"}}],"caused_by":{"type":"search_context_missing_exception","reason":"No search context found for id [1]"}},"status":404}"#
    );
    // So does a keep-alive that is too long.
    let page = client.open(10);
    let long = json!({"scroll": "25h", "scroll_id": page["_scroll_id"]}).to_string();
    let (status, answer) = client.send("POST", "/_search/scroll", &long);
    assert_eq!((status, &answer["error"]["failed_shards"][0]["shard"]), (400, &json!(-1)));
    assert_eq!(client.server.open_scrolls(), 0);
    client.open(10);
    client.server.expire_all();
    assert_eq!(client.server.open_scrolls(), 0);
}

/// Request, status, and words of the recorded answer.
#[expect(clippy::too_many_lines, reason = "one list of cases")]
#[test]
fn refusals_as_recorded() {
    let client = Client::new();
    let cases = [
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
        (
            "POST",
            "/netflow-*/_search",
            "[]",
            400,
            "Expected [START_OBJECT] but found [START_ARRAY]",
        ),
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
    for (method, path, body, status, words) in cases {
        let (got, text) = client.text(method, path, body).unwrap();
        assert_eq!(got, status, "{path} {body} {text}");
        assert!(text.contains(words), "{path} {body}\n{text}");
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_an_empty_answer() {
    let client = Client::new();
    let page = client.ok("POST", "/nope-*/_search?scroll=1m", r#"{"size":1}"#);
    assert_eq!(page["_scroll_id"], "FGluY2x1ZGVfY29udGV4dF91dWlkDnF1ZXJ5VGhlbkZldGNoAA==");
    assert_eq!(page["_shards"]["total"], 0);
    assert_eq!(page["hits"]["max_score"], 0.0);
    assert_eq!(client.send("POST", "/_search/scroll", &next_of(&page)).0, 503);
}

#[test]
fn slices_and_indices_hold_every_document_once() {
    let client = Client::new();
    for max in [2, 3, 5] {
        let mut seen = Vec::new();
        for id in 0..max {
            let body =
                format!(r#"{{"size":6000,"sort":["_doc"],"slice":{{"id":{id},"max":{max}}}}}"#);
            seen.extend(ids(&client.ok("POST", "/netflow-*/_search?scroll=1m", &body)));
        }
        let distinct: HashSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), distinct.len()), (5494, 5494), "{max} slices");
    }
}

#[test]
fn bounds_and_counts() {
    let client = Client::new();
    let body = r#"{"size":0,"aggs":{"first":{"min":{"field":"@timestamp"}},"last":{"max":{"field":"@timestamp"}},"indices":{"terms":{"field":"_index"}}}}"#;
    let answer = client.ok("POST", "/netflow-*/_search", body);
    assert_eq!(answer["aggregations"]["first"]["value_as_string"], "2018-09-21T00:00:11.231Z");
    assert_eq!(answer["aggregations"]["last"]["value"], 1_537_574_411_231.0);
    assert_eq!(
        answer["aggregations"]["indices"]["buckets"][1],
        json!({"key": "netflow-2018.09.22", "doc_count": 2})
    );
    assert_eq!(answer["hits"]["total"], json!({"value": 5494, "relation": "eq"}));
    let count = client.ok("POST", "/netflow-*/_count", &format!(r#"{{"query":{WINDOW}}}"#));
    assert_eq!(
        count,
        json!({"count": 5492, "_shards": {"total": 2, "successful": 2, "skipped": 0, "failed": 0}})
    );
    let https = client.ok("GET", "/_count", r#"{"query":{"term":{"netflow.dst_port":443}}}"#);
    assert_eq!(https["count"], 1084);
}

#[test]
fn what_there_is() {
    let client = Client::new();
    let root = client.ok("GET", "/", "");
    assert_eq!(root["version"]["number"], "7.17.28");
    assert_eq!(root["cluster_name"], "flowkit-practice");
    let nodes = client.ok("GET", "/_nodes/_local?filter_path=nodes.*.version", "");
    assert_eq!(nodes.as_object().unwrap().len(), 1);
    let rows = client.ok("GET", "/_cat/indices/netflow-*?format=json&bytes=b", "");
    assert_eq!(rows[0]["docs.count"], "5492");
    let (_, table) =
        client.text("GET", "/_cat/indices?h=index,docs.count,pri&v&s=index", "").unwrap();
    assert_eq!(
        table,
        "index              docs.count pri\nnetflow-2018.09.21       5492   1\nnetflow-2018.09.22          2   1\n"
    );
    let settings = client.ok(
        "GET",
        "/netflow-*/_settings?include_defaults=true&filter_path=*.defaults.index.max_result_window,*.settings.index.number_of_shards",
        "",
    );
    assert_eq!(
        settings["netflow-2018.09.22"],
        json!({"settings": {"index": {"number_of_shards": "1"}}, "defaults": {"index": {"max_result_window": "10000"}}})
    );
    let resolved = client.ok("GET", "/_resolve/index/netflow-*", "");
    assert_eq!(resolved["indices"].as_array().unwrap().len(), 2);
    let mapping = client.ok("GET", "/netflow-2018.09.21/_mapping", "");
    assert!(mapping["netflow-2018.09.21"]["mappings"]["properties"]["netflow"].is_object());
    let (_, pretty) = client.text("GET", "/?pretty&filter_path=version.number", "").unwrap();
    assert_eq!(pretty, "{\n  \"version\" : {\n    \"number\" : \"7.17.28\"\n  }\n}\n");
}

#[test]
fn an_empty_page_behind_a_filter_has_no_hits_member() {
    let client = Client::new();
    let path = "/netflow-*/_search?scroll=1m&filter_path=_scroll_id,hits.total,hits.hits._source";
    let body = r#"{"size":10000,"sort":"_doc"}"#;
    let page = client.ok("POST", path, body);
    assert_eq!(page["hits"]["hits"].as_array().unwrap().len(), 5494);
    let path = "/_search/scroll?filter_path=hits.total,hits.hits._source&rest_total_hits_as_int";
    assert_eq!(client.ok("POST", path, &next_of(&page)), json!({"hits": {"total": 5494}}));
}

#[test]
fn faults_happen_once_and_in_turn() {
    let client = Client::new();
    client.server.fail_next(Fault::Status(429, r#"{"error":"busy","status":429}"#.to_owned()));
    client.server.fail_next(Fault::Html502);
    client.server.fail_after(3, Fault::TimedOut);
    assert_eq!(client.send("GET", "/", "").0, 429);
    assert!(client.text("GET", "/", "").unwrap().1.starts_with("<html>"));
    assert_eq!(client.send("GET", "/", "").0, 200);
    let page = client.open(10);
    assert_eq!((page["timed_out"].clone(), ids(&page).len()), (Value::Bool(true), 5));
    client.server.fail_next(Fault::PartialShards);
    let page = client.ok("POST", "/_search", r#"{"size":10}"#);
    assert_eq!(page["_shards"]["failed"], 1);
    client.server.fail_next(Fault::ShrunkTotal);
    assert_eq!(client.open(10)["hits"]["total"]["value"], 5492 - 1099);
}

/// A lost answer is a lost page: the scroll went on all the same.
#[test]
fn a_connection_that_breaks_loses_a_page() {
    let client = Client::new();
    for fault in [Fault::Reset, Fault::TruncatedBody] {
        let first = client.open(10);
        client.server.fail_next(fault);
        assert!(client.text("POST", "/_search/scroll", &next_of(&first)).is_err());
        let after = client.ok("POST", "/_search/scroll", &next_of(&first));
        let all = client.ok(
            "POST",
            "/netflow-*/_search",
            &format!(r#"{{"size":30,"sort":"@timestamp","query":{WINDOW}}}"#),
        );
        assert_eq!(ids(&after), ids(&all)[20..]);
    }
}

/// Bytes that are no request end the connection, not the server.
#[test]
fn nonsense_ends_a_connection_only() {
    use std::io::{Read, Write};
    let client = Client::new();
    let deep = format!("{}{}", r#"{"query":{"bool":{"must":"#.repeat(50_000), "1");
    let deep = format!(
        "POST /_search HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{deep}",
        deep.len()
    );
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(5000));
    let inputs: [&[u8]; 6] = [
        b"\0\xff\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /_search HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        b"POST /_search HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        deep.as_bytes(),
        long.as_bytes(),
    ];
    for input in inputs {
        let mut stream =
            std::net::TcpStream::connect(&client.server.url()["http://".len()..]).unwrap();
        stream.write_all(input).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(client.send("GET", "/", "").0, 200);
}

#[test]
fn many_connections_at_once() {
    let client = Client::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut page = client.open(1000);
                let mut hits = 0;
                while !ids(&page).is_empty() {
                    hits += ids(&page).len();
                    page = client.ok("POST", "/_search/scroll", &next_of(&page));
                }
                assert_eq!(hits, 5492);
            });
        }
    });
    assert_eq!(client.server.open_scrolls(), 4);
}

/// Small answers one after the other on one connection: a stall of Nagle's
/// algorithm against delayed acknowledgements would cost 40 ms each, but for the
/// first few, which are acknowledged at once. A machine with more to do makes
/// some wait, not all.
#[test]
fn a_request_takes_no_40_ms() {
    let client = Client::new();
    let mut page = client.open(50);
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let start = Instant::now();
            page = client.ok("POST", "/_search/scroll", &next_of(&page));
            start.elapsed()
        })
        .skip(40)
        .collect();
    times.sort();
    assert!(times[times.len() / 4] < Duration::from_millis(30), "{times:?}");
}

//! What is not the search API, or does not let this login in, is told at the
//! first requests, in seconds, and leaves no dump.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::time::{Duration, Instant};

use flowkit_fetch::{Cancel, Credentials, FetchError, Request, fetch};
use flowkit_testdata::{Fault, Server, practice_day};

use crate::scripted_http::{Asked, Reply, ScriptedHttp};

/// A fetch with the options that people have, but a short wait for the silent.
fn request(url: String, output: &Path) -> Request {
    Request { url: Some(url), output: output.to_owned(), ..Request::default() }
}

/// The error of a fetch from there; checks that it came soon and left no dump.
fn refused(url: String, limit: Duration) -> FetchError {
    let place = tempfile::tempdir().unwrap();
    let (output, start) = (place.path().join("dump"), Instant::now());
    let error = fetch(&request(url, &output), &Cancel::new(), &()).unwrap_err();
    assert!(start.elapsed() < limit, "{:?}: {error}", start.elapsed());
    assert!(!output.exists(), "{error}");
    error
}

fn check(answers: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static, expected: &[&str]) {
    let server = ScriptedHttp::start(answers);
    let message = refused(server.url(), Duration::from_secs(8)).to_string();
    for words in expected {
        assert!(message.contains(words), "{message}\nlacks {words}");
    }
    assert!(server.requests().len() <= 9, "{:?}", server.requests());
}

#[test]
fn kibana_and_dashboards_are_named_with_what_to_give_instead() {
    let headers = "kbn-name: node-1\r\nlocation: /login?next=%2F\r\n";
    let kibana = move |_: &Asked| Some(Reply { status: 302, headers, body: Vec::new() });
    check(kibana, &["it is Kibana", "elasticsearch.hosts", "--url"]);
    let headers = "kbn-name: node-1\r\ncontent-type: application/json\r\n";
    let body = r#"{"statusCode":404,"error":"Not Found","message":"Not Found"}"#;
    check(
        move |_| Some(Reply { status: 404, headers, body: body.into() }),
        &["it is Kibana", "--url"],
    );
    check(move |_| Reply::json(404, body), &["status 404", "HOST:9200"]);
    // Behind a proxy that drops its headers.
    let headers = "location: /spaces/enter\r\n";
    check(
        move |_| Some(Reply { status: 302, headers, body: Vec::new() }),
        &["/spaces/enter, as Kibana does"],
    );
    check(
        |_| Some(Reply { status: 503, headers: "", body: "Kibana server is not ready yet".into() }),
        &["it is Kibana"],
    );
    let headers = "osd-name: d\r\nlocation: /app/login?\r\n";
    check(
        move |_| Some(Reply { status: 302, headers, body: Vec::new() }),
        &["it is OpenSearch Dashboards", "opensearch.hosts"],
    );
}

#[test]
fn a_login_page_and_the_page_of_a_proxy_are_told() {
    let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><input type=\"password\"></body></html>";
    check(move |_| Reply::html(200, page), &["titled \"Sign in\", a login page", "--user"]);
    let headers = "location: https://sso.example/oauth2/authorize?client=x\r\n";
    check(
        move |_| Some(Reply { status: 302, headers, body: Vec::new() }),
        &["https://sso.example/oauth2/authorize?client=x, a login page"],
    );
    let bad = "<html><head><title>502 Bad Gateway</title></head></html>";
    check(move |_| Reply::html(502, bad), &["status 502", "502 Bad Gateway", "a proxy answers"]);
    check(|_| Reply::html(504, ""), &["status 504", "a proxy answers"]);
    check(|_| Reply::html(200, "<html>It works!</html>"), &["a page of HTML", "HOST:9200"]);
    check(|_| Reply::json(200, r#"{"status":"ok"}"#), &["status 200", "HOST:9200"]);
    check(
        |_| Some(Reply { status: 400, headers: "", body: "This is not an HTTP port".into() }),
        &["it is the transport port", "9200"],
    );
}

/// Nothing is lost where a gateway passes on requests about indices alone.
#[test]
fn a_gateway_that_hides_the_root_is_no_stranger() {
    let server = Server::start(practice_day().into_iter().step_by(500).collect(), 0).unwrap();
    server.fail_next(Fault::Status(404, "<html>nginx</html>".to_owned()));
    server.fail_next(Fault::Status(404, "<html>nginx</html>".to_owned()));
    let place = tempfile::tempdir().unwrap();
    fetch(&request(server.url(), place.path()), &Cancel::new(), &()).unwrap();
    assert!(server.requests()[2].starts_with("GET /netflow-*/_count"));
}

#[test]
fn who_answers_nothing_is_told_in_seconds() {
    let silent = ScriptedHttp::start(|_| None);
    let error = refused(silent.url(), Duration::from_secs(14));
    let message = error.to_string();
    assert!(message.contains("answers nothing") && message.contains("9200"), "{message}");
}

/// An answer of the security of Elasticsearch 8.19.
fn denied(action: &str, kind: &str, privileges: &str) -> Option<Reply> {
    let reason = format!(
        "action [{action}] is unauthorized for user [weak] with effective roles [], this action is granted by the {kind} privileges [{privileges}]"
    );
    let cause = format!(r#"{{"type":"security_exception","reason":"{reason}"}}"#);
    Reply::json(
        403,
        format!(
            r#"{{"error":{{"root_cause":[{cause}],"type":"security_exception","reason":"{reason}"}},"status":403}}"#
        ),
    )
}

const NO_SHARDS: &str = r#"{"took":1,"timed_out":false,"_shards":{"total":0,"successful":0,"skipped":0,"failed":0},"hits":{"total":{"value":0,"relation":"eq"},"max_score":0.0,"hits":[]}}"#;
const LACKS: &str = r#"{"username":"weak","has_all_requested":false,"cluster":{},"index":{"netflow-*":{"read":false}},"application":{}}"#;

fn forbidden(answers: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) {
    let server = ScriptedHttp::start(answers);
    let error = refused(server.url(), Duration::from_secs(8));
    assert!(matches!(error, FetchError::Forbidden { .. }), "{error}");
    let message = error.to_string();
    for words in ["403: http://", "user weak", "the index privilege read"] {
        assert!(message.contains(words), "{message}\nlacks {words}");
    }
    assert!(!message.contains("no index netflow-*;"), "{message}");
}

/// As Elasticsearch 8.19 answers a login without any role.
#[test]
fn a_login_without_rights_is_told_403_its_name_and_the_missing_privilege() {
    forbidden(|asked| match asked.line.as_str() {
        "GET /" => {
            Reply::json(405, r#"{"error":"Incorrect HTTP method for uri [/]","status":405}"#)
        }
        "GET /_nodes/_local" => {
            denied("cluster:monitor/nodes/info", "cluster", "monitor,manage,all")
        }
        "GET /netflow-*/_settings" => denied(
            "indices:monitor/settings/get",
            "index",
            "monitor,view_index_metadata,manage,all",
        ),
        _ => denied("indices:data/read/search", "index", "read,all"),
    });
}

/// As it answers a login whose roles are about other indices: lists are empty.
#[test]
fn empty_lists_for_a_login_that_may_see_nothing_are_403_too() {
    forbidden(|asked| match asked.line.as_str() {
        "GET /" => {
            Reply::json(405, r#"{"error":"Incorrect HTTP method for uri [/]","status":405}"#)
        }
        "GET /netflow-*/_settings" => Reply::json(200, "{}"),
        "POST /netflow-*/_search" => Reply::json(200, NO_SHARDS),
        "POST /_security/user/_has_privileges" => Reply::json(200, LACKS),
        _ => denied("cluster:monitor/nodes/info", "cluster", "monitor,manage,all"),
    });
}

/// As gateways answer that turn every status into 200.
#[test]
fn a_403_in_the_body_of_a_200_is_a_403() {
    forbidden(|_| {
        let refusal = denied("indices:data/read/search", "index", "read,all")?;
        Reply::json(200, refusal.body)
    });
}

/// The search comes with status 200, and says of its shards that they are refused.
#[test]
fn shards_that_the_login_may_not_read_are_a_403() {
    forbidden(|asked| match asked.line.as_str() {
        "GET /" => Reply::json(
            200,
            r#"{"cluster_name":"c","version":{"number":"6.8.9"},"tagline":"You Know, for Search"}"#,
        ),
        "GET /netflow-*/_settings" => Reply::json(200, r#"{"netflow-a":{"settings":{}}}"#),
        _ => {
            let reason = "action [indices:data/read/search[phase/query]] is unauthorized for user [weak] with effective roles [], this action is granted by the index privileges [read,all]";
            Reply::json(
                200,
                format!(
                    r#"{{"count":0,"_shards":{{"total":1,"successful":0,"skipped":0,"failed":1,"failures":[{{"shard":0,"reason":{{"type":"security_exception","reason":"{reason}"}}}}]}}}}"#
                ),
            )
        }
    });
}

#[test]
fn after_a_refused_login_the_corrected_command_is_not_refused() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(practice_day().into_iter().step_by(500).collect(), 0).unwrap();
    let body = denied("indices:data/read/search", "index", "read,all").unwrap().body;
    let body = String::from_utf8(body).unwrap();
    let mut wrong = request(server.url(), place.path());
    wrong.index = Some("netflow-2018.09.*".to_owned());
    wrong.credentials = Credentials::Basic { user: "weak".to_owned(), password: "x".to_owned() };
    // The root is public; what follows is not.
    for number in 1..9 {
        server.fail_after(number, Fault::Status(403, body.clone()));
    }
    let error = fetch(&wrong, &Cancel::new(), &()).unwrap_err();
    assert!(matches!(error, FetchError::Forbidden { .. }), "{error}");
    let server = Server::start(practice_day().into_iter().step_by(500).collect(), 0).unwrap();
    fetch(&request(server.url(), place.path()), &Cancel::new(), &()).unwrap();
}

#[test]
fn a_401_carries_its_number() {
    let body = r#"{"error":{"root_cause":[{"type":"security_exception","reason":"unable to authenticate user [x] for REST request [/]"}]},"status":401}"#;
    check(move |_| Reply::json(401, body), &["401: http://", "user [x]", "--password-file"]);
}

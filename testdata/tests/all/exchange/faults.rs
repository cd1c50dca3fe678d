//! Faults that the server injects.

use flowkit_testdata::Fault;
use serde_json::Value;

use super::client::{Client, WINDOW, ids, next_of};

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

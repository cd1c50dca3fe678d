//! Searches, counts, and what the server says of itself.

use flowkit_testdata::practice_day;
use serde_json::json;

use super::client::{Client, WINDOW};

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

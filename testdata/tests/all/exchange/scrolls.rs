//! Scrolls from their first page to their end.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, ids, next_of};

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
fn an_empty_page_behind_a_filter_has_no_hits_member() {
    let client = Client::new();
    let path = "/netflow-*/_search?scroll=1m&filter_path=_scroll_id,hits.total,hits.hits._source";
    let body = r#"{"size":10000,"sort":"_doc"}"#;
    let page = client.ok("POST", path, body);
    assert_eq!(page["hits"]["hits"].as_array().unwrap().len(), 5494);
    let path = "/_search/scroll?filter_path=hits.total,hits.hits._source&rest_total_hits_as_int";
    assert_eq!(client.ok("POST", path, &next_of(&page)), json!({"hits": {"total": 5494}}));
}

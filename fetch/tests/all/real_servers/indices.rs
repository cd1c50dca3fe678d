//! Other things than indices that a name may stand for: aliases and data streams.

use flowkit_fetch::{Cancel, fetch};
use serde_json::json;

use super::{documents, request, saved};
use crate::server_index::{Index, ask, servers, turn};

#[test]
fn a_filtered_alias_shows_what_its_filter_means() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "alias", &json!({"number_of_replicas": 0}).to_string());
        let loaded = documents(70);
        index.load(&loaded);
        let name = format!("{}-seen", index.name.replace("test", "alias"));
        let actions = json!({"actions": [{"add": {"index": index.name, "alias": name,
            "filter": {"range": {"netflow.bytes": {"lt": 20}}}}}]});
        ask("POST", &format!("{url}/_aliases"), &actions.to_string());
        let place = tempfile::tempdir().unwrap();
        fetch(&request(&url, &name, place.path()), &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()).len(), 20, "{url}");
        let whole = tempfile::tempdir().unwrap();
        let both = format!("{name},{}", index.name);
        fetch(&request(&url, &both, whole.path()), &Cancel::new(), &()).unwrap();
        assert_eq!(saved(whole.path()), loaded, "{url}: by its own name it is seen whole");
    }
}

#[test]
fn a_data_stream_is_read_by_its_indices() {
    let _turn = turn();
    for url in servers() {
        let name = format!("flowkit-stream-{}", std::process::id());
        let template = json!({"index_patterns": [name], "data_stream": {}, "priority": 900,
            "template": {"settings": {"number_of_replicas": 0}}});
        let path = format!("{url}/_index_template/{name}");
        if ask("PUT", &path, &template.to_string())["acknowledged"] != true {
            eprintln!("{url} has no data streams");
            continue;
        }
        let loaded = documents(100);
        let mut lines = String::new();
        for (id, source) in &loaded {
            lines.extend([&format!(r#"{{"create":{{"_id":"{id}"}}}}"#), "\n", source, "\n"]);
        }
        let answer = ask("POST", &format!("{url}/{name}/_bulk?refresh=true"), &lines);
        let place = tempfile::tempdir().unwrap();
        let fetched = fetch(&request(&url, &name, place.path()), &Cancel::new(), &());
        ask("DELETE", &format!("{url}/_data_stream/{name}"), "");
        ask("DELETE", &path, "");
        // The small builds of some versions come without the module.
        if answer["errors"] != false {
            eprintln!("{url} has no data streams: {answer}");
            continue;
        }
        let manifest = fetched.unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
        assert!(manifest.parts[0].scope.index.starts_with(".ds-"), "{url}");
    }
}

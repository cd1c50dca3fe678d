//! Other things than indices that a name may stand for: aliases and data streams;
//! what is there, and what appeared since.

use flowkit_fetch::{Cancel, Request, SearchBody, dry_run, fetch, list, verify};
use serde_json::json;

use super::{day, documents, request, saved};
use crate::server_index::{Index, ask, servers, turn, version};

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

#[test]
fn what_is_there_is_listed_and_what_appeared_since_is_told() {
    let _turn = turn();
    for url in servers() {
        let settings = json!({"number_of_replicas": 0}).to_string();
        let index = Index::new(&url, "list-a", &settings);
        let empty = Index::new(&url, "list-b", &settings);
        let loaded = documents(70);
        index.load(&loaded);
        let pattern = index.name.replace("list-a", "list-*");
        let place = tempfile::tempdir().unwrap();
        let asked =
            Request { window: Some(day("2018-09-21")), ..request(&url, &pattern, place.path()) };
        let listing = list(&request(&url, &pattern, place.path()), &Cancel::new(), &()).unwrap();
        let [listed] = listing.indices.as_slice() else { panic!("{url}: {listing:?}") };
        assert_eq!((listed.name.as_str(), listed.documents), (index.name.as_str(), Some(70)));
        // 70 documents are seven a time, 13 ms apart, from 07:00 on.
        let first = 1_537_513_200_000;
        assert_eq!((listed.first_ms, listed.last_ms), (Some(first), Some(first + 9 * 13)), "{url}");
        assert!(listed.dialect.as_deref().unwrap().starts_with("Logstash netflow"), "{url}");
        assert_eq!(listing.empty, std::slice::from_ref(&empty.name), "{url}");
        let plan = dry_run(&asked, &Cancel::new(), &()).unwrap();
        assert_eq!((plan.indices[0].sampled, plan.indices[0].flows), (70, 70), "{url}");

        fetch(&asked, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
        assert_eq!(verify(place.path(), Some(&asked)).unwrap().1, [], "{url}");
        let late = Index::new(&url, "list-c", &settings);
        late.load(&documents(5));
        let findings = verify(place.path(), Some(&asked)).unwrap().1;
        let told = findings.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(told.len(), 1, "{url}: {told:?}");
        assert!(told[0].contains(&format!("{}: it appeared since", late.name)), "{told:?}");
        assert!(told[0].contains("5 documents"), "{told:?}");
    }
}

#[test]
fn fields_come_beside_each_document_where_the_server_knows_them() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "fields", &json!({"number_of_replicas": 0}).to_string());
        let loaded = documents(70);
        index.load(&loaded);
        let place = tempfile::tempdir().unwrap();
        // Elasticsearch knows `fields` since 7.10; doc values are older.
        let fields = if version(&url).starts_with("6.") { "docvalue_fields" } else { "fields" };
        let body = format!(r#"{{"query":{{"match_all":{{}}}},"{fields}":["netflow.bytes"]}}"#);
        let query = Some(SearchBody::parse(&body).unwrap());
        let asked = Request { query, ..request(&url, &index.name, place.path()) };
        let manifest = fetch(&asked, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), loaded, "{url}");
        let part = std::fs::read(place.path().join(manifest.parts[0].path())).unwrap();
        let lines = String::from_utf8(zstd::decode_all(&part[..]).unwrap()).unwrap();
        assert_eq!(lines.matches(r#""fields":{"netflow.bytes":["#).count(), 70, "{url}: {lines}");
    }
}

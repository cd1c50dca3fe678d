//! Indices with documents that are not UTF-8, whose times are text, or that a block
//! closes to readers.

use std::fs;

use flowkit_fetch::{Cancel, FetchError, Filter, Method, Request, Why, fetch, list, verify};
use flowkit_model::Expression;
use serde_json::json;

use super::{day, documents, request, saved};
use crate::server_index::{Index, ask, ask_bytes, servers, turn, version};

/// Surrogates of three bytes each, as Java and `MySQL` write them, which many servers
/// store and send back.
const ODD: &[u8] = b"{\"@timestamp\":\"2018-09-21T07:00:01.000Z\",\"note\":\"\xed\xa0\xbd\xed\xb8\x80\",\"netflow\":{\"version\":5,\"bytes\":3}}";

#[test]
fn a_document_that_is_not_utf8_comes_byte_for_byte() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "utf8", &json!({"number_of_replicas": 0}).to_string());
        index.load(&documents(70));
        let path = format!("{url}/{}/_doc/odd?refresh=true", index.name);
        let stored = ask_bytes("PUT", &path, ODD);
        if stored["result"] != "created" {
            eprintln!("{url} stores UTF-8 alone: {}", stored["error"]["type"]);
            continue;
        }
        let expression = Expression::parse("bytes < 5").unwrap();
        let few = Filter { text: "bytes < 5".to_owned(), expression };
        for (method, filter, expected) in [
            (Method::Auto, None, 71),
            (Method::Scroll, None, 71),
            // Of the others none has a version that is said to be 5.
            (Method::Auto, Some(few), 6),
        ] {
            let place = tempfile::tempdir().unwrap();
            let asked = Request { method, filter, ..request(&url, &index.name, place.path()) };
            let manifest = fetch(&asked, &Cancel::new(), &()).unwrap();
            assert_eq!(manifest.documents(), expected, "{url}");
            let part = fs::read(place.path().join(manifest.parts[0].path())).unwrap();
            let lines = zstd::decode_all(&part[..]).unwrap();
            assert!(lines.windows(ODD.len()).any(|window| window == ODD), "{url}");
            assert_eq!(verify(place.path(), Some(&asked)).unwrap().1, [], "{url}");
        }
    }
}

#[test]
fn an_index_whose_times_are_text_is_refused_and_not_taken_for_empty() {
    let _turn = turn();
    for url in servers() {
        let settings = json!({"number_of_replicas": 0}).to_string();
        let text = Index::new(&url, "times-a", &settings);
        let mapping = json!({"properties": {"@timestamp": {"type": "keyword"}}});
        let kind = if version(&url).starts_with("6.") { "/_doc" } else { "" };
        let path = format!("{url}/{}/_mapping{kind}", text.name);
        assert_eq!(ask("PUT", &path, &mapping.to_string())["acknowledged"], true, "{url}");
        text.load(&documents(20));
        let dates = Index::new(&url, "times-b", &settings);
        dates.load(&documents(20));
        let undated = [("n".to_owned(), r#"{"netflow":{"version":5}}"#.to_owned())];
        dates.load(&undated.into());
        let pattern = text.name.replace("times-a", "times-*");
        for (index, window) in [
            (&text.name, Some(day("2018-09-21"))),
            (&pattern, Some(day("2018-09-21"))),
            (&pattern, None),
        ] {
            let place = tempfile::tempdir().unwrap();
            let asked = Request { window, ..request(&url, index, &place.path().join("dump")) };
            let error = fetch(&asked, &Cancel::new(), &()).unwrap_err();
            let FetchError::Unsearchable(why) = &error else { panic!("{url}: {error}") };
            assert_eq!(why.why, Why::TimeIsText("keyword".to_owned()), "{url}");
            assert!(error.to_string().contains("times-"), "{url}: {error}");
            assert!(!place.path().join("dump").exists(), "{url}");
        }
        let place = tempfile::tempdir().unwrap();
        let window = Some(day("2018-09-21"));
        let asked = Request { window, ..request(&url, &dates.name, place.path()) };
        let manifest = fetch(&asked, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()).len(), 20, "{url}");
        assert!(manifest.notes[0].starts_with("1 document of"), "{url}: {:?}", manifest.notes);
    }
}

#[test]
fn a_block_is_told_as_one_and_hides_no_other_index() {
    let _turn = turn();
    for url in servers() {
        let settings = json!({"number_of_replicas": 0}).to_string();
        let blocked = Index::new(&url, "block-a", &settings);
        let open = Index::new(&url, "block-b", &settings);
        open.load(&documents(20));
        let block = json!({"index.blocks.read": true}).to_string();
        ask("PUT", &format!("{url}/{}/_settings", blocked.name), &block);
        let place = tempfile::tempdir().unwrap();
        let pattern = blocked.name.replace("block-a", "block-*");
        let asked = request(&url, &pattern, &place.path().join("dump"));
        let error = fetch(&asked, &Cancel::new(), &()).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, FetchError::Unsearchable(_)), "{url}: {message}");
        assert!(message.contains(&blocked.name) && message.contains("blocks.read"), "{message}");
        let listed = list(&asked, &Cancel::new(), &()).unwrap();
        let problems: Vec<bool> =
            listed.indices.iter().map(|index| index.problem.is_some()).collect();
        assert_eq!(problems, [true, false], "{url}");
    }
}

//! What a server refuses is explained.

use std::fs;

use flowkit_fetch::{Cancel, FetchError, Request, fetch};
use flowkit_model::dump::{Manifest, State};
use serde_json::json;

use super::{documents, request};
use crate::server_index::{Index, ask, servers, turn};

#[test]
fn errors_of_the_server_are_explained() {
    let _turn = turn();
    for url in servers() {
        let place = tempfile::tempdir().unwrap();
        let error = fetch(&request(&url, "flowkit-test-none", place.path()), &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::NoIndex { .. })), "{error:?}");
        let error = fetch(&request(&url, "flowkit-test-none*", place.path()), &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::NoIndex { .. })), "{error:?}");
        let index = Index::new(&url, "errors", &json!({"number_of_replicas": 0}).to_string());
        index.load(&documents(3));
        let mut long = request(&url, &index.name, place.path());
        long.force = true;
        long.keep_alive = "48h".to_owned();
        let error = fetch(&long, &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::KeepAlive { .. })), "{error:?}");
        ask("POST", &format!("{url}/{}/_close", index.name), "");
        let closed = Request { force: true, ..request(&url, &index.name, place.path()) };
        let error = fetch(&closed, &Cancel::new(), &());
        assert!(matches!(error, Err(FetchError::IndexClosed { .. })), "{error:?}");
        let manifest = fs::read(place.path().join("manifest.json")).unwrap();
        let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest.state, State::Incomplete);
    }
}

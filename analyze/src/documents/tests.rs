//! Which documents stand in a JSON value.

use super::*;

#[test]
fn a_document_of_a_bulk_request_is_the_hit_that_it_becomes() {
    for (action, expected) in [
        (
            r#"{"index":{"_index":"a","_id":"x\"y","routing":"r"}}"#,
            r#"{"_index":"a","_id":"x\"y","_routing":"r","_source":{"b":1}}"#,
        ),
        (r#"{"create":{}}"#, r#"{"_source":{"b":1}}"#),
    ] {
        assert_eq!(hit(action.as_bytes(), br#"{"b":1}"#).as_deref(), Some(expected));
    }
    assert_eq!(hit(br#"{"delete":{}}"#, b"{}"), None);
}

#[test]
fn hits_bare_documents_and_pages_are_found() {
    let sources = |text: &'static str| -> Vec<_> {
        documents(text).into_iter().map(|found| found.map(|found| found.source)).collect()
    };
    assert_eq!(sources(r#"{"_id":"1","_source":{"b": 1}}"#), [Ok(r#"{"b": 1}"#)]);
    assert_eq!(sources(r#"{"netflow":{}}"#), [Ok(r#"{"netflow":{}}"#)]);
    assert_eq!(
        sources(r#"{"hits":{"hits":[{"_id":"1","_source":{}},{"_id":"2"}]}}"#),
        [Ok("{}"), Err(NotAFlow::NoSource)]
    );
    assert_eq!(sources("[]"), [Err(NotAFlow::NotJson)]);
}

//! Whether a server understands what was asked for with `--query`: a dump that began
//! with a mistake in it would refuse the corrected command.

use flowkit_model::dump::Manifest;
use serde_json::json;

use crate::cursor::query::{self, Members};
use crate::error::FetchError;
use crate::server::address::path_segment;
use crate::server::refusal::{Context, Refusal};
use crate::server::{Call, Server};

/// Asks for one document as the fetch will. Whatever else is wrong the plan tells.
///
/// # Errors
/// If the server refuses the query, or the fields beside it.
pub(crate) fn check_asked<S: Server>(server: &S, manifest: &Manifest) -> Result<(), FetchError> {
    let members = Members::of(manifest);
    let query = manifest.asked_query.clone();
    if query.is_none() && members.fields.is_none() && members.docvalues.is_none() {
        return Ok(());
    }
    let query = query::all_of([query::span(manifest.span())].into_iter().chain(query));
    let mut search = json!({"size": 1, "query": query});
    members.write(&mut search);
    let path = format!("/{}/_search", path_segment(&manifest.index));
    let (call, mut body) = (Call::post(path, &search).for_page(), Vec::new());
    if server.send(&call, &mut body)? != 400 {
        return Ok(());
    }
    let refusal = Refusal::new(400, &body);
    let (words, is_typed) = (refusal.words(), !refusal.kind.is_empty());
    let context = Context {
        url: server.url(),
        request: &call.name(),
        index: &manifest.index,
        keep_alive: "",
        size: 1,
        page: 0,
    };
    match refusal.into_error(context) {
        // A gateway that does not pass the request on says so without a type.
        FetchError::Refused { .. } if is_typed => Err(FetchError::Query(words)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    /// A server whose documents are larger than an answer that is no page.
    struct Large;

    impl Server for Large {
        fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError> {
            let (request, url) = (call.name(), self.url().to_owned());
            let (limit, cure) = (16, "a narrower --index");
            body.clear();
            if call.is_page {
                Ok(200)
            } else {
                Err(FetchError::TooLarge { request, url, limit, cure })
            }
        }

        fn url(&self) -> &'static str {
            "http://large"
        }
    }

    #[test]
    fn a_document_may_be_as_large_as_a_page() {
        let asked = Manifest { asked_query: Some(json!({"term": {}})), ..Manifest::default() };
        check_asked(&Large, &asked).unwrap();
    }

    /// As Elasticsearch 7.17 answers.
    #[test]
    fn a_query_that_the_server_refuses_is_told_before_a_dump_begins() {
        let unknown = r#"{"error":{"root_cause":[{"type":"parsing_exception","reason":"unknown query [tem]"}]},"status":400}"#;
        let closed = r#"{"error":{"root_cause":[{"type":"index_closed_exception","reason":"closed"}]},"status":400}"#;
        let told = |manifest: &Manifest, status, answer: &str| {
            let script = ScriptedServer::new(vec![(status, answer.to_owned())]);
            let error = check_asked(&script, manifest).err().map(|error| error.to_string());
            (script.calls().len(), error)
        };
        let asked = Manifest { asked_query: Some(json!({"tem": {}})), ..Manifest::default() };
        let refused = "the server refuses --query: parsing_exception: unknown query [tem]; correct the query, or the fields beside it";
        assert_eq!(told(&asked, 400, unknown), (1, Some(refused.to_owned())));
        let fields = Manifest { asked_fields: Some(json!(5)), ..Manifest::default() };
        assert_eq!(told(&fields, 400, unknown), (1, Some(refused.to_owned())));
        for (status, answer) in [(200, "{}"), (404, unknown), (400, closed), (400, "no handler")] {
            assert_eq!(told(&asked, status, answer), (1, None), "{answer}");
        }
        assert_eq!(told(&Manifest::default(), 400, unknown), (0, None));
    }
}

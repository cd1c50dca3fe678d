//! The scroll protocol: open a cursor, request pages until an empty one, close.
//!
//! A page can be requested only once. The position is on the server and moves
//! with each request, so that a retry would return the next page and lose one. If
//! it is uncertain whether a request was processed, the cursor is given up and
//! another one opened.
//!
//! Source: Elasticsearch reference, "Paginate search results", "Scroll search
//! results".

use serde_json::{Value, json};

use super::{CursorOptions, PARTIAL, Target, adapt, refused, search_body};
use crate::error::FetchError;
use crate::page::check::{CursorNames, Snapshot};
use crate::page::head::Head;
use crate::server::address::path_segment;
use crate::server::refusal::Refusal;
use crate::server::{Call, Server};

/// A cursor over one index. Closes itself when dropped.
pub(crate) struct Scroll<'a, S: Server> {
    server: &'a S,
    options: CursorOptions,
    owner: u64,
    /// The id of the last answer.
    cursor: String,
    pub(super) snapshot: Snapshot,
}

impl<'a, S: Server> Scroll<'a, S> {
    /// Opens a cursor and reads page 1 into `body`.
    pub(crate) fn open(
        server: &'a S,
        target: &Target<'a>,
        options: &mut CursorOptions,
        body: &mut Vec<u8>,
    ) -> Result<Self, FetchError> {
        loop {
            let call = open_call(target.index, &search_body(target, options.size, "_doc"), options);
            let status = server.send(&call, body)?;
            if status == 200 {
                return Self::opened(server, target.index, options.clone(), &call, body);
            }
            let refusal = Refusal::new(status, body);
            adapt(server, target.index, &call, refusal, options)?;
        }
    }

    fn opened(
        server: &'a S,
        index: &'a str,
        options: CursorOptions,
        call: &Call,
        body: &[u8],
    ) -> Result<Self, FetchError> {
        let nothing = Snapshot::before_page_1(index);
        let head = Head::read(body).map_err(nothing.bad_page(1))?;
        let owner = CursorNames::new_owner();
        options.names.check(head.scroll_id.as_deref(), owner, call.name(), server.url())?;
        // From here on `drop` closes the cursor, also after an error.
        let cursor = head.scroll_id.clone().unwrap_or_default();
        let scroll = Self { server, options, owner, cursor, snapshot: Snapshot::new(index, &head) };
        if head.shards.total == 0 {
            let (index, url) = (index.to_owned(), server.url().to_owned());
            return Err(FetchError::NoIndex { index, url, found: Vec::new() });
        }
        scroll.check(1, &head)?;
        Ok(scroll)
    }

    /// Reads the next page into `body`. Not to be called again after an error,
    /// unless the server certainly did not process the request.
    pub(crate) fn next(&mut self, body: &mut Vec<u8>) -> Result<(), FetchError> {
        let call = Call::post(
            "/_search/scroll",
            &json!({"scroll": self.options.keep_alive, "scroll_id": self.cursor}),
        )
        .for_page();
        let status = self.server.send(&call, body)?;
        let Snapshot { index, page, .. } = &self.snapshot;
        if status != 200 {
            let refusal = Refusal::new(status, body);
            return Err(refused(self.server, index, &call, refusal, &self.options, *page));
        }
        let page = page + 1;
        let head = Head::read(body).map_err(self.snapshot.bad_page(page))?;
        self.options.names.check(
            head.scroll_id.as_deref(),
            self.owner,
            call.name(),
            self.server.url(),
        )?;
        if let Some(cursor) = &head.scroll_id {
            self.cursor.clone_from(cursor);
        }
        self.check(page, &head)?;
        self.snapshot.step(&head);
        Ok(())
    }

    fn check(&self, page: u64, head: &Head) -> Result<(), FetchError> {
        self.snapshot.check(page, head)?;
        let missing = |name| {
            let source = serde::de::Error::missing_field(name);
            Err(self.snapshot.bad_page(page)(source))
        };
        if head.total.is_none() {
            return missing("total");
        }
        // Without an id the next page cannot be requested.
        if self.cursor.is_empty() {
            return missing("_scroll_id");
        }
        Ok(())
    }
}

impl<S: Server> Drop for Scroll<'_, S> {
    /// Closes the cursor on the server. Best effort: it also expires by itself.
    fn drop(&mut self) {
        if !self.cursor.is_empty() {
            let call = Call::delete("/_search/scroll", &json!({"scroll_id": self.cursor}));
            let _ = self.server.send(&call, &mut Vec::new());
        }
    }
}

fn open_call(index: &str, search: &Value, options: &CursorOptions) -> Call {
    let keep_alive = path_segment(&options.keep_alive);
    let index = path_segment(index);
    let mut path = format!(
        "/{index}/_search?scroll={keep_alive}&ignore_unavailable=false&allow_no_indices=false"
    );
    if options.forbids_partial {
        path.extend(["&", PARTIAL, "=false"]);
    }
    Call::post(path, search).for_page()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::query::Members;
    use crate::cursor::query::Search;
    use crate::server::scripted::{ScriptedServer, page, page_with};
    use flowkit_model::dump::Order;

    fn options() -> CursorOptions {
        CursorOptions {
            size: 10_000,
            lowered: 0,
            keep_alive: "1m".into(),
            forbids_partial: true,
            pit: None,
            names: std::sync::Arc::default(),
        }
    }

    /// Runs a cursor to its end over scripted answers; returns the requests and
    /// the result.
    fn run(answers: Vec<(u16, String)>) -> (Vec<String>, Result<u64, FetchError>) {
        let script = ScriptedServer::new(answers);
        let mut body = Vec::new();
        let query = json!({"match_all": {}});
        let end = (|| {
            let search = Search {
                query: &query,
                order: Order::Time,
                slice: None,
                members: Members::default(),
            };
            let target = Target { index: "netflow-a", search };
            let mut scroll = Scroll::open(&script, &target, &mut options(), &mut body)?;
            while !scroll.snapshot.is_empty {
                scroll.next(&mut body)?;
            }
            Ok(scroll.snapshot.page)
        })();
        (script.calls(), end)
    }

    #[test]
    fn it_ends_at_the_empty_page_and_closes_with_the_newest_id() {
        let (asked, end) = run(vec![
            (200, page("c1", 3, &["a", "b"])),
            (200, page("c2", 3, &["c"])),
            (200, page("c3", 3, &[])),
        ]);
        assert_eq!(end.unwrap(), 3);
        assert_eq!(
            asked,
            [
                r#"POST /netflow-a/_search?scroll=1m&ignore_unavailable=false&allow_no_indices=false&allow_partial_search_results=false {"query":{"match_all":{}},"size":10000,"sort":[{"@timestamp":{"missing":"_last","order":"asc","unmapped_type":"date"}}]}"#,
                r#"POST /_search/scroll {"scroll":"1m","scroll_id":"c1"}"#,
                r#"POST /_search/scroll {"scroll":"1m","scroll_id":"c2"}"#,
                r#"DELETE /_search/scroll {"scroll_id":"c3"}"#,
            ]
        );
    }

    #[test]
    fn any_doubt_ends_it_without_asking_again_and_closes() {
        let failed = r#""total":2,"successful":1,"failed":1,"failures":[{"reason":{"type":"t","reason":"r"}}]"#;
        let cases = [
            (500, "{}".to_owned(), "status 500"),
            (200, "<html>".to_owned(), "cannot be read"),
            (200, page("c", 2, &["b"]).replace("false", "true"), "timed out"),
            (200, page_with("c", 2, &["b"], failed), "1 of 2 shards answered (t: r)"),
            (200, page_with("c", 2, &["b"], r#""total":2,"successful":1,"failed":0"#), "1 of 2 shards"),
            (200, page_with("c", 2, &["b"], r#""total":1,"successful":1,"failed":0"#), "1 of 2 shards"),
            (200, page("c", 1, &["b"]), "counts 1 documents, page 1 counted 2"),
            (404, r#"{"error":{"root_cause":[{"type":"search_context_missing_exception","reason":"No search context found for id [13]"}]}}"#.to_owned(), "expired after page 1"),
        ];
        for (status, answer, expected) in cases {
            let (asked, end) = run(vec![(200, page("c", 2, &["a"])), (status, answer)]);
            let message = end.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}\nlacks {expected}");
            assert_eq!(asked.len(), 3, "{asked:?}");
            assert!(asked[2].starts_with("DELETE"), "{asked:?}");
        }
    }

    #[test]
    fn a_page_of_another_cursor_is_none() {
        let script = ScriptedServer::new(vec![
            (200, page("c1", 3, &["a"])),
            (200, page("c2", 3, &["x"])),
            (200, page("c2", 3, &["y"])),
        ]);
        let query = json!({"match_all": {}});
        let search =
            Search { query: &query, order: Order::Time, slice: None, members: Members::default() };
        let target = Target { index: "netflow-a", search };
        let (mut options, mut body) = (options(), Vec::new());
        let mut first = Scroll::open(&script, &target, &mut options, &mut body).unwrap();
        let _second = Scroll::open(&script, &target, &mut options, &mut body).unwrap();
        let error = first.next(&mut body).unwrap_err();
        assert!(matches!(error, FetchError::Mixed { .. }), "{error}");
    }

    #[test]
    fn a_failed_shard_on_page_1_ends_it_though_later_pages_look_whole() {
        let first = page_with("c", 1, &["a"], r#""total":5,"successful":4,"failed":1"#);
        let (asked, end) = run(vec![(200, first)]);
        assert!(matches!(end, Err(FetchError::ShardsMissing { page: 1, .. })));
        assert_eq!(asked.len(), 2);
        assert!(asked[1].starts_with("DELETE"));
    }

    #[test]
    fn shards_skipped_on_page_1_may_be_absent_later() {
        let later = r#""total":2,"successful":2,"skipped":0,"failed":0"#;
        let first = r#""total":6,"successful":6,"skipped":4,"failed":0"#;
        let (_, end) = run(vec![
            (200, page_with("c", 1, &["a"], first)),
            (200, page_with("c", 1, &[], later)),
        ]);
        assert_eq!(end.unwrap(), 2);
    }

    #[test]
    fn no_shard_is_no_index_and_needs_no_closing() {
        let none = page_with("c", 0, &[], r#""total":0,"successful":0,"failed":0"#);
        let (asked, end) = run(vec![(200, none.replace(r#""_scroll_id":"c","#, ""))]);
        assert!(matches!(end, Err(FetchError::NoIndex { .. })));
        assert_eq!(asked.len(), 1);
    }

    #[test]
    fn an_empty_first_page_is_the_end() {
        let (asked, end) = run(vec![(200, page("c", 0, &[]))]);
        assert_eq!(end.unwrap(), 1);
        assert_eq!(asked.len(), 2);
    }

    #[test]
    fn what_an_old_server_does_not_take_is_left_out() {
        let refusal = |text: &str| {
            format!(r#"{{"error":{{"root_cause":[{{"type":"t","reason":"{text}"}}]}}}}"#)
        };
        let (asked, end) = run(vec![
            (
                400,
                refusal(
                    "request [/x] contains unrecognized parameter: [allow_partial_search_results]",
                ),
            ),
            (
                500,
                refusal(
                    "Batch size is too large, size must be less than or equal to: [500] but was [10000].",
                ),
            ),
            (200, page("c", 0, &[])),
        ]);
        end.unwrap();
        assert!(!asked[1].contains("allow_partial") && asked[1].contains(r#""size":10000"#));
        assert!(!asked[2].contains("allow_partial") && asked[2].contains(r#""size":500"#));
        // A limit that does not help is not retried for ever.
        let text = "Batch size is too large, size must be less than or equal to: [99999]";
        assert!(run(vec![(400, refusal(text))]).1.is_err());
    }
}

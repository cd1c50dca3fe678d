//! A point in time (PIT): a snapshot of an index, paged with `search_after` the
//! last hit.
//!
//! The position is in the request, so that a page can be requested any number of
//! times. That requires a unique last sort key, `_shard_doc`; without it
//! documents are lost at page ends. Sources: Elasticsearch reference, "Open point
//! in time" (`_shard_doc` since 7.12); OpenSearch, "Point in Time" (`_shard_doc`
//! since 3.3).

use serde_json::{Value, json};

use super::query::{Members, Search};
use super::{CursorOptions, PARTIAL, Target, adapt, is_by_time, refused, search_body};
use crate::error::{FetchError, told};
use crate::page::answer::LONGEST_ID;
use crate::page::check::{CursorNames, Snapshot};
use crate::page::head::Head;
use crate::page::hits::last_sort;
use crate::server::address::path_segment;
use crate::server::product::PitApi;
use crate::server::refusal::Refusal;
use crate::server::{Call, Server};

/// A sort key that is unique per document.
const UNIQUE: &str = "_shard_doc";

/// A cursor over one index. Closes itself when dropped.
pub(crate) struct Pit<'a, S: Server> {
    server: &'a S,
    api: PitApi,
    options: CursorOptions,
    owner: u64,
    /// The id of the last answer.
    id: String,
    /// The search of every page, without the point in time and the position.
    search: Value,
    /// Sort values of the last hit.
    after: Option<Value>,
    pub(super) snapshot: Snapshot,
}

impl<'a, S: Server> Pit<'a, S> {
    /// Opens a point in time and reads page 1 into `body`.
    pub(crate) fn open(
        server: &'a S,
        target: &Target<'a>,
        api: PitApi,
        options: &mut CursorOptions,
        body: &mut Vec<u8>,
    ) -> Result<Self, FetchError> {
        let id = open(server, target.index, api, options, body)?;
        let mut pit = Self {
            server,
            api,
            options: options.clone(),
            owner: CursorNames::new_owner(),
            id,
            search: Value::Null,
            after: None,
            snapshot: Snapshot::before_page_1(target.index),
        };
        options.names.is_own(&pit.id, pit.owner);
        let call = loop {
            pit.search = search_body(target, options.size, UNIQUE);
            if is_by_time(target)
                && let Some(sort) = pit.search["sort"].as_array_mut()
            {
                sort.push(json!(UNIQUE));
            }
            let call = pit.page_call();
            let status = server.send(&call, body)?;
            if status == 200 {
                break call;
            }
            let refusal = Refusal::new(status, body);
            adapt(server, target.index, &call, refusal, options)?;
            pit.options = options.clone();
        };
        let head = Head::read(body).map_err(pit.snapshot.bad_page(1))?;
        pit.snapshot = Snapshot::new(target.index, &head);
        if head.total.is_none() {
            return Err(pit.snapshot.bad_page(1)(serde::de::Error::missing_field("total")));
        }
        options.names.check(head.pit_id.as_deref(), pit.owner, call.name(), server.url())?;
        pit.snapshot.check(1, &head)?;
        pit.set_position(1, &head, body)?;
        // Only page 1 has the aggregations; later pages have just hits.
        if let Some(search) = pit.search.as_object_mut() {
            search.remove("aggs");
        }
        Ok(pit)
    }

    /// Reads the next page into `body`. After an error, the next call requests
    /// the same page.
    pub(crate) fn next(&mut self, body: &mut Vec<u8>) -> Result<(), FetchError> {
        let call = self.page_call();
        let status = self.server.send(&call, body)?;
        let Snapshot { index, page, .. } = &self.snapshot;
        if status != 200 {
            let refusal = Refusal::new(status, body);
            return Err(refused(self.server, index, &call, refusal, &self.options, *page));
        }
        let page = page + 1;
        let head = Head::read(body).map_err(self.snapshot.bad_page(page))?;
        self.options.names.check(
            head.pit_id.as_deref(),
            self.owner,
            call.name(),
            self.server.url(),
        )?;
        self.snapshot.check(page, &head)?;
        self.set_position(page, &head, body)?;
        self.snapshot.step(&head);
        Ok(())
    }

    /// Sets the position of the next page, from this one.
    fn set_position(&mut self, page: u64, head: &Head, body: &[u8]) -> Result<(), FetchError> {
        if !head.is_empty {
            let after = last_sort(body).ok_or_else(|| {
                self.snapshot.bad_page(page)(serde::de::Error::missing_field("sort"))
            })?;
            self.after = Some(after);
        }
        if let Some(id) = &head.pit_id {
            self.id.clone_from(id);
        }
        Ok(())
    }

    fn page_call(&self) -> Call {
        let mut search = self.search.clone();
        search["pit"] = json!({"id": self.id, "keep_alive": self.options.keep_alive});
        search["track_total_hits"] = json!(self.after.is_none());
        if let Some(after) = &self.after {
            search["search_after"] = after.clone();
        }
        let partial = if self.options.forbids_partial { "?" } else { "" };
        let mut path = format!("/_search{partial}");
        if self.options.forbids_partial {
            path.extend([PARTIAL, "=false"]);
        }
        Call::post(path, &search).for_page()
    }
}

impl<S: Server> Drop for Pit<'_, S> {
    /// Closes the point in time. Best effort: it also expires by itself.
    fn drop(&mut self) {
        let call = match self.api {
            PitApi::Elasticsearch => Call::delete("/_pit", &json!({"id": self.id})),
            PitApi::OpenSearch => {
                Call::delete("/_search/point_in_time", &json!({"pit_id": [self.id]}))
            }
        };
        let _ = self.server.send(&call, &mut Vec::new());
    }
}

/// Opens the point in time, without a search. The request has no body: an older
/// server takes the path for that of indexing a document, and rejects an empty
/// one.
fn open<S: Server>(
    server: &S,
    index: &str,
    api: PitApi,
    options: &CursorOptions,
    body: &mut Vec<u8>,
) -> Result<String, FetchError> {
    let (segment, keep_alive) = (path_segment(index), path_segment(&options.keep_alive));
    let call = Call::post_nothing(match api {
        PitApi::Elasticsearch => format!("/{segment}/_pit?keep_alive={keep_alive}"),
        PitApi::OpenSearch => format!(
            "/{segment}/_search/point_in_time?keep_alive={keep_alive}&allow_partial_pit_creation=false"
        ),
    });
    let status = server.send(&call, body)?;
    if status != 200 {
        return Err(refused(server, index, &call, Refusal::new(status, body), options, 0));
    }
    let bad = |source| FetchError::BadAnswer {
        url: server.url().to_owned(),
        request: call.name(),
        source: told(&source),
    };
    let answer: Value = serde_json::from_slice(body).map_err(bad)?;
    let id = answer["id"].as_str().or(answer["pit_id"].as_str());
    let id = id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    id.map(str::to_owned).ok_or_else(|| bad(serde::de::Error::missing_field("id")))
}

/// Probes whether the server supports it, by one search over an index.
///
/// Only to be called if product and version have it: on an older server the path
/// means something else.
pub(crate) fn probe<S: Server>(
    server: &S,
    index: &str,
    api: PitApi,
    options: &CursorOptions,
) -> Result<(), FetchError> {
    let query = json!({"match_all": {}});
    let search = Search {
        query: &query,
        order: flowkit_model::dump::Order::Storage,
        slice: None,
        members: Members::default(),
    };
    let mut options = CursorOptions { size: 1, ..options.clone() };
    let target = Target { index, search };
    Pit::open(server, &target, api, &mut options, &mut Vec::new()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;
    use flowkit_model::dump::Order;

    fn page(total: Option<u64>, sorts: &[&str]) -> (u16, String) {
        let hits: Vec<_> = sorts
            .iter()
            .map(|sort| {
                format!(
                    r#"{{"_index":"n","_id":"{sort}","_source":{{"sort":["x"]}},"sort":[{sort}]}}"#
                )
            })
            .collect();
        let total =
            total.map_or(String::new(), |n| format!(r#""total":{{"value":{n},"relation":"eq"}},"#));
        let text = format!(
            r#"{{"pit_id":"p2","timed_out":false,"_shards":{{"total":2,"successful":2,"failed":0}},"hits":{{{total}"hits":[{}]}}}}"#,
            hits.join(",")
        );
        (200, text)
    }

    fn run(
        api: PitApi,
        order: Order,
        answers: Vec<(u16, String)>,
        tries: u32,
    ) -> (Vec<String>, Result<u64, FetchError>) {
        let script = ScriptedServer::new(answers);
        let mut options = CursorOptions {
            size: 2,
            lowered: 0,
            keep_alive: "5m".into(),
            forbids_partial: true,
            pit: Some(api),
            names: std::sync::Arc::default(),
        };
        let query = json!({"match_all": {}});
        let search = Search { query: &query, order, slice: None, members: Members::default() };
        let end = (|| {
            let mut body = Vec::new();
            let target = Target { index: "n", search };
            let mut pit = Pit::open(&script, &target, api, &mut options, &mut body)?;
            while !pit.snapshot.is_empty {
                let mut left = tries;
                while let Err(error) = pit.next(&mut body) {
                    left = left.checked_sub(1).ok_or(error)?;
                }
            }
            Ok(pit.snapshot.page)
        })();
        (script.calls(), end)
    }

    #[test]
    fn pages_go_on_after_the_last_hit_and_the_newest_id_is_closed() {
        let big = "8589934691";
        let (asked, end) = run(
            PitApi::Elasticsearch,
            Order::Time,
            vec![
                (200, r#"{"id":"p1"}"#.to_owned()),
                page(Some(3), &["5,1", &format!("9,{big}")]),
                page(None, &["9,9"]),
                page(None, &[]),
            ],
            0,
        );
        assert_eq!(end.unwrap(), 3);
        assert_eq!(asked[0], "POST /n/_pit?keep_alive=5m ", "no body, so nothing can be written");
        assert!(asked[1].starts_with("POST /_search?allow_partial_search_results=false "));
        assert!(asked[1].contains(r#""track_total_hits":true"#));
        assert!(asked[1].contains(r#""sort":[{"@timestamp":{"missing":"_last","order":"asc","unmapped_type":"date"}},"_shard_doc"]"#));
        assert!(asked[2].contains(&format!(r#""search_after":[9,{big}]"#)), "{}", asked[2]);
        assert!(asked[2].contains(r#""track_total_hits":false"#) && !asked[2].contains("aggs"));
        assert!(asked[3].contains(r#""search_after":[9,9]"#));
        assert_eq!(asked[4], r#"DELETE /_pit {"id":"p2"}"#);
    }

    #[test]
    fn a_page_that_failed_is_asked_for_again_at_the_same_place() {
        let lame = page(None, &["7"]).1.replace(r#""successful":2"#, r#""successful":1"#);
        let (asked, end) = run(
            PitApi::OpenSearch,
            Order::Storage,
            vec![
                (200, r#"{"pit_id":"p1"}"#.to_owned()),
                page(Some(3), &["5", "6"]),
                (502, "<html>".to_owned()),
                (200, lame),
                (200, "{}".to_owned()),
                page(None, &["7"]),
                page(None, &[]),
            ],
            3,
        );
        assert_eq!(end.unwrap(), 3);
        assert!(asked[0].starts_with(
            "POST /n/_search/point_in_time?keep_alive=5m&allow_partial_pit_creation=false"
        ));
        assert!(asked[1].contains(r#""sort":["_shard_doc"]"#) && asked[1].contains("aggs"));
        for again in &asked[2..6] {
            assert_eq!(again, &asked[2]);
            assert!(again.contains(r#""search_after":[6]"#));
        }
        assert_eq!(asked[7], r#"DELETE /_search/point_in_time {"pit_id":["p2"]}"#);
    }

    #[test]
    fn a_refused_opening_is_explained() {
        let gone = r#"{"error":"no handler found for uri [/n/_pit] and method [POST]"}"#;
        let (asked, end) =
            run(PitApi::Elasticsearch, Order::Storage, vec![(400, gone.to_owned())], 0);
        assert!(end.unwrap_err().to_string().contains("no handler found"));
        assert_eq!(asked.len(), 1, "nothing to close");
    }
}

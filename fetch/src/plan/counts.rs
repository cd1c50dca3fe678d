//! Counts documents on the server, and compares them with a dump.

use flowkit_model::dump::{Count, Manifest, State};
use serde_json::{Value, json};

use super::indices::IndexLister;
use crate::clock::now;
use crate::cursor::query;
use crate::error::{Denied, FetchError, Lack, printable};
use crate::page::answer::documents;
use crate::page::clusters::missing_clusters;
use crate::page::hits::times;
use crate::server::address::path_segment;
use crate::server::{Call, Server};

/// Counts the documents of a query; `None` if the server refuses, or asks no shard, as
/// of a frozen index.
pub(crate) fn count<S: Server>(
    server: &S,
    index: &str,
    query: &Value,
) -> Result<Option<u64>, FetchError> {
    let call = Call::post(format!("/{}/_count", path_segment(index)), &query::count(query));
    let mut body = Vec::new();
    let status = server.send(&call, &mut body)?;
    if status != 200 {
        return IndexLister { server, pattern: index }.unless_final(&call, status, &body);
    }
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    check_whole(index, server.url(), &call, &answer)?;
    let is_early = answer["terminated_early"] == true || answer["_shards"]["total"] == 0;
    Ok(documents(&answer["count"]).filter(|_| is_whole(&answer) && !is_early))
}

/// First and last `@timestamp` of all documents, in milliseconds; `None` if the
/// server refuses.
pub(crate) fn time_range<S: Server>(server: &S, pattern: &str) -> (Option<i64>, Option<i64>) {
    let everything = query::time_range(&json!({"match_all": {}}));
    let call = Call::post(format!("/{}/_search", path_segment(pattern)), &everything);
    let mut body = Vec::new();
    let Ok(200) = server.send(&call, &mut body) else { return (None, None) };
    match times(&body) {
        Ok(times) => (times.first_ms(), times.last_ms()),
        Err(_) => (None, None),
    }
}

/// Whether every shard answered, of every cluster, and in time.
///
/// `terminated_early` says nothing here: `OpenSearch` 3 sets it on aggregations
/// that it answered without visiting each document.
pub(crate) fn is_whole(answer: &Value) -> bool {
    let shards = &answer["_shards"];
    let is_in_time = answer["timed_out"] != true;
    is_in_time
        && shards["failed"] == 0
        && shards["successful"] == shards["total"]
        && missing_clusters(&answer["_clusters"]).is_none()
}

/// Checks that no cluster is missing in an answer, and no shard because the login
/// may not read it. Asking again would not help.
pub(crate) fn check_whole(
    index: &str,
    url: &str,
    call: &Call,
    answer: &Value,
) -> Result<(), FetchError> {
    if let Some(reason) = missing_clusters(&answer["_clusters"]) {
        return Err(FetchError::ClustersMissing { index: index.to_owned(), reason });
    }
    let failures = answer["_shards"]["failures"].as_array();
    let mut reasons = failures.into_iter().flatten().map(|failure| &failure["reason"]);
    match reasons.find(|reason| reason["type"] == "security_exception") {
        Some(reason) => {
            let reason = reason["reason"].as_str().unwrap_or_default();
            let (url, request) = (url.to_owned(), call.name());
            let (lack, reason) = (Lack::read(reason), printable(reason));
            Err(FetchError::Forbidden(Denied { url, request, lack, reason }))
        }
        None => Ok(()),
    }
}

/// A number of documents in words.
pub(crate) fn documents_of(n: u64) -> String {
    format!("{n} document{}", if n == 1 { "" } else { "s" })
}

/// Documents of an index that a dump received.
pub(crate) fn received(manifest: &Manifest, index: &str) -> u64 {
    let of_index = manifest.parts.iter().filter(|part| part.scope.index == index);
    of_index.map(|part| part.received + part.left_out).sum()
}

/// For each index the server's count now, and the number of documents received;
/// and the indices that the server does not count.
pub(crate) fn counts<S: Server>(
    server: &S,
    manifest: &Manifest,
) -> Result<(Vec<Count>, Vec<String>), FetchError> {
    let (mut counts, mut uncounted) = (Vec::new(), Vec::new());
    for wanted in &manifest.wanted {
        let index = wanted.index.clone();
        match count(server, &index, &wanted.query)? {
            Some(counted) => {
                let received = received(manifest, &index);
                counts.push(Count { index, counted, received, at: now() });
            }
            None => uncounted.push(index),
        }
    }
    Ok((counts, uncounted))
}

/// A sentence on how an index differs from the dump, and what to do.
pub(crate) fn difference<S: Server>(
    server: &S,
    manifest: &Manifest,
    count: &Count,
) -> Result<String, FetchError> {
    let differing = differing_parts(server, manifest, &count.index)?;
    let Count { index, counted, received, .. } = count;
    let what = if counted > received {
        format!("{} arrived after the fetch", counted - received)
    } else {
        let were = if received - counted == 1 { "was" } else { "were" };
        format!("{} {were} deleted since", received - counted)
    };
    let cure = match differing.as_slice() {
        [] => "--update fetches what is new".to_owned(),
        names => format!("to re-fetch those parts: --update --again {}", names.join(",")),
    };
    let state = if manifest.state == State::Complete { "holds" } else { "has" };
    Ok(format!(
        "{index}: the server counts {} now, this dump {state} {received} of it, so {what}; {cure}",
        documents_of(*counted)
    ))
}

/// The parts whose query counts another number of documents now. Documents that
/// arrived late and came with an update are in another part of the same time.
fn differing_parts<S: Server>(
    server: &S,
    manifest: &Manifest,
    index: &str,
) -> Result<Vec<String>, FetchError> {
    let mut names = Vec::new();
    let of_index = || manifest.parts.iter().filter(|part| part.scope.index == index);
    for part in of_index() {
        let Some(counted) = count(server, index, &part.scope.query)? else { continue };
        // Slices share one query, so that they are counted together.
        let in_dump: u64 = of_index()
            .filter(|other| other.scope.query == part.scope.query)
            .map(|part| part.received + part.left_out + part.known)
            .sum();
        // Late documents of the same span, in other parts.
        let late: u64 = of_index()
            .filter(|other| other.known > 0 && other.scope.query != part.scope.query)
            .filter(|other| other.scope.window.overlaps(part.scope.window))
            .map(|part| part.received)
            .sum();
        if !(in_dump..=in_dump + late).contains(&counted) {
            names.push(part.name.clone());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    #[test]
    fn a_count_that_is_not_whole_is_none() {
        let counted = |status, members: &str| {
            let shards = r#""_shards":{"total":2,"successful":2,"skipped":0,"failed":0}"#;
            let answer = format!(r#"{{"count":7,{shards}{members}}}"#);
            let script = ScriptedServer::new(vec![(status, answer)]);
            count(&script, "netflow-a", &json!({"match_all": {}}))
        };
        assert_eq!(counted(200, "").unwrap(), Some(7));
        assert_eq!(counted(200, r#","terminated_early":false"#).unwrap(), Some(7));
        assert_eq!(counted(200, r#","terminated_early":true"#).unwrap(), None);
        assert_eq!(counted(200, r#","timed_out":true"#).unwrap(), None);
        assert_eq!(counted(502, "").unwrap(), None);
        let skipped = counted(200, r#","_clusters":{"total":2,"successful":1,"skipped":1}"#);
        assert!(matches!(skipped, Err(FetchError::ClustersMissing { .. })), "{skipped:?}");
        // Of two members of one name the last is read.
        let failed = r#","_shards":{"total":2,"successful":1,"failed":1}"#;
        assert_eq!(counted(200, failed).unwrap(), None);
    }
}

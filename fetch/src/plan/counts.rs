//! Counts: of a query, of a dump against its server, and where the two differ.

use flowkit_model::dump::{Count, Manifest, State};
use serde_json::{Value, json};

use super::indices::IndexLister;
use crate::clock::now;
use crate::cursor::query;
use crate::error::FetchError;
use crate::page::hits::times;
use crate::server::address::path_segment;
use crate::server::{Call, Server};

/// Counts the documents of a query; none if the server will not.
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
    Ok(answer["count"].as_u64().filter(|_| is_whole(&answer)))
}

/// First and last `@timestamp` of everything that matches, in milliseconds.
/// Unknown where the server will not say.
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

/// Whether every shard answered.
pub(crate) fn is_whole(answer: &Value) -> bool {
    let shards = &answer["_shards"];
    shards["failed"] == 0 && shards["successful"] == shards["total"]
}

/// What the server counts in each index now, beside what came of it. An index
/// that it will not count is left out.
pub(crate) fn counts<S: Server>(server: &S, manifest: &Manifest) -> Result<Vec<Count>, FetchError> {
    let mut counts = Vec::new();
    for wanted in &manifest.wanted {
        if let Some(counted) = count(server, &wanted.index, &wanted.query)? {
            let of_index = manifest.parts.iter().filter(|part| part.scope.index == wanted.index);
            let received = of_index.map(|part| part.received + part.left_out).sum();
            counts.push(Count { index: wanted.index.clone(), counted, received, at: now() });
        }
    }
    Ok(counts)
}

/// Where an index differs from what came of it, and what to do.
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
        format!("{} were deleted since", received - counted)
    };
    let cure = match differing.as_slice() {
        [] => "--update fetches what is new".to_owned(),
        names => format!("to re-fetch those parts: --update --again {}", names.join(",")),
    };
    let state = if manifest.state == State::Complete { "holds" } else { "has" };
    Ok(format!(
        "{index}: the server counts {counted} documents now, this dump {state} {received} of it, so {what}; {cure}"
    ))
}

/// The parts whose query finds another number of documents now. Documents that
/// came late, by an update, are in another part but of the same time.
fn differing_parts<S: Server>(
    server: &S,
    manifest: &Manifest,
    index: &str,
) -> Result<Vec<String>, FetchError> {
    let mut names = Vec::new();
    let of_index = || manifest.parts.iter().filter(|part| part.scope.index == index);
    for part in of_index() {
        let Some(counted) = count(server, index, &part.scope.query)? else { continue };
        // The slices of one query are counted together.
        let there: u64 = of_index()
            .filter(|other| other.scope.query == part.scope.query)
            .map(|part| part.received + part.left_out + part.known)
            .sum();
        // Late ones of the same span in other parts.
        let late: u64 = of_index()
            .filter(|other| other.known > 0 && other.scope.query != part.scope.query)
            .filter(|other| other.scope.window.overlaps(part.scope.window))
            .map(|part| part.received)
            .sum();
        if !(there..=there + late).contains(&counted) {
            names.push(part.name.clone());
        }
    }
    Ok(names)
}

//! Lists what is on a server: indices, their documents and times, their dialect.

use std::collections::BTreeMap;

use flowkit_model::dump::Wanted;
use serde_json::{Value, json};

use super::Run;
use super::connect::connect;
use super::sample::Sample;
use crate::cancel::Cancel;
use crate::cursor::query;
use crate::error::FetchError;
use crate::page::answer::documents;
use crate::page::hits::{times, times_of};
use crate::plan;
use crate::plan::counts::{count, is_whole};
use crate::progress::Observer;
use crate::request::Request;
use crate::server::address::path_segment;
use crate::server::{Call, Server};

/// What is on a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// Product and version, if the server returns them.
    pub server: String,
    /// Pattern of the indices.
    pub pattern: String,
    /// Indices with documents, sorted by name.
    pub indices: Vec<ListedIndex>,
    /// Indices without documents, sorted by name.
    pub empty: Vec<String>,
    /// Closed indices.
    pub closed: Vec<String>,
    /// Remarks for people.
    pub notes: Vec<String>,
}

/// One index of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedIndex {
    /// Its name.
    pub name: String,
    /// Number of documents, if the server counts them.
    pub documents: Option<u64>,
    /// First `@timestamp`, in ms since 1970-01-01 UTC.
    pub first_ms: Option<i64>,
    /// Last one.
    pub last_ms: Option<i64>,
    /// Dialect of a sampled document, or why it is no flow.
    pub dialect: Option<String>,
    /// Why nothing is known of it.
    pub problem: Option<String>,
}

/// Most indices that one search lists, as many as any server allows.
const MOST_AT_ONCE: u32 = 10_000;
/// Most retries of a request: a shard that is down stays so, and others are listed.
const RETRIES: u32 = 2;

/// Lists the indices of a server, all but hidden ones if the request names no
/// pattern. Nothing is written, and no cursor is opened.
///
/// # Errors
/// If the server cannot be reached, or no index matches.
pub fn list(
    request: &Request,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Listing, FetchError> {
    let client = connect(request, None, cancel, observer)?;
    let index = request.index.clone().unwrap_or_else(|| "*".to_owned());
    let retries = request.retries.min(RETRIES);
    let request = &Request { index: Some(index), retries, ..request.clone() };
    Run { server: &client, request, cancel, observer }.list()
}

impl<S: Server> Run<'_, S> {
    fn list(&self) -> Result<Listing, FetchError> {
        let mut manifest = self.first_manifest();
        self.detect(&mut manifest)?;
        let retrying = self.retrying();
        plan::check_asked(&retrying, &manifest)?;
        let request = self.plan_request(&manifest, None, manifest.span());
        let (wanted, plan) = plan::wanted_now(&retrying, request)?;
        // Indices that the server keeps for itself; those of data streams are not.
        let is_shown = |name: &str| !name.starts_with('.') || name.starts_with(".ds-");
        let words = [&manifest.server.product, &manifest.server.version];
        let mut listing = Listing {
            server: words.into_iter().flatten().cloned().collect::<Vec<_>>().join(" "),
            pattern: manifest.index.clone(),
            closed: plan.closed.into_iter().filter(|name| is_shown(name)).collect(),
            notes: plan.notes,
            ..Listing::default()
        };
        let at_once = all_at_once(&retrying, &manifest.index, &wanted)?;
        for wanted in wanted.iter().filter(|wanted| is_shown(&wanted.index)) {
            let index = match &at_once {
                Some(found) => found.get(&wanted.index).cloned().unwrap_or_else(|| ListedIndex {
                    name: wanted.index.clone(),
                    documents: Some(0),
                    ..ListedIndex::default()
                }),
                None => look(&retrying, &wanted.index, &wanted.query)?,
            };
            if index.documents == Some(0) {
                listing.empty.push(index.name);
                continue;
            }
            let dialect = match index.problem {
                None => dialect(&retrying, wanted)?,
                Some(_) => None,
            };
            listing.indices.push(ListedIndex { dialect, ..index });
        }
        Ok(listing)
    }
}

/// The indices with documents, by one search over all of them; `None` if each has to
/// be asked, as where a shard is down or an alias filters one of them.
fn all_at_once<S: Server>(
    server: &S,
    pattern: &str,
    wanted: &[Wanted],
) -> Result<Option<BTreeMap<String, ListedIndex>>, FetchError> {
    let Some(Wanted { query, .. }) = wanted.first() else { return Ok(None) };
    if wanted.iter().any(|other| other.query != *query) {
        return Ok(None);
    }
    let search = query::indices_and_times(query, MOST_AT_ONCE);
    let call = Call::post(format!("/{}/_search", path_segment(pattern)), &search);
    let mut body = Vec::new();
    if server.send(&call, &mut body)? != 200 {
        return Ok(None);
    }
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let found = &answer["aggregations"]["indices"];
    let is_exact = is_whole(&answer)
        && found["doc_count_error_upper_bound"] == 0
        && found["sum_other_doc_count"] == 0;
    let Some(buckets) = found["buckets"].as_array().filter(|_| is_exact) else { return Ok(None) };
    let index = |bucket: &Value| {
        let name = bucket["key"].as_str()?.to_owned();
        let documents = Some(documents(&bucket["doc_count"])?);
        let times = times_of(bucket);
        let (first_ms, last_ms) = (times.first_ms(), times.last_ms());
        let index = ListedIndex { documents, first_ms, last_ms, ..ListedIndex::default() };
        Some((name.clone(), ListedIndex { name, ..index }))
    };
    Ok(buckets.iter().map(index).collect())
}

/// Documents, first and last time of one index, or why they are not known.
fn look<S: Server>(server: &S, name: &str, query: &Value) -> Result<ListedIndex, FetchError> {
    let mut index = ListedIndex { name: name.to_owned(), ..ListedIndex::default() };
    match count(server, name, query) {
        Ok(Some(0)) => return Ok(ListedIndex { documents: Some(0), ..index }),
        Ok(Some(documents)) => index.documents = Some(documents),
        Ok(None) => {
            let problem = "the server does not count it, or not on every shard".to_owned();
            return Ok(ListedIndex { problem: Some(problem), ..index });
        }
        Err(error @ (FetchError::Forbidden(_) | FetchError::Unsearchable(_))) => {
            return Ok(ListedIndex { problem: Some(error.to_string()), ..index });
        }
        Err(error) => return Err(error),
    }
    let mut body = Vec::new();
    let search = query::time_range(query);
    let call = Call::post(format!("/{}/_search", path_segment(name)), &search);
    if server.send(&call, &mut body)? == 200
        && let Ok(times) = times(&body)
    {
        (index.first_ms, index.last_ms) = (times.first_ms(), times.last_ms());
    }
    Ok(index)
}

/// The dialect of a document, or why it is no flow.
fn dialect<S: Server>(server: &S, wanted: &Wanted) -> Result<Option<String>, FetchError> {
    let search = json!({"size": 1, "query": wanted.query, "sort": ["_doc"]});
    let path = format!("/{}/_search", path_segment(&wanted.index));
    Ok(Sample::take(server, path, &search)?.dialect)
}

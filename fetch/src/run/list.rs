//! Lists what is on a server: indices, their documents and times, their dialect.

use serde_json::{Value, json};

use super::Run;
use super::connect::connect;
use super::sample::Sample;
use crate::cancel::Cancel;
use crate::error::FetchError;
use crate::page::hits::times;
use crate::plan::{self, counts::count};
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
}

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
    let client = connect(request, None, cancel)?;
    let index = request.index.clone().unwrap_or_else(|| "*".to_owned());
    let request = &Request { index: Some(index), ..request.clone() };
    Run { server: &client, request, cancel, observer }.list()
}

impl<S: Server> Run<'_, S> {
    fn list(&self) -> Result<Listing, FetchError> {
        let mut manifest = self.first_manifest();
        self.detect(&mut manifest)?;
        let retrying = self.retrying();
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
        for wanted in wanted.iter().filter(|wanted| is_shown(&wanted.index)) {
            match count(&retrying, &wanted.index, &wanted.query)? {
                Some(0) => listing.empty.push(wanted.index.clone()),
                documents => {
                    let index = look(&retrying, &wanted.index, &wanted.query)?;
                    listing.indices.push(ListedIndex { documents, ..index });
                }
            }
        }
        Ok(listing)
    }
}

/// First and last time, and the dialect of a document.
fn look<S: Server>(server: &S, name: &str, query: &Value) -> Result<ListedIndex, FetchError> {
    let mut index = ListedIndex { name: name.to_owned(), ..ListedIndex::default() };
    let mut body = Vec::new();
    let path = format!("/{}/_search", path_segment(name));
    let search = crate::cursor::query::time_range(query);
    if server.send(&Call::post(path.clone(), &search), &mut body)? == 200
        && let Ok(times) = times(&body)
    {
        (index.first_ms, index.last_ms) = (times.first_ms(), times.last_ms());
    }
    let search = json!({"size": 1, "query": query, "sort": ["_doc"]});
    index.dialect = Sample::take(server, path, &search)?.dialect;
    Ok(index)
}

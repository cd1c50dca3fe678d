//! Verifies a dump against its manifest, and against a server if one is given:
//! the indices that its pattern names now, and their counts.

use std::path::Path;

use flowkit_dump::Finding;
use flowkit_model::dump::{Count, Manifest};

use crate::cancel::Cancel;
use crate::clock::now;
use crate::error::FetchError;
use crate::plan::counts::{count, difference, documents_of, received};
use crate::plan::{self, PlanRequest};
use crate::request::Request;
use crate::run::begin::filter_of;
use crate::run::connect::connect;
use crate::server::retry::{RetryPolicy, Retrying};
use crate::server::{Server, product};

/// Reads a whole dump, and lists what is wrong with it. With `server`, the
/// pattern of the dump is resolved anew and the server's counts are compared too;
/// the address defaults to that of the dump.
///
/// # Errors
/// If there is no dump, or the server cannot be reached.
pub fn verify(
    path: &Path,
    server: Option<&Request>,
) -> Result<(Manifest, Vec<Finding>), FetchError> {
    let (manifest, mut findings) = flowkit_dump::verify(path)?;
    if let Some(request) = server {
        let cancel = Cancel::new();
        let client = connect(request, Some(&manifest.server.url), &cancel, &())?;
        let policy = RetryPolicy { retries: request.retries, first_wait: request.backoff, cancel };
        product::detect(&Retrying::first(&client, policy.clone()), &manifest.index)?;
        let server = Retrying::new(&client, policy);
        let mut sentences = counted(&server, &manifest)?;
        sentences.extend(appeared(&server, &manifest, path)?);
        findings.extend(sentences.into_iter().map(|sentence| Finding::new("", sentence)));
    }
    Ok((manifest, findings))
}

/// How the indices of the dump differ from the server's current counts.
fn counted<S: Server>(server: &S, manifest: &Manifest) -> Result<Vec<String>, FetchError> {
    let mut sentences = Vec::new();
    for wanted in &manifest.wanted {
        let (index, received) = (&wanted.index, received(manifest, &wanted.index));
        let here = documents_of(received);
        match count(server, index, &wanted.query) {
            Ok(Some(counted)) if counted == received => {}
            Ok(Some(counted)) => {
                let count = Count { index: index.clone(), counted, received, at: now() };
                sentences.push(difference(server, manifest, &count)?);
            }
            Ok(None) => sentences.push(format!(
                "{index}: the server does not count it now, or not on every shard; this dump has {here} of it"
            )),
            Err(FetchError::NoIndex { .. }) => sentences.push(format!(
                "{index}: it is not on the server any more; this dump has {here} of it"
            )),
            Err(FetchError::IndexClosed { .. }) => sentences.push(format!(
                "{index}: it is closed on the server now; this dump has {here} of it"
            )),
            Err(FetchError::Unsearchable(why)) => {
                sentences.push(format!("{why}; this dump has {here} of it"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(sentences)
}

/// Indices that the pattern names now and the dump does not have, with documents
/// that the dump wants.
fn appeared<S: Server>(
    server: &S,
    manifest: &Manifest,
    path: &Path,
) -> Result<Vec<String>, FetchError> {
    let has = |index: &str| manifest.wanted.iter().any(|wanted| wanted.index == index);
    // Where the indices could not be listed the pattern was counted as one. An
    // import has no indices.
    if manifest.wanted.is_empty() || has(&manifest.index) && manifest.index.contains(['*', ',']) {
        return Ok(Vec::new());
    }
    let filter = filter_of(manifest, path)?;
    let (window, query) = (manifest.span(), manifest.asked_query.as_ref());
    let request = PlanRequest {
        pattern: &manifest.index,
        window,
        whole: window,
        filter: filter.as_ref(),
        query,
        known: &manifest.wanted,
        part_size: None,
        first_number: 1,
    };
    let listed = match plan::wanted_now(server, request) {
        // Those that are gone were told one by one.
        Err(FetchError::NoIndex { .. } | FetchError::IndexClosed { .. }) => return Ok(Vec::new()),
        listed => listed?.0,
    };
    let mut sentences = Vec::new();
    for wanted in listed.iter().filter(|wanted| !has(&wanted.index)) {
        let index = &wanted.index;
        match count(server, index, &wanted.query)? {
            // Tomorrow's index has nothing of yesterday's window.
            Some(0) => {}
            Some(counted) => sentences.push(format!(
                "{index}: it appeared since the fetch, with {} of this dump's window; --update fetches that",
                documents_of(counted)
            )),
            None => sentences.push(format!(
                "{index}: it appeared since the fetch, and the server does not count its documents; --update fetches them"
            )),
        }
    }
    Ok(sentences)
}

//! Verifies a dump against its manifest, and against the counts of a server if
//! one is given.

use std::path::Path;

use flowkit_dump::Finding;
use flowkit_model::dump::Manifest;

use crate::cancel::Cancel;
use crate::error::FetchError;
use crate::plan::counts::{counts, difference};
use crate::request::Request;
use crate::run::connect::connect;
use crate::server::Server;
use crate::server::retry::{RetryPolicy, Retrying};

/// Reads a whole dump, and lists what is wrong with it. With `server`, the
/// server's counts are compared too; the address defaults to that of the dump.
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
        let client = connect(request, Some(&manifest.server.url), &cancel)?;
        let policy = RetryPolicy { retries: request.retries, first_wait: request.backoff, cancel };
        compare(&Retrying::new(&client, policy), &manifest, &mut findings)?;
    }
    Ok((manifest, findings))
}

/// Compares with the server's current counts.
fn compare<S: Server>(
    server: &S,
    manifest: &Manifest,
    findings: &mut Vec<Finding>,
) -> Result<(), FetchError> {
    for count in counts(server, manifest)? {
        if count.counted != count.received {
            findings.push(Finding::new("", difference(server, manifest, &count)?));
        }
    }
    Ok(())
}

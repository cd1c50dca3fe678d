//! Takes `NetFlow` documents out of Elasticsearch or OpenSearch into a dump,
//! complete or not at all.
//!
//! ```text
//! Request ─► plan: which indices, how many documents
//!            for each index:  cursor ─► pages ─► writer ─► part
//!            manifest: incomplete ───────────────────────► complete
//! ```
//!
//! | to learn | read |
//! | --- | --- |
//! | what is asked for, and what is told meanwhile | [`Request`], [`Event`] |
//! | how a scroll goes and what makes a page whole | `cursor/scroll.rs`, `page.rs` |
//! | what is on disk at each moment | `writer`, `folder.rs` |
//! | what goes wrong, and what to try | [`FetchError`] |
//!
//! Nothing is printed here, and nothing but the dump is written.

mod address;
mod cancel;
mod choice;
mod client;
mod credentials;
mod cursor;
mod detect;
mod error;
mod folder;
mod identity;
mod outline;
mod pace;
mod page;
mod plan;
mod progress;
mod query;
mod refusal;
mod request;
mod resume;
mod retry;
mod run;
#[cfg(test)]
mod script;
mod server;
mod tls;
mod transfer;
mod update;
mod verify;
mod writer;

use flowkit_model::dump::Manifest;

pub use cancel::Cancel;
pub use credentials::Credentials;
pub use error::FetchError;
pub use outline::{IndexOutline, NodeOutline, Outline};
pub use progress::{Event, Observer};
pub use request::{
    DEFAULT_INDEX, DEFAULT_PAGE, DEFAULT_PART, DEFAULT_RETRIES, DEFAULT_TIMEOUT, DEFAULT_URL,
    Filter, Method, Request, Update,
};
pub use tls::Tls;
pub use verify::{Finding, verify};

use address::Address;
use client::Client;
use folder::{Folder, Found};
use run::Run;

/// Fetches what is asked for, and returns the manifest of the complete dump.
///
/// An incomplete dump of the same request is gone on with.
///
/// # Errors
/// If anything is missing or in doubt. The dump on disk is incomplete then and
/// says so, unless it was never touched: a complete dump stays until it is
/// known what replaces it.
pub fn fetch(
    request: &Request,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Manifest, FetchError> {
    // What is wrong with the address is told before a folder is made.
    if let Some(url) = &request.url {
        Address::new(url)?;
    }
    request.tls.config()?;
    let (folder, found) = Folder::take(&request.output)?;
    let there = match &found {
        Found::Dump(manifest) if !request.force => Some(manifest.server.url.as_str()),
        _ => None,
    };
    let client = connect(request, there, cancel)?;
    Run { server: &client, request, cancel, observer }.fetch(&folder, found)
}

/// Says what [`fetch`] would do. Nothing is written, and no cursor opened.
///
/// # Errors
/// If the server cannot be asked, or nothing matches.
pub fn dry_run(
    request: &Request,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Outline, FetchError> {
    let client = connect(request, None, cancel)?;
    Run { server: &client, request, cancel, observer }.outline()
}

/// Whether an address holds credentials.
#[must_use]
pub fn has_credentials(url: &str) -> bool {
    Address::new(url).is_ok_and(|address| address.authorization.is_some())
}

fn connect(request: &Request, there: Option<&str>, cancel: &Cancel) -> Result<Client, FetchError> {
    let url = request.url.as_deref().or(there).unwrap_or(DEFAULT_URL);
    let mut address = Address::new(url)?;
    if let Some(authorization) = request.credentials.authorization() {
        address.authorization = Some(authorization);
    }
    Ok(Client::new(address, &request.tls.config()?, request.timeout, cancel.clone()))
}

/// The time, RFC 3339 with milliseconds.
fn now() -> String {
    let now = jiff::Timestamp::now().as_millisecond();
    flowkit_model::window::rfc3339(now, &jiff::tz::TimeZone::UTC)
}

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
//! | what is on disk at each moment | `writer.rs`, `folder.rs` |
//! | what goes wrong, and what to try | [`FetchError`] |
//!
//! Nothing is printed here, and nothing but the dump is written.

mod address;
mod cancel;
mod client;
mod cursor;
mod detect;
mod error;
mod folder;
mod page;
mod plan;
mod progress;
mod query;
mod refusal;
#[cfg(test)]
mod script;
mod server;
mod transfer;
mod writer;

use std::path::PathBuf;

use flowkit_model::dump::{FORMAT, Manifest, PartState, Span, State, part_name};
use flowkit_model::window::Window;

pub use cancel::Cancel;
pub use error::FetchError;
pub use progress::{Event, Observer};

use address::Address;
use client::Client;
use cursor::scroll::Opening;
use folder::{Folder, Found};
use server::Server;
use transfer::Transfer;

/// Documents in a page unless it is said otherwise: the most a server allows
/// by default, and what measures best.
pub const DEFAULT_PAGE: u32 = 10_000;

/// What to fetch, from where, to where.
#[derive(Clone)]
pub struct Request {
    /// Address of the server. Credentials in it are used, never shown or kept.
    pub url: String,
    /// Index, pattern with `*`, or several with commas.
    pub index: String,
    /// Window over `@timestamp`.
    pub window: Window,
    /// Documents in a page, at most.
    pub page_size: u32,
    /// How long the server keeps a cursor between two pages, such as `1m`.
    pub keep_alive: String,
    /// Folder of the dump.
    pub output: PathBuf,
    /// Whether a complete dump there is replaced.
    pub force: bool,
}

/// The URL may hold a password, so it is left out.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("index", &self.index)
            .field("window", &self.window)
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}

/// Fetches what is asked for, and returns the manifest of the complete dump.
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
    let client = Client::new(Address::new(&request.url)?, cancel.clone());
    fetch_from(&client, request, cancel, observer)
}

/// Whether an address holds credentials.
#[must_use]
pub fn has_credentials(url: &str) -> bool {
    Address::new(url).is_ok_and(|address| address.authorization.is_some())
}

fn fetch_from<S: Server>(
    server: &S,
    request: &Request,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Manifest, FetchError> {
    let (folder, found) = Folder::take(&request.output, request.force)?;
    let mut manifest = first_manifest(server, request);
    if found == Found::Incomplete {
        observer.event(Event::Replacing { path: &request.output, complete: false });
    }
    if found != Found::Complete {
        folder.begin(&manifest)?;
    }
    manifest.server = detect::detect(server)?;
    let plan = plan::plan(server, &request.index, &manifest.query)?;
    for note in &plan.notes {
        observer.event(Event::Note(note));
    }
    if found == Found::Complete {
        observer.event(Event::Replacing { path: &request.output, complete: true });
        folder.begin(&manifest)?;
    }
    observer.event(Event::Planned {
        indices: plan.indices.len(),
        documents: plan.documents(),
        everything: request.window.is_open(),
    });
    manifest.notes.extend(plan.notes);
    manifest.empty_indices = plan.empty;
    folder.write_manifest(&manifest)?;

    let mut opening = Opening {
        size: request.page_size,
        keep_alive: request.keep_alive.clone(),
        forbids_partial: true,
    };
    let transfer = Transfer { server, folder: &folder, cancel, observer };
    let of = plan.indices.len();
    for (number, index) in (1..).zip(plan.indices) {
        observer.event(Event::PartStarted { index: &index.name, number, of });
        opening.size = request.page_size.min(index.largest_page.unwrap_or(u32::MAX));
        let part = transfer.run(part_state(&manifest, number, index.name), &mut opening)?;
        manifest.parts.push(part);
        folder.write_manifest(&manifest)?;
    }
    if manifest.documents() == 0 {
        let (first_ms, last_ms) = plan::time_range(server, &request.index);
        observer.event(Event::NothingMatches { first_ms, last_ms });
    }
    if cancel.is_set() {
        return Err(FetchError::Interrupted);
    }
    manifest.state = State::Complete;
    manifest.finished = Some(now());
    folder.write_manifest(&manifest)?;
    Ok(manifest)
}

fn first_manifest<S: Server>(server: &S, request: &Request) -> Manifest {
    Manifest {
        flowkit_dump: FORMAT,
        written_by: concat!("flowkit ", env!("CARGO_PKG_VERSION")).to_owned(),
        started: now(),
        server: flowkit_model::dump::Server {
            url: server.url().to_owned(),
            ..flowkit_model::dump::Server::default()
        },
        index: request.index.clone(),
        window: request.window.clone(),
        query: query::query(&request.window),
        ..Manifest::default()
    }
}

fn part_state(manifest: &Manifest, number: usize, index: String) -> PartState {
    PartState {
        name: part_name(number, &index),
        index,
        window: Span { from_ms: manifest.window.from_ms, to_ms: manifest.window.to_ms },
        query: manifest.query.clone(),
        ..PartState::default()
    }
}

/// The time, RFC 3339 with milliseconds.
fn now() -> String {
    let now = jiff::Timestamp::now().as_millisecond();
    flowkit_model::window::rfc3339(now, &jiff::tz::TimeZone::UTC)
}
